"""Ours against the bank's: a day with one of everything that can differ."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from tests import commands
from tests.loans.conftest import proved
from tests.payments.conftest import MORNING, OPENED, OWN_NUMBER, driven, supplier

from puhui.payments.simulator import Paid, SimulatedBank

AMOUNT = 12_000_000


def ordered(contract_of: Callable[..., Any], account: Any, key: str) -> Any:
    from puhui.payments.actions import instruct

    return instruct(contract_of(), account, [supplier(AMOUNT)], key, "officer")[0]


def test_every_state(contract_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    from puhui.payments import queries
    from puhui.payments.actions import import_statement

    bank = SimulatedBank(at=MORNING)
    paid, lost, differs, quiet = (ordered(contract_of, account, key) for key in ("a", "b", "c", "d"))
    for order in (paid, lost, differs):
        assert driven(order, bank, steps=1).status == "confirmed"
    quiet = driven(quiet, SimulatedBank(manners={"answer_lost": 1.0}, at=MORNING), steps=1)
    assert quiet.status == "sent"
    bank.paid = [each for each in bank.paid if each.reference != lost.reference]  # no statement shows it
    bank.paid = [
        Paid(each.reference, each.amount_fen + 5, each.on, each.number, each.payee_account, each.payee_name)
        if each.reference == differs.reference
        else each
        for each in bank.paid
    ]
    bank.paid.append(Paid("", 350, OPENED, "B77", "", "邻县银行"))  # a charge that we know nothing of
    bank.paid.append(Paid(quiet.reference, AMOUNT, OPENED, "B78", "", "青石建材有限公司"))  # never answered, and paid
    bank.receive(700, OPENED, "来款")
    import_statement(account, bank.statement(OWN_NUMBER, OPENED), "camt.053", "a.xml", "accountant", MORNING)
    quiet.refresh_from_db()
    assert quiet.status == "confirmed" and quiet.loan.lent_fen == AMOUNT  # the statement is the bank's word
    differs.refresh_from_db()
    assert differs.status == "confirmed" and differs.attention
    items = queries.reconcile(account, OPENED, OPENED)
    found = sorted((item.state, item.kind, item.ours_fen, item.theirs_fen) for item in items if item.state != "matched")
    assert found == [
        ("amount_differs", "payout", -AMOUNT, -AMOUNT - 5),
        ("only_ours", "payout", -AMOUNT, None),
        ("only_theirs", "line", None, -350),
    ]
    assert {(item.kind, item.ours_fen) for item in items if item.state == "matched"} == {
        ("payout", -AMOUNT), ("receipt", 700)
    }  # fmt: skip
    assert proved(micro_lender) == []


def test_a_payment_twice_on_the_statement_calls_a_person(contract_of: Callable[..., Any], account: Any) -> None:
    from puhui.payments.actions import import_statement

    bank = SimulatedBank(at=MORNING)
    order = driven(ordered(contract_of, account, "a"), bank, steps=1)
    bank.paid.append(Paid(order.reference, AMOUNT, OPENED, "B99", "", "青石建材有限公司"))
    import_statement(account, bank.statement(OWN_NUMBER, OPENED), "camt.053", "a.xml", "accountant", MORNING)
    order.refresh_from_db()
    assert order.attention == "another payment of it after it was confirmed"


def test_a_payout_that_comes_back_waits_in_suspense(contract_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    from puhui.payments import queries
    from puhui.payments.actions import import_statement

    bank = SimulatedBank(at=MORNING)
    order = driven(ordered(contract_of, account, "a"), bank, steps=1)
    bank.receive(AMOUNT, OPENED, "退汇", order.holder_name, reference=order.reference)
    import_statement(account, bank.statement(OWN_NUMBER, OPENED), "camt.053", "a.xml", "accountant", MORNING)
    order.refresh_from_db()
    assert order.attention == "refused after it was confirmed"
    (waiting,) = queries.suspense(micro_lender)
    assert waiting.open_fen == AMOUNT and queries.suggestions(waiting.receipt) == []
    assert proved(micro_lender) == []


def test_ages() -> None:
    from puhui.payments.reconciliation import age_of

    assert [age_of(days) for days in (0, 1, 2, 7, 8, 30, 31, 90, 91)] == [
        "0-1", "0-1", "2-7", "2-7", "8-30", "8-30", "31-90", "31-90", "over 90"
    ]  # fmt: skip


def test_the_commands(contract_of: Callable[..., Any], account: Any, tmp_path: Any, database_environment: dict[str, str]) -> None:
    here = partial(commands.puhui, "payments")

    def program(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from puhui.site.command import main; main()", "payments", *arguments]
        return subprocess.run(command, env=database_environment, capture_output=True, text=True, check=False)

    def answer(*arguments: str, run: Any = here) -> Any:
        done = run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    bank = SimulatedBank(at=MORNING)
    order = driven(ordered(contract_of, account, "a"), bank, steps=1)
    assert [(row["reference"], row["status"]) for row in answer("orders")] == [(order.reference, "confirmed")]
    bank.receive(700, OPENED, "来款")
    file = tmp_path / "statement.xml"
    file.write_bytes(bank.statement(OWN_NUMBER, OPENED))
    assert answer("import-statement", str(file), run=program)["receipts"] == 1
    (waiting,) = answer("suspense")
    assert (waiting["open_fen"], waiting["age"]) == (700, "0-1")
    assert {row["state"] for row in answer("reconcile", "--from", "2026-01-15", "--to", "2026-01-15")} == {"matched"}
    again = here("import-statement", str(file))
    assert again.returncode == 2 and "taken in on" in again.stderr
