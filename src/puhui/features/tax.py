"""What the tax office knows of a firm (class C06): returns, grades, arrears, filings and how it stands in the register.

A return is told about two weeks after its period, so windows of returns end with the last month that had to be reported by the as-of day
(`REPORTED_AFTER_DAYS`), and a return counts in the month in which its period ends: any twelve months hold twelve monthly or four quarterly
returns. A return filed after the as-of day counts as not filed. Where the field's list leaves something open:

    vat_sales_*            declared sales of value added tax returns; where only the parts are given (taxable, exported, exempt), their sum
    vat_sales_slope, _cv   each return is one point: its sales per month, at the middle of its period. Returns that are missing are unknown
    vat_zero_*             counted in months, a quarter without sales as three
    tax_paid_*             what was paid with each return (for a yearly return only the settlement), less refunds for error
    cit_*, rd_*            yearly returns only; the newest must be of the last two years
    tax_arrears_*          told by the same line as the returns, so none told means none, for a firm of which the line told anything
    tax_late_*             a filing that is due and not made is late, too; the month still running counts as well, against the firm
    tax_credit_grade       A 4, B 3, M 2, C 1, D 0, of the newest year that was graded, at most two years back
    vat_payer_kind         general 1, small-scale 0
    declared_vs_invoice_gap sales by invoices end with the last closed month, which may be one month later than that of the returns
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import change, ratio, yuan
from puhui.features.months import count, history_months, in_window, latest, month_back, months_since, total
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C06"
RECORDS = ("tax_return", "tax_grade", "tax_arrear", "tax_filing", "tax_standing")

REPORTED_AFTER_DAYS = 15
GRADES = {"A": 4.0, "B": 3.0, "M": 2.0, "C": 1.0, "D": 0.0}
FEWEST_POINTS = 4


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen."""
    returns = _returns(frames["tax_return"], as_of)
    known = pl.concat([frames[record].select("firm_id") for record in RECORDS]).unique().with_columns(tax_known=1.0)
    stages = (
        _vat(returns),
        _zero_runs(returns),
        _paid(returns),
        _yearly(returns),
        _grades(frames["tax_grade"], as_of),
        _arrears(frames["tax_arrear"], as_of),
        _filings(frames["tax_filing"], as_of),
        _standing(frames["tax_standing"], as_of),
    )
    for stage in stages:
        known = known.join(stage, on="firm_id", how="left")
    return known


