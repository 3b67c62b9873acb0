"""Taxes of a month: value added tax payable and waiting for cash, stamp duty; by act, branch and product, and by rate over the loans."""

from __future__ import annotations

import calendar
import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from puhui.books import queries
from puhui.books.chart import chart
from puhui.books.queries import TrialBalanceRow
from puhui.books.tax_queries import TAX_ROLES, TaxMovement, tax_movements
from puhui.console.access import Request, page
from puhui.console.views.books import name_of, opening
from puhui.console.words import BOOK_ACTS, product_name, word
from puhui.loans.tax_queries import loans_by_tax

MONTHS_SHOWN = 13


@page("books")
def taxes(request: Request) -> HttpResponse:
    """A month's taxes as the books hold them."""
    institution = request.institution
    first = _month(request.GET.get("month", ""), institution.business_date)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    ledger = {row.code: row for row in queries.trial_balance(institution, last, first)}
    moved = tax_movements(institution, first, last)
    roles = chart(institution.kind, min(last, institution.business_date)).roles
    accounts = [_account(role, ledger[roles[role]]) for role in TAX_ROLES if roles.get(role) in ledger]
    context = {
        "tab": "taxes", "first": first, "last": last, "months": _months(institution.business_date), "accounts": accounts,
        "moved": [_moved(each, ledger[each.code]) for each in moved], "rates": loans_by_tax(institution),
    }  # fmt: skip
    return render(request, "console/taxes.html", context)


def _month(text: str, today: datetime.date) -> datetime.date:
    try:
        return datetime.date.fromisoformat(f"{text.strip()}-01")
    except ValueError:
        return today.replace(day=1)


def _months(today: datetime.date) -> list[datetime.date]:
    months = [today.replace(day=1)]
    while len(months) < MONTHS_SHOWN:
        months.append((months[-1] - datetime.timedelta(days=1)).replace(day=1))
    return months


def _account(role: str, row: TrialBalanceRow) -> dict[str, Any]:
    """A tax account over the month; what is owed stands on the credit side and is shown above nought."""
    sign = 1 if role == "taxes_and_surcharges" else -1
    return {
        "role": role, "code": row.code, "name": name_of(row), "opening_fen": sign * opening(row), "debit_fen": row.debit_fen,
        "credit_fen": row.credit_fen, "closing_fen": sign * row.balance_fen,
    }  # fmt: skip


def _moved(each: TaxMovement, row: TrialBalanceRow) -> dict[str, Any]:
    return {
        "movement": each, "name": name_of(row), "act": word(BOOK_ACTS, each.act),
        "product": product_name(each.product_code) if each.product_code else "–",
    }  # fmt: skip
