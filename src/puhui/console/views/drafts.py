"""The editor of products: drafts in versions, checked while they are written, and held against what is in force at once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from puhui.calculations.faults import Fault, FaultsError
from puhui.console import lab_run
from puhui.console.access import Request, may_act, page
from puhui.console.decision_figures import language
from puhui.console.forms import errors_of, sentence
from puhui.console.words import product_name
from puhui.decisions.lab.keeping import comparisons
from puhui.decisions.product_check import check_text
from puhui.products import drafting
from puhui.products.queries import product, products_on
from puhui.products.strategy_models import Draft, DraftVersion


@page("drafts")
def drafts(request: Request) -> HttpResponse:
    """The drafts, the newest first; POST begins one from a product that is in force."""
    errors: list[str] = []
    lender = request.institution
    if request.method == "POST":
        try:
            return redirect("console:draft", _begin(request).draft_id)
        except FaultsError as error:
            errors = errors_of(error)
    context = {
        "rows": [{"row": one, "product": product_name(one.product_code)} for one in drafting.drafts(lender)[:100]],
        "products": sorted((product_name(one.code), one.code) for one in products_on(lender.business_date, lender)),
        "errors": errors,
        "entered": request.POST,
        "chosen": request.GET.get("product", ""),
        "may_write": may_act(request.user, "drafts"),
    }
    return render(request, "console/drafts.html", context)


def _begin(request: Request) -> DraftVersion:
    lender, code = request.institution, request.POST.get("product", "")
    text = drafting.source_of(product(code, lender.business_date, lender), lender, settings.PUHUI_CATALOGUE)
    return drafting.create(lender, code, request.POST.get("name", ""), text, request.user)


@page("drafts")
def draft(request: Request, number: int) -> HttpResponse:
    """One draft with its versions; POST keeps a new version, and compares it with what is in force if asked."""
    found = _find(request, number)
    wanted = request.GET.get("version", "")
    version = _version(request, number, int(wanted) if wanted.isdigit() else None)
    text, errors = version.text, []
    if request.method == "POST":
        text = request.POST.get("text", "").replace("\r\n", "\n")
        try:
            return _kept(request, found, text)
        except FaultsError as error:
            errors = errors_of(error)
    versions = list(found.versions.select_related("saved_by").order_by("-number"))
    context = {
        "draft": found, "version": version, "versions": versions, "last": versions[0], "text": text, "errors": errors,
        "based_on": request.POST.get("based_on") or versions[0].number,
        "product": product_name(found.product_code), "may_write": may_act(request.user, "drafts"),
        "comparisons": _comparisons(request, versions), **_checked(request, text, found.product_code),
    }  # fmt: skip
    return render(request, "console/draft.html", context)


def _kept(request: Request, found: Draft, text: str) -> HttpResponse:
    base = request.POST.get("based_on", "")
    kept = drafting.save(found, text, request.user, int(base) if base.isdigit() else 0, request.POST.get("note", ""))
    if request.POST.get("act") != "compare":
        return redirect("console:draft", found.pk)
    try:
        return redirect("console:comparison", _compared(request, kept))
    except FaultsError as error:
        messages.warning(request, _("Version %(number)s is kept, but it could not be compared:") % {"number": kept.number})
        for told in errors_of(error):
            messages.error(request, told)
        return redirect("console:draft", found.pk)


def _compared(request: Request, kept: DraftVersion) -> int:
    checked = check_text(kept.text, request.institution.business_date, settings.PUHUI_CATALOGUE)
    if checked.faults:
        raise FaultsError(checked.faults)
    texts = [kept.draft.product_code, f"draft:{kept.draft_id}.{kept.number}"]
    return lab_run.run(request.institution, request.user, request.POST, texts).pk


def _comparisons(request: Request, versions: list[DraftVersion]) -> list[Any]:
    digests = [one.digest for one in versions if one.digest]
    return list(comparisons(request.institution).filter(digests__overlap=digests).defer("found")[:5]) if digests else []


@require_POST
@page("drafts")
def draft_check(request: Request, number: int) -> HttpResponse:
    """What there is to say of a text, while it is being written. Nothing is kept."""
    code = _find(request, number).product_code
    return render(request, "console/parts/draft_check.html", _checked(request, request.POST.get("text", "").replace("\r\n", "\n"), code))


def _checked(request: Request, text: str, code: str) -> dict[str, Any]:
    day = request.institution.business_date
    before = next((one for one in products_on(day, request.institution) if one.code == code), None)
    checked = check_text(text, day, settings.PUHUI_CATALOGUE, before=before)
    return {
        "faults": [_told(each) for each in checked.faults],
        "remarks": [_told(each) for each in checked.remarks],
        "parts": checked.parts(language(), day),
        "digest": checked.product.digest if checked.product and not checked.faults else "",
    }


def _told(fault: Fault) -> dict[str, Any]:
    place = re.match(r"[^:]+\.toml:(\d+):(\d+):?\s*", fault.where)
    if place is None:
        return {"line": 0, "column": 0, "text": sentence(fault)}
    text = sentence(replace(fault, where=fault.where[place.end() :] or _("this place")))
    return {"line": int(place[1]), "column": int(place[2]), "text": text}


def _find(request: Request, number: int) -> Draft:
    found = Draft.objects.filter(institution=request.institution, pk=number).select_related("created_by").first()
    if found is None:
        raise Http404
    return found


def _version(request: Request, number: int, wanted: int | None) -> DraftVersion:
    try:
        return drafting.version(request.institution, number, wanted)
    except FaultsError as error:
        raise Http404 from error
