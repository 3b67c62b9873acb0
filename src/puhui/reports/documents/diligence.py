"""The diligence file of a decision (尽职档案): who saw what and when, which checks were made, how contradictions were
resolved, who said yes.

It is what an officer shows when a loan goes bad: that what could be known was looked at, and that every doubt was put to somebody and
answered. All of it is read from rows that cannot be changed; nothing is written for the file. Source: practice.md 27 (diligence that
excuses, 尽职免责).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from puhui.decisions.factory_models import FactCheck, Vote
from puhui.decisions.models import Decision, Review
from puhui.evidence.models import ReadLog
from puhui.parties.models import AuditRecord
from puhui.products.queries import product
from puhui.reports.documents.document import Document, Facts, Paper, Rows, Section, Text, moment
from puhui.reports.tables import Kind, Table

__all__ = ["diligence"]


def diligence(paper: Paper, decision: Decision) -> Document:
    """The file of one decision of the engine with all that people did on it, up to now."""
    sections: list[Section] = [
        Text((paper.word("diligence_told"),)),
        _case(paper, decision),
        _decision(paper, decision),
        _table(
            paper, "dd_reads", _reads(decision), ("person", "text"), ("dd_class", "text"), ("purpose", "text"), ("dd_day", "text"),
            ("dd_first", "text"), ("dd_last", "text"), ("dd_times", "count"),
        ),
        _table(
            paper, "dd_papers", _papers(paper, decision), ("dd_fact", "text"), ("dd_stated", "text"), ("dd_found", "text"),
            ("dd_paper", "text"), ("person", "text"), ("dd_when", "text"),
        ),
        _table(paper, "dd_checks", _checks(paper, decision), ("dd_check", "text"), ("dd_expression", "text"), ("dd_outcome", "text")),
        _table(
            paper, "dd_questions", _questions(paper, decision), ("dd_kind", "text"), ("dd_question", "text"), ("dd_values", "text"),
            ("dd_finding", "text"), ("dd_answer", "text"), ("person", "text"), ("dd_when", "text"),
        ),
        _table(
            paper, "dd_voices", _voices(paper, decision), ("person", "text"), ("dd_role", "text"), ("dd_for", "text"),
            ("dd_outcome", "text"),
            ("amount_fen", "fen"), ("rate_ppm", "ppm"), ("dd_deviations", "text"), ("reason", "text"), ("dd_when", "text"),
        ),
        _table(paper, "dd_votes", _votes(decision), ("person", "text"), ("dd_outcome", "text"), ("reason", "text"), ("dd_when", "text")),
        _table(paper, "dd_trail", _trail(decision), ("person", "text"), ("dd_act", "text"), ("dd_subject", "text"), ("dd_when", "text")),
    ]  # fmt: skip
    return paper.document("diligence", str(decision.application_id), sections, landscape=True)


def _case(paper: Paper, decision: Decision) -> Facts:
    application = decision.application
    facts: list[tuple[str, Any, Kind]] = [
        ("borrower", decision.firm.name, "text"), ("product", application.product_code, "text"),
        ("amount_fen", application.amount_fen, "fen"),
        ("term_months", application.term_months, "count"), ("purpose", application.purpose, "text"),
        ("channel", application.channel, "text"),
        ("dd_submitted", f"{application.submitted_by}, {moment(application.submitted_at)}", "text"),
        ("dd_state", application.status, "text"),
    ]  # fmt: skip
    return _facts(paper, "dd_case", facts)


def _decision(paper: Paper, decision: Decision) -> Facts:
    versions, facts = decision.record["versions"], decision.record["facts"]
    told: list[tuple[str, Any, Kind]] = [
        ("dd_outcome", decision.outcome, "text"), ("class", decision.risk_class, "text"),
        ("dd_probability", decision.probability_ppm, "ppm"),
        ("dd_limit", decision.limit_fen, "fen"), ("dd_proposed", decision.amount_fen, "fen"), ("rate_ppm", decision.rate_ppm, "ppm"),
        ("dd_authority", decision.authority, "text"), ("dd_when", moment(decision.decided_at), "text"),
        ("dd_record", decision.digest, "text"), ("dd_snapshot", f"{facts['snapshot']['as_of']}, {facts['snapshot']['digest']}", "text"),
        ("dd_consent", f"{facts['consent']['id']}, {facts['consent']['text_version']}", "text"),
        ("product", f"{versions['product']['valid_from']}, {versions['product']['digest']}", "text"),
    ]  # fmt: skip
    return _facts(paper, "dd_decision", told)


def _facts(paper: Paper, name: str, told: list[tuple[str, Any, Kind]]) -> Facts:
    return Facts(name, paper.word(name), tuple(paper.fact(each, value, kind, each.removesuffix("_fen")) for each, value, kind in told))


def _table(paper: Paper, name: str, rows: list[tuple[Any, ...]], *columns: Any) -> Rows:
    return Rows(Table(name, paper.word(name), paper.columns(*columns), tuple(rows)), empty=paper.word("nothing"))


def _reads(decision: Decision) -> list[tuple[Any, ...]]:
    """Who read the firm's evidence, until the last word on the decision: a line for each person, class, purpose and day, with how often."""
    rows = ReadLog.objects.filter(firm=decision.firm_id).order_by("read_at", "pk")
    last = decision.reviews.order_by("-reviewed_at").values_list("reviewed_at", flat=True).first()
    rows = rows.filter(read_at__lte=last) if last else rows
    found: dict[tuple[Any, ...], list[datetime]] = {}
    for reader, evidence_class, purpose, read_at in rows.values_list("reader", "evidence_class", "purpose", "read_at"):
        found.setdefault((reader, evidence_class, purpose, timezone.localdate(read_at).isoformat()), []).append(read_at)
    return [(*key, _clock(times[0]), _clock(times[-1]), len(times)) for key, times in found.items()]


