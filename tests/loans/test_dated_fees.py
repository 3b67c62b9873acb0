"""A fee agreed for a day between two due dates falls due on it, and the debit of the next due date takes it with the instalment.

12,000.00 at 3.6%, M/360, three months of equal principal from 15 January, 5.00 on 20 January: on 15 February 4,000.00 + 36.00 + 5.00.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.loans.conftest import OPENED, cleared_contract, lender, proved

__all__ = ["cleared_contract", "lender"]

TERMS = {
    "amount": "12000.00", "rate_annual": "0.036", "day_count": "M/360", "instalments": 3, "every": "1 month", "method": "equal_principal",
    "penalty": {"markup_overdue": "0.5"}, "fees": [{"name": "fee", "when": "2026-01-20", "amount": "5.00"}],
}  # fmt: skip


def test_the_fold_stops_on_the_day_of_the_fee() -> None:
    from puhui.loans.fold import fold, terms_of

    terms = terms_of({**TERMS, "start": OPENED.isoformat()})
    assert fold(terms, (), OPENED, 1_200_000).next_action_date == date(2026, 1, 20)
    assert fold(terms, (), date(2026, 1, 20), 1_200_000).next_action_date == date(2026, 2, 15)


def test_the_fee_is_debited_with_the_instalment(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    from puhui.loans.actions import deposit, draw_down
    from puhui.loans.day_end import run
    from puhui.loans.models import Event, Loan

    loan = draw_down(cleared_contract(TERMS), "draw", "officer")
    deposit(loan.firm, 1_000_000)
    run(lender, date(2026, 2, 17), "test")
    loan = Loan.objects.get(pk=loan.pk)
    assert Event.objects.get(loan=loan, type="repayment").amount_fen == 404_100
    assert (loan.fee_due_fen, loan.fee_paid_fen, loan.principal_repaid_fen, loan.interest_paid_fen) == (500, 500, 400_000, 3_600)
    assert (loan.penalty_earned_fen, loan.overdue_since) == (0, None)
    assert not proved(lender)
