"""From an accepted offer to the money: contract, two signatures, conditions, a second person's check, payout, or giving it up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError


@pytest.fixture
def offer(lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> Any:
    """An accepted offer without a contract: of a contract made and thrown away."""
    contract = cleared_contract(monthly_terms)
    offer = contract.offer
    contract.delete()
    return offer


@pytest.fixture
def people(lender: Any) -> dict[str, Any]:
    from puhui.parties.actions import create_institution, create_user

    other = create_institution("OTHER", "邻县银行", "bank", lender.business_date)
    users = {
        name: create_user(lender, name, "secret-secret", role)
        for name, role in (("officer", "officer"), ("second", "officer"), ("auditor", "auditor"), ("accountant", "accountant"))
    }
    return {**users, "stranger": create_user(other, "stranger", "secret-secret", "accountant")}


def signed(offer: Any) -> Any:
    from puhui.loans.actions import draft_contract, sign

    contract = draft_contract(offer, "officer")
    sign(contract, "borrower", "王小云", "electronic", {"face": "compared"}, "borrower")
    sign(contract, "lender", "林晓", "electronic", {}, "officer")
    contract.refresh_from_db()
    return contract


def met(contract: Any, by: str = "officer") -> Any:
    from puhui.loans.actions import meet_condition

    for condition in contract.conditions.all():
        meet_condition(contract, condition.code, "document 7", by)
    return contract


def test_the_whole_way(offer: Any, people: dict[str, Any]) -> None:
    from puhui.loans.actions import clear, draft_contract, draw_down
    from puhui.parties.models import AuditRecord

    contract = draft_contract(offer, "officer")
    assert draft_contract(offer, "officer").pk == contract.pk
    assert contract.status == "drafted" and contract.conditions.count() > 0
    for words in (contract.number, offer.firm.name, "120,000.00", "壹拾贰万元整", "4.35%"):
        assert words in contract.text
    assert contract.text_digest == hashlib.sha256(contract.text.encode()).hexdigest()
    contract = met(signed(offer))
    assert contract.status == "signed"
    assert clear(contract, people["second"]).status == "cleared"
    assert clear(contract, people["second"]).status == "cleared"  # once more is the same
    assert {each.checked_by for each in contract.conditions.all()} == {"second"}
    loan = draw_down(contract, "payout", "accountant")
    assert (loan.lent_fen, loan.status) == (12_000_000, "performing")
    assert {"contract.drafted", "contract.signed", "condition.met", "contract.cleared", "loan.drawn"} <= set(
        AuditRecord.objects.values_list("act", flat=True)
    )
    assert proved(offer.institution) == []


def test_an_offer_must_be_accepted(offer: Any) -> None:
    from puhui.loans.actions import draft_contract
    from puhui.loans.models import Contract

    type(offer).objects.update(status="open")
    with pytest.raises(FaultsError, match="expected accepted"):
        draft_contract(offer, "officer")
    assert not Contract.objects.exists()


def test_signing(offer: Any) -> None:
    """Each party once, on the text as drafted; one signature is not enough."""
    from puhui.loans.actions import draft_contract, sign
    from puhui.loans.models import Contract, Signature

    contract = draft_contract(offer, "officer")
    with pytest.raises(FaultsError, match="borrower or lender"):
        sign(contract, "guarantor", "somebody", "electronic", {}, "officer")
    first = sign(contract, "borrower", "王小云", "electronic", {}, "borrower")
    assert sign(contract, "borrower", "somebody else", "electronic", {}, "borrower").pk == first.pk
    assert Contract.objects.get().status == "drafted"
    Contract.objects.update(text=contract.text.replace("4.35%", "43.5%"))
    with pytest.raises(FaultsError, match="changed"):
        sign(contract, "lender", "林晓", "electronic", {}, "officer")
    Contract.objects.update(text=contract.text)
    sign(contract, "lender", "林晓", "electronic", {}, "officer")
    assert Contract.objects.get().status == "signed"
    assert set(Signature.objects.values_list("text_digest", flat=True)) == {contract.text_digest}


def test_payout_review_names_everything_that_is_missing(offer: Any, people: dict[str, Any]) -> None:
    from puhui.loans.actions import clear, draft_contract, draw_down, meet_condition

    contract = draft_contract(offer, "officer")
    with pytest.raises(FaultsError) as refused:
        clear(contract, people["auditor"])
    where = [fault.where for fault in refused.value.faults]
    assert where == [
        *(f"condition {code}" for code in sorted(contract.conditions.values_list("code", flat=True))),
        f"contract {contract.number}",
        "checker",
    ]
    with pytest.raises(FaultsError, match="expected cleared"):
        draw_down(contract, "payout", "accountant")
    with pytest.raises(FaultsError, match="Name one of"):
        meet_condition(contract, "moon", "seen", "officer")
    code = contract.conditions.first().code
    with pytest.raises(FaultsError, match="no evidence"):
        meet_condition(contract, code, "  ", "officer")
    first = meet_condition(contract, code, "document 7", "officer")
    again = meet_condition(contract, code, "document 8", "second")
    assert (again.met_by, again.evidence, again.met_at) == ("officer", "document 7", first.met_at)


@pytest.mark.parametrize("name", ["officer", "auditor", "stranger"])
def test_who_may_not_check(offer: Any, people: dict[str, Any], name: str) -> None:
    """The person who recorded the conditions, a role that does not check payouts, somebody of another lender."""
    from puhui.loans.actions import clear
    from puhui.loans.models import Contract

    contract = met(signed(offer))
    with pytest.raises(FaultsError, match="checker"):
        clear(contract, people[name])
    assert Contract.objects.get().status == "signed"
    assert clear(contract, people["accountant"]).status == "cleared"


def test_a_contract_given_up_frees_what_was_reserved(offer: Any, people: dict[str, Any]) -> None:
    from puhui.loans.actions import cancel, clear, draw_down, meet_condition

    contract = met(signed(offer))
    with pytest.raises(FaultsError, match="reason"):
        cancel(contract, " ", "officer")
    assert cancel(contract, "the borrower sold the shop", "officer").status == "cancelled"
    assert cancel(contract, "again", "officer").status == "cancelled"
    exposure = offer.decision.exposure
    exposure.refresh_from_db()
    assert (exposure.reserved_fen, exposure.outstanding_fen) == (0, 0)
    with pytest.raises(FaultsError, match="cancelled"):
        clear(contract, people["second"])
    with pytest.raises(FaultsError, match="cancelled"):
        draw_down(contract, "payout", "accountant")
    with pytest.raises(FaultsError, match="cancelled"):
        meet_condition(contract, contract.conditions.first().code, "document 9", "officer")
    assert proved(offer.institution) == []


def test_a_drawn_contract_cannot_be_given_up(cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> None:
    from puhui.loans.actions import cancel, draw_down

    contract = cleared_contract(monthly_terms)
    draw_down(contract, "payout", "accountant")
    with pytest.raises(FaultsError, match="paid out"):
        cancel(contract, "too late", "officer")


def test_a_security_asks_for_its_own_conditions(offer: Any) -> None:
    from puhui.loans.actions import draft_contract
    from puhui.loans.securing import add_security

    contract = draft_contract(offer, "officer")
    before = set(contract.conditions.values_list("code", flat=True))
    assert "corporate_resolution" in before  # the borrower is a company
    add_security(contract, "mortgage", "王小云", "抵押合同 7", "officer", registration="他项 2026-7")
    assert set(contract.conditions.values_list("code", flat=True)) - before == {"mortgage_registration", "mortgage_insurance"}


# By actual days ÷ 360 the same rate costs a seventieth more, so the rate is lower there.
PLANS = {
    "equal_principal": {"method": "equal_principal", "day_count": "ACT/360", "rate_annual": "0.0428"},
    "settled on the 20th": {
        "method": "interest_only", "day_count": "ACT/360", "settlement_day": 20, "every": "3 month", "instalments": None,
        "maturity": "2027-01-15", "rate_annual": "0.0428",
    },
    "one sum": {"method": "bullet", "every": "6 month", "instalments": 1, "day_count": "ACT/360"},
    "stepped": {
        "method": "stepped", "instalments": None,
        "steps": [{"count": 6, "principal": "5000.00"}, {"count": 6, "principal": "15000.00"}],
    },
    "harvest": {
        "method": "custom", "day_count": "ACT/360", "instalments": None, "every": None, "rate_annual": "0.0428",
        "dues": [{"due": "2026-06-20", "principal": "40000.00"}, {"due": "2026-11-20", "principal": "80000.00"}],
    },
    "line": {
        "method": "bullet", "every": "3 month", "instalments": 1, "day_count": "ACT/360",
        "line": {"limit": "120000.00", "until": "2026-12-31", "dues": "own"},
    },
    "fee for a lower rate": {
        "rate_annual": "0.030", "fees": [{"name": "arrangement", "when": "drawdown", "rate": "0.005", "of": "amount"}],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_how_it_is_repaid_is_agreed_within_the_offer(offer: Any, people: dict[str, Any], name: str) -> None:
    """The contract takes the plan, its text tells it with its own cost, and the note is the contract's."""
    from puhui.loans.actions import clear, draft_contract, draw_down
    from puhui.loans.commands import perform

    contract = draft_contract(offer, "officer", PLANS[name])
    assert contract.terms == {key: value for key, value in {**offer.terms, **PLANS[name]}.items() if value is not None}
    assert contract.offer.terms == offer.terms and "120,000.00" in contract.text
    clear(met(signed(offer)), people["second"])
    contract.refresh_from_db()
    if "line" in PLANS[name]:
        perform(people["officer"], "open_line", contract, {}, "open")
        perform(people["officer"], "draw_on_line", contract, {"amount_fen": 5_000_000}, "draw")
    else:
        loan = draw_down(contract, "payout", "accountant")
        assert loan.terms == {**contract.terms, "start": "2026-01-15"}
    assert proved(offer.institution) == []


