"""The books: trial balance by branch and product, then an account, then an entry, then the event, act and loan that it came from."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from puhui.books import queries
from puhui.books.models import Account, Entry, Transfer
from puhui.books.queries import TrialBalanceRow
from puhui.console.access import Request, may_read, page
from puhui.console.book_words import COMMAND_STATES
from puhui.console.forms import day as day_of
from puhui.console.loan_figures import account_name, transfer_rows
from puhui.console.paging import filters_of, paged
from puhui.console.words import ACCOUNT_KINDS, BOOK_ACTS, EVENTS, product_name, word
from puhui.loans import queries as loans
from puhui.loans.origins import origin_of_entry
from puhui.parties.models import Branch
from puhui.parties.queries import branches
from puhui.payments import queries as payments

DAYS_BACK = 30
RECEIPT_REFERENCE = re.compile(r"receipt (\d{1,18})")


def name_of(row: Any) -> str:
    """The name of an account in the reader's language: the chart is Chinese, with an English name beside it."""
    return str(row.name_english if get_language() == "en" else row.name)


@page("books")
def books(request: Request) -> HttpResponse:
    """The trial balance of a day: balance sheet and memo books apart, over all branches and products or split by them."""
    institution = request.institution
    date = day_of(request.GET.get("as_of", ""), institution.business_date)
    since = day_of(request.GET.get("from", ""), date.replace(day=1))
    filters = filters_of(request, "branch", "product", "split", "all")
    tree = list(branches(institution))
    rows = queries.trial_balance(
        institution, date, since, branch=_branch(tree, filters["branch"]), product_code=filters["product"] or None,
        by_branch=filters["split"] == "branch", by_product=filters["split"] == "product",
    )  # fmt: skip
    shown = [row for row in rows if filters["all"] or row.balance_fen or row.debit_fen or row.credit_fen]
    sheet = [row for row in shown if row.kind != Account.Kind.MEMO]
    parts = [_part("sheet", sheet), _part("memo", [row for row in shown if row.kind == Account.Kind.MEMO])]
    context = {
        "tab": "books", "date": date, "since": since, "filters": filters, "parts": parts, "branches": tree,
        "products": product_options(institution), "hidden": len(rows) - len(shown), "branch_names": {each.code: each.name for each in tree},
        "balanced": all(part["balanced"] for part in parts), "currencies": sorted({row.currency for row in rows}),
    }  # fmt: skip
    return render(request, "console/books.html", context)


def _part(name: str, rows: list[TrialBalanceRow]) -> dict[str, Any]:
    """The balance sheet or the memo books: rows with opening balances, and the totals of each currency, which come to nothing."""
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        total = sums.setdefault(row.currency, {"opening_fen": 0, "debit_fen": 0, "credit_fen": 0, "balance_fen": 0})
        for field, amount in (("opening_fen", opening(row)), ("debit_fen", row.debit_fen), ("credit_fen", row.credit_fen)):
            total[field] += amount
        total["balance_fen"] += row.balance_fen
    totals = [{"currency": currency, **total} for currency, total in sums.items()]
    return {
        "name": name, "rows": [_balance_row(row) for row in rows], "totals": totals,
        "balanced": all(each["debit_fen"] == each["credit_fen"] and not each["balance_fen"] for each in totals),
    }  # fmt: skip


def opening(row: TrialBalanceRow) -> int:
    """The balance before the span of days."""
    return row.balance_fen - row.debit_fen + row.credit_fen


def _balance_row(row: TrialBalanceRow) -> dict[str, Any]:
    return {
        "code": row.code, "name": name_of(row), "kind": word(ACCOUNT_KINDS, row.kind), "currency": row.currency, "branch": row.branch_code,
        "product": None if row.product_code is None else product_name(row.product_code) or "–", "product_code": row.product_code or "",
        "opening_fen": opening(row), "debit_fen": row.debit_fen, "credit_fen": row.credit_fen, "balance_fen": row.balance_fen,
    }  # fmt: skip


def _branch(tree: Iterable[Branch], code: str) -> Branch | None:
    return next((each for each in tree if each.code == code), None)


