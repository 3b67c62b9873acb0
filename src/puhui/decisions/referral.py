"""What a referred case asks of a person: questions made from what is missing or contradicts itself, and a checklist.

A question is made when the engine refers, from the record of the decision and the cross-checks of its snapshot, so that the file shows for
ever what was known to be open. Rules that sent the case here and contradictions between sources must be answered before a yes; what is
merely missing should be. An answer says what was found out: settled, accepted knowingly, or still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from django.conf import settings
from django.db import transaction

from puhui.calculations.faults import Fault, check
from puhui.decisions.factory_models import Answer, Question
from puhui.decisions.models import Application, Decision
from puhui.decisions.standing import REVIEWERS, standing_faults, standing_of
from puhui.decisions.texts import reason_text
from puhui.features import cross_checks
from puhui.features.like_firms import check_bounds
from puhui.parties.actions import record_audit
from puhui.parties.models import User
from puhui.products.parameters import table

_CONTRADICTIONS = ("explain", "refer", "stop")
_LANGUAGES = {"en": "en", "zh-hans": "zh_hans", "zh-hant": "zh_hant"}
_NEEDS_NO_ANSWER = ("not_applicable",)  # reasons of a null that leave nothing to be asked


def ask(decisions: Sequence[Decision], snapshots: Mapping[int, Any]) -> list[Question]:
    """Store the questions of the referred ones among new decisions; `snapshots`: firm → the snapshot that was read."""
    referred = [one for one in decisions if one.outcome == Decision.Outcome.REFER]
    if not referred:
        return []
    gaps = _gaps(referred, snapshots)
    return Question.objects.bulk_create(
        [question for one in referred for question in questions_of(one, gaps.get(one.firm_id, ()))], batch_size=2000
    )


def questions_of(decision: Decision, gaps: Iterable[Mapping[str, Any]] = ()) -> list[Question]:
    """The questions of one decision, not stored; `gaps`: its rows of `cross_checks.outcomes` that are outside their bounds."""
    record = decision.record
    day = date.fromisoformat(record["facts"]["business_date"])
    asked: dict[tuple[str, str], Question] = {}
    for kind, subject, text, detail, is_required in (
        *_of_rules(record), *_of_gaps(gaps, day), *_of_nulls(record), *_of_unknowns(record), *_of_checklist(decision, day),
    ):  # fmt: skip
        asked.setdefault(
            (kind, subject),
            Question(
                institution_id=decision.institution_id, decision=decision, kind=kind, subject=subject, text=text, detail=detail,
                is_required=is_required,
            ),
        )  # fmt: skip
    return list(asked.values())


Asked = tuple[str, str, Mapping[str, str], Mapping[str, Any], bool]


def _of_rules(record: Mapping[str, Any]) -> list[Asked]:
    """A rule that did not hold, or could not be told, and sends to a person."""
    referring = [one for one in record["reasons"] if one.get("severity") == "refer"]
    return [
        (Question.Kind.RULE, one["code"], reason_text(one, record), {"inputs": one.get("inputs", {}), "stage": one["stage"]}, True)
        for one in referring
    ]


def _of_gaps(gaps: Iterable[Mapping[str, Any]], day: date) -> list[Asked]:
    words = {row["code"]: row for row in cross_checks.checks_on(day, settings.PUHUI_CATALOGUE)}
    asked: list[Asked] = []
    for gap in gaps:
        row = words[gap["code"]]
        text = {language: row.get(f"name_{ending}", "") for language, ending in _LANGUAGES.items()}
        detail = {name: gap[name] for name in ("variable", "value", "least", "most", "outcome", "first", "second")}
        detail |= {
            part: {language: row.get(f"{part}_{ending}", "") for language, ending in _LANGUAGES.items()} for part in ("gap", "innocent")
        }
        asked.append((Question.Kind.CONTRADICTION, gap["code"], text, detail, gap["outcome"] != "explain"))
    return asked


def _of_nulls(record: Mapping[str, Any]) -> list[Asked]:
    """Variables that this decision wanted and had no number for, unless the question does not arise."""
    titles = record["facts"].get("titles", {})
    return [
        (Question.Kind.MISSING, name, titles.get(name) or dict.fromkeys(_LANGUAGES, name), {"why": reason}, False)
        for name, reason in sorted(record["facts"]["null_reasons"].items())
        if reason not in _NEEDS_NO_ANSWER
    ]


def _of_unknowns(record: Mapping[str, Any]) -> list[Asked]:
    """What the product's evidence cannot tell, with how the product handles it."""
    unknowns = record["stages"]["facts"]["unknowns"]
    return [(Question.Kind.UNKNOWN, one["id"], one["text"], {"handling": one["handling"]}, False) for one in unknowns]


def _of_checklist(decision: Decision, day: date) -> list[Asked]:
    rows = table("due-diligence", settings.PUHUI_CATALOGUE).valid_on(day)
    return [
        (Question.Kind.CHECK, row["code"], {name: row[ending] for name, ending in _LANGUAGES.items()}, {}, bool(row["required"]))
        for row in rows
        if decision.amount_fen >= int(row["from_amount"]) * 100
    ]


