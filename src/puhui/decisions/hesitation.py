"""Where persons hesitate: cases that lie open beyond their time, by the level that must say yes and by what is not answered yet.

A case that is late with no required question open waits for nothing but somebody's word. One with several open questions counts under each.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import OuterRef, Subquery

from puhui.decisions import timing
from puhui.decisions.factory_models import Answer, Question
from puhui.decisions.models import Decision
from puhui.parties.models import Institution

__all__ = ["Hesitation", "hesitations", "late_decisions"]


@dataclass(frozen=True)
class Hesitation:
    """Cases of a level that are late with the same question open. `kind` and `texts` empty where none is: a word alone is missing."""

    level: str
    kind: str
    texts: Mapping[str, str]
    cases: int


def late_decisions(institution: Institution, until: date, now: datetime) -> list[Decision]:
    """The decisions made by `until` that wait for a person and are late by `now`."""
    late = timing.late(timing.waiting(institution).filter(business_date__lte=until), now)
    return list({one.pk: one for one, _ in late}.values())


def hesitations(late: Sequence[Decision]) -> list[Hesitation]:
    """Why the cases of `late_decisions` wait, the most frequent cause first. One query, none where nothing is late."""
    latest = Answer.objects.filter(question=OuterRef("pk")).order_by("-pk").values("finding")[:1]
    asked = Question.objects.filter(decision__in=[one.pk for one in late], is_required=True).annotate(finding=Subquery(latest))
    waiting: dict[int, set[tuple[str, str]]] = defaultdict(set)
    texts: dict[tuple[str, str], Mapping[str, str]] = {("", ""): {}}
    for question in asked.order_by("pk") if late else ():
        if question.finding in (None, Answer.Finding.OPEN):
            cause = (question.kind, question.subject)
            waiting[question.decision_id].add(cause)
            texts[cause] = question.text
    counts = Counter((one.authority, *cause) for one in late for cause in waiting.get(one.pk) or {("", "")})
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Hesitation(level, kind, texts[kind, subject], cases) for (level, kind, subject), cases in ordered]
