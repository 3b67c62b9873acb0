"""Notes closed by new ones without cash: conditions, books, classes, consolidation, security, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError

NOTE = {
    "amount": "100000.00", "rate_annual": "0.036", "day_count": "ACT/360", "instalments": 1, "every": "12 month", "method": "bullet",
    "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip
CONDITIONS = {
    "lawful_operation": "licence seen", "stable_production": "visit of 14 January", "good_credit": "bureau report 7",
    "lending_standards": "decision", "own_conditions": "none further",
}  # fmt: skip


@pytest.fixture
def people(lender: Any) -> dict[str, Any]:
    from puhui.parties.actions import create_user

    return {name: create_user(lender, name, "secret-secret", role) for name, role in (("officer", "officer"), ("second", "approver"))}


@pytest.fixture
def old(lender: Any, cleared_contract: Callable[..., Any]) -> Any:
    """100,000.00 drawn on 2026-01-15, now on 2026-01-25: ten nights of interest, 100.00."""
    from puhui.loans.actions import draw_down
    from puhui.loans.day_end import run

    loan = draw_down(cleared_contract(NOTE), "payout", "officer")
    run(loan.institution, date(2026, 1, 24), "test")
    lender.refresh_from_db()
    return fresh(loan)


def fresh(loan: Any) -> Any:
    return type(loan).objects.select_related("institution", "contract").get(pk=loan.pk)


def asked(*loans: Any, **changes: Any) -> dict[str, Any]:
    document = {
        "loans": [loan.pk for loan in loans],
        "kind": "renewal",
        "conditions": CONDITIONS,
        "in_difficulty": "no",
        "reason": "season",
    }
    return {name: value for name, value in {**document, **changes}.items() if value is not None}


def renewed(people: dict[str, Any], contract: Any, arguments: dict[str, Any], key: str = "renew") -> Any:
    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Command

    assert perform(people["officer"], "renew", contract, arguments, key).status == "waiting"
    return approve(people["second"], Command.objects.get(key=key)).result


def balances(lender: Any) -> dict[str, int]:
    from puhui.books.queries import balances_by_role

    found = balances_by_role(lender, lender.business_date)
    return {role: found[role] for role in ("principal", "settlement", "refinancing", "interest_receivable", "accrued_interest")}


def test_a_renewal_moves_no_cash_but_the_interest(
    lender: Any, old: Any, cleared_contract: Callable[..., Any], people: dict[str, Any]
) -> None:
    from puhui.books.models import Transfer
    from puhui.loans.class_queries import class_of
    from puhui.loans.commands import preview
    from puhui.loans.credit_models import Refinancing

    contract = cleared_contract(NOTE, old.firm)
    before = balances(lender)
    seen = preview(people["officer"], "renew", contract, asked(old))
    assert {each.number: (each.before["principal_fen"], each.after["principal_fen"]) for each in seen.loans} == {
        f"{contract.number}-1": (0, 10_000_000), old.number: (10_000_000, 0),
    }  # fmt: skip
    assert seen.second_person and not Refinancing.objects.exists()
    new = renewed(people, contract, asked(old))
    after = balances(lender)
    assert after["principal"] == before["principal"] and after["refinancing"] == 0
    assert after["settlement"] - before["settlement"] == 10_000  # ten nights of 100,000.00 at 3.6%: 100.00
    assert (after["interest_receivable"], after["accrued_interest"]) == (0, 0)
    closed = fresh(old)
    assert (closed.status, new.status, new.lent_fen, class_of(new)) == ("closed", "performing", 10_000_000, "normal")
    row = Refinancing.objects.get()
    assert (row.old_loan_id, row.new_loan_id, row.principal_fen, row.interest_fen, row.generation) == (
        old.pk,
        new.pk,
        10_000_000,
        10_000,
        1,
    )
    assert {code: each["met"] for code, each in row.conditions.items()} == dict.fromkeys(CONDITIONS, True)
    roles = Transfer.objects.filter(loan_id=old.pk, entry__act="renewal").order_by("pk").values_list("amount_fen", flat=True)
    assert 10_000_000 in roles
    exposure = {each.pk: each.decision.exposure for each in (old.contract, contract)}
    for each in exposure.values():
        each.refresh_from_db()
    assert (exposure[old.contract.pk].outstanding_fen, exposure[contract.pk].outstanding_fen) == (0, 10_000_000)
    assert exposure[contract.pk].reserved_fen == 0
    assert proved(lender) == []


def test_a_renewed_note_goes_on_like_any_other(lender: Any, old: Any, cleared_contract: Callable[..., Any], people: dict[str, Any]) -> None:
    from puhui.loans.actions import pay_off, reverse
    from puhui.loans.day_end import run

    new = renewed(people, cleared_contract(NOTE, old.firm), asked(old))
    with pytest.raises(FaultsError, match="closed by a new note"):
        reverse(fresh(old).events.get(type="payoff"), "undo", "wrong", "officer")
    run(lender, date(2026, 1, 26), "test")
    lender.refresh_from_db()
    again = renewed(people, cleared_contract(NOTE, old.firm), asked(fresh(new)), "renew again")
    assert again.refinances.get().generation == 2
    run(lender, date(2026, 1, 27), "test")
    pay_off(fresh(again), "close", "officer")
    assert proved(lender) == []


def test_every_condition_that_fails_is_named(lender: Any, old: Any, cleared_contract: Callable[..., Any], people: dict[str, Any]) -> None:
    from puhui.loans.class_queries import class_of
    from puhui.loans.commands import perform

    contract = cleared_contract(NOTE, old.firm)
    perform(people["officer"], "record_finding", old, {"code": "purpose_changed", "of": "debtor", "evidence": "paid a broker"}, "f")
    some = {code: text for code, text in CONDITIONS.items() if code != "own_conditions"} | {"moon": "full"}
    with pytest.raises(FaultsError) as refused:
        perform(people["officer"], "renew", contract, asked(old, conditions=some), "renew")
    assert [(fault.where, fault.found) for fault in refused.value.faults] == [
        ("condition own_conditions", "no evidence"),
        ("condition good_credit", f"purpose_changed since {lender.business_date}"),
        ("condition lending_standards", "an old note is special_mention"),
        ("condition moon", "not a condition"),
    ]
    new = renewed(people, contract, asked(old, kind="refinancing", conditions=None))
    assert class_of(new) == "special_mention"
    (row,) = new.refinances.all()
    assert row.kind == "refinancing" and not row.conditions["good_credit"]["met"]
    assert proved(lender) == []


def test_what_cannot_be_closed(lender: Any, old: Any, cleared_contract: Callable[..., Any], people: dict[str, Any]) -> None:
    from puhui.loans.actions import draw_down
    from puhui.loans.commands import perform

    stranger = draw_down(cleared_contract(NOTE), "payout 2", "officer")
    with pytest.raises(FaultsError) as refused:
        perform(people["officer"], "renew", cleared_contract({**NOTE, "amount": "90000.00"}, old.firm), asked(old, stranger), "r")
    assert [fault.where for fault in refused.value.faults] == [f"loan {stranger.number}", "amount of contract DEMO-0003"]
    with pytest.raises(FaultsError, match="a loan of this lender"):
        perform(people["officer"], "renew", cleared_contract(NOTE, old.firm), asked(loans=[999_999]), "r")
    draft = cleared_contract(NOTE, old.firm)
    type(draft).objects.filter(pk=draft.pk).update(status="signed")
    with pytest.raises(FaultsError, match="expected cleared"):
        perform(people["officer"], "renew", draft, asked(old), "r")
    renewed(people, cleared_contract(NOTE, old.firm), asked(old))
    with pytest.raises(FaultsError, match="a loan that is open"):
        perform(people["officer"], "renew", cleared_contract(NOTE, old.firm), asked(old), "r")


def test_several_notes_into_one(lender: Any, old: Any, cleared_contract: Callable[..., Any], people: dict[str, Any]) -> None:
    """100,000.00 and 50,000.00 into 150,000.00 in difficulty: observed, at least special mention, never better than before."""
    from puhui.loans.actions import draw_down
    from puhui.loans.class_queries import class_of, outlook
    from puhui.loans.commands import perform

    small = draw_down(cleared_contract({**NOTE, "amount": "50000.00"}, old.firm), "payout 2", "officer")
    perform(people["officer"], "downgrade", small, {"to": "substandard", "reason": "buyer failed"}, "d")
    terms = {**NOTE, "amount": "150000.00", "instalments": 4, "every": "3 month", "method": "equal_principal", "day_count": "M/360"}
    arguments = asked(old, small, kind="consolidation", conditions=None, in_difficulty="yes")
    new = renewed(people, cleared_contract(terms, old.firm), arguments)
    assert [fresh(loan).status for loan in (old, small)] == ["closed", "closed"] and new.lent_fen == 15_000_000
    assert class_of(new) == "substandard"
    seen = outlook(fresh(new), lender.business_date)
    assert [each.article.code for each in seen.holds] == ["refinanced", "restructured"]
    (clock,) = [each for each in seen.clocks if each.clock == "observation"]
    # From the first due date on 2026-04-25: a year is longer than two instalments of three months.
    assert (clock.since, clock.until) == (date(2026, 4, 25), date(2027, 4, 25))
    assert balances(lender)["refinancing"] == 0 and proved(lender) == []


def test_security_must_stand(lender: Any, old: Any, cleared_contract: Callable[..., Any], people: dict[str, Any]) -> None:
    """The old guarantor need not be asked again, a new one must know; a mortgage needs its owner and a registration that lasts."""
    from puhui.loans.commands import perform
    from puhui.loans.securing import add_security

    add_security(old.contract, "guarantor", "王大海", "guarantee 3", "officer")
    contract = cleared_contract(NOTE, old.firm)
    add_security(contract, "guarantor", "王大海", "guarantee 4", "officer")
    add_security(contract, "guarantor", "李小山", "guarantee 5", "officer")
    mortgage = add_security(
        contract, "mortgage", "周木", "mortgage 6", "officer", registration="浙(2024)00123", registered_until=date(2026, 12, 31)
    )
    assert add_security(contract, "mortgage", "周木", "again", "officer", registration="1").pk == mortgage.pk
    with pytest.raises(FaultsError) as refused:
        perform(people["officer"], "renew", contract, asked(old), "r")
    assert [fault.where for fault in refused.value.faults] == ["guarantor 李小山", "mortgage 周木", "mortgage 周木"]
    assert "2027-01-25" in refused.value.faults[2].expected
    type(mortgage).objects.filter(pk=mortgage.pk).update(registered_until=date(2027, 1, 25))
    new = renewed(people, contract, asked(old, consents={"李小山": "letter 1", "周木": "letter 2"}))
    assert new.status == "performing"
    with pytest.raises(FaultsError) as refused:
        add_security(contract, "mortgage", " ", " ", "officer")
    assert [fault.where for fault in refused.value.faults] == ["provider", "evidence", "registration"]
