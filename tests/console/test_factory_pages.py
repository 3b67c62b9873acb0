"""What the factory's forms do: answers, a committee's vote, a campaign, duties, the diligence file."""

from __future__ import annotations

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile


def referred(scenario: Any) -> Any:
    from puhui.decisions.models import Application

    return Application.objects.get(pk=scenario.waiting[0]).latest_decision


def test_faults_of_answers_are_told_on_the_case(scenario: Any, client_of: Any) -> None:
    from puhui.decisions.factory_models import Answer

    decision = referred(scenario)
    number = decision.questions.first().pk
    address = f"/cases/{decision.application_id}/answers/"
    sent = {f"text-{number}": "Looked into", f"finding-{number}": "perhaps"}
    response = client_of("officer").post(address, sent)
    assert response.status_code == 422
    assert "settled, accepted, open" in response.content.decode()
    assert not Answer.objects.exists()
    assert client_of("auditor").post(address, sent).status_code == 403
    sent |= {f"finding-{number}": "accepted", "key": "page-" + "a" * 24}
    for _ in range(2):  # sent twice, kept once
        assert client_of("officer").post(address, sent).status_code == 302
    assert Answer.objects.get().finding == "accepted"


def test_an_own_relation_keeps_an_officer_out(scenario: Any, client_of: Any) -> None:
    decision = referred(scenario)
    officer = client_of("officer")
    assert officer.post("/duties/", {"act": "interest", "firm": decision.firm.name, "kind": "family"}).status_code == 302
    page = officer.get(f"/cases/{decision.application_id}/").content.decode()
    assert "You have an own relation to this firm" in page
    assert "Save the answers" not in page
    sent = {"outcome": "refuse", "reason": "No reason"}
    assert officer.post(f"/cases/{decision.application_id}/", sent).status_code == 422
    assert client_of("approver").post(f"/cases/{decision.application_id}/", sent).status_code == 302


def test_a_delegation_needs_another_person(scenario: Any, client_of: Any) -> None:
    from puhui.decisions.factory_models import Delegation

    day = scenario.institution.business_date.isoformat()
    sent = {"act": "delegate", "taker": scenario.users["officer"].pk, "starts_on": day, "ends_on": day, "reason": "Training"}
    assert client_of("approver").post("/duties/", sent | {"starts_on": "soon"}).status_code == 422
    assert client_of("approver").post("/duties/", sent).status_code == 302
    row = Delegation.objects.get()
    assert client_of("approver").post("/duties/", {"act": "confirm", "delegation": row.pk}).status_code == 422
    assert client_of("risk").post("/duties/", {"act": "confirm", "delegation": row.pk}).status_code == 302
    row.refresh_from_db()
    assert row.confirmed_by == scenario.users["risk"]
    assert client_of("auditor").post("/duties/", {"act": "withdraw", "delegation": row.pk}).status_code == 403


def test_a_campaign_is_made_released_and_taken_up(scenario: Any, client_of: Any) -> None:
    from puhui.decisions.factory_models import Campaign
    from puhui.parties.models import Firm

    firms = list(Firm.objects.order_by("pk")[20:26])  # they have asked for nothing; three of them have withdrawn their consent
    text = "\n".join(["企业名称,金额", *(f"{firm.name},30000" for firm in firms)])
    sent = {
        "name": "Spring", "kind": "village", "anchor": "Yunxi", "product": "invoice-working-capital", "purpose": "stock", "months": "12",
        "amount": "30,000", "budget": "1,000,000", "expires_on": "2025-06-30", "region": "", "industry": "", "key": "page-" + "b" * 24,
    }  # fmt: skip
    officer = client_of("officer")
    bad = officer.post("/campaigns/", sent | {"region": "nonsense", "file": SimpleUploadedFile("l.csv", text.encode())})
    assert bad.status_code == 422
    assert not Campaign.objects.exists()
    for _ in range(2):
        made = officer.post("/campaigns/", sent | {"file": SimpleUploadedFile("l.csv", text.encode())})
        assert made.status_code == 302
    campaign = Campaign.objects.get()
    assert {"no_consent"} == {
        each["code"] for each in campaign.invitees.filter(firm=scenario.borrowers["en"].person.firms.get().firm).get().reasons
    }
    assert officer.post(made["Location"], {"act": "release"}).status_code == 422
    assert client_of("approver").post(made["Location"], {"act": "release"}).status_code == 302
    file = officer.get(f"{made['Location']}file.csv").content.decode("utf-8-sig")
    assert all(firm.name in file for firm in firms)
    offers = campaign.invitees.filter(outcome="offer")
    for row in offers[:1]:
        response = officer.post(made["Location"], {"act": "take", "invitee": row.pk})
        assert response.status_code == 302
        row.refresh_from_db()
        assert response["Location"] == f"/cases/{row.application_id}/"


