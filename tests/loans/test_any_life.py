"""Whatever happens to loans, in whatever order: the proof finds nothing, and the cash adds up."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.examples import examples
from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import OPENED, make_cleared_contract, proved

from puhui.calculations.faults import FaultsError

LEVEL = {**EVERY_THREE_DAYS, "method": "equal_instalment", "day_count": "ACT/365", "every": "2 day", "instalments": 3}
BULLET = {**EVERY_THREE_DAYS, "method": "bullet", "instalments": 1, "every": "5 day", "penalty": None}

part = st.sampled_from([0.01, 0.1, 0.25, 0.26, 0.5, 0.999, 1.0, 1.3])
act = st.one_of(
    st.tuples(st.just("nights"), st.integers(1, 4)),
    st.tuples(st.just("repay"), st.integers(0, 1), part, st.integers(0, 4)),
    st.tuples(st.just("pay off"), st.integers(0, 1)),
    st.tuples(st.just("deposit"), st.integers(0, 1), part),
    st.tuples(st.just("reverse"), st.integers(0, 1)),
)
codes = count(1)


def live(lender: Any, loans: list[Any], acts: list[tuple[Any, ...]]) -> int:
    """Does each act to the loan it names; how many were refused."""
    from puhui.loans.actions import deposit, pay_off, repay, reverse
    from puhui.loans.day_end import run
    from puhui.loans.models import Event

    refused = 0
    for number, (kind, *details) in enumerate(acts):
        lender.refresh_from_db()
        key = f"act {number}"
        try:
            if kind == "nights":
                run(lender, lender.business_date + timedelta(days=details[0] - 1), "test")
                continue
            loan = loans[details[0]]
            if kind == "repay":
                repay(loan, round(loan.amount_fen * details[1]), key, "test", on=lender.business_date - timedelta(days=details[2]))
            elif kind == "pay off":
                pay_off(loan, key, "test")
            elif kind == "deposit":
                deposit(loan.firm, round(loan.amount_fen * details[1]))
            elif payment := Event.objects.filter(loan=loan, type__in=["repayment", "payoff"]).order_by("number").last():
                reverse(payment, key, "wrong account", "test")
        except FaultsError:
            refused += 1
    return refused


@pytest.mark.usefixtures("database")
@examples(10)
@example(BULLET, [("nights", 2), ("repay", 0, 1.0, 0)])  # all principal early: its interest is still to fall due
@example(BULLET, [("nights", 2), ("repay", 0, 1.0, 0), ("deposit", 0, 0.5), ("nights", 4)])
@given(st.sampled_from([EVERY_THREE_DAYS, LEVEL, BULLET]), st.lists(act, min_size=4, max_size=9))
def test_books_and_loans_agree_after_any_life(terms: dict[str, Any], acts: list[tuple[Any, ...]]) -> None:
    from puhui.books.actions import open_books
    from puhui.books.queries import balance
    from puhui.loans.actions import draw_down
    from puhui.loans.models import DayEndStep, Event, Loan
    from puhui.parties.actions import create_institution

    lender = create_institution(f"LIFE{next(codes)}", "云溪县农村商业银行", "bank", OPENED)
    open_books(lender, "test")
    loans = [draw_down(make_cleared_contract(lender, number, terms), f"draw {number}", "test") for number in (1, 2)]
    live(lender, loans, acts)
    assert proved(lender) == []
    ended = DayEndStep.objects.filter(institution=lender, step="accrue")
    assert [step.date for step in ended if step.figures["differences"]] == []
    lender.refresh_from_db()
    undone = {(event.loan_id, event.detail["of"]) for event in Event.objects.filter(institution=lender, type="reversal")}
    came = Event.objects.filter(institution=lender, type__in=["repayment", "payoff"])
    received = sum(event.amount_fen for event in came if (event.loan_id, str(event.number)) not in undone)
    lent = sum(loan.amount_fen for loan in loans)
    assert balance(lender, "settlement", lender.business_date) == received - lent
    for loan in Loan.objects.filter(institution=lender):
        paid = loan.principal_repaid_fen + loan.interest_paid_fen + loan.penalty_paid_fen + loan.fee_paid_fen
        assert paid == sum(event.amount_fen for event in came if event.loan_id == loan.pk and (loan.pk, str(event.number)) not in undone)
        assert 0 <= loan.principal_repaid_fen <= loan.lent_fen == loan.amount_fen
        assert loan.interest_paid_fen <= loan.interest_due_fen <= loan.interest_earned_fen
        assert loan.penalty_paid_fen <= loan.penalty_earned_fen
        assert (loan.status == "closed") == (loan.next_action_date is None)
