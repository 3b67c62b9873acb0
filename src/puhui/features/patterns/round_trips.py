"""Money that comes in and goes out again: an account that looks busier than the business is.

Looked for are pairs of an inflow and an outflow with the same other side, within days, of nearly the same amount. Idle money that is put
on a term deposit and comes back, and a payment that a bank returned, look alike and are left out by their words.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from puhui.features.patterns.windows import in_window
from puhui.features.windows import AsOf

__all__ = ["round_trip_rows", "round_trips_by_firm"]

WITHIN_DAYS = 4
AMOUNT_WITHIN = 0.05
MONTHS = 12
OWN_MONEY = "定期|定存|理财|结构性存款|通知存款|大额存单|退汇|退回|冲正|转存|赎回|deposit|returned"
BANKS = "银行|信用社|信托|证券|基金|bank"
OFFICES = "税务|国库|金库|社保|公积金|代发|财政"
LEAST_SHARE = 0.05
"""Of a mean month's inflow: smaller movements do not dress up an account."""


def round_trip_rows(flows: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    """Pairs of the last twelve closed months: firm_id, counterparty, in_on, in_fen, out_on, out_fen; no movement is in two pairs.

    flows  account_flow records known at `as_of`: firm_id, booked_on, direction (in, out), amount_fen, counterparty,
           counterparty_account, memo
    """
    text = pl.concat_str(pl.col("memo").fill_null(""), pl.col("counterparty").fill_null(""), separator=" ")
    rows = flows.filter(in_window("booked_on", as_of, MONTHS), pl.col("amount_fen") > 0)
    mean_month = pl.col("amount_fen").filter(pl.col("direction") == "in").sum().over("firm_id") / MONTHS
    large = rows.filter(
        pl.col("amount_fen") >= LEAST_SHARE * mean_month,
        ~text.str.contains(OWN_MONEY),
        ~pl.col("counterparty").fill_null("").str.contains(f"{BANKS}|{OFFICES}"),
    )
    other = pl.coalesce(pl.col("counterparty_account").replace("", None), pl.col("counterparty").replace("", None)).alias("other")
    large = large.with_columns(other).filter(pl.col("other").is_not_null()).with_row_index("move")
    columns = ("move", "booked_on", "amount_fen")
    paid_in, paid_out = (
        large.filter(pl.col("direction") == way).rename(dict(zip(columns, (f"{way}_move", f"{way}_on", f"{way}_fen"), strict=True)))
        for way in ("in", "out")
    )
    paid_out = paid_out.select("firm_id", "other", "out_move", "out_on", "out_fen")
    pairs = paid_in.join(paid_out, on=["firm_id", "other"], how="inner")
    near = (pl.col("out_on") - pl.col("in_on")).abs() <= timedelta(days=WITHIN_DAYS)
    same = (pl.col("out_fen") / pl.col("in_fen") - 1).abs() <= AMOUNT_WITHIN
    pairs = pairs.filter(near & same).sort((pl.col("out_fen") - pl.col("in_fen")).abs(), "in_on", "in_move")
    pairs = pairs.unique("in_move", keep="first", maintain_order=True).unique("out_move", keep="first", maintain_order=True)
    return pairs.select("firm_id", "counterparty", "in_on", "in_fen", "out_on", "out_fen").sort("firm_id", "in_on", "in_fen")


def round_trips_by_firm(rows: pl.DataFrame) -> pl.DataFrame:
    """firm_id, round_trip_n, round_trip_in_fen."""
    return rows.group_by("firm_id").agg(
        pl.len().cast(pl.Float64).alias("round_trip_n"), pl.col("in_fen").sum().cast(pl.Float64).alias("round_trip_in_fen")
    )
