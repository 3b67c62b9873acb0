"""Acts on a loan: keys that name one act, previews that tell what then happens, clerks who are at one loan at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError


@pytest.fixture
def loan(cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> Any:
    from puhui.loans.actions import draw_down

    return draw_down(cleared_contract(monthly_terms), "payout", "officer")


def fresh(loan: Any) -> Any:
    return type(loan).objects.select_related("institution").get(pk=loan.pk)


def on_the_open_day(loan: Any, day: date) -> Any:
    """The loan after the day ends up to the morning of `day`."""
    from puhui.loans.day_end import run

    run(loan.institution, day - timedelta(days=1), "test")
    return fresh(loan)


def test_a_contract_is_paid_out_once(lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> None:
    from puhui.loans.actions import draw_down, draw_down_many
    from puhui.loans.models import Loan

    one, other, third = (cleared_contract(monthly_terms) for _ in range(3))
    loans = draw_down_many(lender, [(one, "1"), (other, "2"), (one, "1")], "officer")
    assert [loan.contract_id for loan in loans] == [one.pk, other.pk, one.pk] and loans[0].pk == loans[2].pk
    assert [loan.pk for loan in draw_down_many(lender, [(other, "2"), (one, "1")], "officer")] == [loans[1].pk, loans[0].pk]
    with pytest.raises(FaultsError, match="expected cleared"):
        draw_down(one, "another key", "officer")
    with pytest.raises(FaultsError, match="key 1"):
        draw_down(third, "1", "officer")
    with pytest.raises(FaultsError, match="asked for twice"):
        draw_down_many(lender, [(third, "3"), (third, "4")], "officer")
    assert Loan.objects.count() == 2
    assert proved(lender) == []


def test_a_key_names_one_act(loan: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> None:
    """The same request again gives the first answer; the same key for another loan, kind, amount, day or event is refused."""
    from puhui.loans.actions import draw_down, pay_off, repay, reverse
    from puhui.loans.models import Event

    other = draw_down(cleared_contract(monthly_terms), "second payout", "officer")
    on_the_open_day(loan, date(2026, 1, 20))
    paid = repay(loan, 100_000, "pay", "officer")
    later = on_the_open_day(loan, date(2026, 1, 22))
    assert repay(later, 100_000, "pay", "officer").pk == paid.pk  # the retry of another day: it happened, on its day
    assert repay(later, 100_000, "pay", "officer", on=date(2026, 1, 20)).pk == paid.pk
    for again in (
        lambda: repay(loan, 100_001, "pay", "officer"),
        lambda: repay(loan, 100_000, "pay", "officer", on=date(2026, 1, 21)),
        lambda: repay(other, 100_000, "pay", "officer"),
        lambda: pay_off(loan, "pay", "officer"),
        lambda: reverse(paid, "pay", "wrong", "officer"),
    ):
        with pytest.raises(FaultsError, match="key pay"):
            again()
    second = repay(loan, 200_000, "pay 2", "officer")
    undone = reverse(second, "undo", "wrong account", "officer")
    assert reverse(second, "undo", "wrong account", "officer").pk == undone.pk
    with pytest.raises(FaultsError, match="key undo"):
        reverse(paid, "undo", "wrong account", "officer")
    with pytest.raises(FaultsError, match="reversed already"):
        reverse(second, "undo again", "wrong account", "officer")
    with pytest.raises(FaultsError, match="a repayment or payoff"):
        reverse(undone, "undo the undoing", "wrong account", "officer")
    assert list(Event.objects.filter(loan=loan).order_by("number").values_list("type", flat=True)) == [
        "drawdown", "repayment", "repayment", "reversal",
    ]  # fmt: skip
    assert proved(loan.institution) == []


def test_what_cannot_be_paid_is_refused(loan: Any) -> None:
    from puhui.loans.actions import pay_off, repay, reverse

    day = date(2026, 1, 20)
    on_the_open_day(loan, day)
    for amount_fen, on in ((0, day), (-1, day), (100_000, date(2026, 1, 14)), (100_000, date(2026, 1, 21)), (12_100_000, day)):
        with pytest.raises(FaultsError):
            repay(loan, amount_fen, "pay", "officer", on=on)
    payment = repay(loan, 100_000, "pay", "officer")
    with pytest.raises(FaultsError, match="why it is undone"):
        reverse(payment, "undo", "  ", "officer")
    pay_off(loan, "close", "officer")
    with pytest.raises(FaultsError, match="closed"):
        repay(loan, 100_000, "after", "officer")
    assert fresh(loan).event_count == 3
    assert proved(loan.institution) == []


@pytest.mark.parametrize(
    ("kind", "amount_fen", "on"),
    [("repayment", 1_503_625, date(2026, 1, 18)), ("repayment", 3_500_000, date(2026, 1, 22)), ("payoff", None, date(2026, 1, 22))],
)
def test_a_preview_tells_what_then_happens(cleared_contract: Callable[..., Any], kind: str, amount_fen: int | None, on: date) -> None:
    """Two instalments late: one of them backdated, an early repayment, a payoff. The preview itself changes nothing."""
    from puhui.books.models import Entry
    from puhui.loans.actions import draw_down, pay_off, preview, repay
    from puhui.loans.keeping import COUNTERS, instalment_columns, state_columns
    from puhui.loans.models import Loan
    from puhui.parties.models import AuditRecord

    loan = on_the_open_day(draw_down(cleared_contract(EVERY_THREE_DAYS), "payout", "officer"), date(2026, 1, 22))
    assert loan.status == "overdue"

    def everything() -> tuple[Any, ...]:
        return (
            Loan.objects.values().get(),
            list(loan.instalments.order_by("number").values()),
            Entry.objects.count(),
            AuditRecord.objects.count(),
        )

    before = everything()
    seen = preview(loan, kind, amount_fen, on)
    assert everything() == before
    if kind == "payoff":
        pay_off(loan, "pay", "officer")
    else:
        assert amount_fen is not None
        repay(loan, amount_fen, "pay", "officer", on=on)
    after = fresh(loan)
    assert {column: getattr(after, column) for column in state_columns(seen)} == state_columns(seen)
    assert set(COUNTERS.values()) < set(state_columns(seen))
    columns = list(instalment_columns(seen)[0])
    assert list(after.instalments.order_by("number").values(*columns)) == instalment_columns(seen)
    with pytest.raises(FaultsError):
        preview(after, "repayment", 99_000_000, on)


def test_a_preview_refuses_what_the_act_refuses(loan: Any) -> None:
    from puhui.loans.actions import preview

    for kind, amount_fen, on in (
        ("repayment", None, date(2026, 1, 15)),
        ("repayment", 0, date(2026, 1, 15)),
        ("repayment", 13_000_000, date(2026, 1, 15)),
        ("repayment", 100_000, date(2026, 1, 16)),
    ):
        with pytest.raises(FaultsError):
            preview(loan, kind, amount_fen, on)


def together(*acts: Callable[[], Any]) -> tuple[list[Any], list[BaseException]]:
    """Runs acts in threads that start at the same moment; what came of them, and what they raised."""
    from django.db import connections

    barrier, done, raised = threading.Barrier(len(acts)), [], []

    def run(act: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            done.append(act())
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return done, raised


def test_clerks_at_one_loan_at_the_same_time(loan: Any) -> None:
    """Each payment counts, once; a request that arrives twice at the same moment happens once."""
    from puhui.loans.actions import repay

    keys = ["one", "two", "two", "three"]
    done, raised = together(*(lambda key=key: repay(loan, 250_000, key, "officer") for key in keys))
    assert raised == [] and len(done) == 4
    after = fresh(loan)
    assert len({event.pk for event in done}) == 3 and after.event_count == 4
    assert after.principal_repaid_fen + after.interest_paid_fen == 3 * 250_000
    exposure = after.contract.decision.exposure
    assert exposure.outstanding_fen == 12_000_000 - after.principal_repaid_fen
    assert proved(loan.institution) == []


def test_a_payment_while_the_day_ends(cleared_contract: Callable[..., Any]) -> None:
    """It counts on the day or on the next one, and either way the books agree."""
    from puhui.loans.actions import deposit, draw_down, repay
    from puhui.loans.day_end import run

    loan = on_the_open_day(draw_down(cleared_contract(EVERY_THREE_DAYS), "payout", "officer"), date(2026, 1, 18))
    deposit(loan.firm, 600_000)
    lender = fresh(loan).institution
    done, raised = together(
        lambda: run(lender, date(2026, 1, 19), "night"), *(lambda key=key: repay(loan, 90_000, key, "officer") for key in "abcde")
    )
    assert raised == [] and len(done) == 6
    after = fresh(loan)
    assert after.institution.business_date == date(2026, 1, 20)
    assert (
        after.principal_repaid_fen + after.interest_paid_fen + after.penalty_paid_fen
        == 5 * 90_000 + 600_000 - after.firm.debit_account.balance_fen
    )
    assert proved(loan.institution) == []


def test_two_day_ends_at_once(cleared_contract: Callable[..., Any]) -> None:
    """Started twice by mistake: one of them may give up, each day is ended once, nothing is collected twice."""
    from puhui.books.models import ClosedDay
    from puhui.loans.actions import deposit, draw_down
    from puhui.loans.day_end import run
    from puhui.loans.models import DayEndStep, Event

    loan = on_the_open_day(draw_down(cleared_contract(EVERY_THREE_DAYS), "payout", "officer"), date(2026, 1, 18))
    deposit(loan.firm, 2_000_000)
    last = date(2026, 1, 20)
    lenders = [fresh(loan).institution for _ in range(2)]
    _, raised = together(*(lambda lender=lender: run(lender, last, "night") for lender in lenders))
    assert all("another day end is running" in str(error) for error in raised)
    if len(raised) == 2:
        run(fresh(loan).institution, last, "night")
    assert fresh(loan).institution.business_date == date(2026, 1, 21)
    assert Event.objects.filter(type="repayment").count() == 1
    assert ClosedDay.objects.count() == 6 and DayEndStep.objects.filter(step="close").count() == 6
    assert proved(loan.institution) == []
