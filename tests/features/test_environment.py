"""Environment, carbon and energy of a firm (class C18), worked out by hand as of 20 January 2025."""

from __future__ import annotations

from datetime import date

from .record_frames import at, month_before
from .records import invoices
from .worked import assert_worked, frames_of, values_of

LAST = date(2024, 11, 1)
"""The newest month told: emissions and energy come late."""

ROWS = {
    "environment_permit": [
        {"number": "1", "stated_on": date(2024, 3, 1), "required": True, "valid_until": date(2025, 1, 20), "permitted_t": 8,
         "discharged_t": 6},
        {
            "number": "2", "stated_on": date(2024, 3, 1), "required": True, "valid_until": date(2024, 1, 20), "permitted_t": 2.0,
            "disclosure_required": True, "disclosed": True, "hazardous_waste": True,
        },
    ],
    # 10 t in each of the twelve newest months, 12.5 t in each of the twelve before; three exceedances in twelve closed months
    "emission_month": [
        {"month": month_before(LAST, back), "carbon_t": 10.0 if back < 12 else 12.5, "exceedances": {0: 1, 5: 2, 11: 4}.get(back, 0)}
        for back in range(24)
    ],
    "carbon_grade": [
        {"graded_on": date(2023, 6, 1), "grade": "deep_green"},
        {"graded_on": date(2024, 6, 1), "grade": "yellow", "benchmark_t": 0.6, "value_added_fen": 300_000_000},
    ],
    "energy_month": [
        {"month": month_before(LAST, back), "standard_coal_t": 5.0, "power_kwh": 1_000.0, "green_power_kwh": 100.0 if back < 6 else None}
        for back in range(12)
    ],
    "esg_assessment": [
        {"assessed_on": date(2024, 1, 1), "score": 60.0, "targets_met": 2, "safety_grade": 3},
        {"assessed_on": date(2024, 9, 1), "score": 71.5, "green_project": True},
    ],
}  # fmt: skip

EXPECTED = {
    "carbon_grade": 2,
    "carbon_t_12m": 120,
    "carbon_intensity": 0.4,  # 120 t by 300 times ten thousand yuan
    "carbon_vs_benchmark": 1.5,
    "carbon_reduction_yoy": 0.2,  # (150 - 120) / 150
    "energy_intensity": None,  # no sales here
    "clean_power_share": 0.1,  # 600 of the 6,000 kWh whose green part is told
    "emission_permit_valid_flag": 1,  # until today
    "emission_permit_use": 0.75,  # 6 of 8; the second permit tells no discharge
    "env_online_exceed_cnt_12m": 3,  # that of December 2023, month 13, no longer counts
    "env_info_disclosed_flag": 1,
    "green_project_flag": 1,
    "hazard_waste_flag": 1,
    "esg_score": 71.5,
    "esg_kpi_met_cnt": 2,
    "safety_standard_grade": 1,  # level three
}


def test_every_variable_is_as_worked_out():
    assert_worked("environment", frames_of(ROWS), EXPECTED)


def test_energy_is_set_against_sales():
    sold = invoices([{"direction": "out", "issued_on": date(2024, month, 3), "amount_fen": 50_000_000} for month in range(1, 13)])
    found = values_of("environment", {**frames_of(ROWS), "invoice": sold})
    assert found["energy_intensity"] == 0.1  # 60 t by 600 times ten thousand yuan


def test_eleven_months_are_no_year_and_a_year_that_ended_long_ago_is_not_this_one():
    eleven = {"emission_month": ROWS["emission_month"][:11]}
    assert values_of("environment", frames_of(eleven))["carbon_t_12m"] is None
    frames = frames_of({"emission_month": ROWS["emission_month"]})
    assert values_of("environment", frames, date(2025, 4, 29))["carbon_t_12m"] == 120  # November is the fifth month back
    assert values_of("environment", frames, date(2025, 4, 30))["carbon_t_12m"] is None


def test_a_firm_that_needs_no_permit_has_no_flag():
    told = [{"number": "1", "stated_on": date(2024, 3, 1), "required": False}]
    found = values_of("environment", frames_of({"environment_permit": told}))
    assert (found["emission_permit_valid_flag"], found["env_info_disclosed_flag"], found["hazard_waste_flag"]) == (None, None, None)


def test_a_month_known_later_changes_nothing():
    later = {"month": date(2024, 12, 1), "carbon_t": 999.0, "known_at": at(date(2025, 2, 14))}
    assert_worked("environment", frames_of({**ROWS, "emission_month": [*ROWS["emission_month"], later]}), EXPECTED)
