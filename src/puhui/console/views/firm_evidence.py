"""A firm's evidence on one screen: what is known of it, how far it can be trusted, and where the sources contradict each other."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from puhui.console import evidence_figures as figures
from puhui.console.access import Request, page
from puhui.console.paging import paged
from puhui.console.peer_figures import bounds_of, like_firms, standing_out
from puhui.console.statement_figures import statement_findings
from puhui.console.views.firm import find_firm
from puhui.console.words import PURPOSES, word
from puhui.evidence import queries as evidence
from puhui.evidence.access import open_readings
from puhui.evidence.layouts import classes, layout
from puhui.features.queries import snapshot_among_others

READINGS_SHOWN = 24


@page("firm")
def firm_evidence(request: Request, number: int) -> HttpResponse:
    """Classes with freshness and trust, cross-checks, events and owners of one firm; each class only by a live consent, and logged."""
    found = find_firm(request, number)
    day = found.institution.business_date
    known = evidence.overview(found, day)
    open_classes = open_readings(found, request.user.username, [*classes()])
    snapshot, newest = snapshot_among_others(found, day)
    values = snapshot.values if snapshot else {}
    bounds = bounds_of(found.pk, like_firms(found, snapshot, newest, "p01"))
    outcomes = figures.found_checks(found.pk, values, found.industry_code, day, bounds)
    held = {row["evidence_class"] for row in known}
    grades = figures.grades_of(outcomes, found.pk, held)
    shown = [record for record in (*figures.EVENTS, "shareholding") if _may(record, known, open_classes)]
    frames = evidence.known_of(found, shown, day) if shown else {}
    context: dict[str, Any] = {
        "firm": found,
        "snapshot": snapshot,
        "classes": figures.class_rows(known, open_classes, grades, day),
        "checks": figures.check_rows(outcomes, day) if snapshot else [],
        "standing_out": standing_out(values, like_firms(found, snapshot, newest, "p10")),
        "statement_findings": statement_findings(found, day) if "S1" in open_classes else [],
        "owners": figures.owners(frames.pop("shareholding", layout("shareholding").empty())),
        "events": figures.event_rows(frames),
        "readings": [
            {
                "read_at": each.read_at,
                "reader": each.reader,
                "evidence_class": each.evidence_class,
                "purpose_label": word(PURPOSES, each.purpose),
            }
            for each in evidence.readings(found)[:READINGS_SHOWN]
        ],
    }
    return render(request, "console/firm_evidence.html", context)


@page("firm")
def firm_records(request: Request, number: int, record: str) -> HttpResponse:
    """The rows of one kind of record as they are known today, the newest first."""
    found = find_firm(request, number)
    try:
        form = layout(record)
    except KeyError as error:
        raise Http404 from error
    is_open = bool(open_readings(found, request.user.username, [form.evidence_class]))
    frame = evidence.known_records(found, record, found.institution.business_date) if is_open else form.empty()
    frame = frame.sort("observed_on", "record_id", descending=True)
    context = paged(request, range(frame.height))
    shown = context["page"]
    start = shown.start_index() - 1 if frame.height else 0
    context |= {
        "firm": found,
        "title": figures.record_title(record),
        "evidence_class": form.evidence_class,
        "source": form.source,
        "is_open": is_open,
        "columns": figures.columns_of(form),
        "rows": figures.cell_rows(frame.slice(start, len(shown.object_list)), form),
        "count": frame.height,
    }
    return render(request, "console/firm_records.html", context)


def _may(record: str, known: list[dict[str, Any]], open_classes: set[str]) -> bool:
    """Whether a kind of record may be looked at and has rows."""
    return layout(record).evidence_class in open_classes and any(row["record"] == record for row in known)
