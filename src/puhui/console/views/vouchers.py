"""The vouchers of a day for the bank's own general ledger: shown, proved, taken as a file, and noted as handed over."""

from __future__ import annotations

import datetime
from typing import Any, get_args

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from puhui.books import queries, voucher_files
from puhui.books.vouchers import Reversals, VoucherLine, content_digest, deliver_vouchers, deliveries, voucher_faults, vouchers
from puhui.calculations.faults import FaultsError
from puhui.console.access import Request, may_act, page
from puhui.console.book_words import COLOURS
from puhui.console.forms import day as day_of
from puhui.console.forms import errors_of
from puhui.console.views.books import name_of
from puhui.console.words import ACCOUNT_KINDS, word

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


@page("books")
def day_vouchers(request: Request) -> HttpResponse:
    """The vouchers of a day, one for each branch and currency, with their proof and what was handed over."""
    newest = queries.closed_days(request.institution).first()
    date = day_of(request.POST.get("date", "") or request.GET.get("date", ""), newest.date if newest else request.institution.business_date)
    reversals = _reversals(request.POST.get("reversals") or request.GET.get("reversals"))
    errors: list[str] = []
    if request.method == "POST":
        try:
            lines = deliver_vouchers(request.institution, date, request.user.username, reversals)
            messages.success(
                request, _("Noted: %(count)s lines of %(day)s are handed over.") % {"count": len(lines), "day": date.isoformat()}
            )
            return redirect(f"{reverse('console:vouchers')}?date={date.isoformat()}&reversals={reversals}")
        except FaultsError as error:
            errors = errors_of(error)
    lines = vouchers(request.institution, date, reversals)
    digest = content_digest(lines).hex()
    closed = queries.closed_days(request.institution).filter(date=date).first()
    given = [
        {"delivery": each, "digest": bytes(each.content_digest).hex(), "same": bytes(each.content_digest).hex() == digest,
         "colour": word(COLOURS, each.reversals), "comparable": each.reversals == reversals}
        for each in deliveries(request.institution, date)
    ]  # fmt: skip
    names = {each.code: name_of(each) for each in queries.accounts(request.institution)}
    context = {
        "tab": "vouchers", "date": date, "reversals": reversals, "colours": [(code, word(COLOURS, code)) for code in get_args(Reversals)],
        "vouchers": _grouped(lines, names), "line_count": len(lines), "digest": digest, "closed": closed, "deliveries": given,
        "faults": [str(each) for each in voucher_faults(request.institution, date, lines)], "forms": list(TYPES),
        "may_deliver": may_act(request.user, "books") and closed is not None and bool(lines), "errors": errors,
        "previous": date - datetime.timedelta(days=1), "following": date + datetime.timedelta(days=1),
    }  # fmt: skip
    return render(request, "console/vouchers.html", context, status=422 if errors else 200)


@page("books")
def voucher_file(request: Request, form: str) -> HttpResponse:
    """The same lines as CSV, XLSX or JSON. Of a day that is not closed too: the file and its name say so."""
    if form not in TYPES:
        raise Http404
    date = day_of(request.GET.get("date", ""), request.institution.business_date)
    reversals = _reversals(request.GET.get("reversals"))
    is_closed = queries.closed_days(request.institution).filter(date=date).exists()
    content = voucher_files.render(vouchers(request.institution, date, reversals), form, is_closed=is_closed)
    response = HttpResponse(content, content_type=TYPES[form])
    name = f"vouchers-{date.isoformat()}-{reversals}{'' if is_closed else '-not-closed'}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _reversals(text: str | None) -> Reversals:
    return "blue" if text == "blue" else "red"


def _grouped(lines: list[VoucherLine], names: dict[str, str]) -> list[dict[str, Any]]:
    """One voucher after the other, each with its lines and totals."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        voucher = found.setdefault(
            line.voucher,
            {"number": line.voucher, "branch": line.branch, "currency": line.currency, "lines": [], "debit_fen": 0, "credit_fen": 0},
        )
        voucher["lines"].append(
            {
                "line": line,
                "kind": word(ACCOUNT_KINDS, line.kind),
                "colour": word(COLOURS, line.colour),
                "name": names.get(line.account, line.name),
            }
        )
        voucher["debit_fen"] += line.debit_fen
        voucher["credit_fen"] += line.credit_fen
    return list(found.values())
