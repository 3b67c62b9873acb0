"""The terms of a loan as frozen data: what was agreed, and nothing of what happened.

Amounts are whole numbers of the currency's smallest unit. Rates are `rate_e8`: the annual rate times 10⁸ (0.0435 is 4,350,000).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from puhui.calculations.business_days import BusinessDays
from puhui.calculations.calendar import Step

__all__ = [
    "COMPONENTS",
    "COMPOUND",
    "COST",
    "FEE",
    "INTEREST",
    "MARKUP_SCALE",
    "METHODS",
    "PENALTY",
    "PRINCIPAL",
    "RATE_SCALE",
    "CustomDue",
    "Fee",
    "Grace",
    "Line",
    "LineIndex",
    "Order",
    "PartOfSteps",
    "Penalty",
    "Recalculation",
    "Terms",
]

RATE_SCALE = 10**8
MARKUP_SCALE = 10**4
METHODS = ("equal_instalment", "equal_principal", "interest_only", "bullet", "flat", "stepped", "custom")
COMPONENTS = ("cost", "fee", "penalty", "compound", "interest", "principal")
"""What a borrower may owe, in the order in which a payment takes it unless agreed otherwise."""
COST, FEE, PENALTY, COMPOUND, INTEREST, PRINCIPAL = range(len(COMPONENTS))


@dataclass(frozen=True, slots=True)
class Grace:
    """Periods without principal, with interest put off, and without interest."""

    principal: int = 0
    interest_payment: int = 0
    interest_free: int = 0


@dataclass(frozen=True, slots=True)
class PartOfSteps:
    """`count` instalments of a fixed principal, or of a fixed whole instalment."""

    count: int
    amount: int
    whole_instalment: bool


@dataclass(frozen=True, slots=True)
class CustomDue:
    """One agreed due day and its principal."""

    due: date
    principal: int


@dataclass(frozen=True, slots=True)
class Fee:
    """A charge: an `amount`, or a `rate` `of` something; `when` is `drawdown`, `instalment` or a date."""

    name: str
    when: str | date
    amount: int = 0
    rate: Fraction | None = None
    of: str = ""


@dataclass(frozen=True, slots=True)
class Penalty:
    """What overdue money costs: the contract rate × (1 + markup), the markups over `MARKUP_SCALE`."""

    markup_overdue: int = 5_000
    markup_misuse: int = 10_000
    grace_days: int = 0
    compound_in_term: bool = True
    compound_overdue: bool = True
    compound_on_penalty: bool = False


@dataclass(frozen=True, slots=True)
class Recalculation:
    """Interest follows the principal really outstanding: from the day (`daily`) or the next due day (`period`)."""

    rest: str = "daily"
    overdue: bool = False
    payoff_interest: str = "to_date"
    compounds: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """The order in which a payment takes what is past due, what falls due that day, and what lies ahead.

    `sequence`: the items as (status, component) where they are named by status, else empty.
    """

    past_due: tuple[str, ...] = COMPONENTS
    due: tuple[str, ...] = COMPONENTS
    in_advance: tuple[str, ...] = ()
    sequence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LineIndex:
    """The index that the rates of a line follow: (published on, value_e8), (from, spread_e8), and how it reprices."""

    published: tuple[tuple[date, int], ...]
    spreads: tuple[tuple[date, int], ...]
    months: int
    on_anniversary: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A credit line: the balance may never pass `limit`, nothing is lent or owed regularly after `until`.

    `amount_given`: whether the terms name an amount, which then is drawn on the start where no drawdown is named.
    """

    limit: int
    until: date
    pooled: bool
    amount_given: bool = True
    index: LineIndex | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """All that was agreed. `rates` holds (day, rate_e8), the first on or before `start`; later ones are repricings known already."""

    currency: str
    exponent: int
    amount: int
    start: date
    method: str
    day_count: str
    rates: tuple[tuple[date, int], ...]
    interest_basis: str = "period"
    day_label: str = "start"
    part_periods: str = "days"
    level: str = "annuity"
    flat_interest: str = "period"
    step: Step | None = None
    instalments: int | None = None
    first_due: date | None = None
    maturity: date | None = None
    settlement_day: int | None = None
    month_end: str = "clamp"
    grace: Grace = field(default_factory=Grace)
    balloon: int = 0
    steps: tuple[PartOfSteps, ...] = ()
    dues: tuple[CustomDue, ...] = ()
    principal_share: Fraction | None = None
    rounding: str = "half_up"
    multiple: int = 1
    fees: tuple[Fee, ...] = ()
    penalty: Penalty | None = None
    allocation: Order = field(default_factory=lambda: Order())
    allocation_non_accrual: Order = field(default_factory=lambda: Order())
    vertical: bool = False
    prepayment: str = "reduce_instalment"
    in_advance_to: str = "next"
    recalculation: Recalculation | None = field(default_factory=Recalculation)
    margin: int = 0
    third_party_fees: int = 0
    line: Line | None = None
    business_days: BusinessDays | None = None

    def __hash__(self) -> int:
        """Of what tells most terms apart: they are looked up for each loan, and there are some forty fields."""
        return hash((self.amount, self.start, self.instalments, self.maturity, self.rates))

    @property
    def level_is_annuity(self) -> bool:
        """Whether each instalment is an annuity by one rate a step."""
        return self.method == "equal_instalment" and self.level == "annuity"
