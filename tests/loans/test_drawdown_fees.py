"""A fee kept at drawdown is received, deferred and earned over the life, on a loan as it is lived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from puhui.books import queries
from puhui.loans import day_end
from puhui.loans.actions import draw_down, repay, reverse
from puhui.loans.acts import execute
from puhui.loans.changing import WRITE_OFF
from puhui.loans.keeping import events_of, owed_now
from puhui.loans.models import Loan

from .conftest import OPENED, proved

FEE = 1_200_00


def test_a_fee_is_earned_by_the_effective_rate_and_wholly_when_the_loan_is_closed(
    lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]
) -> None:
    terms = {**monthly_terms, "instalments": 3, "fees": [{"name": "arrangement", "when": "drawdown", "amount": "1200.00"}]}
    loan = draw_down(cleared_contract(terms), "drawdown", "test")
    held = queries.balances_by_role(lender, OPENED)
    tax = -held["output_tax"]
    assert held["settlement"] == -120_000_00 + FEE and held["fee_receivable"] == 0
    assert -held["unamortised_fees"] == FEE - tax and held["fee_income"] == held["fee_interest_income"] == 0
    earned = [0]
    for month in (2, 3, 4):
        day = date(2026, month, 15)
        day_end.run(lender, day - timedelta(days=1), "test")
        lender.refresh_from_db()
        loan = Loan.objects.get(pk=loan.pk)
        repay(loan, owed_now(loan, events_of([loan.pk])[loan.pk], day), f"payment {month}", "test")
        held = queries.balances_by_role(lender, day)
        earned.append(-held["fee_interest_income"])
        assert -held["unamortised_fees"] == FEE - tax - earned[-1]
        assert proved(lender) == []
    parts = [after - before for before, after in pairwise(earned)]
    assert Loan.objects.get(pk=loan.pk).status == "closed" and earned[-1] == FEE - tax
    assert parts[0] > parts[1] > parts[2] > 0, "more is earned while more is lent"


def test_nothing_of_a_fee_is_earned_while_unpaid_interest_is_no_income(
    lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]
) -> None:
    """Nothing is paid: from the ninety-first day past due on the fee stands still, and catches up with the days once all is paid."""
    terms = {**monthly_terms, "fees": [{"name": "arrangement", "when": "drawdown", "amount": "1200.00"}]}
    loan = draw_down(cleared_contract(terms), "drawdown", "test")

    def earned_on(day: date) -> int:
        day_end.run(lender, day, "test")
        lender.refresh_from_db()
        return -queries.balances_by_role(lender, day)["fee_interest_income"]

    first_due = date(2026, 2, 15)
    before, at_last, later = (earned_on(first_due + timedelta(days=days)) for days in (60, 91, 180))
    assert Loan.objects.get(pk=loan.pk).status == "non_accrual"
    assert 0 < before < at_last == later
    assert proved(lender) == []
    loan = Loan.objects.get(pk=loan.pk)
    day = lender.business_date
    repay(loan, owed_now(loan, events_of([loan.pk])[loan.pk], day), "all arrears", "test")
    assert Loan.objects.get(pk=loan.pk).status == "performing"
    assert -queries.balances_by_role(lender, day)["fee_interest_income"] > later
    assert proved(lender) == []


def test_a_loan_written_off_loses_what_it_was_carried_at(
    lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]
) -> None:
    """The fee not yet earned lowers the loss; undoing the write-off brings it back to the day's own figure."""
    terms = {**monthly_terms, "fees": [{"name": "arrangement", "when": "drawdown", "amount": "1200.00"}]}
    loan = draw_down(cleared_contract(terms), "drawdown", "test")
    day_end.run(lender, date(2026, 2, 14), "test")
    lender.refresh_from_db()
    day, loan = lender.business_date, Loan.objects.get(pk=loan.pk)

    def held() -> dict[str, int]:
        return {role: queries.balance(lender, role, day) for role in ("unamortised_fees", "fee_interest_income", "loss_allowance")}

    repay(loan, 1_00, "one yuan", "test")  # brings what is earned up to the day
    before = held()
    execute(WRITE_OFF, Loan.objects.get(pk=loan.pk), {"reason": "no assets", "evidence": "resolution 7"}, "write-off", "test")
    written_off = events_of([loan.pk])[loan.pk][-1]
    after, loan = held(), Loan.objects.get(pk=loan.pk)
    assert before["unamortised_fees"] < 0 and after["unamortised_fees"] == 0
    assert after["fee_interest_income"] == before["fee_interest_income"]
    lost = loan.principal_written_off_fen + loan.interest_written_off_fen
    assert after["loss_allowance"] - before["loss_allowance"] == lost + before["unamortised_fees"]
    assert proved(lender) == []
    reverse(written_off, "undone", "the debtor was found", "test")
    assert held() == before and proved(lender) == []
