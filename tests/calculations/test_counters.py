"""What the books say of a loan beside its contract: income not recognised, write-off and recovery, tax inside the price."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.counters import CONTRACT, Accounting, SharePoint, counters_of, held_back
from puhui.calculations.events import Event
from puhui.calculations.posting import FLOWS, MEMO_FLOWS, SUB_LEDGER, Counters, ledger_balances, ledger_signs, transfers
from puhui.calculations.replay import replay
from puhui.calculations.terms import read_terms
from puhui.calculations.value_added_tax import tax_inside

START = date(2026, 1, 15)
LENT = 120_000_00
TERMS = read_terms(
    {
        "currency": "CNY",
        "amount": "120000.00",
        "start": START.isoformat(),
        "rate_annual": "0.06",
        "day_count": "ACT/360",
        "instalments": 12,
        "every": "1 month",
        "method": "interest_only",
        "penalty": {"markup_overdue": "0.5"},
        "allocation": {
            "performing": ["cost", "fee", "penalty", "compound", "interest", "principal"],
            "non_accrual": ["principal", "interest", "compound", "penalty", "fee", "cost"],
        },
    }
)


def at(day: date, *events: Event, accounting: Accounting = CONTRACT, **further: object) -> Counters:
    return counters_of(replay(TERMS, events, day), day, LENT, accounting, **further)  # type: ignore[arg-type]


def moved(before: Counters, after: Counters) -> set[tuple[str, str, int]]:
    return {tuple(each) for each in transfers(before, after)}  # type: ignore[misc]


# Due 15 February (31 nights: 620.00) and 15 March (28 nights: 560.00), unpaid. More than 90 days past due from 17 May on.
LAST_ACCRUING = date(2026, 5, 16)
FIRST_NOT = LAST_ACCRUING + timedelta(days=1)


def test_after_ninety_days_unpaid_interest_is_no_income_and_stands_in_the_memo_books() -> None:
    before, after = at(LAST_ACCRUING), at(FIRST_NOT)
    assert before.interest_suspended == before.accrued_interest_suspended == 0
    due, accrued = 620_00 + 560_00 + 620_00 + 600_00, 2 * 20_00  # 15 May falls due too; two nights since
    assert (after.interest_suspended, after.accrued_interest_suspended) == (due, accrued)
    balances = ledger_balances(after)
    assert balances["interest_income"] == balances["interest_receivable"] == balances["accrued_interest"] == 0
    assert balances["penalty_receivable"] == 0 and after.penalty_suspended > 0
    assert balances["memo_interest"] == due + accrued + after.penalty_suspended
    # The night that is booked in the same breath is netted out of the reversal: 20.00 less than what had accrued by then.
    assert ("interest_income", "interest_receivable", due) in moved(before, after)
    assert ("interest_income", "accrued_interest", accrued - 20_00) in moved(before, after)


def test_interest_that_falls_due_while_not_recognised_moves_nothing_on_the_balance_sheet() -> None:
    due = date(2026, 6, 15)
    before, after = at(due - timedelta(days=1)), at(due)
    assert after.interest_due > before.interest_due
    assert {pair[:2] for pair in moved(before, after)} == {("memo_interest", "memo_counterpart")}


def test_cash_goes_to_principal_first_and_income_comes_back_when_nothing_is_late() -> None:
    day = date(2026, 5, 20)
    before = at(day)
    part = at(day, Event(day, "repayment", 500_00))
    assert part.interest_paid > 0, "no principal is due on this loan before its maturity, so the interest is paid"
    assert moved(before, part) == {
        ("settlement", "interest_receivable", 500_00),
        ("interest_receivable", "interest_income", 500_00),
        ("memo_counterpart", "memo_interest", 500_00),
    }
    owed = before.interest_receivable + before.penalty_receivable
    whole = at(day, Event(day, "repayment", owed))
    assert whole.interest_suspended == whole.accrued_interest_suspended == whole.penalty_suspended == 0
    balances = ledger_balances(whole)
    assert balances["memo_interest"] == 0
    assert balances["accrued_interest"] == whole.accrued_interest == 5 * 20_00  # accrues to income again
    assert -balances["interest_income"] == whole.interest_earned


def test_a_loan_written_off_leaves_the_balance_sheet_and_is_recovered_into_the_allowance() -> None:
    day = date(2026, 8, 20)
    before = at(day)
    after = at(day, at_write_off=before)
    assert moved(before, after) >= {("loss_allowance", "principal", LENT), ("memo_written_off", "memo_counterpart", LENT)}
    balances = ledger_balances(after)
    assert all(balances[role] == 0 for role in SUB_LEDGER)
    assert balances["memo_written_off"] == LENT and balances["loss_allowance"] == LENT
    assert balances["memo_interest"] == after.interest_receivable + after.penalty_receivable
    later = day + timedelta(days=10)
    paid = Event(later, "payoff")
    recovered = at(later, paid, at_write_off=before)
    closed = ledger_balances(recovered)
    assert recovered.principal_repaid == LENT
    assert closed["loss_allowance"] == closed["memo_written_off"] == closed["memo_interest"] == closed["principal"] == 0
    assert -closed["interest_income"] == recovered.interest_paid > before.interest_receivable


def test_interest_recognised_when_it_was_written_off_is_charged_to_the_allowance() -> None:
    day = date(2026, 4, 1)  # 45 days past due: all of it is income so far
    before = at(day)
    after = at(day, at_write_off=before)
    recognised = before.interest_receivable + before.accrued_interest
    assert after.interest_written_off == recognised and after.accrued_interest == 0
    balances = ledger_balances(after)
    assert balances["loss_allowance"] == LENT + recognised + before.penalty_receivable
    assert balances["interest_receivable"] == balances["accrued_interest"] == 0
    night = at(day + timedelta(days=1), at_write_off=before)
    assert {pair[:2] for pair in moved(after, night)} == {("memo_interest", "memo_counterpart")}, "later nights are no income"


def test_what_is_waived_lowers_income_and_principal_the_allowance() -> None:
    day = date(2026, 4, 1)
    before = at(day)
    waived = at(day, Event(day, "waiver", 100_00, of="interest"))
    assert moved(before, waived) == {("interest_income", "interest_receivable", 100_00)}
    penalty = at(day, Event(day, "waiver", before.penalty_receivable, of="compound"))
    assert moved(before, penalty) == {("penalty_income", "penalty_receivable", before.penalty_receivable)}
    assert penalty.penalty_receivable == 0 and penalty.penalty_earned == before.penalty_earned
    maturity = date(2027, 1, 20)
    owed = at(maturity)
    principal = at(maturity, Event(maturity, "waiver", 5_000_00, of="principal"))
    assert principal.principal == owed.principal - 5_000_00
    assert moved(owed, principal) == {("loss_allowance", "principal", 5_000_00)}


@pytest.mark.parametrize("profile", ["house_rule", "cas_22"])
@pytest.mark.parametrize("paid", [0, 400_00, 3_000_00])
@pytest.mark.parametrize("day", [date(2026, 5, 10), date(2026, 8, 20)])
def test_waiving_what_was_written_off_moves_the_memo_books_alone(profile: Literal["house_rule", "cas_22"], paid: int, day: date) -> None:
    """Income stays, money or not: what is waived was lost at the write-off, or had never been income."""
    accounting = Accounting(profile)
    later = date(2026, 9, 1)
    before = at(day, accounting=accounting)
    money = (Event(later, "repayment", paid),) if paid else ()
    events = (Event(day, "write_off", id="w"), *money)
    after = at(later, *events, at_write_off=before, accounting=accounting)
    waived = at(later, *events, Event(later, "waiver", 500_00, of="interest"), at_write_off=before, accounting=accounting)
    assert waived.interest_waived == 500_00
    memo_books = {("memo_counterpart", "memo_written_off"), ("memo_counterpart", "memo_interest")}
    assert {pair[:2] for pair in moved(after, waived)} <= memo_books
    assert sum(amount for *_, amount in moved(after, waived)) == 500_00


@pytest.mark.parametrize("on_due_date", [False, True])
def test_interest_waived_and_a_loan_paid_off_leave_no_tax_waiting(on_due_date: bool) -> None:
    """10 days' 200.00 less 100.00 waived, paid before the due date: the tax inside 100.00, and nothing that waits for cash."""
    taxed = Accounting("cas_22", interest_tax_ppm=60_000)
    day = date(2026, 2, 15) if on_due_date else date(2026, 1, 25)
    waiver, payoff = Event(day, "waiver", 100_00, of="interest"), Event(day, "payoff")
    after = at(day, waiver, payoff, accounting=taxed)
    assert after.interest_paid == (520_00 if on_due_date else 100_00) and after.interest_waived == 100_00
    assert (after.interest_tax, after.tax_waiting) == (tax_inside(after.interest_paid, 60_000), 0)


