"""Reconciliation: what our books count as done against the lines of the bank's statements, what differs first, with its age."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from puhui.books.queries import role_code, trial_balance
from puhui.calculations.faults import Fault, FaultsError
from puhui.console.access import Request, may_act, page
from puhui.console.book_words import AGES, DIFFERENCE, ITEM_KINDS
from puhui.console.forms import day as day_of
from puhui.console.forms import errors_of
from puhui.console.labels import state
from puhui.console.paging import filters_of, paged
from puhui.console.words import word
from puhui.payments import actions, queries
from puhui.payments.models import BankAccount
from puhui.payments.queries import Item

DAYS_BACK = 30
LARGEST_FILE_BYTES = 20_000_000


@page("reconciliation")
def reconciliation(request: Request) -> HttpResponse:
    """One account of the lender over some days; a statement can be taken in."""
    accounts = list(queries.bank_accounts(request.institution))
    code = request.POST.get("account") or request.GET.get("account", "")
    account = next((each for each in accounts if each.code == code), accounts[0] if accounts else None)
    if account is None:
        return render(request, "console/reconciliation.html", {"tab": "reconciliation", "account": None})
    errors: list[str] = []
    if request.method == "POST":
        try:
            _import(request, account)
            return redirect(f"{reverse('console:reconciliation')}?account={account.code}")
        except FaultsError as error:
            errors = errors_of(error)
    context = _context(request, account) | {"accounts": accounts, "errors": errors, "may_act": may_act(request.user, "reconciliation")}
    return render(request, "console/reconciliation.html", context, status=422 if errors else 200)


def _import(request: Request, account: BankAccount) -> None:
    file = request.FILES.get("file")
    if file is None:
        raise FaultsError([Fault(_("file"), _("nothing"), _("the bank's statement"))])
    if (file.size or 0) > LARGEST_FILE_BYTES:
        raise FaultsError([Fault(str(file.name), f"{file.size}", f"{LARGEST_FILE_BYTES}")])
    form = request.POST.get("form", "")
    counts = actions.import_statement(account, file.read(), form, str(file.name), request.user.username, timezone.now())
    text = _(
        "%(lines)s lines taken in: %(known)s known already, %(matched)s of our payments, %(receipts)s receipts, %(applied)s put to loans."
    )
    messages.success(request, text % counts)


def _context(request: Request, account: BankAccount) -> dict[str, Any]:
    today = request.institution.business_date
    last = day_of(request.GET.get("to", ""), today)
    first = day_of(request.GET.get("from", ""), last - datetime.timedelta(days=DAYS_BACK))
    filters = filters_of(request, "state")
    items = queries.reconcile(account, first, last)
    shown = [each for each in items if not filters["state"] or each.state == filters["state"]]
    context = paged(request, shown, {"account": account.code, "from": first.isoformat(), "to": last.isoformat(), **filters})
    files = list(queries.statements(account)[:5])
    booked = _booked(request, account)
    closing = files[0].closing_fen if files else None
    return context | {
        "tab": "reconciliation", "account": account, "first": first, "last": last, "state": filters["state"],
        "states": [_sum(code, items) for code in DIFFERENCE], "ages": _ages(items), "agree": all(each.state == "matched" for each in items),
        "rows": [_row(each) for each in context["page"].object_list], "files": files, "forms": queries.statement_forms(),
        "booked_fen": booked, "closing_fen": closing, "gap_fen": None if closing is None or booked is None else booked - closing,
    }  # fmt: skip


def _booked(request: Request, account: BankAccount) -> int | None:
    """What the ledger holds as money at banks; None where several accounts share it, so that no one statement can be held against it."""
    if queries.bank_accounts(request.institution).count() > 1:
        return None
    code = role_code(request.institution, "own_cash")
    return sum(row.balance_fen for row in trial_balance(request.institution, request.institution.business_date) if row.code == code)


def _sum(code: str, items: Iterable[Item]) -> dict[str, Any]:
    of_state = [each for each in items if each.state == code]
    return {
        "code": code, "state": state(DIFFERENCE, code), "count": len(of_state),
        "ours_fen": sum(each.ours_fen or 0 for each in of_state), "theirs_fen": sum(each.theirs_fen or 0 for each in of_state),
    }  # fmt: skip


def _ages(items: Iterable[Item]) -> list[dict[str, Any]]:
    """What differs, by age: how many of each kind, and by how much."""
    open_items = [each for each in items if each.state != "matched"]
    rows = []
    for code, label in AGES.items():
        of_age = [each for each in open_items if queries.age_of(each.age_days) == code]
        counts = [sum(1 for each in of_age if each.state == name) for name in DIFFERENCE if name != "matched"]
        rows.append({"label": label, "counts": counts, "gap_fen": sum(_gap(each) for each in of_age)})
    return rows


def _gap(item: Item) -> int:
    return abs((item.ours_fen or 0) - (item.theirs_fen or 0))


def _row(item: Item) -> dict[str, Any]:
    url = None
    if item.subject_id and item.kind in ("payout", "return"):
        url = reverse("console:payment", args=[item.subject_id])
    elif item.subject_id and item.kind == "receipt":
        url = reverse("console:suspended", args=[item.subject_id])
    difference = None if item.state == "matched" else (item.ours_fen or 0) - (item.theirs_fen or 0)
    return {
        "item": item,
        "kind": word(ITEM_KINDS, item.kind),
        "state": state(DIFFERENCE, item.state),
        "url": url,
        "difference_fen": difference,
    }
