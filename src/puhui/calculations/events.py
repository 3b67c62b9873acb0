"""What happens to a loan, as frozen data: drawdowns, repayments, payoffs, new rates, charges, reversals.

An event takes effect on its `date`; `known` is when it was entered and orders the events of one day (else the order of the list).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.reading import Fields
from puhui.calculations.term_records import RATE_SCALE, Terms

__all__ = ["EVENT_TYPES", "Event", "events_from", "in_effect", "read_events"]

EVENT_TYPES = ("drawdown", "repayment", "payoff", "rate_change", "fee", "pause", "reversal")
Day = date  # the field `date` of an event hides the type inside its class
_NOT_SUPPORTED = ("waiver", "refund", "misuse", "reschedule", "termination", "write_off")


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `amount` in smallest units (a payoff's may be 0: whatever closes the loan); `of` is the id that a reversal undoes."""

    date: Day
    type: str
    amount: int = 0
    id: str | None = None
    known: Day | None = None
    rate_e8: int | None = None
    kind: str = ""
    of: str | None = None
    until: Day | None = None


def read_events(items: Sequence[Any], terms: Terms) -> tuple[Event, ...]:
    """The events of a quote document, in the order of the list. Raises FaultsError naming every fault."""
    faults: list[Fault] = []
    events = events_from(Fields({"events": list(items)}, faults), terms)
    if faults:
        raise FaultsError(faults)
    return events


def events_from(fields: Fields, terms: Terms) -> tuple[Event, ...]:
    """The events under the key `events`, noting every fault."""
    events = tuple(_event(item, terms) for item in fields.children("events"))
    ids = [event.id for event in events if event.id is not None]
    if len(set(ids)) != len(ids):
        fields.fault("events", "each id once", "an id twice")
    for index, event in enumerate(events):
        if event.type == "reversal":
            undone = next((other for other in events if other.id is not None and other.id == event.of), None)
            if undone is None or undone.type == "reversal" or undone.date > event.date:
                fields.faults.append(
                    Fault(f"events[{index}].of", str(event.of), "the id of an event up to that day (reversing a reversal is not supported)")
                )
    return events


def _event(item: Fields, terms: Terms) -> Event:
    day = item.day("date", required=True) or terms.start
    kind = item.raw("type")
    if kind not in EVENT_TYPES:
        expected = "another type: this one is not supported" if kind in _NOT_SUPPORTED else "one of " + ", ".join(EVENT_TYPES)
        item.fault("type", expected)
        return Event(day, "repayment")
    if day < terms.start:
        item.fault("date", f"a date from the start {terms.start} on")
    rate = until = None
    charge = ""
    amount: int | None = 0
    if kind == "rate_change":
        share = item.share("rate_annual", 8, required=True)
        rate = int((share or 0) * RATE_SCALE)
    elif kind == "pause":
        until = item.day("until", required=True)
        if until is not None and until < day:
            item.fault("until", f"a date from {day} on")
    elif kind != "reversal":
        amount = item.amount("amount", terms.exponent, required=kind != "payoff")
    if kind == "fee":
        charge = item.choice("kind", ("fee", "cost", "penalty"), "") if item.has("kind") else ""
        if charge != "fee":
            item.fault("kind", "fee (cost and penalty are not supported)")
    identity = item.raw("id")
    if identity is not None and not isinstance(identity, str):
        item.fault("id", "a string")
    of = item.raw("of") if kind == "reversal" else None
    if kind == "reversal" and not isinstance(of, str):
        item.fault("of", "the id of the event undone")
    event = Event(day, str(kind), amount or 0, identity if isinstance(identity, str) else None, item.day("known"), rate, charge, of, until)
    item.finish()
    return event


def in_effect(events: Sequence[Event]) -> list[tuple[int, Event]]:
    """(index, event) in the order in which they take effect, reversed ones left out as if they had never been.

    Raises FaultsError where the order of one day is not settled (some entered with `known`, some without).
    """
    undone = {event.of for event in events if event.type == "reversal"}
    done = [(index, event) for index, event in enumerate(events) if event.type != "reversal"]
    kept = [(index, event) for index, event in done if event.id is None or event.id not in undone]
    if all(event.known is None for _, event in kept):
        return sorted(kept, key=_date_of)
    known_on: dict[date, set[bool]] = {}
    for _, event in kept:
        known_on.setdefault(event.date, set()).add(event.known is not None)
    mixed = [day for day, kinds in known_on.items() if len(kinds) == 2]
    if mixed:
        found = f"on {mixed[0]} some events with it and some without"
        raise FaultsError([Fault("events.known", found, "all events of one day with known, or none")])
    return sorted(kept, key=lambda pair: (pair[1].date, pair[1].known or date.min, pair[0]))


def _date_of(pair: tuple[int, Event]) -> date:
    return pair[1].date
