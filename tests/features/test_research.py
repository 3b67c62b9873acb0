"""Patents and research of a firm (class C13), worked out by hand as of 20 January 2025."""

from __future__ import annotations

from datetime import date

from .record_frames import at
from .worked import assert_worked, frames_of, values_of


def patent(number, kind, applied_on, granted_on=None, **more):
    return {"number": number, "kind": kind, "applied_on": applied_on, "granted_on": granted_on, **more}


ROWS = {
    "patent": [
        patent("1", "invention", date(2005, 1, 21), date(2008, 1, 1), main_business=True, appraised_fen=5_000_000),  # until tomorrow
        patent("2", "utility", date(2015, 1, 20), date(2016, 1, 1), appraised_fen=7_000_000),  # ten years today: over
        patent("3", "utility", date(2020, 1, 1), date(2021, 1, 1), main_business=False, pledged_on=date(2024, 1, 1)),
        patent("4", "design", date(2012, 1, 1), date(2012, 9, 1), pledged_on=date(2020, 1, 1), pledge_ended_on=date(2021, 1, 1)),
        patent("5", "invention", date(2024, 3, 1)),  # asked for
        patent("6", "pct", date(2022, 1, 1)),
        patent("7", "utility", date(2018, 1, 1), date(2019, 1, 1), ended_on=date(2024, 1, 1), end_reason="fee"),
        patent("8", "utility", date(2018, 1, 1), date(2019, 1, 1), ended_on=date(2023, 1, 1), end_reason="assigned"),
    ],
    "trademark": [
        {"kind": "trademark", "number": "1", "registered_on": date(2016, 1, 1), "valid_until": date(2026, 1, 1), "appraised_fen": 10**6},
        {"kind": "trademark", "number": "2", "registered_on": date(2014, 1, 1), "valid_until": date(2024, 1, 1), "appraised_fen": 1},
        {"kind": "software", "number": "s", "registered_on": date(2020, 1, 1)},
    ],
    "research_year": [
        {"year": 2022, "year_end": date(2022, 12, 31), "expense_fen": 40_000_000, "revenue_fen": 1},
        {
            "year": 2023, "year_end": date(2023, 12, 31), "expense_fen": 50_000_000, "revenue_fen": 1_000_000_000,
            "hightech_revenue_fen": 650_000_000, "staff": 40, "research_staff": 10, "master_staff": 2, "cit_relief_fen": 6_000_000,
        },
    ],
    "technology_project": [
        {"kind": "contract", "number": "1", "signed_on": date(2024, 1, 1), "amount_fen": 2_000_000},
        {"kind": "contract", "number": "2", "signed_on": date(2023, 12, 31), "amount_fen": 9_000_000},
        {"kind": "platform", "number": "3", "level": "province", "signed_on": date(2020, 1, 1)},
        {"kind": "platform", "number": "4", "level": "city", "signed_on": date(2020, 1, 1)},
        {"kind": "award", "number": "5", "level": "national", "signed_on": date(2010, 1, 1)},
        {"kind": "project", "number": "6", "level": "province", "signed_on": date(2022, 1, 1), "ends_on": date(2024, 12, 31)},
        {"kind": "project", "number": "7", "level": "province", "signed_on": date(2023, 1, 1), "ends_on": date(2025, 12, 31)},
    ],
    "court_case": [
        {"case_number": "1", "filed_on": date(2023, 1, 1), "whose": "firm", "role": "defendant", "cause": "侵害商标权纠纷"},
        {"case_number": "2", "filed_on": date(2023, 1, 1), "whose": "firm", "role": "plaintiff", "cause": "侵害商标权纠纷"},
    ],
    "equity_event": [
        {"kind": "external_investment", "happened_on": date(2018, 1, 1), "amount_fen": 500_000_000},
        {"kind": "pledge", "happened_on": date(2018, 1, 1), "amount_fen": 1},
    ],
}  # fmt: skip

EXPECTED = {
    "patent_valid_cnt": 3,  # 1, 3, 4
    "patent_invention_valid_cnt": 1,
    "patent_invention_app_12m": 1,
    "pct_app_cnt_36m": 1,
    "patent_lapsed_fee_cnt_24m": 1,
    "patent_transfer_out_cnt_24m": 1,
    "patent_pledge_active_cnt": 1,
    "patent_main_business_share": 0.5,  # 1 of 1 and 3; 4 does not say
    "trademark_valid_cnt": 1,
    "software_copyright_cnt": 1,
    "ip_dispute_def_cnt_36m": 1,
    "rd_expense_12m": 500_000,
    "rd_expense_yoy": 0.25,
    "rd_intensity": 0.05,
    "rd_staff_share": 0.25,
    "master_staff_share": 0.05,
    "tech_contract_amt_12m": 20_000,
    "hightech_revenue_share": 0.65,
    "hightech_revenue_12m": 6_500_000,
    "cit_rd_relief_12m": 60_000,
    "provincial_rd_platform_cnt": 1,
    "provincial_award_cnt": 1,
    "provincial_project_cnt": 1,
    "venture_capital_amt": 5_000_000,
    "ip_appraised_value": 60_000,  # patent 1 and mark 1
}


def test_every_variable_is_as_worked_out():
    assert_worked("research", frames_of(ROWS), EXPECTED)


def test_a_year_that_is_long_past_says_nothing_of_now():
    old = {"research_year": [{**ROWS["research_year"][1], "year": 2022, "year_end": date(2022, 12, 31)}]}
    found = values_of("research", frames_of({"research_year": old["research_year"]}), date(2025, 1, 20))
    assert (found["rd_expense_12m"], found["patent_valid_cnt"], found["venture_capital_amt"]) == (None, 0, None)


def test_a_year_told_later_changes_nothing():
    later = {"year": 2024, "year_end": date(2024, 12, 31), "expense_fen": 1, "known_at": at(date(2025, 5, 31))}
    assert_worked("research", frames_of({**ROWS, "research_year": [*ROWS["research_year"], later]}), EXPECTED)
