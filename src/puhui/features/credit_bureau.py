"""What the credit bureau reports of a firm's debts (class C16); the owner's own report is read by `puhui.features.owner_credit`.

A report is a picture of one day: everything is read from the newest one, and an account that an older report had and the newest has not is
gone. Debts are all accounts but agreements on lines and guarantees given. What speaks against somebody is not used five years after it has
ended. Windows over queries are counted in days. Where the field's list leaves something open:

    cb_total_credit_lines   the agreements on lines where the report tells any, else the lines told with single accounts
    cb_outstanding          discounts, acceptances, letters and leases included; inclusive totals take cb_discount_bal off
    cb_lender_new_6m        lenders whose first account of the report was opened within six months
    cb_first_loan_flag      1 where neither the firm's report nor the owner's tells of a business loan ever; null where the firm had none
                            and the owner's report is not held
    cb_total_to_sales       with the owner's business loans, so null without the owner's report; sales declared, else invoiced
    cb_overdue_now_amt      the whole of it: what is small enough to forgive is a figure of the rule that asks
    cb_*_share              by the debts that tell term or security; mixed security counts as neither secured nor unsecured
    cb_overdue_*_24m        from the months that the report tells, of the last 24 closed ones and the one still running
    cb_query_lender_cnt_*   30 and 90 days, the day itself included
    cb_due_*_amt            balances whose end lies at most 3 or 12 months ahead; what is past its end is due as well
    cb_due_3m_to_inflow     by the valid inflow of the last three closed months (class C15)
    cb_monthly_service      instalments as told; an account that tells none adds nothing
    cb_limit_change_6m      lines of the newest told month against those of the sixth before it
    cb_related_bad_flag     from related parties (class C02)
    cb_nonbank_share        micro-lenders, leasing and consumer finance
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import narwhals as nw
import polars as pl

from puhui.features.formulas import change, ratio, total, yuan
from puhui.features.months import month_back, months_since
from puhui.features.registers import any_of, beside, how_many, known_firms, number_of, still, sum_of, told, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures", "months_ahead", "newest_report"]

EVIDENCE_CLASS = "C16"
RECORDS = ("credit_report", "credit_account", "credit_month", "credit_query")
DEFINED_BY = ("registers.py",)

NO_DEBT = ("line", "guarantee_given")
BAD = ("substandard", "doubtful", "loss")
NON_BANKS = ("micro_lender", "leasing", "consumer_finance")
SHORT_QUERY_DAYS, LONG_QUERY_DAYS = 30, 90
KEPT_MONTHS = 60


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen."""
    report, accounts = frames["credit_report"], frames["credit_account"]
    newest = newest_report(report, accounts)
    heads = (
        report.join(newest, on=["firm_id", "reported_on"])
        .group_by("firm_id")
        .agg(cb_loans_ever=pl.col("loans_ever").max().cast(pl.Float64))
    )
    kept = accounts.join(newest, on=["firm_id", "reported_on"]).filter(
        still("closed_on", as_of) | (months_since(pl.col("closed_on"), as_of) < KEPT_MONTHS)
    )
    return beside(
        known_firms(frames, ("credit_report", "credit_account"), "cb_known"),
        heads,
        _debts(kept, as_of),
        _marks(kept, as_of),
        _lenders(kept, as_of),
        _months(frames["credit_month"], as_of),
        _queries(frames["credit_query"], as_of),
    )


def newest_report(heads: pl.LazyFrame, accounts: pl.LazyFrame) -> pl.LazyFrame:
    """firm_id and the day of its newest report, told by its head or by its accounts."""
    days = pl.concat([rows.select("firm_id", "reported_on") for rows in (heads, accounts)])
    return days.group_by("firm_id").agg(pl.col("reported_on").max())


