"""What officers saw and what the lender itself lived through with a customer (class S2): visits, estimates, informants, conduct.

Where papers are thin, an officer counts stock, reads meters, reckons sales in five ways and asks people who know the owner; agreement of
what was found independently is the evidence. Informants' notes are scores for behaviour only: no text, nothing of health, faith or family
(excluded inputs). What speaks of the household is personal. Everything is of the newest visit (or statement) that tells it. Where the
field's list leaves something open:

    sv_sales_by_purchase    as estimated, or else purchases × (1 + markup); the other ways as estimated
    sales_crosscheck_gap    two ways at least, each by its newest estimate of the last twelve months
    sv_equity_should        every part that is not told counts as nothing, but the initial equity must be told
    equity_check_gap        by the equity found; null where that is not above zero
    sv_disposable_income_month  business profit must be told; other parts that are not count as nothing
    sv_instalment_to_disposable null where nothing is left to dispose of: the rule on disposable income says the rest
    sv_character_score      mean over independent informants of the last 24 months, each by the newest note; fewer than three leave it null
    panel_disagreement      between the highest and the lowest of those scores, two at least
    sv_informant_cnt        independent ones, of the last 24 months
    own_total_credit        as the lender's books state it for the household; loans of other lenders are not in it
    own_repay_on_time_ratio of all instalments that fell due
    app_claim_vs_data_gap   claimed sales against those declared for twelve months, else those invoiced
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import change, ratio, yuan
from puhui.features.months import latest, months_since
from puhui.features.registers import beside, known_firms, within
from puhui.features.variable import LeftOut, Sign, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "S2"
RECORDS = ("site_visit", "sales_estimate", "informant_note", "own_conduct")
DEFINED_BY = ("registers.py",)

METHODS = ("flow", "purchase", "payroll", "electricity", "calendar")
FEWEST_INFORMANTS = 3
VISITED = (
    "stock_counted_fen", "stock_book_fen", "machines_running", "machines_installed", "staff_seen", "staff_declared", "water_m3",
    "power_kwh", "third_sheet_fen", "photo_near_address", "private_debt_fen", "new_instalment_fen",
)  # fmt: skip
CONDUCT = (
    "total_credit_fen", "instalments_due", "instalments_on_time", "days_past_due_most_12m", "loans_completed", "early_settlements",
    "limit_use_6m", "figure_edits", "device_shared_with", "claimed_sales_fen",
)  # fmt: skip


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen."""
    return beside(
        known_firms(frames, RECORDS, "visit_known"),
        _visits(frames["site_visit"], as_of),
        _estimates(frames["sales_estimate"], as_of),
        _informants(frames["informant_note"], as_of),
        _conduct(frames["own_conduct"], as_of),
    )


