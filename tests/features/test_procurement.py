"""What public buyers bought of a firm (class C14), worked out by hand as of 20 January 2025."""

from __future__ import annotations

from datetime import date

from .record_frames import at
from .worked import assert_worked, frames_of, values_of


def award(notice, awarded_on, buyer, yuan, **more):
    return {"notice": notice, "awarded_on": awarded_on, "buyer": buyer, "amount_fen": yuan * 100, **more}


def contract(number, signed_on, yuan, **more):
    return {"contract": number, "signed_on": signed_on, "buyer": "城管局", "amount_fen": yuan * 100, **more}


def payment(number, paid_on, yuan, due_on=None, **more):
    return {"contract": number, "paid_on": paid_on, "amount_fen": yuan * 100, "due_on": due_on, **more}


ROWS = {
    "procurement_award": [
        award("1", date(2024, 2, 1), "城管局", 300_000),
        award("2", date(2023, 1, 1), "教育局", 100_000, status="active"),
        award("3", date(2024, 3, 1), "教育局", 70_000, status="cancelled"),
        award("4", date(2024, 4, 1), "教育局", 50_000, status="unsuccessful"),
        award("5", date(2024, 5, 1), "London", 90_000, currency="GBP"),  # another currency
        award("6", date(2022, 12, 31), "城管局", 80_000),  # too long ago
    ],
    "procurement_contract": [
        contract(
            "c1", date(2024, 2, 10), 280_000, first_amount_fen=30_000_000, status="active", buyer_fiscal_tier=4, fits_industry=True,
            last_payment_due_on=date(2025, 6, 10), account_locked=True, assigned=False,
        ),
        contract("c2", date(2023, 2, 10), 100_000, status="completed", buyer_fiscal_tier=2, ends_on=date(2025, 12, 31)),
        contract("c3", date(2023, 5, 1), 60_000, status="terminated"),
        contract("c4", date(2024, 6, 1), 40_000, ends_on=date(2025, 1, 20), account_locked=False, assigned=True),  # no word, ends today
        contract("c5", date(2022, 6, 1), 10_000, ends_on=date(2022, 9, 1), accepted_on=date(2022, 9, 1)),
        contract("c6", date(2024, 9, 1), 90_000, private=True, status="active"),
    ],
    "contract_payment": [
        payment("c1", date(2024, 5, 1), 80_000, date(2024, 4, 21)),  # ten days late
        payment("c1", date(2024, 9, 1), 20_000, date(2024, 9, 1)),  # on the day
        payment("c2", date(2023, 9, 1), 100_500, date(2023, 9, 5)),  # four days early, and more than was owed
        payment("c5", date(2021, 12, 31), 10_000, date(2021, 1, 1)),  # paid more than 36 months ago
        payment("c6", date(2024, 12, 1), 30_000),
        payment(None, date(2024, 12, 1), 5_000),
    ],
    "procurement_event": [
        {"kind": "complaint", "happened_on": date(2023, 1, 1)},
        {"kind": "bond_forfeited", "happened_on": date(2022, 1, 1)},
        {"kind": "complaint", "happened_on": date(2021, 12, 31)},
    ],
}  # fmt: skip

EXPECTED = {
    "gp_award_cnt_24m": 2,  # 1 and 2
    "gp_award_amt_24m": 400_000,
    "gp_contract_open_amt": 320_000,  # c1 and c4
    "gp_contract_unpaid_amt": 220_000,  # c1: 280,000 - 100,000; c4: 40,000; c2 and c5 are paid, c3 is broken off
    "gp_contract_term_left_months": 4,  # c1: 10 June
    "gp_pay_delay_days_avg": 2,  # (10 + 0 - 4) / 3
    "gp_pay_on_time_ratio": 2 / 3,
    "gp_buyer_hhi": 0.625,  # 0.75² + 0.25²
    "gp_buyer_fiscal_tier": 66 / 19,  # (280,000 × 4 + 100,000 × 2) / 380,000 = 1,320,000 / 380,000
    "gp_win_rate_24m": 2 / 3,
    "gp_dispute_cnt_36m": 2,  # a complaint, and c3
    "gp_amended_down_amt": 20_000,
    "gp_performed_cnt": 2,  # c2 and c5
    "gp_industry_match_flag": 1,
    "gp_assigned_before_flag": 1,  # c4
    "gp_collect_account_locked_flag": 0,  # c4 is not
    "bid_bond_forfeited_cnt_36m": 1,
    "private_order_unpaid_amt": 60_000,
}


def test_every_variable_is_as_worked_out():
    assert_worked("procurement", frames_of(ROWS), EXPECTED)


def test_awards_alone_do_not_say_how_often_a_firm_wins():
    won = [row for row in ROWS["procurement_award"] if row.get("status") != "unsuccessful"]
    found = values_of("procurement", frames_of({"procurement_award": won}))
    assert (found["gp_win_rate_24m"], found["gp_award_cnt_24m"], found["gp_contract_unpaid_amt"]) == (None, 2, 0)
    assert (found["gp_pay_delay_days_avg"], found["gp_industry_match_flag"], found["gp_assigned_before_flag"]) == (None, None, None)


def test_a_payment_known_later_changes_nothing():
    later = payment("c1", date(2025, 1, 19), 180_000, date(2024, 1, 1), known_at=at(date(2025, 1, 22)))
    assert_worked("procurement", frames_of({**ROWS, "contract_payment": [*ROWS["contract_payment"], later]}), EXPECTED)
