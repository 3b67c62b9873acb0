"""What is done with alarms of scores at work (`reports.score_alarms` raises them): somebody takes note, in words."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from puhui.calculations.faults import Fault, check
from puhui.parties.audit import record_act
from puhui.parties.models import Institution, User
from puhui.scoring.models import ScoreAlarm

__all__ = ["acknowledge", "alarms", "unanswered"]


def alarms(institution: Institution) -> QuerySet[ScoreAlarm]:
    """Every alarm, those that last first, then the newest."""
    rows = ScoreAlarm.objects.filter(institution=institution).select_related("model", "acknowledged_by").defer("model__body", "model__card")
    return rows.defer("model__plots").order_by("-closed_on", "-raised_on", "-pk")


def unanswered(institution: Institution) -> int:
    """How many last and nobody has taken note of."""
    return ScoreAlarm.objects.filter(institution=institution, closed_on=None, acknowledged_at=None).count()


@transaction.atomic
def acknowledge(alarm: ScoreAlarm, user: User, note: str) -> ScoreAlarm:
    """Take note of an alarm: by whom, when, and what is done about it. The first note stays.

    Raises:
        FaultsError: no note, an alarm that has ended, or one that was answered already.
    """
    row = ScoreAlarm.objects.select_for_update(no_key=True).get(pk=alarm.pk)
    faults = []
    if not note.strip():
        faults.append(Fault("note", "nothing", "what is done about it, in a sentence"))
    if row.closed_on:
        faults.append(Fault("alarm", f"one that ended on {row.closed_on}", "an alarm that lasts"))
    elif row.acknowledged_at:
        faults.append(Fault("alarm", f"one that was answered on {row.acknowledged_at:%Y-%m-%d}", "an alarm that nobody has taken note of"))
    check(faults)
    row.acknowledged_by, row.acknowledged_at, row.note = user, timezone.now(), note.strip()
    row.save(update_fields=["acknowledged_by", "acknowledged_at", "note"])
    record_act(row.institution, user.username, "acknowledge_score_alarm", row, {"note": row.note})
    return row
