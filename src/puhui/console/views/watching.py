"""What stands behind running loans and is to be looked at: linked rates, evidence that is missing, security that is low or out of date."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from puhui.console.access import Request, page
from puhui.console.paging import filters_of, paged
from puhui.console.watch_figures import KIND_STATES, watch_row
from puhui.loans.watching import watched

ROWS_PER_PAGE = 10


@page("watch")
def watch(request: Request) -> HttpResponse:
    """What is due first on top; `kind` shows one kind alone."""
    day = request.institution.business_date
    filters = filters_of(request, "kind")
    if filters["kind"] not in KIND_STATES:
        filters["kind"] = ""
    context = paged(request, watched(request.user, day, filters["kind"]), filters, ROWS_PER_PAGE)
    context |= {
        "tab": "watch", "rows": [watch_row(one, day) for one in context["page"].object_list],
        "kinds": [(code, state.label) for code, state in KIND_STATES.items()],
    }  # fmt: skip
    return render(request, "console/watch.html", context)
