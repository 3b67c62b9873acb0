"""The factory around the engine: questions of a referral, committee, delegation, absence, interests, clock."""

from __future__ import annotations

import threading
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from puhui.calculations.faults import FaultsError
from puhui.calculations.working_hours import due_at
from puhui.decisions import actions, queries
from puhui.decisions.factory_models import Answer, Escalation, Question, Vote
from puhui.decisions.models import Application, Exposure, Offer, Review
from puhui.decisions.timing import due
from puhui.parties.models import AuditRecord

SHANGHAI = ZoneInfo("Asia/Shanghai")


def faults_of(call) -> str:
    with pytest.raises(FaultsError) as raised:
        call()
    return str(raised.value)


def referred(bank, amount_yuan=200_000, **variables):
    application = bank.apply(bank.firm(**({"inv_out_gap_days_max_12m": 100} | variables)), amount_yuan)
    return actions.decide(application, "system")


def answer_all(bank, decision, who="officer", finding="settled"):
    required = decision.questions.filter(is_required=True).values_list("pk", flat=True)
    return actions.answer_questions(
        decision, bank.users[who], dict.fromkeys(required, (finding, "Looked into")), f"{finding}:{decision.pk}"
    )


BEYOND_FEN = 90_000_000  # a fifth above the limit of 750,000: more than two officers' tenth, within a committee's 30%


def for_committee(bank):
    """A firm that asks for 900,000, of which the engine proposes 750,000; only a committee may grant it all."""
    return referred(bank, 900_000)


def test_a_referral_asks_its_questions(bank):
    decision = referred(bank, inv_out_yoy=None)
    kinds = set(decision.questions.values_list("kind", "subject", "is_required"))
    refer = [reason["code"] for reason in decision.record["reasons"] if reason.get("severity") == "refer"]
    assert {("rule", code, True) for code in refer} <= kinds
    assert ("missing", "inv_out_yoy", False) in kinds
    assert {one["id"] for one in decision.record["stages"]["facts"]["unknowns"]} == {name for kind, name, _ in kinds if kind == "unknown"}
    assert ("check", "owner_identity", False) in kinds
    assert all(set(one.text) == {"en", "zh-hans", "zh-hant"} for one in Question.objects.all())
    assert not Question.objects.filter(decision=actions.decide(bank.apply(bank.firm("Good")), "system")).exists()


def test_sources_that_contradict_each_other_must_be_explained(bank):
    from puhui.features import cross_checks

    row = next(one for one in cross_checks.checks_on(bank.institution.business_date) if one["outside"] == "refer" and "most" in one)
    decision = referred(bank, **{row["variable"]: float(row["most"]) + 1})
    question = decision.questions.get(kind="contradiction", subject=row["code"])
    assert question.is_required
    assert (question.detail["value"], question.detail["most"]) == (float(row["most"]) + 1, float(row["most"]))
    assert question.detail["innocent"]["en"] == row["innocent_en"]


def test_no_yes_before_the_answers(bank):
    decision = referred(bank)
    officer = bank.users["officer"]
    assert "Answer it on the case first" in faults_of(lambda: actions.review(decision, officer, "approve", "Yes"))
    answer_all(bank, decision, finding="open")
    assert "no answer that settles it" in faults_of(lambda: actions.review(decision, officer, "approve", "Yes"))
    assert "questions" in queries.may_approve(decision, officer).hindrances
    answer_all(bank, decision)
    assert queries.may_approve(decision, officer).may
    actions.review(decision, officer, "approve", "Yes")
    assert Offer.objects.exists()
    assert Answer.objects.count() == 2 * decision.questions.filter(is_required=True).count()


