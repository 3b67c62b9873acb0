"""What a replay tells: the rows of a loan and where it stands, as frozen data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import NamedTuple

from puhui.calculations.faults import Fault
from puhui.calculations.interest import SCALE, Misuse, RateLine, Slice, carved, slices_interest
from puhui.calculations.money import Exact, round_exact
from puhui.calculations.periods import Period

__all__ = ["Allocation", "Charge", "Flow", "Position", "Row", "RunningPeriod"]

Flow = tuple[date, int]
"""A payment of the borrower (above 0) or to the borrower (below 0) on a date, in smallest units."""


Charge = tuple[int, date, int]
"""A charge: the number of its row, its day, its amount."""


class Row(NamedTuple):
    """One instalment: what falls due in it, by component, and what was paid of it. `balance`: principal outstanding after it."""

    number: int
    start: date
    due: date
    days: int
    principal: int = 0
    interest: int = 0
    fee: int = 0
    penalty: int = 0
    compound: int = 0
    paid_principal: int = 0
    paid_interest: int = 0
    paid_fee: int = 0
    paid_penalty: int = 0
    paid_compound: int = 0
    balance: int = 0
    waived_principal: int = 0
    waived_interest: int = 0
    waived_fee: int = 0
    waived_penalty: int = 0
    waived_compound: int = 0

    @property
    def total(self) -> int:
        """All that falls due in the row."""
        return sum(_due(self))

    @property
    def paid(self) -> int:
        """All that was paid of it."""
        figures = _paid(self)
        return 0 if figures == _NOTHING else sum(figures)

    @property
    def outstanding(self) -> int:
        """Total less what was paid and waived."""
        due, paid, waived = _due(self), _paid(self), _waived(self)
        return (0 if due == paid else sum(due) - sum(paid)) - (0 if waived == _NOTHING else sum(waived))

    @property
    def is_untouched(self) -> bool:
        """Whether something falls due in it, of which nothing was paid."""
        due, waived = _due(self), _waived(self)
        return _paid(self) == _NOTHING and (due != _NOTHING if waived == _NOTHING else sum(due) != sum(waived))

    @property
    def is_beyond(self) -> bool:
        """Whether more was paid or forgiven of a component than falls due of it."""
        due, paid, waived = _due(self), _paid(self), _waived(self)
        if paid == due and waived == _NOTHING:
            return False
        return any(taken + forgiven > owed for owed, taken, forgiven in zip(due, paid, waived, strict=True))

    @property
    def waived(self) -> int:
        """All that was forgiven of it."""
        figures = _waived(self)
        return 0 if figures == _NOTHING else sum(figures)

    def owed(self, component: str) -> int:
        """What is unpaid of one component: principal, interest, fee, penalty or compound."""
        return int(getattr(self, component)) - int(getattr(self, "paid_" + component)) - int(getattr(self, "waived_" + component))


def _components(prefix: str) -> Callable[[Row], tuple[int, ...]]:
    """The five components of a row: what falls due, what was paid of it, what was forgiven."""
    first = Row._fields.index(f"{prefix}principal")
    return itemgetter(slice(first, first + 5))


_due, _paid, _waived = _components(""), _components("paid_"), _components("waived_")
_NOTHING = (0, 0, 0, 0, 0)


class Allocation(NamedTuple):
    """A part of a payment: `event` is its index among the events given, `early` tells principal repaid before it was due."""

    event: int
    id: str | None
    row: int
    component: str
    amount: int
    early: bool = False


@dataclass(frozen=True, slots=True)
class RunningPeriod:
    """The period under way and the principal that bears interest in it; `waiting`: interest of earlier rows put off
    to later ones, less what was paid of this row's in advance; `late`: of overdue principal, so far; `plan`: all periods of the
    loan, where it goes along them as agreed."""

    period: Period
    line: RateLine
    open: tuple[tuple[int, date], ...]
    ended: tuple[Slice, ...]
    waiting: int
    bears_interest: bool
    misuses: tuple[Misuse, ...] = ()
    late: Exact = 0
    plan: tuple[Period, ...] = field(default=(), compare=False, repr=False)

    def exact(self, day: date) -> Exact:
        """Interest from the period's start to the morning of `day`, over SCALE, with what waits from earlier rows, and what overdue
        principal bore in it so far."""
        slices: list[Slice] = [*self.ended, *((amount, first, max(first, day)) for amount, first in self.open)]
        if self.misuses:
            slices = carved(self.period, self.line, slices, self.misuses)
        own = slices_interest(self.period, self.line, slices) if self.bears_interest else 0
        return own + self.waiting * SCALE + self.late


@dataclass(frozen=True, slots=True)
class Position:
    """A loan on the morning after the events of `as_of`: nights before it count. See `replay` for the meaning of each figure.

    `overdue_since`: the day on which the oldest of what is overdue fell due. `overpaid`: money kept beyond all that was owed.
    `running_cost`: the part of `overdue` that is penalty and compound interest standing in a row that is not due before `as_of`.
    `coming_charges`: fees agreed for a day after it, which stand in the rows.
    """

    as_of: date
    rows: tuple[Row, ...]
    principal: int
    accrued_exact: Exact
    accrued_interest: int
    overdue: int
    running_cost: int
    days_past_due: int
    status: str
    next_due: date | None
    allocations: Sequence[Allocation]
    payments: tuple[Flow, ...]
    unsettled: tuple[Fault, ...]
    running: RunningPeriod | None
    rounding: str
    overdue_since: date | None = None
    overpaid: int = 0
    coming_charges: tuple[Charge, ...] = ()

    @property
    def days_late(self) -> int:
        """Days since the oldest unpaid instalment fell due, by which the books go. A charge between two due dates is asked for with the
        instalment of its period and counts from then on, while `days_past_due` counts from its own day."""
        oldest = min((row.due for row in self.rows if row.due <= self.as_of and row.outstanding > 0), default=self.as_of)
        return (self.as_of - oldest).days

    def accrued_on(self, day: date) -> int:
        """Rounded accrued interest of the period under way on the morning of `day`: from `as_of` to its due day, no event between."""
        if self.running is None:
            return 0
        return round_exact(self.running.exact(day), SCALE, self.rounding)
