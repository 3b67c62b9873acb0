"""The ordinary loan: nothing happened but what was agreed, and each instalment was paid on its day, to the fen.

Most loans of a lender are such loans on most days, so their position is reckoned here without walking through them: an instalment costs a
few whole-number steps along the loan's shape (`loan_shapes`). Whatever is not of this kind (late or early money, fees, pauses, grace,
lines) is left to the walk of `replay`, and a test holds the two against each other figure by figure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import overload

from puhui.calculations.events import Event
from puhui.calculations.interest import SCALE, RateLine, slices_interest
from puhui.calculations.loan_shapes import Shape, equal_principal, shape_of
from puhui.calculations.money import Exact, round_exact
from puhui.calculations.periods import Period
from puhui.calculations.position import Allocation, Flow, Position, Row, RunningPeriod
from puhui.calculations.term_records import Terms

__all__ = ["AsAgreed", "paid_when_due"]

_AGREED = ("interest", "principal")


def paid_when_due(terms: Terms, events: Sequence[Event], as_of: date) -> Position | None:
    """The position of an ordinary loan, as `replay` gives it; None where the loan is not known to be one."""
    changes = [event for event in events if event.type == "rate_change"]
    if changes and not _in_their_time(changes, events, as_of):
        return None
    shape = shape_of(terms, changes)
    if shape is None or as_of < terms.start:
        return None
    repaid = [event for event in events if event.type != "rate_change"] if changes else events
    begun = int(bool(repaid) and repaid[0].type == "drawdown")
    if begun and (repaid[0].date != terms.start or repaid[0].amount != terms.amount):
        return None
    if begun:
        repaid = repaid[1:]
    paid, fallen = len(repaid), bisect_right(shape.dues, as_of)
    if paid != fallen and not (paid == fallen - 1 and shape.dues[paid] == as_of):
        return None
    equal = equal_principal(terms, shape)
    return None if equal is None else _position(terms, shape, equal, events, repaid, fallen, as_of)


def _in_their_time(changes: Sequence[Event], events: Sequence[Event], as_of: date) -> bool:
    """Whether new rates came by `as_of`, and in an order of their day that is settled (see `in_effect`)."""
    known = {change.date: change.known is None for change in changes}
    for event in events:
        if event.date in known and known[event.date] != (event.known is None):
            return False
    return all(change.date <= as_of and change.rate_e8 is not None for change in changes)


class AsAgreed(Sequence[Allocation]):
    """Where payments that were those agreed went: interest and principal of each row, worked out only when somebody asks."""

    __slots__ = ("events", "names", "rows")

    def __init__(self, rows: Sequence[Row], events: Sequence[Event], names: tuple[str, ...]) -> None:
        self.rows, self.events, self.names = rows, events, names

    def _all(self) -> tuple[Allocation, ...]:
        paid = [(index, event) for index, event in enumerate(self.events) if event.type == "repayment"]
        return tuple(
            Allocation(index, event.id, row.number, name, getattr(row, name))
            for (index, event), row in zip(paid, self.rows, strict=False)
            for name in self.names
            if getattr(row, name)
        )

    @overload
    def __getitem__(self, index: int) -> Allocation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Allocation, ...]: ...
    def __getitem__(self, index: int | slice) -> Allocation | tuple[Allocation, ...]:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Allocation]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, AsAgreed) else other)

    __hash__ = None  # type: ignore[assignment]


def _position(
    terms: Terms, shape: Shape, part: int, events: Sequence[Event], repaid: Sequence[Event], fallen: int, as_of: date
) -> Position | None:
    """The rows one after another, each payment held against its row; None at the first that differs. `part`: the equal principal."""
    undue, last, equal = terms.amount, len(shape.rows), terms.method == "equal_instalment"
    paid, new, row_type, level = len(repaid), tuple.__new__, Row, 0
    rows: list[Row] = []
    payments: list[Flow] = [(terms.start, -undue)]
    for (number, start, due, days, times, half, over, anew), event in zip(shape.rows, repaid, strict=False):
        if anew is not None:
            level = (undue * anew[0] + anew[1]) // anew[2]
        interest = (undue * times + half) // over
        principal = undue if number == last else level - interest if equal else part
        if principal < 0 or (principal >= undue and number != last):
            return None  # interest above the level, or nothing left for the last instalment: the walk knows what then
        undue -= principal
        if event.amount != principal + interest or event.date != due or event.type != "repayment":
            return None
        payments.append((due, event.amount))
        told = (number, start, due, days, principal, interest, 0, 0, 0, principal, interest, 0, 0, 0, undue, 0, 0, 0, 0, 0)
        rows.append(new(row_type, told))
    principal_left = under_way = undue
    next_due = None
    for number, start, due, days, times, half, over, anew in shape.rows[paid:]:
        if anew is not None:
            level = (undue * anew[0] + anew[1]) // anew[2]
        interest = (undue * times + half) // over
        principal = undue if number == last else level - interest if equal else part
        if principal < 0 or (principal >= undue and number != last):
            return None
        undue -= principal
        rows.append(new(row_type, (number, start, due, days, principal, interest, 0, 0, 0, 0, 0, 0, 0, 0, undue, 0, 0, 0, 0, 0)))
        if number == fallen:
            under_way = undue
        elif next_due is None and principal + interest:
            next_due = due
    running, exact = _running(shape, under_way, fallen, as_of) if fallen < last else (None, 0)
    if exact is None:
        return None
    status = "performing" if principal_left else "closed"
    accrued = round_exact(exact, SCALE, terms.rounding) if exact else 0
    names = tuple(name for name in terms.allocation.due if name in _AGREED)
    parts = AsAgreed(rows, events, names)
    return Position(
        as_of, tuple(rows), principal_left, exact, accrued, 0, 0, 0, status, next_due, parts, tuple(payments), (), running, terms.rounding
    )


def _running(shape: Shape, principal: int, place: int, as_of: date) -> tuple[RunningPeriod, Exact | None]:
    """The period under way and what has run in it; None where that is a part longer than the period."""
    period = shape.periods[place]
    running = RunningPeriod(period, shape.line, ((principal, period.start),), (), 0, True, plan=shape.periods)
    each = _so_far(shape.line, period, as_of)
    return running, None if each is None else principal * each


@lru_cache(maxsize=4096)
def _so_far(line: RateLine, period: Period, as_of: date) -> Exact | None:
    """What a principal of one has run up since a period began, over SCALE; None where that is a part longer than the period."""
    if as_of == period.start:
        return 0
    return None if period.exceeds(period.start, as_of) else slices_interest(period, line, [(1, period.start, as_of)])
