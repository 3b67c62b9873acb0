"""The work queue: what do I do next?"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.console import paging
from puhui.console.access import Request, page
from puhui.console.labels import APPLICATION, state
from puhui.console.paging import Picked, filters_of, paged, told
from puhui.console.referral_figures import clock
from puhui.console.templatetags.figures import choose_unit
from puhui.console.words import AUTHORITY, LOAN_PURPOSES, in_language, product_name, role_label, word
from puhui.decisions import queries
from puhui.decisions.factory_models import SavedFilter
from puhui.decisions.seats import lost_by
from puhui.decisions.timing import by_deadline

#: so many cases are put in the order of their deadlines; of more, those that wait longest stand first
MOST_ORDERED = 2_000
#: the tabs, those that ask for work first
STATUSES = ("referred", "submitted", "offered", "accepted", "refused", "declined", "expired", "in_parts")


@page("queue")
def queue(request: Request) -> HttpResponse:
    """Cases by state; those that wait for a person, by when they are due."""
    filters = filters_of(request, "status", "text", "told", "order")
    filters["status"] = filters["status"] or "referred"
    context = paged(request, _ordered(request, filters), filters)
    found = list(context["page"].object_list)
    decisions = [one.latest_decision.pk for one in found if one.latest_decision and one.status == "referred"]
    asked, told_to = queries.questions_asked(decisions), queries.told_of(decisions)
    rows = [_row(application, asked, told_to) for application in found]
    context |= {
        "lost": lost_by(request.user),
        "rows": rows, "tabs": _tabs(request, filters), "unit": choose_unit(row["application"].amount_fen for row in rows),
        "saved": list(request.user.saved_filters.filter(page="queue").order_by("name")),
        "orders": [
            ("", _("due soonest first")), ("waiting", _("longest wait first")),
            ("newest", _("newest first")), ("amount", _("largest first")),
        ],
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


def _ordered(request: Request, filters: dict[str, str]) -> Any:
    """The rows in the order asked for: by deadline unless another is asked for, where so many can be put in order at once."""
    rows = queries.work_queue(request.user, filters)
    if filters["status"] != "referred" or filters["order"]:
        return rows
    keys = by_deadline(rows, MOST_ORDERED)
    return rows if keys is None else Picked(rows, keys)


def _row(application: Any, asked: dict[int, queries.Asked], told_to: dict[int, str]) -> dict[str, Any]:
    decision = application.latest_decision
    waits = decision is not None and application.status == "referred"
    questions = asked.get(decision.pk) if waits else None
    return {
        "asked": questions,
        "question": in_language(questions.open[0], get_language() or "en") if questions and questions.open else "",
        "more": len(questions.open) - 1 if questions and questions.open else 0,
        "told_to": role_label(told_to[decision.pk]) if waits and decision.pk in told_to else "",
        "product": product_name(application.product_code),
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
