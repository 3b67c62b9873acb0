"""Health of sources: which feed is late, which field suddenly holds nothing, which values are not what they were, or cannot be."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from puhui.console.access import Request, page
from puhui.console.health_figures import bound_rows, health_rows, pull_rows


@page("evidence")
def source_health(request: Request) -> HttpResponse:
    """Every source by class and kind of record, those that are unwell first, the last pull of each, and variables that cannot be so."""
    context = {
        "rows": health_rows(request.institution, timezone.now()),
        "pulls": pull_rows(request.institution),
        "beyond": bound_rows(request.institution),
    }
    return render(request, "console/source_health.html", context)
