"""What a referred case asks, and how a committee stands, as pages show them. Texts come with the questions; nothing is decided here."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from puhui.console.decision_figures import language
from puhui.console.labels import FINDING, SITTING, VOICE, state
from puhui.console.words import NULLS, QUESTIONS, in_language, word
from puhui.decisions import timing
from puhui.decisions.factory_models import Answer, Question, Sitting
from puhui.decisions.models import Decision
from puhui.decisions.referral import is_open
from puhui.decisions.seats import has_lost_quorum
from puhui.parties.models import User
from puhui.products.parameters import table

#: what must be answered first, then contradictions, then what is merely not known
ORDER = ("contradiction", "rule", "check", "missing", "unknown")


def questions(decision: Decision) -> list[dict[str, Any]]:
    """The questions of a decision as brought along, required and open ones first."""
    rows = [_question(one) for one in decision.questions.all()]
    return sorted(rows, key=lambda row: (not row["waits"], row["settled"], not row["required"], ORDER.index(row["kind"]), row["number"]))


def _question(question: Question) -> dict[str, Any]:
    answers = sorted(question.answers.all(), key=lambda one: one.pk)
    last = answers[-1] if answers else None
    return {
        "number": question.pk,
        "kind": question.kind,
        "kind_word": word(QUESTIONS, question.kind),
        "text": in_language(question.text, language()),
        "why": _why(question),
        "required": question.is_required,
        "waits": question.is_required and is_open(question),
        "settled": last is not None and last.finding != Answer.Finding.OPEN,
        "state": state(FINDING, last.finding) if last else None,
        "answer": last.text if last else "",
        "who": (last.answered_by.get_full_name() or last.answered_by.username) if last else "",
        "at": last.answered_at if last else None,
        "earlier": len(answers) - 1 if answers else 0,
    }


def _why(question: Question) -> str:
    """What stands behind a question, in a sentence."""
    detail: Mapping[str, Any] = question.detail
    if question.kind == Question.Kind.CONTRADICTION:
        bounds = _("%(least)s to %(most)s") % {"least": _bound(detail["least"]), "most": _bound(detail["most"])}
        found = _("Found %(value)s, expected %(bounds)s.") % {"value": _bound(detail["value"]), "bounds": bounds}
        return f"{found} {in_language(detail['innocent'], language())}".strip()
    if question.kind == Question.Kind.MISSING:
        return str(word(NULLS, detail.get("why", "")))
    if question.kind == Question.Kind.UNKNOWN:
        return in_language(detail["handling"], language())
    return ""


def _bound(value: float | None) -> str:
    return "…" if value is None else f"{value:,.2f}".replace("-", "−")


def causes(day: datetime.date) -> list[tuple[str, str]]:
    """Code and words of the causes of a no."""
    rows = table("refusal-causes", settings.PUHUI_CATALOGUE).valid_on(day)
    return [(row["code"], row[language().replace("-", "_")]) for row in rows]


def clock(decision: Decision, product_code: str) -> dict[str, Any] | None:
    """When the last word of a waiting case is due, and whether that is past."""
    found = timing.due(decision, product_code)
    if not found:
        return None
    now = timezone.now()
    return {"at": found[-1].at, "is_late": found[-1].at < now}


def sitting(found: Sitting, people: Mapping[int, User], free: Sequence[int], reader: User) -> dict[str, Any]:
    """A sitting with its members, the votes that count (of those who are `free`), and whether the reader may still vote or end it."""
    votes = {one.member_id: one for one in found.votes.all() if one.member_id in free}
    is_lost = has_lost_quorum(found, free, {number: one.role for number, one in people.items()})
    members = [
        {"name": _name(people[number]), "role": people[number].role, "vote": votes.get(number),
         "state": state(VOICE, votes[number].voice) if number in votes else None, "keeps_out": number not in free}
        for number in found.members if number in people
    ]  # fmt: skip
    is_open_now = found.outcome == Sitting.Outcome.OPEN
    return {
        "sitting": found,
        "state": state(SITTING, found.outcome),
        "members": members,
        "cast": len(votes),
        "yes": sum(one.voice == "yes" for one in votes.values()),
        "majority": found.majority_ppm / 1_000_000,
        "is_lost": is_lost,
        "free": len(free),
        "may_vote": is_open_now and reader.pk in found.members and reader.pk not in votes,
        "may_end": is_open_now and reader.pk in found.members and reader.role in found.chair and len(votes) >= found.quorum and not is_lost,
    }


def _name(user: User) -> str:
    return user.get_full_name() or user.username
