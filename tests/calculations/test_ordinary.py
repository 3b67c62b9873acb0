"""Ordinary loans reckoned at once equal the walk through their events, figure by figure; other loans are left to the walk."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from puhui.calculations.events import Event
from puhui.calculations.faults import FaultsError
from puhui.calculations.ordinary import paid_when_due
from puhui.calculations.position import Position
from puhui.calculations.replay import replay_events
from puhui.calculations.schedule import schedule
from puhui.calculations.term_records import Terms
from puhui.calculations.terms import read_terms


def figures(position: Position) -> dict[str, Any]:
    """All that a position tells, the running period as what it will have accrued on each morning of a year."""
    told = {field.name: getattr(position, field.name) for field in dataclasses.fields(position) if field.name != "running"}
    if position.running is None:
        return told
    running, period = position.running, position.running.period
    days = [position.as_of + timedelta(days=days) for days in range(0, max((period.due - position.as_of).days, 0) + 1, 7)]
    kept = (period, running.open, running.ended, running.waiting, running.bears_interest)
    return told | {"running": kept, "accrues": [accrued(position, day) for day in days], "types": {type(row) for row in position.rows}}


def outcome(
    way: Callable[[Terms, Sequence[Event], date], Position | None], terms: Terms, events: Sequence[Event], as_of: date
) -> dict[str, Any] | str | None:
    """All figures, or what was refused; None where the way does not know."""
    try:
        position = way(terms, events, as_of)
    except FaultsError as refused:
        return str(refused)
    return None if position is None else figures(position)


def accrued(position: Position, day: date) -> int | str:
    try:
        return position.accrued_on(day)
    except FaultsError as refused:
        return str(refused)


def made_up_terms(chance: random.Random) -> Terms:
    document: dict[str, Any] = {
        "amount": f"{chance.randrange(1_000, 5_000_000)}.{chance.randrange(100):02d}",
        "start": (date(2024, 1, 1) + timedelta(days=chance.randrange(700))).isoformat(),
        "rate_annual": f"0.{chance.randrange(0, 240_000):06d}",
        "instalments": chance.choice([1, 2, 3, 6, 12, 12, 12, 24, 36]),
        "every": chance.choice(["1 month", "1 month", "3 month", "1 year"]),
        "method": chance.choice(["equal_instalment", "equal_instalment", "equal_principal", "interest_only"]),
        "day_count": chance.choice(["M/360", "30E/360", "ACT/360", "ACT/365", "ACT/ACT", "30/360"]),
        "day_label": chance.choice(["start", "end"]),
        "month_end": chance.choice(["clamp", "roll"]),
    }
    if chance.random() < 0.3:
        document["penalty"] = {"markup_overdue": "0.5"}
    if chance.random() < 0.3:
        document["allocation"] = ["cost", "fee", "penalty", "compound", "principal", "interest"]
    if chance.random() < 0.2:
        document["interest_recalculation"] = None
    if chance.random() < 0.2:
        document["prepayment"] = "next_instalments"
    if chance.random() < 0.2 and document["method"] == "interest_only":
        del document["instalments"]
        document |= {"settlement_day": 20, "every": chance.choice(["1 month", "3 month"])}
        document["maturity"] = (date.fromisoformat(document["start"]) + timedelta(days=chance.randrange(100, 700))).isoformat()
    elif chance.random() < 0.2:
        document["first_due"] = (date.fromisoformat(document["start"]) + timedelta(days=chance.randrange(5, 60))).isoformat()
    return read_terms(document)


def new_rates(chance: random.Random, terms: Terms) -> tuple[Terms, list[Event]]:
    """Up to three new rates, each agreed ahead or brought by an event; the terms then hold the first kind only."""
    days = chance.sample(range(-1, 500), chance.choice([0, 0, 0, 1, 1, 2, 3]))
    changes = [(terms.start + timedelta(days=day), chance.randrange(0, 24_000_000)) for day in sorted(days)]
    ahead = [change for change in changes if change[0] > terms.start and chance.random() < 0.4]
    events = [Event(day, "rate_change", rate_e8=rate) for day, rate in changes if (day, rate) not in ahead]
    return dataclasses.replace(terms, rates=(*terms.rates, *ahead)), events


def history(chance: random.Random, terms: Terms, changes: list[Event], number: int) -> tuple[list[Event], date]:
    """Some of the dues paid on their day, among them the new rates up to the day."""
    rates = sorted([*terms.rates, *((change.date, change.rate_e8 or 0) for change in changes)])
    rows = schedule(dataclasses.replace(terms, rates=tuple(rates)))
    paid = chance.randrange(len(rows) + 1)
    events = [Event(row.due, "repayment", row.total, id=f"{number}-{row.number}" if chance.random() < 0.8 else None) for row in rows[:paid]]
    if chance.random() < 0.3:
        events.insert(0, Event(terms.start, "drawdown", terms.amount))
    reached = rows[paid - 1].due if paid else terms.start
    coming = rows[paid].due if paid < len(rows) else rows[-1].due + timedelta(days=40)
    as_of = reached + timedelta(days=chance.randrange((coming - reached).days + 1))
    kept = [change for change in changes if change.date <= as_of]
    return (kept + events if chance.random() < 0.3 else sorted(events + kept, key=lambda event: event.date)), as_of


def test_equal_to_the_walk() -> None:
    chance, ordinary, repriced = random.Random(7), 0, 0
    for number in range(1_500):
        try:
            terms, changes = new_rates(chance, made_up_terms(chance))
            events, as_of = history(chance, terms, changes, number)
        except FaultsError:
            continue
        if any(event.amount == 0 for event in events if event.type != "rate_change"):
            continue
        found = outcome(paid_when_due, terms, events, as_of)
        if found is not None:
            ordinary += 1
            repriced += len(terms.rates) > 1 or any(event.type == "rate_change" for event in events)
            assert found == outcome(replay_events, terms, events, as_of), (terms, events, as_of)
    assert ordinary > 900 and repriced > 250, (ordinary, repriced)


ORDINARY = read_terms({"amount": "120000.00", "start": "2025-01-15", "rate_annual": "0.0435", "instalments": 12, "every": "1 month"})
DUE = schedule(ORDINARY)[0].due
TOTAL = schedule(ORDINARY)[0].total


@pytest.mark.parametrize(
    ("events", "as_of"),
    [
        ([], DUE + timedelta(days=1)),  # late
        ([Event(DUE, "repayment", TOTAL - 1)], DUE),  # a fen short
        ([Event(DUE, "repayment", TOTAL + 1)], DUE),  # a fen early
        ([Event(DUE - timedelta(days=1), "repayment", TOTAL)], DUE),  # before its day
        ([Event(DUE + timedelta(days=1), "repayment", TOTAL)], DUE + timedelta(days=1)),  # after its day
        ([Event(DUE, "payoff", TOTAL)], DUE),
        ([Event(DUE, "repayment", TOTAL, id="a"), Event(DUE, "reversal", of="a")], DUE),
        ([Event(DUE, "repayment", TOTAL)], DUE - timedelta(days=1)),  # not yet
        ([Event(ORDINARY.start, "drawdown", 1)], ORDINARY.start),
        ([], ORDINARY.start - timedelta(days=1)),
        ([Event(DUE, "rate_change", rate_e8=5_000_000)], DUE - timedelta(days=1)),  # not yet
        ([Event(DUE, "rate_change", rate_e8=4_350_000)], DUE),  # the same rate
        ([Event(ORDINARY.start, "rate_change", rate_e8=5_000_000)], DUE),  # two rates of one day
        ([Event(DUE, "rate_change", rate_e8=1, known=DUE), Event(DUE, "repayment", TOTAL)], DUE),  # in which order?
        ([Event(DUE, "repayment", TOTAL), Event(DUE, "rate_change", rate_e8=1, id="a"), Event(DUE, "reversal", of="a")], DUE),
    ],
)
def test_other_histories_are_left_to_the_walk(events: list[Event], as_of: date) -> None:
    assert paid_when_due(ORDINARY, events, as_of) is None
