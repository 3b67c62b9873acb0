"""One firm's tax papers (class C06), worked out by hand.

As of 20 January 2025 the return of December 2024 had to be there, so month 1 is December 2024, month 12 January 2024 and month 13
December 2023. A general taxpayer that files monthly: sales of 10,000 in each month of 2023 and of 20,000 in each of 2024, but nothing in
March and April 2024, and 30,000 in December 2024. Of the sales of each month 2,000 are exports.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from math import sqrt
from typing import Any

import pytest

from puhui.features import tax
from puhui.features.profiles import compute_profile, null_reasons, profile

from .frames import frame, row
from .record_frames import at, month_before, record_frame

AS_OF = date(2025, 1, 20)
NAMES = [variable.name for variable in tax.VARIABLES]


def sales_of(back: int) -> int:
    """Yuan of month `back` (1 is December 2024)."""
    if back == 1:
        return 30_000
    return 0 if back in (9, 10) else 20_000 if back <= 12 else 10_000


def vat(back: int, **more: Any) -> dict[str, Any]:
    first = month_before(date(2024, 12, 1), back - 1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    sales, export = sales_of(back), 2_000 if sales_of(back) else 0
    plain = {
        "tax": "vat",
        "period_start": first,
        "period_end": last,
        "payer_kind": "general",
        "sales_fen": sales * 100,
        "taxable_sales_fen": (sales - export) * 100,
        "export_sales_fen": export * 100,
        "exempt_sales_fen": 0,
        "due_fen": (sales - export) * 3,
        "paid_fen": (sales - export) * 3,
        "relief_fen": 1_000,
        "refund_fen": export * 10,
        "credit_refund_fen": 50_000 if back == 5 else 0,
    }
    return {**plain, **more}


def cit(year: int, profit: int, **more: Any) -> dict[str, Any]:
    return {
        "tax": "cit",
        "period_start": date(year, 1, 1),
        "period_end": date(year, 12, 31),
        "sales_fen": 12_000_000,
        "profit_fen": profit * 100,
        "paid_fen": 100_000,
        "filed_on": date(year + 1, 5, 20),
        "research_deduction_fen": 700_000,
        **more,
    }


RETURNS = [*(vat(back) for back in range(1, 25)), cit(2021, -500), cit(2022, -10), cit(2023, 6_000), cit(2024, 9_999)]
FRAMES = {
    "tax_return": record_frame("tax_return", RETURNS),
    "tax_grade": record_frame(
        "tax_grade",
        [
            {"year": 2022, "grade": "C", "published_on": date(2023, 4, 20)},
            {"year": 2023, "grade": "A", "published_on": date(2024, 4, 20)},
        ],
    ),
    "tax_arrear": record_frame(
        "tax_arrear",
        [
            # 100 days late, cleared
            {
                "tax": "vat",
                "period_end": date(2024, 3, 31),
                "arisen_on": date(2024, 4, 15),
                "amount_fen": 90_000,
                "cleared_on": date(2024, 7, 24),
            },
            # open since 16 December: 35 days
            {"tax": "stamp", "period_end": date(2024, 11, 30), "arisen_on": date(2024, 12, 16), "amount_fen": 12_300},
            # 300 days late, but more than 24 months ago
            {
                "tax": "pit",
                "period_end": date(2022, 5, 31),
                "arisen_on": date(2022, 6, 15),
                "amount_fen": 1,
                "cleared_on": date(2023, 4, 11),
            },
        ],
    ),
    "tax_filing": record_frame(
        "tax_filing",
        [
            {"tax": "vat", "period_end": date(2024, 10, 31), "due_on": date(2024, 11, 15), "filed_on": date(2024, 11, 15)},
            {
                "tax": "vat",
                "period_end": date(2024, 11, 30),
                "due_on": date(2024, 12, 16),
                "filed_on": date(2024, 12, 18),
                "late_fee_fen": 5,
            },
            {"tax": "vat", "period_end": date(2024, 12, 31), "due_on": date(2025, 1, 15)},  # not filed yet
            {"tax": "vat", "period_end": date(2022, 1, 31), "due_on": date(2022, 2, 23), "filed_on": date(2022, 3, 1), "late_fee_fen": 9},
        ],
    ),
    "tax_standing": record_frame(
        "tax_standing",
        [
            {"stated_on": date(2023, 1, 5), "status": "abnormal", "payer_kind": "small_scale", "registered_on": date(2015, 3, 21)},
            {"stated_on": date(2025, 1, 5), "status": "normal", "payer_kind": "general", "inspection_open": True},
        ],
    ),
    # 12 months of invoices up to December 2024: 15,750 a month
    "invoice": frame(
        [row("out", month_before(date(2024, 12, 1), back).replace(day=9), "B", 15_750, firm_id="1") for back in range(12)]
    ).cast({"firm_id": int}),
}

SALES = [sales_of(back) for back in range(1, 13)]  # 30,000 + 9 × 20,000 + 2 × 0
MEAN = 210_000 / 12
# Least squares by hand over x = 12 - month: the sum of (x - 5.5) × sales is (11 - 5.5) × 30,000 + 20,000 × (the others but months 9 and 10,
# that is x = 3 and 2) = 165,000 + 20,000 × (-5.5 - (3 - 5.5) - (2 - 5.5)) = 165,000 + 20,000 × 0.5; divided by 143
SLOPE = (165_000 + 20_000 * 0.5) / 143 / MEAN

EXPECTED: dict[str, float | None] = {
    "tax_credit_grade": 4,
    "tax_credit_grade_change": 3,  # A after C
    "tax_link_eligible_flag": 1,
    "tax_reg_months": 117,  # 21 March 2015 to 20 January 2025: a day short of 118
    "vat_payer_kind": 1,
    "vat_sales_12m": 210_000,
    "vat_sales_prev12m": 120_000,
    "vat_sales_yoy": 0.75,
    "vat_sales_last_q_yoy": 70_000 / 30_000 - 1,
    "vat_sales_slope_12m": SLOPE,
    "vat_sales_cv_12m": sqrt(sum((each - MEAN) ** 2 for each in SALES) / 11) / MEAN,
    "vat_zero_months_12m": 2,
    "vat_zero_run_max_24m": 2,
    "vat_burden_12m": 0.03,
    "tax_paid_12m": (210_000 - 20_000) * 0.03,  # the yearly return of 2024 is filed in May 2025
    "tax_paid_incl_relief_12m": (210_000 - 20_000) * 0.03 + 120,
    # the year before: 12 × (10,000 - 2,000) × 0.03 + 120 of relief + 1,000 with the yearly return of 2023, which ended in month 13
    "tax_paid_yoy": 5_820 / (12 * 8_000 * 0.03 + 120 + 1_000) - 1,
    "tax_to_sales": 5_700 / 210_000,
    "cit_profit_margin_filed": 6_000 / 120_000,
    "cit_loss_years_3y": 1,  # of 2022 and 2023; the period of 2021 ended in month 37
    "tax_arrears_amt": 123,
    "tax_arrears_days_max_24m": 100,
    "tax_late_filing_cnt_12m": 2,
    "tax_late_fee_cnt_12m": 1,
    "tax_inspection_open_flag": 1,
    "tax_abnormal_household_flag": 0,
    "declared_vs_invoice_gap": (210_000 - 189_000) / 210_000,
    "export_refund_12m": 10 * 2_000 / 10,
    "vat_credit_refund_12m": 500,
    "rd_super_deduction_12m": 7_000,
}


def values(frames: dict[str, Any], at: date = AS_OF) -> dict[str, float | None]:
    return compute_profile(frames, at, NAMES).row(0, named=True)


def test_every_variable_is_worked_out() -> None:
    assert EXPECTED.keys() == set(NAMES)
    found = values(FRAMES)
    for name, expected in EXPECTED.items():
        assert found[name] == pytest.approx(expected, rel=1e-12, abs=1e-12), name


def test_before_the_day_of_filing_the_month_is_not_waited_for() -> None:
    """As of 31 December the return of December is not due: twelve months are December 2023 to November 2024."""
    assert values(FRAMES, date(2024, 12, 31))["vat_sales_12m"] == 10_000 + 9 * 20_000
    assert values(FRAMES, date(2025, 1, 14))["vat_sales_12m"] == 190_000
    assert values(FRAMES, date(2025, 1, 15))["vat_sales_12m"] == 210_000


def test_a_quarterly_filer_has_four_points() -> None:
    quarters = [
        vat(1, period_start=date(year, month - 2, 1), period_end=date(year, month, 30 if month in (6, 9) else 31), sales_fen=sales * 100)
        for year, month, sales in ((2024, 3, 300), (2024, 6, 0), (2024, 9, 300), (2024, 12, 600))
    ]
    found = values({"tax_return": record_frame("tax_return", quarters)})
    assert found["vat_sales_12m"] == 1_200
    assert found["vat_zero_months_12m"] == 3
    # a month's sales are 100, 0, 100, 200 at distances -4.5, -1.5, 1.5, 4.5: (-450 + 0 + 150 + 900) / 45 = 13.33 by a mean of 100
    assert found["vat_sales_slope_12m"] == pytest.approx(600 / 45 / 100)
    assert found["vat_sales_cv_12m"] == pytest.approx(sqrt(20_000 / 3) / 100)
    assert found["vat_sales_last_q_yoy"] is None


def test_sales_told_in_parts_are_added_up() -> None:
    parts = {"sales_fen": None, "taxable_sales_fen": 500, "export_sales_fen": None, "exempt_sales_fen": 300}
    assert values({"tax_return": record_frame("tax_return", [vat(1, **parts)])})["vat_sales_12m"] == 8


def test_a_young_firm_lacks_history_and_what_nobody_told_is_not_zero() -> None:
    found = profile({"tax_return": record_frame("tax_return", [vat(1, refund_fen=None)])}, AS_OF, NAMES)
    mine = found.values.row(0, named=True)
    assert mine["vat_sales_12m"] == 30_000 and mine["tax_arrears_amt"] == 0  # the line that told of the return told of no arrears
    reasons = null_reasons(found, {1: {"C07": "not_authorised"}})[1]
    assert reasons["vat_sales_yoy"] == reasons["vat_sales_slope_12m"] == "too_short_history"
    assert reasons["tax_credit_grade"] == reasons["export_refund_12m"] == reasons["tax_late_filing_cnt_12m"] == "not_applicable"
    assert reasons["declared_vs_invoice_gap"] == "not_authorised"
    assert "vat_sales_12m" not in reasons


def test_a_firm_without_tax_papers_has_no_arrears_that_are_zero() -> None:
    found = values({"invoice": FRAMES["invoice"]})
    assert all(found[name] is None for name in NAMES)


def test_a_corrected_return_counts_from_the_day_it_is_known() -> None:
    corrected = {**vat(1, sales_fen=40_000_00), "known_at": at(date(2025, 1, 20))}
    both = {"tax_return": record_frame("tax_return", [*RETURNS, corrected])}
    assert values(both, date(2025, 1, 19))["vat_sales_12m"] == 210_000
    assert values(both, date(2025, 1, 20))["vat_sales_12m"] == 220_000


def test_grades_too_old_say_nothing() -> None:
    grade = record_frame("tax_grade", [{"year": 2021, "grade": "A", "published_on": date(2022, 4, 20)}])
    assert values({"tax_grade": grade})["tax_credit_grade"] is None
    assert values({"tax_grade": grade}, date(2023, 6, 30))["tax_credit_grade"] == 4
