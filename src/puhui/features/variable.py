"""What a variable is: one number about a firm that a rule, a score or an officer may use.

A variable is declared once, with its meaning beside its formula, and serves the single online decision, the million-row batch and the
cluster alike. The formula is a Narwhals expression over the *measures* of a firm (sums and counts that the stages of its evidence class
prepare, one row per firm). Null is not zero: a variable is a number, or null with a reason. Two things make it null: the firm's records
are shorter than the formula needs (`too_short_history`), or the question does not arise, such as a ratio to nothing (`not_applicable`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import narwhals as nw

from puhui.features import texts
from puhui.features.row_formulas import RowFunction, row_function

__all__ = ["NULL_REASONS", "SIGNS", "UNITS", "Bounds", "LeftOut", "Sign", "Variable"]

NULL_REASONS = ("not_authorised", "source_down", "not_applicable", "too_short_history", "withheld_by_law")
"""The reasons a value may be missing (design contract of the data classes, rule 4)."""

Sign = Literal["+", "-", "n", "V", "P"]
"""`+` more is safer, `-` more is riskier, `n` no fixed direction, `V` veto or stop, `P` eligibility by policy."""

SIGNS: tuple[str, ...] = get_args(Sign)

UNITS = (
    "CNY", "USD", "ratio", "0-1", "-1-1", "0/1", "n", "persons", "days", "months", "years", "h", "1/month", "x", "turns", "pp", "grade",
    "steps", "code", "score", "points", "1-3", "1-5", "0-100", "A-D", "z", "hops", "m3", "kWh", "kVA", "mu", "t", "t per 10k CNY",
    "tce per 10k CNY",
)  # fmt: skip
"""Units of the field's list. Grades and codes are numbers whose order or meaning the variable's own words tell."""

Bounds = tuple[float | None, float | None]
"""The least and the most that a number can be; null where there is no bound."""

BY_UNIT: Mapping[str, Bounds] = {
    "0/1": (0, 1), "0-1": (0, 1), "-1-1": (-1, 1), "1-3": (1, 3), "1-5": (1, 5), "0-100": (0, 100), "A-D": (1, 4),
    **dict.fromkeys(("n", "persons", "days", "months", "years", "h", "hops", "m3", "kWh", "kVA", "mu", "t"), (0, None)),
}  # fmt: skip
"""What a unit says of its numbers. Amounts and ratios may be anything: reds exceed sales, profits are losses."""

A_PART = re.compile(r"_share(_|$)")  # a variable named so is a part of a whole

_NAMED_COLUMN = re.compile(r"\bcol\(([^()]*)\)")


@dataclass(frozen=True, eq=False)
class Variable:
    """One declared variable.

    name            identifier, unique in the catalogue
    unit            one of `UNITS`
    sign            see `Sign`; a scorecard refuses a weight against it without a written override
    window          what the number looks at: `12m` twelve closed months, `12m/prev12m` those against the twelve before, `all` all records
    expression      Narwhals expression over the measures of a firm
    history_months  closed months of records that must be known on every side the variable uses, else null with `too_short_history`
    sides           which records it needs: the measures `<side>_history_months` must reach `history_months`; for invoices `out` (sales)
                    and `in` (purchases); none where the formula needs no history
    null_reason     the reason given when the history suffices and the value is null all the same
    personal        whether it is personal information even for a company borrower
    evidence_class  class of the module that declares it, set by the registry where nothing stands
    declared_bounds what the number can be, where unit and name do not say it: `(None, None)` for a difference of counts
    """

    name: str
    unit: str
    sign: Sign
    window: str
    expression: nw.Expr
    history_months: int = 0
    sides: tuple[str, ...] = ()
    null_reason: str = "not_applicable"
    personal: bool = False
    evidence_class: str = ""
    declared_bounds: Bounds | None = None

    @property
    def bounds(self) -> Bounds:
        """The least and the most that the number can be. A value beyond them is no fault of the firm but of its evidence: a source that
        reckons otherwise, reds without their invoices. It is kept and told (`puhui.features.beyond_bounds`)."""
        if self.declared_bounds is not None:
            return self.declared_bounds
        return BY_UNIT.get(self.unit) or ((0, 1) if self.unit == "ratio" and A_PART.search(self.name) else (None, None))

    @property
    def titles(self) -> Mapping[str, str]:
        """Label by language code: en, zh-hans, zh-hant."""
        return texts.titles(self.name)

    @property
    def meanings(self) -> Mapping[str, str]:
        """One plain sentence on what the number says, by language code."""
        return texts.meanings(self.name)

    @property
    def null_meaning(self) -> Mapping[str, str]:
        """What it means when there is no number, by language code."""
        return texts.null_meaning(self.history_months)

    @cached_property
    def measures(self) -> frozenset[str]:
        """Names of the measures that its formula and its sides read. Narwhals shows each column of an expression as `col(name)`."""
        named = (part for found in _NAMED_COLUMN.findall(repr(self.expression)) for part in found.split(","))
        return frozenset(part.strip() for part in named) | {f"{side}_history_months" for side in self.sides}

    def value(self) -> nw.Expr:
        """The expression under the variable's own name, null where the known history is too short."""
        number = self.expression.cast(nw.Float64)
        if not self.sides:
            return number.alias(self.name)
        known = nw.all_horizontal(*(nw.col(f"{side}_history_months") >= self.history_months for side in self.sides), ignore_nulls=False)
        return nw.when(known).then(number).alias(self.name)

    @cached_property
    def of_row(self) -> RowFunction | None:
        """`value` as a function of one row of measures; None where it takes an engine."""
        return row_function(self.value())


@dataclass(frozen=True)
class LeftOut:
    """A variable of the field's list that this evidence class cannot give yet, and what it would need."""

    name: str
    evidence_class: str
    reason: str
