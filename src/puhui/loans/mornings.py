"""What mornings ahead bring to a loan that owes something: interest and penalty, without a replay for each of them.

The loan is walked through its events once and then moved on night by night, as `calculations.replay` does it; only the two sums that the
books need are read on each morning. The first and the last morning are replayed in full: where the short way does not agree with the
first, every morning is. A property test holds the short way against the long one on all mornings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from puhui.calculations.events import Event
from puhui.calculations.faults import FaultsError
from puhui.calculations.interest import SCALE
from puhui.calculations.money import round_exact
from puhui.calculations.replay import walk
from puhui.calculations.running import RunningLoan
from puhui.calculations.term_records import COMPONENTS, Terms

__all__ = ["Earned", "earned_ahead"]

PENALTY, COMPOUND, INTEREST = (COMPONENTS.index(name) for name in ("penalty", "compound", "interest"))

Earned = tuple[int, int]
"""Interest and penalty (with compound interest) earned since the start, in smallest units."""


def earned_ahead(terms: Terms, events: Sequence[Event], day: date, nights: int, exactly: Callable[[date], Earned]) -> list[Earned]:
    """What is earned on each of the `nights` mornings after `day`, nothing else happening. `exactly` replays one morning."""
    mornings = [day + timedelta(days=night) for night in range(1, nights + 1)]
    if len(mornings) <= 2:
        return [exactly(morning) for morning in mornings]
    first, last = exactly(mornings[0]), exactly(mornings[-1])
    short = _walked(terms, events, day, mornings[:-1])
    if short is None or short[0] != first:
        return [first, *(exactly(morning) for morning in mornings[1:-1]), last]
    return [*short, last]


def _walked(terms: Terms, events: Sequence[Event], day: date, mornings: Sequence[date]) -> list[Earned] | None:
    """The short way; None where it does not hold."""
    try:
        loan, _, _ = walk(terms, events, day)
        if type(loan) is not RunningLoan:
            return None
        loan.advance(day)
        return [_earned(loan, morning) for morning in mornings]
    except FaultsError:
        return None


def _earned(loan: RunningLoan, morning: date) -> Earned:
    loan.advance(morning)
    interest = sum(row.due[INTEREST] if place < loan.index else row.paid[INTEREST] for place, row in enumerate(loan.rows))
    if loan.index < len(loan.rows):
        interest += round_exact(loan.running_period().exact(morning), SCALE, loan.terms.rounding)
    return interest, sum(row.due[PENALTY] + row.due[COMPOUND] for row in loan.rows)
