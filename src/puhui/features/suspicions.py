"""What looks like dressing up, as numbers: circles, sales taken back after a report, sudden suppliers, money in and out.

Each is a flag with rows behind it (`puhui.features.patterns`), never a verdict: a rule that uses one refers the case to a person.
Definitions here go beyond the field's list where its formula is too short to act on: `inv_circular_flag` asks for circles in at least
two months that carry at least a twentieth of the sales, because a single coincidence of amounts is not a pattern.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import narwhals as nw
import polars as pl

from puhui.features.formulas import ratio
from puhui.features.patterns.circles import circle_rows, circles_by_firm
from puhui.features.patterns.digits import first_digit_deviation
from puhui.features.patterns.reversals import reversal_rows, reversals_by_firm
from puhui.features.patterns.round_trips import round_trip_rows, round_trips_by_firm
from puhui.features.patterns.windows import in_window
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["EAGER", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C07"
RECORDS = ("invoice", "account_flow", "counterparty")
EAGER = True
LEFT_OUT: tuple[LeftOut, ...] = ()

CIRCLE_MONTHS = 2
CIRCLE_SHARE = 0.05
SUDDEN_MONTHS = 3
MONTH_END_DAYS = 3

_COUNTS = ("circle_n", "circle_months", "circle_sales_fen", "reversed_quarters", "reversed_after_fen", "round_trip_n", "round_trip_in_fen")


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm: sus_… measures; zero where there are invoices (or flows) and nothing was found, null where there are none.

    frames  invoice (canonical), account_flow, and counterparty: columns counterparty (text of an invoice) and party (see `circle_rows`)
    """
    invoices, flows = frames["invoice"].collect(), frames["account_flow"].collect()
    parties = frames["counterparty"].collect()
    by_invoice = [
        _invoiced(invoices, as_of),
        circles_by_firm(circle_rows(invoices, parties, as_of)),
        reversals_by_firm(reversal_rows(invoices, as_of)),
        first_digit_deviation(invoices, as_of),
        _sudden(invoices, as_of),
        _ratios(invoices, as_of),
    ]
    by_flow = [_inflow(flows, as_of), round_trips_by_firm(round_trip_rows(flows, as_of))]
    joined = [reduce(lambda left, right: left.join(right, on="firm_id", how="left"), stages) for stages in (by_invoice, by_flow)]
    zeros = [frame.with_columns(pl.col(name).fill_null(0.0) for name in _COUNTS if name in frame.columns) for frame in joined]
    whole = zeros[0].join(zeros[1], on="firm_id", how="full", coalesce=True)
    return whole.rename({name: f"sus_{name}" for name in whole.columns if name != "firm_id"}).lazy()


def _standing(invoices: pl.DataFrame, direction: str) -> pl.DataFrame:
    return invoices.filter(pl.col("direction") == direction, pl.col("status") == "normal", pl.col("amount_fen") > 0, ~pl.col("duplicate"))


