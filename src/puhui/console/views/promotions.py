"""Putting a draft in force: proposed from a comparison by one person, answered by another, taken back before its day."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from puhui.calculations.faults import Fault, FaultsError
from puhui.console.access import Request, may_act, page
from puhui.console.forms import errors_of
from puhui.console.labels import PROMOTION, state
from puhui.console.views.lab import find
from puhui.console.words import product_name
from puhui.decisions.lab import promoting
from puhui.products import drafting
from puhui.products.strategy_models import ProductPromotion


@require_POST
@page("lab")
def propose(request: Request, number: int) -> HttpResponse:
    """From a comparison: one of its drafts, from a day."""
    comparison = find(request, number)
    try:
        draft, _dot, version = request.POST.get("version", "").partition(".")
        if not (draft.isdigit() and version.isdigit()):
            raise FaultsError([Fault(_("draft"), _("nothing"), _("one of this comparison"))])
        chosen = drafting.version(request.institution, int(draft), int(version))
        day = _day(request.POST.get("in_force_from", ""))
        reason = request.POST.get("reason", "")
        row = promoting.propose(chosen, comparison, day, reason, request.user, settings.PUHUI_CATALOGUE)
    except FaultsError as error:
        for sentence in errors_of(error):
            messages.error(request, sentence)
        return redirect("console:comparison", number)
    return redirect("console:promotion", row.pk)


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise FaultsError([Fault(_("in force from"), text or _("nothing"), _("a day such as 2026-01-31"))]) from error


@page("lab")
def promotion(request: Request, number: int) -> HttpResponse:
    """One promotion with what it rests on; POST agrees, refuses or takes back."""
    beside = ("institution", "version__draft__institution", "comparison", "proposed_by", "answered_by", "withdrawn_by")
    rows = ProductPromotion.objects.filter(institution=request.institution, pk=number).select_related(*beside)
    row = rows.first()
    if row is None:
        raise Http404
    errors: list[str] = []
    if request.method == "POST":
        try:
            _act(request, row)
            return redirect("console:promotion", number)
        except FaultsError as error:
            errors = errors_of(error)
            row = rows.get()
    begun = row.in_force_from <= request.institution.business_date
    acts = may_act(request.user, "lab")
    context = {
        "promotion": row, "product": product_name(row.code), "state": state(PROMOTION, row.status), "errors": errors,
        "begun": begun,
        "may_answer": acts and row.status == "proposed" and row.proposed_by_id != request.user.pk and not begun,
        "may_withdraw": acts and row.status in ("proposed", "agreed") and not begun,
        "own": row.proposed_by_id == request.user.pk,
    }  # fmt: skip
    return render(request, "console/promotion.html", context)


def _act(request: Request, row: ProductPromotion) -> None:
    reason = request.POST.get("reason", "")
    acts: dict[str, Callable[[], Any]] = {
        "agree": lambda: promoting.agree(row, request.user, settings.PUHUI_CATALOGUE, reason),
        "refuse": lambda: promoting.refuse(row, request.user, reason),
        "withdraw": lambda: promoting.withdraw(row, request.user, reason),
    }
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        raise FaultsError([Fault("act", request.POST.get("act", "") or "nothing", ", ".join(acts))])
    act()
