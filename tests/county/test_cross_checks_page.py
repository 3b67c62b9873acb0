"""The worked circle of docs/algorithms/cross-checks.md is a circle, and the table of figures is what the tests demand at least."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from tests.county.test_cross_checks import DEMANDED, LOOKS_FOR

from puhui.features.patterns.circles import circle_rows
from puhui.features.windows import AsOf

PAGE = (Path(__file__).parents[2] / "docs" / "algorithms" / "cross-checks.md").read_text(encoding="utf-8")
STEP = re.compile(r"^\| (\d) \| (\d) \| (\d{4}-\d\d-\d\d) \| ([\d,.]+) \|$", re.M)
SCORE = re.compile(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+) \| (\d+) \|$", re.M)


def sales(amounts: dict[int, int]) -> pl.DataFrame:
    """The steps of the page as told by their sellers, some with another amount in fen."""
    rows = [
        {
            "firm_id": int(seller), "direction": "out", "issued_on": date.fromisoformat(day), "counterparty": f"firm {buyer}",
            "amount_fen": amounts.get(int(seller), round(float(amount.replace(",", "")) * 100)), "status": "normal", "duplicate": False,
            "known_at": datetime(2023, 5, 1, tzinfo=UTC),
        }
        for seller, buyer, day, amount in STEP.findall(PAGE)
    ]  # fmt: skip
    assert len(rows) == 3
    return pl.DataFrame(rows)


def test_the_worked_circle() -> None:
    parties = pl.DataFrame({"counterparty": [f"firm {n}" for n in (1, 2, 3)], "party": [f"firm:{n}" for n in (1, 2, 3)]})
    as_of = AsOf(date(2023, 12, 31))
    found = circle_rows(sales({}), parties, as_of)
    assert found["circle_fen"].unique().to_list() == [99_500_00] and "99,500.00 yuan go round" in PAGE
    assert circle_rows(sales({2: 120_000_00}), parties, as_of).is_empty()


def test_the_table_of_figures() -> None:
    scores = {name: (float(precision), float(recall)) for name, precision, recall, _ in SCORE.findall(PAGE)}
    assert scores.keys() <= LOOKS_FOR.keys() and scores.keys() >= set(DEMANDED)
    assert all(scores[name][0] >= 0.9 and scores[name][1] >= 0.8 for name in DEMANDED)
