"""The ordinary loan: nothing happened but what was agreed, and each instalment was paid on its day, to the fen.

Most loans of a lender are such loans on most days, so their position is reckoned here without walking through them: the periods and the
rate are compiled once for all loans of one start and one shape, then an instalment costs a few whole-number steps. Whatever is not of
this kind (late or early money, fees, new rates, grace, lines) is left to the walk of `replay`, and a test holds the two against each
other figure by figure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import gcd
from typing import overload

from puhui.calculations.events import Event
from puhui.calculations.interest import SCALE, RateLine
from puhui.calculations.levels import annuity_level
from puhui.calculations.money import Exact, round_exact, round_quotient
from puhui.calculations.periods import Period, build_periods
from puhui.calculations.position import Allocation, Flow, Position, Row, RunningPeriod
from puhui.calculations.term_records import MARKUP_SCALE, Grace, Terms

__all__ = ["paid_when_due"]

_METHODS = ("equal_instalment", "equal_principal", "interest_only")
_NO_GRACE = Grace()
_MOST_SHAPES = 16_384
_AFTER_BALANCE = tuple(Row._field_defaults[name] for name in Row._fields[Row._fields.index("balance") + 1 :])
_AGREED = ("interest", "principal")


@dataclass(frozen=True, slots=True)
class Shape:
    """What loans of one start, shape and rate have in common.

    `rows`: number, start, due and days of each; and interest = (principal × times + half) ÷ over, rounded down (which rounds half up).
    """

    periods: tuple[Period, ...]
    line: RateLine
    dues: tuple[date, ...]
    rows: tuple[tuple[int, date, date, int, int, int, int], ...]


_SHAPES: dict[tuple[object, ...], Shape | None] = {}
"""Shapes compiled so far: what is kept depends on the key alone."""


def paid_when_due(terms: Terms, events: Sequence[Event], as_of: date) -> Position | None:
    """The position of an ordinary loan, as `replay` gives it; None where the loan is not known to be one."""
    shape = _shape_of(terms)
    if shape is None or as_of < terms.start:
        return None
    begun = int(bool(events) and events[0].type == "drawdown")
    if begun and (events[0].date != terms.start or events[0].amount != terms.amount):
        return None
    paid, fallen = len(events) - begun, bisect_right(shape.dues, as_of)
    if paid != fallen and not (paid == fallen - 1 and shape.dues[paid] == as_of):
        return None
    level = _level(terms, shape)
    return None if level is None else _position(terms, shape, level, events, begun, fallen, as_of)


def _shape_of(terms: Terms) -> Shape | None:
    """The shape of terms that may be an ordinary loan's."""
    step = terms.step
    if (
        terms.method not in _METHODS
        or step is None
        or not step.months
        or terms.line is not None
        or terms.fees
        or len(terms.rates) != 1
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
    key = (
        terms.start, step.months, terms.instalments, terms.first_due, terms.maturity, terms.settlement_day, terms.month_end,
        terms.day_count, terms.interest_basis, terms.day_label, terms.method == "interest_only", terms.rates,
    )  # fmt: skip
    if key in _SHAPES:
        return _SHAPES[key]
    if len(_SHAPES) >= _MOST_SHAPES:
        _SHAPES.clear()
    shape = _SHAPES[key] = _compiled(terms)
    return shape


def _compiled(terms: Terms) -> Shape | None:
    periods = build_periods(terms)
    rows = []
    for period in periods:
        if not isinstance(period.share, int):
            return None
        times = period.share * terms.rates[0][1] * MARKUP_SCALE
        common = gcd(times, SCALE)
        rows.append((period.number, period.start, period.due, period.days, 2 * times // common, SCALE // common, 2 * SCALE // common))
    return Shape(periods, RateLine(terms.rates, terms.day_label), tuple(period.due for period in periods), tuple(rows))


def _level(terms: Terms, shape: Shape) -> int | None:
    """The equal instalment or the equal principal; None where it leaves nothing to the last instalment."""
    if terms.method == "equal_instalment":
        return annuity_level(terms, shape.periods, terms.amount, terms.rates[0][1])
    if terms.method == "interest_only":
        return 0
    count = len(shape.rows)
    level = round_quotient(terms.amount, count, terms.rounding)
    return level if level * (count - 1) < terms.amount else None


class AsAgreed(Sequence[Allocation]):
    """Where payments that were those agreed went: interest and principal of each row, worked out only when somebody asks."""

    __slots__ = ("begun", "events", "names", "rows")

    def __init__(self, rows: Sequence[Row], events: Sequence[Event], begun: int, names: tuple[str, ...]) -> None:
        self.rows, self.events, self.begun, self.names = rows, events, begun, names

    def _all(self) -> tuple[Allocation, ...]:
        return tuple(
            Allocation(index, event.id, row.number, name, getattr(row, name))
            for index, (event, row) in enumerate(zip(self.events[self.begun :], self.rows, strict=False), self.begun)
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


def _position(terms: Terms, shape: Shape, level: int, events: Sequence[Event], begun: int, fallen: int, as_of: date) -> Position | None:
    """The rows one after another, each payment held against its row; None at the first that differs."""
    undue, last, equal = terms.amount, len(shape.rows), terms.method == "equal_instalment"
    paid, new, row_type, after = len(events) - begun, tuple.__new__, Row, _AFTER_BALANCE
    rows: list[Row] = []
    payments: list[Flow] = [(terms.start, -undue)]
    for (number, start, due, days, times, half, over), event in zip(shape.rows, events[begun:] if begun else events, strict=False):
        interest = (undue * times + half) // over
        principal = undue if number == last else level - interest if equal else level
        if principal < 0 or (principal >= undue and number != last):
            return None  # interest above the level, or nothing left for the last instalment: the walk knows what then
        undue -= principal
        if event.amount != principal + interest or event.date != due or event.type != "repayment":
            return None
        payments.append((due, event.amount))
        rows.append(new(row_type, (number, start, due, days, principal, interest, 0, 0, 0, principal, interest, 0, 0, 0, undue, *after)))
    principal_left = under_way = undue
    next_due = None
    for number, start, due, days, times, half, over in shape.rows[paid:]:
        interest = (undue * times + half) // over
        principal = undue if number == last else level - interest if equal else level
        if principal < 0 or (principal >= undue and number != last):
            return None
        undue -= principal
        rows.append(new(row_type, (number, start, due, days, principal, interest, 0, 0, 0, 0, 0, 0, 0, 0, undue, *after)))
        if number == fallen:
            under_way = undue
        elif next_due is None and principal + interest:
            next_due = due
    running: RunningPeriod | None = None
    exact: Exact = 0
    if fallen < last:
        period = shape.periods[fallen]
        running = RunningPeriod(period, shape.line, ((under_way, period.start),), (), 0, True)
        if as_of != period.start:
            if period.exceeds(period.start, as_of):
                return None
            exact = running.exact(as_of)
    status = "performing" if principal_left else "closed"
    accrued = round_exact(exact, SCALE, terms.rounding) if exact else 0
    names = tuple(name for name in terms.allocation.due if name in _AGREED)
    told = AsAgreed(rows, events, begun, names)
    return Position(
        as_of, tuple(rows), principal_left, exact, accrued, 0, 0, 0, status, next_due, told, tuple(payments), (), running, terms.rounding
    )
