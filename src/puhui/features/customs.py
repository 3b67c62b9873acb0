"""What customs and the exchange office know of a firm (class C10): cleared declarations, receipts from abroad, grade, penalties.

Exports count at FOB and imports at CIF, in US dollars, in the month of clearance. Where the field's list leaves something open:

    exp_decl_cv_12m        monthly exports of the known months among twelve, a month without a declaration as zero; sample deviation
    exp_*_hhi, _share      of twelve months' exports; a declaration without country, buyer or currency is one more that is nobody's
    exp_high_risk_country_share  countries of `catalogue/parameters/country-risk.toml` on the as-of day
    exp_sanction_hit_flag  the lender's own screening of buyer and destination, as told with the declarations of 24 months; null where
                           none was screened
    exp_settlement_gap     buyers abroad pay months later: receipts of twelve months against the exports of the twelve that ended three
                           months before
    exp_late_receipt_share receipts of twelve months by the exports of months 7 to 18, at most 1: tells buyers who pay half a year late from
                           exports that nobody pays. Beyond the field's list
    exp_refund_match, exp_decl_to_vat_export_gap  in yuan, so of declarations that tell a value in yuan
    exp_insured_share      insured amount by exports, of the declarations that tell the first
    customs_credit_grade   advanced 2, registered 1, dishonest 0
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import change, ratio
from puhui.features.months import count, history_months, in_window, latest, month_back, total
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf
from puhui.products.parameters import table

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "PARAMETERS", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C10"
RECORDS = ("customs_declaration", "foreign_receipt", "customs_standing", "customs_penalty")
PARAMETERS = ("country-risk",)

PAYMENT_LAG_MONTHS = 3
LATE_MONTHS = (7, 18)
GRADES = {"advanced": 2.0, "registered": 1.0, "dishonest": 0.0}


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in US dollars where the name says usd, else in fen."""
    rows = frames["customs_declaration"].with_columns(month=month_back("cleared_on", as_of))
    exports = rows.filter(pl.col("side") == "export")
    recent = exports.filter(in_window("12m"))
    receipts = frames["foreign_receipt"].with_columns(month=month_back("received_on", as_of))
    firms = pl.concat([frames[record].select("firm_id") for record in RECORDS]).unique()
    stages = (
        rows.group_by("firm_id").agg(exp_history_months=history_months()),
        _exports(exports, as_of),
        _by_month(exports),
        rows.filter(pl.col("side") == "import").group_by("firm_id").agg(exp_import_usd=total("value_usd", "12m")),
        *(_shares(recent, column, name) for column, name in (("country", "country"), ("buyer", "buyer"), ("currency", "currency"))),
        receipts.group_by("firm_id").agg(exp_receipts_usd=total("value_usd", "12m")),
        _standing(frames["customs_standing"]),
        frames["customs_penalty"].group_by("firm_id").agg(exp_penalties=count(month_back("decided_on", as_of).is_between(0, 24))),
    )
    for stage in stages:
        firms = firms.join(stage, on="firm_id", how="left")
    return firms


