"""The stages of the engine over a frame: each adds its columns and notes the reasons against, bit by bit.

The order and the meaning of every stage are those of `engine.py` and `admission.py`; what a case is there, a row is here. The stages of
money stand in `batch_money.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from puhui.calculations.pricing import PPM
from puhui.calculations.rule_units import kind_of_unit
from puhui.decisions.batch_frame import Scores
from puhui.decisions.case import REFER, VETO, Case
from puhui.decisions.rules_polars import column_type, compile_polars
from puhui.products.parameters import Table
from puhui.products.terms import Product

__all__ = ["Flags", "Many", "Whole", "classes", "derived", "reason_codes", "rules", "score"]

Whole = NDArray[np.int64]
Bit = np.unsignedinteger[Any]
Bits = NDArray[Bit]
Flags = NDArray[np.bool_]
Pieces = list[tuple[int, pl.Expr]]
"""Expressions that give bits of an octet, each with the number of the octet."""
_PIECE = 2
_NOTHING = pl.lit(0, dtype=pl.UInt8)
_FIRST = ("borrower_kind", "term")
_LAST = (
    "class_not_lent",
    "bound_unknown",
    "limit_below_minimum",
    "less_than_asked",
    "no_rate",
    "above_cap",
    "no_authority",
    "part_refused",
)


def reason_codes(product: Product) -> tuple[str, ...]:
    """The code of every bit of a set of reasons, from the lowest."""
    return (*_FIRST, *(rule.code for rule in product.rules), *_LAST)


@dataclass
class Many:
    """A frame of cases of one day and one kind of lender while it passes through the stages."""

    cases: pl.DataFrame
    frame: pl.DataFrame  # as it was handed over: what the model reads
    product: Product
    model: Scores | None
    parameters: Mapping[str, Table]
    day: date
    lender_kind: str
    reasons: Bits = field(init=False)  # what speaks against, as `reason_codes` numbers it; from the rules on
    vetoes: Bits = field(init=False)
    referred: Flags = field(init=False)
    class_index: Whole = field(init=False)
    is_lent: Flags = field(init=False)
    probability_ppm: Whole = field(init=False)
    limit_fen: Whole = field(init=False)
    amount_fen: Whole = field(init=False)
    rate_ppm: Whole = field(init=False)  # 0: none
    most_fen: tuple[Whole, ...] = ()  # of a combined product: what each part may take, in the order of filling
    cap_ppm: int = 0

    def __post_init__(self) -> None:
        self.rate_ppm = np.zeros(self.cases.height, np.int64)

    def against(self, code: str, where: Flags, severity: str) -> None:
        """Notes a reason of the engine's own."""
        codes = reason_codes(self.product)
        bit = where * _word(len(codes))(1 << codes.index(code))
        self.reasons = self.reasons | bit  # what the rules gave is not to be written to
        if severity == VETO:
            self.vetoes = self.vetoes | bit
        elif severity == REFER:
            self.referred = self.referred | where

    def case(self, risk_class: str = "") -> Case:
        """A case that carries what all rows share, for the parts of the engine that ask no more."""
        facts = {"business_date": self.day.isoformat(), "lender": {"kind": self.lender_kind}}
        return Case(facts, {}, self.product, None, self.parameters, {}, risk_class=risk_class)

    @property
    def is_refused(self) -> Flags:
        refused: Flags = self.vetoes != 0
        return refused


def derived(many: Many, *, after_class: bool) -> None:
    """Adds the product's values of one stage, each from those before it."""
    for one in many.product.derived:
        if one.after_class == after_class:
            value = compile_polars(one.formula.expression, many.product.tables).cast(column_type(kind_of_unit(one.unit)))
            many.cases = many.cases.with_columns(value.alias(one.name))


def rules(many: Many) -> None:
    """Every admission rule over every row in one pass of polars: the first stage that has anything to say."""
    plan = _plan(many.product, frozenset(name for name, dtype in many.cases.schema.items() if dtype == pl.String))
    found = many.cases.lazy().select(plan.asked).collect(engine="in-memory")
    many.reasons = against = _joined(plan.against, found, plan.word)
    unsure = _joined(plan.unsure, found, plan.word)
    many.vetoes = against & ~unsure & plan.vetoes
    many.referred = ((against & plan.referring) | unsure) != 0


@dataclass(frozen=True)
class _Plan:
    """What polars is asked of the rules, a few to a piece and eight to an octet, and what the engine reads in their bits."""

    against: Pieces  # the bits of the rules that speak against a row
    unsure: Pieces  # of these, the vetoes that send to a person what they do not know, in a row of which they do not
    asked: list[pl.Expr]  # all of them, in the order in which cores take them up
    vetoes: Bit
    referring: Bit
    word: type[Bit]


