"""Campaigns of pre-approval: the lists there are, a new one from a file, and one with every firm and its reasons."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.console.access import Request, may_act, page
from puhui.console.application_forms import fact_text
from puhui.console.decision_figures import language
from puhui.console.forms import amount_fen, errors_of, key_of, new_key, quotas_of
from puhui.console.labels import CAMPAIGN, INVITEE, state
from puhui.console.paging import filters_of, paged
from puhui.console.report_files import report_file
from puhui.console.templatetags.figures import choose_unit
from puhui.console.words import CAMPAIGN_KINDS, LOAN_PURPOSES, UNIT_WORDS, in_language, product_name, word
from puhui.decisions import campaigns as acts
from puhui.decisions import queries
from puhui.decisions.factory_models import Campaign, Invitee
from puhui.parties.models import Institution
from puhui.products.queries import product as product_in_force
from puhui.products.queries import products_on
from puhui.products.terms import ApplicationFact
from puhui.reports import tables


@page("campaigns")
def campaigns(request: Request) -> HttpResponse:
    """The campaigns, newest first; POST makes one from a file: all of it or nothing."""
    errors: list[str] = []
    if request.method == "POST":
        try:
            return redirect("console:campaign", _make(request).pk)
        except FaultsError as error:
            errors = errors_of(error)
    context, lender = paged(request, queries.campaigns(request.user)), request.institution
    rows = [{"campaign": one, **_named(one)} for one in context["page"].object_list]
    context |= {
        "rows": rows, "unit": choose_unit(row["campaign"].budget_fen for row in rows), "errors": errors, "key": new_key(),
        "may_make": may_act(request.user, "campaigns"), "entered": request.POST,
        "kinds": [(code, word(CAMPAIGN_KINDS, code)) for code in Campaign.Kind.values],
        "products": sorted({one.code: product_name(one.code) for one in products_on(lender.business_date, lender)}.items()),
        "forms": _forms(lender),
        "purposes": [(code, word(LOAN_PURPOSES, code)) for code in ("stock", "materials", "wages")],
    }  # fmt: skip
    return render(request, "console/campaigns.html", context, status=422 if errors else 200)


def _named(campaign: Campaign) -> dict[str, Any]:
    return {
        "state": state(CAMPAIGN, campaign.status), "kind": word(CAMPAIGN_KINDS, campaign.kind),
        "product": product_name(campaign.product_code),
    }  # fmt: skip


def _forms(lender: Institution) -> list[dict[str, Any]]:
    """The products whose form asks for something, with the columns that a list may carry: heading, what it means, unit."""
    return [
        {
            "product": product_name(one.code),
            "columns": [(name, in_language(fact.texts, language()), _unit(fact.unit)) for name, fact in one.application.items()],
        }
        for one in products_on(lender.business_date, lender)
        if one.application
    ]


def _unit(unit: str) -> str:
    return _("yes or no") if unit in ("flag", "boolean") else _("0.3 or 30%") if unit == "ratio" else str(word(UNIT_WORDS, unit))


def _make(request: Request) -> Campaign:
    sent, upload = request.POST, request.FILES.get("file")
    if upload is None or (upload.size or 0) > settings.PUHUI_UPLOAD_LIMIT_BYTES:
        raise FaultsError([Fault(_("file"), _("nothing, or too large"), _("a list as CSV or XLSX"))])
    return acts.make(
        request.user, data=upload.read(), file_name=upload.name or "list", key=key_of(sent), name=sent.get("name", ""),
        kind=sent.get("kind", ""), anchor=sent.get("anchor", "").strip()[:200], product_code=sent.get("product", ""),
        term_months=_whole(sent.get("months", "")), purpose=sent.get("purpose", ""), amount_fen=amount_fen(sent.get("amount", "")),
        expires_on=_day(sent.get("expires_on", "")), budget_fen=amount_fen(sent.get("budget", "")),
        region=quotas_of(sent.get("region", ""), amount_fen), industry=quotas_of(sent.get("industry", ""), amount_fen),
    )  # fmt: skip


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 5):
        raise FaultsError([Fault(_("term"), text or _("nothing"), _("a number of months"))])
    return int(text)


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError as error:
        raise FaultsError([Fault(_("last day"), text or _("nothing"), _("a date such as 2026-12-31"))]) from error


def _find(request: Request, number: int) -> Campaign:
    try:
        return queries.campaigns(request.user).get(pk=number)
    except Campaign.DoesNotExist as error:
        raise Http404 from error


@page("campaigns")
def campaign(request: Request, number: int) -> HttpResponse:
    """One campaign: what came out for each firm and why. POST releases or closes it, or takes an offer up for a firm at the counter."""
    found = _find(request, number)
    errors: list[str] = []
    if request.method == "POST":
        try:
            return _act(request, found)
        except FaultsError as error:
            errors = errors_of(error)
    filters = filters_of(request, "outcome")
    context = paged(request, queries.invitees(found, filters["outcome"] or None), filters)
    asked = product_in_force(found.product_code, found.business_date, found.institution).application
    rows = [_row(one, asked) for one in context["page"].object_list]
    counts = queries.invitee_counts(found)
    may = may_act(request.user, "campaigns")
    context |= {
        "campaign": found, **_named(found), "errors": errors, "rows": rows, "unit": choose_unit(row["invitee"].wanted_fen for row in rows),
        "counts": [(code, state(INVITEE, code), *counts.get(code, (0, 0))) for code in Invitee.Outcome.values],
        "offered_fen": counts.get("offer", (0, 0))[1],
        "quotas": [(code, fen) for part in found.quotas.values() for code, fen in part.items()],
        "may_release": may and found.status == "screened" and request.user.role in acts.RELEASERS and request.user.pk != found.made_by_id,
        "may_close": may and found.status != "closed", "may_take": may and found.status == "released",
        "purpose": word(LOAN_PURPOSES, found.purpose),
    }  # fmt: skip
    return render(request, "console/campaign.html", context, status=422 if errors else 200)


def _act(request: Request, found: Campaign) -> HttpResponse:
    act = request.POST.get("act", "")
    if act == "release":
        acts.release(found, request.user)
    elif act == "close":
        acts.close(found, request.user)
    else:
        chosen = request.POST.get("invitee", "")
        row = found.invitees.filter(pk=int(chosen) if chosen.isdecimal() and len(chosen) < 18 else 0).first()
        if row is None:
            raise Http404
        return redirect("console:case", acts.take_up(row, request.user.username).pk)
    return redirect("console:campaign", found.pk)


def _row(one: Invitee, asked: Mapping[str, ApplicationFact]) -> dict[str, Any]:
    facts = [
        (in_language(fact.texts, language()), fact_text(one.facts[name], fact.unit)) for name, fact in asked.items() if name in one.facts
    ]
    return {
        "invitee": one, "state": state(INVITEE, one.outcome), "reasons": [in_language(each["text"], language()) for each in one.reasons],
        "facts": facts, "can_take": one.application_id is None and one.outcome in ("offer", "invite"),
    }  # fmt: skip


@page("campaigns")
def campaign_file(request: Request, number: int, form: str) -> HttpResponse:
    """The list with its answers as CSV or XLSX: whom to invite, with what, and why the others not."""
    found = _find(request, number)
    return report_file(lambda: _answers(found), form, f"campaign-{found.pk}", ("csv", "xlsx"))


def _answers(found: Campaign) -> tables.Report:
    asked = product_in_force(found.product_code, found.business_date, found.institution).application
    invitees = list(queries.invitees(found))
    listed = [name for name in asked if any(name in one.facts for one in invitees)]
    columns = (
        tables.Column("row", _("Row"), "count"), tables.Column("firm", _("Firm")), tables.Column("outcome", _("Outcome")),
        tables.Column("amount", _("Amount"), "fen"), tables.Column("rate", _("Rate"), "ppm"), tables.Column("class", _("Class")),
        tables.Column("why", _("Why")), *(tables.Column(name, in_language(asked[name].texts, language())) for name in listed),
    )  # fmt: skip
    rows = tuple(
        (one.row_number, one.firm.name, str(state(INVITEE, one.outcome).label), one.amount_fen or None, one.rate_ppm, one.risk_class,
         "; ".join(in_language(each["text"], language()) for each in one.reasons),
         *(fact_text(one.facts.get(name), asked[name].unit) for name in listed))
        for one in invitees
    )  # fmt: skip
    table = tables.Table("invitees", found.name, columns, rows)
    return tables.Report("campaign", found.name, found.institution.name, found.business_date, (table,))