def _exports(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    risky = [code for row in table("country-risk").valid_on(as_of.day) for code in row["codes"]]
    usd, yuan_told = pl.col("value_usd"), pl.col("value_fen").is_not_null() & pl.col("refund_rate").is_not_null()
    rows = rows.with_columns(
        risky_usd=pl.when(pl.col("country").is_in(risky).fill_null(False)).then(usd).otherwise(0.0),
        insurable_usd=pl.when(pl.col("insured_usd").is_not_null()).then(usd),
        refundable=pl.when(yuan_told).then(pl.col("value_fen") * pl.col("refund_rate")),
        paid_by_now=pl.when(pl.col("month").is_between(1 + PAYMENT_LAG_MONTHS, 12 + PAYMENT_LAG_MONTHS)).then(usd),
    )
    return rows.group_by("firm_id").agg(
        exp_usd_12m=total("value_usd", "12m"),
        exp_usd_prev12m=total("value_usd", "prev12m"),
        exp_risky_usd=total("risky_usd", "12m"),
        exp_insured_usd=total("insured_usd", "12m"),
        exp_insurable_usd=total("insurable_usd", "12m"),
        exp_value_fen=total("value_fen", "12m"),
        exp_refundable_fen=total("refundable", "12m"),
        exp_late_usd=pl.col("value_usd").filter(pl.col("month").is_between(*LATE_MONTHS)).sum(),
        exp_lagged_usd=pl.col("paid_by_now").sum(),
        exp_hit=pl.col("screening_hit").filter(pl.col("month").is_between(0, 24)).max().cast(pl.Float64),
    )


def _by_month(exports: pl.LazyFrame) -> pl.LazyFrame:
    months = exports.filter(in_window("12m")).group_by("firm_id", "month").agg(usd=pl.col("value_usd").sum())
    return months.group_by("firm_id").agg(
        exp_active_months=(pl.col("usd") > 0).sum().cast(pl.Float64), exp_month_squares=(pl.col("usd") ** 2).sum()
    )


def _shares(recent: pl.LazyFrame, column: str, name: str) -> pl.LazyFrame:
    """Largest part and sum of squares over the values of a column; rows without one are told apart by their own number."""
    key = pl.coalesce(pl.col(column), pl.lit("?") + pl.col("record_id").cast(pl.String))
    parts = recent.group_by("firm_id", key=key).agg(usd=pl.col("value_usd").sum())
    return parts.group_by("firm_id").agg(
        pl.col("usd").max().alias(f"exp_{name}_top1"), (pl.col("usd") ** 2).sum().alias(f"exp_{name}_squares")
    )


def _standing(rows: pl.LazyFrame) -> pl.LazyFrame:
    graded = rows.with_columns(step=pl.col("grade").replace_strict(GRADES, default=None, return_dtype=pl.Float64))
    return graded.group_by("firm_id").agg(exp_grade=latest("step"))


def _m(name: str) -> nw.Expr:
    return nw.col(f"exp_{name}")


def _hhi(name: str) -> nw.Expr:
    return ratio(_m(f"{name}_squares"), _m("usd_12m") * _m("usd_12m"))


_ON = ("exp",)
_KNOWN = nw.min_horizontal(_m("history_months"), nw.lit(12.0))
_USD = _m("usd_12m").fill_null(0.0)
_MEAN = _USD / _KNOWN
_DEVIATION = ((_m("month_squares").fill_null(0.0) - _KNOWN * _MEAN * _MEAN) / (_KNOWN - 1)).clip(lower_bound=0.0).sqrt()

VARIABLES = (
    Variable("exp_decl_amt_12m", "USD", "+", "12m", _USD, 1, _ON),
    Variable("exp_decl_yoy", "ratio", "+", "12m/prev12m", change(_USD, _m("usd_prev12m")), 24, _ON),
    Variable("exp_decl_cv_12m", "ratio", "-", "12m", ratio(_DEVIATION, _MEAN), 6, _ON),
    Variable("exp_active_months_12m", "n", "+", "12m", _m("active_months").fill_null(0.0), 1, _ON),
    Variable("imp_decl_amt_12m", "USD", "n", "12m", _m("import_usd").fill_null(0.0), 1, _ON),
    Variable("exp_country_hhi", "0-1", "-", "12m", _hhi("country"), 1, _ON),
    Variable("exp_top1_country_share", "ratio", "-", "12m", ratio(_m("country_top1"), _m("usd_12m")), 1, _ON),
    Variable("exp_high_risk_country_share", "ratio", "-", "12m", ratio(_m("risky_usd"), _m("usd_12m")), 1, _ON),
    Variable("exp_sanction_hit_flag", "0/1", "V", "24m", _m("hit")),
    Variable("exp_buyer_hhi", "0-1", "-", "12m", _hhi("buyer"), 1, _ON),
    Variable("exp_settlement_gap", "ratio", "-", "12m", 1 - ratio(_m("receipts_usd").fill_null(0.0), _m("lagged_usd")), 15, _ON),
    Variable(
        "exp_late_receipt_share",
        "ratio",
        "+",
        "12m/months 7-18",
        nw.min_horizontal(ratio(_m("receipts_usd").fill_null(0.0), _m("late_usd")), nw.lit(1.0)),
        18,
        _ON,
    ),
    Variable("exp_refund_match", "ratio", "n", "12m", ratio(nw.col("tax_export_refund_12m"), _m("refundable_fen")), 12, ("exp", "tax")),
    Variable("customs_credit_grade", "grade", "+", "newest", _m("grade")),
    Variable("customs_penalty_cnt_24m", "n", "-", "24m", _m("penalties").fill_null(0.0), 1, _ON),
    Variable("exp_insured_share", "ratio", "+", "12m", ratio(_m("insured_usd"), _m("insurable_usd")), 1, _ON),
    Variable("exp_currency_hhi", "0-1", "n", "12m", _hhi("currency"), 1, _ON),
    Variable(
        "exp_decl_to_vat_export_gap",
        "ratio",
        "n",
        "12m",
        ratio(_m("value_fen"), nw.col("tax_vat_export_12m")) - 1,
        12,
        ("exp", "tax"),
    ),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