def _returns(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    """Returns filed by the as-of day, with the month in which the period ends, its length and its first month."""
    parts = ("taxable_sales_fen", "export_sales_fen", "exempt_sales_fen")
    given = pl.any_horizontal(pl.col(name).is_not_null() for name in parts)
    filed = rows.filter(pl.col("filed_on").is_null() | (pl.col("filed_on") <= as_of.day))
    return filed.with_columns(
        month=month_back("period_end", as_of, REPORTED_AFTER_DAYS),
        first_month=month_back("period_start", as_of, REPORTED_AFTER_DAYS),
        sales=pl.coalesce("sales_fen", pl.when(given).then(pl.sum_horizontal(parts))).cast(pl.Float64),
    ).with_columns(length=(pl.col("first_month") - pl.col("month") + 1).cast(pl.Float64))


def _vat(returns: pl.LazyFrame) -> pl.LazyFrame:
    sales, recent = pl.col("sales"), in_window("12m")
    taxable = pl.coalesce(
        pl.col("taxable_sales_fen"), sales - pl.col("export_sales_fen").fill_null(0) - pl.col("exempt_sales_fen").fill_null(0)
    )
    point, middle = (sales / pl.col("length")).filter(recent), (pl.col("month") + (pl.col("length") - 1) / 2).filter(recent)
    off = middle.mean() - middle  # months before the middle of the window; later is larger
    kind = pl.col("payer_kind").replace_strict({"general": 1.0, "small_scale": 0.0}, default=None, return_dtype=pl.Float64)
    vat = returns.filter((pl.col("tax") == "vat") & (pl.col("month") >= 1) & sales.is_not_null())
    return (
        vat.with_columns(taxable=taxable, payer_code=kind)
        .group_by("firm_id")
        .agg(
            tax_history_months=history_months("first_month"),
            tax_vat_sales_12m=total("sales", "12m"),
            tax_vat_sales_prev12m=total("sales", "prev12m"),
            tax_vat_sales_3m=total("sales", "3m"),
            tax_vat_sales_3m_last_year=total("sales", "3m_last_year"),
            tax_vat_points=recent.sum().cast(pl.Float64),
            tax_vat_mean=point.mean(),
            tax_vat_deviation=point.std(),
            tax_vat_slope=(off * point).sum() / (off * off).sum(),
            tax_vat_zero_months=pl.col("length").filter(recent & (sales == 0)).sum(),
            tax_vat_due_12m=total("due_fen", "12m"),
            tax_vat_taxable_12m=total("taxable", "12m"),
            tax_vat_export_12m=total("export_sales_fen", "12m"),
            tax_export_refund_12m=total("refund_fen", "12m"),
            tax_credit_refund_12m=total("credit_refund_fen", "12m"),
            tax_return_payer_kind=latest("payer_code"),
        )
    )


def _zero_runs(returns: pl.LazyFrame) -> pl.LazyFrame:
    """Longest run of months declared without sales, over the returns that were filed."""
    vat = returns.filter((pl.col("tax") == "vat") & in_window("24m") & pl.col("sales").is_not_null())
    runs = vat.sort("firm_id", "month").with_columns(run=(pl.col("sales") != 0).cum_sum().over("firm_id"))
    lengths = runs.group_by("firm_id", "run").agg(months=pl.col("length").filter(pl.col("sales") == 0).sum())
    return lengths.group_by("firm_id").agg(tax_vat_zero_run=pl.col("months").max())


def _paid(returns: pl.LazyFrame) -> pl.LazyFrame:
    told = pl.col("paid_fen").is_not_null()
    paid = pl.when(told).then(pl.col("paid_fen") - pl.col("error_refund_fen").fill_null(0))
    rows = returns.with_columns(paid=paid, with_relief=paid + pl.col("relief_fen").fill_null(0))
    return rows.group_by("firm_id").agg(
        tax_paid_12m=total("paid", "12m"),
        tax_with_relief_12m=total("with_relief", "12m"),
        tax_with_relief_prev12m=total("with_relief", "prev12m"),
    )


def _yearly(returns: pl.LazyFrame) -> pl.LazyFrame:
    """The yearly returns on profit whose period ended in the last 36 months."""
    yearly = returns.filter(
        (pl.col("tax") == "cit")
        & pl.col("profit_fen").is_not_null()
        & pl.when(pl.col("return_kind").is_null()).then(pl.col("length") >= 12).otherwise(pl.col("return_kind") == "annual")
    )
    newest = pl.col("month") <= 24
    return yearly.group_by("firm_id").agg(
        tax_profit_fen=pl.col("profit_fen").filter(newest).sort_by(pl.col("month").filter(newest)).first().cast(pl.Float64),
        tax_revenue_fen=pl.col("sales").filter(newest).sort_by(pl.col("month").filter(newest)).first(),
        tax_research_fen=pl.col("research_deduction_fen").filter(newest).sort_by(pl.col("month").filter(newest)).first().cast(pl.Float64),
        tax_years=count(pl.col("month") <= 36),
        tax_loss_years=count((pl.col("month") <= 36) & (pl.col("profit_fen") < 0)),
    )


def _grades(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    graded = rows.with_columns(step=pl.col("grade").replace_strict(GRADES, default=None, return_dtype=pl.Float64))
    graded = graded.filter(pl.col("step").is_not_null() & (pl.col("year") >= as_of.day.year - 3))
    newest = pl.col("year").max()
    return graded.group_by("firm_id").agg(
        tax_grade=pl.col("step").filter((pl.col("year") == newest) & (pl.col("year") >= as_of.day.year - 2)).last(),
        tax_grade_before=pl.col("step").filter(pl.col("year") == newest - 1).last(),
    )


def _arrears(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    open_now = pl.col("cleared_on").is_null() | (pl.col("cleared_on") > as_of.day)
    end = pl.when(open_now).then(pl.lit(as_of.day)).otherwise(pl.col("cleared_on"))
    month = month_back("arisen_on", as_of)
    late = rows.with_columns(month=month, days=(end - pl.col("arisen_on")).dt.total_days(), open_now=open_now)
    return late.group_by("firm_id").agg(
        tax_arrears_fen=pl.col("amount_fen").filter("open_now").sum().cast(pl.Float64),
        tax_arrears_days=pl.col("days").filter(pl.col("month").is_between(0, 24)).max().cast(pl.Float64),
    )


def _filings(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    recent = month_back("due_on", as_of).is_between(0, 12)
    filed = pl.when(pl.col("filed_on") <= as_of.day).then(pl.col("filed_on")).otherwise(pl.lit(as_of.day) + pl.duration(days=1))
    return rows.group_by("firm_id").agg(
        tax_late_filings=count(recent & (pl.col("due_on") <= as_of.day) & (filed > pl.col("due_on"))),
        tax_late_fees=count(recent & (pl.col("late_fee_fen") > 0)),
    )


def _standing(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    kind = pl.col("payer_kind").replace_strict({"general": 1.0, "small_scale": 0.0}, default=None, return_dtype=pl.Float64)
    told = rows.with_columns(
        since=months_since(pl.col("registered_on"), as_of), payer_code=kind, abnormal=(pl.col("status") == "abnormal").cast(pl.Float64)
    )
    return told.group_by("firm_id").agg(
        tax_reg_months=latest("since"),
        tax_payer_kind=latest("payer_code"),
        tax_abnormal=latest("abnormal"),
        tax_inspection=latest("inspection_open").cast(pl.Float64),
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"tax_{name}")


def _if_known(name: str) -> nw.Expr:
    """Zero where the tax office told nothing of the kind about a firm of which it told other things."""
    return nw.when(_m("known") == 1).then(_m(name).fill_null(0.0))


_SALES, _ON = yuan(_m("vat_sales_12m")), ("tax",)
_ENOUGH = _m("vat_points") >= FEWEST_POINTS

VARIABLES = (
    Variable("tax_credit_grade", "grade", "+", "newest", _m("grade")),
    Variable("tax_credit_grade_change", "steps", "+", "newest/year before", _m("grade") - _m("grade_before")),
    Variable("tax_link_eligible_flag", "0/1", "P", "newest", (_m("grade") >= GRADES["M"]).cast(nw.Float64)),
    Variable("tax_reg_months", "months", "+", "all", _m("reg_months")),
    Variable("vat_payer_kind", "code", "n", "newest", nw.coalesce(_m("payer_kind"), _m("return_payer_kind"))),
    Variable("vat_sales_12m", "CNY", "+", "12m", _SALES, 1, _ON),
    Variable("vat_sales_prev12m", "CNY", "n", "prev12m", yuan(_m("vat_sales_prev12m")), 13, _ON),
    Variable("vat_sales_yoy", "ratio", "+", "12m/prev12m", change(_m("vat_sales_12m"), _m("vat_sales_prev12m")), 24, _ON),
    Variable("vat_sales_last_q_yoy", "ratio", "+", "3m/same 3m", change(_m("vat_sales_3m"), _m("vat_sales_3m_last_year")), 15, _ON),
    Variable("vat_sales_slope_12m", "1/month", "+", "12m", nw.when(_ENOUGH).then(ratio(_m("vat_slope"), _m("vat_mean"))), 10, _ON),
    Variable("vat_sales_cv_12m", "ratio", "-", "12m", nw.when(_ENOUGH).then(ratio(_m("vat_deviation"), _m("vat_mean"))), 6, _ON),
    Variable("vat_zero_months_12m", "n", "-", "12m", _m("vat_zero_months"), 1, _ON),
    Variable("vat_zero_run_max_24m", "n", "-", "24m", _m("vat_zero_run"), 1, _ON),
    Variable("vat_burden_12m", "ratio", "n", "12m", ratio(_m("vat_due_12m"), _m("vat_taxable_12m")), 1, _ON),
    Variable("tax_paid_12m", "CNY", "+", "12m", yuan(_m("paid_12m")), 1, _ON),
    Variable("tax_paid_incl_relief_12m", "CNY", "+", "12m", yuan(_m("with_relief_12m")), 1, _ON),
    Variable("tax_paid_yoy", "ratio", "+", "12m/prev12m", change(_m("with_relief_12m"), _m("with_relief_prev12m")), 24, _ON),
    Variable("tax_to_sales", "ratio", "n", "12m", ratio(_m("paid_12m"), _m("vat_sales_12m")), 1, _ON),
    Variable("cit_profit_margin_filed", "ratio", "+", "newest year", ratio(_m("profit_fen"), _m("revenue_fen"))),
    Variable("cit_loss_years_3y", "n", "-", "3 years", nw.when(_m("years") > 0).then(_m("loss_years"))),
    Variable("tax_arrears_amt", "CNY", "-", "all", yuan(_if_known("arrears_fen"))),
    Variable("tax_arrears_days_max_24m", "days", "-", "24m", _if_known("arrears_days")),
    Variable("tax_late_filing_cnt_12m", "n", "-", "12m", _m("late_filings")),
    Variable("tax_late_fee_cnt_12m", "n", "-", "12m", _m("late_fees")),
    Variable("tax_inspection_open_flag", "0/1", "-", "newest", _m("inspection")),
    Variable("tax_abnormal_household_flag", "0/1", "V", "newest", _m("abnormal")),
    Variable(
        "declared_vs_invoice_gap",
        "ratio",
        "n",
        "12m",
        ratio(_m("vat_sales_12m") - nw.col("out_net_12m"), _m("vat_sales_12m")),
        12,
        ("tax", "out"),
    ),
    Variable("export_refund_12m", "CNY", "n", "12m", yuan(_m("export_refund_12m")), 1, _ON),
    Variable("vat_credit_refund_12m", "CNY", "n", "12m", yuan(_m("credit_refund_12m")), 1, _ON),
    Variable("rd_super_deduction_12m", "CNY", "+", "newest year", yuan(_m("research_fen"))),
)

LEFT_OUT = (LeftOut("vat_burden_dev_industry", "C06", "needs the median burden of the industry, from firms enough to be no one's secret"),)
