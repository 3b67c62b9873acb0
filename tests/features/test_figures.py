"""Spread, missing share, strength and stability of variables, by hand."""

from __future__ import annotations

from math import log

import polars as pl
import pytest

from puhui.features.figures import SCHEMA, figures
from puhui.features.figures_page import figures_page


def frame(values: list[float | None], name: str = "x") -> pl.DataFrame:
    return pl.DataFrame({"firm_id": range(len(values)), name: values}, schema={"firm_id": pl.Int64, name: pl.Float64})


def test_spread_and_missing_share() -> None:
    row = figures(frame([None, *range(1, 100)])).row(0, named=True)
    assert set(row) == set(SCHEMA)
    assert (row["firms"], row["missing"]) == (100, pytest.approx(0.01))
    assert (row["least"], row["p25"], row["median"], row["p75"], row["most"]) == (1, 25.5, 50, 74.5, 99)
    assert row["strength"] is None and row["stability"] is None


def test_strength_of_two_groups() -> None:
    """40 firms at 0 of which 10 failed, 40 at 1 of which 30 failed, 20 without a number of which 10 failed."""
    values: list[float | None] = [0] * 40 + [1] * 40 + [None] * 20
    bad = [1] * 10 + [0] * 30 + [1] * 30 + [0] * 10 + [1] * 10 + [0] * 10
    target = pl.DataFrame({"firm_id": range(100), "defaulted": bad})
    goods, bads = [30.5 / 51.5, 10.5 / 51.5, 10.5 / 51.5], [10.5 / 51.5, 30.5 / 51.5, 10.5 / 51.5]
    expected = sum((good - each) * log(good / each) for good, each in zip(goods, bads, strict=True))
    assert figures(frame(values), target)["strength"].item() == pytest.approx(expected)
    # The firms of which no outcome is known count for nothing.
    more = pl.concat([frame(values), frame([5.0] * 50).with_columns(pl.col("firm_id") + 100)])
    assert figures(more, target)["strength"].item() == pytest.approx(expected)
    assert figures(frame(values), target.with_columns(defaulted=pl.lit(0)))["strength"].item() is None


def test_stability_is_zero_for_the_same_and_grows_with_what_moved() -> None:
    day = frame([float(each) for each in range(200)])
    assert figures(day, before=day)["stability"].item() == 0
    moved = figures(day.with_columns(pl.col("x") + 20), before=day)["stability"].item()
    gone = figures(day.with_columns(x=pl.when(pl.col("firm_id") < 100).then(None).otherwise(pl.col("x"))), before=day)["stability"].item()
    assert 0.05 < moved < gone
    assert gone > 0.25
    # A tenth of the firms from the first bin to the last: 20 + 0.5 against 0.5 and 40.5 of 200 + 5.5, eleven bins with the one for null
    low, same, high = 0.5 / 205.5, 20.5 / 205.5, 40.5 / 205.5
    assert moved == pytest.approx((low - same) * log(low / same) + (high - same) * log(high / same))


def test_too_few_firms_say_nothing() -> None:
    few = frame([float(each) for each in range(29)])
    assert figures(few, before=few)["stability"].item() is None
    empty = figures(frame([None] * 40), pl.DataFrame({"firm_id": range(40), "bad": [0, 1] * 20})).row(0, named=True)
    assert empty["missing"] == 1 and empty["median"] is None and empty["strength"] is None


def test_the_page_shows_figures_by_class_and_a_dash_where_nothing_is_said() -> None:
    day = frame([None, *range(1, 100)], "tax_paid_12m").with_columns(si_amt_12m=pl.lit(None, dtype=pl.Float64))
    text = figures_page(figures(day), "Variables of a day", "About them.")
    assert text.startswith("# Variables of a day\n\nAbout them.\n")
    assert "## C06 Tax (1)" in text and "## C08" in text
    assert "| `tax_paid_12m` | Taxes paid, 12 months | CNY | + | 1% | 5.9 | 50 | 94.1 | – | – |" in text
    assert "| 100% | – | – | – | – | – |" in text
