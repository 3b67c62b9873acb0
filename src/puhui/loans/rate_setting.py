"""Another rate for a loan from a day on: its new rates (events `rate_change`) are brought to what they should have been.

One that stands after that day and is another now, or would repeat the rate before it, is reversed, and the right one added. Nothing is
changed in the history; the books get the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from puhui.calculations.rate_steps import rate_on
from puhui.calculations.term_records import RATE_SCALE
from puhui.loans.acts import Work
from puhui.loans.keeping import NewEvent
from puhui.loans.models import Event, Loan

__all__ = ["new_rates", "rate_before", "set_rates"]


def new_rates(events: Sequence[Event]) -> list[Event]:
    """The new rates that stand, in the order of their days."""
    undone = {event.detail.get("of") for event in events if event.type == "reversal"}
    found = (event for event in events if event.type == "rate_change" and str(event.number) not in undone)
    return sorted(found, key=lambda event: (event.date, event.number))


def rate_before(loan: Loan, events: Sequence[Event], day: date) -> int:
    """The contract rate before `day`, in hundred-millionths: the latest event's, else what the terms have for that day."""
    earlier = [event for event in new_rates(events) if event.date < day]
    if earlier:
        return int(earlier[-1].detail["rate_e8"])
    return round(rate_on(loan.terms, (day - loan.start).days - 1) * RATE_SCALE)


def set_rates(work: Work, events: Sequence[Event], wanted: Mapping[date, int], detail: Mapping[str, Any]) -> list[int]:
    """Brings the target's rate to `wanted` (day → rate from that day on, in hundred-millionths) from the first of its days on.

    `events`: all of the loan so far. Answers the numbers of the events added, reversals first.
    """
    first = min(wanted)
    before, course = rate_before(work.target, events, first), []
    for day in sorted(wanted):
        if wanted[day] != before:
            course.append((day, wanted[day]))
            before = wanted[day]
    standing = [event for event in new_rates(events) if event.date >= first]
    kept = 0
    while kept < min(len(standing), len(course)) and (standing[kept].date, standing[kept].detail["rate_e8"]) == course[kept]:
        kept += 1
    # The last is undone first and the first added first: at each step every new rate differs from the one before it.
    undone = [NewEvent("reversal", each.date, "", None, {"of": str(each.number)}) for each in reversed(standing[kept:])]
    added = [NewEvent("rate_change", day, "", None, {"rate_e8": rate, **detail}) for day, rate in course[kept:]]
    numbers = []
    for place, event in enumerate((*undone, *added)):
        key = work.event_key(place + 2 if place else 0)  # 1 is that of a charge of the same act
        named = NewEvent(event.type, event.date, key, None, event.detail)
        numbers.append(int(work.happen(event.type, named).answer["event_number"]))
    return numbers
