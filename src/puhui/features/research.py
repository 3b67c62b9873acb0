"""Rights of the mind and research (class C13): patents, marks, software, what a firm spends and whom it employs to find new things.

Ten of these are indicators of the national innovation points (创新积分制). Windows over events hold the month still running, too. Where the
field's list leaves something open:

    patent_valid_cnt        granted, not ended, and not past the lawful term (20 years for an invention, 15 for a design, 10 for a utility
                            model, from the application)
    patent_invention_app_12m  applications of inventions, granted or not
    pct_app_cnt_36m         applications under the Patent Cooperation Treaty
    patent_lapsed_fee_cnt_24m, patent_transfer_out_cnt_24m  by the reason why the right ended
    patent_main_business_share  by the valid patents that are told to belong, or not to belong, to the main business
    rd_*, *_staff_share, hightech_*  of the newest year that is told, at most two years old: research is returned by the year, so "12m"
                            means that year; the change is against the year before it
    tech_contract_amt_12m   registered technology contracts, signed within twelve months
    provincial_*_cnt        national or provincial; of platforms and projects those that still run, of awards all
    venture_capital_amt     external investment of all years, from the events of shares (class C02)
    ip_dispute_def_cnt_36m  from the courts (class C04), by the cause of action
    ip_appraised_value      newest appraisals of rights that are valid; the haircut belongs to the product's rule
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import change, ratio, yuan
from puhui.features.registers import beside, how_many, known_firms, still, sum_of, told, valid, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C13"
RECORDS = ("patent", "trademark", "research_year", "technology_project")
DEFINED_BY = ("registers.py",)

TERM_YEARS = {"invention": 20, "design": 15, "utility": 10}
"""专利法 art. 42, from the day of application."""
HIGH = ("national", "province")
YEARS_USED = 2


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen."""
    return beside(
        known_firms(frames, RECORDS, "ip_known"),
        _patents(frames["patent"], as_of),
        _marks(frames["trademark"], as_of),
        _years(frames["research_year"], as_of),
        _projects(frames["technology_project"], as_of),
    )