def test_answers_are_idempotent_and_all_or_none(bank):
    decision, other = referred(bank), referred(bank, 210_000)
    first = answer_all(bank, decision)
    assert [one.pk for one in answer_all(bank, decision)] == [one.pk for one in first]
    foreign = other.questions.first().pk
    own = decision.questions.first().pk
    text = faults_of(
        lambda: actions.answer_questions(decision, bank.users["officer"], {own: ("maybe", " "), foreign: ("settled", "x")}, "k")
    )
    for part in ("finding", "what was found out", f"question {foreign}", "a question of this decision"):
        assert part in text
    assert Answer.objects.filter(question__decision=decision).count() == len(first)
    assert "auditor" in faults_of(lambda: answer_all(bank, other, "auditor"))


def test_a_no_has_a_cause(bank):
    decision = referred(bank)
    assert "unexplained" in faults_of(lambda: actions.review(decision, bank.users["officer"], "refuse", "No", cause="mood"))
    assert actions.review(decision, bank.users["officer"], "refuse", "No", cause="papers").cause == "papers"


def test_the_committee_is_called_only_where_a_vote_is_due(bank):
    from puhui.decisions.committee import votable_fen

    decision = for_committee(bank)
    assert decision.amount_fen < BEYOND_FEN and votable_fen(decision) == BEYOND_FEN  # what was asked, not what was proposed
    plain = actions.decide(bank.apply(bank.firm("Plain", inv_out_gap_days_max_12m=100)), "system")
    assert plain.outcome == "refer" and votable_fen(plain) is None
    assert "a level that votes" in faults_of(lambda: call_answered(bank, plain))


def call_answered(bank, decision):
    required = decision.questions.filter(is_required=True).values_list("pk", flat=True)
    actions.answer_questions(decision, bank.users["officer"], dict.fromkeys(required, ("settled", "Works were closed")), "plain")
    return actions.call_committee(decision, bank.users["officer"], "Please")


def test_committee_votes(bank):
    decision = for_committee(bank)
    bank_of = bank.users
    assert "Answer it" in faults_of(lambda: actions.call_committee(decision, bank_of["officer"], "Please", BEYOND_FEN))
    answer_all(bank, decision)
    assert "a vote of the committee" in faults_of(lambda: actions.review(decision, bank_of["risk"], "approve", "Yes", BEYOND_FEN))
    sitting = actions.call_committee(decision, bank_of["officer"], "Please", BEYOND_FEN)
    assert actions.call_committee(decision, bank_of["risk"], "Again", BEYOND_FEN).pk == sitting.pk
    assert (len(sitting.members), sitting.quorum, sitting.chair) == (4, 3, ["risk_manager"])
    assert "a committee sits on it" in faults_of(lambda: actions.review(decision, bank_of["risk"], "refuse", "No"))
    first = actions.vote(sitting, bank_of["officer"], "yes", "Good")
    assert actions.vote(sitting, bank_of["officer"], "yes", "Good").pk == first.pk
    assert "one vote a member" in faults_of(lambda: actions.vote(sitting, bank_of["officer"], "no", "Changed"))
    assert "who does not sit" in faults_of(lambda: actions.vote(sitting, bank_of["auditor"], "yes", "Good"))
    actions.vote(sitting, bank_of["second"], "yes", "Good")
    actions.vote(sitting, bank_of["approver"], "yes", "Good")
    assert not Offer.objects.exists()  # three of four, but nobody who presides
    actions.vote(sitting, bank_of["risk"], "yes", "Good")
    sitting.refresh_from_db()
    assert sitting.outcome == "approve"
    assert Exposure.objects.get().reserved_fen == Offer.objects.get().amount_fen == BEYOND_FEN
    assert {one.deviations["over_limit_fen"] for one in Review.objects.all()} == {15_000_000}
    assert Review.objects.filter(outcome="approve", level="committee").count() == 4


