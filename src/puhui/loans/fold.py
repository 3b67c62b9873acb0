"""A loan folded: from its terms and events to counters, and to what the coming nights will add.

`calculations.replay` tells the whole position of a loan on a day. The day end needs little of it, and needs it for a million loans
at once: the counters that the books are posted from, how interest runs night by night until the next day on which something else
happens, and which day that is. This module makes the one from the other. It knows no database and no clock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import Any

from puhui.calculations.allocation import NON_ACCRUAL_AFTER_DAYS
from puhui.calculations.calendar import add_months
from puhui.calculations.counters import CONTRACT, Accounting, counters_of
from puhui.calculations.events import Event, in_effect
from puhui.calculations.integral_fees import IntegralFees, integral_fees
from puhui.calculations.ordinary import paid_when_due
from puhui.calculations.periods import periods_of
from puhui.calculations.posting import Counters
from puhui.calculations.replay import Position, Row, loan_on, replay, replay_with_loan
from puhui.calculations.running import RunningLoan
from puhui.calculations.terms import Terms, read_terms
from puhui.loans.mornings import Earned, earned_ahead, earned_by
from puhui.loans.nights import Run, course, courses, run_ending_in, run_of_running

# A loan that owes penalty is looked at again at least this often; its path is as long.
NIGHTS_AHEAD_WHEN_OVERDUE = 31
# What moves when an ordinary loan is paid on its due date; a loan with any other counter is left to the fold.
ORDINARY_COUNTERS = frozenset(
    (
        *("lent", "principal_repaid", "interest_earned", "interest_due", "interest_paid", "penalty_earned", "penalty_paid"),
        *("fee_due", "fee_paid", "interest_tax", "penalty_tax", "fee_tax"),
    )
)
OTHER_COUNTERS = attrgetter(*(each.name for each in fields(Counters) if each.name not in ORDINARY_COUNTERS))


@dataclass(frozen=True, slots=True)
class Fold:
    """A loan as of the morning after `day`'s events: all in the smallest unit of the currency."""

    day: date
    position: Position
    counters: Counters
    overdue_since: date | None  # due date of the oldest row that is due and not paid
    interest_path: tuple[int, ...]  # element k: what k nights add to `interest_earned`; element 0 is 0
    penalty_path: tuple[int, ...]  # the same of `penalty_earned`; empty where none runs
    next_action_date: date | None
    run: Run | None = None  # how interest runs until the next due date, in place of `interest_path`, where it fits that form
    next_number: int | None = None  # the row that falls due next, where the day end's SQL can settle it alone
    coming: dict[int, Run] = field(default_factory=dict)  # the whole period of each later row, by its number

    @property
    def owed(self) -> int:
        """See `owed_on`."""
        return owed_on(self.position, self.day)

    def run_of_row(self, row: Row) -> Run | None:
        """The run of a row's whole period, where the row is still to come or under way and untouched since its start."""
        if self.run is not None and row.due == self.run.shape.last and row.start == self.run.shape.first and not self.run.offset:
            return self.run
        return self.coming.get(row.number)

    @property
    def next_due(self) -> tuple[date | None, int]:
        """The next day on which something falls due, and how much. Penalty and compound interest run up so far are `owed` already."""
        for row in self.position.rows:
            amount = row.owed("principal") + row.owed("interest") + row.owed("fee")
            if row.due > self.day and amount > 0:
                return row.due, amount
        return None, 0


def owed_on(position: Position, day: date) -> int:
    """What a debit may take: all that is due and unpaid, and penalty and compound interest run up so far."""
    return sum(row.outstanding if row.due <= day else row.owed("penalty") + row.owed("compound") for row in position.rows)


def terms_of(document: dict[str, Any]) -> Terms:
    """The frozen terms of a quote document; loans of one product share most of them, so the last thousands are kept."""
    return _terms(json.dumps(document, sort_keys=True))


@lru_cache(maxsize=20_000)
def _terms(text: str) -> Terms:
    return read_terms(json.loads(text))


