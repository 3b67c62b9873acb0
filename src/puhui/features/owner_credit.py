"""What the credit bureau reports of the owner (class C16): read only by the person's written consent that names purpose and effect.

As for the firm (`puhui.features.credit_bureau`): the newest report counts, and nothing that ended more than five years ago (征信业管理条例
art. 16). Every variable is personal. Where the field's list leaves something open:

    pcb_overdue_cnt_24m, _max_status_60m  of the closed months and the one still running; the worst status of any card or loan of a month
    pcb_five_class_worst    normal 1 … loss 5, over live loans that tell a class; cards have none
    pcb_card_use_rate       mean use of six months by limits, over live cards that tell both
    pcb_card_full_cnt       cards with a balance of 90 % of the limit or more on the day of the report
    pcb_consumer_lender_cnt lenders of consumer loans with a balance that are no banks
    pcb_debt_to_income      instalments by the income told with the report
    pcb_query_cnt_*         30 and 90 days; each query for a loan or a card counts, also of one lender
    pcb_first_credit_months since the first account as told with the report
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.credit_bureau import KEPT_MONTHS, LONG_QUERY_DAYS, SHORT_QUERY_DAYS, newest_report
from puhui.features.formulas import ratio, yuan
from puhui.features.months import month_back, months_since
from puhui.features.registers import any_of, beside, how_many, known_firms, number_of, still, sum_of, told
from puhui.features.variable import LeftOut, Sign, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C16"
RECORDS = ("owner_credit_report", "owner_credit_account", "owner_credit_month", "credit_query")
DEFINED_BY = ("registers.py", "credit_bureau.py")

CLASSES = {"normal": 1.0, "mention": 2.0, "substandard": 3.0, "doubtful": 4.0, "loss": 5.0}
BALANCES = {
    "card_instalment": "instalment_plans",
    "consumer": "consumer",
    "business": "business",
    "home": "home",
    "guarantee_given": "given",
}
FULL = 0.9


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen."""
    report, accounts = frames["owner_credit_report"], frames["owner_credit_account"]
    newest = newest_report(report, accounts)
    kept = accounts.join(newest, on=["firm_id", "reported_on"]).filter(
        still("closed_on", as_of) | (months_since(pl.col("closed_on"), as_of) < KEPT_MONTHS)
    )
    return beside(
        known_firms(frames, ("owner_credit_report", "owner_credit_account"), "pcb_known"),
        _heads(report, newest, as_of),
        _live(kept.filter(still("closed_on", as_of))),
        _marks(kept),
        _months(frames["owner_credit_month"], as_of),
        _queries(frames["credit_query"], as_of),
    )


