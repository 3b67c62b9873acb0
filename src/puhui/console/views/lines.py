"""Credit lines: limit, drawn and available, and what may be done with a line: draw, reduce, freeze, release, end."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from puhui.console.access import Request, page
from puhui.console.act_figures import act_link, command_rows, power
from puhui.console.act_words import LINE, LINE_ACTS
from puhui.console.labels import LOAN, state
from puhui.console.paging import filters_of, paged
from puhui.console.templatetags.figures import choose_unit, money, number, unit_name, weekday
from puhui.console.words import product_name, word
from puhui.loans.command_models import Command
from puhui.loans.credit_models import CreditLine
from puhui.loans.lines import contracts_to_open, line_states, lines_of
from puhui.loans.models import Loan

#: state of a line → what can be done with it
FITTING = {
    "open": ("draw_on_line", "reduce_line", "freeze_line", "close_line"),
    "frozen": ("release_line", "reduce_line", "close_line"),
    "closed": (),
    "expired": (),
}


@page("lines")
def lines(request: Request) -> HttpResponse:
    """Every line, those that end first; contracts that hold one and are not opened yet stand above."""
    filters = filters_of(request, "status")
    day = request.institution.business_date
    context = paged(request, lines_of(request.user, filters["status"] or None), filters)
    states = line_states(context["page"].object_list, day)
    context |= {
        "tab": "lines", "rows": [{"row": each, "state": state(LINE, each.line.status), "used": _share(each)} for each in states],
        "unit": choose_unit(each.line.limit_fen for each in states),
        "statuses": [(code, each) for code, each in LINE.items() if code != "ready"],
        "ready": [{"contract": each, "act": act_link("open_line", each)} for each in contracts_to_open(request.user)],
        "may_open": request.user.role in power("open_line", request.user).makers,
    }  # fmt: skip
    return render(request, "console/lines.html", context)


def _share(each: Any) -> float:
    return each.drawn_fen / each.line.limit_fen if each.line.limit_fen else 0.0


@page("lines")
def line(request: Request, number: int) -> HttpResponse:
    """One line with its draws and everything that happened to it."""
    found = lines_of(request.user, None).filter(pk=number).first()
    if found is None:
        raise Http404
    day = request.institution.business_date
    (stands,) = line_states([found], day)
    contract = found.contract
    draws = [{"loan": each, "state": state(LOAN, each.status)} for each in Loan.objects.filter(contract=contract).order_by("-pk")]
    waiting = Command.objects.filter(target_kind="contract", target_id=contract.pk, status=Command.Status.WAITING)
    links = [act_link(each, contract) for each in FITTING[found.status] if request.user.role in power(each, contract).makers]
    context = {
        "tab": "lines", "line": found, "contract": contract, "state": state(LINE, found.status), "figures": _figures(stands),
        "product": product_name(contract.product_code), "draws": draws, "links": links,
        "waiting": command_rows(waiting, {("contract", contract.pk): contract.number}),
        "changes": [{"row": each, "act": word(LINE_ACTS, each.act)} for each in found.changes.order_by("-pk")],
        "pooled": (contract.terms.get("line") or {}).get("dues") == "pooled",
    }  # fmt: skip
    return render(request, "console/line.html", context)


def _figures(stands: Any) -> list[dict[str, Any]]:
    found: CreditLine = stands.line
    yuan = unit_name("yuan")
    return [
        {"label": _("Limit"), "value": money(found.limit_fen), "unit": yuan},
        {"label": _("Drawn"), "value": money(stands.drawn_fen), "unit": yuan},
        {"label": _("Can be drawn"), "value": money(stands.available_fen), "unit": yuan},
        {"label": _("Last day of draws"), "value": found.until.isoformat(), "note": weekday(found.until)[11:]},
        {"label": _("Draws so far"), "value": number(found.draw_count)},
    ]
