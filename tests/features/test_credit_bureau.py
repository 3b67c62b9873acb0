"""Two credit reports, the firm's and its owner's (class C16), worked out by hand as of 20 January 2025."""

from __future__ import annotations

from datetime import date

from puhui.features.credit_bureau import months_ahead

from .record_frames import at
from .records import invoices
from .worked import assert_worked, frames_of, values_of

REPORTED, BEFORE = date(2025, 1, 10), date(2024, 7, 1)


def account(number, lender, yuan, kind="loan", lender_kind="bank", **more):
    plain = {"account": number, "reported_on": REPORTED, "lender": lender, "lender_kind": lender_kind, "kind": kind}
    return {**plain, "balance_fen": yuan * 100, "five_class": "normal", **more}


ROWS = {
    "credit_report": [{"reported_on": BEFORE, "loans_ever": 99}, {"reported_on": REPORTED, "loans_ever": 7}],
    "credit_account": [
        account(
            "1", "甲银行", 300_000, term="short", security="mortgage", due_on=date(2025, 4, 20), opened_on=date(2024, 4, 20),
            instalment_fen=1_000_000, mark="renewal",
        ),
        account(
            "2", "乙银行", 200_000, term="long", security="credit", due_on=date(2025, 4, 21), opened_on=date(2024, 7, 1),
            five_class="mention", overdue_fen=500_000,
        ),
        account("3", "丙小贷", 100_000, lender_kind="micro_lender", term="short", five_class="doubtful", interest_overdue_fen=1),
        account("4", "乙银行", 150_000, "acceptance", due_on=date(2026, 1, 20)),
        account("5", "甲银行", 50_000, "discount", due_on=date(2026, 1, 21)),
        account("6", "甲银行", 0, "line", line_fen=90_000_000),
        account("7", "丁银行", 0, "line", line_fen=10_000_000, opened_on=date(2024, 12, 1)),
        account("8", "甲银行", 400_000, "guarantee_given"),
        account("9", "甲银行", 70_000, "guarantee_given", five_class="loss"),
        account("10", "戊银行", 0, mark="writeoff", closed_on=date(2020, 1, 20)),  # ended five years ago: not read
        account("11", "戊银行", 0, mark="restructured", closed_on=date(2020, 1, 21)),
        account("12", "己银行", 800_000, reported_on=BEFORE),  # the newest report has it no more
    ],
    "credit_month": [
        {"month": date(2024, 12, 1), "line_fen": 90_000_000},
        {"month": date(2024, 6, 1), "line_fen": 120_000_000, "overdue_fen": 100, "overdue_days": 12},
        {"month": date(2023, 1, 1), "overdue_days": 3},
        {"month": date(2022, 12, 1), "overdue_days": 80},  # the twenty-fifth month
    ],
    "credit_query": [
        {"queried_on": date(2024, 12, 22), "lender": "庚银行", "reason": "loan_approval", "whose": "firm"},  # 29 days ago
        {"queried_on": date(2024, 12, 21), "lender": "辛银行", "reason": "loan_approval", "whose": "firm"},  # 30 days ago
        {"queried_on": date(2024, 11, 1), "lender": "辛银行", "reason": "loan_approval", "whose": "firm"},
        {"queried_on": date(2025, 1, 15), "lender": "甲银行", "reason": "after_loan", "whose": "firm"},
        {"queried_on": date(2025, 1, 15), "lender": "甲银行", "reason": "card_approval", "whose": "owner"},
        {"queried_on": date(2024, 11, 15), "lender": "甲银行", "reason": "loan_approval", "whose": "owner"},
    ],
    "related_firm": [{"stated_on": date(2025, 1, 1), "name": "A", "relation": "invested", "bad_loan": True}],
}  # fmt: skip


def owned(number, kind, yuan, lender_kind="bank", **more):
    plain = {"account": number, "reported_on": REPORTED, "kind": kind, "lender_kind": lender_kind, "balance_fen": yuan * 100}
    return {**plain, "lender": f"{lender_kind} {number}", **more}


