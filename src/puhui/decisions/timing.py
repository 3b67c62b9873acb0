"""The clock of a case: what is due by when, in working hours, and who is told when it is late.

Steps and hours are a dated table (`service-targets`). A first look is had when a person has answered a question or said a word; the
decision, when the case waits no more. Telling is a row per case and step, made by `escalate`, which may run as often as one likes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from puhui.calculations.working_hours import due_at
from puhui.decisions.factory_models import Answer, Escalation
from puhui.decisions.models import Application, Decision, Review
from puhui.parties.actions import record_audits
from puhui.parties.models import Institution
from puhui.products.parameters import Row, table

STEPS = ("first_look", "decision")
_WAITS = Q(outcome=Decision.Outcome.REFER, application__status=Application.Status.REFERRED)


@dataclass(frozen=True)
class Due:
    step: str
    at: datetime
    to_role: str


def targets(product_code: str, day: date) -> dict[str, Row]:
    """Step → its row in force on a day; one for the product goes first."""
    rows = table("service-targets", settings.PUHUI_CATALOGUE).valid_on(day)
    found = {row["step"]: row for row in rows if not row.get("product")}
    return found | {row["step"]: row for row in rows if row.get("product") == product_code}


def due(decision: Decision, product_code: str) -> list[Due]:
    """What a referred decision is due, in the order of the steps, as of the table of its own day."""
    rows = targets(product_code, decision.business_date)
    start = timezone.localtime(decision.decided_at)
    found = []
    for step in STEPS:
        if row := rows.get(step):
            hours = (time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"]))
            found.append(Due(step, due_at(start, float(row["working_hours"]), *hours), row["to_role"]))
    return found


def waiting(institution: Institution) -> QuerySet[Decision]:
    """Referred decisions that wait for a person, each with `is_looked_at`."""
    answers = Answer.objects.filter(question__decision=OuterRef("pk"))
    reviews = Review.objects.filter(decision=OuterRef("pk"))
    rows = Decision.objects.filter(_WAITS, institution=institution)
    return rows.annotate(is_looked_at=Exists(answers) | Exists(reviews)).select_related("application").defer("record").order_by("pk")


def by_deadline(applications: QuerySet[Application], most: int) -> list[int] | None:
    """The numbers of referred applications, those whose last step is due soonest first; None where there are more than `most`."""
    latest = Decision.objects.filter(application=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    found = list(applications.order_by().annotate(latest=Subquery(latest)).values_list("pk", "product_code", "latest")[: most + 1])
    if len(found) > most:
        return None
    decisions = Decision.objects.defer("record").in_bulk([number for *_, number in found if number])
    times = {pk: due(decisions[number], code) for pk, code, number in found if number in decisions}
    last = datetime.max.replace(tzinfo=UTC)
    return sorted((pk for pk, *_ in found), key=lambda pk: (times[pk][-1].at if times.get(pk) else last, pk))


def late(decisions: Iterable[Decision], now: datetime) -> list[tuple[Decision, Due]]:
    """Steps that are past their time: a first look that nobody had, a decision that nobody made."""
    found = []
    for one in decisions:
        for each in due(one, one.application.product_code):
            done = each.step == "first_look" and getattr(one, "is_looked_at", False)
            if each.at < now and not done:
                found.append((one, each))
    return found


@transaction.atomic
def escalate(institution: Institution, now: datetime | None = None, actor: str = "system") -> list[Escalation]:
    """Tell of every step that is late and was not told of yet; returns the new ones. Two runs at once tell once.

    Where nothing waits for a person it is one statement.
    """
    if not Decision.objects.filter(_WAITS, institution=institution).exists():
        return []
    institution = Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
    known = set(Escalation.objects.filter(institution=institution).values_list("decision_id", "step"))
    new = [
        Escalation(
            institution=institution, application_id=one.application_id, decision=one, step=each.step, to_role=each.to_role, due_at=each.at
        )
        for one, each in late(waiting(institution), now or timezone.now())
        if (one.pk, each.step) not in known
    ]
    rows = Escalation.objects.bulk_create(new)
    details = [(one.decision_id, {"step": one.step, "to_role": one.to_role, "due_at": one.due_at.isoformat()}) for one in rows]
    record_audits(institution, actor, "escalate", "decision", details)
    return rows
