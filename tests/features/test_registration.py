"""A firm in the register (class C01), worked out by hand as of 20 January 2025."""

from __future__ import annotations

from datetime import date

from .record_frames import at
from .worked import assert_worked, frames_of, values_of

ROWS = {
    "registration": [
        {"stated_on": date(2023, 5, 1), "status": "normal", "capital_fen": 50_000_000, "entities_at_address": 9, "register_kind": "other"},
        {
            "stated_on": date(2024, 12, 1), "status": "dormant", "uscc": "92320106MA1ABCDE0X", "established_on": date(2019, 6, 15),
            "capital_fen": 100_000_000, "paid_in_fen": 30_000_000, "capital_due_fen": 60_000_000, "industry": "3311", "permit_needed": True,
            "entities_at_address": 4, "branches": 2,
        },
    ],
    "registration_change": [
        {"item": item, "changed_on": day}
        for item, day in [
            ("industry", date(2024, 1, 1)), ("industry", date(2023, 12, 31)),  # the second is no longer within twelve months
            ("address", date(2023, 1, 1)), ("address", date(2022, 12, 31)),
            ("name", date(2022, 1, 5)), ("name", date(2025, 1, 20)),
            ("legal_rep", date(2024, 9, 1)), ("legal_rep", date(2023, 2, 1)),
            ("capital_decrease", date(2023, 6, 1)),
        ]
    ],
    # Of the reports due for 2021, 2022 and 2023 the one for 2022 is missing; that for 2023 came two days late.
    "annual_report": [
        {"year": 2020, "filed_on": date(2021, 3, 1), "staff": 5},
        {"year": 2021, "filed_on": date(2022, 6, 30), "staff": 9},
        {"year": 2023, "filed_on": date(2024, 7, 2), "staff": 12, "paid_in_fen": 25_000_000},
    ],
    "list_entry": [
        {"list": "abnormal", "entered_on": date(2022, 3, 1), "removed_on": date(2022, 6, 1)},
        {"list": "abnormal", "entered_on": date(2024, 12, 20)},
    ],
    "licence": [{"number": "L1", "kind": "食品经营许可证", "core": True, "issued_on": date(2020, 1, 1), "valid_until": date(2025, 1, 19)}],
}  # fmt: skip

EXPECTED = {
    "reg_age_months": 67,  # 15 June 2019 to 20 January 2025: 5 years 7 months
    "reg_capital_amt": 1_000_000,
    "paidin_capital_amt": 300_000,  # the register of December is newer than the report of July
    "paidin_capital_ratio": 0.3,
    "capital_due_gap_amt": 300_000,  # 600,000 - 300,000
    "entity_kind": 4,  # the newest statement tells no kind; its code begins with 92
    "reg_status_normal_flag": 1,  # dormant, and in being
    "dormancy_flag": 1,
    "industry_risk_tier": 3,  # division 33
    "industry_change_12m_flag": 1,
    "scope_permit_missing_flag": 1,  # the only core licence ended yesterday
    "address_change_cnt_24m": 1,
    "name_change_cnt_36m": 2,
    "legalrep_change_cnt_24m": 2,
    "legalrep_change_recent_6m_flag": 1,  # September lies within July to January
    "abnormal_list_now_flag": 1,
    "abnormal_list_cnt_36m": 2,
    "annual_report_missed_cnt_3y": 1,
    "annual_report_late_flag": 1,
    "address_cluster_cnt": 4,
    "branch_cnt": 2,
    "reg_staff_annual_report": 12,
    "reg_capital_decrease_24m_flag": 1,
}


def test_every_variable_is_as_worked_out():
    assert_worked("registration", frames_of(ROWS), EXPECTED)


def test_a_young_firm_owes_only_the_reports_of_its_years():
    young = {"registration": [{"stated_on": date(2024, 12, 1), "status": "normal", "uscc": "91X", "established_on": date(2023, 3, 1)}]}
    found = values_of("registration", frames_of(young))
    assert (found["annual_report_missed_cnt_3y"], found["entity_kind"]) == (1, 1)  # that for 2023
    # On 30 June 2025 the report for 2024 may still come; on 1 July it is missing.
    assert values_of("registration", frames_of(young), date(2025, 6, 30))["annual_report_missed_cnt_3y"] == 1
    assert values_of("registration", frames_of(young), date(2025, 7, 1))["annual_report_missed_cnt_3y"] == 2


def test_what_no_register_told_is_null_and_not_zero():
    found = values_of("registration", frames_of({"annual_report": ROWS["annual_report"]}))
    for name in (
        "reg_age_months",
        "reg_status_normal_flag",
        "capital_due_gap_amt",
        "abnormal_list_now_flag",
        "annual_report_missed_cnt_3y",
    ):
        assert found[name] is None, name
    assert found["paidin_capital_amt"] == 250_000
    assert found["address_change_cnt_24m"] == 0


def test_a_lawful_cluster_and_a_shut_firm():
    shut = [
        {"stated_on": date(2024, 12, 1), "status": "revoked", "entities_at_address": 300, "cluster_permitted": True, "permit_needed": False}
    ]
    found = values_of("registration", frames_of({"registration": shut}))
    assert (found["reg_status_normal_flag"], found["dormancy_flag"], found["address_cluster_cnt"]) == (0, 0, 1)
    assert found["scope_permit_missing_flag"] == 0


def test_a_statement_known_later_changes_nothing():
    later = {"stated_on": date(2025, 1, 10), "status": "deregistered", "known_at": at(date(2025, 1, 21))}
    assert_worked("registration", frames_of({**ROWS, "registration": [*ROWS["registration"], later]}), EXPECTED)
