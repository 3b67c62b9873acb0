"""Lists, honours and what public bodies grade (class C05).

An entry counts while it stands: entered by the as-of day and not removed by then. Windows hold the month still running, too. Where the
field's list leaves something open:

    public_credit_grade    A 4, B 3, C 2, D 1, of the newest comprehensive grade; at most two years old
    env_dishonest_grade    green 5, blue 4, yellow 3, red 2, black 1, of the newest environmental grade; at most two years old
    honour_*_cnt           honours of that level that are valid on the day, of whatever kind
    sci_tech_sme_flag      the number of a technology SME holds for the calendar year in which it was given
    hightech_cert_months_left  whole months of the certificate that runs longest; null without one
    coordination_list_*    the newest entry of the list of recommended firms that still stands
    credit_promise_kept_ratio  of the newest statement that tells both
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import ratio, yuan
from puhui.features.months import latest
from puhui.features.registers import any_of, beside, how_many, known_firms, months_until, still, sum_of, told, valid, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C05"
RECORDS = ("list_entry", "honour", "public_credit_grade", "policy_fund", "list_search")
DEFINED_BY = ("registers.py",)

ADVERSE = ("serious_illegal", "tax_violation", "wage_arrears", "procurement_ban")
GRADES = {"A": 4.0, "B": 3.0, "C": 2.0, "D": 1.0}
ENVIRONMENT_GRADES = {"green": 5.0, "blue": 4.0, "yellow": 3.0, "red": 2.0, "black": 1.0}
GRADE_MONTHS = 24
HONOURS = ("specialised", "little_giant", "innovative", "hightech")


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen."""
    funds = frames["policy_fund"].group_by("firm_id").agg(list_funds_24m=sum_of("amount_fen", within("paid_on", as_of, 24)))
    return beside(
        known_firms(frames, RECORDS, "list_known"),
        _entries(frames["list_entry"], as_of),
        _honours(frames["honour"], as_of),
        _grades(frames["public_credit_grade"], as_of),
        funds,
    )


def _entries(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    kind, stands = pl.col("list"), still("removed_on", as_of)
    recommended = (kind == "recommended") & stands
    days = (pl.lit(as_of.day) - pl.col("entered_on")).dt.total_days().cast(pl.Float64)
    return rows.group_by("firm_id").agg(
        *(any_of((kind == name) & stands).alias(f"list_{name}") for name in ADVERSE),
        list_abnormal_now=any_of((kind == "abnormal") & stands),
        list_abnormal_36m=how_many((kind == "abnormal") & within("entered_on", as_of, 36)),
        list_red=how_many((kind == "red") & stands),
        list_recommended=any_of(recommended),
        list_recommended_days=days.filter(recommended).min(),
    )


def _honours(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    kind, runs = pl.col("kind"), valid("valid_until", as_of)
    this_year = pl.col("granted_on").dt.year() == as_of.day.year
    rows = rows.with_columns(left=months_until(pl.col("valid_until"), as_of))
    return rows.group_by("firm_id").agg(
        *(any_of((kind == name) & runs).alias(f"list_{name}") for name in HONOURS),
        list_national=how_many((pl.col("level") == "national") & runs),
        list_province=how_many((pl.col("level") == "province") & runs),
        list_hightech_left=pl.col("left").filter((kind == "hightech") & runs).max(),
        list_sci_tech=any_of((kind == "sci_tech_sme") & runs & this_year),
    )


def _grades(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    fresh = rows.filter(within("graded_on", as_of, GRADE_MONTHS))
    public, environment = pl.col("scheme") == "comprehensive", pl.col("scheme") == "environment"
    both = pl.col("promises").is_not_null() & pl.col("promises_kept").is_not_null()
    rows = fresh.with_columns(
        public=pl.when(public).then(pl.col("grade").replace_strict(GRADES, default=None, return_dtype=pl.Float64)),
        public_score=pl.when(public).then("score"),
        environment=pl.when(environment).then(pl.col("grade").replace_strict(ENVIRONMENT_GRADES, default=None, return_dtype=pl.Float64)),
        made=pl.when(both).then("promises"),
        kept=pl.when(both).then("promises_kept"),
    )
    return rows.group_by("firm_id").agg(
        list_grade=latest("public"),
        list_score=latest("public_score"),
        list_environment_grade=latest("environment"),
        list_promises=latest("made").cast(pl.Float64),
        list_promises_kept=latest("kept").cast(pl.Float64),
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"list_{name}")


def _told(name: str) -> nw.Expr:
    return told("list_known", f"list_{name}")


VARIABLES = (
    Variable("serious_illegal_list_flag", "0/1", "V", "now", _told("serious_illegal")),
    Variable("tax_major_violation_flag", "0/1", "V", "now", _told("tax_violation")),
    Variable("wage_arrears_list_flag", "0/1", "V", "now", _told("wage_arrears")),
    Variable("env_dishonest_grade", "grade", "+", "newest", _m("environment_grade")),
    Variable("gov_procurement_ban_flag", "0/1", "-", "now", _told("procurement_ban")),
    Variable("public_credit_grade", "A-D", "+", "newest", _m("grade")),
    Variable("public_credit_score", "score", "+", "newest", _m("score")),
    Variable("red_list_cnt", "n", "+", "now", _told("red")),
    Variable("honour_national_cnt", "n", "+", "now", _told("national")),
    Variable("honour_province_cnt", "n", "+", "now", _told("province")),
    Variable("sme_specialised_flag", "0/1", "+", "now", _told("specialised")),
    Variable("little_giant_flag", "0/1", "+", "now", _told("little_giant")),
    Variable("sme_innovative_flag", "0/1", "+", "now", _told("innovative")),
    Variable("hightech_cert_flag", "0/1", "+", "now", _told("hightech")),
    Variable("hightech_cert_months_left", "months", "+", "now", _m("hightech_left")),
    Variable("sci_tech_sme_flag", "0/1", "+", "year", _told("sci_tech")),
    Variable("coordination_list_flag", "0/1", "P", "now", _told("recommended")),
    Variable("coordination_list_age_days", "days", "n", "now", _m("recommended_days")),
    Variable("policy_fund_received_24m", "CNY", "+", "24m", yuan(_told("funds_24m"))),
    Variable("credit_promise_kept_ratio", "ratio", "+", "newest", ratio(_m("promises_kept"), _m("promises"))),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
