"""Alarms of scores at work: raised where a look finds that one no longer holds, ended where a later look finds it does.

The report on scores tells whoever opens it. An alarm comes to those who do not: a score that drifts does so quietly, and each month that
nobody looks is a month of loans decided by it. A look measures what the report measures (`reports.monitoring`) and keeps what passed its
limit in the dated table `score-monitoring`, with the variables that moved the score most as the first place to look for the cause. It is
made with the first day end of each month and whenever somebody asks. An alarm stays one row while it lasts, so a person who has noted what
is done about it is not asked again each month; one that becomes worse asks anew, and one that comes back is a new one. Where there are too
few cases to tell, it stays as it is. A variable that is to be watched is kept and told like an alarm and asks for nobody.
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
from puhui.scoring.monitoring import ALARM, BASE, FEW, STEADY, WATCH, Span, events_by_chance, ks_error
from puhui.scoring.queries import in_use, models

__all__ = ["Found", "findings", "look", "look_when_due"]

MOST_CAUSES = 3
LEAST_DEFAULTS = 10
"""Fewer say nothing about the order: one loan more or less moves it by a tenth."""
BEYOND_CHANCE = 1.645
"""Standard errors that a figure falls by in one of 20 cases."""
Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Found:
    """What a figure says of a score. Measure, subject and level as `ScoreAlarm` keeps them, or the level `steady`: within its limit."""

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
    raised, over = 0, list[ScoreAlarm]()
    for model in used:
        rows = measured(institution, model, as_of)
        causes = _causes(rows["movers"], limits_on(as_of)[0].least_cases)
        for found in findings(rows, as_of):
            row = still.pop((model.pk, found.measure, found.subject), None)
            if found.level == STEADY:
                over += [row] if row else []
                continue
            raised += row is None
            new = row or ScoreAlarm(institution=institution, model=model, measure=found.measure, subject=found.subject)
            _keep(new, found, causes, as_of)
    at_work = {model.pk for model in used}
    over += [row for row in still.values() if row.model_id not in at_work]  # what is left of others was of few cases: nothing is known
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


def findings(rows: Mapping[str, Rows], as_of: date) -> Iterator[Found]:
    """Whatever there are cases enough to tell of among the rows of `reports.monitoring.measured`, whether it holds (`steady`) or not."""
    limits, row = limits_on(as_of)
    bounds = {ALARM: limits.stability_alarm}
    if rows["stability"] and (state := rows["stability"][-1][-1]) not in (FEW, BASE):  # the newest month
        yield Found("stability", "", state, rows["stability"][-1][5], bounds.get(state, limits.stability_watch))
    for _, variable, _, _, index, state, *_ in rows["causes"]:
        if state != FEW:
            yield Found("variable", variable, state, index, bounds.get(state, limits.stability_watch))
    yield from _of_order(rows["settled"], limits.least_cases, row)
    for (span,) in rows["spans"]:
        if span.cases >= limits.least_cases:
            yield from _of_truth(span, float(row["truth_chance"]))
    for group in rows["groups"]:
        if group[-1] != FEW:
            yield Found("group", f"{group[1]} {group[2] or 'not_known'}", group[-1], group[5], limits.approval_ratio_least)


def _of_order(settled: Rows, least_cases: int, row: Mapping[str, Any]) -> Iterator[Found]:
    """AUC, KS, and what KS has lost since development: more than its limit, and more than chance makes of so many cases."""
    for cases, events, auc, ks, development in settled:
        if cases < least_cases or min(events, cases - events) < LEAST_DEFAULTS:
            continue
        least_auc, least_ks = float(row["auc_least"]), float(row["ks_least"])
        yield Found("order", "", ALARM if auc < least_auc else STEADY, auc, least_auc)
        yield Found("separation", "", ALARM if ks < least_ks else STEADY, ks, least_ks)
        if development is not None:
            fall = max(float(row["ks_fall_most"]) * development, BEYOND_CHANCE * ks_error(cases, events))
            yield Found("separation", "development", ALARM if ks < development - fall else STEADY, ks, development - fall)


def _of_truth(span: Span, chance: float) -> Iterator[Found]:
    low, high = events_by_chance(span.cases, span.expected, chance)
    of = f"{span.name}_" if span.name else ""
    yield Found("truth", f"{of}more", ALARM if span.events > high else STEADY, span.events, high)
    if span.is_settled:
        yield Found("truth", f"{of}fewer", ALARM if span.events < low else STEADY, span.events, low)
