"""Who sees which case, what waits, and how quickly answers come."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.decisions.conftest import DAY

from puhui.decisions import actions, queries
from puhui.decisions.models import Application, Decision
from puhui.decisions.speed import in_all


@pytest.fixture
def worked(bank):
    """Five cases: straight through, referred and waiting, referred and granted, refused, and one not decided yet."""
    gap = {"inv_out_gap_days_max_12m": 100}
    firms = [bank.firm("Straight"), bank.firm("Waiting", **gap), bank.firm("Granted", **gap), bank.firm("Refused", inv_out_amt_12m=1.0)]
    applications = {firm.name: bank.apply(firm) for firm in firms}
    actions.decide_many(bank.institution, applications.values(), "system")
    granted = applications["Granted"].decisions.get()
    questions = granted.questions.filter(is_required=True).values_list("pk", flat=True)
    actions.answer_questions(granted, bank.users["officer"], dict.fromkeys(questions, ("settled", "Known firm")), "granted")
    actions.review(granted, bank.users["officer"], "approve", "Known firm")
    applications["New"] = bank.apply(bank.firm("New"))
    return applications


def test_queue(bank, worked):
    officer = bank.users["officer"]
    assert [one.firm.name for one in queries.work_queue(officer)] == ["Waiting", "New"]
    assert [one.firm.name for one in queries.work_queue(officer, {"status": "refused"})] == ["Refused"]
    assert [one.firm.name for one in queries.work_queue(officer, {"status": "all", "text": "grant"})] == ["Granted"]
    assert queries.queue_counts(officer, 10) == dict.fromkeys(Application.Status.values, 0) | {
        "submitted": 1,
        "referred": 1,
        "refused": 1,
        "offered": 2,
    }
    with pytest.raises(ValueError, match="unknown filters"):
        queries.work_queue(officer, {"colour": "red"})
    assert list(queries.work_queue(officer, {"mine": True})) == []
    firm = worked["Waiting"].firm
    firm.manager = officer
    firm.save()
    assert [one.firm.name for one in queries.work_queue(officer, {"mine": True})] == ["Waiting"]


def test_queue_takes_two_queries_however_long(bank, worked):
    with CaptureQueriesContext(connection) as captured:
        rows = list(queries.work_queue(bank.users["officer"], {"status": "all"}))
        assert [row.latest_decision.outcome if row.latest_decision else None for row in rows].count("refer") == 2
    assert len(captured) == 2


def test_case_is_whole_in_few_queries(bank, worked):
    with CaptureQueriesContext(connection) as captured:
        case = queries.case(bank.users["officer"], worked["Granted"].pk)
        decision = case.latest_decision
        assert decision is not None
        assert [review.reviewer.username for review in decision.reviews.all()] == ["officer"]
        assert decision.exposure.reserved_fen == case.offer.amount_fen
    assert len(captured) <= 7


def test_scoping(bank, worked):
    from puhui.parties.actions import create_institution, create_user, link_person, register_person

    other = create_institution("other", "Other Bank", "bank", DAY)
    stranger = create_user(other, "stranger", "secret-secret", "officer")
    assert not queries.applications(stranger).exists()
    assert not queries.decisions(stranger).exists()
    with pytest.raises(Application.DoesNotExist):
        queries.case(stranger, worked["Granted"].pk)
    with pytest.raises(Decision.DoesNotExist):
        queries.decision(stranger, worked["Granted"].decisions.get().pk)
    person = register_person(bank.institution, "Owner", "11010519491231002X", actor="system")
    link_person(worked["Granted"].firm, person, "owner", actor="system")
    borrower = create_user(bank.institution, "borrower", "secret-secret", "borrower", person=person)
    assert [one.firm.name for one in queries.applications(borrower)] == ["Granted"]
    assert [one.firm.name for one in queries.offers(borrower)] == ["Granted"]


def test_may_approve(bank, worked):
    decision = queries.decision(bank.users["officer"], worked["Waiting"].decisions.get().pk)
    assert queries.may_approve(decision, bank.users["officer"]).hindrances == ("questions",)
    required = decision.questions.filter(is_required=True).values_list("pk", flat=True)
    actions.answer_questions(decision, bank.users["officer"], dict.fromkeys(required, ("settled", "Looked into")), "answered")
    decision = queries.decision(bank.users["officer"], decision.pk)
    voice = queries.may_approve(decision, bank.users["officer"])
    assert (voice.may, voice.level, voice.hindrances) == (True, "officer", ())
    assert queries.may_approve(decision, bank.users["auditor"]).hindrances == ("role",)
    Application.objects.update(submitted_by="officer")
    decision = queries.decision(bank.users["officer"], decision.pk)
    assert queries.may_approve(decision, bank.users["officer"]).hindrances == ("maker",)
    granted = queries.decision(bank.users["officer"], worked["Granted"].decisions.get().pk)
    assert "not_referred" in queries.may_approve(granted, bank.users["second"]).hindrances


def test_authority_of(bank):
    levels = [row["level"] for row in queries.authority_of(bank.users["officer"], DAY) if row["product"] == "invoice-working-capital"]
    assert levels == ["officer", "two_officers", "committee"]
    assert queries.authority_of(bank.users["auditor"], DAY) == []


def test_turnaround(bank, worked):
    Application.objects.filter(pk=worked["Granted"].pk).update(submitted_at=worked["Granted"].submitted_at - timedelta(hours=48))
    found = in_all(bank.institution, DAY)
    # Straight, Granted and Refused have their answer; a person spoke in one of them; Waiting and New are not answered.
    assert (found.answered, found.approved, found.automated) == (3, 2, 2)
    assert found.median_hours is not None and 0 <= found.median_hours < 1
    Application.objects.filter(pk=worked["Straight"].pk).update(submitted_at=worked["Straight"].submitted_at - timedelta(hours=24))
    assert 24 <= in_all(bank.institution, DAY).median_hours < 25  # of about 0, 24 and 48 hours
    before = in_all(bank.institution, DAY - timedelta(days=1))
    assert (before.decisions, before.answered, before.median_hours) == (0, 0, None)