def months_ahead(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month."""
    number = day.year * 12 + day.month - 1 + months
    after = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
    return min(date(number // 12, number % 12 + 1, 1) + timedelta(days=day.day - 1), after - timedelta(days=1))


def _debts(kept: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    live = kept.filter(still("closed_on", as_of))
    debt, kind, term, security = ~pl.col("kind").is_in(NO_DEBT), pl.col("kind"), pl.col("term"), pl.col("security")
    given, due = kind == "guarantee_given", pl.col("due_on")
    return live.group_by("firm_id").agg(
        cb_agreements=how_many((kind == "line") & pl.col("line_fen").is_not_null()),
        cb_agreed=sum_of("line_fen", kind == "line"),
        cb_lines=sum_of("line_fen", debt),
        cb_balance=sum_of("balance_fen", debt),
        cb_short=sum_of("balance_fen", debt & (term == "short")),
        cb_termed=sum_of("balance_fen", debt & term.is_not_null()),
        cb_real=sum_of("balance_fen", debt & security.is_in(["mortgage", "pledge"])),
        cb_bare=sum_of("balance_fen", debt & (security == "credit")),
        cb_secured_told=sum_of("balance_fen", debt & security.is_not_null()),
        cb_given=sum_of("balance_fen", given),
        cb_given_bad=sum_of("balance_fen", given & (pl.col("five_class") != "normal")),
        cb_bad=sum_of("balance_fen", debt & pl.col("five_class").is_in(BAD)),
        cb_mention=sum_of("balance_fen", debt & (pl.col("five_class") == "mention")),
        cb_overdue=sum_of("overdue_fen", debt),
        cb_interest_overdue=any_of(debt & (pl.col("interest_overdue_fen") > 0)),
        cb_acceptances=sum_of("balance_fen", kind == "acceptance"),
        cb_discounts=sum_of("balance_fen", kind == "discount"),
        cb_due_3m=sum_of("balance_fen", debt & (due <= months_ahead(as_of.day, 3))),
        cb_due_12m=sum_of("balance_fen", debt & (due <= months_ahead(as_of.day, 12))),
        cb_service=sum_of("instalment_fen", debt),
        cb_nonbank=sum_of("balance_fen", debt & pl.col("lender_kind").is_in(NON_BANKS)),
        cb_lenders=number_of("lender", debt & (pl.col("balance_fen") > 0)),
    )


def _marks(kept: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    mark = pl.col("mark")
    return kept.group_by("firm_id").agg(
        cb_amc=any_of(mark == "amc"),
        cb_advance=any_of(mark == "advance"),
        cb_writeoff=any_of(mark == "writeoff"),
        cb_restructured=any_of(mark == "restructured"),
        cb_renewals_24m=how_many(mark.is_in(["renewal", "extension"]) & within("opened_on", as_of, 24)),
    )


def _lenders(kept: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    debts = kept.filter(~pl.col("kind").is_in(["guarantee_given"]) & pl.col("opened_on").is_not_null())
    first = debts.group_by("firm_id", "lender").agg(pl.col("opened_on").min())
    return first.group_by("firm_id").agg(cb_new_lenders=how_many(within("opened_on", as_of, 6)))


def _months(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    rows = rows.with_columns(back=month_back("month", as_of)).filter(pl.col("back") >= 0)
    recent, line = pl.col("back") <= 24, pl.col("line_fen").is_not_null()
    late = (pl.col("overdue_fen") > 0) | (pl.col("overdue_days") > 0)
    newest = pl.col("back").filter(line).min()
    return rows.group_by("firm_id").agg(
        cb_late_months=pl.when(recent.any()).then(how_many(recent & late)),
        cb_late_days=pl.when(recent.any()).then(pl.col("overdue_days").filter(recent).max().fill_null(0)).cast(pl.Float64),
        cb_line_now=pl.col("line_fen").filter(pl.col("back") == newest).first().cast(pl.Float64),
        cb_line_before=pl.col("line_fen").filter(pl.col("back") == newest + 6).first().cast(pl.Float64),
    )


def _queries(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    age = (pl.lit(as_of.day) - pl.col("queried_on")).dt.total_days()
    wanted = (pl.col("whose") == "firm") & (pl.col("reason") == "loan_approval")
    return rows.with_columns(age=age).group_by("firm_id").agg(
        cb_queries_1m=number_of("lender", wanted & (pl.col("age") < SHORT_QUERY_DAYS)),
        cb_queries_3m=number_of("lender", wanted & (pl.col("age") < LONG_QUERY_DAYS)),
    )  # fmt: skip


def _m(name: str) -> nw.Expr:
    return nw.col(f"cb_{name}")


def _told(name: str) -> nw.Expr:
    return told("cb_known", f"cb_{name}")


_LINES = nw.when(_m("known") == 1).then(nw.when(_m("agreements") > 0).then(_m("agreed")).otherwise(_m("lines")).fill_null(0.0))
_SALES = nw.coalesce(nw.col("tax_vat_sales_12m"), nw.col("out_net_12m"))
_OWNERS = told("pcb_known", "pcb_business")
_EVER = nw.max_horizontal(_m("loans_ever").fill_null(0.0), _m("balance").fill_null(0.0))
_FIRST = (
    nw.when(_EVER > 0).then(0.0).when(nw.col("pcb_known") == 1).then((nw.col("pcb_business_ever").fill_null(0.0) == 0).cast(nw.Float64))
)

VARIABLES = (
    Variable("cb_total_credit_lines", "CNY", "n", "newest", yuan(_LINES)),
    Variable("cb_outstanding", "CNY", "n", "newest", yuan(_told("balance"))),
    Variable("cb_lender_cnt", "n", "-", "newest", _told("lenders")),
    Variable("cb_lender_new_6m", "n", "-", "6m", _told("new_lenders")),
    Variable("cb_first_loan_flag", "0/1", "P", "all", nw.when(_m("known") == 1).then(_FIRST)),
    Variable("cb_total_to_sales", "ratio", "-", "newest/12m", ratio(_told("balance") + _OWNERS, _SALES)),
    Variable("cb_line_use_rate", "ratio", "-", "newest", ratio(_told("balance"), _LINES)),
    Variable("cb_short_term_share", "ratio", "n", "newest", ratio(_m("short"), _m("termed"))),
    Variable("cb_secured_share", "ratio", "n", "newest", ratio(_m("real"), _m("secured_told"))),
    Variable("cb_credit_loan_share", "ratio", "n", "newest", ratio(_m("bare"), _m("secured_told"))),
    Variable("cb_guarantee_out_amt", "CNY", "-", "newest", yuan(_told("given"))),
    Variable("cb_guarantee_out_bad_amt", "CNY", "-", "newest", yuan(_told("given_bad"))),
    Variable("cb_npl_balance", "CNY", "V", "newest", yuan(_told("bad"))),
    Variable("cb_special_mention_balance", "CNY", "-", "newest", yuan(_told("mention"))),
    Variable("cb_overdue_now_amt", "CNY", "V", "newest", yuan(_told("overdue"))),
    Variable("cb_overdue_cnt_24m", "n", "-", "24m", _m("late_months")),
    Variable("cb_overdue_max_days_24m", "days", "-", "24m", _m("late_days")),
    Variable("cb_interest_arrears_flag", "0/1", "-", "newest", _told("interest_overdue")),
    Variable("cb_amc_disposed_flag", "0/1", "-", "60m", _told("amc")),
    Variable("cb_advance_flag", "0/1", "-", "60m", _told("advance")),
    Variable("cb_writeoff_flag", "0/1", "V", "60m", _told("writeoff")),
    Variable("cb_query_lender_cnt_1m", "n", "-", "30 days", _told("queries_1m")),
    Variable("cb_query_lender_cnt_3m", "n", "-", "90 days", _told("queries_3m")),
    Variable("cb_bill_accept_bal", "CNY", "-", "newest", yuan(_told("acceptances"))),
    Variable("cb_discount_bal", "CNY", "n", "newest", yuan(_told("discounts"))),
    Variable("cb_due_3m_amt", "CNY", "-", "newest", yuan(_told("due_3m"))),
    Variable("cb_due_12m_amt", "CNY", "-", "newest", yuan(_told("due_12m"))),
    Variable("cb_due_3m_to_inflow", "ratio", "-", "newest/3m", ratio(_told("due_3m"), total("flow", "3m")), 3, ("flow",)),
    Variable("cb_monthly_service", "CNY", "-", "newest", yuan(_told("service"))),
    Variable("cb_limit_change_6m", "ratio", "+", "newest/6 months ago", change(_m("line_now"), _m("line_before"))),
    Variable("cb_renewal_cnt_24m", "n", "n", "24m", _told("renewals_24m")),
    Variable("cb_restructured_flag", "0/1", "-", "60m", _told("restructured")),
    Variable("cb_related_bad_flag", "0/1", "-", "newest", nw.col("hold_related_bad")),
    Variable("cb_nonbank_share", "ratio", "-", "newest", ratio(_m("nonbank"), _m("balance"))),
)

LEFT_OUT: tuple[LeftOut, ...] = (
    LeftOut("cb_after_loan_to_sales", "C16", "needs the amount that an application asks for"),
    LeftOut("cb_guarantee_out_to_net_assets", "C16", "needs the net assets of the newest statements"),
)
