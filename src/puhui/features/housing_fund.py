"""What the housing fund tells of a firm (class C09): totals by month, and the owner's own account by written consent.

Windows end with the last month that had to be reported by the as-of day, as for insurance (`puhui.features.payroll`), so that heads and
bases of the same months are compared. Where the field's list leaves something open:

    hf_headcount_now    the newest of the last three reported months that is known
    hf_rate             deposits by bases, of the months with a deposit: a missed month does not lower the rate. Counted once, as it is
                        told: firm and staff together where the record tells both (the lawful floor of 5 % is for each)
    hf_paid_months_24m  months with a deposit
    hf_arrears_months   months since the first record, of the last 24, without a deposit, where heads were not told to be none
    hf_owner_months     as the newest statement says; none where the account is sealed or closed
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
import polars as pl

from puhui.features.formulas import change, ratio, yuan
from puhui.features.months import count, history_months, latest, month_back, total
from puhui.features.payroll import REPORTED_AFTER_DAYS, newest
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C09"
RECORDS = ("housing_fund_month", "housing_fund_owner")

COUNTED_MONTHS = 24


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen, heads as numbers."""
    firms = pl.concat([frames[record].select("firm_id") for record in RECORDS]).unique()
    for stage in (_months(frames["housing_fund_month"], as_of), _owner(frames["housing_fund_owner"])):
        firms = firms.join(stage, on="firm_id", how="left")
    return firms


def _months(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    deposited, based = pl.col("deposit_fen") > 0, pl.col("base_fen").is_not_null()
    rows = rows.with_columns(
        month=month_back("month", as_of, REPORTED_AFTER_DAYS),
        rated_deposit=pl.when(deposited & based).then(pl.col("deposit_fen")),
        rated_base=pl.when(deposited & based).then(pl.col("base_fen")),
        based_heads=pl.when(based).then(pl.col("heads")),
    )
    history = history_months().clip(upper_bound=COUNTED_MONTHS)
    return rows.filter(pl.col("month") >= 1).group_by("firm_id").agg(
        hf_history_months=history_months(),
        hf_heads=newest("heads"),
        hf_heads_before=newest("heads", 12),
        hf_deposits=total("deposit_fen", "12m"),
        hf_base=total("base_fen", "12m"),
        hf_based_heads=total("based_heads", "12m"),
        hf_rated_deposits=total("rated_deposit", "12m"),
        hf_rated_base=total("rated_base", "12m"),
        hf_deposit_months=count(deposited, COUNTED_MONTHS),
        hf_missed_months=history - count(deposited | (pl.col("heads") == 0), COUNTED_MONTHS),
        hf_opened=total("opened", "12m"),
        hf_sealed=total("sealed", "12m"),
    )  # fmt: skip


def _owner(rows: pl.LazyFrame) -> pl.LazyFrame:
    ended = pl.col("status").is_in(["sealed", "closed"]).fill_null(False)
    told = rows.with_columns(running=pl.when(ended).then(0).otherwise(pl.col("continuous_months")))
    return told.group_by("firm_id").agg(hf_continuous_months=latest("running").cast(pl.Float64))


def _m(name: str) -> nw.Expr:
    return nw.col(f"hf_{name}")


_ON = ("hf",)
_BASE = ratio(_m("base"), _m("based_heads"))

VARIABLES = (
    Variable("hf_headcount_now", "persons", "+", "newest", _m("heads"), 1, _ON),
    Variable("hf_coverage_ratio", "ratio", "+", "newest", ratio(_m("heads"), nw.col("pay_si_heads")), 1, ("hf", "pay_si")),
    Variable("hf_amt_12m", "CNY", "+", "12m", yuan(_m("deposits")), 1, _ON),
    Variable("hf_base_avg", "CNY", "n", "12m", yuan(_BASE), 1, _ON),
    Variable("hf_rate", "ratio", "n", "12m", ratio(_m("rated_deposits"), _m("rated_base")), 1, _ON),
    Variable(
        "hf_base_vs_si_base",
        "ratio",
        "n",
        "12m",
        change(_BASE, ratio(nw.col("pay_si_base"), nw.col("pay_si_based_heads"))),
        1,
        ("hf", "pay_si"),
    ),
    Variable("hf_paid_months_24m", "n", "+", "24m", _m("deposit_months"), 1, _ON),
    Variable("hf_arrears_months", "n", "-", "24m", _m("missed_months"), 1, _ON),
    Variable("hf_new_accounts_12m", "n", "+", "12m", _m("opened"), 1, _ON),
    Variable("hf_sealed_accounts_12m", "n", "-", "12m", _m("sealed"), 1, _ON),
    Variable("hf_headcount_yoy", "ratio", "+", "newest/12 months ago", change(_m("heads"), _m("heads_before")), 13, _ON),
    Variable("hf_owner_months", "months", "+", "newest", _m("continuous_months"), personal=True),
)

LEFT_OUT: tuple[LeftOut, ...] = ()
