"""What the register of market entities tells of a firm (class C01): what it is, how long it has been, what changed, what it reported.

Each field is taken from the newest statement that tells it. Windows over changes hold the month still running, too (see
`puhui.features.registers`). Where the field's list leaves something open:

    entity_kind             company 1, partnership 2, sole proprietorship 3, individual business 4, cooperative 5, branch 6, other 9; where
                            the register tells no kind, the second place of the unified code does (1, 2 individual, 3 cooperative)
    reg_status_normal_flag  a firm in 歇业 (dormancy) goes on existing and is told by its own flag, so it counts as normal here
    paidin_capital_amt      of the newer of register and annual report
    capital_due_gap_amt     instalments due as told with the register's statement
    industry_risk_tier      table `industry-risk-tiers`; null for a division it does not name
    annual_report_missed_cnt_3y   of the last three years whose 30 June has passed and in whose report year the firm existed on 1 January
                            of the next; a report that came late was missed on the day, but is counted as late, not as missed
    annual_report_late_flag newest report filed after 30 June of the year after its own
    address_cluster_cnt     entities at the address as the register counts them; where many may lawfully share it (集群注册), one
    abnormal_list_*         from the lists (class C05)
    scope_permit_missing_flag  the statement says that the scope holds a permit item, and no core licence is valid (class C03)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import narwhals as nw
import polars as pl

from puhui.features.formulas import ratio, yuan
from puhui.features.months import latest, months_since
from puhui.features.registers import beside, how_many, known_firms, told, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf
from puhui.products.parameters import table

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "PARAMETERS", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C01"
RECORDS = ("registration", "registration_change", "annual_report")
PARAMETERS = ("industry-risk-tiers",)
DEFINED_BY = ("registers.py",)

KINDS = {"company": 1.0, "partnership": 2.0, "sole_owner": 3.0, "individual": 4.0, "cooperative": 5.0, "branch": 6.0, "other": 9.0}
KINDS_BY_CODE = {"91": 1.0, "92": 4.0, "93": 5.0}
STANDING = ("normal", "dormant")
REPORT_DUE = (6, 30)
"""企业信息公示暂行条例 art. 8: from 1 January to 30 June of the next year."""
REPORT_YEARS = 3


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen, ages in months."""
    firms = known_firms(frames, RECORDS, "reg_known")
    statement, reports = _statement(frames["registration"], as_of), _reports(frames["annual_report"], as_of)
    return beside(firms, statement, _changes(frames["registration_change"], as_of), reports).with_columns(
        reg_missed_reports=(_reports_due(as_of) - pl.col("reg_reports_of_3y").fill_null(0.0)).clip(lower_bound=0)
    )


