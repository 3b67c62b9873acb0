"""What mornings ahead bring to a loan that owes something: interest and penalty, without a replay for each of them.

The loan that a replay has walked to the day is moved on from there. What is overdue costs the same every night while nothing happens and no
rate changes, so three mornings tell all of them; where the three do not lie on a line, or the terms have more to them (days of grace, a new
rate, misuse), the loan is moved on night by night. A due date may end the line, so the last morning is told by itself. Where the moved loan
does not agree with the replay on the day itself, every morning is replayed. A property test holds the short ways against the long one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from puhui.calculations.counters import counters_of
from puhui.calculations.faults import FaultsError
from puhui.calculations.interest import SCALE
from puhui.calculations.money import Exact, round_exact
from puhui.calculations.position import Position
from puhui.calculations.running import RunningLoan
from puhui.calculations.scheduled import copied
from puhui.calculations.telling import position_of
from puhui.calculations.term_records import COMPONENTS
from puhui.loans.nights import run_of_running

__all__ = ["Earned", "earned_ahead", "earned_by"]

PENALTY, COMPOUND, INTEREST = (COMPONENTS.index(name) for name in ("penalty", "compound", "interest"))

Earned = tuple[int, int]
"""Interest and penalty (with compound interest) earned since the start, in smallest units."""


def earned_ahead(loan: RunningLoan, day: date, nights: int, known: Earned, exactly: Callable[[date], Earned]) -> list[Earned]:
    """What is earned on each of the `nights` mornings after `day`, nothing else happening. Moves the loan, which has reached `day`.

    `known` is what a replay found on `day` itself, `exactly` replays one morning.
    """
    mornings = [day + timedelta(days=night) for night in range(1, nights + 1)]
    return _moved_on(loan, day, mornings, known) or [exactly(morning) for morning in mornings]


def _moved_on(loan: RunningLoan, day: date, mornings: Sequence[date], known: Earned) -> list[Earned] | None:
    """The short way; None where it does not hold."""
    try:
        if type(loan) is not RunningLoan or _earned(loan, day) != known or not mornings:
            return None
        between, last = mornings[:-1], mornings[-1]
        found = _on_a_line(loan, [day, *between]) or [_earned(loan, morning) for morning in between]
        return [*found, _last(loan, last)]
    except FaultsError:
        return None


def _last(loan: RunningLoan, morning: date) -> Earned:
    """The last morning, on which a row may fall due; in full where it may be due on another day than its period ends, or is fixed."""
    if loan.terms.business_days is None and loan.terms.method != "flat":
        return _earned(loan, morning)
    loan.advance(morning)
    return earned_by(position_of(loan, morning, (), ()), morning)


def earned_by(position: Position, day: date) -> Earned:
    """What a position says of it."""
    counters = counters_of(position, day, 0)
    return counters.interest_earned, counters.penalty_earned


def _on_a_line(loan: RunningLoan, mornings: Sequence[date]) -> list[Earned] | None:
    """All mornings but the first, from the first, the second and the last; None where they do not lie on a line. The loan stays."""
    if len(mornings) < 4 or not _is_plain(loan, mornings[0], mornings[-1]):
        return None
    loan, found = copied(loan, loan.oldest), []
    for morning in (mornings[0], mornings[1], mornings[-1]):
        loan.advance(morning)
        found.append(_exact(loan))
    first, second, last = found
    nights = len(mornings) - 1
    if any(end - begin != (then - begin) * nights for begin, then, end in zip(first, second, last, strict=True)):
        return None
    steps = [then - begin for begin, then in zip(first, second, strict=True)]
    rounding = loan.terms.rounding
    moving = [_rounded(begin, step, nights, rounding) for begin, step in zip(first, steps, strict=True) if step]
    total = sum(row.due[PENALTY] + row.due[COMPOUND] for row in loan.rows)
    settled = total - sum(each[-1] for each in moving)
    penalty = [settled + sum(each) for each in zip(*moving, strict=True)] if moving else [settled] * nights
    return list(zip(_interest_on(loan, mornings[1:]), penalty, strict=True))


def _rounded(begin: Exact, step: Exact, nights: int, rounding: str) -> list[int]:
    """`begin` and so many times a step, rounded, after each of the nights."""
    if rounding == "half_up" and isinstance(begin, int) and isinstance(step, int) and begin >= 0 and step >= 0:
        first, twice = 2 * begin + SCALE, 2 * step
        return [(first + twice * night) // (2 * SCALE) for night in range(1, nights + 1)]
    return [round_exact(begin + step * night, SCALE, rounding) for night in range(1, nights + 1)]


def _interest_on(loan: RunningLoan, mornings: Sequence[date]) -> list[int]:
    """Interest earned by mornings one after another, inside the period under way or after the last."""
    settled, rounding = _settled_interest(loan), loan.terms.rounding
    if loan.index >= len(loan.rows):
        return [settled] * len(mornings)
    running = loan.running_period()
    run = None if running.late else run_of_running(running, rounding)
    if run is not None:
        return [settled + interest for interest in run.along(mornings[0], len(mornings))]
    return [settled + round_exact(running.exact(morning), SCALE, rounding) for morning in mornings]


def _is_plain(loan: RunningLoan, first: date, last: date) -> bool:
    """Whether only the nights that pass move anything: no days of grace, no change of rate, no pause, no money misused."""
    penalty, line = loan.terms.penalty, loan.line
    return penalty is not None and not penalty.grace_days and not (line.changes_within(first, last) or line.pauses or loan.misuses)


def _exact(loan: RunningLoan) -> list[Exact]:
    return [exact for row in loan.rows for exact in (row.penalty_exact, row.compound_exact)]


def _earned(loan: RunningLoan, morning: date) -> Earned:
    loan.advance(morning)
    interest = _settled_interest(loan)
    if loan.index < len(loan.rows):
        interest += round_exact(loan.running_period().exact(morning), SCALE, loan.terms.rounding)
    return interest, sum(row.due[PENALTY] + row.due[COMPOUND] for row in loan.rows)


def _settled_interest(loan: RunningLoan) -> int:
    """Of the rows that are due, and what is paid of the others."""
    return sum(row.due[INTEREST] if place < loan.index else row.paid[INTEREST] for place, row in enumerate(loan.rows))