def fold(terms: Terms, events: Sequence[Event], day: date, lent: int, accounting: Accounting = CONTRACT) -> Fold:
    """Replay up to and including `day` and compile the nights until the next action."""
    position, loan = _replayed(terms, events, day)
    kinds = {event.type for event in events}
    at_write_off = _at_write_off(terms, events, lent, accounting) if "write_off" in kinds else None
    fees = _fees(terms, events, position, lent, accounting, at_write_off)
    counters = counters_of(position, day, lent, accounting, at_write_off=at_write_off, integral_fees=fees)
    following = [row for row in position.rows if row.due > day]
    fallen = [row for row in position.rows if row.due <= day]
    # Of an ordinary loan (not walked through) all but the newest is paid.
    overdue_since = min([row.due for row in (fallen if loan else fallen[-1:]) if row.outstanding > 0], default=None)
    # Not by its principal: where all of that came early, the interest of the period under way is still to fall due.
    next_action = None if position.status == "closed" else _next_action(terms, following, day, overdue_since)
    if next_action is not None and following and counters.fee_amortised < counters.fee_deferred:
        next_action = min(next_action, _month_end_after(day))
    run = _run(position, following, counters, next_action, overdue_since)
    if run is None:
        interest_path, penalty_path = _paths(_Ahead(terms, events, loan), position, counters, day, next_action, overdue_since)
        return Fold(day, position, counters, overdue_since, interest_path, penalty_path, next_action)
    ordinary = kinds <= _ORDINARY
    coming = _coming(terms, position, following) if ordinary else {}
    next_number = following[0].number if ordinary and _settles_alone(terms, counters, following[0]) else None
    return Fold(day, position, counters, overdue_since, (), (), next_action, run, next_number, coming)


def _fees(
    terms: Terms, events: Sequence[Event], position: Position, lent: int, accounting: Accounting, at_write_off: Counters | None = None
) -> IntegralFees:
    """The drawdown fees by the morning of `position`. They stand still from the last day of accrual of a loan whose interest is no income,
    and from the day on which it is called in or written off: nothing is earned by asking for it."""
    if at_write_off is not None:
        return IntegralFees(at_write_off.fee_deferred, at_write_off.fee_amortised)
    day = position.as_of
    if terms.fees and accounting.suspends(position.status, position.days_late):
        day -= timedelta(days=position.days_late - NON_ACCRUAL_AFTER_DAYS)
    called_in = _standing(events, "termination") if terms.fees and position.status == "terminated" else None
    if called_in is not None and called_in.date <= day:
        events, day = [event for event in events if event is not called_in and event.date <= called_in.date], called_in.date
    if day < position.as_of or called_in is not None:
        events = [event for event in events if event.date <= day]
        position = replay(terms, events, day)
    return integral_fees(terms, events, position, lent, accounting.fee_tax_ppm)


def _replayed(terms: Terms, events: Sequence[Event], day: date) -> tuple[Position, RunningLoan | None]:
    """The position, and the loan on that morning where it had to be walked through."""
    ordinary = paid_when_due(terms, events, day)
    return (ordinary, None) if ordinary is not None else replay_with_loan(terms, events, day)


def _run(
    position: Position, following: Sequence[Row], counters: Counters, next_action: date | None, overdue_since: date | None
) -> Run | None:
    """The run of the period under way, where nothing is unpaid and it ends in the row's interest."""
    if next_action is None or overdue_since is not None or position.running is None or counters.penalty_receivable or not following:
        return None
    row = following[0]
    run = run_of_running(position.running, position.rounding)
    if run is None or run.shape.last != row.due or next_action != row.due:
        return None
    if run.on(position.as_of) != counters.accrued_interest or run.whole != row.interest - row.paid_interest - row.waived_interest:
        return None
    return run


# Events after which the rows to come follow from the terms, the rates and the principal alone.
_ORDINARY = frozenset({"drawdown", "repayment", "payoff", "reversal", "fee", "rate_change"})