def test_no_plan_asks_for_more_than_was_offered(offer: Any) -> None:
    from puhui.loans.actions import draft_contract
    from puhui.loans.models import Contract

    with pytest.raises(FaultsError) as refused:
        draft_contract(offer, "officer", {"amount": "200000.00", "penalty": None, "method": "bullet"})
    assert [fault.where for fault in refused.value.faults] == ["repayment plan, amount", "repayment plan, penalty"]
    longer = {"instalments": 13, "rate_annual": "0.05"}
    with pytest.raises(FaultsError) as refused:
        draft_contract(offer, "officer", longer)
    assert [fault.where for fault in refused.value.faults] == [
        "repayment plan, last due date", "repayment plan, rate_annual", "repayment plan, cost",
    ]  # fmt: skip
    with pytest.raises(FaultsError, match="what the offer costs"):
        draft_contract(offer, "officer", {"method": "flat"})  # the same rate on money that is paid back already: nearly twice the cost
    with pytest.raises(FaultsError, match="moon"):
        draft_contract(offer, "officer", {"moon": "full"})
    assert not Contract.objects.exists()


def test_many_contracts_at_once(
    lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any], people: dict[str, Any]
) -> None:
    """All or none, each fault under its contract's number, and the same number of statements for three as for one."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from puhui.loans import actions

    def offers(count: int) -> list[Any]:
        made = [cleared_contract(monthly_terms) for _ in range(count)]
        found = [contract.offer for contract in made]
        for contract in made:
            contract.delete()
        return found

    def whole_way(asked: list[Any]) -> list[Any]:
        drafted = actions.draft_contracts(lender, [(offer, None) for offer in asked], "officer")
        for party in ("borrower", "lender"):
            actions.sign_contracts(drafted, party, "somebody", "electronic", {}, "officer")
        shown = [(each, dict.fromkeys(each.conditions.values_list("code", flat=True), "document 7")) for each in drafted[1:]]
        actions.meet_conditions_of(shown, "officer")
        return drafted

    three = whole_way(offers(3))
    assert [contract.offer_id for contract in three] == sorted(contract.offer_id for contract in three)
    with pytest.raises(FaultsError) as refused:
        actions.clear_contracts(three, people["second"])
    codes = sorted(three[0].conditions.values_list("code", flat=True))
    assert [fault.where for fault in refused.value.faults] == [f"contract {three[0].number}, condition {code}" for code in codes]
    assert {type(each).objects.get(pk=each.pk).status for each in three} == {"signed"}
    with pytest.raises(FaultsError, match="no evidence"):
        actions.meet_conditions_of([(three[0], {codes[0]: "document"}), (three[1], {codes[0]: " "})], "officer")
    assert not three[0].conditions.filter(met_at__isnull=False).exists()
    actions.meet_conditions(three[0], dict.fromkeys(codes, "document 7"), "officer")
    assert [contract.status for contract in actions.clear_contracts(three, people["second"])] == ["cleared"] * 3
    statements = []
    for count in (1, 3):
        asked = offers(count)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            drafted = actions.draft_contracts(lender, [(offer, None) for offer in asked], "officer")
            actions.sign_contracts(drafted, "borrower", "somebody", "electronic", {}, "officer")
        statements.append(len(seen))
    assert statements[0] == statements[1]
