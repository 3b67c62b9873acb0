"""Acts as commands: one key, one act, one answer; previews without effect; a second person; the outbox; no lock that sticks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError


@pytest.fixture
def loan(cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> Any:
    """120,000.00 from 2026-01-15, now on 2026-01-20."""
    from puhui.loans.actions import draw_down
    from puhui.loans.day_end import run

    loan = draw_down(cleared_contract(monthly_terms), "payout", "officer")
    run(loan.institution, date(2026, 1, 19), "test")
    return fresh(loan)


@pytest.fixture
def people(lender: Any) -> dict[str, Any]:
    from puhui.parties.actions import create_institution, create_user

    other = create_institution("OTHER", "邻县银行", "bank", lender.business_date)
    roles = {"officer": "officer", "second": "accountant", "risk": "risk_manager", "auditor": "auditor", "collector": "collector"}
    users = {name: create_user(lender, name, "secret-secret", role) for name, role in roles.items()}
    return {**users, "stranger": create_user(other, "stranger", "secret-secret", "accountant")}


def fresh(loan: Any) -> Any:
    return type(loan).objects.select_related("institution").get(pk=loan.pk)


def everything() -> dict[str, Any]:
    """What must not change when nothing is done."""
    from puhui.books.models import Entry
    from puhui.loans.models import Command, Event, Instalment, Loan, Outbox
    from puhui.parties.models import AuditRecord

    counts = {model.__name__: model.objects.count() for model in (Entry, Event, Command, Outbox, AuditRecord, Instalment)}
    return {**counts, "loans": list(Loan.objects.order_by("pk").values())}


def test_the_stored_answer_is_given_again(loan: Any, people: dict[str, Any]) -> None:
    """Same key, same content: one event, one entry, the same answer, also from another person's screen and on another day."""
    from puhui.loans.commands import perform
    from puhui.loans.day_end import run
    from puhui.loans.models import Command, Outbox

    asked = {"amount_fen": 500_000}
    first = perform(people["officer"], "repay", loan, asked, "k1")
    assert first.status == "done" and first.answer is not None and first.answer["amount_fen"] == 500_000
    before = everything()
    again = perform(people["officer"], "repay", loan, asked, "k1")
    assert (again.command_id, again.answer, again.result.pk) == (first.command_id, first.answer, first.result.pk)
    assert perform(people["second"], "repay", loan, {**asked, "on": "2026-01-20"}, "k1").answer == first.answer
    assert everything() == before
    run(loan.institution, date(2026, 1, 21), "test")
    assert perform(people["officer"], "repay", fresh(loan), asked, "k1").answer == first.answer
    command = Command.objects.get(key="k1")
    assert (command.maker, command.checker, command.act, command.target_id) == ("officer", "", "repay", loan.pk)
    assert Outbox.objects.filter(topic="loan.repay").count() == 1
    for act, arguments in (("repay", {"amount_fen": 500_001}), ("repay", {**asked, "on": "2026-01-21"}), ("pay_off", {})):
        with pytest.raises(FaultsError, match="key k1"):
            perform(people["officer"], act, fresh(loan), arguments, "k1")
    assert proved(loan.institution) == []


def test_what_fails_leaves_no_key(loan: Any, people: dict[str, Any]) -> None:
    from puhui.loans.commands import perform

    before = everything()
    with pytest.raises(FaultsError, match="closes the loan"):
        perform(people["officer"], "repay", loan, {"amount_fen": 99_000_000, "on": "2026-01-18"}, "k1")
    assert everything() == before
    assert perform(people["officer"], "repay", loan, {"amount_fen": 1_000}, "k1").status == "done"


def test_every_fault_of_a_request_is_named(loan: Any, people: dict[str, Any]) -> None:
    from puhui.loans.commands import perform

    with pytest.raises(FaultsError) as refused:
        perform(people["officer"], "charge", loan, {"amount_fen": "12.5", "kind": "gift", "colour": "red", "on": "soon"}, "k1")
    assert [fault.where for fault in refused.value.faults] == ["colour", "amount_fen", "kind", "reason", "on"]
    with pytest.raises(FaultsError, match="one of"):
        perform(people["officer"], "dance", loan, {}, "k1")
    for name in ("auditor", "stranger"):
        with pytest.raises(FaultsError, match="user"):
            perform(people[name], "repay", loan, {"amount_fen": 1_000}, "k1")
    for key in ("", "  ", "x" * 111):
        with pytest.raises(FaultsError, match="1 to 110"):
            perform(people["officer"], "repay", loan, {"amount_fen": 1_000}, key)


