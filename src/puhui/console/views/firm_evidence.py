"""A firm's evidence on one screen: what is known of it, how far it can be trusted, and where the sources contradict each other."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render

from puhui.console import evidence_figures as figures
from puhui.console import trace_figures
from puhui.console.access import Request, page
from puhui.console.forms import day as day_of
from puhui.console.paging import paged
from puhui.console.peer_figures import like_firms, standing_out
from puhui.console.statement_figures import ODD_RECORDS, oddity_rows, statement_findings
from puhui.console.tree_figures import tree_view
from puhui.console.views.firm import find_firm
from puhui.console.words import PURPOSES, word
from puhui.evidence import queries as evidence
from puhui.evidence.access import open_readings
from puhui.evidence.company_tree import RECORDS as TREE_RECORDS
from puhui.evidence.company_tree import tree_of
from puhui.evidence.layouts import classes, layout
from puhui.evidence.source_rows import known_invoices
from puhui.features.like_firms import check_bounds
from puhui.features.queries import snapshot_among_others
from puhui.parties.models import Firm

READINGS_SHOWN = 24


@page("firm")
def firm_evidence(request: Request, number: int) -> HttpResponse:
    """Classes with freshness and trust, cross-checks, events, and the firm among others (`?as_of=DAY&known=then`).

    Each class is shown only by a live consent, and the reading is logged.
    """
    found = find_firm(request, number)
    day = found.institution.business_date
    known = evidence.overview(found, day)
    open_classes = open_readings(found, request.user.username, [*classes()])
    snapshot, newest = snapshot_among_others(found, day)
    values = snapshot.values if snapshot else {}
    bounds = check_bounds([found], {found.pk: snapshot} if snapshot else {}, newest, settings.PUHUI_CATALOGUE)
    outcomes = figures.found_checks(found.pk, values, found.industry_code, day, bounds)
    held = {row["evidence_class"] for row in known}
    grades = figures.grades_of(outcomes, found.pk, held)
    shown = [record for record in figures.EVENTS if _may(record, known, open_classes)]
    of_tree = [record for record in TREE_RECORDS if _may(record, known, open_classes)]
    tree_day, tree_known = _moment(request, day)
    is_past = tree_known < day
    odd = [record for record in ODD_RECORDS if _may(record, known, open_classes)]
    together = dict.fromkeys([*shown, *odd, *(() if is_past else of_tree)])
    frames = evidence.known_of(found, together, day) if together else {}
    tree_frames = evidence.known_of(found, of_tree, tree_known) if is_past and of_tree else frames
    context: dict[str, Any] = {
        "firm": found,
        "snapshot": snapshot,
        "classes": figures.class_rows(known, open_classes, grades, day),
        "checks": figures.check_rows(outcomes, day) if snapshot else [],
        "standing_out": standing_out(values, like_firms(found, snapshot, newest, "p10")),
        "statement_findings": statement_findings(found, day) if "S1" in open_classes else [],
        "oddities": oddity_rows({record: frames[record] for record in odd}),
        "tree": tree_view(tree_of(found, {name: tree_frames[name] for name in of_tree}, tree_day), found.name),
        "tree_day": tree_day,
        "tree_known": "then" if is_past else "now",
        "today": day,
        "events": figures.event_rows({record: frames[record] for record in shown}),
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
        evidence_class, source = ("C07", "") if record == figures.INVOICE else (layout(record).evidence_class, layout(record).source)
    except KeyError as error:
        raise Http404 from error
    is_open = bool(open_readings(found, request.user.username, [evidence_class]))
    frame = _known(found, record) if is_open else None
    count = 0 if frame is None else frame.height
    context = paged(request, range(count))
    shown = context["page"]
    context |= {
        "firm": found,
        "title": figures.record_title(record),
        "evidence_class": evidence_class,
        "source": source,
        "is_open": is_open,
        "columns": trace_figures.columns(record),
        "rows": trace_figures.told_rows(record, frame.slice(shown.start_index() - 1, len(shown.object_list)))
        if frame is not None and count
        else [],
        "count": count,
    }
    return render(request, "console/firm_records.html", context)


def _known(firm: Firm, record: str) -> pl.DataFrame:
    """The rows of one kind of record as they are known today, the newest first."""
    day = firm.institution.business_date
    if record == figures.INVOICE:
        return known_invoices(firm, day).reverse()
    return evidence.known_records(firm, record, day).sort("observed_on", "record_id", descending=True)


def _moment(request: Request, today: date) -> tuple[date, date]:
    """The day of which the tree is, and the day by whose knowledge; a past day is told as it is known now, unless `known=then`."""
    day = min(day_of(request.GET.get("as_of", ""), today), today)
    return day, day if request.GET.get("known") == "then" else today


def _may(record: str, known: list[dict[str, Any]], open_classes: set[str]) -> bool:
    """Whether a kind of record may be looked at and has rows."""
    return layout(record).evidence_class in open_classes and any(row["record"] == record for row in known)
