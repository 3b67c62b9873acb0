"""The stages of the engine over a frame: each adds its columns and notes the reasons against, bit by bit.

The order and the meaning of every stage are those of `engine.py` and `admission.py`; what a case is there, a row is here. The stages of
money stand in `batch_money.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, reduce
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
Bits = NDArray[np.unsignedinteger[Any]]
Flags = NDArray[np.bool_]
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
        bit = where * self.vetoes.dtype.type(1 << reason_codes(self.product).index(code))
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
    words, answers = _plan(many.product)
    found = many.cases.lazy().select(words).select(answers).collect(engine="streaming")
    many.reasons, many.vetoes, many.referred = (found[name].to_numpy() for name in ("reasons", "vetoes", "referred"))


@lru_cache(maxsize=64)
def _plan(product: Product) -> tuple[list[pl.Expr], list[pl.Expr]]:
    """The words of bits that the rules give, and what the engine keeps of them.

    Each rule that speaks against a row adds its bit to `refusing` or `referring`; one that refuses, but sends to a person what it does not
    know, adds the bit of what is unknown to `unsure` too. Words are no wider than the bits of the rules ask for, until all are together.
    """
    conditions = {rule.code: compile_polars(rule.require.expression, product.tables) for rule in product.rules}
    against = {rule.code: _bit(product, rule.code, conditions[rule.code], rule.when_null) for rule in product.rules}
    vetoes = [rule for rule in product.rules if rule.severity == VETO]
    unknown = [rule.code for rule in vetoes if rule.when_null == "refer"]
    words = {
        "refusing": [*_own(product), *(against[rule.code] for rule in vetoes)],
        "referring": [against[rule.code] for rule in product.rules if rule.severity != VETO],
        "unsure": [_bit(product, code, conditions[code].is_not_null(), "fail") for code in unknown],
    }
    refusing, referring, unsure = (pl.col(name) for name in words)
    wide = _word(len(reason_codes(product)))
    answers = [
        (refusing | referring).cast(wide).alias("reasons"),
        (refusing & ~unsure).cast(wide).alias("vetoes"),
        ((unsure | referring) != 0).alias("referred"),
    ]
    return [_any([_nothing(product), *bits]).alias(name) for name, bits in words.items()], answers


def _own(product: Product) -> list[pl.Expr]:
    """The bits of the engine's own rules."""
    is_lent_to = pl.col("firm_kind").is_in(list(product.borrower_kinds))
    fits = pl.col("term_months").is_between(product.minimum_months, product.maximum_months)
    return [_bit(product, code, holds, "fail") for code, holds in zip(_FIRST, (is_lent_to, fits), strict=True)]


def _bit(product: Product, code: str, holds: pl.Expr, when_null: str) -> pl.Expr:
    """The bit of a rule where it speaks against."""
    bit, nothing = pl.lit(1 << reason_codes(product).index(code), dtype=_rules_word(product)), _nothing(product)
    if when_null == "pass":
        return pl.when(holds.not_()).then(bit).otherwise(nothing)
    return pl.when(holds).then(nothing).otherwise(bit)


def _nothing(product: Product) -> pl.Expr:
    return pl.lit(0, dtype=_rules_word(product))


def _rules_word(product: Product) -> Any:
    return _word(len(_FIRST) + len(product.rules))


def _word(bits: int) -> Any:
    """The narrowest whole number that has room for so many bits."""
    return pl.UInt16 if bits <= 16 else pl.UInt32 if bits <= 32 else pl.UInt64


def _any(bits: Sequence[pl.Expr]) -> pl.Expr:
    return reduce(lambda left, right: left | right, bits)


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