def test_a_second_person(loan: Any, people: dict[str, Any]) -> None:
    """A charge of 2,000.00 waits; neither its maker nor a role without the power can approve it; it then takes effect as asked for."""
    from puhui.loans.commands import approve, perform, refuse
    from puhui.loans.day_end import run
    from puhui.loans.models import Command, Outbox
    from puhui.parties.models import AuditRecord

    asked = {"amount_fen": 200_000, "kind": "fee", "reason": "letter of a lawyer"}
    waiting = perform(people["officer"], "charge", loan, asked, "k1")
    assert (waiting.status, waiting.answer) == ("waiting", None) and "second person" in waiting.reason
    assert fresh(loan).event_count == 1 and not Outbox.objects.filter(topic="loan.charge").exists()
    assert perform(people["officer"], "charge", loan, asked, "k1").status == "waiting"
    command = Command.objects.get(key="k1")
    for name in ("officer", "collector", "stranger"):
        with pytest.raises(FaultsError, match="checker"):
            approve(people[name], command)
    run(loan.institution, date(2026, 1, 20), "test")
    done = approve(people["second"], command)
    assert done.status == "done" and done.answer is not None and done.answer["date"] == "2026-01-20"
    assert approve(people["risk"], command).answer == done.answer
    assert perform(people["officer"], "charge", fresh(loan), asked, "k1").answer == done.answer
    command.refresh_from_db()
    assert (command.maker, command.checker, command.status) == ("officer", "second", "done")
    assert Outbox.objects.filter(topic="loan.charge").count() == 1
    acts = set(AuditRecord.objects.values_list("act", flat=True))
    assert {"command.waits", "command.approved", "loan.fee"} <= acts
    with pytest.raises(FaultsError, match="one that waits"):
        refuse(people["risk"], command, "too late")


def test_a_second_person_says_no(loan: Any, people: dict[str, Any]) -> None:
    from puhui.loans.commands import approve, perform, refuse
    from puhui.loans.models import Command

    asked = {"amount_fen": 200_000, "kind": "fee", "reason": "letter of a lawyer"}
    perform(people["officer"], "charge", loan, asked, "k1")
    command = Command.objects.get(key="k1")
    with pytest.raises(FaultsError, match="why it is refused"):
        refuse(people["second"], command, " ")
    with pytest.raises(FaultsError, match="checker"):
        refuse(people["collector"], command, "no")
    assert refuse(people["second"], command, "no letter was sent").status == "refused"
    assert refuse(people["second"], command, "again").reason == "no letter was sent"
    with pytest.raises(FaultsError, match="no letter was sent"):
        approve(people["risk"], command)
    assert perform(people["officer"], "charge", loan, asked, "k1").status == "refused"
    assert fresh(loan).event_count == 1


def test_a_request_that_cannot_happen_does_not_wait(loan: Any, people: dict[str, Any]) -> None:
    from puhui.loans.commands import perform
    from puhui.loans.models import Command

    with pytest.raises(FaultsError, match="an event of loan"):
        perform(people["officer"], "reverse", loan, {"event": 7, "reason": "wrong account"}, "k1")
    assert not Command.objects.filter(key="k1").exists()


@pytest.mark.parametrize(
    ("act", "arguments"),
    [
        ("repay", {"amount_fen": 3_500_000}),
        ("pay_off", {}),
        ("repay", {"amount_fen": 250_000, "on": "2026-01-17"}),
        ("change_rate", {"rate_annual": "0.039", "reason": "agreed"}),
    ],
)
def test_a_preview_tells_what_then_happens(loan: Any, people: dict[str, Any], act: str, arguments: dict[str, Any]) -> None:
    from puhui.books.models import Transfer
    from puhui.loans.commands import approve, as_json, perform, preview
    from puhui.loans.models import Command

    before = everything()
    seen = preview(people["officer"], act, loan, arguments)
    assert everything() == before
    done = perform(people["officer"], act, loan, arguments, "k1")
    assert (done.status == "waiting") == bool(seen.second_person)
    if done.status == "waiting":
        done = approve(people["risk"], Command.objects.get(key="k1"))
    after = fresh(loan)
    (of_loan,) = seen.loans
    assert of_loan.before["principal_fen"] == 12_000_000 and of_loan.after["status"] == after.status
    assert of_loan.after["principal_fen"] == after.lent_fen - after.principal_repaid_fen
    assert [row.total for row in of_loan.schedule] == [
        row.principal_fen + row.interest_fen + row.fee_fen + row.penalty_fen + row.compound_fen
        for row in after.instalments.order_by("number")
    ]
    booked = list(Transfer.objects.filter(entry__event_id=done.result.pk).order_by("pk").values_list("amount_fen", flat=True))
    assert sorted(each.amount_fen for each in of_loan.transfers) == sorted(booked)
    assert as_json(seen)["loans"][0]["number"] == loan.number