def _clock(time: datetime) -> str:
    return f"{timezone.localtime(time):%H:%M}"


def _checks(paper: Paper, decision: Decision) -> list[tuple[Any, ...]]:
    rules = decision.record["stages"]["rules"]
    return [(one["text"].get(paper.language, one["id"]), one["expression"], one["outcome"]) for one in rules]


def _papers(paper: Paper, decision: Decision) -> list[tuple[Any, ...]]:
    """What the borrower stated, what was found, and the paper that shows it; nothing where the form asked nothing."""
    check = FactCheck.objects.filter(application=decision.application_id).select_related("checked_by").first()
    if check is None:
        return []
    texts = product(decision.application.product_code, decision.business_date).application
    rows = []
    for name, found in check.found.items():
        told = texts[name].texts.get(paper.language, name) if name in texts else name
        stated = check.stated.get(name)
        rows.append((told, _plain(stated), _plain(found), check.papers.get(name, ""), check.checked_by.username, moment(check.checked_at)))
    return rows


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _questions(paper: Paper, decision: Decision) -> list[tuple[Any, ...]]:
    """Each question with every answer it had; one without an answer stands alone."""
    rows: list[tuple[Any, ...]] = []
    for one in decision.questions.prefetch_related("answers__answered_by").order_by("pk"):
        detail = {name: one.detail[name] for name in ("value", "least", "most", "inputs", "why") if one.detail.get(name) is not None}
        head = (one.kind, one.text.get(paper.language, one.subject), ", ".join(f"{name} {value}" for name, value in detail.items()))
        answers = sorted(one.answers.all(), key=lambda each: each.pk)
        rows += [(*head, each.finding, each.text, each.answered_by.username, moment(each.answered_at)) for each in answers]
        rows += [] if answers else [(*head, "", "", "", "")]
    return rows


def _voices(paper: Paper, decision: Decision) -> list[tuple[Any, ...]]:
    rows = Review.objects.filter(decision=decision).select_related("reviewer", "on_behalf_of").order_by("pk")
    return [
        (
            one.reviewer.username, one.reviewer.role, one.on_behalf_of.username if one.on_behalf_of else "", one.outcome, one.amount_fen,
            one.rate_ppm, ", ".join(f"{name} {size}" for name, size in one.deviations.items()), one.reason, moment(one.reviewed_at),
        )
        for one in rows
    ]  # fmt: skip


def _votes(decision: Decision) -> list[tuple[Any, ...]]:
    rows = Vote.objects.filter(sitting__decision=decision).select_related("member").order_by("pk")
    return [(one.member.username, one.voice, one.reason, moment(one.voted_at)) for one in rows]


def _trail(decision: Decision) -> list[tuple[Any, ...]]:
    """What was done to application, decision and offer, oldest first."""
    offer = getattr(decision.application, "offer", None)
    subjects = {"application": str(decision.application_id), "decision": str(decision.pk)} | ({"offer": str(offer.pk)} if offer else {})
    rows = AuditRecord.objects.filter(institution=decision.institution_id, subject_kind__in=subjects, subject_id__in=subjects.values())
    told = [one for one in rows.order_by("pk") if subjects[one.subject_kind] == one.subject_id]
    return [(one.actor, one.act, f"{one.subject_kind} {one.subject_id}", moment(one.recorded_at)) for one in told]
