"""The pages of people who borrow: a household is registered, seen masked, one number shown by a logged act, and its consent taken."""

from __future__ import annotations

from typing import Any

from puhui.parties.identifiers import identity_check_character


def number(serial: int) -> str:
    body = f"99012119800101{serial:03d}"
    return body + identity_check_character(body)


HEAD, WIFE, NEW = number(501), number(502), number(503)
SENT = {
    "kind": "household", "household_number": "BS-77", "industry_code": "0111", "division_code": "990121",
    "part-0": "head", "name-0": "张文", "identity_number-0": HEAD, "phone-0": "154 0000 0001",
    "part-1": "spouse", "name-1": "李兰", "identity_number-1": WIFE,
}  # fmt: skip


def registered(client: Any) -> Any:
    from puhui.parties.models import Firm

    answer = client.post("/firms/people/", SENT)
    firm = Firm.objects.get(name="张文户")
    assert (answer.status_code, answer["Location"]) == (302, f"/firms/{firm.pk}/people/")
    return firm


def test_a_household_from_the_form_to_its_consent(scenario: Any, client_of: Any) -> None:
    from puhui.parties.models import AuditRecord
    from puhui.parties.queries import covering_consent

    client = client_of("officer")
    firm = registered(client)
    page = client.get(f"/firms/{firm.pk}/people/").content.decode()
    assert f"{HEAD[:6]}********{HEAD[-4:]}" in page and HEAD not in page and "154****0001" in page
    assert client.get(f"/firms/?text={HEAD}").content.decode().count("张文户") == 1

    person = firm.people.get(role="head").person_id
    sent = {"act": "reveal", "person": person, "what": "identity_number"}
    refused = client.post(f"/firms/{firm.pk}/people/", {**sent, "reason": " "})
    assert refused.status_code == 422 and HEAD not in refused.content.decode()
    shown = client.post(f"/firms/{firm.pk}/people/", {**sent, "reason": "征信查询"})
    assert HEAD in shown.content.decode() and shown["Cache-Control"] == "no-store"
    (kept,) = AuditRecord.objects.filter(act="reveal_identity_number", subject_id=str(person))
    assert (kept.actor, kept.detail) == ("officer", {"reason": "征信查询"})

    assert client.post(f"/firms/{firm.pk}/people/", {"act": "consent", "signed_by": "张文"}).status_code == 422
    client.post(f"/firms/{firm.pk}/people/", {"act": "consent", "signed_by": "张文、李兰", "agreed": "yes"})
    consent = covering_consent(firm, "credit_decision", ["C04", "C17", "S2"], scenario.institution.business_date)
    assert consent is not None and consent.granted_by == "张文、李兰"

    client.post(f"/firms/{firm.pk}/people/", {"act": "add_member", "name": "张海", "identity_number": NEW})
    assert {one.person.name for one in firm.people.filter(role="member")} == {"李兰", "张海"}


def test_somebody_leaves_the_household_by_an_act_with_its_day_and_reason(scenario: Any, client_of: Any) -> None:
    from puhui.parties.models import AuditRecord

    client = client_of("officer")
    firm = registered(client)
    head, wife = (firm.people.get(role=role).person_id for role in ("head", "member"))
    day = scenario.institution.business_date.isoformat()
    sent = {"act": "leave", "person": head, "day": day, "reason": "离婚分户", "successor": wife}
    for wrong in ({"person": "7"}, {"day": "soon"}, {"reason": " "}, {"successor": ""}):
        assert client.post(f"/firms/{firm.pk}/people/", sent | wrong).status_code == 422
    assert client_of("auditor").post(f"/firms/{firm.pk}/people/", sent).status_code == 403
    assert firm.people.filter(role="head", until=None).get().person_id == head
    assert client.post(f"/firms/{firm.pk}/people/", sent).status_code == 302
    page = client.get(f"/firms/{firm.pk}/people/").content.decode()
    assert "Who has left" in page and "离婚分户" in page and "Somebody leaves the household" not in page  # one is left, who stays
    assert firm.people.filter(role="head", until=None).get().person_id == wife
    assert AuditRecord.objects.get(act="leave_household").detail["successor"] == wife


def test_faults_are_told_and_nothing_is_kept(scenario: Any, client_of: Any) -> None:
    from puhui.parties.models import Firm, Person

    before = (Firm.objects.count(), Person.objects.count())
    answer = client_of("officer").post("/firms/people/", {**SENT, "identity_number-1": WIFE[:-1], "part-0": "member"})
    text = answer.content.decode()
    assert answer.status_code == 422 and "head" in text and "李兰" in text
    assert (Firm.objects.count(), Person.objects.count()) == before


def test_who_only_reads_registers_nobody_and_sees_no_number(scenario: Any, client_of: Any) -> None:
    firm = registered(client_of("officer"))
    person = firm.people.get(role="head").person_id
    for who in ("auditor", "risk"):
        client = client_of(who)
        assert client.post("/firms/people/", SENT).status_code == 403
        sent = {"act": "reveal", "person": person, "what": "identity_number", "reason": "x"}
        assert client.post(f"/firms/{firm.pk}/people/", sent).status_code == 403
        assert client.get(f"/firms/{firm.pk}/people/").status_code == 200


def test_a_number_of_somebody_elses_people_is_not_shown(scenario: Any, client_of: Any) -> None:
    client = client_of("officer")
    firm = registered(client)
    other = scenario.institution.firm_set.exclude(pk=firm.pk).first()
    person = firm.people.get(role="head").person_id
    sent = {"act": "reveal", "person": person, "what": "identity_number", "reason": "x"}
    answer = client.post(f"/firms/{other.pk}/people/", sent)
    assert answer.status_code == 422 and HEAD not in answer.content.decode()


def test_a_consent_names_what_may_be_read_in_words(scenario: Any, client_of: Any) -> None:
    body = client_of("officer").get(f"/firms/{scenario.contract.firm_id}/people/").content.decode()
    assert "<td>Invoices</td>" in body and "<td>C07</td>" not in body
