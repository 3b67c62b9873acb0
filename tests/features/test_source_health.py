"""Health of a source, worked by hand: late, out of date, fields that empty, appear or shift."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from puhui.features.source_health import Delivery, field_changes, health_of

LIMITS = {"late_factor": 2, "late_from_deliveries": 3, "null_rise": 0.2, "shift_from": 0.25, "least_rows": 30, "deliveries_before": 5}
NOW, DAY = datetime(2025, 6, 30, 12, tzinfo=UTC), date(2025, 6, 30)


def deliveries(*days_ago: int, observed: int = 40) -> list[Delivery]:
    return [
        Delivery(10 - place, "C06", "tax_return", "tax office", 100, 5, DAY - timedelta(days=observed), NOW - timedelta(days=days))
        for place, days in enumerate(days_ago)
    ]


def rows(count: int, **fields: Any) -> list[dict[str, Any]]:
    """`fields`: name → value, or a function of the row's number."""
    return [{name: value(number) if callable(value) else value for name, value in fields.items()} for number in range(count)]


@pytest.mark.parametrize(("days_ago", "late"), [((60, 90, 120), False), ((61, 91, 121), True), ((500, 900), False)])
def test_late_is_twice_the_usual_distance(days_ago: tuple[int, ...], late: bool) -> None:
    """Usually every 30 days: a silence of 60 is borne, 61 is late; two deliveries tell no usual distance."""
    found = health_of(deliveries(*days_ago), {}, 45, DAY, NOW, LIMITS)
    assert found.is_late is late
    assert (found.usual_days is None) == (len(days_ago) < 3)


def test_out_of_date_goes_by_the_newest_fact() -> None:
    assert not health_of(deliveries(1, observed=45), {}, 45, DAY, NOW, LIMITS).is_stale
    assert health_of(deliveries(1, observed=46), {}, 45, DAY, NOW, LIMITS).is_stale


def test_cells_filled() -> None:
    """The newest: 100 rows of which half lack one of two fields, 75%; before: both of two, 100%."""
    newest = rows(100, tax="vat", sales_fen=lambda number: number if number % 2 else None)
    found = health_of(deliveries(1, 31), {10: newest, 9: rows(50, tax="vat", sales_fen=1)}, 45, DAY, NOW, LIMITS)
    assert (found.completeness, found.completeness_before) == (0.75, 1.0)
    (change,) = found.changes
    assert (change.field, change.kind, change.null_share, change.null_share_before) == ("sales_fen", "nulls", 0.5, 0.0)


def test_a_field_that_is_gone_and_one_that_is_new() -> None:
    changes = field_changes(rows(40, tax="vat", paid=1), rows(40, tax="vat", paid_fen=1), LIMITS)
    assert [(each.field, each.kind) for each in changes] == [("paid", "new"), ("paid_fen", "gone")]


def test_yuan_where_there_were_fen() -> None:
    """A hundredth of every amount falls below the lowest tenth of before; the same amounts again do not shift."""
    before = rows(100, sales_fen=lambda number: (number + 1) * 1_000, year=2024)
    assert field_changes(rows(100, sales_fen=lambda number: (number + 1) * 1_000, year=2025), before, LIMITS) == []
    (change,) = field_changes(rows(100, sales_fen=lambda number: (number + 1) * 10, year=2025), before, LIMITS)
    assert change.kind == "shifted" and change.shift is not None and change.shift > 1


def test_few_rows_tell_nothing() -> None:
    assert field_changes(rows(29, tax=None), rows(100, tax="vat"), LIMITS) == []
    assert field_changes(rows(30, tax=None), rows(100, tax="vat"), LIMITS)[0].kind == "gone"
