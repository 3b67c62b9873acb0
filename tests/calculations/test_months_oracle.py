"""Loans by whole months (对年对月对日 and 30/360) against a clerk's sheet of rows, and laws that every schedule keeps.

The sheet is made here with fractions and knows nothing of Puhui: a whole month is a twelfth; what was repaid early inside a month bore
interest for its odd days ÷ 360 under M/360, for its share of that month's days under 30/360.
"""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.calculations.oracle import halves_up, level_of, shifted
from tests.examples import examples

from puhui.calculations.events import Event
from puhui.calculations.quote import answer, answer_text
from puhui.calculations.replay import replay
from puhui.calculations.schedule import schedule
from puhui.calculations.terms import read_terms

METHODS = ("equal_instalment", "equal_principal", "interest_only")
AMOUNTS = st.integers(2_000_000, 300_000_000)
STARTS = st.dates(date(2023, 1, 1), date(2027, 12, 28)).filter(lambda day: day.day <= 28)
RATES = st.integers(10_000, 240_000)


def money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def sheet(
    amount: int, start: date, rate: int, count: int, method: str, day_count: str, shrink: bool, early: dict[int, tuple[int, int]]
) -> list[tuple[int, int]]:
    """(principal, interest) of each row; `early`: row → (days after its start, fen repaid early)."""
    undue, rows, level = amount, [], 0
    if method == "equal_instalment":
        level = level_of(amount, rate, 1, count)
    elif method == "equal_principal":
        level = halves_up(Fraction(amount, count))
    for number in range(1, count + 1):
        first, due = shifted(start, number - 1), shifted(start, number)
        month = Fraction(rate, 12 * 10**6)
        whole = halves_up(undue * month)
        principal = {"equal_instalment": level - whole, "equal_principal": level, "interest_only": 0}[method]
        principal = undue if number == count or (shrink and principal >= undue) else principal
        days, paid = early.get(number, (0, 0))
        part = month * Fraction(days, (due - first).days) if day_count == "30/360" else Fraction(rate * days, 360 * 10**6)
        interest = halves_up((undue - paid) * month + paid * part)
        principal = min(principal, undue - paid) if number == count else principal
        rows.append((principal + paid, interest))
        undue -= principal + paid
        if undue == 0 and number < count:
            break
        left = count - number
        if paid and not shrink and left:
            if method == "equal_instalment":
                level = level_of(undue, rate, 1, left)
            elif method == "equal_principal":
                level = halves_up(Fraction(undue, left))
    return rows