def _settles_alone(terms: Terms, counters: Counters, row: Row) -> bool:
    """Whether paying a row in full on its due date does no more than move what the row says."""
    untouched = not (row.paid_interest or row.paid_fee or row.penalty or row.compound) and row.outstanding > 0
    return untouched and not terms.allocation.in_advance and not any(OTHER_COUNTERS(counters))


def _coming(terms: Terms, position: Position, following: Sequence[Row]) -> dict[int, Run]:
    """The runs of coming rows, each with all rows before it paid when due. A row that does not end in its interest has none."""
    assert position.running is not None
    line, runs = position.running.line, {}
    if terms.method == "flat" or line.pauses:
        return {}
    plan = position.running.plan
    periods, shared = plan or periods_of(terms), courses(plan, line) if plan else None
    for before, row in pairwise(following):
        place = row.number - 1
        if place < len(periods) and row.is_untouched and periods[place].start == row.start and periods[place].due == row.due:
            along = shared[place] if shared else course(periods[place], line)
            run = run_ending_in(along, before.balance, row.interest)  # its nights end on the row's due date
            if run is not None:
                runs[row.number] = run
    return runs


def _next_action(terms: Terms, following: Sequence[Row], day: date, overdue_since: date | None) -> date | None:
    days = [row.due for row in following[:1]]
    days += [fee.when for fee in terms.fees if isinstance(fee.when, date)]
    if overdue_since is not None:
        # Late, and on the day after so many days no longer earning income: its state changes on both.
        days += [overdue_since + timedelta(days=1), overdue_since + timedelta(days=NON_ACCRUAL_AFTER_DAYS + 1)]
        days.append(day + timedelta(days=NIGHTS_AHEAD_WHEN_OVERDUE))
    return min((candidate for candidate in days if candidate > day), default=None)


def _month_end_after(day: date) -> date:
    """The next last day of a month, on which what is earned of a fee goes into the books however far the next due date is."""
    return add_months(day.replace(day=1), 2 if (day + timedelta(days=1)).day == 1 else 1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What mornings ahead are counted from; `loan`: on the morning of the day, where it was walked through."""

    terms: Terms
    events: Sequence[Event]
    loan: RunningLoan | None

    def earned(self, day: date) -> Earned:
        return earned_by(replay(self.terms, self.events, day), day)

    def reached(self, day: date) -> RunningLoan:
        return self.loan or loan_on(self.terms, self.events, day)


def _standing(events: Sequence[Event], kind: str) -> Event | None:
    """The first event of a kind that is not undone."""
    return next((event for _, event in in_effect(events) if event.type == kind), None)


def _at_write_off(terms: Terms, events: Sequence[Event], lent: int, accounting: Accounting) -> Counters | None:
    """The counters just before a loan was written off; None where it is not."""
    written_off = _standing(events, "write_off")
    if written_off is None:
        return None
    day = written_off.date
    before = tuple(event for event in events if event is not written_off and event.date <= day)
    position = replay(terms, before, day)
    fees = _fees(terms, before, position, lent, accounting)
    return counters_of(position, day, lent, accounting, integral_fees=fees)


def _paths(
    ahead: _Ahead, position: Position, counters: Counters, day: date, until: date | None, overdue_since: date | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if until is None:
        return (), ()
    nights = range((until - day).days + 1)
    if overdue_since is None:
        start = position.accrued_interest
        return tuple(position.accrued_on(day + timedelta(days=night)) - start for night in nights), ()
    # With something unpaid, penalty and compound run as well: the mornings ahead are told now, and not one by one.
    earned = [(counters.interest_earned, counters.penalty_earned)]
    earned += earned_ahead(ahead.reached(day), day, len(nights) - 1, earned[0], ahead.earned)
    interest = tuple(each - counters.interest_earned for each, _ in earned)
    penalty = tuple(each - counters.penalty_earned for _, each in earned)
    return interest, penalty if any(penalty) else ()
