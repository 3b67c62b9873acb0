"""A loan that goes along its shape where all is as agreed is the loan that is walked through, in every figure and in its state."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from tests.calculations.test_ordinary import figures, made_up_terms, new_rates

from puhui.calculations import replay as replaying
from puhui.calculations.as_agreed import pay_as_agreed
from puhui.calculations.events import Event
from puhui.calculations.faults import FaultsError
from puhui.calculations.position import Row
from puhui.calculations.replay import replay_events, walk
from puhui.calculations.running import RunningLoan
from puhui.calculations.schedule import schedule
from puhui.calculations.term_records import Terms

SEEN_STRETCHES = 2_000


def history(chance: random.Random, terms: Terms, changes: list[Event]) -> tuple[list[Event], date]:
    """Dues paid on their day for a while, then some late, short, more or not at all, with other things between them."""
    rates = sorted([*terms.rates, *((change.date, change.rate_e8 or 0) for change in changes)])
    rows = schedule(dataclasses.replace(terms, rates=tuple(rates)))
    well = chance.randrange(len(rows) + 1)
    events = [Event(row.due, "repayment", row.total, id=f"p{row.number}") for row in rows[:well]]
    for row in rows[well : well + chance.randrange(5)]:
        events += oddly(chance, row)
    last = max((event.date for event in events), default=terms.start)
    if chance.random() < 0.5:
        events += other_event(chance, terms, last, rows)
    last = max((event.date for event in events), default=terms.start)
    as_of = last + timedelta(days=chance.choice([0, 0, 1, 9, 40, 120]))
    kept = [change for change in changes if change.date <= as_of]
    return sorted(events + kept, key=lambda event: event.date), as_of


def oddly(chance: random.Random, row: Row) -> list[Event]:
    """A due paid in one of many ways."""
    late, amount = timedelta(days=chance.choice([0, 0, 1, 5, 33])), chance.choice([row.total, row.total - 1, row.total // 2, row.total * 2])
    if chance.random() < 0.2:
        return []
    if chance.random() < 0.2:
        return [Event(row.due - timedelta(days=chance.randrange(1, 10)), "repayment", row.total, id=f"e{row.number}")]
    return [Event(row.due + late, "repayment", max(amount, 1), id=f"o{row.number}")]


def other_event(chance: random.Random, terms: Terms, last: date, rows: Sequence[Row]) -> list[Event]:
    day = last + timedelta(days=chance.randrange(30))
    ways: list[Event] = [
        Event(day, "payoff"),
        Event(day, "fee", 5_000, kind="fee"),
        Event(day, "waiver", 100, of="interest"),
        Event(day, "reversal", of=f"p{chance.randrange(1, 4)}"),
        Event(day, "reschedule", begin=day, extra_instalments=2),
        Event(day, "reschedule", begin=day, grace=1),
        Event(day, "reschedule", due=rows[-1].due, new_due=rows[-1].due + timedelta(days=9), later="keep"),
        Event(day, "reschedule", begin=rows[-1].start, every="1 month", instalments=3, method="equal_principal"),
        Event(day, "termination"),
        Event(day, "write_off"),
        Event(day, "drawdown", 10_000),
        Event(terms.start + timedelta(days=3), "pause", until=terms.start + timedelta(days=5)),
    ]
    if terms.penalty is not None:
        ways.append(Event(terms.start + timedelta(days=3), "misuse", 1_000, until=terms.start + timedelta(days=5)))
    return [chance.choice(ways)]


def told(terms: Terms, events: Sequence[Event], as_of: date) -> dict[str, Any] | str:
    """The figures and the state of the loan, or what was refused."""
    try:
        position = replay_events(terms, events, as_of)
        loan, allocations, payments = walk(terms, events, as_of)
    except FaultsError as refused:
        return str(refused)
    return figures(position) | {"state": state(loan), "taken": (tuple(allocations), tuple(payments))}


def state(loan: RunningLoan) -> dict[str, Any]:
    """All that decides how a loan goes on."""
    left_out = ("rows", "plan", "line", "shape", "extra_row")
    rows = [
        {name: getattr(row, name) for name in dir(row) if not name.startswith("_") and not callable(getattr(row, name))}
        for row in loan.rows
    ]
    for row in rows:
        row["grace_nights"] = [(target.period, first, last) for target, first, last in row["grace_nights"]]
    plan = {field.name: getattr(loan.plan, field.name) for field in dataclasses.fields(loan.plan) if field.name != "line"}
    return {name: value for name, value in vars(loan).items() if name not in left_out} | {"rows": rows, "plan": plan}


def test_along_the_shape_is_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    chance, taken = random.Random(11), 0
    cases: list[tuple[Terms, list[Event], date]] = []
    while len(cases) < 500:
        try:
            terms, changes = new_rates(chance, made_up_terms(chance))
            cases.append((terms, *history(chance, terms, changes)))
        except FaultsError:
            continue

    def counted(*arguments: Any) -> int:
        nonlocal taken
        found = pay_as_agreed(*arguments)
        taken += found
        return found

    monkeypatch.setattr(replaying, "pay_as_agreed", counted)
    quick = [told(*case) for case in cases]
    monkeypatch.setattr(replaying, "shape_of", lambda terms, changes: None)
    assert taken > SEEN_STRETCHES
    for case, found in zip(cases, quick, strict=True):
        assert found == told(*case), case
    assert sum(isinstance(found, dict) for found in quick) > 300
