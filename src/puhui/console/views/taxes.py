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
from puhui.console.kept_reports import kept
from puhui.console.views.books import name_of, opening
from puhui.console.words import BOOK_ACTS, product_name, word
from puhui.loans.tax_queries import loans_by_tax
from puhui.parties.models import Institution

MONTHS_SHOWN = 13
KEPT_SECONDS = 600
Ledger = dict[str, TrialBalanceRow]


@page("books")
def taxes(request: Request) -> HttpResponse:
    """A month's taxes as the books hold them."""
    institution = request.institution
    first = _month(request.GET.get("month", ""), institution.business_date)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    told = kept(("taxes", institution.pk, institution.business_date, first), lambda: _read(institution, first, last), KEPT_SECONDS)
    ledger, moved, rates = told.made
    roles = chart(institution.kind, min(last, institution.business_date)).roles
    accounts = [_account(role, ledger[roles[role]]) for role in TAX_ROLES if roles.get(role) in ledger]
    context = {
        "tab": "taxes", "first": first, "last": last, "months": _months(institution.business_date), "accounts": accounts,
        "moved": [_moved(each, ledger[each.code]) for each in moved], "rates": rates,
        "day": institution.business_date, "made_at": told.made_at,
    }  # fmt: skip
    return render(request, "console/taxes.html", context)


def _read(institution: Institution, first: datetime.date, last: datetime.date) -> tuple[Ledger, list[TaxMovement], list[dict[str, Any]]]:
    """What the books and the loans say: a pass over the month's transfers and one over the open loans."""
    ledger = {row.code: row for row in queries.trial_balance(institution, last, first)}
    return ledger, tax_movements(institution, first, last), loans_by_tax(institution)


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
