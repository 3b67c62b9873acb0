"""Permits and penalties of a firm (class C03), worked out by hand as of 20 January 2025."""

from __future__ import annotations

from datetime import date

from puhui.features.profiles import compute_profile

from .record_frames import at
from .records import invoices
from .worked import AS_OF, assert_worked, frames_of, names_of, values_of


def penalty(number, day, kind="fine", **more):
    return {"decision_number": number, "decided_on": day, "kind": kind, **more}


ROWS = {
    "licence": [
        {"number": "1", "kind": "food", "core": True, "issued_on": date(2020, 1, 1), "valid_until": date(2024, 12, 31)},  # renewed
        {"number": "2", "kind": "food", "core": True, "issued_on": date(2024, 12, 20), "valid_until": date(2029, 12, 19)},
        {"number": "3", "kind": "fire", "core": True, "issued_on": date(2023, 1, 1), "valid_until": date(2025, 3, 25)},
        {"number": "4", "kind": "road", "core": True, "issued_on": date(2019, 1, 1), "withdrawn_on": date(2024, 5, 1)},
        {"number": "5", "kind": "sign", "issued_on": date(2018, 1, 1), "valid_until": date(2019, 1, 1)},
    ],
    "penalty": [
        penalty("a", date(2024, 3, 10), field="environment", amount_fen=500_000, confiscated_fen=100_000),
        penalty("b", date(2023, 8, 1), "suspension", authority="某市应急管理局", amount_fen=200_000),
        penalty("c", date(2022, 1, 1), authority="某市人力资源和社会保障局", repaired_on=date(2023, 1, 1)),
        penalty("d", date(2022, 2, 1), field="tax", repaired_on=date(2023, 1, 1), published_until=date(2024, 2, 1)),  # has left the view
        penalty("e", date(2021, 12, 31), field="tax"),  # older than 36 months
    ],
    "spot_check": [
        {"checked_on": date(2024, 5, 1), "product": "tea", "passed": False},
        {"checked_on": date(2024, 6, 1), "product": "tea", "passed": True},
        {"checked_on": date(2022, 6, 1), "product": "tea", "passed": False},
    ],
}  # fmt: skip

EXPECTED = {
    "licence_core_present_flag": 1,
    "licence_valid_min_months": 2,  # fire, until 25 March: 2 months and 5 days
    "licence_expired_cnt": 1,  # road; food was renewed, and sign is no core licence
    "licence_new_cnt_24m": 2,  # food in December 2024, fire on 1 January 2023
    "admin_penalty_cnt_12m": 1,
    "admin_penalty_cnt_36m": 3,  # a, b, c
    "penalty_amt_36m": 8_000,  # 5,000 + 1,000 + 2,000
    "penalty_amt_36m_to_revenue": None,  # no invoices here
    "penalty_serious_flag": 1,
    "penalty_env_cnt_36m": 1,
    "penalty_safety_cnt_36m": 1,
    "penalty_tax_cnt_36m": 0,
    "penalty_labour_cnt_36m": 1,
    "quality_spotcheck_fail_cnt_24m": 1,
    "penalty_repaired_ratio": 1 / 3,  # c of a, b, c
    "months_since_last_penalty": 10,
}


def test_every_variable_is_as_worked_out():
    assert_worked("licences", frames_of(ROWS), EXPECTED)


def test_fines_are_set_against_the_sales_of_the_same_months():
    bills = invoices([{"direction": "out", "issued_on": date(2023, month, 3), "amount_fen": 4_000_000} for month in range(1, 13)])
    found = compute_profile({**frames_of(ROWS), "invoice": bills}, AS_OF, ["penalty_amt_36m_to_revenue"])
    assert found["penalty_amt_36m_to_revenue"].to_list() == [8_000 / 480_000]


def test_a_search_that_found_nothing_makes_zeros_and_none_makes_nulls():
    searched = values_of("licences", frames_of({"licence_search": [{"searched_on": date(2025, 1, 10), "found": 0}]}))
    assert (searched["admin_penalty_cnt_36m"], searched["months_since_last_penalty"], searched["penalty_serious_flag"]) == (0, 999, 0)
    assert searched["licence_core_present_flag"] == 0 and searched["penalty_repaired_ratio"] is None
    unasked = values_of("licences", frames_of({"annual_report": [{"year": 2023, "filed_on": date(2024, 3, 1)}]}))
    assert {unasked[name] for name in names_of("licences")} == {None}


def test_a_firm_whose_scope_needs_no_permit_has_no_flag_of_one():
    told = {"registration": [{"stated_on": date(2024, 12, 1), "status": "normal", "permit_needed": False}]}
    asked = {"licence_search": [{"searched_on": date(2025, 1, 10), "found": 0}]}
    assert values_of("licences", frames_of({**told, **asked}))["licence_core_present_flag"] is None


def test_a_penalty_known_later_changes_nothing():
    later = penalty("z", date(2025, 1, 15), "revocation", amount_fen=9_900, known_at=at(date(2025, 1, 24)))
    assert_worked("licences", frames_of({**ROWS, "penalty": [*ROWS["penalty"], later]}), EXPECTED)
