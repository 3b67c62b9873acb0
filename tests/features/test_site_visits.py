"""A visit, estimates, informants and conduct (class S2), worked out by hand as of 20 January 2025."""

from __future__ import annotations

from datetime import date

from .record_frames import at
from .records import invoices
from .worked import assert_worked, frames_of, values_of


def estimate(method, yuan, estimated_on=date(2025, 1, 8), **more):
    return {"method": method, "estimated_on": estimated_on, "sales_fen": yuan and yuan * 100, **more}


def note(informant, score, noted_on=date(2025, 1, 8), independent=True, **more):
    return {"informant": informant, "score": score, "noted_on": noted_on, "independent": independent, **more}


ROWS = {
    "site_visit": [
        {
            "visited_on": date(2024, 6, 1), "water_m3": 9.0, "power_kwh": 900.0, "stock_counted_fen": 1, "third_sheet_fen": 8_000_000,
        },
        {
            "visited_on": date(2025, 1, 8), "stock_counted_fen": 9_000_000, "stock_book_fen": 10_000_000, "machines_running": 6,
            "machines_installed": 8, "staff_seen": 9, "staff_declared": 10, "water_m3": 30.0, "photo_near_address": True,
            "equity_initial_fen": 20_000_000, "equity_profits_fen": 15_000_000, "equity_contributed_fen": 5_000_000,
            "equity_drawn_fen": 8_000_000, "equity_lost_fen": 2_000_000, "assets_fen": 42_000_000, "liabilities_fen": 10_000_000,
            "business_profit_month_fen": 1_500_000, "other_income_month_fen": 300_000, "family_spending_month_fen": 600_000,
            "instalments_month_fen": 200_000, "new_instalment_fen": 500_000, "private_debt_fen": 3_000_000,
        },
    ],
    "sales_estimate": [
        estimate("flow", 1_000_000), estimate("flow", 5, date(2024, 8, 1)),
        estimate("purchase", None, basis_fen=80_000_000, markup=0.25),
        estimate("payroll", 1_100_000), estimate("electricity", 900_000),
        estimate("calendar", 700_000, date(2023, 12, 31)),  # too old
    ],
    "informant_note": [
        note("s1", 80.0), note("s2", 90.0), note("s3", 70.0), note("s3", 10.0, date(2024, 5, 1)),
        note("s4", 0.0, independent=False), note("s5", 0.0, date(2022, 12, 31)),
    ],
    "own_conduct": [
        {
            "stated_on": date(2025, 1, 15), "customer_since": date(2021, 1, 21), "total_credit_fen": 50_000_000, "instalments_due": 40,
            "instalments_on_time": 38, "days_past_due_most_12m": 4, "loans_completed": 3, "early_settlements": 1, "limit_use_6m": 0.65,
            "figure_edits": 2, "device_shared_with": 5, "claimed_sales_fen": 150_000_000,
        },
    ],
}  # fmt: skip

EXPECTED = {
    "sv_sales_by_flow": 1_000_000,
    "sv_sales_by_purchase": 1_000_000,  # 800,000 × 1.25
    "sv_sales_by_payroll": 1_100_000,
    "sv_sales_by_electricity": 900_000,
    "sv_sales_by_calendar": None,
    "sales_crosscheck_gap": 0.2,  # (1,100,000 - 900,000) / 1,000,000
    "sv_equity_initial": 200_000,
    "sv_equity_should": 300_000,  # 200,000 + 150,000 + 50,000 - 80,000 - 20,000
    "sv_equity_actual": 320_000,
    "equity_check_gap": 0.0625,
    "sv_disposable_income_month": 10_000,  # 15,000 + 3,000 - 6,000 - 2,000
    "sv_instalment_to_disposable": 0.5,
    "sv_private_debt_found_amt": 30_000,
    "sv_stock_counted_value": 90_000,
    "sv_stock_vs_book_gap": -0.1,
    "sv_machines_running_share": 0.75,
    "sv_staff_seen_share": 0.9,
    "sv_water_meter_month": 30,
    "sv_elec_meter_month": 900,  # read on the visit before
    "sv_customs_or_tax_sheet_amt": 80_000,
    "sv_character_score": 80,
    "sv_informant_cnt": 3,
    "panel_disagreement": 20,
    "sv_photo_geo_match_flag": 1,
    "sv_visit_age_days": 12,
    "own_total_credit": 500_000,
    "relationship_months": 47,  # 21 January 2021: a day short of four years
    "own_repay_on_time_ratio": 0.95,
    "own_max_dpd_12m": 4,
    "own_step_up_cnt": 3,
    "own_early_settle_cnt": 1,
    "own_limit_use_avg_6m": 0.65,
    "app_material_change_cnt": 2,
    "app_device_shared_cnt": 5,
    "app_claim_vs_data_gap": None,  # nothing to set it against here
}


def test_every_variable_is_as_worked_out():
    assert_worked("site_visits", frames_of(ROWS), EXPECTED)


def test_an_estimate_by_season_and_claimed_sales_against_invoices():
    sold = invoices([{"direction": "out", "issued_on": date(2024, month, 3), "amount_fen": 10_000_000} for month in range(1, 13)])
    rows = {**ROWS, "sales_estimate": [estimate("calendar", 1_234_567)]}
    found = values_of("site_visits", {**frames_of(rows), "invoice": sold})
    assert found["app_claim_vs_data_gap"] == 0.25  # 1,500,000 / 1,200,000 - 1
    assert (found["sv_sales_by_calendar"], found["sales_crosscheck_gap"]) == (1_234_567, None)


def test_two_informants_are_no_panel_and_no_income_is_no_instalment():
    poor = [
        {
            "visited_on": date(2025, 1, 8),
            "business_profit_month_fen": 100_000,
            "family_spending_month_fen": 100_000,
            "new_instalment_fen": 1,
        }
    ]
    found = values_of("site_visits", frames_of({"informant_note": ROWS["informant_note"][:2], "site_visit": poor}))
    assert (found["sv_character_score"], found["panel_disagreement"], found["sv_informant_cnt"]) == (None, 10, 2)
    assert (found["sv_disposable_income_month"], found["sv_instalment_to_disposable"]) == (0, None)
    assert (found["sv_equity_should"], found["equity_check_gap"], found["own_total_credit"]) == (None, None, None)


def test_a_visit_known_later_changes_nothing():
    later = {"visited_on": date(2025, 1, 19), "stock_counted_fen": 1, "known_at": at(date(2025, 1, 22))}
    assert_worked("site_visits", frames_of({**ROWS, "site_visit": [*ROWS["site_visit"], later]}), EXPECTED)