def _statement(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    kind = pl.coalesce(_code(pl.col("register_kind"), KINDS), _code(pl.col("uscc").str.slice(0, 2), KINDS_BY_CODE))
    tier = pl.col("industry").str.slice(0, 2).replace_strict(_tiers(as_of.day), default=None, return_dtype=pl.Float64)
    dormant = (pl.col("status") == "dormant") | (pl.col("dormant_until") >= as_of.day).fill_null(False)
    rows = rows.with_columns(
        kind=kind,
        tier=tier,
        standing=pl.col("status").is_in(STANDING).cast(pl.Float64),
        dormant=dormant.cast(pl.Float64),
        shared=pl.when(pl.col("cluster_permitted").fill_null(False)).then(1).otherwise(pl.col("entities_at_address")),
        permit=pl.col("permit_needed").cast(pl.Float64),
    )
    return rows.group_by("firm_id").agg(
        reg_age_months=months_since(latest("established_on"), as_of),
        reg_founded_on=latest("established_on"),
        reg_capital=latest("capital_fen").cast(pl.Float64),
        reg_paid_in=latest("paid_in_fen").cast(pl.Float64),
        reg_paid_in_on=pl.col("observed_on").filter(pl.col("paid_in_fen").is_not_null()).max(),
        reg_capital_due=latest("capital_due_fen").cast(pl.Float64),
        reg_kind=latest("kind"),
        reg_standing=latest("standing"),
        reg_dormant=latest("dormant"),
        reg_tier=latest("tier"),
        reg_shared_address=latest("shared").cast(pl.Float64),
        reg_branches=latest("branches").cast(pl.Float64),
        reg_permit_needed=latest("permit"),
    )


def _code(column: pl.Expr, codes: Mapping[str, float]) -> pl.Expr:
    return column.replace_strict(dict(codes), default=None, return_dtype=pl.Float64)


def _tiers(day: date) -> dict[str, float]:
    """Division → tier, as in force on the day."""
    return {division: float(row["tier"]) for row in table("industry-risk-tiers").valid_on(day) for division in row["divisions"]}


def _changes(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    def changed(item: str, months: int) -> pl.Expr:
        return how_many((pl.col("item") == item) & within("changed_on", as_of, months))

    return rows.group_by("firm_id").agg(
        reg_industry_changes_12m=changed("industry", 12),
        reg_address_changes_24m=changed("address", 24),
        reg_name_changes_36m=changed("name", 36),
        reg_legal_rep_changes_24m=changed("legal_rep", 24),
        reg_legal_rep_changes_6m=changed("legal_rep", 6),
        reg_capital_decreases_24m=changed("capital_decrease", 24),
        reg_shareholder_changes_24m=changed("shareholder", 24),
    )


def _years_due(as_of: AsOf) -> range:
    """The three newest years of which the report had to be there."""
    newest = as_of.day.year - (1 if (as_of.day.month, as_of.day.day) > REPORT_DUE else 2)
    return range(newest - REPORT_YEARS + 1, newest + 1)


def _reports_due(as_of: AsOf) -> pl.Expr:
    """Reports that a firm of this founding date owed of those years; null where the founding date is not told."""
    first = _years_due(as_of).start
    founded = pl.col("reg_founded_on").dt.year().cast(pl.Float64)
    return (REPORT_YEARS - (founded - first).clip(lower_bound=0)).clip(lower_bound=0)


def _reports(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    years = _years_due(as_of)
    late = pl.col("filed_on") > pl.date(pl.col("year") + 1, *REPORT_DUE)
    newest = rows.with_columns(late=late.cast(pl.Float64)).sort("year")
    return newest.group_by("firm_id", maintain_order=True).agg(
        reg_reports_of_3y=pl.col("year").filter(pl.col("year").is_between(years.start, years.stop - 1)).n_unique().cast(pl.Float64),
        reg_report_late=pl.col("late").last(),
        reg_staff=pl.col("staff").drop_nulls().last().cast(pl.Float64),
        reg_reported_paid_in=pl.col("paid_in_fen").drop_nulls().last().cast(pl.Float64),
        reg_reported_on=pl.col("filed_on").filter(pl.col("paid_in_fen").is_not_null()).max(),
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"reg_{name}")


def _changed(name: str) -> nw.Expr:
    return told("reg_known", f"reg_{name}")


def _flag(condition: nw.Expr) -> nw.Expr:
    return condition.cast(nw.Float64)


_REPORT_IS_NEWER = (_m("reported_on") > _m("paid_in_on")) | _m("paid_in_on").is_null()
_PAID_IN = nw.when(_REPORT_IS_NEWER).then(_m("reported_paid_in")).otherwise(_m("paid_in"))
_DUE_GAP = nw.when(_m("capital_due") > _PAID_IN).then(_m("capital_due") - _PAID_IN).otherwise(_m("capital_due") * 0)

VARIABLES = (
    Variable("reg_age_months", "months", "+", "newest", _m("age_months")),
    Variable("reg_capital_amt", "CNY", "n", "newest", yuan(_m("capital"))),
    Variable("paidin_capital_amt", "CNY", "+", "newest", yuan(_PAID_IN)),
    Variable("paidin_capital_ratio", "ratio", "+", "newest", ratio(_PAID_IN, _m("capital"))),
    Variable("capital_due_gap_amt", "CNY", "-", "newest", yuan(nw.when(~_PAID_IN.is_null()).then(_DUE_GAP))),
    Variable("entity_kind", "code", "n", "newest", _m("kind")),
    Variable("reg_status_normal_flag", "0/1", "V", "newest", _m("standing")),
    Variable("dormancy_flag", "0/1", "V", "newest", _m("dormant")),
    Variable("industry_risk_tier", "1-5", "-", "newest", _m("tier")),
    Variable("industry_change_12m_flag", "0/1", "-", "12m", _flag(_changed("industry_changes_12m") > 0)),
    Variable(
        "scope_permit_missing_flag",
        "0/1",
        "-",
        "newest",
        nw.when(_m("permit_needed") == 0)
        .then(0.0)
        .when((_m("permit_needed") == 1) & (nw.col("lic_known") == 1))
        .then(_flag(nw.col("lic_core_valid").fill_null(0.0) == 0)),
    ),
    Variable("address_change_cnt_24m", "n", "-", "24m", _changed("address_changes_24m")),
    Variable("name_change_cnt_36m", "n", "-", "36m", _changed("name_changes_36m")),
    Variable("legalrep_change_cnt_24m", "n", "-", "24m", _changed("legal_rep_changes_24m")),
    Variable("legalrep_change_recent_6m_flag", "0/1", "-", "6m", _flag(_changed("legal_rep_changes_6m") > 0)),
    Variable("abnormal_list_now_flag", "0/1", "-", "now", told("list_known", "list_abnormal_now")),
    Variable("abnormal_list_cnt_36m", "n", "-", "36m", told("list_known", "list_abnormal_36m")),
    Variable("annual_report_missed_cnt_3y", "n", "-", "3 years", _m("missed_reports")),
    Variable("annual_report_late_flag", "0/1", "-", "newest year", _m("report_late")),
    Variable("address_cluster_cnt", "n", "-", "newest", _m("shared_address")),
    Variable("branch_cnt", "n", "n", "newest", _m("branches")),
    Variable("reg_staff_annual_report", "persons", "n", "newest year", _m("staff")),
    Variable("reg_capital_decrease_24m_flag", "0/1", "-", "24m", _flag(_changed("capital_decreases_24m") > 0)),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
