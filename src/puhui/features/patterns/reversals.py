"""Invoices written for a report and taken back after it.

A lender, a tax form or a buyer of shares looks at a quarter's sales; so some firms write large invoices in its last days and reverse them
in full in the month after. Goods come back at any time and in parts, and an order may be cancelled once; what tells the pattern is the
place in the quarter, the full amount, and that it happens again.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from puhui.features.patterns.windows import in_window
from puhui.features.windows import AsOf

__all__ = ["LAST_DAYS", "REVERSED_WITHIN_DAYS", "reversal_rows", "reversals_by_firm"]

LAST_DAYS = 6
"""The last days of a quarter in which invoices for a report are written."""

REVERSED_WITHIN_DAYS = 45
FULL_WITHIN = 0.01
MONTHS = 15
"""Twelve closed months, and the quarter before, whose reversals fell in them."""


def reversal_rows(invoices: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    """Sales of the last days of a quarter that were reversed in full, or voided, after its end.

    Columns firm_id, counterparty, issued_on, amount_fen, reversed_on (null where it was voided and the day is not known), quarter_end.
    """
    sales = invoices.filter(in_window("issued_on", as_of, MONTHS), pl.col("direction") == "out", ~pl.col("duplicate"))
    quarter_end = pl.col("issued_on").dt.month_end()
    late = sales.filter(pl.col("issued_on").dt.month() % 3 == 0, (quarter_end - pl.col("issued_on")) < timedelta(days=LAST_DAYS))
    blue = late.filter(pl.col("amount_fen") > 0, pl.col("status") == "normal").with_columns(quarter_end.alias("quarter_end"))
    red = sales.filter((pl.col("status") == "red") | (pl.col("amount_fen") < 0)).select(
        "firm_id", "counterparty", pl.col("issued_on").alias("reversed_on"), (-pl.col("amount_fen").abs()).alias("red_fen")
    )
    pairs = blue.with_row_index("blue").join(red.with_row_index("red"), on=["firm_id", "counterparty"], how="inner")
    after = (pl.col("reversed_on") > pl.col("quarter_end")) & (
        pl.col("reversed_on") - pl.col("issued_on") <= timedelta(days=REVERSED_WITHIN_DAYS)
    )
    full = (pl.col("red_fen") / pl.col("amount_fen") + 1).abs() <= FULL_WITHIN
    pairs = pairs.filter(after & full).sort("reversed_on").unique("blue", keep="first", maintain_order=True)
    pairs = pairs.unique("red", keep="first", maintain_order=True)
    columns = ["firm_id", "counterparty", "issued_on", "amount_fen", "reversed_on", "quarter_end"]
    return pl.concat([pairs.select(columns), _voided(late).select(columns)]).sort("firm_id", "issued_on", "amount_fen")


def _voided(late: pl.DataFrame) -> pl.DataFrame:
    """Late invoices that stand as void and came to be known as such after the quarter: `known_at` is that of the row that says so."""
    void = late.filter(pl.col("status") == "void", pl.col("amount_fen") > 0).with_columns(
        pl.col("issued_on").dt.month_end().alias("quarter_end"), pl.col("known_at").cast(pl.Date).alias("reversed_on")
    )
    return void.filter(
        pl.col("reversed_on") > pl.col("quarter_end"),
        pl.col("reversed_on") - pl.col("issued_on") <= timedelta(days=REVERSED_WITHIN_DAYS),
    )


def reversals_by_firm(rows: pl.DataFrame) -> pl.DataFrame:
    """firm_id, reversed_quarters (quarters in which it happened) and reversed_after_fen (amounts written and taken back)."""
    return rows.group_by("firm_id").agg(
        pl.col("quarter_end").n_unique().cast(pl.Float64).alias("reversed_quarters"),
        pl.col("amount_fen").sum().cast(pl.Float64).alias("reversed_after_fen"),
    )
