"""The books: trial balance, then an account, then an entry, then the loan it belongs to; and the chain of closed days."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from puhui.books import queries
from puhui.books.models import Account, Entry, Transfer
from puhui.console.access import Request, page
from puhui.console.forms import day as day_of
from puhui.console.loan_figures import account_name, transfer_rows
from puhui.console.paging import paged
from puhui.console.words import ACCOUNT_KINDS, BOOK_ACTS, word

DAYS_SHOWN = 31


def _name(row: Any) -> str:
    return str(row.name_english if get_language() == "en" else row.name)


@page("books")
def books(request: Request) -> HttpResponse:
    """The trial balance of a day and the last closed days."""
    institution = request.institution
    date = day_of(request.GET.get("as_of", ""), institution.business_date)
    rows: list[dict[str, Any]] = [
        {"code": row.code, "name": _name(row), "kind": word(ACCOUNT_KINDS, row.kind),
         "debit_fen": row.debit_fen, "credit_fen": row.credit_fen, "balance_fen": row.balance_fen}
        for row in queries.trial_balance(institution, date)
    ]  # fmt: skip
    totals = {name: sum(row[name] for row in rows) for name in ("debit_fen", "credit_fen", "balance_fen")}
    days = [
        {"date": each.date, "entry_count": each.entry_count, "total_fen": each.total_fen, "digest": bytes(each.chain_digest).hex()}
        for each in queries.closed_days(institution)[:DAYS_SHOWN]
    ]
    balanced = totals["debit_fen"] == totals["credit_fen"]
    return render(request, "console/books.html", {"date": date, "rows": rows, "totals": totals, "balanced": balanced, "days": days})


@page("books")
def account(request: Request, code: str) -> HttpResponse:
    """The transfers of one account in some days, newest first."""
    institution = request.institution
    last = day_of(request.GET.get("to", ""), institution.business_date)
    first = day_of(request.GET.get("from", ""), last - datetime.timedelta(days=30))
    try:
        found = queries.account(institution, code)
    except Account.DoesNotExist as error:
        raise Http404 from error
    filters = {"from": first.isoformat(), "to": last.isoformat()}
    context = paged(request, queries.account_entries(institution, code, first, last), filters)
    context |= {"account": {"code": code, "name": _name(found), "kind": word(ACCOUNT_KINDS, found.kind)}, "first": first, "last": last}
    context["rows"] = [_account_row(each, code) for each in context["page"].object_list]
    return render(request, "console/account.html", context)


def _account_row(transfer: Transfer, code: str) -> dict[str, Any]:
    debit = transfer.debit_account.code == code
    against = transfer.credit_account if debit else transfer.debit_account
    return {
        "date": transfer.posting_date, "entry_id": transfer.entry_id, "act": word(BOOK_ACTS, transfer.entry.act),
        "loan_id": transfer.loan_id,
        "against": account_name(against, get_language() or "en"),
        "debit_fen": transfer.amount_fen if debit else None, "credit_fen": None if debit else transfer.amount_fen,
    }  # fmt: skip


@page("books")
def entry(request: Request, number: int) -> HttpResponse:
    """One entry with its transfers and its digest."""
    try:
        found = queries.entries(request.user).get(pk=number)
    except Entry.DoesNotExist as error:
        raise Http404 from error
    context = {
        "entry": found, "act": word(BOOK_ACTS, found.act), "digest": bytes(found.digest).hex(),
        "transfers": transfer_rows([found], get_language() or "en"),
    }  # fmt: skip
    return render(request, "console/entry.html", context)
