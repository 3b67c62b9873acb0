"""Models: which score is in use, and its card."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from puhui.console.access import Request, page
from puhui.console.labels import MODEL, state
from puhui.console.markdown import rendered
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
