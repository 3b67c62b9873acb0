"""Supply chains, parcels, warehouses and farms (class C17): orders that an anchor firm confirmed, and goods and land that can be seen.

Where the field's list leaves something open:

    sc_core_buyer_grade        of the anchors known, best: AAA 5, AA+ 4, AA 3, A 2, below 1
    sc_core_relation_months    of the longest trade with an anchor
    sc_order_open_amt          orders confirmed by the anchor that are open, less what was delivered of them
    sc_receivable_confirmed_amt  confirmed and not paid by the as-of day
    sc_payment_delay_days_avg  paid − due over orders and confirmed receivables paid within twelve months; early payments count below zero
    sc_anchor_limit_left       newest quota of each anchor less what is used
    sc_chain_depth             tier of the firm, the one farthest from an anchor where there are several
    sc_return_rate             goods sent back against goods delivered, orders of twelve months
    lg_parcel_cnt_90d          carriers report by month: the last three closed months
    lg_parcel_vs_order_ratio   parcels of twelve months against the orders of the same months on platforms
    wh_stock_value             newest report of each warehouse, after its haircut where one is given
    wh_stock_turn_days         that stock before haircut against a day's purchases of twelve months by invoices (cost of sales is not known)
    wh_stock_break_cnt         reports of twelve months whose count differs from the books by more than `COUNT_WITHIN`
    agri_crop_income_est       area × yield × price of the newest statement of each crop that gives all three
    agri_village_list          white 1, grey 0, negative −1, of the newest review
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import narwhals as nw
import polars as pl

from puhui.features.formulas import ratio, yuan
from puhui.features.months import count, date_at, in_window, month_back, months_since, total
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C17"
RECORDS = (
    "chain_order",
    "chain_standing",
    "receivable_confirmation",
    "parcel_month",
    "stock_report",
    "farm_asset",
    "farm_subsidy",
    "village_list",
)

GRADES = {"aaa": 5.0, "aa_plus": 4.0, "aa": 3.0, "a": 2.0, "below_a": 1.0}
LISTS = {"white": 1.0, "grey": 0.0, "negative": -1.0}
COUNT_WITHIN = 0.01
DAYS_OF_YEAR = 365.0


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm with a record of any of these kinds; amounts in fen."""
    stages = (
        _orders(frames["chain_order"], as_of),
        _standing(frames["chain_standing"], as_of),
        _confirmed(frames["receivable_confirmation"], as_of),
        _delays(frames["chain_order"], frames["receivable_confirmation"], as_of),
        _parcels(frames["parcel_month"], as_of),
        _stock(frames["stock_report"], as_of),
        _farm(frames["farm_asset"]),
        _subsidies(frames["farm_subsidy"], as_of),
        _village(frames["village_list"]),
    )
    firms = pl.concat([stage.select("firm_id") for stage in stages]).unique()
    return reduce(lambda whole, stage: whole.join(stage, on="firm_id", how="left"), stages, firms)


