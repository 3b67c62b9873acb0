"""Payments that are sent while the console is served: open orders of the banks that are named, and of no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from multiprocessing import active_children
from typing import Any

import pytest
from tests.payments.conftest import MORNING, supplier

from puhui.payments.channel import Answer, Instruction
from puhui.payments.http_channel import serving
from puhui.payments.simulator import SimulatedBank
from puhui.site.commands import serve
from puhui.site.configuration import ConfigurationError, load

AMOUNT = 12_000_000


def ordered(contract_of: Callable[..., Any], account: Any, key: str) -> Any:
    from puhui.payments.actions import instruct

    (order,) = instruct(contract_of(), account, [supplier(AMOUNT)], key, "officer")
    return order


def name_of(account: Any) -> str:
    return f"{account.institution.code}/{account.code}"


class Broken(SimulatedBank):
    """Fails as no bank's answer does, at the first thing that it is sent."""

    def send(self, instruction: Instruction) -> Answer:
        if not self.sends:
            self.sends += 1
            raise RuntimeError("the program of the channel is broken")
        return super().send(instruction)


def test_rounds_send_what_is_open_once(contract_of: Callable[..., Any], account: Any) -> None:
    from puhui.payments.sending import send_for_ever

    orders = [ordered(contract_of, account, f"payout-{number}") for number in (1, 2)]
    bank, rounds = SimulatedBank(at=MORNING), iter((True, True, False))
    with serving(bank) as address:
        send_for_ever({name_of(account): address}, lambda: next(rounds))
    for order in orders:
        order.refresh_from_db()
        assert (order.status, bank.paid_fen(order.reference), order.loan.lent_fen) == ("confirmed", AMOUNT, AMOUNT)
    assert bank.sends == 2


def test_an_account_without_a_bank_is_left_alone(contract_of: Callable[..., Any], account: Any) -> None:
    from puhui.payments.sending import send_once

    order = ordered(contract_of, account, "payout-1")
    assert send_once({"ELSEWHERE/" + account.code: SimulatedBank(at=MORNING)}, MORNING) == 0
    order.refresh_from_db()
    assert (order.status, order.sends) == ("created", 0)


def test_one_order_does_not_hold_up_another(contract_of: Callable[..., Any], account: Any) -> None:
    """The first call fails in a way that nobody foresaw: it is asked about later, and the second order is paid."""
    from puhui.payments.sending import send_once

    first, second = (ordered(contract_of, account, f"payout-{number}") for number in (1, 2))
    bank = Broken(at=MORNING)
    assert send_once({name_of(account): bank}, MORNING) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("sent", "confirmed")
    for hours in (1, 2):
        send_once({name_of(account): bank}, MORNING + timedelta(hours=hours))
    first.refresh_from_db()
    assert (first.status, bank.paid_fen(first.reference)) == ("confirmed", AMOUNT)


def asleep(banks: Mapping[str, str]) -> None:
    time.sleep(60)


def test_the_console_has_a_process_that_sends() -> None:
    """It lives as long as the console is served; where no bank is named there is none."""
    before = active_children()
    with serve._sending({}, asleep):
        assert active_children() == before
    with serve._sending({"L/MAIN": "https://bank.example"}, asleep):
        (child,) = [each for each in active_children() if each not in before]
        assert child.is_alive() and child.daemon
    assert not child.is_alive()


def test_banks_are_named_by_lender_and_account() -> None:
    named = load({"PUHUI_BANKS": "L1/MAIN=https://bank.example/payments/, L2/MAIN=http://10.0.0.1"})
    assert named.banks == (("L1/MAIN", "https://bank.example/payments"), ("L2/MAIN", "http://10.0.0.1"))
    assert load({}).banks == () and hash(named)  # what holds the embedded server keeps configurations by their hash
    for wrong in ("MAIN=https://bank.example", "L1/MAIN=bank.example", "L1/MAIN", "L1/=https://bank.example"):
        with pytest.raises(ConfigurationError, match="PUHUI_BANKS"):
            load({"PUHUI_BANKS": wrong})
