"""One firm's social insurance, wages and housing fund (classes C08, C09), worked out by hand.

As of 31 January 2025 the month of December 2024 had to be reported, so month 1 is December 2024 and month 12 January 2024.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from puhui.features import housing_fund, payroll, staff_told
from puhui.features.profiles import compute_profile, null_reasons, profile

from .record_frames import month_before, record_frame

AS_OF = date(2025, 1, 31)
NAMES = [variable.name for module in (payroll, staff_told, housing_fund) for variable in module.VARIABLES]


def month(back: int) -> date:
    return month_before(date(2024, 12, 1), back - 1)


def insured(back: int, **more: Any) -> dict[str, Any]:
    """20 people in 2023, 24 in 2024 and 18 in December 2024; a base of 5,000 yuan each; what is due is 30 % of it."""
    heads = 18 if back == 1 else 24 if back <= 12 else 20
    due = heads * 150_000
    return {
        "month": month(back),
        "pension_heads": heads,
        "base_fen": heads * 500_000,
        "least_base_fen": 400_000,
        "due_fen": due,
        "paid_fen": due,
        "joiners": 1,
        "leavers": 2 if back == 1 else 0,
        "deferred": False,
        "graduate_hires": 1 if back == 12 else 0,
        "key_group_hires": 1 if back <= 3 else 0,
        **more,
    }


def waged(back: int, **more: Any) -> dict[str, Any]:
    """30 people at 6,000 yuan, paid on day 40 counted from the month's first; in December 48 days after it."""
    return {
        "month": month(back),
        "heads": 30,
        "retired_heads": 4,
        "dispatched_heads": 5,
        "wages_fen": 18_000_000,
        "tax_fen": 90_000,
        "paid_on": month(back) + timedelta(days=48 if back == 1 else 47 if back == 2 else 40),
        **more,
    }


def housed(back: int, **more: Any) -> dict[str, Any]:
    heads = 12 if back == 1 else 10
    return {
        "month": month(back),
        "heads": heads,
        "base_fen": heads * 600_000,
        "deposit_fen": heads * 60_000,
        "opened": int(back == 1),
        "sealed": 2 if back == 5 else 0,
        **more,
    }


def returns(yuan_a_month: int) -> list[dict[str, Any]]:
    ends = [month(back - 1) - timedelta(days=1) for back in range(1, 13)]
    return [{"tax": "vat", "period_start": end.replace(day=1), "period_end": end, "sales_fen": yuan_a_month * 100} for end in ends]


FRAMES = {
    "social_insurance_month": record_frame(
        "social_insurance_month",
        [
            *(insured(back) for back in range(3, 26) if back not in (7, 20)),
            insured(1),
            insured(2, paid_fen=0, deferred=True),  # deferred with approval: not arrears, not paid
            insured(7, paid_fen=1),  # short
            insured(20, due_fen=None, paid_fen=7_000),  # only the payment is told
        ],
    ),
    "wage_tax_month": record_frame("wage_tax_month", [waged(back) for back in range(1, 21)]),
    "housing_fund_month": record_frame(
        "housing_fund_month",
        [
            *(housed(back) for back in range(1, 19) if back not in (3, 4, 6)),  # nothing told of months 3 and 4
            housed(6, deposit_fen=0),
            housed(19, heads=0, base_fen=0, deposit_fen=0),
            housed(0),  # January 2025 has not to be reported yet
        ],
    ),
    "housing_fund_owner": record_frame(
        "housing_fund_owner",
        [
            {"stated_on": date(2024, 6, 1), "continuous_months": 80, "status": "active"},
            {"stated_on": date(2025, 1, 2), "continuous_months": 87, "status": "active"},
        ],
    ),
    "annual_report": record_frame(
        "annual_report",
        [
            {"year": 2022, "filed_on": date(2023, 6, 30), "staff": 99},
            {"year": 2023, "filed_on": date(2024, 6, 30), "staff": 16},
            {"year": 2024, "filed_on": date(2025, 1, 20), "staff": None},
        ],
    ),
    "tax_return": record_frame("tax_return", returns(90_000)),
}

AVERAGE = (18 + 11 * 24) / 12  # 23.5
HOUSED_HEADS = 12 + 9 * 10  # months 1 to 12 without 3 and 4

