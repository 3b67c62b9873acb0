"""Alarms of scores at work: raised where a look finds that one no longer holds, ended where a later look finds it does.

The report on scores tells whoever opens it. An alarm comes to those who do not: a score that drifts does so quietly, and each month that
nobody looks is a month of loans decided by it. A look measures what the report measures (`reports.monitoring`) and keeps what passed its
limit in the dated table `score-monitoring`, with the variables that moved the score most as the first place to look for the cause. It is
made with the first day end of each month and whenever somebody asks. An alarm stays one row while it lasts, so a person who has noted what
is done about it is not asked again each month; one that becomes worse asks anew, and one that comes back is a new one. Where there are too
few cases to tell, it stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from puhui.parties.audit import record_act
from puhui.parties.models import Institution
from puhui.reports.monitoring import limits_on, measured
from puhui.scoring.models import ScoreAlarm, ScoreLook
from puhui.scoring.monitoring import ALARM, FEW, WATCH
from puhui.scoring.queries import in_use, models

__all__ = ["Found", "found_in", "look", "look_when_due"]

MOST_CAUSES = 3
LEAST_DEFAULTS = 10
"""Fewer say nothing about the order: one loan more or less moves it by a tenth."""
Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Found:
    """Something that passed its limit. Measure, level and subject as `ScoreAlarm` keeps them."""

    measure: str
    subject: str
    level: str
    figure: float
    limit: float


def look_when_due(institution: Institution, actor: str) -> ScoreLook | None:
    """A look at the last day ended, unless there was one in its month already."""
    as_of = institution.business_date - timedelta(days=1)
    if ScoreLook.objects.filter(institution=institution, as_of__gte=as_of.replace(day=1)).exists():
        return None
    return look(institution, as_of, actor)


@transaction.atomic
def look(institution: Institution, as_of: date, actor: str) -> ScoreLook:
    """Look at every score in use on a day: raise and end alarms. Looks wait for each other; the same day again changes nothing more."""
    Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
    used = list(models(institution).filter(pk__in=in_use(institution, as_of).values()).order_by("name"))
    still = {(one.model_id, one.measure, one.subject): one for one in ScoreAlarm.objects.filter(institution=institution, closed_on=None)}
    raised, known = 0, set[tuple[int, str, str]]()
    for model in used:
        rows = measured(institution, model, as_of)
        causes = _causes(rows["movers"], limits_on(as_of)[0].least_cases)
        known |= {(model.pk, *each) for each in told_in(rows, as_of)}
        for found in found_in(rows, as_of):
            row = still.pop((model.pk, found.measure, found.subject), None)
            raised += row is None
            _keep(
                row or ScoreAlarm(institution=institution, model=model, measure=found.measure, subject=found.subject), found, causes, as_of
            )
    at_work = {model.pk for model in used}
    over = [row for key, row in still.items() if key in known or row.model_id not in at_work]  # of few cases nothing is known
    for row in over:
        row.closed_on = as_of
        row.save(update_fields=["closed_on"])
    made = ScoreLook.objects.create(
        institution=institution, as_of=as_of, looked_by=actor, scores=len(used), raised=raised, closed=len(over)
    )
    record_act(institution, actor, "look_at_scores", made, {"as_of": as_of.isoformat(), "raised": raised, "closed": len(over)})
    return made


def _keep(row: ScoreAlarm, found: Found, causes: list[dict[str, Any]], as_of: date) -> None:
    """An alarm as it is now. One that has become worse asks for somebody anew."""
    if row.pk is None:
        row.raised_on, row.level = as_of, found.level
    elif row.level == WATCH and found.level == ALARM:
        row.level, row.acknowledged_by, row.acknowledged_at, row.note = ALARM, None, None, ""
    row.figure, row.limit, row.causes, row.seen_on = found.figure, found.limit, causes, as_of
    row.save()


def _causes(movers: Rows, least_cases: int) -> list[dict[str, Any]]:
    """The variables that moved the mean score of the last months most, the furthest first; nothing of a few cases."""
    moved = [
        {"variable": row[1], "points": round(row[6], 2), "share": round(row[7], 4)} for row in movers if row[6] and row[3] >= least_cases
    ]
    return moved[:MOST_CAUSES]


def told_in(rows: Mapping[str, Rows], as_of: date) -> Iterator[tuple[str, str]]:
    """(measure, subject) of what there were cases enough to tell of, whether it holds or not."""
    limits, _ = limits_on(as_of)
    if rows["stability"] and rows["stability"][-1][-1] != FEW:
        yield "stability", ""
    yield from (("variable", variable) for _, variable, _, _, _, state, *_ in rows["causes"] if state != FEW)
    for (_, loans, defaults, _, _), _ in rows["whole"]:
        if loans >= limits.least_cases:
            yield from (("truth", "more"), ("truth", "fewer"))
            if min(defaults, loans - defaults) >= LEAST_DEFAULTS:
                yield "order", ""
    yield from (("group", _group(row)) for row in rows["groups"] if row[-1] != FEW)


def _group(row: tuple[Any, ...]) -> str:
    return f"{row[1]} {row[2] or 'not_known'}"


def found_in(rows: Mapping[str, Rows], as_of: date) -> Iterator[Found]:
    """What passed its limit among the rows of `reports.monitoring.measured`."""
    limits, row = limits_on(as_of)
    bounds = {WATCH: limits.stability_watch, ALARM: limits.stability_alarm}
    if rows["stability"] and (state := rows["stability"][-1][-1]) in bounds:  # the newest month
        yield Found("stability", "", state, rows["stability"][-1][5], bounds[state])
    for _, variable, _, _, index, state, *_ in rows["causes"]:
        if state == ALARM:
            yield Found("variable", variable, state, index, bounds[ALARM])
    for (_, loans, defaults, auc, _), (_, _, _, expected, events, low, high, holds) in rows["whole"]:
        least = float(row["auc_least"])
        if auc is not None and loans >= limits.least_cases and min(defaults, loans - defaults) >= LEAST_DEFAULTS and auc < least:
            yield Found("order", "", ALARM, auc, least)
        if not holds and loans >= limits.least_cases:
            yield Found("truth", "more" if events > expected else "fewer", ALARM, float(events), high if events > expected else low)
    for group in rows["groups"]:
        if group[-1] == WATCH:
            yield Found("group", _group(group), WATCH, group[5], limits.approval_ratio_least)