def _heads(report: pl.LazyFrame, newest: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    age = (pl.lit(as_of.day) - pl.col("reported_on")).dt.total_days().cast(pl.Float64)
    head = report.join(newest, on=["firm_id", "reported_on"]).group_by("firm_id").agg(
        pcb_first_on=pl.col("first_account_on").min(), pcb_income=pl.col("income_month_fen").max().cast(pl.Float64)
    )  # fmt: skip
    return newest.with_columns(age.alias("pcb_age_days")).drop("reported_on").join(head, on="firm_id", how="left").with_columns(
        pcb_first_months=months_since(pl.col("pcb_first_on"), as_of)
    ).drop("pcb_first_on")  # fmt: skip


def _live(live: pl.LazyFrame) -> pl.LazyFrame:
    kind, balance, limit = pl.col("kind"), pl.col("balance_fen"), pl.col("limit_fen")
    used = (kind == "card") & pl.col("used_six_months_fen").is_not_null() & limit.is_not_null()
    classed = pl.col("five_class").replace_strict(CLASSES, default=None, return_dtype=pl.Float64)
    own = kind != "guarantee_given"
    return live.group_by("firm_id").agg(
        *(sum_of("balance_fen", kind == name).alias(f"pcb_{measure}") for name, measure in BALANCES.items()),
        pcb_overdue=sum_of("overdue_fen", own),
        pcb_class=classed.filter(own & ~kind.is_in(["card", "card_instalment"])).max(),
        pcb_card_used=sum_of("used_six_months_fen", used),
        pcb_card_limits=sum_of("limit_fen", used),
        pcb_full_cards=how_many((kind == "card") & (limit > 0) & (balance >= limit * FULL)),
        pcb_consumer_lenders=number_of("lender", (kind == "consumer") & (pl.col("lender_kind") != "bank") & (balance > 0)),
        pcb_service=sum_of("instalment_fen", own),
    )


def _marks(kept: pl.LazyFrame) -> pl.LazyFrame:
    return kept.group_by("firm_id").agg(
        pcb_writeoff=any_of(pl.col("mark").is_in(["writeoff", "disposed", "advance"])),
        pcb_business_ever=how_many(pl.col("kind") == "business"),
    )


def _months(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    rows = rows.with_columns(back=month_back("month", as_of)).filter(pl.col("back").is_between(0, KEPT_MONTHS))
    status, recent = pl.col("worst_status"), pl.col("back") <= 24
    return rows.group_by("firm_id").agg(
        pcb_late_months=pl.when(recent.any()).then(how_many(recent & (status >= 1))), pcb_worst_status=status.max().cast(pl.Float64)
    )


def _queries(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    age = (pl.lit(as_of.day) - pl.col("queried_on")).dt.total_days()
    wanted = (pl.col("whose") == "owner") & pl.col("reason").is_in(["loan_approval", "card_approval"])
    return rows.with_columns(age=age).group_by("firm_id").agg(
        pcb_queries_1m=how_many(wanted & (pl.col("age") < SHORT_QUERY_DAYS)),
        pcb_queries_3m=how_many(wanted & (pl.col("age") < LONG_QUERY_DAYS)),
    )  # fmt: skip


def _m(name: str) -> nw.Expr:
    return nw.col(f"pcb_{name}")


def _told(name: str) -> nw.Expr:
    return told("pcb_known", f"pcb_{name}")


def _personal(name: str, unit: str, sign: Sign, window: str, expression: nw.Expr) -> Variable:
    return Variable(name, unit, sign, window, expression, personal=True)


VARIABLES = (
    _personal("pcb_overdue_cnt_24m", "n", "-", "24m", _m("late_months")),
    _personal("pcb_overdue_max_status_60m", "n", "-", "60m", _m("worst_status")),
    _personal("pcb_overdue_now_amt", "CNY", "V", "newest", yuan(_told("overdue"))),
    _personal("pcb_five_class_worst", "1-5", "-", "newest", _m("class")),
    _personal("pcb_writeoff_flag", "0/1", "V", "60m", _told("writeoff")),
    _personal("pcb_card_use_rate", "ratio", "-", "6m", ratio(_m("card_used"), _m("card_limits"))),
    _personal("pcb_card_full_cnt", "n", "-", "newest", _told("full_cards")),
    _personal("pcb_card_instalment_bal", "CNY", "-", "newest", yuan(_told("instalment_plans"))),
    _personal("pcb_consumer_loan_bal", "CNY", "-", "newest", yuan(_told("consumer"))),
    _personal("pcb_consumer_lender_cnt", "n", "-", "newest", _told("consumer_lenders")),
    _personal("pcb_business_loan_bal", "CNY", "n", "newest", yuan(_told("business"))),
    _personal("pcb_mortgage_bal", "CNY", "n", "newest", yuan(_told("home"))),
    _personal("pcb_monthly_service", "CNY", "-", "newest", yuan(_told("service"))),
    _personal("pcb_debt_to_income", "ratio", "-", "newest", ratio(_told("service"), _m("income"))),
    _personal("pcb_guarantee_out_amt", "CNY", "-", "newest", yuan(_told("given"))),
    _personal("pcb_query_cnt_1m", "n", "-", "30 days", _told("queries_1m")),
    _personal("pcb_query_cnt_3m", "n", "-", "90 days", _told("queries_3m")),
    _personal("pcb_first_credit_months", "months", "+", "all", _m("first_months")),
    _personal("pcb_report_age_days", "days", "-", "newest", _m("age_days")),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
