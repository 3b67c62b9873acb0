"""A product in frozen terms: who may borrow, what must hold, how much, at what price, on whose authority, repaid how.

Terms are data. Nothing here computes a decision; `decisions.engine` is handed a Product and works through it stage by stage.
Amounts are fen, rates and shares millionths (ppm). Texts are by language code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from puhui.calculations.rule_tree import Expression
from puhui.calculations.rules_python import Evaluate
from puhui.products.documents import Document
from puhui.products.fields import Texts

FIXED = "fixed"  # the base of tiers that follow no prime rate


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
    probability_ppm: int | None = None  # of the class itself, where a decision table gives the class and no model scores


@dataclass(frozen=True)
class Bound:
    """One bound of the limit, a formula that gives yuan."""

    code: str
    names: Texts
    formula: Formula
    when_null: str  # leave_out, zero, refer


@dataclass(frozen=True)
class RateStep:
    """So much more of a rate from the night that many days after the payout on."""

    after_days: int
    add_ppm: int


@dataclass(frozen=True)
class Price:
    """How the rate is found: the method in use and the one shown beside it, and the product's own lowest and highest rate."""

    method: str  # churn_aware, tiers
    beside: str
    minimum_ppm: int
    maximum_ppm: int
    multiple_ppm: int  # the rate is rounded to it
    tier_base: str  # series of the prime rate table; `fixed`: none, the spread is the whole rate
    tier_spread_ppm: Mapping[str, int]
    security: str  # row of the loss-given-default table
    steps: tuple[RateStep, ...] = ()  # by the days that the loan has run, rising

    @property
    def dearest_step_ppm(self) -> int:
        """What the dearest day bears above the first rate."""
        return max((step.add_ppm for step in self.steps), default=0)


@dataclass(frozen=True)
class ApplicationFact:
    """A fact that the form asks for and an officer verifies; null where it was not given.

    `by`: borrower where the borrower can state it, lender where only the lender's people can find it out or judge it.
    """

    unit: str
    texts: Texts
    by: str = "borrower"


@dataclass(frozen=True)
class ScoreItem:
    """One item of a score table: an expression and the points of its bands."""

    formula: Formula  # gives the points
    value: Formula  # gives what the bands are of
    texts: Texts


@dataclass(frozen=True)
class Derived:
    """A value made of others, by its name usable in all that comes after: a definition, a score table or a decision table."""

    name: str
    how: str  # definition, score_table, decision_table
    unit: str
    formula: Formula
    texts: Texts
    after_class: bool  # speaks of score or class, so it is known to the bounds of the limit only
    items: tuple[ScoreItem, ...] = ()
    outcomes: tuple[str | float | bool, ...] = ()  # of a decision table whose outcomes are written out


@dataclass(frozen=True)
class Security:
    """Which kinds of security the product takes, and the least share of the amount that they must cover after haircut."""

    kinds: tuple[str, ...] = ("none",)
    cover_ppm: int = 0


@dataclass(frozen=True)
class Linkage:
    """How the rate follows what is observed: the step that one fact reaches, or a formula over several facts (`formula`, then no steps)."""

    code: str
    fact: str  # empty where a formula tells the change
    steps: tuple[tuple[float, int], ...]  # (from, change of the rate in ppm), rising
    measured_months: int
    evidence: tuple[str, ...]  # classes that show the fact
    clawback: bool  # whether what was saved is paid back when the fact turns out untrue
    texts: Texts
    formula: Formula | None = None  # the change of the rate as a share: -0.003 for 0.3 points less
    observed: Mapping[str, ApplicationFact] = field(default_factory=dict)  # looked at on each review date; all else is of the decision


@dataclass(frozen=True)
class Season:
    """When the principal of a loan that follows the harvest falls due (`products.seasons`).

    `shares`: (month, share in ppm). By the calendar, months 1 to 12 of each year, on `day`, none sooner than `earliest_months`; where
    `harvest` names a fact of the form, months after the harvest.
    """

    shares: tuple[tuple[int, int], ...]
    day: int = 1
    earliest_months: int = 1
    harvest: str = ""


@dataclass(frozen=True)
class InterestShare:
    """What somebody else pays of the interest: so much of the rate, or a share of it, for so many months."""

    party: str
    rate_ppm: int | None
    share_ppm: int | None
    months: int


@dataclass(frozen=True)
class Support:
    """Who shares the loss (shares add up to one) and who pays interest beside the borrower."""

    loss_shares_ppm: Mapping[str, int] = field(default_factory=dict)
    interest_shares: tuple[InterestShare, ...] = ()

    @property
    def bank_share_ppm(self) -> int:
        """The share of a loss that stays with the lender."""
        return self.loss_shares_ppm.get("bank", 0) if self.loss_shares_ppm else 1_000_000


@dataclass(frozen=True)
class LoanPart:
    """One of the loans that an application for a combined product becomes (`products.loan_parts`)."""

    product: str  # code of the product by whose file it is decided and lent
    names: Texts
    formula: Formula  # yuan: the most that it takes of the whole
    when_null: str  # zero, refer
    share_ppm: int  # the most that it takes, as a share of the whole
    stands_alone: bool  # whether it is lent though another part is refused


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
    model: str  # that scores: the institution's champion of that name decides; empty where a table gives the class
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
    family: str = ""
    decision_days: int | None = None  # within which an answer is promised
    consent_of: tuple[str, ...] = ()
    application: Mapping[str, ApplicationFact] = field(default_factory=dict)
    derived: tuple[Derived, ...] = ()  # in the order in which they are computed
    policy_class: str = ""  # decision table that gives the class where no model scores
    security: Security = Security()
    linkage: tuple[Linkage, ...] = ()
    support: Support = Support()
    season: Season | None = None  # when instalments follow the harvest; the terms then have no step
    days_fact: str = ""  # fact of the form that says for how many days the money is wanted; empty: for the months asked
    parts: tuple[LoanPart, ...] = ()  # the loans that it becomes, in the order in which they are filled; none: one loan

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def digest(self) -> str:
        return self.document.digest

    def class_named(self, code: str) -> RiskClass:
        """The class that a decision table gives."""
        return next(one for one in self.classes if one.code == code)

    def class_of(self, probability_ppm: int) -> RiskClass:
        """The class of a probability: the first whose cut is above it."""
        return next(one for one in self.classes if one.probability_below_ppm is None or probability_ppm < one.probability_below_ppm)
