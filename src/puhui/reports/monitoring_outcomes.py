"""What came of the loans that a score decided, month by month of payout: does it still order them, and were its probabilities true?

A loan shows what it is worth only after some time: nearly all young ones are in order. So a month of payout counts as settled when its
youngest loan is as old as the table `score-monitoring` says (`settled_months`). More defaults than expected mean something at any age, the
more the younger the loans; fewer mean something of settled months only, and only these are held against the development sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from puhui.calculations.calendar import add_months
from puhui.reports.titles import title
from puhui.scoring import monitoring

__all__ = ["development_ks", "order_rows", "settled_until", "truth_rows"]

Rows = list[tuple[Any, ...]]
NAMES = ("month", "cases", "expected", "events", "low", "high")


def settled_until(as_of: date, months: int) -> str:
    """The last month of payout (2026-03) of which every loan is at least so many months old."""
    return f"{add_months((as_of + timedelta(days=1)).replace(day=1), -months - 1):%Y-%m}"


def development_ks(body: Mapping[str, Any]) -> float | None:
    """KS on the cases of the development sample that the fit had not seen; None where the model's file does not tell."""
    told = body.get("training", {}).get("ks_mean")
    return float(told) if told else None


def order_rows(name: str, body: Mapping[str, Any], loans: pl.DataFrame, until: str, language: str) -> Rows:
    """(model, month, loans, defaults, auc, ks): first of the development sample, then by month, then of all settled months together."""
    training, settled = body.get("training", {}), loans.filter(pl.col("month") <= until)
    rows: Rows = [(name, *each) for each in monitoring.vintages(loans).rows()]
    if rows and development_ks(body) is not None:
        told = [training.get(each) for each in ("n", "events", "auc_mean", "ks_mean")]
        rows.insert(0, (name, title("development_sample", language), *told))
    if len(settled):
        rows.append((name, title("settled_loans", language), *monitoring.order_of(settled).values()))
    return rows


def truth_rows(name: str, loans: pl.DataFrame, until: str) -> Rows:
    """(model, month, loans, expected, defaults, low, high, chance of what was seen, `yes`, `no` or `young`: whether it holds)."""
    rows: Rows = []
    for month in monitoring.calibration(loans).rows(named=True):
        young = month["month"] > until and month["events"] < month["low"]
        chance = monitoring.chance_of_events(month["cases"], month["expected"], month["events"])
        rows.append((name, *(month[each] for each in NAMES), chance, "young" if young else "yes" if month["holds"] else "no"))
    return rows