EXPECTED: dict[str, float | None] = {
    "si_headcount_now": 18,
    "si_headcount_12m_ago": 20,
    "si_headcount_avg_12m": AVERAGE,
    "si_headcount_decline_rate": 0.1,
    "si_decline_vs_target_flag": 0,  # 10 % is not below the 5.5 % of 2024
    "si_min10_flag": 1,
    "si_new_hires_12m": 12,
    "si_leavers_12m": 2,
    "si_turnover_12m": 2 / AVERAGE,
    "si_base_avg": 5_000,
    "si_base_to_local_min": 1.25,
    # what is due in 12 months, less the deferred month of 24 people and all but a fen of month 7
    "si_amt_12m": (282 - 24 - 24) * 1_500 + 0.01,
    "si_arrears_months": 1,
    "si_deferral_flag": 0,  # of the newest month
    "si_paid_months_24m": 22,
    "si_revenue_per_head": 90_000 * 12 / AVERAGE,
    "si_graduate_hires_12m": 1,
    "si_key_group_hires_12m": 3,
    "si_key_group_share": 3 / 18,
    "si_unemployment_premium_12m": (18 + 11 * 24) * 5_000 * 0.01,
    "si_refund_expected": 0,  # ten months paid in full, of the twelve that are asked
    "si_refund_jobs": 0,
    "pit_headcount_now": 30,
    "pit_si_headcount_gap": 30 / 18 - 1,
    "pit_si_unexplained_gap": (30 - 4 - 5) / 18 - 1,
    "payroll_12m": 12 * 180_000,
    "payroll_avg_monthly": 6_000,
    "payroll_to_sales": 180_000 / 90_000,
    "payroll_late_cnt_12m": 1,  # 48 is above 40 + 7, 47 is not
    "si_vs_annual_report_gap": 20 - 16,  # insured in December 2023
    "si_vs_annual_report_ratio": 0.25,
    "hf_headcount_now": 12,
    "hf_coverage_ratio": 12 / 18,
    "hf_amt_12m": (HOUSED_HEADS - 10) * 600,
    "hf_base_avg": 6_000,
    "hf_rate": 0.1,
    "hf_base_vs_si_base": 0.2,
    "hf_paid_months_24m": 15,  # months 1 to 18 but 3, 4 and 6
    "hf_arrears_months": 3,  # of 19 known months; in month 19 there was nobody to pay for
    "hf_new_accounts_12m": 1,
    "hf_sealed_accounts_12m": 2,
    "hf_headcount_yoy": 0.2,
    "hf_owner_months": 87,
}


def values(frames: dict[str, Any], at: date = AS_OF) -> dict[str, float | None]:
    return compute_profile(frames, at, NAMES).row(0, named=True)


def test_every_variable_is_worked_out() -> None:
    assert EXPECTED.keys() == set(NAMES)
    found = values(FRAMES)
    for name, expected in EXPECTED.items():
        assert found[name] == pytest.approx(expected, rel=1e-12, abs=1e-12), name


def test_the_newest_of_three_months_counts_as_now_and_older_ones_do_not() -> None:
    late = {"social_insurance_month": record_frame("social_insurance_month", [insured(back) for back in range(3, 16)])}
    found = values(late)
    assert (found["si_headcount_now"], found["si_headcount_12m_ago"]) == (24, 20)  # months 3 and 15
    silent = {"social_insurance_month": record_frame("social_insurance_month", [insured(back) for back in range(4, 16)])}
    assert values(silent)["si_headcount_now"] is None
    assert values(silent)["si_headcount_avg_12m"] == 24


def test_staff_that_grew_did_not_decline() -> None:
    found = values(FRAMES, date(2024, 12, 31))  # the newest month is November: 24 people after 20
    assert found["si_headcount_decline_rate"] == 0
    assert found["si_decline_vs_target_flag"] == 1
    assert found["si_deferral_flag"] == 1


def test_sales_are_those_of_tax_and_without_them_nothing_is_divided() -> None:
    without = {record: rows for record, rows in FRAMES.items() if record != "tax_return"}
    found = profile(without, AS_OF, NAMES)
    assert found.values["si_revenue_per_head"].item() is None
    assert null_reasons(found, {1: {"C06": "source_down"}})[1]["payroll_to_sales"] == "source_down"
    assert null_reasons(found)[1]["payroll_to_sales"] == "not_applicable"


def test_one_source_alone_leaves_the_other_unknown() -> None:
    found = profile({"wage_tax_month": FRAMES["wage_tax_month"]}, AS_OF, NAMES)
    mine, reasons = found.values.row(0, named=True), null_reasons(found)[1]
    assert mine["pit_headcount_now"] == 30
    assert reasons["si_headcount_now"] == reasons["pit_si_headcount_gap"] == reasons["hf_amt_12m"] == "too_short_history"
    assert reasons["hf_owner_months"] == "not_applicable"


def test_what_a_record_does_not_tell_is_not_zero() -> None:
    bare = {"social_insurance_month": record_frame("social_insurance_month", [{"month": month(1), "pension_heads": 9}])}
    found = values(bare)
    assert (found["si_headcount_now"], found["si_min10_flag"]) == (9, 0)
    for name in ("si_new_hires_12m", "si_base_avg", "si_base_to_local_min", "si_amt_12m", "si_deferral_flag", "si_graduate_hires_12m"):
        assert found[name] is None, name


def test_an_owner_whose_account_is_sealed_has_no_running_months() -> None:
    sealed = record_frame("housing_fund_owner", [{"stated_on": date(2025, 1, 2), "continuous_months": 87, "status": "sealed"}])
    assert values({"housing_fund_owner": sealed})["hf_owner_months"] == 0


def test_a_refund_as_the_calculator_has_it() -> None:
    """All twelve months paid: 2 of 23.5 left, of whom a fifth may; 60% of 14,100 yuan."""
    from puhui.calculations.unemployment_refund import refund
    from puhui.products.parameters import table

    frames = FRAMES | {"social_insurance_month": record_frame("social_insurance_month", [insured(back) for back in range(1, 14)])}
    found = values(frames)
    expected = refund(141_000_000, AVERAGE, 2, 12, table("unemployment-refund").row(date(2025, 1, 20)), 0.055)
    assert (found["si_refund_expected"], found["si_refund_jobs"]) == (pytest.approx(expected.refund_fen / 100), AVERAGE)
    assert expected.refund_fen == 846_000


def test_after_the_end_of_the_scheme_no_refund_can_be_expected() -> None:
    found = compute_profile(FRAMES, date(2026, 1, 20), ["si_refund_expected", "si_refund_jobs"]).row(0)
    assert found[1:] == (None, None)