def _orders(orders: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    rows = orders.with_columns(month=month_back("ordered_on", as_of))
    confirmed = pl.col("confirmed").fill_null(False) & (pl.col("status") == "open").fill_null(False)
    left = (pl.col("amount_fen") - pl.col("delivered_fen").fill_null(0)).clip(lower_bound=0)
    return rows.group_by("firm_id").agg(
        sc_open=pl.when(confirmed).then(left).otherwise(0).sum().cast(pl.Float64),
        sc_delivered=total("delivered_fen", "12m"),
        sc_returned=pl.col("returned_fen").filter(in_window("12m")).sum().cast(pl.Float64),
        sc_disputes=count(pl.col("disputed"), "12m"),
    )


def _newest(rows: pl.LazyFrame, key: str) -> pl.LazyFrame:
    return rows.sort("stated_on", "known_at", "record_id").unique(["firm_id", key], keep="last", maintain_order=True)


def _standing(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    newest = _newest(rows, "anchor").with_columns(
        grade=pl.col("grade").replace_strict(GRADES, default=None, return_dtype=pl.Float64),
        months=months_since(pl.col("since_on"), as_of),
        left=pl.col("quota_fen") - pl.col("used_fen"),
    )
    left = pl.col("left").drop_nulls()
    return newest.group_by("firm_id").agg(
        sc_grade=pl.col("grade").max(), sc_months=pl.col("months").max(), sc_tier=pl.col("tier").max().cast(pl.Float64),
        sc_limit_left=pl.when(left.len() > 0).then(left.sum()).cast(pl.Float64),
    )  # fmt: skip


def _confirmed(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    unpaid = pl.col("paid_on").is_null() | (pl.col("paid_on") > date_at(as_of))
    return rows.group_by("firm_id").agg(sc_receivable=pl.col("amount_fen").filter(unpaid).sum().cast(pl.Float64))


def _delays(orders: pl.LazyFrame, confirmed: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    rows = pl.concat([frame.select("firm_id", "due_on", "paid_on") for frame in (orders, confirmed)])
    paid = rows.filter(pl.col("due_on").is_not_null()).with_columns(month=month_back("paid_on", as_of)).filter(in_window("12m"))
    return paid.group_by("firm_id").agg(sc_delay_days=(pl.col("paid_on") - pl.col("due_on")).dt.total_days().mean())


def _parcels(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    dated = rows.with_columns(month=month_back("month", as_of))
    return dated.group_by("firm_id").agg(
        lg_parcels_3m=total("parcels", "3m"), lg_parcels_12m=total("parcels", "12m"), lg_freight=total("freight_fen", "12m")
    )


def _stock(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    newest = _newest(rows, "warehouse").group_by("firm_id").agg(
        wh_value=pl.col("value_fen").sum().cast(pl.Float64),
        wh_after_haircut=(pl.col("value_fen") * (1 - pl.col("haircut").fill_null(0.0))).sum(),
    )  # fmt: skip
    off = (pl.col("counted_fen") - pl.col("value_fen")).abs() > COUNT_WITHIN * pl.col("value_fen")
    counted = rows.with_columns(month=month_back("stated_on", as_of)).filter(pl.col("counted_fen").is_not_null())
    return newest.join(counted.group_by("firm_id").agg(wh_breaks=count(off, "12m")), on="firm_id", how="left")


def _farm(rows: pl.LazyFrame) -> pl.LazyFrame:
    newest = rows.sort("stated_on", "known_at", "record_id").unique(["firm_id", "kind", "asset"], keep="last", maintain_order=True)
    kind = pl.col("kind")

    def summed(value: pl.Expr, which: str) -> pl.Expr:
        told = value.filter((kind == which) & value.is_not_null())
        return pl.when(told.len() > 0).then(told.sum()).cast(pl.Float64)

    insured = pl.col("insured").filter(kind != "land").drop_nulls()
    return newest.group_by("firm_id").agg(
        agri_area=summed(pl.col("area_mu"), "land"),
        agri_income=summed(pl.col("area_mu") * pl.col("yield_per_mu") * pl.col("price_fen"), "crop"),
        agri_heads=summed(pl.col("heads"), "livestock"),
        agri_insured=pl.when(insured.len() > 0).then(insured.any()).cast(pl.Float64),
    )


def _subsidies(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    return (
        rows.with_columns(month=month_back("paid_on", as_of))
        .group_by("firm_id")
        .agg(agri_subsidy=total("amount_fen", "12m").fill_null(0.0))
    )


def _village(rows: pl.LazyFrame) -> pl.LazyFrame:
    placed = rows.with_columns(place=pl.col("list").replace_strict(LISTS, default=None, return_dtype=pl.Float64))
    return placed.sort("stated_on", "known_at", "record_id").group_by("firm_id", maintain_order=True).agg(agri_list=pl.col("place").last())


def _m(name: str) -> nw.Expr:
    return nw.col(name)


VARIABLES = (
    Variable("sc_core_buyer_grade", "grade", "+", "newest", _m("sc_grade")),
    Variable("sc_core_relation_months", "months", "+", "newest", _m("sc_months")),
    Variable("sc_order_open_amt", "CNY", "+", "newest", yuan(_m("sc_open"))),
    Variable("sc_receivable_confirmed_amt", "CNY", "+", "newest", yuan(_m("sc_receivable"))),
    Variable("sc_payment_delay_days_avg", "days", "-", "12m", _m("sc_delay_days"), declared_bounds=(None, None)),
    Variable("sc_anchor_limit_left", "CNY", "P", "newest", yuan(_m("sc_limit_left"))),
    Variable("sc_chain_depth", "n", "-", "newest", _m("sc_tier")),
    Variable("sc_return_rate", "ratio", "-", "12m", ratio(_m("sc_returned"), _m("sc_delivered"))),
    Variable("sc_dispute_cnt_12m", "n", "-", "12m", _m("sc_disputes")),
    Variable("lg_parcel_cnt_90d", "n", "+", "3m", _m("lg_parcels_3m")),
    Variable("lg_parcel_vs_order_ratio", "ratio", "n", "12m", ratio(_m("lg_parcels_12m"), _m("ec_orders_12m"))),
    Variable("lg_freight_amt_12m", "CNY", "n", "12m", yuan(_m("lg_freight"))),
    Variable("wh_stock_value", "CNY", "+", "newest", yuan(_m("wh_after_haircut"))),
    Variable("wh_stock_turn_days", "days", "-", "newest/12m", ratio(_m("wh_value"), _m("in_net_12m") / DAYS_OF_YEAR)),
    Variable("wh_stock_break_cnt", "n", "-", "12m", _m("wh_breaks")),
    Variable("agri_area_mu", "mu", "+", "newest", _m("agri_area"), personal=True),
    Variable("agri_crop_income_est", "CNY", "+", "newest", yuan(_m("agri_income")), personal=True),
    Variable("agri_livestock_cnt", "n", "+", "newest", _m("agri_heads"), personal=True),
    Variable("agri_subsidy_amt_12m", "CNY", "+", "12m", yuan(_m("agri_subsidy")), personal=True),
    Variable("agri_insurance_flag", "0/1", "+", "newest", _m("agri_insured"), personal=True),
    Variable("agri_village_list", "code", "n", "newest", _m("agri_list"), personal=True),
)  # fmt: skip

LEFT_OUT: tuple[LeftOut, ...] = ()
