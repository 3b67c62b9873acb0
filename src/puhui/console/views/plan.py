"""Another repayment plan for a contract that nobody has signed: the form, what it would come to, and the agreement."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from puhui.calculations.faults import FaultsError
from puhui.console import plan_forms
from puhui.console.access import Request, may_act, page
from puhui.console.forms import errors_of
from puhui.console.labels import CONTRACT, state
from puhui.console.loan_figures import schedule_rows, totals_of
from puhui.loans import queries
from puhui.loans.models import Contract
from puhui.loans.replanning import Planned, agree_plan, may_be_replanned, planned


@page("payouts")
def plan(request: Request, number: int) -> HttpResponse:
    """How the loan is repaid. POST looks at another plan (`preview`) or agrees to it (`agree`); the text is drawn up anew then."""
    try:
        contract = queries.contract(request.user, number)
    except Contract.DoesNotExist as error:
        raise Http404 from error
    day, errors = request.institution.business_date, list[str]()
    fields, found = plan_forms.fields_of(contract.terms), None
    if request.method == "POST":
        fields |= _as_sent(request)
        try:
            asked = plan_forms.plan_of(request.POST, contract.amount_fen, day)
            found = planned(contract, asked, day)
            if request.POST.get("act") == "agree":
                agree_plan(contract, asked, request.user.username)
                messages.success(request, _("The contract is drawn up anew with this plan. Both sides sign the new text."))
                return redirect("console:payout", number)
        except FaultsError as error:
            errors, found = errors_of(error), None
    context = {
        "contract": contract, "state": state(CONTRACT, contract.status), "errors": errors, "day": day, "steps": plan_forms.STEPS.items(),
        "may_plan": may_act(request.user, "payouts") and may_be_replanned(contract), **fields, **_shown(request, found),
    }  # fmt: skip
    return render(request, "console/plan.html", context, status=422 if errors else 200)


def _as_sent(request: Request) -> dict[str, Any]:
    sent = request.POST
    return {
        "method": sent.get("method", ""), "instalments": sent.get("instalments", ""), "every": sent.get("every", ""),
        "rate": sent.get("rate", ""), "dues": plan_forms.due_rows(sent),
    }  # fmt: skip


def _shown(request: Request, found: Planned | None) -> dict[str, Any]:
    """The schedule of a plan and what it costs."""
    if found is None:
        return {"planned": None}
    rows = schedule_rows(found.rows, request.institution.business_date)
    return {"planned": found, "rows": rows, "totals": totals_of(rows)}