@lru_cache(maxsize=64)
def _plan(product: Product, texts: frozenset[str]) -> _Plan:
    """The narrower a number, the less of it passes through memory, which is most of what rules cost: so bits are gathered in octets. And
    polars works on one expression with one core: so an octet comes in pieces, which cores take up from both ends, and those that compare
    texts (columns `texts`), which take longest, stand at one end."""
    conditions = [*_own(product), *(compile_polars(rule.require.expression, product.tables) for rule in product.rules)]
    when_null = ["fail"] * len(_FIRST) + [rule.when_null for rule in product.rules]
    severities = [VETO] * len(_FIRST) + [rule.severity for rule in product.rules]
    bits = {place: _bit(place, holds, unknown) for place, (holds, unknown) in enumerate(zip(conditions, when_null, strict=True))}
    doubts = {
        place: _bit(place, conditions[place].is_not_null(), "fail")
        for place, (unknown, severity) in enumerate(zip(when_null, severities, strict=True))
        if unknown == "refer" and severity == VETO
    }
    word = _word(len(conditions))
    vetoes = sum(1 << place for place, severity in enumerate(severities) if severity == VETO)
    every = (1 << len(conditions)) - 1
    against, unsure = _pieces("against", bits), _pieces("unsure", doubts)
    asked = sorted((each for _, each in (*against, *unsure)), key=lambda each: not texts.isdisjoint(each.meta.root_names()))
    return _Plan(against, unsure, asked, word(vetoes), word(every & ~vetoes), word)


def _own(product: Product) -> list[pl.Expr]:
    """What the engine's own rules require."""
    is_lent_to = pl.col("firm_kind").is_in(list(product.borrower_kinds))
    return [is_lent_to, pl.col("term_months").is_between(product.minimum_months, product.maximum_months)]


def _bit(place: int, holds: pl.Expr, when_null: str) -> pl.Expr:
    """The bit of a rule in its octet where it speaks against."""
    bit = pl.lit(1 << place % 8, dtype=pl.UInt8)
    if when_null == "pass":
        return pl.when(holds.not_()).then(bit).otherwise(_NOTHING)
    return pl.when(holds).then(_NOTHING).otherwise(bit)


def _pieces(name: str, bits: Mapping[int, pl.Expr]) -> Pieces:
    """place → bit, those of a few neighbours in one expression."""
    gathered: dict[int, pl.Expr] = {}
    for place, bit in bits.items():
        number = place // _PIECE
        gathered[number] = gathered[number] | bit if number in gathered else bit
    return [(number * _PIECE // 8, expression.alias(f"{name}_{number}")) for number, expression in gathered.items()]


def _joined(pieces: Pieces, found: pl.DataFrame, word: type[Bit]) -> Bits:
    """Of each row one number, octet 0 the lowest."""
    octets: dict[int, NDArray[np.uint8]] = {}
    for number, expression in pieces:
        piece = found[expression.meta.output_name()].to_numpy()
        octets[number] = octets[number] | piece if number in octets else piece
    joined = np.zeros(1, word)
    for number in range(max(octets, default=-1), -1, -1):
        joined = joined * word(256) + octets.get(number, word(0))
    return joined


def _word(bits: int) -> type[Bit]:
    """The narrowest whole number that has room for so many bits."""
    return np.uint16 if bits <= 16 else np.uint32 if bits <= 32 else np.uint64


def score(many: Many) -> None:
    """Probability of default in millionths, not below the product's least; points where the model has them."""
    product = many.product
    if many.model is None:
        of_class = {one.code: one.probability_ppm for one in product.classes}
        found = many.cases[product.policy_class].replace_strict(list(of_class), list(of_class.values()), return_dtype=pl.Int64)
        many.probability_ppm = np.maximum(found.to_numpy(), product.probability_minimum_ppm)
        probability, points = many.probability_ppm / 1e6, pl.Series("points", [None], dtype=pl.Float64)
    else:
        scored = getattr(many.model, "points_frame", many.model.score_frame)(many.frame)
        given = scored["probability"].to_numpy()
        many.probability_ppm = np.maximum(np.rint(given * PPM).astype(np.int64), product.probability_minimum_ppm)
        probability = np.maximum(given, product.probability_minimum_ppm / 1e6)
        points = scored["points"].cast(pl.Float64) if "points" in scored.columns else pl.Series("points", [None], dtype=pl.Float64)
    if len(points) != many.cases.height:
        points = pl.Series("points", np.full(many.cases.height, np.nan)).fill_nan(None)
    many.cases = many.cases.with_columns(pl.Series("probability", probability), points.alias("points"))


def classes(many: Many) -> None:
    """The class of each row; rows of a class that is not lent to are refused."""
    product = many.product
    codes = [one.code for one in product.classes]
    if many.model is None:
        places = many.cases[product.policy_class].replace_strict(codes, list(range(len(codes))), return_dtype=pl.Int64)
        many.class_index = places.to_numpy()
    else:
        cuts = np.array([one.probability_below_ppm for one in product.classes if one.probability_below_ppm is not None], np.int64)
        many.class_index = np.searchsorted(cuts, many.probability_ppm, side="right").astype(np.int64)
    many.is_lent = np.array([one.is_lent for one in product.classes])[many.class_index]
    many.cases = many.cases.with_columns(pl.Series("risk_class", codes, dtype=pl.String).gather(many.class_index))
    many.against("class_not_lent", ~many.is_lent, VETO)
