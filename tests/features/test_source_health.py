"""Health of a source, worked by hand: late, out of date, fields that empty, appear or shift."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from puhui.features.source_health import Delivery, field_changes, health_of
from puhui.products.parameters import table

LIMITS = {
    "late_factor": 2, "late_from_deliveries": 3, "null_rise": 0.2, "shift_from": 0.25, "least_rows": 30, "deliveries_before": 5,
    "least_deliveries": 1, "chance": 0.0001, "own_times": 2.0,
}  # fmt: skip
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


def test_files_of_one_day_tell_no_usual_distance() -> None:
    found = health_of(deliveries(9, 9, 9, 9), {}, 45, DAY, NOW, LIMITS)
    assert found.usual_days is None and not found.is_late


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
    changes = field_changes(rows(40, tax="vat", paid=1), [rows(40, tax="vat", paid_fen=1)], LIMITS)
    assert [(each.field, each.kind) for each in changes] == [("paid", "new"), ("paid_fen", "gone")]


def test_yuan_where_there_were_fen() -> None:
    """A hundredth of every amount falls below the lowest tenth of before; the same amounts again do not shift."""
    before = [rows(100, sales_fen=lambda number: (number + 1) * 1_000, year=2024)] * 2
    assert field_changes(rows(100, sales_fen=lambda number: (number + 1) * 1_000, year=2025), before, LIMITS) == []
    (change,) = field_changes(rows(100, sales_fen=lambda number: (number + 1) * 10, year=2025), before, LIMITS)
    assert change.kind == "shifted" and change.shift is not None and change.shift > 1


def test_few_rows_and_few_deliveries_tell_nothing() -> None:
    full = rows(100, tax="vat")
    assert field_changes(rows(29, tax=None), [full], LIMITS) == []
    assert field_changes(rows(30, tax=None), [full], LIMITS)[0].kind == "gone"
    assert field_changes(rows(30, tax=None), [full], LIMITS | {"least_deliveries": 2}) == []
    contents = {10: rows(30, tax=None), 9: full, 8: rows(5, tax="vat")}
    found = health_of(deliveries(1, 31, 61), contents, 45, DAY, NOW, LIMITS | {"least_deliveries": 2})
    assert found.is_short and not found.changes, "a delivery of five rows is no history"


def test_what_earlier_deliveries_differ_among_themselves_is_borne() -> None:
    """Half of the cells were empty once before: half empty now is no change, three quarters are."""
    half = rows(100, paid=lambda number: 1 if number % 2 else None)
    quarter = rows(100, paid=lambda number: 1 if number % 4 == 0 else None)
    earlier = [rows(100, paid=1), half, rows(100, paid=1)]
    assert field_changes(half, earlier, LIMITS) == []
    assert [each.kind for each in field_changes(quarter, earlier, LIMITS)] == ["nulls"]


def test_a_source_that_was_silent_as_long_before_is_not_late() -> None:
    assert not health_of(deliveries(70, 75, 80, 160), {}, 45, DAY, NOW, LIMITS).is_late
    assert health_of(deliveries(90, 95, 100, 180), {}, 45, DAY, NOW, LIMITS).is_late


def feed(random: np.random.Generator, drift: str) -> tuple[list[Delivery], dict[int, list[dict[str, Any]]]]:
    """Six deliveries of one source, each of 40 to 300 rows with fields that vary from one to the next as those of real sources do: a level
    that moves by a tenth, shares of empty cells that wander. The newest drifts as told: nulls, gone, shape, late or not at all."""
    level, empty = random.uniform(3, 12, 4), random.uniform(0, 0.3, 4)
    contents = {}
    for batch in range(10, 4, -1):
        count = int(random.integers(40, 300))
        levels = level + random.normal(0, 0.1, 4)
        shares = np.clip(empty + random.normal(0, 0.03, 4), 0, 1)
        newest = batch == 10
        if newest and drift == "shape":
            levels[0] += random.choice([-1, 1]) * random.uniform(1.2, 9.2)  # another product mix, up to fen for ten thousands of yuan
        if newest and drift in ("nulls", "gone"):
            shares[1] = 1.0 if drift == "gone" else shares[1] + random.uniform(0.35, 0.6)
        values = np.exp(random.normal(levels, 1.0, (count, 4)))
        absent = random.uniform(size=(count, 4)) < shares
        contents[batch] = [
            {f"f{place}": None if absent[row, place] else float(values[row, place]) for place in range(4)} for row in range(count)
        ]
    between = np.maximum(random.normal(30, 3, 5), 10)
    silence = random.uniform(75, 120) if drift == "late" else random.uniform(1, 40)
    days = [round(float(each), 2) for each in silence + np.concatenate([[0], between.cumsum()])]
    return [replace(each, received_at=NOW - timedelta(days=ago)) for each, ago in zip(deliveries(*range(6)), days, strict=True)], contents


def test_planted_drift_is_found_and_nothing_else() -> None:
    """The limits of the table itself, on 400 feeds of which half drift: each kind found in nine of ten, and nine of ten findings right."""
    limits = table("source-health").row(DAY)
    random, kinds = np.random.default_rng(20251), ("nulls", "gone", "shape", "late")
    found, planted, false = dict.fromkeys(kinds, 0), dict.fromkeys(kinds, 0), 0
    for number in range(400):
        drift = kinds[number // 2 % 4] if number % 2 else ""
        health = health_of(*feed(random, drift), 10_000, DAY, NOW, limits)
        told = {(each.field, {"shifted": "shape"}.get(each.kind, each.kind)) for each in health.changes} | (
            {("", "late")} if health.is_late else set()
        )
        right = {("f0", "shape"), ("f1", "nulls"), ("f1", "gone"), ("", "late")}
        hit = any(kind == drift and (name, kind) in right for name, kind in told)
        found[drift or "late"] += hit
        planted[drift or "late"] += bool(drift)
        false += len({(name, kind) for name, kind in told if kind != drift})
    hits = sum(found.values())
    recall, precision = {kind: found[kind] / planted[kind] for kind in kinds}, hits / (hits + false)
    assert planted == dict.fromkeys(kinds, 50)
    assert precision >= 0.95 and min(recall.values()) >= 0.9, (precision, recall)
