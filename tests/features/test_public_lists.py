"""Lists, honours and public grades of a firm (class C05), worked out by hand as of 20 January 2025."""

from __future__ import annotations

from datetime import date

from .record_frames import at
from .worked import assert_worked, frames_of, values_of


def honour(name, kind, level, granted_on, until=None):
    return {"name": name, "kind": kind, "level": level, "granted_on": granted_on, "valid_until": until}


ROWS = {
    "list_entry": [
        {"list": "serious_illegal", "entered_on": date(2020, 1, 1), "removed_on": date(2025, 1, 20)},  # left today
        {"list": "tax_violation", "entered_on": date(2024, 2, 1)},
        {"list": "red", "entered_on": date(2023, 2, 1)},
        {"list": "red", "entered_on": date(2024, 2, 1)},
        {"list": "recommended", "entered_on": date(2024, 11, 1), "removed_on": date(2024, 12, 1)},
        {"list": "recommended", "entered_on": date(2025, 1, 6)},
    ],
    "honour": [
        honour("专精特新", "specialised", "province", date(2022, 3, 1), date(2025, 2, 28)),
        honour("小巨人", "little_giant", "national", date(2021, 7, 1), date(2024, 6, 30)),  # has ended
        honour("高企", "hightech", "national", date(2023, 10, 16), date(2026, 10, 15)),
        honour("科小2024", "sci_tech_sme", "province", date(2024, 5, 1)),  # of last year
        honour("省科技奖", "award", "province", date(2015, 5, 1)),
    ],
    "public_credit_grade": [
        {"scheme": "comprehensive", "grade": "B", "graded_on": date(2023, 6, 1), "score": 81.5, "promises": 4, "promises_kept": 3},
        {"scheme": "comprehensive", "grade": "A", "graded_on": date(2024, 6, 1)},
        {"scheme": "environment", "grade": "yellow", "graded_on": date(2024, 3, 1)},
    ],
    "policy_fund": [
        {"programme": "技改", "paid_on": date(2024, 3, 1), "amount_fen": 3_000_000},
        {"programme": "技改", "paid_on": date(2022, 12, 31), "amount_fen": 9_000_000},
    ],
}

EXPECTED = {
    "serious_illegal_list_flag": 0,
    "tax_major_violation_flag": 1,
    "wage_arrears_list_flag": 0,
    "env_dishonest_grade": 3,
    "gov_procurement_ban_flag": 0,
    "public_credit_grade": 4,
    "public_credit_score": 81.5,  # the newest grade tells none
    "red_list_cnt": 2,
    "honour_national_cnt": 1,
    "honour_province_cnt": 3,
    "sme_specialised_flag": 1,
    "little_giant_flag": 0,
    "sme_innovative_flag": 0,
    "hightech_cert_flag": 1,
    "hightech_cert_months_left": 20,  # 20 January 2025 to 15 October 2026: 20 months and 25 days
    "sci_tech_sme_flag": 0,
    "coordination_list_flag": 1,
    "coordination_list_age_days": 14,
    "policy_fund_received_24m": 30_000,
    "credit_promise_kept_ratio": 0.75,
}


def test_every_variable_is_as_worked_out():
    assert_worked("public_lists", frames_of(ROWS), EXPECTED)


def test_a_grade_older_than_two_years_is_no_grade():
    old = {"public_credit_grade": [{"scheme": "comprehensive", "grade": "A", "graded_on": date(2022, 12, 31), "score": 90.0}]}
    found = values_of("public_lists", frames_of(old))
    assert (found["public_credit_grade"], found["public_credit_score"], found["red_list_cnt"]) == (None, None, 0)


def test_a_search_that_found_nothing_makes_zeros_and_none_makes_nulls():
    searched = values_of("public_lists", frames_of({"list_search": [{"searched_on": date(2025, 1, 10), "found": 0}]}))
    assert set(searched.values()) == {0, None}
    assert searched["serious_illegal_list_flag"] == 0 and searched["coordination_list_age_days"] is None
    unasked = values_of("public_lists", frames_of({"annual_report": [{"year": 2023, "filed_on": date(2024, 3, 1)}]}))
    assert set(unasked.values()) == {None}


def test_an_entry_known_later_changes_nothing():
    later = {"list": "wage_arrears", "entered_on": date(2025, 1, 2), "known_at": at(date(2025, 1, 21))}
    assert_worked("public_lists", frames_of({**ROWS, "list_entry": [*ROWS["list_entry"], later]}), EXPECTED)
