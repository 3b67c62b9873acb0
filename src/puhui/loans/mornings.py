"""What mornings ahead bring to a loan that owes something: interest and penalty, without a replay for each of them.

The loan is walked through its events once. What is overdue costs the same every night while nothing happens and no rate changes, so three
mornings tell all of them; where the three do not lie on a line, or the terms have more to them (days of grace, several rates, misuse), the
loan is moved on night by night, as `calculations.replay` does it. The day itself was replayed in full: where the short way does not agree
with it, every morning is. So is the last of several mornings, on which a due date may end the line. A property test holds the short ways
against the long one on all mornings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from puhui.calculations.events import Event
from puhui.calculations.faults import FaultsError
from puhui.calculations.interest import SCALE
from puhui.calculations.money import Exact, round_exact
from puhui.calculations.replay import walk
from puhui.calculations.running import RunningLoan
from puhui.calculations.term_records import COMPONENTS, Terms

__all__ = ["Earned", "earned_ahead"]

PENALTY, COMPOUND, INTEREST = (COMPONENTS.index(name) for name in ("penalty", "compound", "interest"))

Earned = tuple[int, int]
"""Interest and penalty (with compound interest) earned since the start, in smallest units."""


def earned_ahead(
    terms: Terms, events: Sequence[Event], day: date, nights: int, known: Earned, exactly: Callable[[date], Earned]
) -> list[Earned]:
    """What is earned on each of the `nights` mornings after `day`, nothing else happening.

    `known` is what a replay found on `day` itself, `exactly` replays one morning.
    """
    mornings = [day + timedelta(days=night) for night in range(1, nights + 1)]
    last = mornings[1:][-1:]
    short = _walked(terms, events, [day, *mornings[: len(mornings) - len(last)]])
    if short is None or short[0] != known:
        return [exactly(morning) for morning in mornings]
    return [*short[1:], *(exactly(morning) for morning in last)]


def _walked(terms: Terms, events: Sequence[Event], mornings: Sequence[date]) -> list[Earned] | None:
    """The short way, from the day itself on; None where it does not hold."""
    day = mornings[0]
    try:
        loan, _, _ = walk(terms, events, day)
        if type(loan) is not RunningLoan:
            return None
        if (found := _on_a_line(loan, mornings)) is not None:
            return found
        loan, _, _ = walk(terms, events, day)
        return [_earned(loan, morning) for morning in mornings]
    except FaultsError:
        return None


def _on_a_line(loan: RunningLoan, mornings: Sequence[date]) -> list[Earned] | None:
    """All mornings from the first, the second and the last; None where they do not lie on a line. Moves the loan."""
    if len(mornings) < 4 or not _is_plain(loan):
        return None
    found = []
    for morning in (mornings[0], mornings[1], mornings[-1]):
        loan.advance(morning)
        found.append(_exact(loan))
    first, second, last = found
    nights = len(mornings) - 1
    if any(end - begin != (then - begin) * nights for begin, then, end in zip(first, second, last, strict=True)):
        return None
    steps = [then - begin for begin, then in zip(first, second, strict=True)]
    moving = [(begin, step) for begin, step in zip(first, steps, strict=True) if step]
    rounding = loan.terms.rounding
    settled = sum(row.due[PENALTY] + row.due[COMPOUND] for row in loan.rows)
    settled -= sum(round_exact(begin + step * nights, SCALE, rounding) for begin, step in moving)
    running = loan.running_period() if loan.index < len(loan.rows) else None
    interest = _settled_interest(loan)
    return [
        (
            interest + (round_exact(running.exact(morning), SCALE, rounding) if running else 0),
            settled + sum(round_exact(begin + step * night, SCALE, rounding) for begin, step in moving),
        )
        for night, morning in enumerate(mornings)
    ]


def _is_plain(loan: RunningLoan) -> bool:
    """Whether only the nights that pass move anything: no days of grace, no change of rate, no pause, no money misused."""
    penalty = loan.terms.penalty
    return penalty is not None and not penalty.grace_days and not (loan.mixed_rates or loan.line.pauses or loan.misuses)


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