def test_the_diligence_file_is_one_click_away(scenario: Any, client_of: Any) -> None:
    decision = referred(scenario)
    auditor = client_of("auditor")
    page = auditor.get(f"/decisions/{decision.pk}/").content.decode()
    for form in ("pdf", "xlsx", "json"):
        address = f"/decisions/{decision.pk}/diligence.{form}"
        assert address in page
        assert auditor.get(address).status_code == 200
    told = json.loads(auditor.get(f"/decisions/{decision.pk}/diligence.json").content)
    assert len(told["digest"]) == 16
    assert len(told["tables"]["dd_questions"]) == decision.questions.count()
    assert auditor.get(f"/decisions/{decision.pk}/diligence.csv").status_code == 404
    assert client_of("accountant").get(f"/decisions/{decision.pk}/diligence.json").status_code == 403


def test_a_committee_is_called_only_where_one_votes(scenario: Any, client_of: Any) -> None:
    decision = referred(scenario)
    address = f"/cases/{decision.application_id}/committee/"
    page = client_of("officer").get(address).content.decode()
    assert "No vote is due" in page and 'value="call"' not in page
    assert client_of("risk").post(address, {"act": "vote", "voice": "yes", "reason": "Good"}).status_code == 422
    response = client_of("officer").post(address, {"act": "call", "reason": "Please", "amount": f"{decision.amount_fen // 100}"})
    assert response.status_code == 422
    assert client_of("auditor").post(address, {"act": "call"}).status_code == 403


def test_a_member_with_an_own_interest_is_told_so_and_offered_no_vote(scenario: Any, client_of: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from puhui.decisions import actions
    from puhui.decisions.factory_models import Sitting
    from puhui.parties.models import User

    decision = referred(scenario)
    risk = User.objects.get(institution=decision.institution, username="risk")
    Sitting.objects.create(
        institution=decision.institution, decision=decision, amount_fen=decision.amount_fen, rate_ppm=decision.rate_ppm, reason="Please",
        members=[risk.pk], quorum=1, majority_ppm=500_000, chair=["risk_manager"], opened_by=risk,
    )  # fmt: skip
    client, address = client_of("risk"), f"/cases/{decision.application_id}/committee/"
    with CaptureQueriesContext(connection) as asked:
        page = client.get(address).content.decode()
    assert 'value="yes"' in page
    assert len([each for each in asked if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]) <= 12
    actions.declare_interest(risk, "family", firm=decision.firm, actor="risk")
    page = client.get(address).content.decode()
    assert 'value="yes"' not in page and "has an own interest in the firm" in page


def test_whoever_called_a_committee_that_lost_its_quorum_is_told_on_the_queue_and_calls_it_anew(scenario: Any, client_of: Any) -> None:
    from puhui.decisions import actions
    from puhui.decisions.factory_models import Sitting
    from puhui.parties.models import User

    decision = referred(scenario)
    people = {one.username: one for one in User.objects.filter(institution=decision.institution)}
    names = ("officer", "approver", "risk")
    sitting = Sitting.objects.create(
        institution=decision.institution, decision=decision, amount_fen=decision.amount_fen, rate_ppm=decision.rate_ppm, reason="Please",
        members=[people[name].pk for name in names], quorum=3, majority_ppm=500_000, chair=["risk_manager"], opened_by=people["officer"],
    )  # fmt: skip
    convener, address = client_of("officer"), f"/cases/{decision.application_id}/committee/"
    assert "has lost its quorum" not in convener.get("/queue/").content.decode()
    actions.declare_interest(people["approver"], "family", firm=decision.firm, actor="approver")
    for page in ("/queue/", "/committee/"):
        assert "has lost its quorum" in convener.get(page).content.decode(), page
    page = client_of("risk").get(address).content.decode()
    assert "of 3 members 2 have no own interest" in page and 'value="yes"' not in page and "keeps out: own interest" in page
    assert "has lost its quorum" not in client_of("risk").get("/queue/").content.decode(), "another called it"
    assert client_of("risk").post(address, {"act": "vote", "voice": "yes", "reason": "Good"}).status_code == 422
    response = convener.post(address, {"act": "recall"})
    sitting.refresh_from_db()
    assert response.status_code in (302, 422) and (response.status_code == 302) == (people["approver"].pk not in sitting.members)