def _invoiced(invoices: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    """firm_id, sales_fen of twelve closed months, and how much of it was written in the last days of a month."""
    sales = _standing(invoices, "out").with_columns(pl.col("amount_fen").cast(pl.Float64))
    recent = pl.when(in_window("issued_on", as_of, 12)).then(pl.col("amount_fen")).otherwise(0.0)
    late = pl.col("issued_on").dt.month_end() - pl.col("issued_on") < pl.duration(days=MONTH_END_DAYS)
    return sales.group_by("firm_id").agg(
        recent.sum().alias("sales_fen"), pl.when(late).then(recent).otherwise(0.0).sum().alias("month_end_fen")
    )


def _sudden(invoices: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    """firm_id, and what suppliers first seen in the last three closed months account for of the purchases of those months."""
    bought = _standing(invoices, "in").filter(pl.col("counterparty").fill_null("") != "")
    recent = in_window("issued_on", as_of, SUDDEN_MONTHS)
    older = bought.filter(~in_window("issued_on", as_of, SUDDEN_MONTHS)).select("firm_id", "counterparty").unique()
    known = older.with_columns(pl.lit(True).alias("known"))
    rows = bought.filter(recent).join(known, on=["firm_id", "counterparty"], how="left").with_columns(pl.col("known").fill_null(False))
    history = older.select("firm_id").unique()
    amount = pl.col("amount_fen").cast(pl.Float64)
    return (
        rows.join(history, on="firm_id", how="semi")
        .group_by("firm_id")
        .agg(amount.sum().alias("bought_3m_fen"), amount.filter(~pl.col("known")).sum().alias("bought_sudden_fen"))
    )


def _ratios(invoices: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    """firm_id, purchases against sales of the last six closed months (ratio_now) and of months 13 to 24 (ratio_before)."""
    amount, out = pl.col("amount_fen").cast(pl.Float64), pl.col("direction") == "out"
    net = invoices.filter(pl.col("status").is_in(["normal", "red"]), ~pl.col("duplicate"))
    recent = in_window("issued_on", as_of, 6)
    before = in_window("issued_on", as_of, 24) & ~in_window("issued_on", as_of, 12)
    sums = net.group_by("firm_id").agg(
        amount.filter(recent & out).sum().alias("sold_now"), amount.filter(recent & ~out).sum().alias("bought_now"),
        amount.filter(before & out).sum().alias("sold_before"), amount.filter(before & ~out).sum().alias("bought_before"),
    )  # fmt: skip
    return sums.select(
        "firm_id",
        *(
            pl.when(pl.col(f"sold_{when}") > 0).then(pl.col(f"bought_{when}") / pl.col(f"sold_{when}")).alias(f"ratio_{when}")
            for when in ("now", "before")
        ),
    )


def _inflow(flows: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    paid_in = (pl.col("direction") == "in") & in_window("booked_on", as_of, 12)
    return flows.group_by("firm_id").agg(pl.col("amount_fen").filter(paid_in).sum().cast(pl.Float64).alias("inflow_fen"))


def _measure(name: str) -> nw.Expr:
    return nw.col(f"sus_{name}")


_circle_share = ratio(_measure("circle_sales_fen"), _measure("sales_fen"))

VARIABLES = (
    Variable("inv_circular_share_12m", "ratio", "-", "12m", _circle_share, 0, ()),
    Variable("inv_circular_months_12m", "n", "-", "12m", _measure("circle_months"), 0, ()),
    Variable(
        "inv_circular_flag", "0/1", "-", "12m",
        nw.when(~_measure("circle_months").is_null()).then(
            nw.when((_measure("circle_months") >= CIRCLE_MONTHS) & (_circle_share >= CIRCLE_SHARE)).then(1.0).otherwise(0.0)
        ), 0, (),
    ),
    Variable("inv_reversed_after_quarter_n", "n", "-", "15m", _measure("reversed_quarters"), 0, ()),
    Variable("inv_reversed_after_quarter_share", "ratio", "-", "15m", ratio(_measure("reversed_after_fen"), _measure("sales_fen")), 0, ()),
    Variable("inv_month_end_share", "ratio", "-", "12m", ratio(_measure("month_end_fen"), _measure("sales_fen")), 0, ()),
    Variable("inv_sudden_supplier_share", "ratio", "-", "3m", ratio(_measure("bought_sudden_fen"), _measure("bought_3m_fen")), 0, ()),
    Variable("inv_in_out_ratio_rise", "ratio", "n", "6m/13-24m", _measure("ratio_now") - _measure("ratio_before"), 0, ()),
    Variable("inv_first_digit_deviation", "ratio", "-", "12m", _measure("digit_deviation"), 0, ()),
    Variable("flow_round_trip_n_12m", "n", "-", "12m", _measure("round_trip_n"), 0, (), evidence_class="C15"),
    Variable(
        "flow_round_trip_share_12m", "ratio", "-", "12m", ratio(_measure("round_trip_in_fen"), _measure("inflow_fen")), 0, (),
        evidence_class="C15",
    ),
)  # fmt: skip
