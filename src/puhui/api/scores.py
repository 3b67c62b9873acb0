"""Alarms of scores at work: what passed its limit, what is done about it, and a look at any time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Literal

from ninja import Field, Query, Router, Schema

from puhui.api.access import Request, acts, reads
from puhui.api.shapes import REFUSALS, Number, PageQuery, PageShape, page_of
from puhui.reports import score_alarms
from puhui.scoring.alarms import acknowledge, alarm_of, alarms, asks
from puhui.scoring.models import ScoreAlarm

router = Router(tags=["scores"])


class CauseShape(Schema):
    """A variable that moved the mean score of the last months: by how many points, and its share of all movement."""

    variable: str
    points: float
    share: float


class AlarmShape(Schema):
    """`level`: the highest since it was raised. `limit`: what `figure` passed. `asks`: nobody has taken note yet of what needs an act."""

    id: int
    model: str
    digest: str
    measure: Literal["stability", "variable", "order", "separation", "truth", "group"]
    subject: str = Field(description="The variable; the dimension and group; of truth and separation which loans or comparison; else empty")
    level: Literal["watch", "alarm"]
    figure: float
    limit: float
    causes: list[CauseShape]
    raised_on: date
    seen_on: date
    closed_on: date | None
    asks: bool
    note: str
    noted_by: str
    noted_at: datetime | None


class AlarmsShape(PageShape):
    alarms: list[AlarmShape]


class AlarmQuery(PageQuery):
    state: Literal["open", "past", "all"] = Field("open", description="`past`: ended by a look that found them no more")


class Noted(Schema):
    note: str = Field(min_length=1, max_length=2_000, description="What is done about it, in words")


class LookShape(Schema):
    """`scores` looked at on the last day ended, and how many alarms that raised and closed."""

    id: int
    as_of: date
    looked_at: datetime
    looked_by: str
    scores: int
    raised: int
    closed: int


@router.get("/alarms", auth=reads("model"), response={200: AlarmsShape, **REFUSALS}, summary="Alarms of scores at work")
def listed(request: Request, query: Query[AlarmQuery]) -> dict[str, Any]:
    """Those that last first, alarms before what is only to be watched."""
    rows = alarms(request.institution)
    if query.state != "all":
        rows = rows.filter(closed_on__isnull=query.state == "open")
    told, shown = page_of(rows, query.page)
    return told | {"alarms": [_told(one) for one in shown]}


@router.get("/alarms/{alarm}", auth=reads("model"), response={200: AlarmShape, **REFUSALS}, summary="One alarm")
def one_alarm(request: Request, alarm: Number) -> dict[str, Any]:
    return _told(alarm_of(request.institution, alarm))


@router.post("/alarms/{alarm}/note", auth=acts("model"), response={200: AlarmShape, **REFUSALS}, summary="Note what is done about an alarm")
def take_note(request: Request, alarm: Number, noted: Noted) -> dict[str, Any]:
    """The first note stays; sent again by the same user it is that one. An alarm that has ended takes none."""
    acknowledge(alarm_of(request.institution, alarm), request.user, noted.note)
    return _told(alarm_of(request.institution, alarm))


@router.post("/looks", auth=acts("model"), response={200: LookShape, **REFUSALS}, summary="Look at every score in use")
def start_look(request: Request) -> Any:
    """As of the last day ended. The same day again finds the same and raises nothing twice."""
    return score_alarms.look(request.institution, request.institution.business_date - timedelta(days=1), request.user.username)


def _told(one: ScoreAlarm) -> dict[str, Any]:
    names = ("measure", "subject", "level", "figure", "limit", "causes", "raised_on", "seen_on", "closed_on", "note")
    return {
        **{name: getattr(one, name) for name in names},
        "id": one.pk,
        "model": one.model.name,
        "digest": one.model.digest,
        "asks": asks(one),
        "noted_by": one.acknowledged_by.username if one.acknowledged_by else "",
        "noted_at": one.acknowledged_at,
    }
