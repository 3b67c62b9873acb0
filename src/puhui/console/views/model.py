"""Models: which score is in use, and its card."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language

from puhui.calculations.faults import FaultsError
from puhui.console import model_figures
from puhui.console.access import Request, may_act, may_read, page
from puhui.console.card_words import card_told, cell_told, plot_told
from puhui.console.forms import day as day_of
from puhui.console.forms import errors_of
from puhui.console.kept_reports import kept
from puhui.console.markdown import rendered
from puhui.console.score_alarms import answer_alarm, told_alarms
from puhui.reports.monitoring import monitored
from puhui.reports.tables import LEFT, Column, Table, shown
from puhui.reports.titles import title
from puhui.scoring import queries
from puhui.scoring.models import RegisteredModel

KEPT_SECONDS = 3600


@page("model")
def models(request: Request) -> HttpResponse:
    """Every registered model, those in use first, alarms, and what was proposed; POST answers an alarm or a proposal, or takes it back."""
    errors: list[str] = []
    if request.method == "POST":
        try:
            answer_alarm(request) if request.POST.get("act") == "acknowledge" else model_figures.answer(request)
            return redirect("console:models")
        except FaultsError as error:
            errors = errors_of(error)
    context = {
        "rows": model_figures.listed(request.institution),
        "promotions": model_figures.promotions(request),
        "alarms": told_alarms(request),
        "errors": errors,
        "may_see_training": may_read(request.user, "training"),
    }
    return render(request, "console/models.html", context, status=422 if errors else 200)


def _find(user: Any, number: int) -> RegisteredModel:
    found = queries.models(user.institution).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@page("model")
def model(request: Request, number: int) -> HttpResponse:
    """A model's card; POST proposes that it decides from a day on, with others tried beside it."""
    found, errors = _find(request.user, number), list[str]()
    if request.method == "POST":
        try:
            model_figures.propose(request, found)
            return redirect("console:models")
        except FaultsError as error:
            errors = errors_of(error)
    card = rendered(card_told(found.card), lambda name: reverse("console:model_plot", args=[number, name.rsplit("/", 1)[-1]]))
    rows = model_figures.listed(request.institution)
    context = {
        "model": found, "state": next(row["state"] for row in rows if row["model"].pk == number), "card": card, "errors": errors,
        "may_act": may_act(request.user, "model"), "others": [row["model"] for row in rows if row["model"].pk != number],
        "places": range(model_figures.CHALLENGERS), "sent": request.POST,
        "first_day": (request.institution.business_date + datetime.timedelta(days=1)).isoformat(),
    }  # fmt: skip
    return render(request, "console/model.html", context, status=422 if errors else 200)


@page("model")
def plot(request: Request, number: int, name: str) -> HttpResponse:
    """One plot of a card: an SVG that may style itself and can do nothing else."""
    drawing = _find(request.user, number).plots.get(name)
    if drawing is None:
        raise Http404
    response = HttpResponse(plot_told(drawing), content_type="image/svg+xml; charset=utf-8")
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@page("model")
def monitoring(request: Request, number: int) -> HttpResponse:
    """A model at work until a day: stability with the variables that moved, order, truth, conduct, groups."""
    found = _find(request.user, number)
    last_ended = request.institution.business_date - datetime.timedelta(days=1)
    as_of = min(day_of(request.GET.get("as_of", ""), last_ended), last_ended)
    language = get_language() or "en"
    key = "monitoring", request.institution.pk, request.institution.business_date, found.digest, as_of, language
    told = kept(key, lambda: monitored(request.institution, found, as_of, language), KEPT_SECONDS)
    tables = [_table(each, language) for each in told.made]
    note = title("monitoring_note", language)
    context = {
        "model": found,
        "as_of": as_of,
        "tables": tables,
        "note": note,
        "made_at": told.made_at,
        "alarms": told_alarms(request, number),
    }
    return render(request, "console/monitoring.html", context)


def _table(table: Table, language: str) -> dict[str, Any]:
    """A table of the report without the model; a variable stands under its meaning. States that ask for somebody have a tone."""
    words = {"state_watch": "text-watch", "state_alarm": "text-late", "holds_no": "text-late"}
    tones = {title(word, language): tone for word, tone in words.items()}
    names = [column.name for column in table.columns]
    left_out = {"model", "variable"} if "meaning" in names else {"model"}
    heads = [{"title": each.title, "number": each.kind not in LEFT} for each in table.columns if each.name not in left_out]
    rows = []
    for row in table.rows:
        told = dict(zip(names, row, strict=True))
        cells = [_cell(each, told, tones) for each in table.columns if each.name not in left_out]
        rows.append(cells)
    return {"title": table.title, "heads": heads, "rows": rows}


def _cell(column: Column, told: dict[str, Any], tones: dict[str, str]) -> dict[str, Any]:
    value, is_left = told[column.name], column.kind in LEFT
    text = shown(value, column.kind)
    note = told["variable"] if column.name == "meaning" and value else ""
    if column.name == "meaning" and not value:
        text = told["variable"]
    return {
        "text": cell_told(text) if is_left else text,
        "note": note,
        "number": not is_left,
        "tone": tones.get(value, "") if is_left else "",
    }
