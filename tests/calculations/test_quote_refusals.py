"""What the quote says of documents that it cannot answer: every fault at once, whatever stands in a field, and nothing stops it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples

from puhui.calculations import quote
from puhui.calculations.quote import answer_text

GOOD: dict[str, Any] = {
    "amount": "120000.00",
    "start": "2026-01-15",
    "rate_annual": "0.0435",
    "instalments": 12,
    "every": "1 month",
    "grace": {"principal": 1},
    "rounding": {"money": "half_up", "instalment_multiple": "0.01"},
    "fees": [{"name": "survey", "when": "drawdown", "amount": "100.00"}],
    "penalty": {"markup_overdue": "0.5"},
    "allocation": ["cost", "fee", "penalty", "compound", "interest", "principal"],
    "upfront": {"margin": "500.00", "fees_to_third_parties": [{"name": "valuation", "amount": "80.00"}]},
    "events": [
        {"date": "2026-02-20", "type": "repayment", "id": "first", "amount": "5000.00"},
        {"date": "2026-03-01", "type": "reversal", "of": "first"},
        {"date": "2026-03-02", "type": "reschedule", "from": "2026-03-02", "grace": {"principal": 2}},
    ],
    "as_of": "2026-03-15",
}
ODD = [None, True, -1, 1.5, "", "x", [], {}, [1], {"a": 1}, "2026-02-30", "-5", "1e5", "9999-12-31", "0.0000000001", 10**30, "１２", "\x00"]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything that stands in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [each for key, item in inside for each in places(item, (*path, key))]
    return [path, *below] if path else below


@examples(150)
@given(st.lists(st.tuples(st.sampled_from(places(GOOD)), st.sampled_from(ODD)), min_size=1, max_size=3))
def test_whatever_stands_in_a_field_is_answered(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    document = json.loads(json.dumps(GOOD))
    for path, odd in changes:
        holder = document
        for key in path[:-1]:
            holder = holder[key] if isinstance(holder, dict) and key in holder else None
        if isinstance(holder, dict):
            holder[path[-1]] = odd
    answered, figures = answer_text(json.dumps(document))
    if not figures:
        assert answered["error"]
        assert all(set(fault) == {"field", "found", "expected"} and all(fault.values()) for fault in answered["error"])


def test_terms_and_events_are_faulty_at_once() -> None:
    events = [{"date": "2026-02-30", "type": "repayment"}, {"date": "2026-02-20", "type": "gift"}, {"date": "2026-02-21", "type": "fee"}]
    wrong = {"colour": "red", "method": "balloon", "grace": {"principal": "two"}, "events": events, "as_of": "soon"}
    answered, figures = answer_text(json.dumps(GOOD | wrong))
    assert not figures
    fields = {fault["field"] for fault in answered["error"]}
    named = {"colour", "method", "grace.principal", "as_of", "events[0].date", "events[0].amount", "events[1].type", "events[2].amount"}
    assert fields >= named


def test_a_fault_of_ours_refuses_the_document_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(quote, "_figures", broken)
    answered, figures = answer_text(json.dumps(GOOD))
    assert not figures
    assert answered["error"][0]["field"] == "document"
    assert "ZeroDivisionError" in answered["error"][0]["found"]


def test_a_line_drawn_hundreds_of_times_is_answered() -> None:
    days = [(date(2026, 1, 1) + timedelta(days=day)).isoformat() for day in range(300)]
    draws = [{"date": day, "type": "drawdown", "id": f"draw of {day}", "amount": "10.00"} for day in days]
    line = {"limit": "100000.00", "until": "2030-01-01", "dues": "own"}
    terms = {"line": line, "start": "2026-01-01", "rate_annual": "0.036", "method": "bullet", "instalments": 1, "every": "1 month"}
    answered, figures = answer_text(json.dumps(terms | {"events": draws}))
    assert figures
    assert answered["totals"]["principal"] == "3000.00"
    assert answered["totals"]["interest"] == "9.00"
