"""A product in frozen terms: who may borrow, what must hold, how much, at what price, on whose authority, repaid how.

Terms are data. Nothing here computes a decision; `decisions.engine` is handed a Product and works through it stage by stage.
Amounts are fen, rates and shares millionths (ppm). Texts are by language code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from puhui.calculations.rules import Expression
from puhui.calculations.rules_python import Evaluate
from puhui.products.documents import Document
from puhui.products.fields import Texts


@dataclass(frozen=True)
class Formula:
    """An expression of the file with the function made from it."""

    expression: Expression
    evaluate: Evaluate = field(repr=False, compare=False)

    @property
    def text(self) -> str:
        return self.expression.text


@dataclass(frozen=True)
class Rule:
    """One condition of admission. It must hold; where not, `veto` refuses and `refer` sends the case to a person."""

    code: str
    names: Texts  # what is required, in words
    require: Formula
    severity: str  # veto, refer
    when_null: str  # pass, fail (as if it did not hold), refer
    against: Texts  # what is told when it does not hold
    speaks_for: bool  # whether holding it is told as a reason for


@dataclass(frozen=True)
class Unknown:
    """A fact that matters and that this product's evidence cannot give. It is shown on the case, and met by a condition."""

    code: str
    names: Texts
    handling: Texts  # what is done about it
    condition: Texts  # what must be shown before money goes out; empty: nothing


@dataclass(frozen=True)
class RiskClass:
    """A class by probability of default: from the cut of the class above it up to its own. The last has no cut."""

    code: str
    names: Texts
    probability_below_ppm: int | None
    is_lent: bool


@dataclass(frozen=True)
class Bound:
    """One bound of the limit, a formula that gives yuan."""

    code: str
    names: Texts
    formula: Formula
    when_null: str  # leave_out, zero, refer


@dataclass(frozen=True)
class Price:
    """How the rate is found: the method in use and the one shown beside it, and the product's own lowest and highest rate."""

    method: str  # churn_aware, tiers
    beside: str
    minimum_ppm: int
    maximum_ppm: int
    multiple_ppm: int  # the rate is rounded to it
    tier_base: str  # series of the prime rate table
    tier_spread_ppm: Mapping[str, int]
    security: str  # row of the loss-given-default table


@dataclass(frozen=True)
class Product:
    code: str
    names: Texts
    valid_from: date
    valid_to: date | None
    currency: str
    borrower_kinds: tuple[str, ...]
    minimum_fen: int
    maximum_fen: int
    multiple_fen: int
    minimum_months: int
    maximum_months: int
    forbidden_purposes: tuple[str, ...]
    terms: Mapping[str, Any]  # as `puhui loans quote` takes them, without amount, rate, start and number of instalments
    offer_days: int
    conditions: tuple[tuple[str, Texts], ...]  # precedent to every payout
    consent_purpose: str
    evidence_classes: tuple[str, ...]
    model: str  # name of the model that scores; the institution's champion of that name decides
    probability_minimum_ppm: int  # no firm counts as safer than this, whatever the score says
    variables: Mapping[str, str]  # name → unit
    tables: Mapping[str, Mapping[str | float, float]]
    constants: Mapping[str, float]
    parameters: Mapping[str, str]  # part it plays → name of the parameter table
    rules: tuple[Rule, ...]
    unknowns: tuple[Unknown, ...]
    classes: tuple[RiskClass, ...]
    bounds: tuple[Bound, ...]
    price: Price
    document: Document = field(repr=False, compare=False)

    @property
    def digest(self) -> str:
        return self.document.digest

    def class_of(self, probability_ppm: int) -> RiskClass:
        """The class of a probability: the first whose cut is above it."""
        return next(one for one in self.classes if one.probability_below_ppm is None or probability_ppm < one.probability_below_ppm)
