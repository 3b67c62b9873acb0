"""What moves through a firm's accounts (class C15): income that can be counted, who pays, what is left, and what does not add up.

Which movement is income and which is not: `puhui.features.flow_stages`. Months since the first movement count, also those without one.
Where the field's list leaves something open:

    flow_net_12m              business outflow is what went out less own and related transfers, repaid loans, and legs of round trips
    flow_payer_*              named payers of twelve months; shares are of what named payers paid
    flow_round_amount_share   amounts that are multiples of 10,000 yuan, of all movements of twelve months
    flow_night_share          of the movements whose source gives a time of day
    flow_related_share        amounts with related parties, in and out, of all amounts
    flow_loan_in_other_12m    the account does not say which lender: loans of the institution that looks are among them
    flow_private_lender_hit_cnt  distinct payees
    balance_*                 90 days that end a day before the as-of day; each balance holds until the next movement of its account. Over
                              several accounts averages and lowest balances are added up, which is not above the true lowest of the sum
    low_balance_days_90d      days on which an account stood below 1% of a month's inflow of the firm, on the account with the fewest
    interest_backcalc_balance newest credit of interest of each account within six months, over the days since the one before it (91, a
                              quarter, where there is none), at the listed rate of its day
    statement_balance_break_cnt  balances before a movement (balance less amount) that no other movement left behind, less the opening
                              one of each account; so the order of rows of one day, which many exports lose, plays no part
    acquiring_*               receipts by card, code and wallet; refunds are what goes out by them with a word of refund
    tax_payment_flow_match    social insurance, which the tax office collects as well, left out by its words
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import narwhals as nw

from puhui.features import engines
from puhui.features.flow_stages import KINDS, hour_digits, movements, parties, payers
from puhui.features.formulas import change, deviation, mean, ratio, slope, total, yuan
from puhui.features.portable import Frame, joined, known, month_statistics, only, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf, day_number
from puhui.products.parameters import table

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "PARAMETERS", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C15"
RECORDS = ("account_flow", "account", "related_firm", "key_person")
PORTABLE = True
DEFINED_BY = ("portable.py", "flow_stages.py")
PARAMETERS = ("account-flow-words", "demand-deposit-rate")

KNOWN_AFTER_DAYS = 1
DAYS = 90
ROUND_FEN = 1_000_000
LOW_SHARE = 0.01
QUARTER_DAYS = 91
NIGHT = tuple(f"{hour:02}" for hour in range(6))
PPM = 1_000_000


def measures(frames: Mapping[str, Any], as_of: AsOf) -> Any:
    """One row per firm with a movement; amounts in fen."""
    named = (known(frames[name], as_of) for name in ("account", "related_firm", "key_person"))
    rows = engines.shared(movements(known(frames["account_flow"], as_of), parties(*named), as_of), deep=True, name="movements")
    months = rows.group_by("firm_id", "month").agg(valid=nw.col("valid").sum())
    sums = engines.shared(_sums(rows, as_of))
    stages = (
        month_statistics(months, "valid", "flow", ("3m", "6m", "12m", "prev12m"), empty_is_zero=True),
        _active_months(months), _payers(rows), _days(rows, as_of), _balances(rows, sums, as_of), _interest(rows, as_of), _breaks(rows),
    )  # fmt: skip
    return joined(sums, *stages).to_native()


def _sums(rows: Frame, as_of: AsOf) -> Frame:
    """firm: amounts and counts of twelve closed months, and what went round in 90 days."""
    is_ = {kind: nw.col(f"is_{kind}") for kind in (*KINDS, "related", "round_trip")}
    year, paid_in, amount, one = within("12m"), nw.col("paid_in"), nw.col("amount"), nw.lit(1.0)
    moved, out = ~is_["failed"], ~paid_in & ~is_["failed"]
    repaid = out & (is_["loan"] | is_["lender"])
    business_out = out & ~(is_["own"] | is_["related"] | is_["loan"] | is_["lender"] | is_["round_trip"])
    sums = {
        "in": paid_in & moved, "out": out, "business_out": business_out, "loan_in": paid_in & moved & (is_["loan"] | is_["lender"]),
        "repaid": repaid, "cash_in": paid_in & moved & is_["cash"], "related": moved & is_["related"], "all": moved,
        "forbidden": out & is_["forbidden"] & ~is_["social"] & ~is_["tax"], "wages": out & is_["wages"],
        "tax": out & is_["tax"] & ~is_["social"], "acquired": paid_in & moved & is_["acquiring"] & ~is_["refund"],
        "acquiring_refund": out & is_["acquiring"] & is_["refund"],
    }  # fmt: skip
    hour = hour_digits()
    counts = {
        "n": moved, "round_n": moved & (amount % ROUND_FEN == 0) & (amount > 0), "failed_n": is_["failed"],
        "timed_n": moved & hour.str.contains("^[0-2][0-9]$").fill_null(False), "night_n": moved & hour.is_in(NIGHT).fill_null(False),
    }  # fmt: skip
    last = day_number(as_of.day) - KNOWN_AFTER_DAYS
    lately = (nw.col("day") > last - DAYS) & (nw.col("day") <= last)
    hits = rows.filter(year & out & is_["private_lender"] & ~nw.col("other").is_null()).select("firm_id", "other").unique()
    found = rows.group_by("firm_id").agg(
        **{f"flow_{name}_12m": only(year & condition, "amount").sum() for name, condition in sums.items()},
        **{f"flow_{name}_12m": only(year & condition, one).sum() for name, condition in counts.items()},
        flow_round_trip_90d=only(lately & paid_in & is_["round_trip"], "amount").sum(),
    )
    return found.join(hits.group_by("firm_id").agg(flow_private_lender_n=nw.len().cast(nw.Float64)), on="firm_id", how="left")


def _active_months(months: Frame) -> Frame:
    return months.group_by("firm_id").agg(flow_active_months=only(within("12m") & (nw.col("valid") > 0), nw.lit(1.0)).sum())


def _payers(rows: Frame) -> Frame:
    amount = nw.col("amount")
    return payers(rows).group_by("firm_id").agg(
        flow_payer_n=nw.len().cast(nw.Float64), flow_payer_top=amount.max(), flow_payer_all=amount.sum(),
        flow_payer_squares=(amount * amount).sum(),
    )  # fmt: skip


def _days(rows: Frame, as_of: AsOf) -> Frame:
    """firm: days of the last 90 with receipts by acquirers."""
    last = day_number(as_of.day) - KNOWN_AFTER_DAYS
    receipts = rows.filter(nw.col("paid_in") & nw.col("is_acquiring") & (nw.col("day") > last - DAYS) & (nw.col("day") <= last))
    days = receipts.select("firm_id", "day").unique()
    return days.group_by("firm_id").agg(flow_acquiring_days=nw.len().cast(nw.Float64))


def _balances(rows: Frame, sums: Frame, as_of: AsOf) -> Frame:
    """firm: mean and lowest balance, and days of a low one, of the last 90 days."""
    last = day_number(as_of.day) - KNOWN_AFTER_DAYS
    first, day = last - DAYS + 1, nw.col("day")
    told = rows.filter(~nw.col("balance").is_null() & (day <= last)).with_columns(
        next=nw.col("day").shift(-1).over("firm_id", "account", order_by=("day", "serial", "record_id"))
    )
    until = nw.col("next").fill_null(last + 1)
    since = nw.when(day > first).then(day).otherwise(first)
    inflow = sums.select("firm_id", month_in=nw.col("flow_in_12m") / 12)
    held = told.with_columns(held=(until - since).cast(nw.Float64), fen=nw.col("balance").cast(nw.Float64)).filter(nw.col("held") > 0)
    held = held.join(inflow, on="firm_id", how="left").with_columns(weighted=nw.col("fen") * nw.col("held"))
    accounts = held.group_by("firm_id", "account").agg(
        mean=nw.col("weighted").sum() / nw.col("held").sum(),
        least=nw.col("fen").min(),
        low=only(nw.col("fen") < LOW_SHARE * nw.col("month_in"), "held").sum(),
    )
    return accounts.group_by("firm_id").agg(
        flow_balance_mean=nw.col("mean").sum(), flow_balance_least=nw.col("least").sum(), flow_low_days=nw.col("low").min()
    )


def _interest(rows: Frame, as_of: AsOf) -> Frame:
    """firm: the balance that the newest interest of each account was paid on."""
    paid = rows.filter(nw.col("paid_in") & nw.col("is_interest") & ~nw.col("is_own"))
    days = paid.group_by("firm_id", "account", "day", "booked_on").agg(interest=nw.col("amount").sum())
    days = days.with_columns(
        before=nw.col("day").shift(1).over("firm_id", "account", order_by="day"), newest=nw.col("day").max().over("firm_id", "account")
    )
    rate: nw.Expr = nw.lit(None, nw.Float64)
    for row in table("demand-deposit-rate").rows:
        since = nw.lit(date.fromisoformat(row["valid_from"]))
        rate = nw.when(nw.col("booked_on") >= since).then(float(row["rate_ppm"]) / PPM).otherwise(rate)
    passed = (nw.col("day") - nw.col("before")).fill_null(QUARTER_DAYS).cast(nw.Float64)
    current = days.filter((nw.col("day") == nw.col("newest")) & (nw.col("day") > day_number(as_of.day) - 2 * QUARTER_DAYS))
    behind = current.with_columns(passed=passed, rate=rate).with_columns(
        balance=nw.col("interest") * 360 / (nw.col("passed") * nw.col("rate"))
    )
    return behind.group_by("firm_id").agg(flow_interest_balance=nw.col("balance").sum())


def _breaks(rows: Frame) -> Frame:
    """firm: movements with a balance, and those before which the account stood otherwise than any movement had left it."""
    told = rows.filter(~nw.col("balance").is_null() & ~nw.col("is_failed"))
    signed = nw.when(nw.col("paid_in")).then(nw.col("amount")).otherwise(-nw.col("amount"))
    before = told.select("firm_id", "account", fen=nw.col("balance").cast(nw.Float64) - signed, side=nw.lit(1.0))
    after = told.select("firm_id", "account", fen=nw.col("balance").cast(nw.Float64), side=nw.lit(-1.0))
    levels = nw.concat([before, after]).group_by("firm_id", "account", "fen").agg(side=nw.col("side").sum())
    accounts = levels.group_by("firm_id", "account").agg(open=only(nw.col("side") > 0, "side").sum())
    broken = nw.when(nw.col("open") > 1).then(nw.col("open") - 1).otherwise(0.0)
    return accounts.with_columns(broken=broken).group_by("firm_id").agg(flow_broken_n=nw.col("broken").sum())


def _m(name: str) -> nw.Expr:
    return nw.col(f"flow_{name}")


_ON = ("flow",)
_MONTHS_OF_YEAR = _m("known_12m")
_VALID, _IN, _OUT = total("flow", "12m"), _m("in_12m"), _m("out_12m")
_ACQUIRED = _m("acquired_12m")
_FEW = _m("known_12m") >= 6
_MEAN_6M = nw.when(_m("history_months") >= 6).then(total("flow", "6m") / 6)

VARIABLES = (
    Variable("flow_in_12m", "CNY", "n", "12m", yuan(_IN), 1, _ON),
    Variable("flow_in_valid_12m", "CNY", "+", "12m", yuan(_VALID), 1, _ON),
    Variable("flow_valid_ratio", "ratio", "+", "12m", ratio(_VALID, _IN), 1, _ON),
    Variable("flow_in_monthly_avg_6m", "CNY", "+", "6m", yuan(_MEAN_6M), 6, _ON),
    Variable("flow_in_monthly_avg_12m", "CNY", "+", "12m", yuan(mean("flow", 12)), 1, _ON),
    Variable("flow_in_yoy", "ratio", "+", "12m/prev12m", change(_VALID, total("flow", "prev12m")), 24, _ON),
    Variable("flow_in_slope_12m", "1/month", "+", "12m", slope("flow", 12), 10, _ON),
    Variable("flow_in_cv_12m", "ratio", "-", "12m", nw.when(_FEW).then(ratio(deviation("flow", 12), mean("flow", 12))), 6, _ON),
    Variable("flow_in_active_months_12m", "n", "+", "12m", _m("active_months"), 1, _ON),
    Variable("flow_out_12m", "CNY", "n", "12m", yuan(_OUT), 1, _ON),
    Variable("flow_net_12m", "CNY", "+", "12m", yuan(_VALID - _m("business_out_12m")), 1, _ON),
    Variable("flow_payer_cnt", "n", "+", "12m", _m("payer_n").fill_null(0.0), 1, _ON),
    Variable("flow_payer_top1_share", "ratio", "-", "12m", ratio(_m("payer_top"), _m("payer_all")), 1, _ON),
    Variable("flow_payer_hhi", "0-1", "-", "12m", ratio(_m("payer_squares"), _m("payer_all") * _m("payer_all")), 1, _ON),
    Variable("flow_cash_share", "ratio", "-", "12m", ratio(_m("cash_in_12m"), _IN), 1, _ON),
    Variable("flow_round_trip_amt_90d", "CNY", "-", "90 days", yuan(_m("round_trip_90d"))),
    Variable("flow_round_amount_share", "ratio", "-", "12m", ratio(_m("round_n_12m"), _m("n_12m")), 1, _ON),
    Variable("flow_night_share", "ratio", "-", "12m", ratio(_m("night_n_12m"), _m("timed_n_12m")), 1, _ON),
    Variable("flow_related_share", "ratio", "-", "12m", ratio(_m("related_12m"), _m("all_12m")), 1, _ON),
    Variable("flow_to_forbidden_amt", "CNY", "-", "12m", yuan(_m("forbidden_12m"))),
    Variable("flow_loan_in_other_12m", "CNY", "-", "12m", yuan(_m("loan_in_12m")), 1, _ON),
    Variable("flow_repay_out_12m", "CNY", "-", "12m", yuan(_m("repaid_12m")), 1, _ON),
    Variable("flow_repay_to_inflow", "ratio", "-", "12m", ratio(_m("repaid_12m"), _VALID), 1, _ON),
    Variable("flow_private_lender_hit_cnt", "n", "-", "12m", nw.when(~_m("n_12m").is_null()).then(_m("private_lender_n").fill_null(0.0))),
    Variable("balance_avg_90d", "CNY", "+", "90 days", yuan(_m("balance_mean"))),
    Variable("balance_min_90d", "CNY", "+", "90 days", yuan(_m("balance_least"))),
    Variable("balance_to_monthly_out", "ratio", "+", "90 days/12m", ratio(_m("balance_mean"), _OUT / _MONTHS_OF_YEAR), 1, _ON),
    Variable("low_balance_days_90d", "n", "-", "90 days", _m("low_days"), 1, _ON),
    Variable("returned_debit_cnt_12m", "n", "-", "12m", _m("failed_n_12m")),
    Variable("interest_backcalc_balance", "CNY", "n", "newest", yuan(_m("interest_balance"))),
    Variable("interest_balance_gap", "ratio", "n", "newest/90 days", change(_m("interest_balance"), _m("balance_mean"))),
    Variable("statement_balance_break_cnt", "n", "V", "all", _m("broken_n")),
    Variable("payroll_via_bank_share", "ratio", "+", "12m", ratio(_m("wages_12m"), nw.col("pay_wages")), 1, _ON, declared_bounds=(0, None)),
    Variable("tax_payment_flow_match", "ratio", "+", "12m", ratio(_m("tax_12m"), nw.col("tax_paid_12m")), 1, _ON),
    Variable("acquiring_amt_12m", "CNY", "+", "12m", yuan(_ACQUIRED), 1, _ON),
    Variable("acquiring_active_days_90d", "n", "+", "90 days", nw.when(~_m("n_12m").is_null()).then(_m("acquiring_days").fill_null(0.0))),
    Variable("acquiring_refund_rate", "ratio", "-", "12m", ratio(_m("acquiring_refund_12m"), _ACQUIRED), 1, _ON),
    Variable("acquiring_to_declared", "ratio", "n", "12m", ratio(_ACQUIRED, nw.col("tax_vat_sales_12m")), 1, _ON),
    Variable("flow_to_invoice_ratio", "ratio", "n", "12m", ratio(_VALID, nw.col("out_net_12m") + nw.col("out_tax_12m")), 1, _ON),
)  # fmt: skip

LEFT_OUT = (LeftOut("statement_missing_days", "C15", "needs the period that each statement covers, which its rows do not tell"),)
