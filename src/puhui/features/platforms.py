"""Sales on platforms (class C17), from daily reports of shops: how much, how steady, how much comes back, and whether it is real.

A day without a row is a day without sales, once a shop has begun. Windows of days end `KNOWN_AFTER_DAYS` before the as-of day, because
the report of a day comes on the next. Where the field's list leaves something open:

    ec_*_12m, ec_yoy          closed months; sales are gmv less cancelled orders, net sales those less refunds
    ec_7d_vs_28d              mean day of the last 7 days against that of the last 28
    ec_refund_rate_*          refunds of the days against the sales of the same days (not of the same orders)
    ec_active_sku_cnt         largest number of one day of 30, over all shops: daily reports do not tell which goods
    ec_repeat_buyer_share     buyers of 90 days counted once a day
    ec_ad_cost_to_sales       12 months
    ec_fake_order_score       orders that the platform suspects, of all orders of 90 days
    ec_shop_rating            mean over the newest statement of each shop; the balance is their sum, the age that of the oldest shop
    ec_settle_days            mean of 90 days weighted by what was settled
    ec_multi_platform_hhi     sales of 12 months by platform
    ec_payments_7d_vs_28d, ec_payments_30d_vs_365d, ec_active_days_90d   the same from numbers of orders, for sources that give counts only
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw

from puhui.features import engines
from puhui.features.formulas import change, ratio, yuan
from puhui.features.portable import Frame, day_of, joined, known, month_of, only, quotient, where, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf, day_number

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C17"
RECORDS = ("platform_day", "shop")
PORTABLE = True
DEFINED_BY = ("portable.py",)

KNOWN_AFTER_DAYS = 1
DAYS_OF_MONTH = 30.4375
SUMS = {
    "7d": ("gmv", "refund", "orders"),
    "28d": ("gmv", "orders"),
    "30d": ("gmv", "refund", "orders"),
    "90d": ("orders", "disputes", "buyers", "repeat_buyers", "suspect_orders", "settled", "settled_days"),
    "365d": ("orders",),
}
TOLD = ("disputes", "buyers", "repeat_buyers", "suspect_orders", "settled", "refund", "ad_cost", "penalties", "gmv")
"""Columns that a source may lack altogether; then what rests on them is unknown, not zero."""


def measures(frames: Mapping[str, Any], as_of: AsOf) -> Any:
    """One row per firm with a shop; amounts in fen."""
    rows = engines.shared(_rows(known(frames["platform_day"], as_of), as_of))
    shops = engines.shared(known(frames["shop"], as_of))
    firms = nw.concat([rows.select("firm_id"), shops.select("firm_id")]).unique()
    return joined(firms, _sums(rows), _days(rows), _platforms(rows), _shops(shops, as_of)).to_native()


def _rows(reports: Frame, as_of: AsOf) -> Frame:
    """A shop's day: month back, days back (0 is the last day that counts), amounts in fen less what was cancelled."""
    last = day_number(as_of.day) - KNOWN_AFTER_DAYS
    fen = {name: nw.col(f"{name}_fen").cast(nw.Float64) for name in ("refund", "ad_cost", "settled")}
    counts = {
        name: nw.col(name).cast(nw.Float64) for name in ("orders", "disputes", "buyers", "repeat_buyers", "suspect_orders", "penalties")
    }
    gmv = nw.col("gmv_fen").cast(nw.Float64) - nw.col("cancelled_fen").cast(nw.Float64).fill_null(0.0)
    return reports.select(
        "firm_id", "platform", "shop", "active_skus", month=month_of("day", as_of), back=last - day_of("day"), gmv=gmv,
        settled_days=nw.col("settled_fen").cast(nw.Float64) * nw.col("settle_days"), **fen, **counts,
    )  # fmt: skip


def _sums(rows: Frame) -> Frame:
    back, sums = nw.col("back"), {}
    for window, names in SUMS.items():
        inside = (back >= 0) & (back < int(window[:-1]))
        for name in names:
            sums[f"ec_{name}_{window}"] = only(inside, name).sum()
    for name, windows in {
        "gmv": ("12m", "prev12m"),
        "refund": ("12m",),
        "ad_cost": ("12m",),
        "penalties": ("12m",),
        "orders": ("12m",),
    }.items():
        for window in windows:
            sums[f"ec_{name}_{window}"] = only(within(window), name).sum()
    told = {f"ec_{name}_told": only(~nw.col(name).is_null(), nw.lit(1.0)).sum() for name in TOLD}
    history = nw.col("month").max()
    return rows.group_by("firm_id").agg(
        **sums, **told,
        ec_days_known=back.max().cast(nw.Float64) + 1,
        ec_history_months=nw.when(history > 0).then(history).otherwise(0).cast(nw.Float64),
    )  # fmt: skip