def _gaps(decisions: Sequence[Decision], snapshots: Mapping[int, Any]) -> dict[int, list[Mapping[str, Any]]]:
    """Firm → cross-checks outside their bounds, of the variables of its snapshot, by the same bounds as the page of its evidence."""
    day = decisions[0].business_date
    wanted = {row["variable"] for row in cross_checks.checks_on(day, settings.PUHUI_CATALOGUE)}
    wanted |= {row["explained_by"] for row in cross_checks.checks_on(day, settings.PUHUI_CATALOGUE) if row.get("explained_by")}
    looked_at = {one.firm_id: one.firm for one in decisions}
    firms = {one.firm_id: one.record["facts"]["firm"].get("industry_code") or "" for one in decisions}
    rows = [
        {"firm_id": firm, **{name: _number(snapshots[firm].values.get(name)) for name in wanted}} for firm in firms if firm in snapshots
    ]
    if not rows:
        return {}
    schema = {"firm_id": pl.Int64} | dict.fromkeys(sorted(wanted), pl.Float64)
    peers = check_bounds(looked_at.values(), snapshots, folder=settings.PUHUI_CATALOGUE)
    found = cross_checks.outcomes(pl.DataFrame(rows, schema=schema), day, firms, settings.PUHUI_CATALOGUE, peers)
    gaps: dict[int, list[Mapping[str, Any]]] = {}
    for row in found.filter(pl.col("outcome").is_in(_CONTRADICTIONS)).iter_rows(named=True):
        gaps.setdefault(row["firm_id"], []).append(row)
    return gaps


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def open_questions(decision: Decision) -> list[Question]:
    """Required questions without an answer, or whose last answer left them open."""
    rows = decision.questions.filter(is_required=True).prefetch_related("answers").order_by("pk")
    return [question for question in rows if is_open(question)]


def is_open(question: Question) -> bool:
    """Whether a question still waits; answers as brought along, any order."""
    latest = max(question.answers.all(), key=lambda one: one.pk, default=None)
    return latest is None or latest.finding == Answer.Finding.OPEN


@transaction.atomic
def answer(decision: Decision, user: User, answers: Mapping[int, tuple[str, str]], key: str) -> list[Answer]:
    """Answer questions of a referred decision: question → (finding, text), all or none.

    The same key again gives the answers that are there.


    Raises:
        FaultsError: each question that is not of this decision, each finding or text that is none, and why this person may not answer.
    """
    application = Application.objects.select_for_update(no_key=True).select_related("institution", "firm").get(pk=decision.application_id)
    keys = {number: f"{key}:{number}" for number in answers}
    there = list(Answer.objects.filter(institution=application.institution_id, key__in=keys.values()).order_by("pk"))
    if there:
        return there
    questions = {one.pk: one for one in decision.questions.all()}
    check([*_who_faults(application, user), *_answer_faults(questions, answers)])
    rows = Answer.objects.bulk_create(
        [
            Answer(
                institution=application.institution, question=questions[number], finding=finding, text=text.strip(), answered_by=user,
                key=keys[number],
            )
            for number, (finding, text) in answers.items()
        ]
    )  # fmt: skip
    detail = {"answers": {questions[number].subject: finding for number, (finding, _) in answers.items()}}
    record_audit(application.institution, user.username, "answer_questions", "decision", decision.pk, detail)
    return rows


def _who_faults(application: Application, user: User) -> list[Fault]:
    faults = []
    if user.institution_id != application.institution_id or user.role not in REVIEWERS:
        faults.append(Fault("user", f"{user.username}, {user.role}", f"one of {', '.join(REVIEWERS)} of this institution"))
    if application.status != Application.Status.REFERRED:
        faults.append(Fault("decision", f"application {application.status}", "one that is referred and open"))
    standing = standing_of(user, application.firm, application.institution.business_date)
    return faults + standing_faults(user, standing)


def _answer_faults(questions: Mapping[int, Question], answers: Mapping[int, tuple[str, str]]) -> list[Fault]:
    faults = [] if answers else [Fault("answers", "none", "an answer to one question or more")]
    for number, (finding, text) in answers.items():
        if number not in questions:
            faults.append(Fault(f"question {number}", "none of this decision", "a question of this decision"))
        if finding not in Answer.Finding.values:
            faults.append(Fault(f"question {number}: finding", repr(finding), ", ".join(Answer.Finding.values)))
        if not text.strip():
            faults.append(Fault(f"question {number}: answer", "nothing", "what was found out, in words"))
    return faults


def question_faults(decision: Decision) -> list[Fault]:
    """A fault for each required question that hinders a yes."""
    return [
        Fault(
            f"question {one.subject}",
            "no answer that settles it",
            "an answer: settled, or accepted knowingly",
            "Answer it on the case first.",
        )
        for one in open_questions(decision)
    ]
