"""From application to offer: decided once, reserved under the firm's lock, reviewed within authority, answered, expired."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from puhui.calculations.faults import FaultsError
from puhui.decisions import actions
from puhui.decisions.models import Application, Decision, Exposure, Offer, Review
from puhui.parties.models import AuditRecord, Consent, Institution


def faults_of(call) -> str:
    with pytest.raises(FaultsError) as raised:
        call()
    return str(raised.value)


def test_straight_through(bank):
    application = bank.apply(bank.firm())
    decision = actions.decide(application, "system")
    assert (decision.outcome, decision.risk_class, decision.authority) == ("approve", "A", "straight_through")
    # 550 + 60 + 50 points; odds 20 × 2^(60/20) = 160 to 1.
    assert (decision.points, decision.probability_ppm) == (660, 6211)
    # The least bound: 1.8 months × 2,500,000 / 6 = 750,000 yuan.
    assert decision.limit_fen == 75_000_000
    assert decision.amount_fen == 20_000_000
    offer = Offer.objects.get(application=application)
    assert offer.terms["amount"] == "200000"
    assert offer.terms["instalments"] == 12
    assert offer.rate_ppm == decision.rate_ppm
    assert offer.annual_cost_ppm > offer.rate_ppm  # twelve instalments a year: the effective rate is above the nominal
    assert Exposure.objects.get(decision=decision).reserved_fen == 20_000_000
    application.refresh_from_db()
    assert application.status == Application.Status.OFFERED
    assert AuditRecord.objects.filter(act="decide", subject_id=str(decision.pk)).count() == 1


def test_submit_and_decide_are_idempotent(bank):
    firm = bank.firm()
    first, again = bank.apply(firm, key="k"), bank.apply(firm, key="k")
    assert first.pk == again.pk
    assert actions.decide(first, "system").pk == actions.decide(first, "system").pk
    assert (Decision.objects.count(), Exposure.objects.count(), Offer.objects.count()) == (1, 1, 1)
    assert "a key of its own" in faults_of(lambda: bank.apply(firm, 300_000, key="k"))


def test_submit_names_every_fault(bank):
    firm = bank.firm()
    other = bank.firm("Other")
    good = {"firm": firm, "product_code": "invoice-working-capital", "amount_fen": 20_000_000, "term_months": 12, "channel": "counter"}
    rows = [
        good | {"product_code": "invoice-working-capitol", "purpose": "stock", "key": "1"},
        good | {"firm": other, "amount_fen": 5, "term_months": 99, "purpose": " ", "key": "2"},
    ]
    text = faults_of(lambda: actions.submit_many(bank.institution, rows, "system"))
    assert "Did you mean invoice-working-capital?" in text
    for where in ("row 1: product", "row 2: purpose", "row 2: amount_fen", "row 2: term_months"):
        assert where in text
    assert Application.objects.count() == 0


def test_second_application_sees_what_the_first_reserved(bank):
    firm = bank.firm()
    first, second = bank.apply(firm, 300_000, key="1"), bank.apply(firm, 600_000, key="2")
    actions.decide(first, "system")
    decision = actions.decide(second, "system")
    limit = decision.record["stages"]["limit"]
    assert limit["already_owed_fen"] == 30_000_000
    assert limit["held_by"] == "exposure"
    assert decision.amount_fen == 45_000_000  # 750,000 less 300,000


def test_batch_counts_a_firms_own_earlier_yes(bank):
    firm = bank.firm()
    applications = [bank.apply(firm, 300_000, key="1"), bank.apply(firm, 600_000, key="2")]
    batch = actions.decide_many(bank.institution, applications, "system")
    assert [decision.amount_fen for decision in batch.decided] == [30_000_000, 45_000_000]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"inv_out_active_months_12m": 8}, "sales_months"),
        ({"inv_out_amt_12m": None}, "sales_amount"),
        ({"inv_out_yoy": -0.2, "inv_buyer_cnt_12m": 2}, "class_not_lent"),
        ({"inv_out_amt_6m": 60_000.0}, "limit_below_minimum"),
    ],
)
def test_refused(bank, variables, code):
    decision = actions.decide(bank.apply(bank.firm(**variables)), "system")
    assert decision.outcome == "refuse"
    reasons = {reason["code"]: reason for reason in decision.record["reasons"] if reason.get("severity") == "veto"}
    assert code in reasons
    assert set(reasons[code]["text"]) == {"en", "zh-hans", "zh-hant"}
    assert (decision.limit_fen, decision.amount_fen, decision.rate_ppm) == (0, 0, None)
    assert not Exposure.objects.exists()


def test_no_consent_no_decision(bank):
    application = bank.apply(bank.firm(consent=False))
    assert "consent of Firm" in faults_of(lambda: actions.decide(application, "system"))
    assert not Decision.objects.exists()


def test_withdrawn_consent_stops_at_once(bank):
    from puhui.parties.actions import withdraw_consent

    application = bank.apply(bank.firm())
    withdraw_consent(Consent.objects.get(), "owner")
    Consent.objects.update(withdrawn_at="2026-03-01T08:00:00+08:00")  # withdrawn within the lender's calendar
    assert "consent of Firm" in faults_of(lambda: actions.decide(application, "system"))


def test_a_withdrawn_consent_covers_no_look_back_either(bank):
    """On the day before the withdrawal it was live; looked at that day from today, it is not."""
    from puhui.decisions.preview import preview
    from puhui.parties.actions import withdraw_consent

    firm = bank.firm()
    before = bank.institution.business_date - timedelta(days=1)
    asked = (bank.institution, firm, "invoice-working-capital", 20_000_000, 12, "stock", before)
    assert preview(*asked)["facts"]["business_date"] == before.isoformat()
    withdraw_consent(Consent.objects.get(firm=firm), "owner")
    assert "consent of" in faults_of(lambda: preview(*asked))


def referred(bank, amount_yuan=200_000, **variables):
    """A case that goes to one officer: a gap of 100 days."""
    application = bank.apply(bank.firm(**({"inv_out_gap_days_max_12m": 100} | variables)), amount_yuan)
    decision = actions.decide(application, "system")
    assert decision.outcome == "refer"
    return answered(bank, decision)


def answered(bank, decision):
    """The questions that must be answered before a yes, answered."""
    required = decision.questions.filter(is_required=True).values_list("pk", flat=True)
    answers = dict.fromkeys(required, ("settled", "Looked into"))
    if answers:
        actions.answer_questions(decision, bank.users["officer"], answers, f"answered:{decision.pk}")
    return decision


def test_review_grants_within_authority(bank):
    decision = referred(bank)
    assert decision.authority == "officer"
    assert not Exposure.objects.exists()
    review = actions.review(decision, bank.users["officer"], "approve", "Works were closed for a holiday", amount_fen=15_000_000)
    offer = Offer.objects.get(decision=decision)
    assert (offer.amount_fen, offer.terms["amount"]) == (15_000_000, "150000")
    assert Exposure.objects.get(decision=decision).reserved_fen == 15_000_000
    assert review.deviations == {}
    assert decision.record == Decision.objects.get(pk=decision.pk).record  # the engine's word stays as it was


def test_review_refuses(bank):
    decision = referred(bank)
    actions.review(decision, bank.users["officer"], "refuse", "No explanation")
    assert Application.objects.get().status == Application.Status.REFUSED
    assert "one that is referred and open" in faults_of(lambda: actions.review(decision, bank.users["second"], "approve", "Yes"))


def test_review_faults(bank):
    decision = referred(bank)
    Application.objects.update(submitted_by="officer")
    officer = bank.users["officer"]
    assert "maker and checker differ" in faults_of(lambda: actions.review(decision, officer, "approve", "Yes"))
    assert "the role auditor" in faults_of(lambda: actions.review(decision, bank.users["auditor"], "approve", "Yes"))
    assert "the reason, in words" in faults_of(lambda: actions.review(decision, bank.users["second"], "approve", "  "))
    assert "the amount asked" in faults_of(lambda: actions.review(decision, bank.users["second"], "approve", "Yes", amount_fen=99_000_000))
    assert not Review.objects.exists()


def test_two_officers_and_a_chair(bank):
    # 750,000 of class A is above one officer's 700,000.
    decision = referred(bank, 750_000)
    assert decision.authority == "two_officers"
    actions.review(decision, bank.users["officer"], "approve", "Good firm")
    assert not Offer.objects.exists()
    assert "who has spoken already" in faults_of(lambda: actions.review(decision, bank.users["officer"], "approve", "Again"))
    text = faults_of(lambda: actions.review(decision, bank.users["approver"], "approve", "Less", amount_fen=50_000_000))
    assert "75000000, to which officer said yes" in text
    actions.review(decision, bank.users["second"], "approve", "Agreed")
    assert not Offer.objects.exists()  # two officers, but neither may preside
    actions.review(decision, bank.users["approver"], "approve", "Agreed")
    assert Offer.objects.get().amount_fen == 75_000_000


def test_beyond_the_limit_only_as_deviation(bank):
    # The limit is 750,000; 800,000 is 6.7% more, which two officers may grant and one may not.
    decision = referred(bank, 800_000)
    actions.review(decision, bank.users["officer"], "approve", "Order in hand", amount_fen=80_000_000)
    review = actions.review(decision, bank.users["approver"], "approve", "Order seen", amount_fen=80_000_000)
    assert review.deviations == {"over_limit_fen": 5_000_000}
    assert review.level == "two_officers"
    assert Exposure.objects.get().reserved_fen == 80_000_000


def test_far_beyond_the_limit_is_refused(bank):
    decision = referred(bank, 1_000_000)  # a third above 750,000: more than a committee's 30%
    text = faults_of(lambda: actions.review(decision, bank.users["risk"], "approve", "Please", amount_fen=100_000_000))
    assert "some level of authority" in text


def test_below_the_floor_is_a_deviation(bank):
    decision = referred(bank)
    floor = decision.record["stages"]["price"]["floor_ppm"]
    actions.review(decision, bank.users["officer"], "approve", "Old customer", rate_ppm=floor - 1000)
    assert not Offer.objects.exists()
    actions.review(decision, bank.users["approver"], "approve", "Old customer", rate_ppm=floor - 1000)
    assert Offer.objects.get().rate_ppm == floor - 1000


def test_offer_answered_and_expired(bank):
    offer = Offer.objects.get(decision=actions.decide(bank.apply(bank.firm("One")), "system"))
    other = Offer.objects.get(decision=actions.decide(bank.apply(bank.firm("Two")), "system"))
    third = Offer.objects.get(decision=actions.decide(bank.apply(bank.firm("Three")), "system"))
    actions.answer_offer(offer, True, "owner")
    assert actions.answer_offer(offer, True, "owner").status == Offer.Status.ACCEPTED
    actions.answer_offer(other, False, "owner")
    assert Exposure.objects.get(decision=other.decision).reserved_fen == 0
    assert "an open offer" in faults_of(lambda: actions.answer_offer(other, True, "owner"))
    Institution.objects.update(business_date=third.expires_on + timedelta(days=1))
    assert "expired on" in faults_of(lambda: actions.answer_offer(third, True, "owner"))
    assert actions.expire_offers(bank.institution) == 1
    assert actions.expire_offers(bank.institution) == 0
    third.refresh_from_db()
    assert (third.status, third.application.status) == ("expired", "expired")
    assert Exposure.objects.get(decision=third.decision).reserved_fen == 0
    assert Exposure.objects.get(decision=offer.decision).reserved_fen == 20_000_000


def test_exposure_moves(bank):
    decision = actions.decide(bank.apply(bank.firm()), "system")
    actions.move_exposures([(decision.pk, 12_000_000, 12_000_000), (decision.pk, 0, -2_000_000)])
    row = Exposure.objects.get()
    assert (row.reserved_fen, row.outstanding_fen) == (8_000_000, 10_000_000)
    actions.repay_exposure(decision, 10_000_000)
    actions.release_exposure(decision)
    row.refresh_from_db()
    assert (row.reserved_fen, row.outstanding_fen) == (0, 0)
    with pytest.raises(IntegrityError):  # no draw beyond what is reserved
        actions.draw_exposure(decision, 1)


def test_queries_do_not_grow_with_the_batch(bank):
    def queries_for(count: int, prefix: str) -> int:
        applications = [bank.apply(bank.firm(f"{prefix}{number}")) for number in range(count)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert len(actions.decide_many(bank.institution, applications, "system").decided) == count
        return len(captured)

    queries_for(1, "warm")
    assert queries_for(2, "a") == queries_for(12, "b")
