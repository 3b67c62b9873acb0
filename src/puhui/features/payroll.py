"""What insurance and wage tax tell of a firm's people (class C08): totals by month, never persons.

Both come a month late, so every window ends with the last month that had to be reported by the as-of day (`REPORTED_AFTER_DAYS`), the same
for insurance and wages, so that heads of the same month are compared. Where the field's list leaves something open:

    *_now             the newest of the last three reported months that is known; `12 months ago` is twelve months before that one
    si_base_*         over twelve months: all bases by all heads, so a base of a person and month
    si_arrears_months months paid below what was due, of the last 36, deferral that was approved left out
    si_paid_months_24m months in which something was due and all of it was paid; where only the payment is told, months with one
    si_deferral_flag  whether the newest reported month is deferred
    si_decline_vs_target_flag  the target for the year before the as-of year: `catalogue/parameters/unemployment-target.toml`
    si_revenue_per_head, payroll_to_sales  sales as declared for value added tax; by invoices where twelve months of those are not known
    pit_si_headcount_gap  of the newest month of which both are known; pit_si_unexplained_gap is the same without the pensioners who were
                      hired again and the people of an agency, both insured elsewhere. Beyond the field's list
    si_refund_*       as `puhui.calculations.unemployment_refund`, of the last twelve reported months, leavers taken for laid off; null
                      where no scheme of `unemployment-refund` is in force. Beyond the field's list
    payroll_late_cnt_12m  the month's normal pay day is the middle one (median) of 24 months, counted in days from the month's beginning
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import narwhals as nw
import polars as pl

from puhui.features.formulas import ratio, yuan
from puhui.features.months import count, history_months, in_window, mean, month_back, total
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf
from puhui.products.parameters import table

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "PARAMETERS", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C08"
RECORDS = ("social_insurance_month", "wage_tax_month")
PARAMETERS = ("unemployment-target", "unemployment-refund")

REPORTED_AFTER_DAYS = 30
NEWEST_MONTHS = 3
LATE_DAYS = 7
LEAST_STAFF_FOR_REBATE = 10


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen, heads as numbers."""
    insured = _by_month(frames["social_insurance_month"], as_of)
    waged = _by_month(frames["wage_tax_month"], as_of)
    firms = pl.concat([insured.select("firm_id"), waged.select("firm_id")]).unique()
    for stage in (_insured(insured, as_of), _waged(waged), _both(insured, waged)):
        firms = firms.join(stage, on="firm_id", how="left")
    return firms


