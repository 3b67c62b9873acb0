"""Loans: the list, and one loan with what is owed today and why."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.books import queries as books
from puhui.calculations.faults import FaultsError
from puhui.console.access import Request, may_act, page
from puhui.console.forms import amount_fen, errors_of, key_of, new_key
from puhui.console.labels import LOAN, state
from puhui.console.loan_figures import event_rows, is_open, listed, schedule_rows, totals_of, transfer_rows, why_rows
from puhui.console.paging import filters_of, paged
from puhui.console.templatetags.figures import choose_unit, money, number, unit_name, weekday
from puhui.console.words import METHODS, word
from puhui.loans import actions, queries
from puhui.loans.models import Loan


@page("loans")
def loans(request: Request) -> HttpResponse:
    """Every loan of the institution, filtered by state and text."""
    filters = filters_of(request, "status", "text")
    context = paged(request, queries.loans(request.user, filters), filters)
    day = request.institution.business_date
    rows = [listed(each, day) for each in context["page"].object_list]
    context |= {"rows": rows, "unit": choose_unit(row.loan.amount_fen for row in rows), "statuses": LOAN.items()}
    return render(request, "console/loans.html", context)


def find_loan(user: Any, number: int) -> Loan:
    """The loan, when the user may see it; otherwise there is no such page."""
    try:
        return queries.loan(user, number)
    except Loan.DoesNotExist as error:
        raise Http404 from error


@page("loans")
def loan(request: Request, number: int) -> HttpResponse:
    """One loan. POST posts a repayment of today at the counter."""
    found = find_loan(request.user, number)
    errors: list[str] = []
    if request.method == "POST":
        try:
            amount = amount_fen(request.POST.get("amount", ""))
            actions.repay(found, amount, key_of(request.POST), request.user.username)
            return redirect("console:loan", number)
        except FaultsError as error:
            errors = errors_of(error)
    return render(request, "console/loan.html", _loan_context(request, found, errors), status=422 if errors else 200)


def _loan_context(request: Request, found: Loan, errors: list[str]) -> dict[str, Any]:
    day = request.institution.business_date
    rows = schedule_rows(queries.fold_as_known(found, day, None).position.rows, day)
    owed = queries.owed(found, day)
    entries = books.entries_of_loan(found.pk)
    due = money(owed.due_fen) if owed.due_fen else ""
    return {
        "loan": found, "state": state(LOAN, owed.status), "method": word(METHODS, found.terms.get("method", "equal_instalment")),
        "owed": _figures(owed), "why": why_rows(found, owed), "schedule": rows, "totals": totals_of(rows),
        "events": event_rows(queries.statement(found)), "entries": transfer_rows(entries, get_language() or "en", found.pk),
        "may_repay": is_open(owed) and may_act(request.user, "loans"), "errors": errors, "key": new_key(),
        "entered": {"amount": request.POST.get("amount") or due},
    }  # fmt: skip


def _figures(owed: queries.Owed) -> list[dict[str, Any]]:
    yuan = unit_name("yuan")
    tone = "text-late" if owed.days_past_due > 0 else ""
    next_fen = owed.next_due_fen if owed.next_due else None
    return [
        {"label": _("Balance"), "value": money(owed.principal_fen), "unit": yuan},
        {
            "label": _("Next due"),
            "value": money(next_fen),
            "unit": yuan if owed.next_due else "",
            "note": weekday(owed.next_due) if owed.next_due else "",
        },
        {"label": _("Due and not paid"), "value": money(owed.due_fen), "unit": yuan, "tone": tone},
        {"label": _("Days past due"), "value": number(owed.days_past_due), "tone": tone, "help": "past_due"},
        {"label": _("Closes the loan today"), "value": money(owed.to_close_fen), "unit": yuan, "help": "closes"},
    ]
