"""The ordinary loan: nothing happened but what was agreed, and each instalment was paid on its day, to the fen.

Most loans of a lender are such loans on most days, so their position is reckoned here without walking through them: the periods and the
rates are compiled once for all loans of one start and one shape, then an instalment costs a few whole-number steps. A new rate, agreed
ahead or brought by an event, belongs to the shape: it divides the interest of the period that it falls into, and an equal instalment is
set anew from that period on. Whatever is not of this kind (late or early money, fees, pauses, grace, lines) is left to the walk of
`replay`, and a test holds the two against each other figure by figure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import overload

from puhui.calculations.events import Event
from puhui.calculations.interest import SCALE, RateLine, slices_interest
from puhui.calculations.levels import annuity_factor
from puhui.calculations.money import Exact, round_exact, round_quotient
from puhui.calculations.periods import Period, periods_of
from puhui.calculations.position import Allocation, Flow, Position, Row, RunningPeriod
from puhui.calculations.rates import Rates
from puhui.calculations.term_records import Grace, Terms

__all__ = ["paid_when_due"]

_METHODS = ("equal_instalment", "equal_principal", "interest_only")
_NO_GRACE = Grace()
_MOST_SHAPES = 16_384
_AFTER_BALANCE = tuple(Row._field_defaults[name] for name in Row._fields[Row._fields.index("balance") + 1 :])
_AGREED = ("interest", "principal")


Share = tuple[int, int, int]
"""(times, half, over): what is due of a principal is (principal × times + half) ÷ over, rounded down, which rounds halves up."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What loans of one start, shape and course of rates have in common.

    `rows`: number, start, due and days of each, the three numbers of its interest (see `Share`) and, where the equal instalment is set
    anew with it, the share of that.
    """

    periods: tuple[Period, ...]
    line: RateLine
    dues: tuple[date, ...]
    rows: tuple[tuple[int, date, date, int, int, int, int, Share | None], ...]


_SHAPES: dict[tuple[object, ...], Shape | None] = {}
"""Shapes compiled so far: what is kept depends on the key alone."""


def paid_when_due(terms: Terms, events: Sequence[Event], as_of: date) -> Position | None:
    """The position of an ordinary loan, as `replay` gives it; None where the loan is not known to be one."""
    changes = [event for event in events if event.type == "rate_change"]
    if changes and not _in_their_time(changes, events, as_of):
        return None
    shape = _shape_of(terms, changes)
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
    equal = _equal_principal(terms, shape)
    return None if equal is None else _position(terms, shape, equal, events, repaid, fallen, as_of)


def _in_their_time(changes: Sequence[Event], events: Sequence[Event], as_of: date) -> bool:
    """Whether new rates came by `as_of`, and in an order of their day that is settled (see `in_effect`)."""
    known = {change.date: change.known is None for change in changes}
    mixed = any(known.get(event.date, event.known is None) != (event.known is None) for event in events)
    return not mixed and all(change.date <= as_of and change.rate_e8 is not None for change in changes)


def _shape_of(terms: Terms, changes: Sequence[Event]) -> Shape | None:
    """The shape of terms that may be an ordinary loan's, with the new rates that events brought."""
    step = terms.step
    if (
        terms.method not in _METHODS
        or step is None
        or not step.months
        or terms.line is not None
        or terms.fees
        or terms.rounding != "half_up"
        or terms.multiple != 1
        or terms.balloon
        or terms.level != "annuity"
        or terms.part_periods != "days"
        or terms.principal_share is not None
        or terms.business_days is not None
        or terms.allocation.sequence
        or terms.grace != _NO_GRACE
    ):
        return None
    rates = terms.rates
    if changes:
        rates = tuple(sorted([*rates, *((change.date, change.rate_e8 or 0) for change in changes)]))
    key = (
        terms.start, step.months, terms.instalments, terms.first_due, terms.maturity, terms.settlement_day, terms.month_end,
        terms.day_count, terms.interest_basis, terms.day_label, terms.method == "interest_only", rates,
    )  # fmt: skip
    if key in _SHAPES:
        return _SHAPES[key]
    if len(_SHAPES) >= _MOST_SHAPES:
        _SHAPES.clear()
    shape = _SHAPES[key] = _compiled(terms, rates)
    return shape


def _compiled(terms: Terms, rates: Rates) -> Shape | None:
    """The shape; None where two rates are of one day or the same, or a part of a period is longer than the period: the walk refuses it."""
    if any(day == before or rate == new_rate for (before, rate), (day, new_rate) in pairwise(rates)):
        return None
    line, periods = RateLine(rates, terms.day_label), periods_of(terms)
    if any(period.exceeds(first, last) for period in periods for first, last, _ in line.pieces(period.start, period.due)):
        return None
    rows = []
    for index, period in enumerate(periods):
        interest = _share(Fraction(slices_interest(period, line, [(1, period.start, period.due)])) / SCALE)
        level = None
        if index == 0 or line.changes_within(period.start, period.due):
            level = _share(Fraction(*annuity_factor(terms, periods[index:], line.rate_on_last_night(period))))
        rows.append((period.number, period.start, period.due, period.days, *interest, level))
    return Shape(periods, line, tuple(period.due for period in periods), tuple(rows))


def _share(exact: Fraction) -> Share:
    return 2 * exact.numerator, exact.denominator, 2 * exact.denominator


def _equal_principal(terms: Terms, shape: Shape) -> int | None:
    """The equal principal, 0 by the other methods; None where it leaves nothing to the last instalment."""
    if terms.method != "equal_principal":
        return 0
    count = len(shape.rows)
    part = round_quotient(terms.amount, count, terms.rounding)
    return part if part * (count - 1) < terms.amount else None


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
    paid, new, row_type, after, level = len(repaid), tuple.__new__, Row, _AFTER_BALANCE, 0
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
        rows.append(new(row_type, (number, start, due, days, principal, interest, 0, 0, 0, principal, interest, 0, 0, 0, undue, *after)))
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
        rows.append(new(row_type, (number, start, due, days, principal, interest, 0, 0, 0, 0, 0, 0, 0, 0, undue, *after)))
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
    told = AsAgreed(rows, events, names)
    return Position(
        as_of, tuple(rows), principal_left, exact, accrued, 0, 0, 0, status, next_due, told, tuple(payments), (), running, terms.rounding
    )


def _running(shape: Shape, principal: int, place: int, as_of: date) -> tuple[RunningPeriod, Exact | None]:
    """The period under way and what has run in it; None where that is a part longer than the period."""
    period = shape.periods[place]
    running = RunningPeriod(period, shape.line, ((principal, period.start),), (), 0, True)
    if as_of == period.start:
        return running, 0
    return running, None if period.exceeds(period.start, as_of) else running.exact(as_of)
