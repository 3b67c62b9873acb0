"""The window of the patterns, as dates."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from puhui.features.windows import AsOf

EPOCH = date(1970, 1, 1)


def in_window(column: str, as_of: AsOf, months: int) -> pl.Expr:
    """Whether a date lies in the last `months` closed months."""
    first, last = (EPOCH + timedelta(days=day) for day in (as_of.window_start_day(months), as_of.window_end_day))
    return pl.col(column).is_between(first, last)