OWNER = {
    "owner_credit_report": [{"reported_on": REPORTED, "first_account_on": date(2015, 1, 21), "income_month_fen": 2_000_000}],
    "owner_credit_account": [
        owned("1", "card", 18_000, limit_fen=2_000_000, used_six_months_fen=1_000_000, instalment_fen=100_000),
        owned("2", "card", 8_000, limit_fen=3_000_000, used_six_months_fen=1_500_000, overdue_fen=20_000),
        owned("3", "card_instalment", 30_000),
        owned("4", "consumer", 40_000, "consumer_finance", five_class="mention", instalment_fen=300_000),
        owned("5", "consumer", 10_000, five_class="normal"),
        owned("6", "business", 100_000, five_class="normal", instalment_fen=200_000),
        owned("7", "home", 600_000, five_class="normal", instalment_fen=400_000),
        owned("8", "guarantee_given", 50_000, five_class="loss", overdue_fen=99),  # another's debt
        owned("9", "consumer", 0, five_class="loss", mark="writeoff", closed_on=date(2019, 12, 1)),  # more than five years ago
    ],
    "owner_credit_month": [
        {"month": date(2024, 12, 1), "worst_status": 0},
        {"month": date(2024, 3, 1), "worst_status": 1},
        {"month": date(2022, 3, 1), "worst_status": 3},
        {"month": date(2019, 12, 1), "worst_status": 7},  # the sixty-first month
    ],
    "credit_query": ROWS["credit_query"],
}

EXPECTED = {
    "cb_total_credit_lines": 1_000_000,
    "cb_outstanding": 800_000,  # 300,000 + 200,000 + 100,000 + 150,000 + 50,000
    "cb_lender_cnt": 3,
    "cb_lender_new_6m": 2,  # 乙 in July, 丁 in December; 甲 in April
    "cb_first_loan_flag": 0,
    "cb_total_to_sales": None,  # neither owner's report nor sales here
    "cb_line_use_rate": 0.8,
    "cb_short_term_share": 2 / 3,  # 400,000 of 600,000
    "cb_secured_share": 0.6,  # 300,000 of 500,000
    "cb_credit_loan_share": 0.4,
    "cb_guarantee_out_amt": 470_000,
    "cb_guarantee_out_bad_amt": 70_000,
    "cb_npl_balance": 100_000,
    "cb_special_mention_balance": 200_000,
    "cb_overdue_now_amt": 5_000,
    "cb_overdue_cnt_24m": 2,
    "cb_overdue_max_days_24m": 12,
    "cb_interest_arrears_flag": 1,
    "cb_amc_disposed_flag": 0,
    "cb_advance_flag": 0,
    "cb_writeoff_flag": 0,
    "cb_query_lender_cnt_1m": 1,
    "cb_query_lender_cnt_3m": 2,
    "cb_bill_accept_bal": 150_000,
    "cb_discount_bal": 50_000,
    "cb_due_3m_amt": 300_000,  # 20 April is due, 21 April is not
    "cb_due_12m_amt": 650_000,
    "cb_due_3m_to_inflow": None,  # no account here
    "cb_monthly_service": 10_000,
    "cb_limit_change_6m": -0.25,
    "cb_renewal_cnt_24m": 1,
    "cb_restructured_flag": 1,
    "cb_related_bad_flag": 1,
    "cb_nonbank_share": 0.125,
}

EXPECTED_OWNER = {
    "pcb_overdue_cnt_24m": 1,
    "pcb_overdue_max_status_60m": 3,
    "pcb_overdue_now_amt": 200,
    "pcb_five_class_worst": 2,
    "pcb_writeoff_flag": 0,
    "pcb_card_use_rate": 0.5,  # 25,000 of 50,000
    "pcb_card_full_cnt": 1,  # 18,000 of 20,000
    "pcb_card_instalment_bal": 30_000,
    "pcb_consumer_loan_bal": 50_000,
    "pcb_consumer_lender_cnt": 1,
    "pcb_business_loan_bal": 100_000,
    "pcb_mortgage_bal": 600_000,
    "pcb_monthly_service": 10_000,
    "pcb_debt_to_income": 0.5,
    "pcb_guarantee_out_amt": 50_000,
    "pcb_query_cnt_1m": 1,
    "pcb_query_cnt_3m": 2,
    "pcb_first_credit_months": 119,  # 21 January 2015: a day short of ten years
    "pcb_report_age_days": 10,
}


