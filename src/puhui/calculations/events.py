"""What happens to a loan, as frozen data: drawdowns, repayments, payoffs, new rates, charges, reversals.

An event takes effect on its `date`; `known` is when it was entered and orders the events of one day (else the order of the list).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from puhui.calculations.calendar import parse_step
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.money import amount_text
from puhui.calculations.reading import Fields
from puhui.calculations.term_records import METHODS, RATE_SCALE, Terms

__all__ = ["EVENT_TYPES", "Event", "events_from", "events_out_of_place", "in_effect", "read_events"]

EVENT_TYPES = (
    "drawdown", "repayment", "payoff", "rate_change", "fee", "waiver", "refund", "pause", "misuse", "reschedule", "reversal",
    "termination", "write_off",
)  # fmt: skip
CHARGES = ("fee", "cost", "penalty")
WAIVED = ("penalty", "compound", "fee", "interest", "principal")
Day = date  # the field `date` of an event hides the type inside its class
_NEW_PLAN = frozenset({"from", "every", "instalments", "method"})
_RESCHEDULES = (frozenset({"from", "extra_instalments"}), frozenset({"due", "new_due", "later"}), frozenset({"from", "grace"}), _NEW_PLAN)


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `amount` in smallest units (a payoff's may be 0: whatever closes the loan).

    `of`: the id that a reversal undoes, or the component that a waiver forgives. `kind`: of a charge. `until`: the last day of a pause or
    misuse. A reschedule has `begin` with `extra_instalments`, `grace` (periods without
    principal), `interest_put_off` or `interest_free`, or `every`, `instalments` and `method`; or `due`,
    `new_due` and `later`.
    """

    date: Day
    type: str
    amount: int = 0
    id: str | None = None
    known: Day | None = None
    rate_e8: int | None = None
    kind: str = ""
    of: str | None = None
    until: Day | None = None
    begin: Day | None = None
    extra_instalments: int = 0
    due: Day | None = None
    new_due: Day | None = None
    later: str = ""
    grace: int = 0
    interest_put_off: int = 0
    interest_free: int = 0
    every: str = ""
    instalments: int = 0
    method: str = ""


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
        if event.type == "reversal" and not _undoes(event, events):
            expected = "the id of an event up to that day, not of a reversal, undone once"
            fields.faults.append(Fault(f"events[{index}].of", str(event.of), expected))
    return events


def _undoes(reversal: Event, events: Sequence[Event]) -> bool:
    undone = next((other for other in events if other.id is not None and other.id == reversal.of), None)
    if undone is None or undone.type == "reversal" or undone.date > reversal.date:
        return False
    return sum(other.type == "reversal" and other.of == reversal.of for other in events) == 1


def _event(item: Fields, terms: Terms) -> Event:
    day = item.day("date", required=True) or terms.start
    kind = item.raw("type")
    if kind not in EVENT_TYPES:
        item.fault("type", "one of " + ", ".join(EVENT_TYPES))
        return Event(day, "repayment")
    if day < terms.start:
        item.fault("date", f"a date from the start {terms.start} on")
    identity = item.raw("id")
    if identity is not None and not isinstance(identity, str):
        item.fault("id", "a string")
    values: dict[str, Any] = {"id": identity if isinstance(identity, str) else None, "known": item.day("known")}
    values |= _READERS.get(kind, _amount)(item, day, terms)
    if kind == "payoff":
        values["amount"] = item.amount("amount", terms.exponent) or 0
    item.finish()
    return Event(day, kind, **values)


def _amount(item: Fields, day: date, terms: Terms) -> dict[str, Any]:
    return {"amount": item.amount("amount", terms.exponent, required=True) or 0}


def _nothing(item: Fields, day: date, terms: Terms) -> dict[str, Any]:
    return {}


def _rate_change(item: Fields, day: date, terms: Terms) -> dict[str, Any]:
    return {"rate_e8": int((item.share("rate_annual", 8, required=True) or 0) * RATE_SCALE)}


def _fee(item: Fields, day: date, terms: Terms) -> dict[str, Any]:
    if not item.has("kind"):
        item.fault("kind", "one of " + ", ".join(CHARGES))
    return _amount(item, day, terms) | {"kind": item.choice("kind", CHARGES, "fee")}


def _waiver(item: Fields, day: date, terms: Terms) -> dict[str, Any]:
    if not item.has("of"):
        item.fault("of", "one of " + ", ".join(WAIVED))
    return _amount(item, day, terms) | {"of": item.choice("of", WAIVED, "penalty")}


def _until(item: Fields, day: date, terms: Terms) -> dict[str, Any]:
    until = item.day("until", required=True)
    if until is not None and until < day:
        item.fault("until", f"a date from {day} on")
    return {"until": until}