def _days(rows: Frame) -> Frame:
    """firm: days with an order, and the largest number of goods sold on one day over all shops."""
    days = rows.group_by("firm_id", "back").agg(
        orders=only(~nw.col("orders").is_null(), "orders").sum(), skus=only(~nw.col("active_skus").is_null(), "active_skus").sum(),
        told=only(~nw.col("active_skus").is_null(), nw.lit(1.0)).max(),
    )  # fmt: skip
    back = nw.col("back")
    return days.group_by("firm_id").agg(
        ec_active_days=only((back >= 0) & (back < 90) & (nw.col("orders") > 0), nw.lit(1.0)).sum(),
        ec_skus=where((back >= 0) & (back < 30) & (nw.col("told") > 0), "skus").max(),
    )


def _platforms(rows: Frame) -> Frame:
    sales = rows.group_by("firm_id", "platform").agg(gmv=only(within("12m"), "gmv").sum())
    return sales.group_by("firm_id").agg(ec_platform_gmv=nw.col("gmv").sum(), ec_platform_squares=(nw.col("gmv") * nw.col("gmv")).sum())


def _shops(shops: Frame, as_of: AsOf) -> Frame:
    """firm: the newest statement of each shop together."""
    stated = shops.with_columns(stated=day_of("stated_on"), opened=day_of("opened_on"))
    newest = stated.with_columns(newest=nw.col("stated").max().over("firm_id", "platform", "shop")).filter(
        nw.col("stated") == nw.col("newest")
    )
    today = day_number(as_of.day)
    return newest.group_by("firm_id").agg(
        ec_rating=nw.col("rating").mean(),
        ec_balance=nw.when((~nw.col("balance_fen").is_null()).cast(nw.Int64).sum() > 0).then(nw.col("balance_fen").cast(nw.Float64).sum()),
        ec_oldest_days=(today - nw.col("opened").min()).cast(nw.Float64),
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"ec_{name}")


def _told(column: str, value: nw.Expr) -> nw.Expr:
    return nw.when(_m(f"{column}_told") > 0).then(value)


def _mean_days(name: str, days: int, long: int) -> nw.Expr:
    """Mean day of the shorter span against that of the longer one, less one, where the longer one is known."""
    return nw.when(_m("days_known") >= long).then(ratio(_m(f"{name}_{days}d") / days, _m(f"{name}_{long}d") / long) - 1)


_ON = ("ec",)
_NET = _told("gmv", _m("gmv_12m") - _m("refund_12m"))

VARIABLES = (
    Variable("ec_gmv_12m", "CNY", "+", "12m", yuan(_told("gmv", _m("gmv_12m"))), 1, _ON),
    Variable("ec_net_sales_12m", "CNY", "+", "12m", yuan(_NET), 1, _ON),
    Variable("ec_yoy", "ratio", "+", "12m/prev12m", change(_m("gmv_12m"), _m("gmv_prev12m")), 24, _ON),
    Variable("ec_7d_vs_28d", "ratio", "+", "7 days/28 days", _told("gmv", _mean_days("gmv", 7, 28))),
    Variable("ec_refund_rate_30d", "ratio", "-", "30 days", _told("refund", ratio(_m("refund_30d"), _m("gmv_30d")))),
    Variable("ec_refund_rate_7d", "ratio", "-", "7 days", _told("refund", ratio(_m("refund_7d"), _m("gmv_7d")))),
    Variable("ec_dispute_rate_90d", "ratio", "-", "90 days", _told("disputes", ratio(_m("disputes_90d"), _m("orders_90d")))),
    Variable("ec_shop_rating", "score", "+", "newest", _m("rating")),
    Variable("ec_shop_age_months", "months", "+", "newest", _m("oldest_days") / DAYS_OF_MONTH),
    Variable("ec_active_sku_cnt", "n", "+", "30 days", _m("skus")),
    Variable("ec_repeat_buyer_share", "ratio", "+", "90 days", _told("repeat_buyers", ratio(_m("repeat_buyers_90d"), _m("buyers_90d")))),
    Variable("ec_ad_cost_to_sales", "ratio", "-", "12m", _told("ad_cost", ratio(_m("ad_cost_12m"), _m("gmv_12m"))), 1, _ON),
    Variable("ec_fake_order_score", "0-1", "-", "90 days", _told("suspect_orders", ratio(_m("suspect_orders_90d"), _m("orders_90d")))),
    Variable("ec_platform_penalty_cnt_12m", "n", "-", "12m", _told("penalties", _m("penalties_12m")), 1, _ON),
    Variable("ec_platform_balance", "CNY", "+", "newest", yuan(_m("balance"))),
    Variable("ec_settle_days", "days", "-", "90 days", quotient(_m("settled_days_90d"), _m("settled_90d"))),
    Variable("ec_multi_platform_hhi", "0-1", "-", "12m", ratio(_m("platform_squares"), _m("platform_gmv") * _m("platform_gmv")), 1, _ON),
    Variable("ec_payments_7d_vs_28d", "ratio", "+", "7 days/28 days", _mean_days("orders", 7, 28)),
    Variable("ec_payments_30d_vs_365d", "ratio", "+", "30 days/365 days", _mean_days("orders", 30, 365)),
    Variable("ec_active_days_90d", "n", "+", "90 days", _m("active_days")),
)  # fmt: skip

LEFT_OUT: tuple[LeftOut, ...] = ()