def _visits(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    def part(column: str) -> pl.Expr:
        return pl.col(column).fill_null(0)

    gains = part("equity_profits_fen") + part("equity_contributed_fen") + part("equity_revalued_fen")
    losses = part("equity_drawn_fen") + part("equity_lost_fen")
    income = pl.col("business_profit_month_fen") + part("other_income_month_fen")
    rows = rows.with_columns(
        should=pl.col("equity_initial_fen") + gains - losses,
        actual=pl.col("assets_fen") - pl.col("liabilities_fen"),
        disposable=income - part("family_spending_month_fen") - part("instalments_month_fen"),
    )
    age = (pl.lit(as_of.day) - pl.col("visited_on").max()).dt.total_days()
    return rows.group_by("firm_id").agg(
        *(latest(column).cast(pl.Float64).alias(f"visit_{column.removesuffix('_fen')}") for column in VISITED),
        visit_equity_initial=latest("equity_initial_fen").cast(pl.Float64),
        visit_equity_should=latest("should").cast(pl.Float64),
        visit_equity_actual=latest("actual").cast(pl.Float64),
        visit_disposable=latest("disposable").cast(pl.Float64),
        visit_age_days=age.cast(pl.Float64),
    )


def _estimates(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    by_markup = pl.col("basis_fen") * (1 + pl.col("markup"))
    sales = pl.coalesce("sales_fen", pl.when(pl.col("method") == "purchase").then(by_markup)).cast(pl.Float64)
    fresh = rows.with_columns(sales=sales).filter(within("estimated_on", as_of, 12) & pl.col("sales").is_not_null())
    newest = fresh.group_by("firm_id", "method").agg(sales=latest("sales"))
    found = pl.col("sales")
    return newest.group_by("firm_id").agg(
        *(found.filter(pl.col("method") == method).first().alias(f"visit_sales_{method}") for method in METHODS),
        visit_sales_spread=pl.when(found.len() >= 2).then(found.max() - found.min()),
        visit_sales_middle=found.median(),
    )


def _informants(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    heard = rows.filter(within("noted_on", as_of, 24) & pl.col("independent").fill_null(False))
    newest = heard.group_by("firm_id", "informant").agg(score=latest("score")).sort("firm_id", "informant")
    score = pl.col("score")
    return newest.group_by("firm_id").agg(
        visit_informants=pl.len().cast(pl.Float64),
        visit_character=pl.when(score.len() >= FEWEST_INFORMANTS).then(score.mean()),
        visit_disagreement=pl.when(score.len() >= 2).then(score.max() - score.min()),
    )


def _conduct(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    return rows.group_by("firm_id").agg(
        *(latest(column).cast(pl.Float64).alias(f"visit_own_{column.removesuffix('_fen')}") for column in CONDUCT),
        visit_own_months=months_since(latest("customer_since"), as_of),
    )


def _m(name: str) -> nw.Expr:
    return nw.col(f"visit_{name}")


def _own(name: str) -> nw.Expr:
    return nw.col(f"visit_own_{name}")


def _personal(name: str, unit: str, sign: Sign, window: str, expression: nw.Expr) -> Variable:
    return Variable(name, unit, sign, window, expression, personal=True)


_GAP = (_m("equity_should") - _m("equity_actual")).abs()
_VERIFIED = nw.coalesce(nw.col("tax_vat_sales_12m"), nw.col("out_net_12m"))

VARIABLES = (
    *(Variable(f"sv_sales_by_{method}", "CNY", "n", "newest", yuan(_m(f"sales_{method}"))) for method in METHODS),
    Variable("sales_crosscheck_gap", "ratio", "-", "12m", ratio(_m("sales_spread"), _m("sales_middle"))),
    _personal("sv_equity_initial", "CNY", "n", "newest", yuan(_m("equity_initial"))),
    _personal("sv_equity_should", "CNY", "n", "newest", yuan(_m("equity_should"))),
    _personal("sv_equity_actual", "CNY", "+", "newest", yuan(_m("equity_actual"))),
    _personal("equity_check_gap", "ratio", "-", "newest", ratio(_GAP, _m("equity_actual"))),
    _personal("sv_disposable_income_month", "CNY", "+", "newest", yuan(_m("disposable"))),
    _personal("sv_instalment_to_disposable", "ratio", "-", "newest", ratio(_m("new_instalment"), _m("disposable"))),
    _personal("sv_private_debt_found_amt", "CNY", "-", "newest", yuan(_m("private_debt"))),
    Variable("sv_stock_counted_value", "CNY", "n", "newest", yuan(_m("stock_counted"))),
    Variable("sv_stock_vs_book_gap", "ratio", "n", "newest", change(_m("stock_counted"), _m("stock_book"))),
    Variable("sv_machines_running_share", "ratio", "+", "newest", ratio(_m("machines_running"), _m("machines_installed"))),
    Variable("sv_staff_seen_share", "ratio", "+", "newest", ratio(_m("staff_seen"), _m("staff_declared"))),
    Variable("sv_water_meter_month", "m3", "n", "newest", _m("water_m3")),
    Variable("sv_elec_meter_month", "kWh", "n", "newest", _m("power_kwh")),
    Variable("sv_customs_or_tax_sheet_amt", "CNY", "n", "newest", yuan(_m("third_sheet"))),
    _personal("sv_character_score", "0-100", "+", "24m", _m("character")),
    _personal("sv_informant_cnt", "n", "+", "24m", _m("informants")),
    _personal("panel_disagreement", "points", "-", "24m", _m("disagreement")),
    Variable("sv_photo_geo_match_flag", "0/1", "+", "newest", _m("photo_near_address")),
    Variable("sv_visit_age_days", "days", "-", "newest", _m("age_days")),
    _personal("own_total_credit", "CNY", "P", "newest", yuan(_own("total_credit"))),
    _personal("relationship_months", "months", "+", "newest", _own("months")),
    _personal("own_repay_on_time_ratio", "ratio", "+", "all", ratio(_own("instalments_on_time"), _own("instalments_due"))),
    _personal("own_max_dpd_12m", "days", "-", "12m", _own("days_past_due_most_12m")),
    _personal("own_step_up_cnt", "n", "+", "all", _own("loans_completed")),
    _personal("own_early_settle_cnt", "n", "n", "all", _own("early_settlements")),
    _personal("own_limit_use_avg_6m", "ratio", "n", "6m", _own("limit_use_6m")),
    _personal("app_material_change_cnt", "n", "-", "newest", _own("figure_edits")),
    _personal("app_device_shared_cnt", "n", "-", "newest", _own("device_shared_with")),
    Variable("app_claim_vs_data_gap", "ratio", "-", "newest/12m", change(_own("claimed_sales"), _VERIFIED).abs()),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
