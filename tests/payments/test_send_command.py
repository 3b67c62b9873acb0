"""`puhui payments send`: open orders of an account go to its bank over HTTP, and no run of it pays twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.payments.conftest import MORNING, supplier
from typer.testing import CliRunner

from puhui.payments.http_channel import serving
from puhui.payments.simulator import SimulatedBank
from puhui.site.commands import support
from puhui.site.commands.payments import app

AMOUNT = 12_000_000


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database of the test is there already."""
    monkeypatch.setattr(support, "start_django", lambda migrate=True: None)


def sent(address: str) -> Any:
    return CliRunner().invoke(app, ["send", "--bank", address, "--account", "MAIN", "--json"])


def test_orders_are_sent_once_and_become_the_loan(contract_of: Callable[..., Any], account: Any) -> None:
    from puhui.payments.actions import instruct

    (order,) = instruct(contract_of(), account, [supplier(AMOUNT)], "payout-1", "officer")
    bank = SimulatedBank(at=MORNING)
    with serving(bank) as address:
        first, second = sent(address), sent(address)
    assert (first.exit_code, json.loads(first.stdout)) == (0, {"confirmed": 1})
    assert (second.exit_code, json.loads(second.stdout)) == (0, {})
    order.refresh_from_db()
    assert (bank.sends, bank.paid_fen(order.reference), order.loan.lent_fen) == (1, AMOUNT, AMOUNT)


def test_a_bank_that_is_not_there_leaves_the_order_open(contract_of: Callable[..., Any], account: Any) -> None:
    from puhui.payments.actions import instruct

    (order,) = instruct(contract_of(), account, [supplier(AMOUNT)], "payout-1", "officer")
    result = sent("http://127.0.0.1:9")
    order.refresh_from_db()
    assert result.exit_code == 0 and order.status not in ("confirmed", "failed") and order.loan is None


def test_an_address_that_is_none(account: Any) -> None:
    result = CliRunner().invoke(app, ["send", "--bank", "bank.example", "--account", "MAIN"])
    assert result.exit_code != 0 and "bank.example" in result.output