def _by_month(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    """Rows of reported months: `month` counted back, `first` the month's first day."""
    reported = rows.with_columns(first=pl.col("month"), month=month_back("month", as_of, REPORTED_AFTER_DAYS))
    return reported.filter(pl.col("month") >= 1)


def newest(column: str, months_before: int = 0) -> pl.Expr:
    """The value of the newest of the last months that is known, or of a month so much earlier, inside an aggregation."""
    now = pl.col("month").filter(pl.col("month") <= NEWEST_MONTHS).min()
    return pl.col(column).filter(pl.col("month") == now + months_before).first().cast(pl.Float64)


def _insured(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    target = float(table("unemployment-target").row(date(as_of.day.year - 1, 12, 31))["rate"])
    based, floored = pl.col("base_fen").is_not_null(), pl.col("base_fen").is_not_null() & pl.col("least_base_fen").is_not_null()
    heads = pl.col("pension_heads")
    paid_in_full = pl.when(pl.col("due_fen").is_null()).then(pl.col("paid_fen") > 0).otherwise(
        (pl.col("due_fen") > 0) & (pl.col("paid_fen") >= pl.col("due_fen"))
    )  # fmt: skip
    unpaid = (pl.col("paid_fen").fill_null(0) < pl.col("due_fen")) & ~pl.col("deferred").fill_null(False)
    rows = rows.with_columns(
        based_heads=pl.when(based).then(heads),
        floored_base=pl.when(floored).then(pl.col("base_fen")),
        floor=pl.when(floored).then(pl.col("least_base_fen") * heads),
    )
    insured = rows.group_by("firm_id").agg(
        pay_si_history_months=history_months(),
        pay_si_heads=newest("pension_heads"),
        pay_si_heads_before=newest("pension_heads", 12),
        pay_si_heads_mean=mean("pension_heads", "12m"),
        pay_si_joiners=total("joiners", "12m"),
        pay_si_leavers=total("leavers", "12m"),
        pay_si_base=total("base_fen", "12m"),
        pay_si_based_heads=total("based_heads", "12m"),
        pay_si_floored_base=total("floored_base", "12m"),
        pay_si_floor=total("floor", "12m"),
        pay_si_paid=total("paid_fen", "12m"),
        pay_si_unpaid_months=count(unpaid, "36m"),
        pay_si_paid_months=count(paid_in_full, "24m"),
        pay_si_full_months=count(paid_in_full, "12m"),
        pay_si_deferred=newest("deferred"),
        pay_si_graduates=total("graduate_hires", "12m"),
        pay_si_key_hires=total("key_group_hires", "12m"),
        pay_si_target=pl.lit(target),
    )
    return _refunded(insured, as_of)


def _refunded(insured: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    """Premium, refund and jobs behind it by the scheme in force; null where there is none."""
    rule = next(iter(table("unemployment-refund").valid_on(as_of.day)), None)
    if rule is None:
        return insured.with_columns(pl.lit(None, dtype=pl.Float64).alias(f"pay_si_{name}") for name in ("premium", "refund", "refund_jobs"))
    heads = pl.col("pay_si_heads_mean")
    limit = pl.when(heads <= rule["small_heads"]).then(float(rule["small_limit"])).otherwise(pl.col("pay_si_target"))
    is_entitled = (pl.col("pay_si_full_months") >= rule["least_months"]) & (pl.col("pay_si_leavers") <= (limit + 1e-12) * heads)
    share = pl.when(heads >= rule["large_from_heads"]).then(float(rule["large_share"])).otherwise(float(rule["other_share"]))
    premium = pl.col("pay_si_base") * float(rule["premium_share"])
    return insured.with_columns(
        pay_si_premium=premium,
        pay_si_refund=pl.when(is_entitled).then(premium * share).when(~is_entitled).then(0.0),
        pay_si_refund_jobs=pl.when(is_entitled).then(heads).when(~is_entitled).then(0.0),
    )


def _waged(rows: pl.LazyFrame) -> pl.LazyFrame:
    offset = (pl.col("paid_on") - pl.col("first")).dt.total_days()
    normal = offset.filter(in_window("24m")).median()
    paid = pl.col("wages_fen").is_not_null()
    return rows.with_columns(waged_heads=pl.when(paid).then(pl.col("heads"))).group_by("firm_id").agg(
        pay_wage_history_months=history_months(),
        pay_wage_heads=newest("heads"),
        pay_wages=total("wages_fen", "12m"),
        pay_waged_heads=total("waged_heads", "12m"),
        pay_dated_months=count(pl.col("paid_on").is_not_null(), "12m"),
        pay_late_months=count(offset > normal + LATE_DAYS, "12m"),
    )  # fmt: skip


def _both(insured: pl.LazyFrame, waged: pl.LazyFrame) -> pl.LazyFrame:
    """Heads of the newest month of which both are known; those who are insured elsewhere by right are told apart where they are told."""
    elsewhere = pl.col("retired_heads").fill_null(0) + pl.col("dispatched_heads").fill_null(0)
    paid = waged.select("firm_id", "month", "heads", own_heads=pl.col("heads") - elsewhere)
    pairs = insured.select("firm_id", "month", "pension_heads").join(paid, on=["firm_id", "month"])
    return pairs.group_by("firm_id").agg(
        pay_both_insured=newest("pension_heads"), pay_both_waged=newest("heads"), pay_both_own=newest("own_heads")
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"pay_{name}")


_INSURED, _WAGED = ("pay_si",), ("pay_wage",)
_DECLINE = nw.max_horizontal(1 - ratio(_m("si_heads"), _m("si_heads_before")), nw.lit(0.0))
SALES = nw.when(nw.col("tax_history_months") >= 12).then(nw.col("tax_vat_sales_12m")).otherwise(
    nw.when(nw.col("out_history_months") >= 12).then(nw.col("out_net_12m"))
)  # fmt: skip

VARIABLES = (
    Variable("si_headcount_now", "persons", "+", "newest", _m("si_heads"), 1, _INSURED),
    Variable("si_headcount_12m_ago", "persons", "n", "12 months ago", _m("si_heads_before"), 13, _INSURED),
    Variable("si_headcount_avg_12m", "persons", "+", "12m", _m("si_heads_mean"), 1, _INSURED),
    Variable("si_headcount_decline_rate", "ratio", "-", "newest/12 months ago", _DECLINE, 13, _INSURED),
    Variable("si_decline_vs_target_flag", "0/1", "P", "newest/12 months ago", (_m("si_target") > _DECLINE).cast(nw.Float64), 13, _INSURED),
    Variable("si_min10_flag", "0/1", "P", "newest", (_m("si_heads") >= LEAST_STAFF_FOR_REBATE).cast(nw.Float64), 1, _INSURED),
    Variable("si_new_hires_12m", "persons", "+", "12m", _m("si_joiners"), 1, _INSURED),
    Variable("si_leavers_12m", "persons", "-", "12m", _m("si_leavers"), 1, _INSURED),
    Variable("si_turnover_12m", "ratio", "-", "12m", ratio(_m("si_leavers"), _m("si_heads_mean")), 12, _INSURED),
    Variable("si_base_avg", "CNY", "n", "12m", yuan(ratio(_m("si_base"), _m("si_based_heads"))), 1, _INSURED),
    Variable("si_base_to_local_min", "ratio", "+", "12m", ratio(_m("si_floored_base"), _m("si_floor")), 1, _INSURED),
    Variable("si_amt_12m", "CNY", "+", "12m", yuan(_m("si_paid")), 1, _INSURED),
    Variable("si_arrears_months", "n", "-", "36m", _m("si_unpaid_months"), 1, _INSURED),
    Variable("si_deferral_flag", "0/1", "n", "newest", _m("si_deferred"), 1, _INSURED),
    Variable("si_paid_months_24m", "n", "+", "24m", _m("si_paid_months"), 1, _INSURED),
    Variable("si_revenue_per_head", "CNY", "n", "12m", yuan(ratio(SALES, _m("si_heads_mean"))), 12, _INSURED),
    Variable("si_graduate_hires_12m", "persons", "+", "12m", _m("si_graduates"), 1, _INSURED),
    Variable("si_key_group_hires_12m", "persons", "P", "12m", _m("si_key_hires"), 1, _INSURED),
    Variable("si_key_group_share", "ratio", "P", "12m", ratio(_m("si_key_hires"), _m("si_heads")), 1, _INSURED),
    Variable("si_unemployment_premium_12m", "CNY", "n", "12m", yuan(_m("si_premium")), 12, _INSURED),
    Variable("si_refund_expected", "CNY", "P", "12m", yuan(_m("si_refund")), 12, _INSURED),
    Variable("si_refund_jobs", "persons", "P", "12m", _m("si_refund_jobs"), 12, _INSURED),
    Variable("pit_headcount_now", "persons", "n", "newest", _m("wage_heads"), 1, _WAGED),
    Variable("pit_si_headcount_gap", "ratio", "n", "newest", ratio(_m("both_waged"), _m("both_insured")) - 1, 1, (*_INSURED, *_WAGED)),
    Variable("pit_si_unexplained_gap", "ratio", "n", "newest", ratio(_m("both_own"), _m("both_insured")) - 1, 1, (*_INSURED, *_WAGED)),
    Variable("payroll_12m", "CNY", "+", "12m", yuan(_m("wages")), 1, _WAGED),
    Variable("payroll_avg_monthly", "CNY", "n", "12m", yuan(ratio(_m("wages"), _m("waged_heads"))), 1, _WAGED),
    Variable("payroll_to_sales", "ratio", "n", "12m", ratio(_m("wages"), SALES), 12, _WAGED),
    Variable("payroll_late_cnt_12m", "n", "-", "12m", nw.when(_m("dated_months") > 0).then(_m("late_months")), 1, _WAGED),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
