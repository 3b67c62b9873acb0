"""Firms: who is this, and how are they doing?"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from puhui.console import decision_figures as figures
from puhui.console import paging
from puhui.console.access import Request, may_read, page
from puhui.console.firm_figures import gaps_text, monthly_picture, partners_picture, six_figures
from puhui.console.labels import consent_state
from puhui.console.loan_figures import listed
from puhui.console.paging import Picked, filters_of, paged
from puhui.console.trail_words import ACTS
from puhui.console.words import FIRM_KINDS, PEOPLE, PURPOSES, SCHEMES, word
from puhui.decisions import queries as decisions
from puhui.evidence import queries as evidence
from puhui.features.queries import latest_snapshot
from puhui.loans import queries as loans
from puhui.parties import queries as parties
from puhui.parties.models import Firm

ACTS_SHOWN = 30


@page("firm")
def firms(request: Request) -> HttpResponse:
    """Every firm that the user may see, by name, or those that fit a text."""
    filters = filters_of(request, "text")
    user = request.user
    rows: Any = parties.firms(user)
    if filters["text"]:  # looked for once, and not again to count what is found
        found = parties.find_firms(request.institution, filters["text"])
        rows = Picked(rows, list(found.values_list("pk", flat=True)[: paging.MOST_COUNTED + 1]))
    context = paged(request, rows, filters)
    context["rows"] = [
        {
            "id": each.pk,
            "name": each.name,
            "kind_label": word(FIRM_KINDS, each.kind),
            "industry": each.industry_code or "–",
            "founded_on": each.founded_on,
            "staff_count": each.staff_count,
        }
        for each in context["page"].object_list
    ]
    return render(request, "console/firms.html", context)


@page("firm")
def firm(request: Request, number: int) -> HttpResponse:
    """One firm: identity, trade by month, partners, variables in plain words, score, limit, loans, and what happened."""
    found = find_firm(request, number)
    return render(request, "console/firm.html", _trade(request, found) | _identity(request, found) | _lending(request, found))


@page("firm")
def partners(request: Request, number: int) -> HttpResponse:
    """Buyers and suppliers of a firm: a part of its page that arrives after it, or a page of its own without scripts."""
    found = find_firm(request, number)
    day = found.institution.business_date
    is_open = evidence.open_reading(found, request.user.username)
    sides = {"buyers": "out", "suppliers": "in"}
    context: dict[str, Any] = {"firm": found}
    context |= {name: partners_picture(evidence.largest_partners(found, day, side) if is_open else []) for name, side in sides.items()}
    whole = not request.headers.get("HX-Request")
    return render(request, "console/firm_partners.html" if whole else "console/parts/both_partners.html", context)


def find_firm(request: Request, number: int) -> Firm:
    """The firm of that number as far as the user may see it. Raises Http404."""
    try:
        return parties.firm(request.user, number)
    except Firm.DoesNotExist as error:
        raise Http404 from error


def _identity(request: Request, found: Firm) -> dict[str, Any]:
    day = request.institution.business_date
    trail = parties.audit_of(found.institution, "firm", found.pk).order_by("-id")[:ACTS_SHOWN]
    return {
        "firm": found,
        "may_see_people": may_read(request.user, "people"),
        "kind": word(FIRM_KINDS, found.kind),
        "industry": found.industry_code,
        "identifiers": [{"label": word(SCHEMES, each.scheme), "value": each.value} for each in found.identifiers.all()],
        "people": [{"label": word(PEOPLE, each.role), "name": each.person.name} for each in parties.people_of(found)],
        "consents": [
            {
                "purpose": word(PURPOSES, each.purpose),
                "state": consent_state(each, day),
                "period": f"{each.granted_at.date()} – {each.expires_on}",
            }
            for each in parties.consents_of(found)[:4]
        ],
        "timeline": [{"recorded_at": each.recorded_at, "act_label": word(ACTS, each.act), "actor": each.actor} for each in trail],
    }


def _trade(request: Request, found: Firm) -> dict[str, Any]:
    day = found.institution.business_date
    is_open = evidence.open_reading(found, request.user.username)
    monthly = monthly_picture(evidence.monthly_totals(found, day) if is_open else [], day)
    snapshot = latest_snapshot(found, day)
    values, nulls = (snapshot.values, snapshot.null_reasons) if snapshot else ({}, {})
    return {
        "monthly": monthly,
        "is_open": is_open,
        "shows_trade": is_open or not found.is_natural,  # people have no invoices to agree to
        "gaps": gaps_text(monthly),
        "snapshot": snapshot,
        "six_figures": six_figures(values, nulls, monthly, reverse("console:firm", args=[found.pk])),
        "variables": figures.snapshot_variables(_told(values) if found.is_natural else values, nulls),
    }


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """Variables that have a value: of people and households hundreds have none, because they are of firms."""
    return {name: value for name, value in values.items() if value is not None}


def _lending(request: Request, found: Firm) -> dict[str, Any]:
    day = found.institution.business_date
    decision = decisions.decisions(request.user).filter(firm=found).defer(None).first()
    context: dict[str, Any] = {
        "loans": [listed(each, day) for each in loans.loans(request.user).filter(firm=found)],
        "decision": decision,
    }
    if decision:
        context |= {
            "application": {"id": decision.application_id} if may_read(request.user, "case") else None,
            "class_text": figures.class_text(decision.record),
            "limit": figures.limit_picture(decision.record),
            "reasons_for": figures.reasons(decision.record, "for"),
            "reasons_against": figures.reasons(decision.record, "against"),
        }
    return context