def test_committee_falls_when_it_cannot_carry(bank):
    decision = for_committee(bank)
    answer_all(bank, decision)
    sitting = actions.call_committee(decision, bank.users["officer"], "Please", BEYOND_FEN)
    actions.vote(sitting, bank.users["officer"], "no", "Too much")
    assert Application.objects.get().status == "referred"  # three yes of four could still carry it
    actions.vote(sitting, bank.users["second"], "abstain", "Do not know")
    assert Application.objects.get().status == "refused"  # an abstention is cast and is no yes
    assert "one that is open" in faults_of(lambda: actions.vote(sitting, bank.users["risk"], "yes", "Late"))


def test_a_chair_ends_a_sitting_with_a_quorum(bank):
    decision = for_committee(bank)
    answer_all(bank, decision)
    from puhui.parties.actions import create_user

    for number in range(3):  # seven sit: the quorum is four, two thirds of all are five
        create_user(bank.institution, f"more{number}", "secret-secret", "officer")
    sitting = actions.call_committee(decision, bank.users["officer"], "Please", BEYOND_FEN)
    assert (len(sitting.members), sitting.quorum) == (7, 4)
    for name in ("officer", "second", "risk"):
        actions.vote(sitting, bank.users[name], "yes", "Good")
    assert "a quorum of 4" in faults_of(lambda: actions.end_sitting(sitting, bank.users["risk"]))
    actions.vote(sitting, bank.users["approver"], "no", "Not convinced")
    assert "presides" in faults_of(lambda: actions.end_sitting(sitting, bank.users["officer"]))
    assert actions.end_sitting(sitting, bank.users["risk"]).outcome == "approve"  # three of four cast
    assert Review.objects.count() == 3


def test_a_committee_that_loses_its_quorum_to_a_later_conflict_tells_its_convener_and_cannot_vote(bank):
    from puhui.decisions.seats import lost_by
    from puhui.parties.actions import create_user

    decision = for_committee(bank)
    answer_all(bank, decision)
    people = bank.users
    sitting = actions.call_committee(decision, people["officer"], "Please", BEYOND_FEN)
    assert (len(sitting.members), sitting.quorum) == (4, 3)
    actions.vote(sitting, people["second"], "yes", "Good")
    actions.declare_interest(people["second"], "family", firm=decision.firm, actor="second")
    assert lost_by(people["officer"]) == [], "three of four are free"
    assert not AuditRecord.objects.filter(act="lose_quorum").exists()
    actions.declare_interest(people["approver"], "business", firm=decision.firm, actor="approver")
    assert lost_by(people["officer"]) == [sitting] and lost_by(people["risk"]) == []
    assert AuditRecord.objects.get(act="lose_quorum").detail == {"sitting": sitting.pk, "quorum": 3, "told": "officer"}
    text = faults_of(lambda: actions.vote(sitting, people["risk"], "yes", "Good"))
    assert "2 of 4 members without an own interest" in text and "officer, who called the committee, is told" in text
    assert "2 of 4 members" in faults_of(lambda: actions.end_sitting(sitting, people["risk"]))
    assert "3 or more" in faults_of(lambda: actions.call_committee(decision, people["officer"], "Again", BEYOND_FEN))
    newcomer = create_user(bank.institution, "newcomer", "secret-secret", "approver")
    again = actions.call_committee(decision, people["officer"], "Again", BEYOND_FEN)
    assert again.pk == sitting.pk and sorted(again.members) == [*sorted(people[name].pk for name in ("officer", "risk")), newcomer.pk]
    assert lost_by(people["officer"]) == []
    for user in (people["risk"], newcomer):
        actions.vote(again, user, "yes", "Good")
    assert not Offer.objects.exists(), "the vote of a member with an interest counts no more: two of three"
    actions.vote(again, people["officer"], "yes", "Good")
    assert Offer.objects.get().amount_fen == BEYOND_FEN
    assert set(Review.objects.values_list("reviewer__username", flat=True)) == {"officer", "risk", "newcomer"}


