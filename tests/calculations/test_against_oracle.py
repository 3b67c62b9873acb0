"""Schedules and histories against a clerk who counts night by night (`oracle.py`) and against numpy-financial and pyxirr."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy_financial
import pytest
import pyxirr
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.calculations.oracle import BeyondThePrincipal, Clerk, rounded, shifted
from tests.examples import examples

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer, answer_text, error

PARTS = ("principal", "interest", "penalty", "compound")
COUNTS = st.sampled_from(["ACT/360", "ACT/365", "ACT/ACT"])
METHODS = st.sampled_from(["equal_instalment", "equal_principal", "interest_only"])
STARTS = st.dates(date(2023, 1, 1), date(2027, 12, 31))
AMOUNTS = st.integers(1_000_000, 500_000_000)
RATES = st.integers(10_000, 240_000)  # ppm


def money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def fen(text: str) -> int:
    return int(text.replace(".", ""))


def document(amount: int, start: date, rate: int, count: int, months: int, method: str, day_count: str) -> dict[str, Any]:
    return {
        "amount": money(amount),
        "start": start.isoformat(),
        "rate_annual": f"0.{rate:06d}",
        "instalments": count,
        "every": f"{months} month",
        "method": method,
        "day_count": day_count,
    }


def clerk(amount: int, start: date, rate: int, count: int, months: int, method: str, day_count: str) -> Clerk:
    dues = [shifted(start, months * number) for number in range(1, count + 1)]
    return Clerk(amount, start, [(start, rate)], dues, method, day_count, months)


def figures(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["due"], *(fen(row[name]) for name in (*PARTS, "paid"))) for row in rows]


def clerk_figures(book: Clerk) -> list[tuple[Any, ...]]:
    return [
        (row.due.isoformat(), row.principal, row.interest, rounded(row.penalty), rounded(row.compound), sum(row.paid.values()))
        for row in book.rows
    ]


@examples(60)
@given(AMOUNTS, STARTS, RATES, st.integers(2, 24), st.sampled_from([1, 2, 3, 6]), METHODS, COUNTS)
def test_schedules_equal_the_clerks(amount: int, start: date, rate: int, count: int, months: int, method: str, day_count: str) -> None:
    quoted = answer(document(amount, start, rate, count, months, method, day_count))
    book = clerk(amount, start, rate, count, months, method, day_count)
    book.run(book.rows[-1].due, [], pay_when_due=True)
    assert figures(quoted["instalments"]) == clerk_figures(book)


@examples(120)
@given(st.data(), AMOUNTS, STARTS, RATES, st.integers(2, 12), METHODS, COUNTS, st.sampled_from([None, "0.3", "0.5"]))
def test_histories_equal_the_clerks(
    data: st.DataObject, amount: int, start: date, rate: int, count: int, method: str, day_count: str, markup: str | None
) -> None:
    """Late, partial, early and double payments. Where the contract leaves a figure open the quote refuses, and is not compared."""
    last = shifted(start, count)
    days = st.integers(1, (last - start).days + 60)
    payments = sorted(
        (start + timedelta(days=data.draw(days)), data.draw(st.integers(1, amount // count * 2)))
        for _ in range(data.draw(st.integers(0, 6)))
    )
    as_of = max([start, *(day for day, _ in payments)]) + timedelta(days=data.draw(st.integers(0, 40)))
    terms = document(amount, start, rate, count, 1, method, day_count)
    if markup is not None:
        terms["penalty"] = {"markup_overdue": markup}
    terms["events"] = [{"date": day.isoformat(), "type": "repayment", "amount": money(paid)} for day, paid in payments]
    terms["as_of"] = as_of.isoformat()
    try:
        quoted = answer(terms)
    except FaultsError as refused:
        assert error(refused.faults)["error"]
        assume(False)
    book = clerk(amount, start, rate, count, 1, method, day_count)
    book.markup_tenths = None if markup is None else int(markup[2:])
    try:
        book.run(as_of, payments)
    except BeyondThePrincipal:
        assume(False)
    # Early money may leave nothing to the later rows: they are gone here, and the clerk lets penalty stand in them.
    assume(quoted["state"]["status"] == "closed" or len(quoted["instalments"]) == count)
    rows = [row for row in quoted["instalments"] if row["due"] <= as_of.isoformat()]
    assert figures(rows) == clerk_figures(book)[: len(rows)]
    assert fen(quoted["state"]["principal"]) == amount - sum(row.paid["principal"] for row in book.rows)
    overdue = sum(row.owed(what) for row in book.rows if row.due < as_of for what in PARTS)
    assert fen(quoted["state"]["overdue"]) == overdue
    oldest = [row.due for row in book.rows if row.due < as_of and any(row.owed(what) for what in PARTS)]
    assert quoted["state"]["days_past_due"] == ((as_of - oldest[0]).days if oldest else 0)
    under_way = [row for row in book.rows if not row.fallen_due]
    assert fen(quoted["state"]["accrued_interest"]) == (rounded(under_way[0].accrued) if under_way else 0)


@examples(60)
@given(st.data(), AMOUNTS, STARTS, RATES, RATES, st.integers(2, 12), METHODS, COUNTS)
def test_drawdowns_and_new_rates_equal_the_clerks(
    data: st.DataObject, amount: int, start: date, rate: int, other: int, count: int, method: str, day_count: str
) -> None:
    """A second and third drawdown on any day, and a new rate on another; all dues paid on their day."""
    last = (shifted(start, count) - start).days
    first = amount // 2
    draws = {start + timedelta(days=data.draw(st.integers(1, last - 1))): amount // 8 for _ in range(2)}
    changed = start + timedelta(days=data.draw(st.integers(1, last - 1)))
    assume(rate != other and changed not in draws)
    terms = document(amount, start, rate, count, 1, method, day_count)
    terms["events"] = [{"date": start.isoformat(), "type": "drawdown", "amount": money(first)}]
    terms["events"] += [{"date": day.isoformat(), "type": "drawdown", "amount": money(fen_drawn)} for day, fen_drawn in draws.items()]
    terms["events"].append({"date": changed.isoformat(), "type": "rate_change", "rate_annual": f"0.{other:06d}"})
    try:
        quoted = answer(terms)
    except FaultsError as refused:
        assert error(refused.faults)["error"]
        assume(False)
    book = clerk(first, start, rate, count, 1, method, day_count)
    book.rates.append((changed, other))
    book.draws = sorted(draws.items())
    book.run(book.rows[-1].due, [], pay_when_due=True)
    assert figures(quoted["instalments"]) == clerk_figures(book)


@pytest.mark.parametrize("count", [2, 6, 12, 36, 120, 360])
@pytest.mark.parametrize("rate", ["0.0345", "0.0435", "0.24"])
def test_level_equals_numpy_financial(count: int, rate: str) -> None:
    quoted = answer({"amount": "1000000.00", "start": "2026-01-15", "rate_annual": rate, "instalments": count, "every": "1 month"})
    level = -numpy_financial.pmt(float(rate) / 12, count, 1_000_000)
    assert float(quoted["instalments"][0]["total"]) == pytest.approx(level, abs=0.005001)


@examples(40)
@given(AMOUNTS, STARTS, RATES, st.integers(1, 36), METHODS, COUNTS)
def test_annual_cost_equals_pyxirr_and_numpy(amount: int, start: date, rate: int, count: int, method: str, day_count: str) -> None:
    terms = document(amount, start, rate, count, 1, method, day_count) | {
        "fees": [{"name": "fee", "when": "drawdown", "rate": "0.01", "of": "amount"}]
    }
    quoted = answer(terms)
    fee = (amount + 50) // 100
    rows = quoted["instalments"]
    paid = [fen(row["total"]) - (fee if number == 0 else 0) for number, row in enumerate(rows)]
    days = [start, *(date.fromisoformat(row["due"]) for row in rows)]
    expected = pyxirr.xirr(days, [-amount + fee, *paid])
    assert float(quoted["annual_cost"]["effective"]) == pytest.approx(expected, abs=6e-7)
    assert float(quoted["annual_cost"]["nominal"]) == pytest.approx(12 * numpy_financial.irr([-amount + fee, *paid]), abs=6e-7)


def test_refusal_is_json() -> None:
    refused, answered = answer_text(b'{"amount": "1.00"')
    assert not answered
    assert refused["error"][0]["field"] == "document"
