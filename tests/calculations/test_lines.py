"""Credit lines against clerks who count night by night: pooled dues (`line_clerk`), and dues of each draw's own (`oracle`)."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from tests.calculations.line_clerk import PARTS, LineClerk, settlements
from tests.calculations.oracle import Clerk, rounded, shifted

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer

LIMIT = 100_000_000
Happened = tuple[date, str, int]


def money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def fen(text: str) -> int:
    return int(text.replace(".", ""))


def history(chance: random.Random, start: date, until: date, count: int) -> list[Happened]:
    """Draws and repayments in order; what is drawn stays within the limit even if no repayment reached principal."""
    days = sorted(start + timedelta(days=chance.randrange((until - start).days)) for _ in range(count))
    events: list[Happened] = [(days[0], "drawdown", chance.randrange(1_000_000, LIMIT // 4))]
    balance = events[0][2]
    for day in days[1:]:
        if balance > 100 and chance.random() < 0.55:
            amount = balance if chance.random() < 0.1 else chance.randrange(1, balance)
            events.append((day, "repayment", amount))
            balance -= amount
        elif balance < LIMIT // 2:
            events.append((day, "drawdown", chance.randrange(1, LIMIT // 4)))
            balance += events[-1][2]
    return events


def pooled_document(chance: random.Random, start: date, until: date) -> dict[str, Any]:
    document: dict[str, Any] = {
        "start": start.isoformat(),
        "day_count": chance.choice(["ACT/360", "ACT/365", "ACT/ACT"]),
        "day_label": chance.choice(["start", "end"]),
        "settlement_day": chance.choice([10, 20, 31]),
        "every": chance.choice(["1 month", "3 month"]),
        "line": {"limit": money(LIMIT), "until": until.isoformat(), "dues": "pooled"},
    }
    if chance.random() < 0.4:
        changed = start + timedelta(days=chance.randrange(1, (until - start).days))
        document["rate_changes"] = [[start.isoformat(), "0.0435"], [changed.isoformat(), "0.0385"]]
    else:
        document["rate_annual"] = "0.0435"
    if chance.random() < 0.5:
        compound = chance.random() < 0.5
        document["penalty"] = {"markup_overdue": "0.5", "compound_in_term": compound, "compound_overdue": compound}
    return document


def clerk_of(document: dict[str, Any]) -> LineClerk:
    start, until = date.fromisoformat(document["start"]), date.fromisoformat(document["line"]["until"])
    dues = settlements(start, until, document["settlement_day"], int(document["every"][0]))
    rates = document.get("rate_changes", [[document["start"], document.get("rate_annual")]])
    markup = Fraction(1, 2) if "penalty" in document else None
    fractions = [(date.fromisoformat(day), Fraction(rate)) for day, rate in rates]
    clerk = LineClerk(start, dues, fractions, document["day_count"], document["day_label"], markup)
    clerk.compounds = document.get("penalty", {}).get("compound_in_term", False)
    return clerk


def told(events: Sequence[Happened]) -> list[dict[str, Any]]:
    return [{"date": day.isoformat(), "type": what, "amount": money(amount), "id": f"e{n}"} for n, (day, what, amount) in enumerate(events)]


def figures(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["due"], *(fen(row[name]) for name in (*PARTS, "paid", "balance"))) for row in rows]


def clerk_figures(clerk: LineClerk) -> list[tuple[Any, ...]]:
    return [(row.due.isoformat(), *map(row.amount, PARTS), sum(row.paid.values()), row.balance) for row in clerk.rows]


def answered_or_none(document: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return answer(document)
    except FaultsError as refused:
        names = {re.sub(r"\[\d+\]", "", fault.where) for fault in refused.faults}
        assert names <= {"events.amount", "as_of", "events.date", "events"}, refused
        return None


def test_pooled_lines_equal_the_clerks() -> None:
    """Draws, repayments and redraws, late interest, new rates, both labels; at least two thirds of the histories are answered."""
    chance, answered = random.Random(20260115), 0
    for _ in range(150):
        start = date(2024, 1, 1) + timedelta(days=chance.randrange(900))
        until = start + timedelta(days=chance.randrange(60, 500))
        document, events = pooled_document(chance, start, until), history(chance, start, until, chance.randrange(1, 14))
        as_of = min(events[-1][0] + timedelta(days=chance.randrange(60)), until + timedelta(days=20))
        found = answered_or_none(document | {"events": told(events), "as_of": as_of.isoformat()})
        if found is None:
            continue
        answered += 1
        clerk = clerk_of(document)
        clerk.keep(as_of, events)
        state, principal = found["state"], clerk.principal
        late = sum(row.owed(part) for row in clerk.rows if row.due < as_of for part in PARTS)
        assert (fen(state["principal"]), fen(state["accrued_interest"])) == (principal, clerk.accrued())
        assert state["days_past_due"] == clerk.days_past_due(as_of)
        assert fen(state["overdue"]) >= late
        clerk.look_ahead(as_of)
        assert figures(found["instalments"]) == clerk_figures(clerk), (document, events, as_of)
    assert answered >= 100, answered


def test_schedules_of_pooled_lines_equal_the_clerks() -> None:
    """Without `as_of` every due is paid on its day, and repayments between dues are early principal."""
    chance, answered = random.Random(42), 0
    for _ in range(60):
        start = date(2025, 1, 1) + timedelta(days=chance.randrange(400))
        until = start + timedelta(days=chance.randrange(60, 400))
        document, events = pooled_document(chance, start, until), history(chance, start, until, chance.randrange(1, 9))
        found = answered_or_none(document | {"events": told(events)})
        if found is None:
            continue
        answered += 1
        clerk = clerk_of(document)
        clerk.keep(until, events, paid_when_due=True)
        assert figures(found["instalments"]) == clerk_figures(clerk), (document, events)
    assert answered >= 40, answered


@pytest.mark.parametrize("method", ["equal_instalment", "equal_principal", "interest_only"])
def test_draws_with_their_own_dues_equal_a_clerk_each(method: str) -> None:
    """Each draw is a note counted from its day; a payment of all that is due goes to each draw's due."""
    start, until, count = date(2026, 1, 15), date(2027, 3, 1), 6
    draws = [("a", date(2026, 1, 15), 30_000_000), ("b", date(2026, 2, 3), 12_345_678), ("c", date(2026, 4, 15), 7_000_001)]
    document = {
        "start": start.isoformat(), "rate_annual": "0.0435", "day_count": "ACT/360", "method": method, "instalments": count,
        "every": "1 month", "line": {"limit": money(LIMIT), "until": until.isoformat(), "dues": "own"},
    }  # fmt: skip
    clerks = {}
    for name, day, amount in draws:
        clerks[name] = Clerk(amount, day, [(day, 43_500)], [shifted(day, number) for number in range(1, count + 1)], method, "ACT/360")
        clerks[name].run(shifted(day, count), [], pay_when_due=True)
    payments: dict[date, int] = {}
    for clerk in clerks.values():
        for row in clerk.rows:
            payments[row.due] = payments.get(row.due, 0) + row.principal + row.interest
    events: list[dict[str, Any]] = [
        {"date": day.isoformat(), "type": "drawdown", "amount": money(amount), "id": name} for name, day, amount in draws
    ]
    scheduled = answer(document | {"events": events})
    as_of = date(2026, 6, 30)
    events += [{"date": day.isoformat(), "type": "repayment", "amount": money(sum_)} for day, sum_ in payments.items() if day < as_of]
    found = answer(document | {"events": sorted(events, key=lambda event: str(event["date"])), "as_of": as_of.isoformat()})
    for rows, until_day in ((scheduled["instalments"], date.max), (found["instalments"], as_of)):
        expected = [
            (name, row.due.isoformat(), row.principal, row.interest, row.principal + row.interest if row.due < until_day else 0)
            for name, clerk in clerks.items()
            for row in clerk.rows
        ]
        assert [(row["drawdown"], row["due"], *(fen(row[each]) for each in ("principal", "interest", "paid"))) for row in rows] == expected
    owed = sum(row.principal for clerk in clerks.values() for row in clerk.rows if row.due > as_of)
    accrued = 0
    for name, day, amount in draws:
        clerk = Clerk(amount, day, [(day, 43_500)], [shifted(day, number) for number in range(1, count + 1)], method, "ACT/360")
        clerk.run(as_of, [(due, amount) for due, amount in _own_payments(clerks[name], as_of)])
        accrued += sum(rounded(row.accrued) for row in clerk.rows if not row.fallen_due)
    assert (fen(found["state"]["principal"]), fen(found["state"]["accrued_interest"])) == (owed, accrued)
    assert (found["state"]["overdue"], found["state"]["status"]) == ("0.00", "performing")


def _own_payments(clerk: Clerk, before: date) -> list[tuple[date, int]]:
    return [(row.due, row.principal + row.interest) for row in clerk.rows if row.due < before]