def product_options(institution: Any) -> list[tuple[str, str]]:
    """The products that any account is of: code and name."""
    codes = Account.objects.filter(institution=institution).exclude(product_code="").values_list("product_code", flat=True)
    return [(code, product_name(code)) for code in codes.distinct().order_by("product_code")]


@page("books")
def account(request: Request, code: str) -> HttpResponse:
    """The transfers of one account in some days, newest first, with the balance before and after them."""
    institution = request.institution
    last = day_of(request.GET.get("to", ""), institution.business_date)
    first = day_of(request.GET.get("from", ""), last - datetime.timedelta(days=DAYS_BACK))
    chosen = filters_of(request, "branch", "product")
    tree = list(branches(institution))
    branch, product = _branch(tree, chosen["branch"]), chosen["product"] or None
    try:
        rows = queries.account_entries(institution, code, first, last, branch=branch, product_code=product)
    except Account.DoesNotExist as error:
        raise Http404 from error
    context = paged(request, rows, {"from": first.isoformat(), "to": last.isoformat(), **chosen})
    found = [row for row in queries.trial_balance(institution, last, first, branch=branch, product_code=product) if row.code == code]
    if not found:  # nothing of this branch and product
        named = queries.account(institution, code)
        found = [TrialBalanceRow(code, named.name, named.name_english, named.kind, 0, 0, 0, currency=named.currency)]
    context |= {
        "tab": "books", "account": {"code": code, "name": name_of(found[0]), "kind": word(ACCOUNT_KINDS, found[0].kind)},
        "first": first, "last": last, "branches": tree, "products": product_options(institution),
        "totals": [_balance_row(row) for row in found], "rows": [_account_row(each, code) for each in context["page"].object_list],
    }  # fmt: skip
    return render(request, "console/account.html", context)


def _account_row(transfer: Transfer, code: str) -> dict[str, Any]:
    debit = transfer.debit_account.code == code
    against = transfer.credit_account if debit else transfer.debit_account
    return {
        "date": transfer.posting_date, "entry_id": transfer.entry_id, "act": word(BOOK_ACTS, transfer.entry.act),
        "effective": transfer.entry.effective_date, "is_late": transfer.entry.effective_date < transfer.posting_date,
        "loan_id": transfer.loan_id or transfer.entry.loan_id, "reference": transfer.entry.reference,
        "against": account_name(against, get_language() or "en"),
        "debit_fen": transfer.amount_fen if debit else None, "credit_fen": None if debit else transfer.amount_fen,
    }  # fmt: skip


@page("books")
def entry(request: Request, number: int) -> HttpResponse:
    """One entry with its transfers and its digest, and what it came from: the event of the loan, and the act that was asked for."""
    try:
        found = queries.entries(request.user).get(pk=number)
    except Entry.DoesNotExist as error:
        raise Http404 from error
    event, command = origin_of_entry(request.user, found.event_id)
    context = {
        "tab": "books", "entry": found, "act": word(BOOK_ACTS, found.act), "digest": bytes(found.digest).hex(),
        "transfers": transfer_rows([found], get_language() or "en"), "total_fen": sum(each.amount_fen for each in found.transfers.all()),
        "event": event, "event_label": word(EVENTS, event.type) if event else "", "command": command,
        "command_state": word(COMMAND_STATES, command.status) if command else "",
        **_payment_of(request, found), "loan": event.loan if event else loans.loans(request.user).filter(pk=found.loan_id or 0).first(),
    }  # fmt: skip
    return render(request, "console/entry.html", context)


def _payment_of(request: Request, entry: Entry) -> dict[str, int | None]:
    """The receipt, the payment order or the contract that an entry's reference names."""
    found: dict[str, int | None] = {"receipt_id": None, "order_id": None, "contract_id": None}
    if receipt := RECEIPT_REFERENCE.fullmatch(entry.reference):
        return found | {"receipt_id": int(receipt[1])}
    if entry.act in ("payment_ordered", "stamp_duty") and may_read(request.user, "payouts"):
        number = entry.reference.removeprefix("stamp duty ")
        found["contract_id"] = loans.contracts(request.user).filter(number=number).values_list("pk", flat=True).first()
    if found["contract_id"] is None and entry.act.startswith(("payment_", "drawdown", "receipt")):
        found["order_id"] = payments.orders(request.user).filter(reference=entry.reference).values_list("pk", flat=True).first()
    return found
