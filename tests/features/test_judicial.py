"""A firm before the courts (class C04), worked out by hand as of 20 January 2025."""

from __future__ import annotations

from datetime import date

from .record_frames import at
from .worked import assert_worked, frames_of, names_of, values_of


def case(number, filed_on, cause, claim_yuan, whose="firm", role="defendant", **more):
    told = {"case_number": number, "filed_on": filed_on, "cause": cause, "claim_fen": claim_yuan * 100, "whose": whose, "role": role}
    return {**told, **more}


def measure(kind, ordered_on, whose="firm", **more):
    return {"kind": kind, "ordered_on": ordered_on, "whose": whose, **more}


ROWS = {
    "court_case": [
        case("1", date(2024, 5, 1), "金融借款合同纠纷", 50_000),
        case("2", date(2023, 1, 1), "买卖合同纠纷", 20_000, decided_on=date(2024, 12, 20), decided_against_fen=1_500_000),
        case("3", date(2022, 1, 1), "民间借贷纠纷", 9_000, closed_on=date(2022, 9, 1)),
        case("4", date(2024, 8, 1), "劳动争议", 3_000, closed_on=date(2024, 10, 1)),
        case("5", date(2024, 2, 1), "侵害发明专利权纠纷", 7_000, role="third"),
        case("6", date(2023, 6, 1), "买卖合同纠纷", 80_000, role="plaintiff"),
        case("7", date(2024, 7, 1), "离婚纠纷", 0, whose="controller"),
        case("8", date(2021, 6, 1), "虚开增值税专用发票罪", 0, whose="legal_rep", kind="criminal"),
        case("9", date(2018, 6, 1), "合同诈骗罪", 0, kind="criminal", closed_on=date(2020, 1, 20)),  # ended five years ago today
    ],
    "enforcement": [
        {"case_number": "e1", "filed_on": date(2024, 9, 1), "whose": "firm", "amount_fen": 4_000_000, "unpaid_fen": 2_500_000},
        {"case_number": "e2", "filed_on": date(2022, 1, 1), "whose": "firm", "amount_fen": 1_000_000, "terminated_on": date(2022, 9, 1)},
        {"case_number": "e3", "filed_on": date(2023, 9, 1), "whose": "firm", "amount_fen": 8_800_000, "closed_on": date(2024, 1, 1)},
        {"case_number": "e4", "filed_on": date(2024, 9, 1), "whose": "controller", "amount_fen": 7_700_000},
    ],
    "court_measure": [
        measure("dishonest", date(2021, 1, 1), ended_on=date(2023, 1, 1)),  # removed: not read
        measure("dishonest", date(2024, 1, 1), "controller"),
        measure("consumption_limit", date(2024, 1, 1), "legal_rep"),
        measure("freeze", date(2024, 3, 1), amount_fen=600_000),
        measure("seal", date(2024, 4, 1), amount_fen=150_000),
        measure("freeze", date(2023, 3, 1), amount_fen=999, ended_on=date(2024, 3, 1)),
        measure("auction", date(2023, 12, 31)),
    ],
}

EXPECTED = {
    "case_def_cnt_24m": 3,  # 1, 2, 4
    "case_plaintiff_cnt_24m": 1,
    "case_def_amt_open": 70_000,  # 1 and 2
    "loan_dispute_def_cnt_36m": 2,  # 1 and 3
    "loan_dispute_def_open_flag": 1,
    "labour_dispute_def_cnt_24m": 1,
    "sales_contract_def_cnt_24m": 1,
    "enforcement_open_amt": 25_000,
    "enforcement_cnt_36m": 3,
    "terminated_enforcement_amt": 10_000,
    "dishonest_debtor_flag": 0,
    "dishonest_debtor_owner_flag": 1,
    "consumption_limit_flag": 1,
    "bankruptcy_filing_flag": 0,
    "asset_freeze_amt": 7_500,
    "property_auction_flag": 0,  # the day before the window of twelve months
    "criminal_case_flag": 1,  # 8; 9 is no longer read
    "owner_case_def_cnt_24m": 1,
    "months_since_last_def_case": 5,  # 4: 1 August to 20 January
    "plaintiff_claims_amt_24m": 80_000,
    "judgment_unpaid_flag": 1,  # 2: decided 31 days ago
}


def test_every_variable_is_as_worked_out():
    assert_worked("judicial", frames_of(ROWS), EXPECTED)


def test_thirty_days_to_pay_and_a_payment_ends_it():
    told = case("2", date(2023, 1, 1), "买卖合同纠纷", 20_000, decided_on=date(2024, 12, 21), decided_against_fen=1)
    assert values_of("judicial", frames_of({"court_case": [told]}))["judgment_unpaid_flag"] == 0
    paid = {**told, "decided_on": date(2024, 3, 1), "paid_on": date(2025, 1, 20)}
    assert values_of("judicial", frames_of({"court_case": [paid]}))["judgment_unpaid_flag"] == 0


def test_what_ended_five_years_ago_is_not_read_at_all():
    old = [case("9", date(2018, 6, 1), "合同诈骗罪", 0, kind="criminal", closed_on=date(2020, 1, 20))]
    assert values_of("judicial", frames_of({"court_case": old}))["criminal_case_flag"] == 0
    a_day_less = [{**old[0], "closed_on": date(2020, 1, 21)}]
    assert values_of("judicial", frames_of({"court_case": a_day_less}))["criminal_case_flag"] == 1


def test_a_search_that_found_nothing_makes_zeros_and_none_makes_nulls():
    searched = values_of("judicial", frames_of({"court_search": [{"searched_on": date(2025, 1, 10), "found": 0}]}))
    assert set(searched.values()) == {0, 999}
    unasked = values_of("judicial", frames_of({"annual_report": [{"year": 2023, "filed_on": date(2024, 3, 1)}]}))
    assert {unasked[name] for name in names_of("judicial")} == {None}


def test_a_measure_known_later_changes_nothing():
    later = measure("bankruptcy", date(2025, 1, 15), known_at=at(date(2025, 1, 22)))
    assert_worked("judicial", frames_of({**ROWS, "court_measure": [*ROWS["court_measure"], later]}), EXPECTED)
