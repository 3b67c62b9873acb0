"""The stages of the engine over a frame: each adds its columns and notes the reasons against, bit by bit.

The order and the meaning of every stage are those of `engine.py` and `admission.py`; what a case is there, a row is here. The stages of
money stand in `batch_money.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
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
_LAST = ("class_not_lent", "bound_unknown", "limit_below_minimum", "less_than_asked", "no_rate", "above_cap", "no_authority")


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
    word: Any = field(init=False)  # the whole numbers that hold the bits of all reasons
    reasons: Bits = field(init=False)
    vetoes: Bits = field(init=False)
    referred: Flags = field(init=False)
    class_index: Whole = field(init=False)
    is_lent: Flags = field(init=False)
    probability_ppm: Whole = field(init=False)
    limit_fen: Whole = field(init=False)
    amount_fen: Whole = field(init=False)
    rate_ppm: Whole = field(init=False)  # 0: none
    cap_ppm: int = 0

    def __post_init__(self) -> None:
        rows = self.cases.height
        codes = reason_codes(self.product)
        self.word = np.uint32 if len(codes) <= 32 else np.uint64
        self.reasons, self.vetoes = np.zeros(rows, self.word), np.zeros(rows, self.word)
        self.referred = np.zeros(rows, np.bool_)
        self.bits = {code: self.word(1 << number) for number, code in reversed(list(enumerate(codes)))}
        self.rate_ppm = np.zeros(rows, np.int64)

    def against(self, code: str, where: Flags, severity: str) -> None:
        """Notes a reason of the engine's own."""
        bit = where * self.bits[code]
        self.reasons |= bit
        if severity == VETO:
            self.vetoes |= bit
        elif severity == REFER:
            self.referred |= where

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
    """Every admission rule over every row in one pass of polars: the first stage that has anything to say.

    Each rule that speaks against a row adds its bit; a rule that refuses, but sends to a person what it does not know, adds the bits of
    those unknown to a second word. Words are no wider than the bits ask for: a million of them stay small.
    """
    product = many.product
    conditions = {rule.code: compile_polars(rule.require.expression, product.tables) for rule in product.rules}
    bits = {rule.code: _bit(many, rule.code, conditions[rule.code], rule.when_null) for rule in product.rules}
    refusing = _own(many) + [bits[rule.code] for rule in product.rules if rule.severity == VETO]
    referring = [bits[rule.code] for rule in product.rules if rule.severity != VETO]
    unknown = [rule.code for rule in product.rules if rule.severity == VETO and rule.when_null == "refer"]
    unsure = [_bit(many, code, conditions[code].is_not_null(), "fail") for code in unknown]
    words = {"refusing": refusing, "referring": referring, "unsure": unsure}
    halves = [_any(found[half::2]).alias(f"{name} {half}") for name, found in words.items() for half in (0, 1) if found[half::2]]
    found = many.cases.lazy().select(halves).collect()  # lazy: what rules have in common is computed once
    vetoes, referrals, unsure_of = (_joined(found, name) for name in words)
    many.reasons = _wide(many, [vetoes, referrals])
    if unsure_of is not None:
        vetoes, referrals = vetoes & ~unsure_of, unsure_of if referrals is None else referrals | unsure_of
    many.vetoes = _wide(many, [vetoes])
    many.referred = np.zeros(many.cases.height, np.bool_) if referrals is None else referrals != 0


def _joined(found: pl.DataFrame, name: str) -> Any:
    """The word that was computed in halves; None where no rule adds to it."""
    halves = [found[column].to_numpy() for column in found.columns if column.startswith(name)]
    return reduce(np.bitwise_or, halves) if halves else None


def _wide(many: Many, words: Sequence[Any]) -> Bits:
    """Words together, in the type that has room for the reasons of all stages."""
    wide: Bits = reduce(np.bitwise_or, [word for word in words if word is not None]).astype(many.word)
    return wide


def _own(many: Many) -> list[pl.Expr]:
    """The bits of the engine's own rules."""
    product = many.product
    is_lent_to = pl.col("firm_kind").is_in(list(product.borrower_kinds))
    fits = pl.col("term_months").is_between(product.minimum_months, product.maximum_months)
    return [_bit(many, code, holds, "fail") for code, holds in zip(_FIRST, (is_lent_to, fits), strict=True)]


def _bit(many: Many, code: str, holds: pl.Expr, when_null: str) -> pl.Expr:
    """The bit of a rule where it speaks against, as the narrowest whole number that has room for those of all rules."""
    last = len(_FIRST) + len(many.product.rules)
    word = pl.UInt16 if last <= 16 else pl.UInt32 if last <= 32 else pl.UInt64
    bit, nothing = pl.lit(int(many.bits[code]), dtype=word), pl.lit(0, dtype=word)
    if when_null == "pass":
        return pl.when(holds.not_()).then(bit).otherwise(nothing)
    return pl.when(holds).then(nothing).otherwise(bit)


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