def test_what_was_charged_inside_the_period_of_a_write_off_is_written_off_with_the_rest() -> None:
    """50.00 of 20 January would fall due with the instalment of 15 February; written off on 1 February, nothing stays a receivable."""
    day, charge = date(2026, 2, 1), Event(date(2026, 1, 20), "fee", 50_00, kind="cost")
    before = at(day, charge)
    after = at(day, charge, Event(day, "write_off", id="w"), at_write_off=before)
    balances = ledger_balances(after)
    assert all(balances[role] == 0 for role in SUB_LEDGER) and after.fee_written_off == 50_00
    assert balances["memo_written_off"] == LENT + 17 * 20_00 + 50_00


def test_the_books_count_the_days_of_a_charge_with_its_instalment() -> None:
    """Charged on 20 January, asked for on 15 February: on 1 May the loan is 101 days past due by the charge and 75 by the instalment,
    which is what day end and totals go by, so interest is income until 16 May."""
    charge = Event(date(2026, 1, 20), "fee", 50_00, kind="cost")
    first_of_may = replay(TERMS, (charge,), date(2026, 5, 1))
    assert (first_of_may.status, first_of_may.days_past_due, first_of_may.days_late) == ("non_accrual", 101, 75)
    assert at(date(2026, 5, 16), charge).interest_suspended == 0 < at(date(2026, 5, 17), charge).interest_suspended


