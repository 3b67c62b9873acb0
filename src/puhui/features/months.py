"""Months counted back from the as-of date, for records that come by month or by day: what the classes' measures are made of on polars.

Month 1 is the last closed month, month 2 the one before it, month 0 the one still running (see `puhui.features.windows`). The months of a
firm that are *known* begin with its first record: what lies before is unknown, not zero.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from puhui.features.windows import WINDOWS, AsOf

__all__ = ["count", "date_at", "history_months", "in_window", "largest", "latest", "mean", "month_back", "months_since", "total"]


def month_back(column: str, as_of: AsOf, lag_days: int = 0) -> pl.Expr:
    """How many months back a date lies: 1 in the last closed month (that was reported by the as-of day, `lag_days` after its end)."""
    day, last = pl.col(column), as_of.last_reported_month(lag_days) if lag_days else as_of.last_closed_month
    return last + 1 - (day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64))


def date_at(as_of: AsOf) -> pl.Expr:
    """The as-of day."""
    return pl.lit(as_of.day, dtype=pl.Date)


def in_window(window: str | int, month: str = "month") -> pl.Expr:
    """Whether the row's `month` lies in a window of `WINDOWS`, or within so many closed months."""
    first, last = WINDOWS[window] if isinstance(window, str) else (1, window)
    return pl.col(month).is_between(first, last)


def total(column: str, window: str | int) -> pl.Expr:
    """Sum over the rows of a window, inside an aggregation; null where the window has no row with a value."""
    inside = pl.col(column).filter(in_window(window) & pl.col(column).is_not_null())
    return pl.when(inside.len() > 0).then(inside.sum()).cast(pl.Float64)


def mean(column: str, window: str | int) -> pl.Expr:
    """Mean over the rows of a window, inside an aggregation; null where there is none."""
    return pl.col(column).filter(in_window(window)).mean()


def count(condition: pl.Expr, window: str | int | None = None) -> pl.Expr:
    """Number of rows (of a window) where the condition holds, inside an aggregation; zero where none does."""
    held = condition.fill_null(False) & (in_window(window) if window is not None else True)
    return held.sum().cast(pl.Float64)


def largest(column: str, window: str | int) -> pl.Expr:
    """Largest value over the rows of a window, inside an aggregation; null where there is none."""
    return pl.col(column).filter(in_window(window)).max().cast(pl.Float64)


def latest(column: str, by: str = "observed_on") -> pl.Expr:
    """The value of the row that was true last and has one, inside an aggregation; of rows of one day, the one known last."""
    told = pl.col(column).is_not_null()
    return pl.col(column).filter(told).sort_by(*(pl.col(name).filter(told) for name in (by, "known_at", "record_id"))).last()


def history_months(column: str = "month") -> pl.Expr:
    """Known closed months, inside an aggregation: since the first row; 0 where the first lies in the month still running."""
    return pl.col(column).max().clip(lower_bound=0).cast(pl.Float64)


def months_since(day: pl.Expr, as_of: AsOf) -> pl.Expr:
    """Whole months from a date to the as-of day."""
    at: date = as_of.day
    months = at.year * 12 + at.month - (day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64))
    return (months - (day.dt.day() > at.day).cast(pl.Int64)).cast(pl.Float64)