def test_a_borrower_pays_the_own_loan_only(loan: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> None:
    from puhui.loans.actions import draw_down
    from puhui.loans.commands import perform, preview
    from puhui.parties.actions import create_user, link_person, register_person

    person = register_person(loan.institution, "王小云", "330802199003072346", actor="test")
    link_person(loan.firm, person, "legal_representative", actor="test")
    borrower = create_user(loan.institution, "borrower", "secret-secret", "borrower", person=person)
    other = draw_down(cleared_contract(monthly_terms), "payout 2", "officer")
    assert perform(borrower, "repay", loan, {"amount_fen": 1_000}, "k1").status == "done"
    for act in (perform, lambda *arguments: preview(*arguments[:4])):
        with pytest.raises(FaultsError, match="own firm"):
            act(borrower, "repay", other, {"amount_fen": 1_000}, "k2")
    with pytest.raises(FaultsError, match="user"):
        perform(borrower, "waive", loan, {"amount_fen": 1_000, "of": "interest", "reason": "please"}, "k3")


def test_whoever_waits_too_long_is_told(loan: Any, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """One clerk holds the loan; the other is told in words, and when the first is gone (as after a crash) nothing is locked."""
    from django.db import connection, connections, transaction

    from puhui.loans import command_log
    from puhui.loans.acts import lock_loans
    from puhui.loans.commands import perform

    monkeypatch.setattr(command_log, "PATIENCE", "200ms")
    held, leave = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                lock_loans([loan.pk])
                held.set()
                leave.wait(30)
                connection.close()  # as a crash would: no commit, no rollback of ours
        except Exception:
            pass
        finally:
            connections.close_all()

    clerk = threading.Thread(target=hold)
    clerk.start()
    assert held.wait(30)
    before = everything()
    with pytest.raises(FaultsError, match="somebody else at work"):
        perform(people["officer"], "repay", loan, {"amount_fen": 1_000}, "k1")
    assert everything() == before
    leave.set()
    clerk.join(30)
    monkeypatch.undo()  # the database may see a moment later that the other is gone
    assert perform(people["officer"], "repay", loan, {"amount_fen": 1_000}, "k1").status == "done"
    assert proved(loan.institution) == []


def test_the_outbox_is_read_in_order_and_acknowledged(loan: Any, people: dict[str, Any]) -> None:
    """A reader goes on after what it acknowledged; a row of a transaction under way is not seen, nor is any row after it."""
    from django.db import connections, transaction

    from puhui.loans import outbox
    from puhui.loans.commands import perform

    lender = loan.institution
    deadline = time.monotonic() + 60  # a transaction under way in another database of the server holds readers back, too
    while not (first := outbox.read(lender, "ledger")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [each.topic for each in first] == ["contract.draw_down"]
    assert first == outbox.read(lender, "ledger")
    outbox.acknowledge(lender, "ledger", first[-1].cursor)
    assert outbox.read(lender, "ledger") == [] and len(outbox.read(lender, "another")) == 1
    begun, finish = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                outbox.publish(lender, [("slow", {"number": 1})])
                begun.set()
                finish.wait(30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(30)
    perform(people["officer"], "repay", loan, {"amount_fen": 1_000}, "k1")
    assert outbox.read(lender, "ledger") == []  # the repayment comes after the slow one, which may still roll back
    finish.set()
    thread.join(30)
    told = outbox.read(lender, "ledger")
    assert [each.topic for each in told] == ["slow", "loan.repay"] and told[1].payload["amount_fen"] == 1_000
    outbox.acknowledge(lender, "ledger", told[-1].cursor)
    outbox.acknowledge(lender, "ledger", told[0].cursor)  # an older one changes nothing
    assert outbox.read(lender, "ledger") == []
    with pytest.raises(FaultsError, match="cursor"):
        outbox.acknowledge(lender, "ledger", "yesterday")


def test_statements_of_an_act_do_not_grow(loan: Any, people: dict[str, Any]) -> None:
    """As many statements for the tenth repayment as for the first."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from puhui.loans.commands import perform

    counts = []
    for number in range(10):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            perform(people["officer"], "repay", loan, {"amount_fen": 1_000 + number}, f"k{number}")
        counts.append(len(queries))
    assert len(set(counts[1:])) == 1 and counts[1] <= 24, counts


def test_powers_hold_for_every_act() -> None:
    """Each act has a row in the table; each that needs a second person names who may be it, and never the makers alone."""
    from puhui.loans.act_registry import ACTS
    from puhui.loans.powers import power_of

    for name in ACTS:
        power = power_of(name, "invoice-working-capital", "CNY", date(2026, 1, 15) + timedelta(days=1))
        assert power.makers, name
        if power.second_person_from is not None:
            assert power.checkers and not power.why_second(power.second_person_from - 1), name
            assert power.why_second(power.second_person_from), name
