"""A loan from payout to its last fen, with the books proved after every act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy_financial
import pytest
from tests.loans.conftest import proved


def balances(lender: Any) -> dict[str, int]:
    from puhui.books.queries import balances_by_role

    lender.refresh_from_db()
    return balances_by_role(lender, lender.business_date)


def test_a_loan_paid_when_due_earns_exactly_its_schedule(
    lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]
) -> None:
    from puhui.loans.actions import deposit, draw_down
    from puhui.loans.day_end import run
    from puhui.loans.models import Loan

    terms = {**monthly_terms, "instalments": 4}
    loan = draw_down(cleared_contract(terms), "draw 1", "officer")
    assert loan.principal_repaid_fen == 0 and loan.lent_fen == 12_000_000
    assert proved(lender) == []
    level_fen = round(-100 * numpy_financial.pmt(0.0435 / 12, 4, 120_000))
    rows = list(loan.instalments.order_by("number"))
    assert (rows[0].interest_fen, rows[0].principal_fen) == (43_500, level_fen - 43_500)
    total_interest = sum(row.interest_fen for row in rows)
    deposit(loan.firm, 12_000_000 + total_interest)
    run(lender, date(2026, 5, 15), "test")
    loan = Loan.objects.get(pk=loan.pk)
    assert loan.status == "closed" and loan.next_action_date is None
    assert loan.interest_paid_fen == loan.interest_earned_fen == total_interest
    assert proved(lender) == []
    after = balances(lender)
    assert after["principal"] == after["accrued_interest"] == after["interest_receivable"] == 0
    tax = round(total_interest * 6 / 106)  # value added tax is inside the price: 10,000 of interest hold 566.04
    assert (after["interest_income"], after["output_tax"]) == (tax - total_interest, -tax)


def test_each_night_books_the_interest_of_the_night(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """1,000,000 at 3.6% ACT/360 earns 100.00 a night."""
    from puhui.loans.actions import draw_down
    from puhui.loans.day_end import run

    terms = {
        "amount": "1000000.00", "rate_annual": "0.036", "day_count": "ACT/360", "method": "bullet", "instalments": 1, "every": "6 month",
    }  # fmt: skip
    draw_down(cleared_contract(terms), "draw", "officer")
    run(lender, date(2026, 1, 15), "test")
    assert balances(lender)["accrued_interest"] == 0  # the night of the 15th is booked on the 16th
    for nights in range(1, 6):
        run(lender, date(2026, 1, 15) + timedelta(days=nights), "test")
        assert balances(lender)["accrued_interest"] == nights * 10_000
        assert proved(lender) == []


def test_arrears_bear_penalty_and_are_collected_when_money_comes(
    lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]
) -> None:
    from puhui.loans.actions import deposit, draw_down
    from puhui.loans.day_end import run
    from puhui.loans.models import Loan
    from puhui.loans.queries import owed

    loan = draw_down(cleared_contract(monthly_terms), "draw", "officer")
    run(lender, date(2026, 3, 7), "test")  # due on 15 February, nothing on the account: 20 days late
    loan = Loan.objects.get(pk=loan.pk)
    assert loan.status == "overdue" and loan.overdue_since == date(2026, 2, 15)
    lender.refresh_from_db()
    standing = owed(loan, date(2026, 3, 7))
    assert standing.days_past_due == 20
    # 9,802.19 × 4.35% × 1.5 ÷ 360 × 20 = 35.53, and compound interest 435.00 × 4.35% ÷ 360 × 20 = 1.05
    assert standing.penalty_fen == 3_553 + 105
    # Penalty that runs stands in the row under way and is owed now: the coming instalment is that of the schedule, 10,237.19.
    assert (standing.next_due, standing.next_due_fen) == (date(2026, 3, 15), 1_023_719)
    assert standing.due_fen == 1_023_719 + standing.penalty_fen
    assert proved(lender) == []
    deposit(loan.firm, standing.due_fen + 10_000)
    run(lender, date(2026, 3, 8), "test")
    loan = Loan.objects.get(pk=loan.pk)
    assert loan.status == "performing" and loan.overdue_since is None
    assert loan.penalty_paid_fen == loan.penalty_earned_fen > standing.penalty_fen
    assert proved(lender) == []


def test_a_retried_request_happens_once(lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> None:
    from puhui.calculations.faults import FaultsError
    from puhui.loans.actions import draw_down, repay
    from puhui.loans.models import Event, Loan

    contract = cleared_contract(monthly_terms)
    first, again = draw_down(contract, "draw", "officer"), draw_down(contract, "draw", "officer")
    assert first.pk == again.pk and Loan.objects.count() == 1
    paid = repay(first, 500_000, "pay", "officer")
    assert repay(first, 500_000, "pay", "officer").pk == paid.pk
    assert Event.objects.filter(type="repayment").count() == 1
    with pytest.raises(FaultsError, match="key pay"):
        repay(first, 400_000, "pay", "officer")
    with pytest.raises(FaultsError, match="which closes the loan"):
        repay(first, 12_000_000, "too much", "officer")
    assert proved(lender) == []


def test_backdated_and_reversed_money_posts_the_difference_today(
    lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]
) -> None:
    from puhui.books.models import ClosedDay, Entry
    from puhui.loans.actions import draw_down, pay_off, repay, reverse
    from puhui.loans.day_end import run
    from puhui.loans.models import Loan

    loan = draw_down(cleared_contract(monthly_terms), "draw", "officer")
    run(lender, date(2026, 2, 20), "test")
    sealed = {row.date: bytes(row.chain_digest) for row in ClosedDay.objects.all()}
    lender.refresh_from_db()
    late = repay(Loan.objects.get(pk=loan.pk), 1_023_719, "backdated", "officer", on=date(2026, 2, 15))
    entry = Entry.objects.get(event_id=late.pk)
    assert (entry.posting_date, entry.effective_date) == (date(2026, 2, 21), date(2026, 2, 15))
    on_time = Loan.objects.get(pk=loan.pk)
    assert on_time.status == "performing" and on_time.penalty_earned_fen == 0  # the penalty booked meanwhile is taken back
    assert proved(lender) == []
    reverse(late, "undo", "wrong account", "officer")
    undone = Loan.objects.get(pk=loan.pk)
    assert undone.overdue_since == date(2026, 2, 15) and undone.penalty_earned_fen > 0
    assert proved(lender) == []
    pay_off(undone, "close", "officer")
    assert Loan.objects.get(pk=loan.pk).status == "closed"
    run(lender, date(2026, 2, 23), "test")
    assert proved(lender) == []
    assert {row.date: bytes(row.chain_digest) for row in ClosedDay.objects.filter(date__in=sealed)} == sealed


def test_exposure_follows_the_principal(lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> None:
    from puhui.loans.actions import draw_down, repay

    contract = cleared_contract(monthly_terms)
    loan = draw_down(contract, "draw", "officer")
    exposure = contract.decision.exposure
    exposure.refresh_from_db()
    assert (exposure.reserved_fen, exposure.outstanding_fen) == (0, 12_000_000)
    repay(loan, 2_000_000, "early", "officer")
    exposure.refresh_from_db()
    assert exposure.outstanding_fen == 10_000_000
