"""One number about a firm, opened: what it says, and the rows of the firm's evidence that it was made of."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from django.http import Http404, HttpResponse
from django.shortcuts import render

from puhui.console import decision_figures as figures
from puhui.console import trace_figures
from puhui.console.access import Request, page
from puhui.console.evidence_figures import INVOICE, record_title
from puhui.console.forms import day as day_of
from puhui.console.paging import paged
from puhui.console.views.firm import find_firm
from puhui.console.words import unit_word
from puhui.evidence import queries as evidence
from puhui.evidence.access import open_readings
from puhui.evidence.source_rows import known_invoices
from puhui.features import registry
from puhui.features.profiles import COUNTERPARTY, class_of, classes_of, records_for
from puhui.features.queries import latest_snapshot
from puhui.features.taking import counterparties
from puhui.features.tracing import differs, trace
from puhui.parties.models import Firm


@page("firm")
def firm_variable(request: Request, number: int, name: str) -> HttpResponse:
    """The number of the newest snapshot (`?as_of=DAY`: by that day) beside the rows that it rests on, of one kind of record at a time."""
    found = find_firm(request, number)
    try:
        variable = registry.variable(name)
    except KeyError as error:
        raise Http404 from error
    today = found.institution.business_date
    snapshot = latest_snapshot(found, min(day_of(request.GET.get("as_of", ""), today), today))
    as_of = snapshot.as_of if snapshot else today
    open_classes = open_readings(found, request.user.username, sorted(classes_of()[name]))
    frames = _frames(found, name, open_classes, as_of)
    traced = trace(name, frames, as_of)
    told = snapshot.values.get(name) if snapshot else None
    records = [record for record in traced.records if record in frames and frames[record].height]
    context: dict[str, Any] = {
        "firm": found,
        "as_of": as_of,
        "snapshot": snapshot,
        "variable": figures.shown(name, told, snapshot.null_reasons.get(name, "") if snapshot else ""),
        "unit": unit_word(variable.unit),
        "window": variable.window,
        "rests_on": sorted(classes_of()[name]),
        "closed": sorted(classes_of()[name] - open_classes),
        "again": figures.variable_value(name, traced.value),
        "is_same": not differs(told, traced.value),
        "records": [{"record": each, "title": record_title(each), "rows": frames[each].height} for each in records],
    }
    asked = request.GET.get("record", "")
    if records:
        record = asked if asked in records else trace_figures.first_that_matters(name, frames, records, as_of, traced.value)
        context |= _rows(request, name, frames, record, as_of)
    return render(request, "console/firm_variable.html", context)


def _frames(firm: Firm, name: str, open_classes: set[str], as_of: date) -> dict[str, pl.DataFrame]:
    """record → what was known of the firm by the day, of the classes that may be read."""
    wanted = records_for([name])
    may = [record for record in wanted if record != COUNTERPARTY and class_of(record) in open_classes]
    frames = {INVOICE: known_invoices(firm, as_of)} if INVOICE in may else {}
    rest = [record for record in may if record != INVOICE]
    frames |= evidence.known_of(firm, rest, as_of) if rest else {}
    return frames | ({COUNTERPARTY: counterparties(firm.institution)} if COUNTERPARTY in wanted else {})


def _rows(request: Request, name: str, frames: dict[str, pl.DataFrame], record: str, as_of: date) -> dict[str, Any]:
    behind = trace_figures.rows_behind(name, frames, record, as_of)
    context = paged(request, behind.places, {"record": record, "as_of": request.GET.get("as_of", "")})
    rows = trace_figures.with_effects(name, frames, record, context["page"].object_list, as_of, behind)
    return context | {
        "record": record,
        "columns": trace_figures.columns(record),
        "rows": rows,
        "count": frames[record].height,
        "counted": len(behind.effects) if behind.tried else None,
    }