def test_every_variable_of_the_firm_is_as_worked_out():
    assert_worked("credit_bureau", frames_of(ROWS), EXPECTED)


def test_every_variable_of_the_owner_is_as_worked_out():
    assert_worked("owner_credit", frames_of(OWNER), EXPECTED_OWNER)


def test_debts_of_firm_and_owner_are_set_against_sales():
    sold = invoices([{"direction": "out", "issued_on": date(2024, month, 3), "amount_fen": 15_000_000} for month in range(1, 13)])
    found = values_of("credit_bureau", {**frames_of({**ROWS, **OWNER}), "invoice": sold})
    assert found["cb_total_to_sales"] == 0.5  # (800,000 + 100,000) / 1,800,000


def test_what_falls_due_is_set_against_the_inflow_of_the_account():
    # A customer pays 50,000 in each of October, November and December, and 999,999 in September, which is no longer looked at.
    flows = [
        {
            "account": "A", "serial": str(month), "booked_on": date(2024, month, 10), "direction": "in", "counterparty": "乙公司",
            "amount_fen": 99_999_900 if month == 9 else 5_000_000, "memo": "货款",
        }
        for month in (9, 10, 11, 12)
    ]  # fmt: skip
    found = values_of("credit_bureau", frames_of({**ROWS, "account_flow": flows}))
    assert found["cb_due_3m_to_inflow"] == 2  # 300,000 / 150,000


def test_a_first_loan_is_one_only_when_the_owner_was_looked_at_too():
    blank = {"credit_report": [{"reported_on": REPORTED, "loans_ever": 0}]}
    found = values_of("credit_bureau", frames_of(blank))
    assert (found["cb_first_loan_flag"], found["cb_outstanding"], found["cb_query_lender_cnt_1m"]) == (None, 0, 0)
    assert (found["cb_overdue_cnt_24m"], found["cb_line_use_rate"]) == (None, None)
    card = {**OWNER, "owner_credit_account": OWNER["owner_credit_account"][:1]}
    assert values_of("credit_bureau", frames_of({**blank, **card}))["cb_first_loan_flag"] == 1
    assert values_of("credit_bureau", frames_of({**blank, **OWNER}))["cb_first_loan_flag"] == 0


def test_where_no_agreement_is_told_the_lines_of_the_accounts_count():
    rows = {"credit_account": [account("1", "甲银行", 50_000, line_fen=8_000_000), account("2", "乙银行", 10_000, line_fen=2_000_000)]}
    found = values_of("credit_bureau", frames_of(rows))
    assert (found["cb_total_credit_lines"], found["cb_line_use_rate"]) == (100_000, 0.6)


def test_months_ahead_end_with_a_shorter_month():
    assert months_ahead(date(2024, 11, 30), 3) == date(2025, 2, 28)
    assert months_ahead(date(2023, 11, 30), 3) == date(2024, 2, 29)
    assert months_ahead(date(2025, 1, 20), 12) == date(2026, 1, 20)


def test_a_report_known_later_changes_nothing():
    later = account("1", "甲银行", 1, reported_on=date(2025, 1, 19), known_at=at(date(2025, 1, 21)))
    assert_worked("credit_bureau", frames_of({**ROWS, "credit_account": [*ROWS["credit_account"], later]}), EXPECTED)
    later = owned("1", "card", 1, reported_on=date(2025, 1, 19), known_at=at(date(2025, 1, 21)))
    rows = {**OWNER, "owner_credit_account": [*OWNER["owner_credit_account"], later]}
    assert_worked("owner_credit", frames_of(rows), EXPECTED_OWNER)
