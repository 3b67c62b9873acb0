"""Loans: the list, and one loan with what is owed and why, today or on a past day, as it was known then or is known now."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.books import queries as books
from puhui.console import paging
from puhui.console.access import Request, may_read, page
from puhui.console.act_figures import act_groups, act_link, class_state, command_rows, power
from puhui.console.act_words import CHOICES
from puhui.console.class_figures import change_rows, class_panel
from puhui.console.forms import day as day_of
from puhui.console.forms import new_key
from puhui.console.labels import LOAN, state
from puhui.console.link_figures import link_panel
from puhui.console.loan_figures import compared, event_rows, is_open, listed, schedule_rows, totals_of, transfer_rows
from puhui.console.loan_reasons import next_due_reason, reasons
from puhui.console.margin_figures import margin_panel
from puhui.console.paging import Chained, Picked, filters_of, paged
from puhui.console.templatetags.figures import choose_unit, money, number, unit_name, weekday
from puhui.console.words import METHODS, product_name, word
from puhui.loans import class_queries, queries
from puhui.loans.class_facts import rules_on
from puhui.loans.collateral import cover_of
from puhui.loans.command_models import Command
from puhui.loans.credit_models import Refinancing
from puhui.loans.keeping import events_of
from puhui.loans.margins import ACCRUING, margin_of_loan
from puhui.loans.models import Event, Loan, SetAside
from puhui.loans.rate_setting import rate_before
from puhui.loans.searching import matches

COVER_ACTS = ("secure", "value_security", "release_security")


@page("loans")
def loans(request: Request) -> HttpResponse:
    """Every loan of the institution, filtered by state and text."""
    filters = filters_of(request, "status", "text")
    context = paged(request, _listed(request, filters), filters)
    day = request.institution.business_date
    rows = [listed(each, day) for each in context["page"].object_list]
    context |= {"rows": rows, "unit": choose_unit(row.loan.amount_fen for row in rows), "statuses": LOAN.items(), "tab": "loans"}
    return render(request, "console/loans.html", context)


def _listed(request: Request, filters: dict[str, str]) -> Any:
    """Those past due the longest first. What a text finds is picked by number, unless it is very many: those soon fill a page."""
    found, text, are_many = queries.loans(request.user, {"status": filters["status"]}), filters["text"], False
    if text:
        keys, are_all = matches(found, request.institution.pk, text, paging.MOST_COUNTED)
        if are_all:
            return Picked(found, keys)
        found, are_many = found.filter(Q(number__icontains=text) | Q(firm__name__icontains=text)), len(keys) > paging.MOST_COUNTED
    return Chained(found.filter(overdue_since__isnull=False), found.filter(overdue_since=None).order_by("-pk"), are_many=are_many)


def find_loan(user: Any, number: int) -> Loan:
    """The loan with what its page tells of it, when the user may see it; otherwise there is no such page."""
    rows = queries.loans(user).select_related(
        "firm__manager", "contract__line", "contract__decision", "contract__rate_link", "institution", "branch", "held_class"
    )
    try:
        return rows.get(pk=number)
    except Loan.DoesNotExist as error:
        raise Http404 from error


@page("loans")
def loan(request: Request, number: int) -> HttpResponse:
    """One loan, today; with `as_of` on a past day, by what was known then (`known=then`) or is known now."""
    found = find_loan(request.user, number)
    today = request.institution.business_date
    day = min(max(day_of(request.GET.get("as_of", ""), today), found.start), today)
    events = events_of([found.pk])[found.pk]
    context = _past(found, events, day, request.GET.get("known", "now")) if day < today else _present(request, found, events, day)
    shown: queries.Dossier = context.pop("dossier")
    rows = schedule_rows(shown.fold.position.rows, day)
    owed = shown.owed
    entries = [each for each in books.entries_of_loan(found.pk) if each.posting_date <= day or context.get("known") == "now"]
    context |= {
        "tab": "loans", "loan": found, "day": day, "today": today, "state": state(LOAN, owed.status), "owed": _figures(owed),
        "method": word(METHODS, found.terms.get("method", "equal_instalment")), "product": product_name(found.product_code),
        "why": [*reasons(shown), *filter(None, [next_due_reason(shown)])], "schedule": rows, "totals": totals_of(rows),
        "day_count": found.terms.get("day_count", ""), "events": event_rows(shown.statement),
        "entries": transfer_rows(entries, get_language() or "en", found.pk), "opens_books": may_read(request.user, "books"),
    }  # fmt: skip
    return render(request, "console/loan.html", context)


def _present(request: Request, found: Loan, events: list[Event], day: datetime.date) -> dict[str, Any]:
    """What stands beside the figures of today: class and clocks, acts and what waits, what surrounds the note."""
    shown = queries.dossier(found, day, events=events)
    kept = getattr(found, "held_class", None)
    held = kept.risk_class if kept else "normal"
    dues = [row.due for row in shown.fold.position.rows if row.outstanding > 0]
    outlook = class_queries.outlook(found, day, held, dues)
    owed = shown.owed
    rate_ppm = rate_before(found, events, day + datetime.timedelta(days=1)) // 100
    groups = act_groups(request.user, found, owed.status, held)
    may_repay = is_open(owed) and any(each["name"] == "repay" for group in groups for each in group["links"])
    return {
        "links": link_panel(found, day),
        "margin": margin_panel(margin_of_loan(found, rate_ppm, owed.principal_fen)) if owed.status in ACCRUING else None,
        "dossier": shown, "class": class_panel(outlook, day, get_language() or "en"), "groups": groups, "may_repay": may_repay,
        "entered": money(owed.due_fen) if owed.due_fen else "", "key": new_key(),
        "waiting": command_rows(_waiting(found), {("loan", found.pk): found.number}),
        "refinancings": _refinancings(found), "set_aside": SetAside.objects.filter(loan=found, resolved_at=None).first(),
    }  # fmt: skip


def _waiting(found: Loan) -> Any:
    return Command.objects.filter(target_kind="loan", target_id=found.pk, status=Command.Status.WAITING).order_by("pk")


def _refinancings(found: Loan) -> list[dict[str, Any]]:
    """The notes that this one closed, and the one that closed it."""
    rows = Refinancing.objects.filter(Q(old_loan=found) | Q(new_loan=found)).select_related("old_loan", "new_loan").order_by("pk")
    return [
        {"row": row, "other": row.new_loan if row.old_loan_id == found.pk else row.old_loan, "closed": row.new_loan_id == found.pk}
        for row in rows
    ]


def _past(found: Loan, events: list[Event], day: datetime.date, known: str) -> dict[str, Any]:
    """A past day: both states side by side, and the class held then and given now."""
    now = queries.dossier(found, day, events=events)
    entered = [each for each in events if each.known_on <= day]
    then = queries.dossier(found, day, day, events) if any(each.type == "drawdown" for each in entered) else None
    as_then = known == "then" and then is not None
    return {
        "dossier": then if as_then else now, "known": "then" if as_then else "now", "compared": compared(then, now) if then else [],
        "class_then": class_state(class_queries.class_as_known_then(found, day)),
        "class_now": class_state(class_queries.class_as_known_now(found, day)),
        "later": [each for each in events if each.date <= day < each.known_on],
    }  # fmt: skip


@page("loans")
def loan_class(request: Request, number: int) -> HttpResponse:
    """A loan's class: articles, clocks, forecast, findings, and every change of it."""
    found = find_loan(request.user, number)
    day = request.institution.business_date
    kept = getattr(found, "held_class", None)
    outlook = class_queries.outlook(found, day, kept.risk_class if kept else "normal")
    rows = found.firm.findings.filter(Q(loan=found) | Q(loan=None)).order_by("-pk")
    context = {
        "tab": "loans", "loan": found, "class": class_panel(outlook, day, get_language() or "en"),
        "changes": change_rows(class_queries.class_changes(found), rules_on(day).texts, get_language() or "en"),
        "findings": [(each, word(CHOICES, each.code)) for each in rows],
        "restructurings": list(found.restructurings.order_by("-pk")),
        "cover": cover_of(found.contract, found.principal_fen, day),
        "cover_acts": [act_link(each, found.contract) for each in COVER_ACTS if request.user.role in power(each, found.contract).makers],
    }  # fmt: skip
    return render(request, "console/loan_class.html", context)


def _figures(owed: queries.Owed) -> list[dict[str, Any]]:
    yuan = unit_name("yuan")
    tone = "text-late" if owed.days_past_due > 0 else ""
    next_fen = owed.next_due_fen if owed.next_due else None
    return [
        {"label": _("Balance"), "value": money(owed.principal_fen), "unit": yuan, "url": "#why-principal"},
        {
            "label": _("Next due"),
            "value": money(next_fen),
            "unit": yuan if owed.next_due else "",
            "note": weekday(owed.next_due) if owed.next_due else "",
            "url": "#why-next_due" if owed.next_due else "",
        },
        {"label": _("Due and not paid"), "value": money(owed.due_fen), "unit": yuan, "tone": tone},
        {"label": _("Days past due"), "value": number(owed.days_past_due), "tone": tone, "help": "past_due"},
        {
            "label": _("Closes the loan on this day"),
            "value": money(owed.to_close_fen),
            "unit": yuan,
            "help": "closes",
            "url": "#why-closing" if owed.to_close_fen is not None else "",
            "note": "" if owed.to_close_fen is not None else _("not before the last due date: the contract leaves it open"),
        },
    ]
