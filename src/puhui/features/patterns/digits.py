"""First digits of invoiced amounts against Benford's law: one weak hint among others, and only where there are many invoices.

Amounts that grew out of many prices and quantities begin with 1 in three cases of ten, with 9 in one of twenty. Invented ones are spread
more evenly; but so are those of a firm with few products at fixed prices, so nothing follows from this alone.
"""

from __future__ import annotations

import math

import polars as pl

from puhui.features.patterns.windows import in_window
from puhui.features.windows import AsOf

__all__ = ["LEAST_INVOICES", "first_digit_deviation"]

LEAST_INVOICES = 300
MONTHS = 12
EXPECTED = {digit: math.log10(1 + 1 / digit) for digit in range(1, 10)}


def first_digit_deviation(invoices: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    """firm_id, digit_n, digit_deviation: mean absolute deviation of the shares of the first digits of sales (Nigrini 2012: 0.015 and
    above does not conform); null below `LEAST_INVOICES` invoices in twelve closed months."""
    sales = invoices.filter(
        in_window("issued_on", as_of, MONTHS), pl.col("direction") == "out", pl.col("status") == "normal", pl.col("amount_fen") > 0,
        ~pl.col("duplicate"),
    )  # fmt: skip
    digit = pl.col("amount_fen").cast(pl.String).str.slice(0, 1).cast(pl.Int64)
    count = pl.len().cast(pl.Float64)
    deviation = pl.sum_horizontal(((digit == d).mean() - expected).abs() for d, expected in EXPECTED.items()) / 9
    return (
        sales.group_by("firm_id")
        .agg(count.alias("digit_n"), deviation.alias("digit_deviation"))
        .with_columns(pl.when(pl.col("digit_n") >= LEAST_INVOICES).then(pl.col("digit_deviation")).alias("digit_deviation"))
    )