def _patents(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    kind, granted = pl.col("kind"), (pl.col("granted_on") <= as_of.day).fill_null(False)
    term = kind.replace_strict(TERM_YEARS, default=None, return_dtype=pl.Int64)
    expires = pl.col("applied_on").dt.offset_by(pl.format("{}y", term.fill_null(0)))
    lives = granted & still("ended_on", as_of) & term.is_not_null() & (expires > as_of.day)
    pledged = (pl.col("pledged_on") <= as_of.day).fill_null(False) & still("pledge_ended_on", as_of)
    rows = rows.with_columns(lives=lives)
    ended = within("ended_on", as_of, 24)
    return rows.group_by("firm_id").agg(
        ip_patents=how_many(pl.col("lives")),
        ip_inventions=how_many(pl.col("lives") & (kind == "invention")),
        ip_invention_applications=how_many((kind == "invention") & within("applied_on", as_of, 12)),
        ip_pct_36m=how_many((kind == "pct") & within("applied_on", as_of, 36)),
        ip_lapsed_24m=how_many(ended & (pl.col("end_reason") == "fee")),
        ip_assigned_24m=how_many(ended & (pl.col("end_reason") == "assigned")),
        ip_pledged=how_many(pledged),
        ip_main=how_many(pl.col("lives") & pl.col("main_business")),
        ip_sorted=how_many(pl.col("lives") & pl.col("main_business").is_not_null()),
        ip_patent_value=sum_of("appraised_fen", pl.col("lives")),
    )


def _marks(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    runs = valid("valid_until", as_of)
    return rows.group_by("firm_id").agg(
        ip_marks=how_many((pl.col("kind") == "trademark") & runs),
        ip_software=how_many((pl.col("kind") == "software") & runs),
        ip_mark_value=sum_of("appraised_fen", runs),
    )


def _years(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    newest = pl.col("year").max().over("firm_id")
    used = rows.with_columns(newest=newest).filter(pl.col("newest") >= as_of.day.year - YEARS_USED)
    columns = ("expense_fen", "revenue_fen", "hightech_revenue_fen", "staff", "research_staff", "master_staff", "cit_relief_fen")
    this, last = pl.col("year") == pl.col("newest"), pl.col("year") == pl.col("newest") - 1
    names = [name.removesuffix("_fen") for name in columns]
    return used.group_by("firm_id").agg(
        *(pl.col(column).filter(this).last().cast(pl.Float64).alias(f"ip_{name}") for column, name in zip(columns, names, strict=True)),
        ip_expense_before=pl.col("expense_fen").filter(last).last().cast(pl.Float64),
    )


def _projects(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    kind, high, runs = pl.col("kind"), pl.col("level").is_in(HIGH), valid("ends_on", as_of)
    return rows.group_by("firm_id").agg(
        ip_contracts_12m=sum_of("amount_fen", (kind == "contract") & within("signed_on", as_of, 12)),
        ip_platforms=how_many((kind == "platform") & high & runs),
        ip_awards=how_many((kind == "award") & high),
        ip_projects=how_many((kind == "project") & high & runs),
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"ip_{name}")


def _told(name: str) -> nw.Expr:
    return told("ip_known", f"ip_{name}")


VARIABLES = (
    Variable("patent_valid_cnt", "n", "+", "now", _told("patents")),
    Variable("patent_invention_valid_cnt", "n", "+", "now", _told("inventions")),
    Variable("patent_invention_app_12m", "n", "+", "12m", _told("invention_applications")),
    Variable("pct_app_cnt_36m", "n", "+", "36m", _told("pct_36m")),
    Variable("patent_lapsed_fee_cnt_24m", "n", "-", "24m", _told("lapsed_24m")),
    Variable("patent_transfer_out_cnt_24m", "n", "-", "24m", _told("assigned_24m")),
    Variable("patent_pledge_active_cnt", "n", "-", "now", _told("pledged")),
    Variable("patent_main_business_share", "ratio", "+", "now", ratio(_m("main"), _m("sorted"))),
    Variable("trademark_valid_cnt", "n", "+", "now", _told("marks")),
    Variable("software_copyright_cnt", "n", "+", "now", _told("software")),
    Variable("ip_dispute_def_cnt_36m", "n", "-", "36m", told("case_known", "case_property_36m")),
    Variable("rd_expense_12m", "CNY", "+", "newest year", yuan(_m("expense"))),
    Variable("rd_expense_yoy", "ratio", "+", "newest year/year before", change(_m("expense"), _m("expense_before"))),
    Variable("rd_intensity", "ratio", "+", "newest year", ratio(_m("expense"), _m("revenue"))),
    Variable("rd_staff_share", "ratio", "+", "newest year", ratio(_m("research_staff"), _m("staff"))),
    Variable("master_staff_share", "ratio", "+", "newest year", ratio(_m("master_staff"), _m("staff"))),
    Variable("tech_contract_amt_12m", "CNY", "+", "12m", yuan(_told("contracts_12m"))),
    Variable("hightech_revenue_share", "ratio", "+", "newest year", ratio(_m("hightech_revenue"), _m("revenue"))),
    Variable("hightech_revenue_12m", "CNY", "+", "newest year", yuan(_m("hightech_revenue"))),
    Variable("cit_rd_relief_12m", "CNY", "+", "newest year", yuan(_m("cit_relief"))),
    Variable("provincial_rd_platform_cnt", "n", "+", "now", _told("platforms")),
    Variable("provincial_award_cnt", "n", "+", "all", _told("awards")),
    Variable("provincial_project_cnt", "n", "+", "now", _told("projects")),
    Variable("venture_capital_amt", "CNY", "+", "all", yuan(told("hold_known", "hold_invested"))),
    Variable("ip_appraised_value", "CNY", "+", "newest", yuan(_told("patent_value") + _told("mark_value"))),
)

_WEIGHTS = "needs the stages and weights of 国科办资〔2024〕84号, which no checked source here gives"

LEFT_OUT: tuple[LeftOut, ...] = (LeftOut("innovation_stage", "C13", _WEIGHTS), LeftOut("innovation_score_total", "C13", _WEIGHTS))
