"""Somebody leaves a household while a contract is drafted: the text that names them is found, told, not signed, and drafted anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from puhui.calculations.faults import FaultsError
from puhui.parties.identifiers import identity_check_character

NUMBERS = {
    name: body + identity_check_character(body)
    for name, body in (("张文", "33010619700101101"), ("李兰", "33010619720202202"), ("张海", "33010619950303303"))
}
ROLES = {"张文": "head", "李兰": "member", "张海": "member"}


@pytest.fixture
def contract(lender: Any, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> Any:
    """A contract drafted for a household of three, which nobody has signed."""
    from puhui.loans.actions import draft_contract
    from puhui.parties.actions import link_person, register_person
    from puhui.parties.models import Firm

    made = cleared_contract(monthly_terms)
    offer = made.offer
    made.delete()
    Firm.objects.filter(pk=offer.firm_id).update(kind="household", name="张文户")
    offer.firm.refresh_from_db()
    for name, role in ROLES.items():
        link_person(offer.firm, register_person(lender, name, NUMBERS[name], actor="system"), role, actor="system")
    return draft_contract(offer, "officer")


def asked(contract: Any, name: str, successor: str = "") -> Any:
    from puhui.loans.leaving import Leaving

    return Leaving(contract.firm, NUMBERS[name], contract.institution.business_date, "分户", NUMBERS.get(successor, ""))


def test_a_draft_that_names_who_left_is_told_not_signed_and_drafted_anew(contract: Any) -> None:
    from puhui.loans.actions import sign
    from puhui.loans.leaving import leave
    from puhui.loans.models import Contract, Signature
    from puhui.loans.parting import drafts_naming_who_left
    from puhui.loans.replanning import draft_anew
    from puhui.parties.models import AuditRecord

    assert "张海" in contract.text and drafts_naming_who_left(contract.firm) == []
    looked_at = leave(asked(contract, "张海"), "officer", redraft=True, preview=True)
    assert (looked_at.person, looked_at.head, looked_at.redrafted, looked_at.stale) == ("张海", "张文", (contract.number,), ())
    contract.refresh_from_db()
    assert "张海" in contract.text and not AuditRecord.objects.filter(act="leave_household").exists(), "a preview changes nothing"

    told = leave(asked(contract, "张海"), "officer")
    assert (told.stale, told.redrafted, told.left.parts) == ((contract.number,), (), ("member",))
    for party in ("borrower", "lender"):
        with pytest.raises(FaultsError, match=r"names 张海, who left.*Draft it anew"):
            sign(contract, party, "张文", "electronic", {}, "officer")
    assert not Signature.objects.exists()
    terms, number = contract.terms, contract.number
    anew = draft_anew(contract, "officer")
    assert "张海" not in anew.text and "张文" in anew.text and "李兰" in anew.text and (anew.terms, anew.number) == (terms, number)
    assert draft_anew(anew, "officer").text_digest == anew.text_digest
    assert AuditRecord.objects.filter(act="contract.drafted_anew").count() == 1
    sign(anew, "borrower", "张文", "electronic", {}, "borrower")
    sign(anew, "lender", "林晓", "electronic", {}, "officer")
    assert Contract.objects.get().status == "signed"
    leave(asked(contract, "李兰"), "officer")
    assert drafts_naming_who_left(contract.firm) == [], "what is signed stays as it was signed"


def test_a_head_who_leaves_is_followed_and_one_signature_hinders_a_new_draft(contract: Any) -> None:
    from puhui.loans.actions import sign
    from puhui.loans.leaving import leave
    from puhui.loans.replanning import draft_anew

    with pytest.raises(FaultsError, match="the member who becomes the head"):
        leave(asked(contract, "张文"), "officer")
    sign(contract, "borrower", "张文", "electronic", {}, "borrower")
    told = leave(asked(contract, "张文", "李兰"), "officer", redraft=True)
    assert (told.head, told.stale, told.redrafted) == ("李兰", (contract.number,), ())
    with pytest.raises(FaultsError, match="who left"):
        sign(contract, "lender", "林晓", "electronic", {}, "officer")
    with pytest.raises(FaultsError, match="signed by borrower"):
        draft_anew(contract, "officer")


def test_a_plan_that_was_agreed_stays_in_a_new_draft(contract: Any) -> None:
    from puhui.loans.leaving import leave
    from puhui.loans.replanning import agree_plan

    planned = agree_plan(contract, {"method": "equal_principal"}, "officer")
    leave(asked(contract, "张海"), "officer", redraft=True)
    contract.refresh_from_db()
    assert contract.terms == planned.terms and "张海" not in contract.text


def test_the_command_previews_then_leaves(contract: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.parties.models import FirmPerson
    from puhui.site.commands import parties, support

    monkeypatch.setattr(support, "start_django", lambda: None)
    common: dict[str, Any] = {"household": "张文户", "who": NUMBERS["张海"], "day": "", "reason": "分户", "successor": "",
                              "actor": "officer", "institution": contract.institution.code}  # fmt: skip
    parties.leave(**common, preview=True, redraft=True, as_json=False)
    told = capsys.readouterr().out
    assert "张海 would leave 张文户 (member)" in told and f"contract {contract.number} names who left: drafted anew" in told
    assert FirmPerson.objects.filter(person__name="张海", until=None).exists()
    parties.leave(**common, preview=False, redraft=False, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["stale_drafts"], answer["head"], answer["preview"]) == ([contract.number], "张文", False)
    assert not FirmPerson.objects.filter(person__name="张海", until=None).exists()