@examples(60)
@given(st.data(), AMOUNTS, STARTS, RATES, st.integers(3, 24), st.sampled_from(METHODS), st.sampled_from(["M/360", "30/360"]), st.booleans())
def test_early_repayments_equal_the_sheet(
    data: st.DataObject, amount: int, start: date, rate: int, count: int, method: str, day_count: str, shrink: bool
) -> None:
    early = {
        number: (data.draw(st.integers(1, 27)), data.draw(st.integers(1, amount // (4 * count))))
        for number in data.draw(st.sets(st.integers(1, count), max_size=3))
    }
    terms = read_terms(
        {
            "amount": money(amount),
            "start": start.isoformat(),
            "rate_annual": f"0.{rate:06d}",
            "instalments": count,
            "every": "1 month",
            "method": method,
            "day_count": day_count,
            "prepayment": "reduce_term" if shrink else "reduce_instalment",
        }
    )
    expected = sheet(amount, start, rate, count, method, day_count, shrink, early)
    events = [
        Event(shifted(start, row), "repayment", sum(expected[row - 1]) - early.get(row, (0, 0))[1]) for row in range(1, len(expected) + 1)
    ]
    for number, (days, fen) in early.items():
        if number <= len(expected):
            events.append(Event(shifted(start, number - 1) + timedelta(days=days), "repayment", fen))
    position = replay(terms, events, shifted(start, len(expected)))
    assert [(row.principal, row.interest) for row in position.rows] == expected
    assert position.status == "closed"
    assert position.principal == 0
    assert all(row.outstanding == 0 for row in position.rows)


TERMS = st.fixed_dictionaries(
    {
        "amount": AMOUNTS.map(money),
        "start": st.dates(date(2020, 1, 1), date(2030, 12, 31)).map(date.isoformat),
        "rate_annual": st.integers(0, 360_000).map(lambda ppm: f"0.{ppm:06d}"),
        "instalments": st.integers(1, 40),
        "every": st.sampled_from(["1 month", "3 month", "1 week", "2 week", "10 day", "1 year"]),
        "method": st.sampled_from(["equal_instalment", "equal_principal", "interest_only", "flat"]),
        "day_count": st.sampled_from(["M/360", "30E/360", "ACT/360", "ACT/365"]),
        "month_end": st.sampled_from(["clamp", "roll"]),
        "rounding": st.sampled_from([{"money": mode} for mode in ("half_up", "half_even", "down", "up")]),
    }
)


def quoted(document: dict[str, Any]) -> dict[str, Any] | None:
    """The answer, or None for what the contract leaves open (an annuity over steps of thirty-day months, a level that repays too soon)."""
    answered, good = answer_text(json.dumps(document))
    return answered if good else None


@examples(80)
@given(TERMS)
def test_every_schedule_adds_up(document: dict[str, Any]) -> None:
    answered = quoted(document)
    if answered is None:
        return
    rows, totals = answered["instalments"], answered["totals"]
    fen = lambda text: int(text.replace(".", ""))  # noqa: E731
    assert fen(totals["principal"]) == fen(document["amount"]), "principal repaid equals principal lent"
    balance = fen(document["amount"])
    for row in rows:
        balance -= fen(row["principal"])
        assert fen(row["balance"]) == balance
        assert fen(row["total"]) == sum(fen(row[name]) for name in ("principal", "interest", "fee", "penalty", "compound"))
        assert min(fen(row["principal"]), fen(row["interest"])) >= 0
    for name in ("interest", "total", "paid", "outstanding"):
        assert fen(totals[name]) == sum(fen(row[name]) for row in rows)
    assert all(first["due"] == second["start"] for first, second in pairwise(rows))


@examples(30)
@given(st.integers(0, 10**6), AMOUNTS, STARTS, RATES, st.integers(4, 12))
def test_order_of_arrival_changes_nothing(seed: int, amount: int, start: date, rate: int, count: int) -> None:
    """Events of different days, in any order of the list, end in the same state."""
    chance = random.Random(seed)
    terms = read_terms(
        {
            "amount": money(amount),
            "start": start.isoformat(),
            "rate_annual": f"0.{rate:06d}",
            "instalments": count,
            "every": "1 month",
            "penalty": {"markup_overdue": "0.5"},
        }
    )
    days = chance.sample(range(1, 30 * count), min(5, 20))
    events = [Event(start + timedelta(days=day), "repayment", amount // (count * chance.randint(4, 9))) for day in days]
    as_of = start + timedelta(days=30 * count)
    in_order = replay(terms, sorted(events, key=lambda event: event.date), as_of)
    shuffled = replay(terms, chance.sample(events, len(events)), as_of)
    assert shuffled.rows == in_order.rows
    assert (shuffled.principal, shuffled.overdue, shuffled.accrued_exact) == (in_order.principal, in_order.overdue, in_order.accrued_exact)
    assert sum(part.amount for part in in_order.allocations) == sum(event.amount for event in events), "no money is lost"
    assert in_order.principal == amount - sum(part.amount for part in in_order.allocations if part.component == "principal")


@examples(60)
@given(AMOUNTS, STARTS, RATES, st.integers(1, 12), st.sampled_from(METHODS), st.sampled_from(["M/360", "ACT/360", "ACT/ACT"]))
def test_daily_accruals_add_up_to_the_instalment(amount: int, start: date, rate: int, count: int, method: str, day_count: str) -> None:
    terms = read_terms(
        {
            "amount": money(amount),
            "start": start.isoformat(),
            "rate_annual": f"0.{rate:06d}",
            "instalments": count,
            "every": "1 month",
            "method": method,
            "day_count": day_count,
        }
    )
    first = schedule(terms)[0]
    position = replay(terms, [], start)
    accrued = [position.accrued_on(start + timedelta(days=day)) for day in range(first.days + 1)]
    assert accrued[0] == 0
    assert accrued == sorted(accrued)
    assert accrued[-1] == first.interest
    later = replay(terms, [], start + timedelta(days=first.days // 2))
    assert later.accrued_interest == accrued[first.days // 2]


def test_the_answer_names_what_it_was_asked() -> None:
    answered = answer(
        {"amount": "1.00", "start": "2026-01-15", "rate_annual": "0", "instalments": 1, "every": "1 day", "day_count": "ACT/360"}
    )
    assert answered["instalments"][0]["due"] == "2026-01-16"
    assert answered["state"] is None