def test_a_committee_whose_chair_has_a_conflict_is_not_made_to_refuse(bank):
    from puhui.decisions.seats import lost_by
    from puhui.parties.actions import link_person, register_person

    decision = for_committee(bank)
    answer_all(bank, decision)
    sitting = actions.call_committee(decision, bank.users["officer"], "Please", BEYOND_FEN)
    owner = register_person(bank.institution, "林晓", "11010519491231002X", actor="system")
    link_person(decision.firm, owner, "owner", actor="system")
    bank.users["risk"].person = owner
    bank.users["risk"].save(update_fields=["person"])
    assert lost_by(bank.users["officer"]) == [sitting], "the registers tell of it as well"
    assert "nobody without an own interest" in faults_of(lambda: actions.vote(sitting, bank.users["approver"], "yes", "Good"))
    assert Application.objects.get().status == "referred"


def test_interests_and_absence_keep_out(bank):
    decision = referred(bank)
    answer_all(bank, decision, "second")
    officer = bank.users["officer"]
    actions.declare_interest(officer, "family", firm=decision.firm, actor="officer")
    actions.declare_interest(officer, "family", firm=decision.firm, actor="officer")
    assert officer.interests.count() == 1
    assert "an own interest (family)" in faults_of(lambda: actions.review(decision, officer, "approve", "Yes"))
    assert "interest" in queries.may_approve(decision, officer).hindrances
    day = bank.institution.business_date
    actions.record_absence(bank.users["second"], day, day + timedelta(days=3), "Leave", "second")
    assert "who is away" in faults_of(lambda: actions.review(decision, bank.users["second"], "approve", "Yes"))
    actions.review(decision, bank.users["approver"], "approve", "Yes")


def test_the_own_firm_is_found_in_the_registers(bank):
    from puhui.parties.actions import link_person, register_person

    decision = referred(bank)
    person = register_person(bank.institution, "林晓", "11010519491231002X", actor="system")
    link_person(decision.firm, person, "owner", actor="system")
    officer = bank.users["officer"]
    officer.person = person
    officer.save(update_fields=["person"])
    assert "own_firm" in faults_of(lambda: answer_all(bank, decision))


def test_delegation_carries_the_givers_role(bank):
    decision = referred(bank, 750_000)
    answer_all(bank, decision)
    users, day = bank.users, bank.institution.business_date
    text = faults_of(lambda: actions.delegate(users["risk"], users["risk"], day - timedelta(days=1), day, " ", users["officer"]))
    for part in ("somebody else than the giver", "days from", "why, in words", "officer, officer"):
        assert part in text
    row = actions.delegate(users["risk"], users["second"], day, day + timedelta(days=5), "Training", users["risk"])
    assert actions.delegate(users["risk"], users["second"], day, day + timedelta(days=5), "Training", users["risk"]).pk == row.pk
    assert "maker and checker differ" in faults_of(lambda: actions.confirm_delegation(row, users["risk"]))
    actions.review(decision, users["officer"], "approve", "Yes")
    wanted = {"on_behalf_of": users["risk"]}
    assert "on_behalf_of" in faults_of(lambda: actions.review(decision, users["second"], "approve", "Yes", **wanted))
    actions.confirm_delegation(row, users["approver"])
    review = actions.review(decision, users["second"], "approve", "Yes", **wanted)
    assert review.on_behalf_of == users["risk"]
    assert Offer.objects.exists()  # the giver may preside
    assert AuditRecord.objects.get(act="approve", detail__on_behalf_of="risk")