def test_a_loan_written_off_as_an_event_moves_the_same_and_is_recovered() -> None:
    day, later = date(2026, 8, 20), date(2026, 9, 1)
    before, event = at(day), Event(day, "write_off", id="w")
    after = at(day, event, at_write_off=before)
    balances = ledger_balances(after)
    assert all(balances[role] == 0 for role in SUB_LEDGER) and balances["memo_written_off"] == LENT
    assert at(later, event, at_write_off=before) == after, "nothing runs any more"
    part = at(later, event, Event(later, "repayment", 10_000_00), at_write_off=before)
    balances, recovered = ledger_balances(part), part.principal_repaid
    assert recovered > 0 and balances["settlement"] - ledger_balances(after)["settlement"] == 10_000_00
    assert balances["loss_allowance"] == balances["memo_written_off"] == LENT - recovered
    assert -balances["interest_income"] == part.interest_paid and -balances["penalty_income"] == part.penalty_paid
    assert recovered + part.interest_paid + part.penalty_paid == 10_000_00


def test_tax_stands_inside_what_is_due_and_waits_for_cash_after_ninety_days() -> None:
    assert tax_inside(10_000_00, 60_000) == 566_04
    taxed = Accounting("cas_22", interest_tax_ppm=60_000)
    day = date(2026, 3, 15)
    counters = at(day, accounting=taxed)
    assert counters.interest_tax == tax_inside(620_00 + 560_00, 60_000) and counters.tax_waiting == 0
    # 90 days after 15 February are over on 16 May: what falls due on 15 June waits, what fell due on 15 May does not.
    late = at(date(2026, 6, 15), accounting=taxed)
    assert late.interest_tax == tax_inside(620_00 + 560_00 + 620_00 + 600_00, 60_000)
    assert late.tax_waiting == tax_inside(620_00, 60_000)
    owed = late.interest_receivable + late.penalty_receivable
    paid = at(date(2026, 6, 15), Event(date(2026, 6, 15), "repayment", owed), accounting=taxed)
    assert paid.tax_waiting == 0 and paid.interest_tax == late.interest_tax + tax_inside(620_00, 60_000)
    assert paid.penalty_tax == tax_inside(paid.penalty_paid, 60_000) > 0
    assert ledger_balances(paid)["output_tax"] == -(paid.interest_tax + paid.penalty_tax)


def test_stage_three_recognises_the_net_share() -> None:
    """60% allowance: of 1,000.00 a month, 400.00 are income; a payment that leaves less unpaid than is held takes it down."""
    points = [
        SharePoint(earned=5_000_00, unpaid=3_000_00, share_ppm=600_000),
        SharePoint(earned=6_000_00, unpaid=4_000_00, share_ppm=600_000),
    ]
    assert held_back(points) == 600_00
    assert held_back([*points, SharePoint(6_000_00, 250_00, 600_000)]) == 250_00
    assert held_back([*points, SharePoint(6_000_00, 4_000_00, None)]) == 0
    assert held_back([SharePoint(0, 0, None), SharePoint(100, 100, None)]) == 0
    late = at(FIRST_NOT, accounting=Accounting("cas_22"))
    assert late.interest_suspended == late.accrued_interest_suspended == 0, "the counters recognise all; the month end holds back"


def test_each_counter_moves_accounts_that_net_to_zero() -> None:
    counters = Counters(**{name: 10**position for position, name in enumerate(FLOWS)})
    balances = ledger_balances(counters)
    memo = {role: amount for role, amount in balances.items() if role.startswith("memo_")}
    assert sum(memo.values()) == 0 and sum(balances.values()) == 0
    for role in SUB_LEDGER:
        assert sum(sign * getattr(counters, name) for name, sign in ledger_signs(role).items()) == balances[role]
    assert set(MEMO_FLOWS) < set(FLOWS)


amounts = st.integers(0, 10**6)


@given(st.builds(Counters, **dict.fromkeys(FLOWS, amounts)), st.builds(Counters, **dict.fromkeys(FLOWS, amounts)))
def test_transfers_lead_from_any_state_of_the_ledger_to_any_other(before: Counters, after: Counters) -> None:
    balances = dict(ledger_balances(before))
    for debit, credit, amount in transfers(before, after):
        assert amount > 0
        balances[debit] += amount
        balances[credit] -= amount
    assert balances == ledger_balances(after)


@pytest.mark.parametrize("counter", sorted(FLOWS))
def test_what_a_counter_moves_is_moved_back_when_it_shrinks(counter: str) -> None:
    grown = replace(Counters(), **{counter: 5})
    forth, back = transfers(Counters(), grown), transfers(grown, Counters())
    assert [(credit, debit, amount) for debit, credit, amount in forth] == [tuple(each) for each in back] != []
