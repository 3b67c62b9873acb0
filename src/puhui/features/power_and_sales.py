"""Electricity set against sales (class C11): output that was sold was made somewhere, and making it took power.

    elec_vs_sales_corr_12m  Pearson correlation of a month's kWh and net sales, over the months of twelve of which both are known
    elec_per_sales_dev    kWh per yuan of net sales of the last 6 closed months against the firm's own months 7 to 30, in deviations. Level
                          and spread are the median and 1.4826 × the median deviation, at least 5% of the level, because months of a
                          made-up output would otherwise widen the very spread they are measured by

Net sales are those of valid invoices less red ones; a month without an invoice has sales of nothing once sales have begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw

from puhui.features import engines
from puhui.features.formulas import ratio
from puhui.features.invoice_stages import known_rows
from puhui.features.portable import Frame, joined, known, month_of, only, within
from puhui.features.power_stages import by_day, by_month
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C11"
RECORDS = ("utility_bill", "electricity_day", "invoice")
PORTABLE = True
DEFINED_BY = ("portable.py", "power_stages.py", "invoice_stages.py")

LEAST_MONTHS = 10
MEDIAN_DEVIATIONS = 1.4826
LEAST_SPREAD = 0.05
BASE_MONTHS = (7, 30)
LEAST_RECENT_MONTHS = 4


def measures(frames: Mapping[str, Any], as_of: AsOf) -> Any:
    """One row per firm with a month of which power and sales are both known."""
    bills = known(frames["utility_bill"], as_of).with_columns(month=month_of("month", as_of))
    months = by_month(bills, by_day(known(frames["electricity_day"], as_of)), as_of)
    pairs = engines.shared(_pairs(months, _sales(nw.from_native(frames["invoice"]).lazy(), as_of)))
    return joined(pairs.select("firm_id").unique(), _correlation(pairs), _per_sales(pairs)).to_native()


def _sales(invoices: Frame, as_of: AsOf) -> Frame:
    """firm × month: net sales in yuan, and `first`, the month of the first sale."""
    rows = known_rows(invoices, as_of).filter(nw.col("sold") & ~nw.col("void"))
    signed = nw.when(nw.col("red")).then(-nw.col("amount").abs()).otherwise(nw.col("amount"))
    months = rows.with_columns(signed=signed).group_by("firm_id", "month").agg(sales=nw.col("signed").sum() / 100)
    return months.with_columns(first=nw.col("month").max().over("firm_id"))


def _pairs(months: Frame, sales: Frame) -> Frame:
    """firm × month of which use and sales are both known: kwh, sales; a month without an invoice has sales of nothing."""
    first = sales.group_by("firm_id").agg(first=nw.col("first").max())
    known_use = (
        months.filter(~nw.col("kwh").is_null() & within(36)).select("firm_id", "month", "kwh").join(first, on="firm_id", how="inner")
    )
    both = known_use.filter(nw.col("month") <= nw.col("first")).join(
        sales.select("firm_id", "month", "sales"), on=["firm_id", "month"], how="left"
    )
    return both.with_columns(sales=nw.col("sales").fill_null(0.0))


def _correlation(pairs: Frame) -> Frame:
    recent = pairs.filter(within("12m"))
    recent = recent.with_columns(
        used=nw.col("kwh") - nw.col("kwh").mean().over("firm_id"), sold=nw.col("sales") - nw.col("sales").mean().over("firm_id")
    )
    used, sold = nw.col("used"), nw.col("sold")
    return recent.group_by("firm_id").agg(
        elec_paired_months=nw.len().cast(nw.Float64),
        elec_with_sales=(used * sold).sum(), elec_used_squares=(used * used).sum(), elec_sold_squares=(sold * sold).sum(),
    )  # fmt: skip


def _per_sales(pairs: Frame) -> Frame:
    """firm: kWh per yuan of the last six months; level and spread of the months 7 to 30, and how many months each rests on."""
    recent, (first, last) = within(6), BASE_MONTHS
    base = pairs.filter((nw.col("month") >= first) & (nw.col("month") <= last) & (nw.col("sales") > 0))
    base = base.with_columns(rate=nw.col("kwh") / nw.col("sales"))
    level = base.group_by("firm_id").agg(elec_rate_level=nw.col("rate").median(), elec_rate_months=nw.len().cast(nw.Float64))
    off = base.join(level, on="firm_id", how="left").with_columns(off=(nw.col("rate") - nw.col("elec_rate_level")).abs())
    now = pairs.group_by("firm_id").agg(
        elec_now_kwh=only(recent, "kwh").sum(), elec_now_sales=only(recent, "sales").sum(), elec_now_months=only(recent, nw.lit(1.0)).sum()
    )
    return joined(level, off.group_by("firm_id").agg(elec_rate_spread=nw.col("off").median()), now)


def _m(name: str) -> nw.Expr:
    return nw.col(name)


_SPREAD = nw.max_horizontal(MEDIAN_DEVIATIONS * _m("elec_rate_spread"), LEAST_SPREAD * _m("elec_rate_level"))
_PER_SALES = nw.when((_m("elec_rate_months") >= LEAST_MONTHS) & (_m("elec_now_months") >= LEAST_RECENT_MONTHS)).then(
    ratio(ratio(_m("elec_now_kwh"), _m("elec_now_sales")) - _m("elec_rate_level"), _SPREAD)
)
_WITH_SALES = nw.when(_m("elec_paired_months") >= LEAST_MONTHS).then(
    ratio(_m("elec_with_sales"), (_m("elec_used_squares") * _m("elec_sold_squares")).sqrt())
)

VARIABLES = (
    Variable("elec_vs_sales_corr_12m", "-1-1", "+", "12m", _WITH_SALES),
    Variable("elec_per_sales_dev", "z", "n", "6m/7-30m", _PER_SALES),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
