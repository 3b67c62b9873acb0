"""The renewal cockpit: which notes mature soon, what each renewal without principal still needs, and the renewal itself."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from puhui.calculations.faults import FaultsError
from puhui.console import act_figures, paging
from puhui.console import renewal_figures as figures
from puhui.console.access import Request, page
from puhui.console.act_forms import fields_of, has_errors, place
from puhui.console.act_words import NAMES
from puhui.console.forms import key_of, new_key
from puhui.console.kept_reports import kept
from puhui.console.labels import CONTRACT, LOAN, state
from puhui.console.paging import Picked, paged
from puhui.console.templatetags.figures import choose_unit
from puhui.console.views.acts import after, step
from puhui.console.words import role_label
from puhui.loans import queries
from puhui.loans.models import Contract, Loan
from puhui.loans.renewal_queries import contracts_ready, generations, maturing
from puhui.loans.renewing import RENEW, conditions_on, hindrances_of

DAYS_AHEAD = 60
KEPT_SECONDS = 600


@page("renewals")
def renewals(request: Request) -> HttpResponse:
    """Notes that mature within sixty days, each with the conditions of a renewal as they stand.

    Which these are is looked for in all open loans and, where that takes long, kept for a while; an index of maturities would cost every
    night for each loan that changes. The rows that are shown are read anew, so that a note that was renewed is gone at once.
    """
    day, language = request.institution.business_date, get_language() or "en"
    rows = maturing(request.user, day, DAYS_AHEAD)
    key = "renewals", request.institution.pk, request.user.role, day
    told = kept(key, lambda: list(rows.values_list("pk", flat=True)[: paging.MOST_COUNTED + 1]), KEPT_SECONDS)
    context = paged(request, Picked(rows, told.made))
    loans: list[Any] = list(context["page"].object_list)
    hindrances, ready, before = hindrances_of(loans, day), contracts_ready(loans), generations(loans)
    shown = [
        figures.renewal_row(each, day, hindrances[each.pk], ready.get(each.firm_id, []), before.get(each.pk, 0), language) for each in loans
    ]
    context |= {"tab": "renewals", "days_ahead": DAYS_AHEAD, "rows": shown, "names": figures.conditions([], {}, day, language)}
    context |= {"unit": choose_unit(row["principal_fen"] for row in shown), "day": day, "made_at": told.made_at}
    return render(request, "console/renewals.html", context)


@page("renewals")
def renewal(request: Request, number: int) -> HttpResponse:
    """One note on its way to renewal. POST previews the renewal by the chosen contract, and then carries it out."""
    day = request.institution.business_date
    found = maturing_or_open(request, number)
    contracts = contracts_ready([found]).get(found.firm_id, [])
    contract = _chosen(request, contracts, found)
    context: dict[str, Any] = {"errors": [], "fields": []}
    key = key_of(request.POST)
    may = contract is not None and request.user.role in act_figures.power("renew", contract).makers
    if contract is not None:
        sent = request.POST if request.method == "POST" else None
        fields = fields_of(RENEW, contract, sent, {"loans": [found.pk], "kind": "renewal", "in_difficulty": "no"})
        context["fields"] = fields
        if request.method == "POST":
            if not may:
                raise PermissionDenied
            try:
                done = step(request, RENEW, contract, fields, key, context)
                if done is not None:
                    return after(request, done, contract)
            except FaultsError as error:
                context["errors"], key = place(fields, error.faults), new_key()
    elif request.method == "POST":
        raise Http404
    evidence = {row["code"]: request.POST.get(f"conditions.{row['code']}", "").strip() for row in conditions_on(day)}
    context |= _context(found, contracts, contract, evidence) | {"key": key, "may": may}
    failed = bool(context["errors"]) or has_errors(context["fields"])
    return render(request, "console/renewal.html", context, status=422 if failed and request.method == "POST" else 200)


def maturing_or_open(request: Request, number: int) -> Loan:
    """The open note of that number; otherwise there is no such page."""
    rows = queries.loans(request.user).select_related("firm", "contract", "institution", "held_class")
    found = rows.exclude(status__in=("closed", "undrawn", "written_off")).filter(pk=number, contract__revolves=False).first()
    if found is None:
        raise Http404
    return found


def _chosen(request: Request, contracts: list[Contract], found: Loan) -> Contract | None:
    """The contract that shall close the note: the one asked for, else one of the same amount, else the first that is not drawn."""
    wanted = request.POST.get("contract") or request.GET.get("contract")
    asked = [each for each in contracts if str(each.pk) == wanted]
    fitting = [each for each in contracts if each.amount_fen == found.principal_fen]
    return next(iter([*asked, *fitting, *contracts]), None)


def _context(found: Loan, contracts: list[Contract], contract: Contract | None, evidence: dict[str, str]) -> dict[str, Any]:
    day, language = found.institution.business_date, get_language() or "en"
    shown = queries.dossier(found, day)
    owed = shown.owed
    kept = getattr(found, "held_class", None)
    held = kept.risk_class if kept else "normal"
    last_due = max(row.due for row in shown.fold.position.rows)
    power = act_figures.power("renew", contract or found)
    return {
        "tab": "renewals", "loan": found, "state": state(LOAN, owed.status), "class_state": act_figures.class_state(held), "owed": owed,
        "last_due": last_due, "days": (last_due - day).days, "days_past": (day - last_due).days,
        "contract": contract, "title": NAMES["renew"],
        "contracts": [{"row": each, "state": state(CONTRACT, each.status)} for each in contracts],
        "conditions": figures.conditions(hindrances_of([found], day)[found.pk], evidence, day, language),
        "checks": figures.checks(found, owed, last_due, contract, held), "makers": ", ".join(role_label(role) for role in power.makers),
    }  # fmt: skip
