"""Models: which score is in use, and its card."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from puhui.console.access import Request, page
from puhui.console.forms import day as day_of
from puhui.console.labels import MODEL, state
from puhui.console.markdown import rendered
from puhui.reports.monitoring import monitored
from puhui.reports.tables import LEFT, Table, shown
from puhui.reports.titles import title
from puhui.scoring import queries
from puhui.scoring.models import RegisteredModel


@page("model")
def models(request: Request) -> HttpResponse:
    """Every registered model, the one in use first."""
    found = sorted(queries.models(request.institution), key=lambda each: each.status != RegisteredModel.Status.CHAMPION)
    rows = [{"model": each, "state": state(MODEL, each.status)} for each in found]
    return render(request, "console/models.html", {"rows": rows})


def _find(user: Any, number: int) -> RegisteredModel:
    found = next((each for each in queries.models(user.institution) if each.pk == number), None)
    if found is None:
        raise Http404
    return found


@page("model")
def model(request: Request, number: int) -> HttpResponse:
    """A model's card."""
    found = _find(request.user, number)
    card = rendered(found.card, lambda name: reverse("console:model_plot", args=[number, name.rsplit("/", 1)[-1]]))
    return render(request, "console/model.html", {"model": found, "state": state(MODEL, found.status), "card": card})


@page("model")
def plot(request: Request, number: int, name: str) -> HttpResponse:
    """One plot of a card: an SVG that may style itself and can do nothing else."""
    drawing = _find(request.user, number).plots.get(name)
    if drawing is None:
        raise Http404
    response = HttpResponse(drawing, content_type="image/svg+xml; charset=utf-8")
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@page("model")
def monitoring(request: Request, number: int) -> HttpResponse:
    """A model at work until a day: stability with the variables that moved, order, truth, conduct, groups."""
    found = _find(request.user, number)
    last_ended = request.institution.business_date - datetime.timedelta(days=1)
    as_of = min(day_of(request.GET.get("as_of", ""), last_ended), last_ended)
    language = get_language() or "en"
    tables = [_table(each, language) for each in monitored(request.institution, found, as_of, language)]
    context = {"model": found, "as_of": as_of, "tables": tables, "note": title("monitoring_note", language)}
    return render(request, "console/monitoring.html", context)


def _table(table: Table, language: str) -> dict[str, Any]:
    """A table of the report without its first column, the model. A state that asks for somebody is marked by its tone as well."""
    tones = {title("state_watch", language): "text-watch", title("state_alarm", language): "text-late", title("no", language): "text-late"}
    heads = [{"title": column.title, "number": column.kind not in LEFT} for column in table.columns[1:]]
    rows = [
        [
            {
                "text": shown(value, column.kind),
                "number": column.kind not in LEFT,
                "tone": tones.get(value, "") if column.kind in LEFT else "",
            }
            for value, column in zip(row[1:], table.columns[1:], strict=True)
        ]
        for row in table.rows
    ]
    return {"title": table.title, "heads": heads, "rows": rows}