def test_nobody_speaks_twice_through_another(bank):
    decision = referred(bank, 750_000)
    answer_all(bank, decision)
    users, day = bank.users, bank.institution.business_date
    row = actions.delegate(users["officer"], users["second"], day, day, "Away", users["officer"])
    actions.confirm_delegation(row, users["risk"])
    actions.review(decision, users["second"], "approve", "Yes", on_behalf_of=users["officer"])
    assert "who has spoken already" in faults_of(lambda: actions.review(decision, users["officer"], "approve", "Yes"))
    actions.withdraw_delegation(row, users["officer"])
    assert "who has spoken already" in faults_of(lambda: actions.review(decision, users["second"], "approve", "Yes"))


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-03-02 09:00", 4, "2026-03-02 13:00"),
        ("2026-03-06 17:00", 4, "2026-03-09 12:00"),  # Friday evening: half an hour, then Monday 8:30 and three and a half
        ("2026-03-07 10:00", 1, "2026-03-09 09:30"),  # a Saturday
        ("2026-03-02 20:00", 9, "2026-03-03 17:30"),  # after closing: the whole next day
        ("2026-09-30 17:00", 1, "2026-10-08 09:00"),  # the National Day holiday, half an hour on each side
    ],
)
def test_working_hours(start, hours, expected):
    found = due_at(datetime.fromisoformat(start).replace(tzinfo=SHANGHAI), hours, time(8, 30), time(17, 30))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=SHANGHAI)


def test_escalation_tells_once(bank):
    decision = referred(bank)
    first, last = due(decision, decision.application.product_code)
    assert (first.step, last.step) == ("first_look", "decision")
    assert actions.escalate(bank.institution, first.at) == []
    assert [one.step for one in actions.escalate(bank.institution, first.at + timedelta(minutes=1))] == ["first_look"]
    assert [one.to_role for one in actions.escalate(bank.institution, last.at + timedelta(minutes=1))] == ["risk_manager"]
    assert actions.escalate(bank.institution, last.at + timedelta(days=1)) == []
    assert Escalation.objects.count() == 2


def test_a_case_that_was_looked_at_is_not_late_for_a_look(bank):
    decision = referred(bank)
    answer_all(bank, decision)
    first, _ = due(decision, decision.application.product_code)
    assert actions.escalate(bank.institution, first.at + timedelta(minutes=1)) == []


def test_two_last_votes_at_once_make_one_offer(bank):
    decision = for_committee(bank)
    answer_all(bank, decision)
    sitting = actions.call_committee(decision, bank.users["officer"], "Please", BEYOND_FEN)
    actions.vote(sitting, bank.users["risk"], "yes", "Good")
    actions.vote(sitting, bank.users["approver"], "yes", "Good")
    together([lambda who=who: actions.vote(sitting, bank.users[who], "yes", "Good") for who in ("officer", "second")])
    assert Offer.objects.count() == 1
    assert Vote.objects.count() in (3, 4)  # the second may find the sitting ended


def test_the_same_answers_sent_twice_at_once(bank):
    decision = referred(bank)
    together([lambda: answer_all(bank, decision)] * 2)
    assert Answer.objects.count() == decision.questions.filter(is_required=True).count()


def together(calls) -> None:
    """Run at once on connections of their own; faults are the answer of the loser."""
    gate = threading.Barrier(len(calls))

    def run(call) -> None:
        gate.wait()
        try:
            call()
        except FaultsError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def test_the_day_end_tells_of_what_is_late_by_its_end(bank):
    """Not on the eve of the day on which the first look is due, both on the day of the decision; with nothing waiting one statement."""
    from django.test.utils import CaptureQueriesContext

    from puhui.loans.day_steps import STEPS, Night

    with CaptureQueriesContext(connection) as asked:
        assert STEPS["escalate"](Night(bank.institution, bank.institution.business_date)) == {"escalated": 0}
    assert len([each for each in asked if each["sql"] not in ("BEGIN", "COMMIT")]) == 1
    decision = referred(bank)
    first, last = (each.at.astimezone(SHANGHAI).date() for each in due(decision, decision.application.product_code))
    assert STEPS["escalate"](Night(bank.institution, first - timedelta(days=1))) == {"escalated": 0}
    assert STEPS["escalate"](Night(bank.institution, last)) == {"escalated": 2}
    assert STEPS["escalate"](Night(bank.institution, last)) == {"escalated": 0}
    assert set(AuditRecord.objects.filter(act="escalate").values_list("actor", flat=True)) == {"day end"}
