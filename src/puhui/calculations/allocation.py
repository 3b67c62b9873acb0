"""How a payment is taken: what is due first, in the agreed order; what is left goes ahead of its time (`early`) or stays as a surplus.

`horizontal` finishes one instalment before the next; `vertical` finishes one component across instalments. Penalty and compound
interest that run in the period under way, and charges whose day has come, are owed at once and come after the older rows' own dues.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import product

from puhui.calculations.faults import Fault
from puhui.calculations.position import Allocation
from puhui.calculations.running import RunningLoan, RunningRow
from puhui.calculations.term_records import COMPONENTS, COMPOUND, COST, FEE, INTEREST, PENALTY, PRINCIPAL, Order

__all__ = ["NON_ACCRUAL_AFTER_DAYS", "Receipt", "days_past_due", "forgive", "oldest_unpaid", "order_on", "take_dues"]

NON_ACCRUAL_AFTER_DAYS = 90  # quote.md: non-accrual is over 90 days past due
_PLACE = {name: index for index, name in enumerate(COMPONENTS)}


class Receipt:
    """One payment being taken: where its money goes is noted in `allocations`."""

    def __init__(self, event: int, identity: str | None, amount: int) -> None:
        self.event = event
        self.identity = identity
        self.left = amount
        self.allocations: list[Allocation] = []

    def pay(self, row: RunningRow, place: int, most: int, early: bool = False) -> int:
        """Put up to `most` of what is left into a component of a row; returns how much went there."""
        amount = min(self.left, most)
        if amount <= 0:
            return 0
        self.left -= amount
        row.paid[place] += amount
        parts = (self.event, self.identity, row.period.number, COMPONENTS[place], amount, early)
        self.allocations.append(tuple.__new__(Allocation, parts))
        return amount


def oldest_unpaid(loan: RunningLoan, day: date) -> date | None:
    """The oldest day before `day` on which something fell due that is unpaid."""
    found: date | None = None
    for place in range(loan.oldest, min(loan.index + 1, len(loan.rows))):
        row = loan.rows[place]
        if row.closed and row.period.payable < day and row.outstanding > 0:
            found = row.period.payable
        if row.charges and (unpaid := row.charges_unpaid(day)):
            found = unpaid[0][0] if found is None else min(found, unpaid[0][0])
        if found is not None:
            ended = loan.terminated_on
            return found if ended is None or ended >= min(found, day) else ended  # all fell due then, what a day off had put off as well
    extra = loan.extra_row
    if extra is not None and extra.period.due < day and extra.outstanding > 0:
        return extra.period.due
    return None


def days_past_due(loan: RunningLoan, day: date) -> int:
    """Days from the oldest due date before `day` of which anything is unpaid."""
    since = oldest_unpaid(loan, day)
    return 0 if since is None else (day - since).days


def order_on(loan: RunningLoan, day: date) -> Order:
    """The order of repayment in the status that the loan has on `day`."""
    terms = loan.terms
    if terms.allocation is terms.allocation_non_accrual:
        return terms.allocation
    return terms.allocation_non_accrual if days_past_due(loan, day) > NON_ACCRUAL_AFTER_DAYS else terms.allocation


@lru_cache(maxsize=256)
def _places(names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(_PLACE[name] for name in names)


def _dues(loan: RunningLoan, day: date, order: Order) -> Iterable[tuple[RunningRow, int]]:
    """The components to be paid in order: past due, due on the day, and what runs or was charged in the period under way."""
    rows = loan.rows[loan.oldest : loan.index + 1]
    if loan.extra_row is not None:
        rows = [*rows, loan.extra_row]
    if order.sequence:
        return _by_sequence(rows, day, order.sequence, loan.terms.vertical)
    places = _places(order.due)  # plain items are the same whatever the status
    return product(rows, places) if not loan.terms.vertical else ((row, place) for place in places for row in rows)


def _past_due(row: RunningRow, day: date) -> bool:
    return row.closed and row.period.payable < day


def _by_sequence(
    rows: list[RunningRow], day: date, sequence: tuple[tuple[str, str], ...], vertical: bool
) -> Iterator[tuple[RunningRow, int]]:
    """An order by status: item by item across instalments (vertical), or status by status as each comes first in the list."""
    members = {status: [row for row in rows if _past_due(row, day) == (status == "past_due_")] for status in ("past_due_", "due_")}
    if vertical:
        for status, name in sequence:
            yield from ((row, _PLACE[name]) for row in members.get(status, ()))
        return
    for status in dict.fromkeys(status for status, _ in sequence):
        names = [name for each, name in sequence if each == status]
        yield from ((row, _PLACE[name]) for row in members.get(status, ()) for name in names)


def take_dues(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """Pay what is due by `day`, as far as the money goes."""
    if not receipt.left or _nothing_due(loan):
        return
    order = order_on(loan, day)
    open_status = order.sequence and _status_is_open(loan, day)
    for row, place in _dues(loan, day, order):
        owed = row.due[place] - row.paid[place] - row.waived[place]
        if owed > 0 and (row.closed or place not in (INTEREST, PRINCIPAL)):
            receipt.pay(row, place, owed)
            if not receipt.left:
                break
    if open_status and not receipt.left:
        found = f"an order by status, with a charge or penalty of {day} in a row that is not past due"
        loan.unsettled.append(Fault("allocation", found, "an order without status, or money enough for all that is due: not settled"))
    _move_oldest(loan)


def _status_is_open(loan: RunningLoan, day: date) -> bool:
    """Whether a charge, or penalty that runs, is owed in a row that is not past due, so that its own status may be another."""
    rows = [row for row in loan.rows[loan.oldest : loan.index + 1] if not _past_due(row, day)]
    if any(row.charges_unpaid(day) for row in rows):
        return True
    runs = any(row.owed(PENALTY) > 0 or row.owed(COMPOUND) > 0 for row in rows)
    return runs and (loan.terms.vertical or any(row.closed for row in rows))


def _nothing_due(loan: RunningLoan) -> bool:
    """Whether all rows that fell due are paid, and the one under way bears no charge, penalty or compound interest."""
    if loan.oldest < loan.index or loan.extra_row is not None:
        return False
    if loan.index >= len(loan.rows):
        return True
    due = loan.rows[loan.index].due
    return not (due[COST] or due[FEE] or due[PENALTY] or due[COMPOUND])


def _move_oldest(loan: RunningLoan) -> None:
    while loan.oldest < loan.index and loan.rows[loan.oldest].outstanding == 0:
        loan.oldest += 1


def forgive(loan: RunningLoan, place: int, amount: int) -> int:
    """Waive up to `amount` of a component that is owed, the oldest row first; returns what could not be waived."""
    rows = [*loan.rows[loan.oldest : loan.index + 1], *([loan.extra_row] if loan.extra_row else [])]
    for row in rows:
        for each in (COST, FEE) if place == FEE else (place,):
            if row.closed or each in (COST, FEE, PENALTY, COMPOUND):
                waived = max(min(amount, row.owed(each)), 0)
                row.waived[each] += waived
                amount -= waived
    _move_oldest(loan)
    return amount
