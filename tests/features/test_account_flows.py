"""Accounts of firms made by hand; the sum stands beside each value. As of 29 February 2024, so February is month 1."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from puhui.features.profiles import compute_profile

from .records import invoices, month, records

AS_OF = date(2024, 2, 29)


def flow(booked_on: date, direction: str, yuan: float, counterparty: str | None = None, memo: str = "货款", **more: Any) -> dict[str, Any]:
    return {
        "firm_id": 201, "account": "A", "booked_on": booked_on, "direction": direction, "amount_fen": round(yuan * 100),
        "counterparty": counterparty, "memo": memo, **more,
    }  # fmt: skip


FLOWS = [
    flow(month(1, 3), "in", 10_000, "甲公司"),
    flow(month(2, 3), "in", 20_000, "甲公司", counterparty_account="62"),
    flow(month(3, 3), "in", 30_000, "乙公司"),
    flow(month(14, 3), "in", 40_000, "甲公司"),
    flow(month(24, 3), "out", 100, "丙公司"),
    flow(month(1, 4), "in", 50_000, "本地银行", "定期到期转存"),
    flow(month(2, 4), "in", 100_000, "本地银行", "贷款发放"),
    flow(month(2, 5), "in", 1_000, "丙公司", "退款"),
    flow(month(4, 5), "in", 5_000, None, "现金存入"),
    flow(date(2024, 2, 5), "in", 7_000, "丁商行", "往来", booked_time="2024-02-05 03:00:00"),
    flow(date(2024, 2, 8), "out", 7_100, "丁商行", "往来", booked_time="14:00:00"),  # 1.4% apart, three days later
    flow(date(2023, 12, 21), "in", 12.5, None, "结息"),
    flow(date(2023, 9, 21), "in", 12.5, None, "结息"),
    flow(month(1, 6), "in", 8_000, None, "往来", counterparty_account="64"),  # the owner's account
    flow(date(2024, 2, 10), "in", 300, "财付通支付科技", "微信支付"),
    flow(month(1, 7), "out", 30, "财付通支付科技", "微信支付退款"),
    flow(month(1, 7), "out", 200, "电力公司", "扣款失败 余额不足"),
    flow(month(1, 8), "out", 4_000, None, "代发工资"),
    flow(month(1, 8), "out", 1_500, "国家金库", "税款"),
    flow(month(1, 8), "out", 600, "国家税务总局", "社会保险费"),
    flow(month(1, 8), "out", 9_000, "本地银行", "归还贷款"),
    flow(month(1, 9), "out", 2_000, "某某小额贷款有限公司", "往来"),
    flow(month(1, 9), "out", 3_000, "某某证券", "银证转账"),
    flow(month(1, 9), "out", 6_000, "丙公司"),
    # Firm 202: an opening of 0, balances that hold until the next movement, and a last one that is 50 yuan too high.
    flow(date(2023, 11, 1), "in", 1_000, "甲公司", firm_id=202, balance_fen=100_000),
    flow(date(2024, 1, 29), "out", 400, "丙公司", firm_id=202, balance_fen=60_000),
    flow(date(2024, 2, 8), "in", 200, "甲公司", firm_id=202, balance_fen=80_000),
    flow(date(2024, 2, 20), "out", 100, "丙公司", firm_id=202, balance_fen=75_000),
]
ACCOUNTS = [{"firm_id": 201, "account": "64", "holder": "王老板", "relation": "owner", "opened_on": date(2015, 1, 1)}]
WAGES = [{"firm_id": 201, "month": month(3), "heads": 2, "wages_fen": 500_000}]
RETURNS = [
    {
        "firm_id": 201, "tax": "vat", "period_start": month(12), "period_end": date(2024, 1, 31), "sales_fen": 6_000_000,
        "paid_fen": 300_000, "filed_on": date(2024, 2, 10),
    }
]  # fmt: skip


def worked_frames() -> dict[str, pl.DataFrame]:
    sold = [{"firm_id": 201, "issued_on": month(2, 1), "counterparty": "甲公司", "amount_fen": 5_000_000, "tax_fen": 650_000}]
    return {
        "account_flow": records("account_flow", FLOWS),
        "account": records("account", ACCOUNTS),
        "invoice": invoices(sold),
    }


# In: 60,000 + 50,000 + 100,000 + 1,000 + 5,000 + 7,000 + 25 + 8,000 + 300. Out: all but the failed 200.
IN, OUT = 231_325.0, 33_230.0
VALID = 65_300.0  # 10,000 + 20,000 + 30,000 + 5,000 cash + 300 by wallet
EXPECTED: dict[int, dict[str, float | None]] = {
    201: {
        "flow_in_12m": IN,
        "flow_in_valid_12m": VALID,
        "flow_valid_ratio": VALID / IN,
        "flow_in_monthly_avg_6m": VALID / 6,
        "flow_in_monthly_avg_12m": VALID / 12,
        "flow_in_yoy": VALID / 40_000 - 1,
        "flow_in_active_months_12m": 4.0,
        "flow_out_12m": OUT,
        "flow_net_12m": VALID - 15_130,  # out less the way back of 7,100, the loan's 9,000 and the micro-lender's 2,000
        "flow_payer_cnt": 3.0,
        "flow_payer_top1_share": 30_000 / 60_300,
        "flow_payer_hhi": (2 * 30_000**2 + 300**2) / 60_300**2,
        "flow_payer_invoice_match": 30_000 / 60_300,  # only the first company was invoiced
        "flow_cash_share": 5_000 / IN,
        "flow_round_trip_amt_90d": 7_000.0,
        "flow_round_amount_share": 5 / 21,  # 10, 20, 30, 50, 100 thousand of 12 in and 9 out
        "flow_night_share": 0.5,
        "flow_related_share": 8_000 / (IN + OUT),
        "flow_to_forbidden_amt": 3_000.0,
        "flow_loan_in_other_12m": 100_000.0,
        "flow_repay_out_12m": 11_000.0,
        "flow_repay_to_inflow": 11_000 / VALID,
        "flow_private_lender_hit_cnt": 1.0,
        "returned_debit_cnt_12m": 1.0,
        "interest_backcalc_balance": 12.5 * 360 / (91 * 0.002),  # 21 September to 21 December at 0.2%
        "acquiring_amt_12m": 300.0,
        "acquiring_active_days_90d": 1.0,
        "acquiring_refund_rate": 0.1,
        "flow_to_invoice_ratio": VALID / 56_500,
        "statement_balance_break_cnt": None,
        "balance_avg_90d": None,
    },
    202: {
        # From 1 December: 1,000 for 59 days, 600 for 10, 800 for 12, 750 for 9 days to 28 February.
        "balance_avg_90d": (59 * 1_000 + 10 * 600 + 12 * 800 + 9 * 750) / 90,
        "balance_min_90d": 600.0,
        "balance_to_monthly_out": (59 * 1_000 + 10 * 600 + 12 * 800 + 9 * 750) / 90 / (500 / 4),
        "low_balance_days_90d": 0.0,
        "statement_balance_break_cnt": 1.0,  # 75,000 + 10,000 was left by nobody
        "flow_in_yoy": None,
        "flow_night_share": None,
        "flow_payer_invoice_match": None,
    },
}


@pytest.mark.parametrize("firm", EXPECTED)
def test_values_by_hand(firm: int) -> None:
    values = compute_profile(worked_frames(), AS_OF, list(EXPECTED[firm])).filter(firm_id=firm).row(0, named=True)
    for name, expected in EXPECTED[firm].items():
        assert values[name] == (expected if expected is None else pytest.approx(expected, rel=1e-9)), name


def test_the_balance_behind_the_interest_against_the_balance_shown() -> None:
    """12.50 at 0.2% for 91 days is paid on 24,725.27; shown are 25,000 for 20 days of December and 25,012.50 for the 70 after."""
    shown = [
        flow(date(2023, 11, 1), "in", 25_000, "甲公司", balance_fen=2_500_000),
        flow(date(2023, 12, 21), "in", 12.5, None, "结息", balance_fen=2_501_250),
    ]
    names = ["interest_balance_gap", "balance_avg_90d"]
    values = compute_profile({"account_flow": records("account_flow", shown)}, AS_OF, names).row(0, named=True)
    average = (20 * 25_000 + 70 * 25_012.5) / 90
    assert values["balance_avg_90d"] == pytest.approx(average, rel=1e-9)
    assert values["interest_balance_gap"] == pytest.approx(12.5 * 360 / (91 * 0.002) / average - 1, rel=1e-9)


def test_trend_and_variation_of_valid_income() -> None:
    # 100 yuan in month 12 to 1,200 in month 1: slope 100 a month, mean 650, squared differences 100² × 143.
    rows = [flow(month(back, 3), "in", 100 * (13 - back), "甲公司") for back in range(1, 13)]
    values = compute_profile({"account_flow": records("account_flow", rows)}, AS_OF, ["flow_in_slope_12m", "flow_in_cv_12m"]).row(0)
    assert values[1:] == pytest.approx((100 / 650, (1_430_000 / 11) ** 0.5 / 650), rel=1e-9)


def test_accounts_against_wages_and_taxes() -> None:
    frames = {**worked_frames(), "wage_tax_month": records("wage_tax_month", WAGES), "tax_return": records("tax_return", RETURNS)}
    names = ["payroll_via_bank_share", "tax_payment_flow_match", "acquiring_to_declared"]
    values = compute_profile(frames, AS_OF, names).filter(firm_id=201).row(0)
    assert values[1:] == pytest.approx((4_000 / 5_000, 1_500 / 3_000, 300 / 60_000), rel=1e-9)


def test_a_payer_known_under_another_name_counts_as_invoiced() -> None:
    frames = {**worked_frames(), "counterparty": pl.DataFrame({"counterparty": ["甲公司", "乙公司"], "party": ["firm:9", "firm:9"]})}
    assert compute_profile(frames, AS_OF, ["flow_payer_invoice_match"]).filter(firm_id=201)[
        "flow_payer_invoice_match"
    ].item() == pytest.approx(60_000 / 60_300)


def test_what_is_known_later_changes_nothing_and_order_plays_no_part() -> None:
    names = list(EXPECTED[201])
    frames = worked_frames()
    later = records(
        "account_flow", [flow(month(1, 9), "in", 9e6, "甲公司", balance_fen=5, known_at=datetime(2024, 3, 1, tzinfo=UTC), record_id=99)]
    )
    changed = {**frames, "account_flow": pl.concat([frames["account_flow"], later]).reverse()}
    assert compute_profile(changed, AS_OF, names).equals(compute_profile(frames, AS_OF, names))
