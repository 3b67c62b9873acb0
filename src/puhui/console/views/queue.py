"""The work queue: what do I do next?"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from puhui.console import paging
from puhui.console.access import Request, page
from puhui.console.labels import APPLICATION, state
from puhui.console.paging import filters_of, paged, told
from puhui.console.referral_figures import clock
from puhui.console.templatetags.figures import choose_unit
from puhui.console.words import AUTHORITY, LOAN_PURPOSES, word
from puhui.decisions import queries
from puhui.decisions.factory_models import SavedFilter

#: the tabs, those that ask for work first
STATUSES = ("referred", "submitted", "offered", "accepted", "refused", "declined", "expired")


@page("queue")
def queue(request: Request) -> HttpResponse:
    """Cases by state, those that wait longest first."""
    filters = filters_of(request, "status", "text", "order")
    filters["status"] = filters["status"] or "referred"
    context = paged(request, queries.work_queue(request.user, filters), filters)
    found = list(context["page"].object_list)
    asked = queries.question_counts(one.latest_decision.pk for one in found if one.latest_decision)
    rows = [_row(application, asked) for application in found]
    context |= {
        "rows": rows, "tabs": _tabs(request, filters), "unit": choose_unit(row["application"].amount_fen for row in rows),
        "saved": list(request.user.saved_filters.filter(page="queue").order_by("name")),
        "orders": [("", _("longest wait first")), ("newest", _("newest first")), ("amount", _("largest first"))],
    }  # fmt: skip
    return render(request, "console/queue.html", context)


@page("queue")
def saved_filter(request: Request) -> HttpResponse:
    """POST: keeps the filter in use under a name of the reader's own, or forgets one."""
    if request.method == "POST":
        if number := request.POST.get("remove", ""):
            SavedFilter.objects.filter(user=request.user, pk=int(number) if number.isdecimal() and len(number) < 18 else 0).delete()
        elif name := request.POST.get("name", "").strip()[:40]:
            query = urlencode(parse_qsl(request.POST.get("query", "")))[:300]
            SavedFilter.objects.update_or_create(user=request.user, page="queue", name=name, defaults={"query": query})
    return redirect("console:queue")


def _row(application: Any, asked: dict[int, tuple[int, int]]) -> dict[str, Any]:
    decision = application.latest_decision
    waits = decision is not None and application.status == "referred"
    total, still_open = asked.get(decision.pk, (0, 0)) if waits else (0, 0)
    return {
        "asked": total,
        "open": still_open,
        "clock": clock(decision, application.product_code) if waits else None,
        "application": application,
        "state": state(APPLICATION, application.status),
        "purpose": word(LOAN_PURPOSES, application.purpose),
        "amount_fen": decision.amount_fen if decision and decision.amount_fen else None,
        "rate_ppm": decision.rate_ppm if decision else None,
        "risk_class": decision.risk_class if decision else "",
        "authority": word(AUTHORITY, decision.authority) if decision and decision.authority else "–",
    }


def _tabs(request: Request, filters: dict[str, str]) -> list[dict[str, Any]]:
    counts = queries.queue_counts(request.user, paging.MOST_COUNTED + 1)
    kept = {name: value for name, value in filters.items() if value and name != "status"}
    codes = [code for code in STATUSES if counts.get(code) or code == filters["status"]]
    tabs = [(code, state(APPLICATION, code).label, counts.get(code, 0)) for code in codes]
    tabs.append(("all", _("all"), sum(counts.values())))
    return [
        {"label": label, "count": told(count), "current": code == filters["status"], "query": urlencode({"status": code, **kept})}
        for code, label, count in tabs
    ]
