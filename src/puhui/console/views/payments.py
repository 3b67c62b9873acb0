"""Payment orders: what the bank was asked to pay, what it answered, early, late or twice, and what a person has to decide."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from puhui.books.models import Entry
from puhui.books.queries import entries_of_reference
from puhui.calculations.faults import Fault, FaultsError
from puhui.console.access import Request, may_act, may_read, page
from puhui.console.book_words import ACTORS, ANSWERS, ATTEMPTS, MODE_GROUNDS, MODES, ORDER, ORDER_PURPOSES, attention_words
from puhui.console.forms import errors_of
from puhui.console.labels import state
from puhui.console.paging import filters_of, paged
from puhui.console.words import BOOK_ACTS, word
from puhui.payments import actions, queries
from puhui.payments.models import PaymentAttempt, PaymentOrder
from puhui.payments.order_states import FINAL, UNSENT

ATTENTION = "attention"
ASKED = ("send", "query", "cancel")
SAME = ("code", "said", "status", "amount_fen", "text", "late")


@page("payments")
def payments(request: Request) -> HttpResponse:
    """Payment orders by state, those that call for a person first."""
    filters = filters_of(request, "status")
    counts = queries.order_counts(request.user)
    rows = queries.orders(request.user, None if filters["status"] in ("", ATTENTION) else filters["status"])
    context = paged(request, rows.exclude(attention="") if filters["status"] == ATTENTION else rows, filters)
    tabs = [("", _("all"), sum(each["count"] for each in counts.values()))]
    tabs.append((ATTENTION, _("a person must look"), sum(each["attention"] for each in counts.values())))
    tabs += [(code, shown.label, counts.get(code, {"count": 0})["count"]) for code, shown in ORDER.items()]
    context |= {
        "tab": "payments", "rows": [_row(each) for each in context["page"].object_list],
        "tabs": [{"code": code, "label": label, "count": count, "current": code == filters["status"]} for code, label, count in tabs],
    }  # fmt: skip
    return render(request, "console/payments.html", context)


def _row(order: PaymentOrder) -> dict[str, Any]:
    return {
        "order": order, "attention": attention_words(order.attention), "state": state(ORDER, order.status),
        "purpose": word(ORDER_PURPOSES, order.purpose), "mode": word(MODES, order.mode)
    }  # fmt: skip


@page("payments")
def payment(request: Request, number: int) -> HttpResponse:
    """One order with everything that was asked, told and decided about it."""
    try:
        order = queries.orders(request.user).get(pk=number)
    except PaymentOrder.DoesNotExist as error:
        raise Http404 from error
    errors: list[str] = []
    if request.method == "POST":
        try:
            messages.success(request, _act(request, order))
            return redirect("console:payment", number)
        except FaultsError as error:
            errors = errors_of(error)
            order = queries.orders(request.user).get(pk=number)
    return render(request, "console/payment.html", _context(request, order, errors), status=422 if errors else 200)


def _act(request: Request, order: PaymentOrder) -> str:
    act = request.POST.get("act")
    if act == "cancel":
        actions.cancel_order(order, None, timezone.now(), request.user.username)
        return _("The payment is cancelled: nothing was sent to the bank.")
    if act == "agree":
        actions.agree(order, request.user, timezone.now())
        return _("Agreed: the payment goes to the bank.")
    if act == "decide":
        outcome = request.POST.get("outcome", "")
        actions.decide(order, outcome, request.POST.get("evidence", ""), request.user, timezone.now())
        return _("Decided: %(outcome)s.") % {"outcome": word(ANSWERS, outcome)}
    raise FaultsError([Fault(_("act"), act or _("nothing"), "agree, cancel, decide")])


def _context(request: Request, order: PaymentOrder, errors: list[str]) -> dict[str, Any]:
    attempts = list(order.attempts.order_by("pk"))
    acts = may_act(request.user, "payments")
    other_person = request.user.username != order.created_by
    last = timezone.localdate(attempts[-1].at) if attempts else order.created_on
    entries = entries_of_reference(
        request.institution, order.reference, order.created_on, max(last, order.created_on) + datetime.timedelta(1)
    )
    return {
        **_row(order), "tab": "payments", "errors": errors, "attempts": _attempts(attempts),
        "grounds": [word(MODE_GROUNDS, ground) for ground in order.grounds], "entries": [_entry(each) for each in entries],
        "lines": list(order.statement_matches.select_related("line").order_by("pk")),
        "may_read_payouts": may_read(request.user, "payouts"), "may_cancel": acts and order.status in UNSENT,
        "may_agree": acts and other_person and order.status == "waiting",
        "may_decide": acts and other_person and order.status == "unknown",
        "may_see": acts and other_person and order.status in FINAL and bool(order.attention),
        "needs_other": acts and not other_person and (order.status in ("unknown", "waiting") or bool(order.attention)),
        "again": order.status in ("failed", "cancelled"),
    }  # fmt: skip


def _entry(entry: Entry) -> dict[str, Any]:
    return {"entry": entry, "act": word(BOOK_ACTS, entry.act), "amount_fen": sum(each.amount_fen for each in entry.transfers.all())}


def _attempts(attempts: list[PaymentAttempt]) -> list[dict[str, Any]]:
    """What was asked with what was answered; the same asked and answered again and again is one row. Told after the end is late."""
    rows: list[dict[str, Any]] = []
    ended = False
    for each in attempts:
        row = _attempt(each, late=ended and each.act in ("answer", "notice"))
        ended = ended or each.status in FINAL
        if each.act == "answer" and rows and not rows[-1]["said"] and rows[-1]["code"] in ASKED:
            rows[-1] |= {name: row[name] for name in ("said", "amount_fen", "status", "text", "late")}
        else:
            rows.append(row)
        if len(rows) > 1 and all(rows[-1][name] == rows[-2][name] for name in SAME) and rows[-1]["said"]:
            again = rows.pop()
            rows[-1] |= {"times": rows[-1]["times"] + 1, "until": again["at"]}
    return rows


def _attempt(each: PaymentAttempt, late: bool) -> dict[str, Any]:
    detail = each.detail or {}
    said = detail.get("kind") or detail.get("outcome") or ""
    return {
        "code": each.act, "act": word(ATTEMPTS, each.act), "said": word(ANSWERS, said), "status": state(ORDER, each.status), "at": each.at,
        "by": word(ACTORS, each.recorded_by), "amount_fen": detail.get("amount_fen"), "late": late, "times": 1, "until": None,
        "text": (said != "none" and detail.get("reason")) or detail.get("evidence") or detail.get("channel_reference") or "",
    }  # fmt: skip
