"""The factory's figures and the diligence file, on cases whose counts are known by hand."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.decisions.conftest import bank as bank

from puhui.decisions import actions
from puhui.decisions.models import Decision


@pytest.fixture
def worked(bank):
    """Two that went straight through, one approved beyond the limit by two persons, one refused by a person, one that waits."""
    gap = {"inv_out_gap_days_max_12m": 100}
    for name in ("One", "Two"):
        actions.decide(bank.apply(bank.firm(name)), "system")
    found = {}
    for name, amount in (("Beyond", 800_000), ("Refused", 200_000), ("Waiting", 200_000)):
        found[name] = actions.decide(bank.apply(bank.firm(name, **gap), amount), "system")
    beyond = found["Beyond"]
    required = beyond.questions.filter(is_required=True).values_list("pk", flat=True)
    actions.answer_questions(beyond, bank.users["officer"], dict.fromkeys(required, ("settled", "Works were closed")), "k")
    for who in ("officer", "approver"):
        actions.review(beyond, bank.users[who], "approve", "Order in hand", 80_000_000)
    actions.review(found["Refused"], bank.users["officer"], "refuse", "No papers", cause="papers")
    return found


def test_factory_report(bank, worked):
    from puhui.reports.queries import report

    made = report("factory", bank.institution, bank.institution.business_date, "en")
    targets = {row["measure"]: row for row in made.table("targets").records()}
    assert (targets["Share decided without a person"]["value"], targets["Share decided without a person"]["cases"]) == ("40.0%", 5)
    assert targets["Share decided without a person"]["standing"] == "outside"  # the target is 70%
    assert targets["Hours from application to money, median"]["value"] == "–"
    assert targets["Persons' yes beyond limit or floor price"]["value"] == "100.0%"
    assert targets["Persons' yes beyond limit or floor price"]["standing"] == "too few cases"
    assert targets["Referred cases that a person refused"]["value"] == "33.3%"
    assert [(row["decisions"], row["automated_share"]) for row in made.table("speed").records()] == [(5, 0.4)]
    assert [(row["cause"], row["cases"]) for row in made.table("refusals").records()] == [("Papers are missing and do not come", 1)]
    (deviation,) = made.table("deviations").records()
    assert (deviation["over_limit_fen"], deviation["reason"]) == (5_000_000, "Order in hand")
    refer = [row for row in made.table("causes").records() if row["severity"] == "to a person"]
    assert max(row["cases"] for row in refer) == 3


def test_causes_are_those_of_the_records(bank, worked):
    from collections import Counter

    from puhui.decisions.conduct import causes

    firm = bank.firm("Young")
    firm.founded_on = bank.institution.business_date - timedelta(days=30)
    firm.save()
    assert actions.decide(bank.apply(firm), "system").outcome == "refuse"
    assert actions.decide(bank.apply(bank.firm("Unknown", inv_out_gap_days_max_12m=None)), "system").outcome == "refer"
    counted, texts = Counter(), {}
    for decision in Decision.objects.exclude(outcome="approve").order_by("pk"):
        reasons = {(one["code"], one.get("severity"), bool(one.get("is_unknown"))): one["text"] for one in decision.record["reasons"]}
        kept = {cause: text for cause, text in reasons.items() if cause[1] in ("veto", "refer")}
        assert sorted(decision.causes) == sorted(f"{severity}{'?' * is_unknown}:{code}" for code, severity, is_unknown in kept)
        assert decision.product_digest == decision.record["versions"]["product"]["digest"]
        assert decision.model_digest == (decision.record["versions"].get("model") or {}).get("digest")
        counted.update(list(kept))
        texts |= kept
    assert {severity for _, severity, _ in counted} == {"veto", "refer"}
    found = causes(bank.institution, bank.institution.business_date)
    known = {(code, severity): (text, cases) for code, severity, text, cases in found if not text["en"].startswith("No evidence yet: ")}
    assert known == {cause[:2]: (texts[cause], cases) for cause, cases in counted.items() if not cause[2]}
    unknown = {(code, severity): cases for code, severity, text, cases in found if text["en"].startswith("No evidence yet: ")}
    assert unknown and unknown == {cause[:2]: cases for cause, cases in counted.items() if cause[2]}
    assert known.keys() & unknown.keys(), "one rule that some failed, and of one nobody knows, is told twice"
    assert [cases for *_, cases in found] == sorted(counted.values(), reverse=True)
    assert causes(bank.institution, bank.institution.business_date - timedelta(days=1)) == []


def test_hesitation_counts_cases_beyond_their_time(bank, worked):
    from django.utils import timezone

    from puhui.decisions import conduct
    from puhui.reports.queries import report

    answers = conduct.conduct(bank.institution, bank.institution.business_date)
    day = bank.institution.business_date
    now = {one.name: one for one in conduct.measures(bank.institution, day, None, 0, answers, timezone.now())}
    later = {one.name: one for one in conduct.measures(bank.institution, day, None, 0, answers, timezone.now() + timedelta(days=30))}
    assert (now["hesitation_share"].value, later["hesitation_share"].value) == (0.0, pytest.approx(1 / 3))
    assert report("factory", bank.institution, day, "zh-hans").title == "审批效率与拒贷"


def test_hesitation_is_told_by_level_and_open_question(bank, worked):
    """One case waits: late after thirty days, for its question; answered, for nothing but a word; said no, not at all."""
    from django.utils import timezone

    from puhui.decisions.hesitation import hesitations, late_decisions

    waiting, day, later = worked["Waiting"], bank.institution.business_date, timezone.now() + timedelta(days=30)
    assert hesitations(late_decisions(bank.institution, day, timezone.now())) == []
    required = list(waiting.questions.filter(is_required=True))
    found = hesitations(late_decisions(bank.institution, day, later))
    assert {(one.level, one.kind, one.texts["en"], one.cases) for one in found} == {
        (waiting.authority, question.kind, question.text["en"], 1) for question in required
    }
    answers = dict.fromkeys((one.pk for one in required), ("settled", "Works were closed"))
    actions.answer_questions(waiting, bank.users["officer"], answers, "w")
    [word] = hesitations(late_decisions(bank.institution, day, later))
    assert (word.level, word.kind, dict(word.texts), word.cases) == (waiting.authority, "", {}, 1)
    actions.review(waiting, bank.users["officer"], "refuse", "No papers", cause="papers")
    assert hesitations(late_decisions(bank.institution, day, later)) == []
    assert hesitations(late_decisions(bank.institution, day - timedelta(days=1), later)) == []


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_hesitation_is_a_table_of_the_report(bank, worked, language, monkeypatch):
    from django.utils import timezone

    from puhui.reports import factory

    moment = timezone.now() + timedelta(days=30)
    monkeypatch.setattr(factory.timezone, "now", lambda: moment)
    made = factory.factory(bank.institution, bank.institution.business_date, language)
    rows = made.table("hesitations").records()
    assert rows and all(row["cases"] == 1 for row in rows)
    asked = {question.text[language] for question in worked["Waiting"].questions.filter(is_required=True)}
    assert {row["open_question"] for row in rows} == asked


def test_diligence_file_tells_who_did_what(bank, worked):
    from django.utils import timezone

    from puhui.reports.documents.document import Paper
    from puhui.reports.documents.making import Subject, make, render

    decision = Decision.objects.select_related("firm", "application__offer").get(pk=worked["Beyond"].pk)
    moment = timezone.now()
    document = make("diligence", Paper(bank.institution, bank.institution.business_date, moment, "zh-hans"), Subject(decision=decision))
    questions = document.table("dd_questions").records()
    answered = [row for row in questions if row["dd_answer"]]
    assert [row["person"] for row in answered] == ["officer"] * decision.questions.filter(is_required=True).count()
    assert {row["person"] for row in document.table("dd_voices").records()} == {"officer", "approver"}
    assert all("over_limit_fen 5000000" in row["dd_deviations"] for row in document.table("dd_voices").records())
    acts = [row["dd_act"] for row in document.table("dd_trail").records()]
    assert acts == ["submit", "decide", "answer_questions", "approve", "approve"]
    assert len(document.table("dd_checks").rows) == len(decision.record["stages"]["rules"])
    again = make("diligence", Paper(bank.institution, bank.institution.business_date, moment, "zh-hans"), Subject(decision=decision))
    assert again.digest == document.digest
    assert render(document, "pdf")[:4] == b"%PDF"
    assert render(document, "xlsx")[:2] == b"PK"
    assert json.loads(render(document, "json"))["report"] == "diligence"


def test_diligence_file_tells_looks_by_day_and_says_none(bank, worked):
    """Five looks of one person on a day are one line with their number; another purpose or person is another; an empty table says none."""
    from datetime import UTC, datetime

    from django.utils import timezone

    from puhui.evidence.models import ReadLog
    from puhui.parties.models import Consent
    from puhui.reports.documents.document import Paper
    from puhui.reports.documents.making import Subject, make, render

    decision = Decision.objects.select_related("firm", "application").get(pk=worked["Waiting"].pk)
    looks = [
        *(("officer", "C16", "credit_decision", datetime(2026, 3, 1, hour, 5, tzinfo=UTC)) for hour in range(1, 6)),
        ("officer", "C16", "credit_decision", datetime(2026, 3, 1, 16, 5, tzinfo=UTC)),  # past midnight here
        ("officer", "C16", "monitoring", datetime(2026, 3, 1, 1, 5, tzinfo=UTC)),
        ("risk", "C16", "credit_decision", datetime(2026, 3, 1, 1, 5, tzinfo=UTC)),
    ]
    for reader, evidence_class, purpose, read_at in looks:
        ReadLog.objects.create(
            institution=bank.institution,
            firm=decision.firm,
            consent=Consent.objects.get(firm=decision.firm),
            reader=reader,
            evidence_class=evidence_class,
            purpose=purpose,
            read_at=read_at,
        )
    paper = Paper(bank.institution, bank.institution.business_date, timezone.now(), "en")
    document = make("diligence", paper, Subject(decision=decision))
    rows = [tuple(row.values()) for row in document.table("dd_reads").records() if row["dd_day"].startswith("2026-03-0")]
    assert sorted(rows) == [
        ("officer", "C16", "credit_decision", "2026-03-01", "09:05", "13:05", 5),
        ("officer", "C16", "credit_decision", "2026-03-02", "00:05", "00:05", 1),
        ("officer", "C16", "monitoring", "2026-03-01", "09:05", "09:05", 1),
        ("risk", "C16", "credit_decision", "2026-03-01", "09:05", "09:05", 1),
    ]
    assert not document.table("dd_votes").rows and next(one for one in document.sections if getattr(one, "empty", "")).empty == "none"
    from puhui.reports.documents.pdf import _rows

    [votes] = [one for one in document.sections if getattr(getattr(one, "table", None), "name", "") == "dd_votes"]
    assert ">none</td>" in _rows(votes)
    assert render(document, "xlsx")[:2] == b"PK"
