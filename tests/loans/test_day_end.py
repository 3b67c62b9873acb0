"""The day end: cut off after any step it goes on there, one bad loan does not hold up the rest, and its work is set-based."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import OPENED, proved

from puhui.calculations.faults import FaultsError

DUE = OPENED + timedelta(days=3)


class CutOff(Exception):
    pass


def test_cut_off_after_each_step(lender: Any, cleared_contract: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.books.models import ClosedDay, Entry
    from puhui.loans import day_end
    from puhui.loans.actions import deposit, draw_down
    from puhui.loans.models import DayEndStep, DebitAccount, Event

    loans = [draw_down(cleared_contract(EVERY_THREE_DAYS), f"draw {number}", "officer") for number in range(2)]
    for loan in loans:
        deposit(loan.firm, 2_000_000)
    day_end.run(lender, DUE - timedelta(days=1), "test")
    accruals = Entry.objects.filter(act="accrual").count()

    for last in ("falls_due", "collect", "accrue"):

        def cut(day: date, step: str, count: int, last: str = last) -> None:
            if step == last:
                raise CutOff

        with pytest.raises(CutOff):
            day_end.run(lender, DUE, "test", cut)
        lender.refresh_from_db()
        assert lender.business_date == (DUE if last != "accrue" else DUE + timedelta(days=1))
    assert not DayEndStep.objects.filter(date=DUE, step="close").exists()
    day_end.run(lender, DUE, "test")
    assert set(DayEndStep.objects.filter(date=DUE).values_list("step", flat=True)) == {
        *("lines", "settle", "falls_due", "collect", "reprice", "classify", "notices", "escalate", "accrue", "close")
    }
    assert Event.objects.filter(type="repayment").count() == 2  # one debit of each loan
    taken = DayEndStep.objects.get(date=DUE, step="collect").figures
    left = sum(DebitAccount.objects.values_list("balance_fen", flat=True))
    assert (taken["loans"], taken["amount_fen"]) == (2, 4_000_000 - left)
    assert Entry.objects.filter(act="accrual").count() == accruals  # both loans were at work that day: no night besides
    assert ClosedDay.objects.count() == 4
    assert proved(lender) == []
    day_end.run(lender, DUE, "test")  # a day that is over stays over
    assert Event.objects.filter(type="repayment").count() == 2
    with pytest.raises(FaultsError, match="open day"):
        day_end.run(lender, DUE - timedelta(days=1), "test")


@pytest.mark.parametrize("broken", ["{}", '{"amount": "sixty"}', "[]", '"text"'])
def test_a_bad_loan_is_set_aside(lender: Any, cleared_contract: Callable[..., Any], owner_connection: Any, broken: str) -> None:
    """Terms that cannot be read: the others are worked and paid, the proof names the loan, and mended it catches up."""
    from puhui.loans import day_end
    from puhui.loans.actions import deposit, draw_down
    from puhui.loans.models import DayEndStep, Loan, SetAside

    loans = [draw_down(cleared_contract(EVERY_THREE_DAYS), f"draw {number}", "officer") for number in range(3)]
    for loan in loans:
        deposit(loan.firm, 9_000_000)
    bad = loans[1]
    owner_connection.execute("CREATE TABLE kept AS SELECT id, terms FROM loans_loan")
    owner_connection.execute("UPDATE loans_loan SET terms = %s::jsonb, next_number = NULL WHERE id = %s", [broken, bad.pk])
    day_end.run(lender, DUE + timedelta(days=1), "test")
    aside = SetAside.objects.order_by("date")
    assert [(each.loan_id, each.date, each.resolved_at) for each in aside] == [(bad.pk, DUE, None), (bad.pk, DUE + timedelta(days=1), None)]
    assert all(each.reason for each in aside)
    assert DayEndStep.objects.get(date=DUE, step="falls_due").figures == {"loans": 0, "set_aside": 1}
    paid = dict(Loan.objects.values_list("pk", "principal_repaid_fen"))
    assert paid == {loans[0].pk: 1_500_000, bad.pk: 0, loans[2].pk: 1_500_000}
    assert {finding.where for finding in proved(lender)} == {f"loan {bad.number}"}
    owner_connection.execute("UPDATE loans_loan SET terms = kept.terms FROM kept WHERE kept.id = loans_loan.id")
    day_end.run(lender, DUE + timedelta(days=2), "test")
    assert Loan.objects.get(pk=bad.pk).principal_repaid_fen == 1_500_000
    assert not SetAside.objects.filter(resolved_at=None).exists()
    assert proved(lender) == []


def test_statements_of_a_day_end_do_not_grow_with_the_loans(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """Forty loans that fall due and are collected, some in each partition, then eighty."""
    from puhui.loans import day_end
    from puhui.loans.actions import deposit, draw_down_many
    from puhui.loans.models import Event

    draw_down_many(lender, [(cleared_contract({**EVERY_THREE_DAYS, "every": "1 month"}), "quiet")], "officer")  # its nights are booked

    def statements(loans: int) -> list[str]:
        lender.refresh_from_db()
        contracts = [cleared_contract(EVERY_THREE_DAYS) for _ in range(loans)]
        drawn = draw_down_many(lender, [(contract, f"draw {contract.pk}") for contract in contracts], "officer")
        for loan in drawn:
            deposit(loan.firm, 9_000_000)
        due = lender.business_date + timedelta(days=3)
        day_end.run(lender, due - timedelta(days=1), "test")
        with CaptureQueriesContext(connection) as captured:
            day_end.run(lender, due, "test")
        assert Event.objects.filter(loan__in=drawn, type="repayment").count() == loans
        return [query["sql"] for query in captured.captured_queries]

    few, many = statements(40), statements(80)
    assert len(few) == len(many), [one[:90] for one in many if one[:60] not in {other[:60] for other in few}]


def test_a_look_tells_of_what_it_was_asked(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """On a due date dues wait and are told where they are asked for, and with them debits, which are asked for again after them.

    A step that was not asked for is not taken for a quiet one.
    """
    from puhui.loans import day_end
    from puhui.loans.actions import draw_down
    from puhui.loans.outlook import look

    draw_down(cleared_contract(EVERY_THREE_DAYS), "draw", "officer")
    names = ("settle", "falls_due", "collect", "classify")
    quiet = look(lender, OPENED, names)
    assert all(quiet.is_quiet(name) for name in names) and not quiet.is_quiet("notices") and not quiet.is_quiet("provision")
    day_end.run(lender, OPENED + timedelta(days=2), "test")
    due = look(lender, OPENED + timedelta(days=3), names)
    assert [name for name in names if not due.is_quiet(name)] == ["settle", "falls_due", "collect"]
    assert look(lender, OPENED + timedelta(days=3), ["collect"]).waiting.isdisjoint(names)


def test_a_debit_undone_is_back_on_the_account(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """The borrower is neither poorer for it nor debited for the same due twice over."""
    from puhui.loans import day_end
    from puhui.loans.actions import deposit, draw_down, reverse
    from puhui.loans.models import DebitAccount, Event, Loan

    loan = draw_down(cleared_contract(EVERY_THREE_DAYS), "draw", "officer")
    deposit(loan.firm, 2_000_000)
    day_end.run(lender, DUE, "test")
    debit = Event.objects.get(type="repayment")
    assert DebitAccount.objects.get().balance_fen == 2_000_000 - debit.amount_fen
    for _ in range(2):
        reverse(debit, "undo", "wrong account", "officer")
    assert DebitAccount.objects.get().balance_fen == 2_000_000
    assert proved(lender) == []
    day_end.run(lender, DUE + timedelta(days=1), "test")  # a night of penalty later it is taken again
    again = Event.objects.filter(type="repayment").latest("number")
    assert again.amount_fen > debit.amount_fen
    assert DebitAccount.objects.get().balance_fen == 2_000_000 - again.amount_fen
    assert Loan.objects.get().status == "performing" and proved(lender) == []


def test_an_offer_that_nobody_answered_expires(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """It stands on its last day; that day's end closes it, frees what it reserved, and says so in the trail."""
    from puhui.decisions.models import Exposure, Offer
    from puhui.loans import day_end
    from puhui.parties.models import AuditRecord

    contract = cleared_contract(EVERY_THREE_DAYS)
    offer, decision = contract.offer, contract.decision
    contract.delete()
    Offer.objects.filter(pk=offer.pk).update(status="open", expires_on=OPENED + timedelta(days=1))
    (first,) = day_end.run(lender, OPENED, "test")
    assert (first["expired_offers"], Offer.objects.get().status) == (0, "open")
    (second,) = day_end.run(lender, OPENED + timedelta(days=1), "test")
    assert (second["expired_offers"], Offer.objects.get().status) == (1, "expired")
    assert Exposure.objects.get(decision=decision).reserved_fen == 0
    assert AuditRecord.objects.filter(act="expire_offer", subject_id=str(offer.pk)).count() == 1


def test_interest_falls_due_although_all_principal_came_early(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """60,000 at 7.25% ACT/360 for one night of the only period: 12.08, due with the period."""
    from puhui.loans import day_end
    from puhui.loans.actions import deposit, draw_down, repay
    from puhui.loans.models import Loan

    loan = draw_down(cleared_contract({**EVERY_THREE_DAYS, "method": "bullet", "instalments": 1}), "draw", "officer")
    day_end.run(lender, OPENED, "test")
    repay(loan, 6_000_000, "all of it", "officer")
    deposit(loan.firm, 5_000)
    day_end.run(lender, DUE, "test")
    loan = Loan.objects.select_related("firm__debit_account").get()
    assert (loan.status, loan.interest_paid_fen, loan.firm.debit_account.balance_fen) == ("closed", 1_208, 5_000 - 1_208)
    assert proved(lender) == []