def _misuse(item: Fields, day: date, terms: Terms) -> dict[str, Any]:
    if terms.penalty is None:
        item.fault("type", "a loan with a penalty agreed", "misuse")
    return _amount(item, day, terms) | _until(item, day, terms)


def _reversal(item: Fields, day: date, terms: Terms) -> dict[str, Any]:
    of = item.raw("of")
    if not isinstance(of, str):
        item.fault("of", "the id of the event undone")
    return {"of": of if isinstance(of, str) else None}


def _reschedule(item: Fields, day: date, terms: Terms) -> dict[str, Any]:
    """One of the four forms; `later` may be left out (keep)."""
    given = {key for form in _RESCHEDULES for key in form if item.has(key)}
    forms = [form for form in _RESCHEDULES if given and (given == form or given | {"later"} == form)]
    if not forms:
        expected = "from and extra_instalments; due, new_due and later; from and grace; or from, every, instalments and method"
        item.fault("type", expected, "reschedule with " + (", ".join(sorted(given)) or "nothing"))
        return {}
    values = {
        "begin": item.day("from"),
        "extra_instalments": item.integer("extra_instalments", 1, 1200) or 0,
        "due": item.day("due"),
        "new_due": item.day("new_due"),
        "later": item.choice("later", ("keep", "follow"), "keep"),
        **_grace(item),
        "instalments": item.integer("instalments", 1, 4000) or 0,
        "method": item.choice("method", METHODS, "") if "method" in given else "",
    }
    if "every" in given and parse_step(item.raw("every")) is None:
        item.fault("every", 'a step such as "1 month"')
    values["every"] = item.raw("every") if "every" in given else ""
    return values


def _grace(item: Fields) -> dict[str, int]:
    """The object of the terms, or the number of periods without principal."""
    if not isinstance(item.raw("grace"), dict):
        return {"grace": item.integer("grace", 1, 1200) or 0}
    child = item.child("grace")
    assert child is not None
    known = len(item.faults)
    names = {"grace": "principal", "interest_put_off": "interest_payment", "interest_free": "interest_free"}
    periods = {name: child.integer(key, 0, 1200) or 0 for name, key in names.items()}
    child.finish()
    if not any(periods.values()) and len(item.faults) == known:
        item.fault("grace", "periods without principal, or with interest put off or free")
    return periods


_READERS: dict[str, Callable[[Fields, date, Terms], dict[str, Any]]] = {
    "payoff": _nothing,
    "termination": _nothing,
    "write_off": _nothing,
    "rate_change": _rate_change,
    "fee": _fee,
    "waiver": _waiver,
    "pause": _until,
    "misuse": _misuse,
    "reversal": _reversal,
    "reschedule": _reschedule,
}


def events_out_of_place(terms: Terms, events: Sequence[Event], as_of: date | None) -> list[Fault]:
    """Every event that comes at the wrong time or draws too much, as far as it is seen without reckoning; an `as_of` before the start."""
    faults = []
    if as_of is not None and as_of < terms.start:
        faults.append(Fault("as_of", as_of.isoformat(), f"a date from the start {terms.start} on"))
    undone = {event.of for event in events if event.type == "reversal"}
    standing = [(index, event) for index, event in enumerate(events) if event.type != "reversal" and not (event.id and event.id in undone)]
    for index, event in standing:
        still_to_come = event.type in ("rate_change", "pause") and not (as_of and event.known and event.known > as_of)
        if as_of is not None and event.date > as_of and not still_to_come:
            expected = f"a date up to as_of, {as_of}, but for a new rate or a pause known by then"
            faults.append(Fault(f"events[{index}].date", event.date.isoformat(), expected))
    draws = [(index, event) for index, event in standing if event.type == "drawdown"]
    first = min((event.date for _, event in draws), default=terms.start)
    early = [(index, event) for index, event in standing if event.type in ("repayment", "payoff") and event.date < first]
    faults += [
        Fault(f"events[{index}].date", event.date.isoformat(), f"a date from the first drawdown {first} on") for index, event in early
    ]
    return faults if terms.line else [*faults, *_drawn_beyond(terms, draws)]


def _drawn_beyond(terms: Terms, draws: Sequence[tuple[int, Event]]) -> Iterator[Fault]:
    """The drawdowns that pass the amount."""
    drawn = 0
    for index, event in sorted(draws, key=_date_of):
        drawn += event.amount
        if drawn > terms.amount:
            most = amount_text(terms.amount, terms.exponent)
            yield Fault(f"events[{index}].amount", f"drawdowns of {amount_text(drawn, terms.exponent)}", f"at most the amount, {most}")


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
