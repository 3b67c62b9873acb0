"""What pages show of alarms of scores at work."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import get_language, gettext_lazy

from puhui.console.access import Request, may_act, may_read
from puhui.console.labels import LATE, OK, WATCH, State, state
from puhui.reports.monitoring_words import alarm_causes, alarm_subject
from puhui.reports.titles import title
from puhui.scoring.alarms import acknowledge, alarms, asks, unanswered
from puhui.scoring.models import ScoreAlarm

__all__ = ["alarm_count", "answer_alarm", "told_alarms"]

MOST_SHOWN = 50
STATES = {
    "alarm": State(gettext_lazy("alarm"), LATE, "alert-triangle"),
    "watch": State(gettext_lazy("to be watched"), WATCH, "eye"),
    "ended": State(gettext_lazy("ended"), OK, "circle-check"),
}


def told_alarms(request: Request, model: int | None = None) -> list[dict[str, Any]]:
    """Alarms in the reader's language, those that last first; of one model alone where it is named."""
    language, may = get_language() or "en", may_act(request.user, "model")
    rows = alarms(request.institution)
    if model is not None:
        rows = rows.filter(model=model)
    return [
        {
            "one": one,
            "state": state(STATES, "ended" if one.closed_on else one.level),
            "what": title(f"alarm_{one.measure}", language),
            "subject": alarm_subject(one, language),
            "causes": alarm_causes(one, language),
            "may_answer": may and asks(one),
            "needs_no_act": not one.closed_on and not one.acknowledged_at and not asks(one),
        }
        for one in rows[:MOST_SHOWN]
    ]


def alarm_count(request: Request) -> int:
    """Alarms that nobody has taken note of, for those who may read of models; else 0."""
    return unanswered(request.institution) if may_read(request.user, "model") else 0


def answer_alarm(request: Request) -> None:
    """Take note of the alarm that the form names. FaultsError."""
    number = request.POST.get("alarm", "")
    row = ScoreAlarm.objects.filter(
        institution=request.institution, pk=int(number) if number.isdecimal() and len(number) < 18 else 0
    ).first()
    if row is None:
        raise Http404
    acknowledge(row, request.user, request.POST.get("note", ""))
