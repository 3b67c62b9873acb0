"""What stands behind running loans and is to be looked at: linked rates, evidence that is missing, security that is low or out of date.

Where it takes long to find all of it, what there is and in which order is kept for a while. The rows of the page that is shown are reckoned
anew each time from their own contracts, so that what was done is gone at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render

from puhui.console import paging
from puhui.console.access import Request, page
from puhui.console.kept_reports import Kept, kept
from puhui.console.paging import filters_of, paged
from puhui.console.score_alarms import alarm_count
from puhui.console.watch_figures import KIND_STATES, watch_row
from puhui.loans.watching import Watched, watched

ROWS_PER_PAGE = 10
KEPT_SECONDS = 600
Place = tuple[tuple[str, int, str], int]  # what tells a row from others, and its contract


@page("watch")
def watch(request: Request) -> HttpResponse:
    """What is due first on top; `kind` shows one kind alone."""
    day = request.institution.business_date
    filters = filters_of(request, "kind")
    if filters["kind"] not in KIND_STATES:
        filters["kind"] = ""
    told, found = _places(request, filters["kind"])
    context = paged(request, told.made, filters, ROWS_PER_PAGE)
    rows = _rows(request, filters["kind"], context["page"].object_list, found)
    context |= {
        "tab": "watch", "rows": [watch_row(one, day) for one in rows],
        "kinds": [(code, state.label) for code, state in KIND_STATES.items()], "day": day, "made_at": told.made_at,
        "score_alarms": alarm_count(request),
    }  # fmt: skip
    return render(request, "console/watch.html", context)


def _places(request: Request, kind: str) -> tuple[Kept[list[Place]], list[Watched] | None]:
    """As many rows as are leafed through, in their order, and one more where there are more; and all rows, where they were reckoned now."""
    user, institution = request.user, request.institution
    found: list[Watched] | None = None

    def made() -> list[Place]:
        nonlocal found
        found = watched(user, institution.business_date, kind)
        return [(one.key, one.contract_id) for one in found[: paging.MOST_COUNTED + 1]]

    places = kept(("watch", institution.pk, user.role, institution.business_date, kind), made, KEPT_SECONDS)
    return places, found


def _rows(request: Request, kind: str, places: Sequence[Place], found: list[Watched] | None) -> list[Watched]:
    """The rows of some places as they are now, in the order of the places; what was done meanwhile is left out."""
    if found is None:
        found = watched(request.user, request.institution.business_date, kind, {contract for _, contract in places})
    by_key = {one.key: one for one in found}
    return [by_key[key] for key, _ in places if key in by_key]
