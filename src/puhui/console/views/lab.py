"""The policy lab: policies side by side on past decisions, each comparison on record, and what is to be put in force of them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from puhui.calculations.faults import FaultsError
from puhui.console import lab_figures, lab_run
from puhui.console.access import Request, may_act, page
from puhui.console.forms import errors_of
from puhui.console.labels import PROMOTION, state
from puhui.console.paging import paged
from puhui.console.report_files import TYPES, report_file
from puhui.console.words import product_name
from puhui.decisions.lab.keeping import comparisons, optima
from puhui.products import drafting
from puhui.products.queries import products_on
from puhui.products.strategy_models import Comparison, DraftVersion, ProductPromotion

PLACES = ("first_policy", "second_policy", "third_policy", "fourth_policy")


@page("lab")
def lab(request: Request) -> HttpResponse:
    """The comparisons and optima on record, the newest first; POST compares, or looks for the optimum, and keeps what was found."""
    errors: list[str] = []
    if request.method == "POST":
        try:
            return _run(request)
        except FaultsError as error:
            errors = errors_of(error)
    context = paged(request, comparisons(request.institution).defer("found"))
    context |= {
        "rows": [{"row": one, "product": product_name(one.product_code)} for one in context["page"].object_list],
        "errors": errors,
        "entered": request.POST,
        "places": PLACES[:3],
        "choices": _choices(request),
        "optima": [{"row": one, "product": product_name(one.product_code)} for one in optima(request.institution)[:20]],
        "promotions": _promotions(request),
        "may_make": may_act(request.user, "lab"),
    }
    return render(request, "console/lab.html", context)


def _run(request: Request) -> HttpResponse:
    """Raises FaultsError."""
    typed = request.POST
    if typed.get("act") == "optimum":
        return redirect("console:optimum", lab_run.run_optimum(request.institution, request.user, typed).pk)
    texts = [text for text in (typed.get(place, "").strip() for place in PLACES) if text]
    return redirect("console:comparison", lab_run.run(request.institution, request.user, typed, texts).pk)


def _choices(request: Request) -> list[dict[str, str]]:
    """What can be compared: products in force, and drafts that hold a product."""
    lender = request.institution
    names = sorted((product_name(one.code), one.code) for one in products_on(lender.business_date, lender))
    found = [{"value": code, "label": name, "kind": "product"} for name, code in names]
    for one in drafting.drafts(lender)[:100]:
        if one.last_digest:  # type: ignore[attr-defined]
            label = f"{one.name} · {product_name(one.product_code)} · {one.pk}.{one.last_number}"  # type: ignore[attr-defined]
            found.append({"value": f"draft:{one.pk}.{one.last_number}", "label": label, "kind": "draft"})  # type: ignore[attr-defined]
    return found


def _promotions(request: Request) -> list[dict[str, Any]]:
    rows = ProductPromotion.objects.filter(institution=request.institution).select_related("proposed_by", "answered_by", "version")
    return [
        {"row": one, "product": product_name(one.code), "state": state(PROMOTION, one.status)}
        for one in rows.order_by("-pk")[:20]
    ]  # fmt: skip


def find(request: Request, number: int) -> Comparison:
    """A comparison of the reader's lender. Http404 where there is none."""
    found = comparisons(request.institution).select_related("institution").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@page("lab")
def comparison(request: Request, number: int) -> HttpResponse:
    """One comparison as it was found: charts, tables, who changes and why, and the way to put a draft of it in force."""
    found = find(request, number)
    report = lab_figures.report_of(found)
    drafts = DraftVersion.objects.filter(draft__institution=request.institution, digest__in=found.digests[1:])
    context = {
        "comparison": found,
        "product": product_name(found.product_code),
        "policies": found.found["policies"],
        "charts": lab_figures.charts(found),
        "tables": lab_figures.tables_of(report),
        "notes": report.notes,
        "forms": list(TYPES),
        "drafts": list(drafts.select_related("draft").order_by("-pk")[:5]),
        "may_make": may_act(request.user, "lab"),
    }
    return render(request, "console/comparison.html", context)


@page("lab")
def optimum(request: Request, number: int) -> HttpResponse:
    """One optimum as it was found: sums, rates and amounts by class, bounds and what they cost, every offer."""
    found = _find_optimum(request, number)
    report = lab_figures.optimum_of(found)
    context = {
        "optimum": found, "product": product_name(found.product_code), "tables": lab_figures.tables_of(report), "notes": report.notes,
        "forms": list(TYPES),
    }  # fmt: skip
    return render(request, "console/optimum.html", context)


@page("lab")
def optimum_file(request: Request, number: int, form: str) -> HttpResponse:
    """The same optimum as a file."""
    return report_file(lambda: lab_figures.optimum_of(_find_optimum(request, number)), form, f"lab-optimum-{number}")


def _find_optimum(request: Request, number: int) -> Comparison:
    found = optima(request.institution).select_related("institution").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@page("lab")
def comparison_file(request: Request, number: int, form: str) -> HttpResponse:
    """The same comparison as a file."""
    return report_file(lambda: lab_figures.report_of(find(request, number)), form, f"policy-lab-{number}")
