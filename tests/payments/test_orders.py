"""A payout through an outside bank, from the order to the loan and the books, whatever the bank does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.loans.conftest import proved
from tests.payments.conftest import BORROWER_NUMBER, MORNING, balance, driven, own_account, supplier

from puhui.calculations.faults import FaultsError
from puhui.payments.channel import Answer
from puhui.payments.simulator import SimulatedBank

AMOUNT = 12_000_000


def test_paid_at_once(contract_of: Callable[..., Any], account: Any) -> None:
    from puhui.payments.actions import instruct

    contract = contract_of()
    (order,) = instruct(contract, account, [supplier(AMOUNT)], "payout-1", "officer")
    lender = contract.institution
    assert (order.status, balance(lender, "memo_pending"), balance(lender, "principal")) == ("created", AMOUNT, 0)
    bank = SimulatedBank(at=MORNING)
    order = driven(order, bank)
    assert (order.status, bank.sends, bank.paid_fen(order.reference)) == ("confirmed", 1, AMOUNT)
    assert order.loan.lent_fen == AMOUNT and order.paid_on == lender.business_date
    assert (balance(lender, "principal"), balance(lender, "own_cash"), balance(lender, "memo_pending")) == (AMOUNT, -AMOUNT, 0)
    assert [each.act for each in order.attempts.order_by("pk")] == ["send", "answer"]
    assert proved(lender) == []


def test_the_same_key_is_the_same_payout_and_other_content_is_refused(contract_of: Callable[..., Any], account: Any) -> None:
    from puhui.payments.actions import instruct

    contract = contract_of()
    (order,) = instruct(contract, account, [supplier(AMOUNT)], "payout-1", "officer")
    assert instruct(contract, account, [supplier(AMOUNT)], "payout-1", "officer") == [order]
    with pytest.raises(FaultsError, match="a key of its own"):
        instruct(contract, account, [supplier(AMOUNT - 1)], "payout-1", "officer")
    with pytest.raises(FaultsError, match=r"at most 0\.00"):
        instruct(contract, account, [supplier(100)], "payout-2", "officer")


def test_what_fails_stays_undisbursed_and_can_be_ordered_anew(contract_of: Callable[..., Any], account: Any) -> None:
    from puhui.payments.actions import instruct

    contract = contract_of()
    (order,) = instruct(contract, account, [supplier(AMOUNT)], "payout-1", "officer")
    order = driven(order, SimulatedBank(manners={"refused": 1.0}, at=MORNING))
    assert (order.status, order.reason, order.loan) == ("failed", "payee account is closed", None)
    assert (balance(contract.institution, "principal"), balance(contract.institution, "memo_pending")) == (0, 0)
    (again,) = instruct(contract, account, [supplier(AMOUNT, "6230580000011112222")], "payout-2", "officer")
    again = driven(again, SimulatedBank(at=MORNING))
    assert again.status == "confirmed" and again.loan.lent_fen == AMOUNT
    assert proved(contract.institution) == []


MANNERS = [
    {"request_lost": 0.5},
    {"request_late": 0.7},
    {"answer_lost": 0.6},
    {"works_on_it": 1.0, "told_twice": 1.0},
    {"other_amount": 1.0},
    {"says_refused": 1.0},
    {"says_not_known": 0.5, "request_late": 0.5},
    {"refused": 0.5, "answer_lost": 0.5, "request_lost": 0.3},
]


@pytest.mark.parametrize("manners", MANNERS, ids=lambda manners: "+".join(manners))
@pytest.mark.parametrize("refuses_duplicates", [True, False])
def test_whatever_the_bank_does_nothing_is_paid_twice(
    contract_of: Callable[..., Any], account: Any, manners: dict[str, float], refuses_duplicates: bool
) -> None:
    from puhui.payments.actions import instruct

    for seed in range(2):
        contract = contract_of()
        (order,) = instruct(contract, account, [supplier(AMOUNT)], f"payout-{seed}", "officer")
        bank = SimulatedBank(seed, dict(manners), refuses_duplicates, at=MORNING)
        order = driven(order, bank, steps=10)
        payments = [paid for paid in bank.paid if paid.reference == order.reference]
        assert len(payments) <= 1
        if order.status == "confirmed":
            assert bank.paid_fen(order.reference) == AMOUNT == order.loan.lent_fen
        elif order.status == "failed":
            assert not payments and order.loan is None
        else:
            assert order.loan is None  # nobody owes what is not certain
    assert proved(contract.institution) == []


def test_no_answer_for_a_day_goes_to_a_person_who_decides(contract_of: Callable[..., Any], account: Any, accountant: Any) -> None:
    from puhui.payments.actions import decide, drive, instruct

    contract = contract_of()
    (order,) = instruct(contract, account, [supplier(AMOUNT)], "payout-1", "officer")
    bank = SimulatedBank(manners={"request_lost": 1.0}, at=MORNING)
    order = driven(order, bank, steps=50)
    assert (order.status, order.attention, bank.sends) == ("unknown", "no certain answer", 3)
    with pytest.raises(FaultsError, match="one that is certain"):
        instruct(contract, account, [supplier(100)], "payout-2", "officer")
    with pytest.raises(FaultsError, match="who did not order it"):
        decide(order, "failed", "letter", replace_user(accountant, "officer"), bank.at)
    order = decide(order, "failed", "邻县银行回函 2026-01-17", accountant, bank.at)
    assert order.status == "failed" and balance(contract.institution, "memo_pending") == 0
    assert drive(order, bank, bank.at + timedelta(days=9)).status == "failed" and bank.sends == 3


def replace_user(user: Any, name: str) -> Any:
    user = type(user).objects.get(pk=user.pk)
    user.username = name
    return user


def test_another_amount_is_for_a_person(contract_of: Callable[..., Any], account: Any, accountant: Any) -> None:
    from puhui.payments.actions import decide, instruct

    contract = contract_of()
    (order,) = instruct(contract, account, [supplier(AMOUNT)], "payout-1", "officer")
    order = driven(order, SimulatedBank(manners={"other_amount": 1.0}, at=MORNING))
    assert (order.status, order.attention) == ("unknown", "paid another amount: 12000100")
    order = decide(order, "confirmed", "the bank took its 1.00 back", accountant, MORNING)
    assert (order.status, order.loan.lent_fen) == ("confirmed", AMOUNT)


def test_a_crash_between_the_send_and_its_answer(contract_of: Callable[..., Any], account: Any) -> None:
    """The attempt is noted before it goes out; whoever comes next asks the bank instead of sending again."""
    from puhui.payments import driving
    from puhui.payments.actions import drive, instruct

    (order,) = instruct(contract_of(), account, [supplier(AMOUNT)], "payout-1", "officer")
    bank = SimulatedBank(at=MORNING)
    step, instruction = driving._begin(order.pk, bank, MORNING)
    bank.send(instruction)  # and the process dies here
    assert step == "send"
    assert drive(order, bank, MORNING + timedelta(minutes=6)).status == "sent"  # the other may still be asking
    assert drive(order, bank, MORNING + timedelta(minutes=11)).status == "confirmed"
    assert (bank.sends, bank.paid_fen(order.reference)) == (1, AMOUNT)


def test_notices_in_any_number_and_from_nowhere(contract_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    from puhui.payments.actions import drive, hear, instruct

    (order,) = instruct(contract_of(), account, [supplier(AMOUNT)], "payout-1", "officer")
    bank = SimulatedBank(manners={"works_on_it": 1.0}, at=MORNING)
    assert drive(order, bank, MORNING).status == "sent"
    paid = Answer("paid", AMOUNT, "B9", MORNING.date())
    for _ in range(3):
        assert hear(micro_lender, order.reference, paid, MORNING).status == "confirmed"
    assert hear(micro_lender, "no such", paid, MORNING) is None
    order = hear(micro_lender, order.reference, Answer("refused", reason="退票"), MORNING)
    assert (order.status, order.attention) == ("confirmed", "refused after it was confirmed")
    assert proved(micro_lender) == []


def test_own_payment_needs_a_verified_account_and_a_rule_that_allows_it(
    contract_of: Callable[..., Any], account: Any, accountant: Any
) -> None:
    from puhui.payments.actions import Payee, instruct

    contract = contract_of()
    payee = Payee(contract.firm.name, BORROWER_NUMBER, "邻县银行", AMOUNT)
    with pytest.raises(FaultsError, match="verified"):
        instruct(contract, account, [payee], "payout-1", "officer")
    own_account(contract, accountant)
    (order,) = instruct(contract, account, [payee], "payout-1", "officer")
    assert (order.mode, order.grounds) == ("own", [])
    large = contract_of(amount="12000000.00")
    own_account(large, accountant)
    asked = replace(payee, name=large.firm.name, amount_fen=1_100_000_000, mode="own")
    with pytest.raises(FaultsError, match="one_payee_above_threshold"):
        instruct(large, account, [asked], "payout-large", "officer")


def test_the_payee_is_checked(contract_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    from puhui.parties.actions import link_person, register_person
    from puhui.payments.actions import instruct

    contract = contract_of()
    person = register_person(micro_lender, "王小云", "330102199003070019", actor="test")
    link_person(contract.firm, person, "owner", actor="test")
    wrong = [
        replace(supplier(100), name=contract.firm.name),
        replace(supplier(100), name="王小云"),
        replace(supplier(100), proof=" "),
        replace(supplier(0), account="12"),
    ]
    with pytest.raises(FaultsError) as caught:
        instruct(contract, account, wrong, "payout-1", "officer")
    assert {fault.where for fault in caught.value.faults} == {
        "payee 1, name", "payee 2, name", "payee 3, proof", "payee 4, account", "payee 4, amount"
    }  # fmt: skip


def test_one_not_sent_is_cancelled_at_once(contract_of: Callable[..., Any], account: Any) -> None:
    from puhui.payments.actions import cancel_order, drive, instruct

    contract = contract_of()
    (order,) = instruct(contract, account, [supplier(AMOUNT)], "payout-1", "officer")
    assert cancel_order(order, None, MORNING, "officer").status == "cancelled"
    bank = SimulatedBank(at=MORNING)
    assert drive(order, bank, MORNING).status == "cancelled" and bank.sends == 0
    (order,) = instruct(contract, account, [supplier(AMOUNT)], "payout-2", "officer")
    slow = SimulatedBank(manners={"works_on_it": 1.0}, at=MORNING)
    drive(order, slow, MORNING)
    assert cancel_order(order, slow, MORNING, "officer").status == "cancelled"
    slow.move_on(60)
    assert slow.paid == [] and balance(contract.institution, "memo_pending") == 0


def test_a_payout_in_parts_on_different_days(contract_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    from datetime import date

    from puhui.loans import day_end
    from puhui.payments.actions import drive, instruct

    contract = contract_of()
    parts = [supplier(7_000_000), supplier(3_000_000, "6230580000011112222", "石桥机械有限公司")]
    first, second = instruct(contract, account, parts, "payout-1", "officer")
    bank = SimulatedBank(at=MORNING)
    assert drive(first, bank, MORNING).loan.lent_fen == 7_000_000
    day_end.run(micro_lender, date(2026, 1, 19), "test")
    bank.at = MORNING + timedelta(days=5)
    second = drive(second, bank, bank.at)
    assert second.status == "confirmed", second.attention
    assert (second.loan.lent_fen, second.loan.events.filter(type="drawdown").count()) == (10_000_000, 2)
    (rest,) = instruct(contract, account, [supplier(2_000_000)], "payout-2", "officer")
    assert driven(rest, bank, steps=1).loan.lent_fen == AMOUNT
    assert balance(micro_lender, "own_cash") == -AMOUNT and proved(micro_lender) == []


def test_paid_yesterday_and_known_today(contract_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    """The answer comes after the day end: the loan starts on the bank's day all the same."""
    from datetime import date

    from puhui.loans import day_end
    from puhui.payments.actions import drive, instruct

    (order,) = instruct(contract_of(), account, [supplier(AMOUNT)], "payout-1", "officer")
    bank = SimulatedBank(manners={"answer_lost": 1.0}, at=MORNING)
    assert drive(order, bank, MORNING).status == "sent"
    day_end.run(micro_lender, date(2026, 1, 15), "test")
    bank.manners = {}
    order = drive(order, bank, MORNING + timedelta(hours=23))
    assert (order.status, order.paid_on, order.loan.start) == ("confirmed", date(2026, 1, 15), date(2026, 1, 15))
    assert proved(micro_lender) == []


def test_a_bank_pays_through_the_central_bank(lender: Any) -> None:
    """Of a bank the borrower's side is a deposit, the outside world the account at the central bank."""
    from tests.loans.conftest import MONTHLY, make_cleared_contract

    from puhui.payments.actions import instruct, open_bank_account

    account = open_bank_account(lender, "PBC", "1000200030004000", "中国人民银行", "test", channel="simulated")
    (order,) = instruct(make_cleared_contract(lender, 1, MONTHLY), account, [supplier(AMOUNT)], "payout-1", "officer")
    order = driven(order, SimulatedBank(at=MORNING), steps=1)
    assert order.status == "confirmed"
    assert [balance(lender, role) for role in ("principal", "settlement", "own_cash", "memo_pending")] == [AMOUNT, 0, -AMOUNT, 0]
    assert proved(lender) == []
