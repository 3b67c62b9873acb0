"""What is done with alarms of scores at work (`reports.score_alarms` raises them): somebody takes note, in words."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from puhui.calculations.faults import Fault, check
from puhui.parties.audit import record_act
from puhui.parties.models import Institution, User
from puhui.scoring.models import ScoreAlarm

__all__ = ["acknowledge", "alarm_of", "alarms", "asks", "unanswered"]

#: of those that last, which ask for somebody: all but a single variable that is only to be watched
ASKS = Q(closed_on=None, acknowledged_at=None) & ~Q(measure=ScoreAlarm.Measure.VARIABLE, level=ScoreAlarm.Level.WATCH)


def alarms(institution: Institution) -> QuerySet[ScoreAlarm]:
    """Every alarm, those that last first, alarms before what is to be watched, then the newest."""
    rows = ScoreAlarm.objects.filter(institution=institution).select_related("model", "acknowledged_by").defer("model__body", "model__card")
    return rows.defer("model__plots").order_by("-closed_on", "level", "-raised_on", "-pk")


def alarm_of(institution: Institution, number: int) -> ScoreAlarm:
    """One alarm of the lender's. ScoreAlarm.DoesNotExist."""
    return alarms(institution).get(pk=number)


def unanswered(institution: Institution) -> int:
    """How many ask for somebody: they last, and nobody has taken note of them."""
    return ScoreAlarm.objects.filter(ASKS, institution=institution).count()


def asks(alarm: ScoreAlarm) -> bool:
    """Whether it asks for somebody."""
    only_watched = alarm.measure == ScoreAlarm.Measure.VARIABLE and alarm.level == ScoreAlarm.Level.WATCH
    return alarm.closed_on is None and alarm.acknowledged_at is None and not only_watched


@transaction.atomic
def acknowledge(alarm: ScoreAlarm, user: User, note: str) -> ScoreAlarm:
    """Take note of an alarm: by whom, when, and what is done about it. The first note stays; the same again by the same person is that one.

    Raises:
        FaultsError: no note, an alarm that has ended, or one that was answered already.
    """
    row = ScoreAlarm.objects.select_for_update(no_key=True).get(pk=alarm.pk)
    if note.strip() and row.note == note.strip() and row.acknowledged_by_id == user.pk:
        return row
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
