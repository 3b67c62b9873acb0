"""Visits for an application: what each person saw, side by side and held against the evidence; and the form that is filled on the spot."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from puhui.calculations.faults import FaultsError
from puhui.console import visit_figures as figures
from puhui.console.access import Request, may_act, page
from puhui.console.forms import day as day_of
from puhui.console.forms import errors_of, key_of, new_key
from puhui.console.words import product_name
from puhui.decisions import visiting
from puhui.decisions.models import Application
from puhui.products import visit_forms
from puhui.products.queries import product as product_in_force


def _find(request: Request, number: int) -> Application:
    try:
        return visiting.application_of(request.user, number)
    except Application.DoesNotExist as error:
        raise Http404 from error


@page("case")
def visits(request: Request, number: int) -> HttpResponse:
    """All visits of an application, form by form."""
    application = _find(request, number)
    day = request.institution.business_date
    seen = visiting.overview(application, visit_forms.forms_on(day, settings.PUHUI_CATALOGUE))
    product = product_in_force(application.product_code, application.business_date)
    facts, who = visiting.facts_of(product, seen)
    context = {
        "application": application,
        "product_name": product_name(application.product_code),
        "seen": [figures.seen_rows(each) for each in seen],
        "facts": figures.told_facts(product, facts),
        "who": next(iter(who.values()), ""),
        "may_fill": may_act(request.user, "case") and application.status in visiting.OPEN,
    }
    return render(request, "console/visits.html", context)


@page("case")
def visit(request: Request, number: int, code: str) -> HttpResponse:
    """The form of a visit; POST takes it down: all of it, or nothing and every fault named."""
    application = _find(request, number)
    day = request.institution.business_date
    try:
        asked = visit_forms.form(code, day, settings.PUHUI_CATALOGUE)
    except FaultsError as error:
        raise Http404 from error
    errors: list[str] = []
    visited_on = day_of(request.POST.get("visited_on", ""), day)
    if request.method == "POST":
        try:
            answers = figures.read_answers(asked, request.POST)
            visiting.record(application, request.user, code, visited_on, answers, key_of(request.POST))
            return redirect("console:visits", number)
        except FaultsError as error:
            errors = errors_of(error)
    context = {
        "application": application,
        "title": figures.title_of(asked),
        "sections": figures.form_rows(asked, request.POST),
        "visited_on": visited_on,
        "today": day,
        "errors": errors,
        "key": request.POST.get("key") or new_key(),
        "may_fill": may_act(request.user, "case") and application.status in visiting.OPEN,
    }
    return render(request, "console/visit.html", context, status=422 if errors else 200)
