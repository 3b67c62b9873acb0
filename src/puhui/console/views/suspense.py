"""Suspense: money received that belongs to nobody yet, by age; one receipt with the loans it may be for, put to a loan, or sent back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from puhui.books.queries import balance
from puhui.calculations.debts import COMPONENTS, Share
from puhui.calculations.faults import Fault, FaultsError
from puhui.console.access import Request, may_act, page
from puhui.console.book_words import ACTORS, AGES, GROUNDS, ORDER
from puhui.console.forms import amount_fen, errors_of, key_of, new_key
from puhui.console.labels import state
from puhui.console.paging import filters_of, paged
from puhui.console.words import word
from puhui.loans import queries as loans
from puhui.loans.models import Loan
from puhui.parties.models import Firm
from puhui.parties.queries import firm as firm_of
from puhui.payments import actions, queries
from puhui.payments.models import Receipt
from puhui.payments.queries import Suspended


@page("suspense")
def suspense(request: Request) -> HttpResponse:
    """All receipts of which something is open, the oldest first, with what they come to by age."""
    if request.method == "POST":
        counts = actions.match_open(request.institution, request.user.username)
        messages.success(request, _("%(applied)s put to their loans; %(left)s are not certain and wait for you.") % counts)
        return redirect("console:suspense")
    filters = filters_of(request, "age")
    waiting = queries.suspense(request.institution)
    shown = [each for each in waiting if not filters["age"] or each.age == filters["age"]]
    context = paged(request, shown, filters)
    total, booked = sum(each.open_fen for each in waiting), -balance(request.institution, "suspense", request.institution.business_date)
    context |= {
        "tab": "suspense", "ages": [_age(code, waiting) for code in AGES], "total_fen": total, "booked_fen": booked,
        "agree": total == booked, "may_act": may_act(request.user, "suspense"),
        "rows": _rows(request, list(context["page"].object_list)),
    }  # fmt: skip
    return render(request, "console/suspense.html", context)


def _age(code: str, waiting: list[Suspended]) -> dict[str, Any]:
    of_age = [each for each in waiting if each.age == code]
    return {"code": code, "label": word(AGES, code), "count": len(of_age), "open_fen": sum(each.open_fen for each in of_age)}


def _rows(request: Request, shown: list[Suspended]) -> list[dict[str, Any]]:
    """Each receipt with the loan that it is most likely for."""
    best = queries.best_of_each([each.receipt for each in shown])
    named = loans.loans(request.user).in_bulk({each.loan_id for each in best.values()})
    rows = []
    for each in shown:
        likely = best.get(each.receipt.pk)
        grounds = [word(GROUNDS, ground) for ground in likely.grounds] if likely else []
        loan = named.get(likely.loan_id) if likely else None
        rows.append(
            {"suspended": each, "receipt": each.receipt, "likely": likely, "loan": loan, "grounds": grounds, **_origin(each.receipt)}
        )
    return rows


def _origin(receipt: Receipt) -> dict[str, str]:
    """Who paid and what the text says; of a debit, the loan that it was for."""
    line, result = receipt.statement_line, receipt.debit_result
    if line is not None:
        tail = f" …{line.other_account_tail}" if line.other_account_tail else ""
        return {"payer": f"{line.other_name}{tail}", "text": line.text, "reference": line.bank_reference}
    return {"payer": "", "text": result.line.loan.number if result else "", "reference": result.line.reference if result else ""}


@page("suspense")
def suspended(request: Request, number: int) -> HttpResponse:
    """One receipt: what is open of it, and what can be done."""
    try:
        receipt = queries.receipts(request.user).get(pk=number)
    except Receipt.DoesNotExist as error:
        raise Http404 from error
    errors: list[str] = []
    if request.method == "POST":
        try:
            messages.success(request, _act(request, receipt))
            return redirect("console:suspended", number)
        except FaultsError as error:
            errors = errors_of(error)
    return render(request, "console/suspended.html", _context(request, receipt, errors), status=422 if errors else 200)


def _act(request: Request, receipt: Receipt) -> str:
    """Carry out what a form asks for; the sentence that tells it."""
    sent, who = request.POST, request.user.username
    act, key = sent.get("act"), key_of(sent)
    if act == "apply":
        loan, amount = _loan(request, sent.get("loan", "")), amount_fen(sent.get("amount", ""))
        actions.apply(receipt, loan, amount, who, key=key, grounds=sent.getlist("grounds")[:8], reason=sent.get("reason", ""))
        return _("Put to loan %(loan)s, effective on the day on which the money came.") % {"loan": loan.number}
    if act == "apply_over":
        firm, named = _firm(request, sent.get("firm", "")), [_loan(request, each) for each in sent.getlist("named")[:50]]
        done = actions.apply_over(receipt, firm, who, key=key, designated=named)
        return _("Put to %(count)s loans; what was not due stays in suspense.") % {"count": len(done)}
    if act == "return":
        names = ("payee", "account", "bank", "bank_code")
        name, account, bank, bank_code = (sent.get(field, "") for field in names)
        payee = actions.Payee(name, account, bank, amount_fen(sent.get("amount", "")), mode="return", bank_code=bank_code)
        order = actions.return_receipt(receipt, payee, key, sent.get("reason", ""), who)
        return _("Payment %(reference)s is ordered: it goes out once a second person has agreed.") % {"reference": order.reference}
    if act == "undo":
        application = receipt.applications.filter(pk=_number(sent.get("application", ""))).first()
        if application is None:
            raise FaultsError([Fault(_("application"), sent.get("application", ""), _("one of this receipt"))])
        actions.undo(application, sent.get("reason", ""), who)
        return _("Taken back from loan %(loan)s: the money is in suspense again.") % {"loan": application.loan.number}
    raise FaultsError([Fault(_("act"), act or _("nothing"), "apply, apply_over, return, undo")])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _loan(request: Request, text: str) -> Loan:
    """A loan by the number that a page gave, or that a person typed. Raises FaultsError."""
    rows = loans.loans(request.user)
    found = rows.filter(number=text.strip()).first() or rows.filter(pk=_number(text.strip())).first()
    if found is None:
        raise FaultsError([Fault(_("loan"), text or _("nothing"), _("the number of a loan of this lender"))])
    return found


def _firm(request: Request, text: str) -> Firm:
    try:
        return firm_of(request.user, _number(text))
    except Firm.DoesNotExist as error:
        raise FaultsError([Fault(_("firm"), text or _("nothing"), _("a firm of this lender"))]) from error


def _context(request: Request, receipt: Receipt, errors: list[str]) -> dict[str, Any]:
    acts = may_act(request.user, "suspense")
    found = queries.suggestions(receipt) if receipt.open_fen else []
    named = loans.loans(request.user).in_bulk([each.loan_id for each in found])
    suggestions: list[dict[str, Any]] = [
        {"loan": named[each.loan_id], "score": each.score, "grounds": [word(GROUNDS, ground) for ground in each.grounds],
         "codes": each.grounds, "to_close_fen": each.to_close_fen, "amount_fen": min(receipt.open_fen, each.to_close_fen)}
        for each in found if each.loan_id in named
    ]  # fmt: skip
    firms = {each["loan"].firm_id: each["loan"].firm.name for each in suggestions}
    over = _over(request, receipt) if receipt.open_fen and request.GET.get("over") else None
    days = (request.institution.business_date - receipt.value_on).days
    return {
        "tab": "suspense", "receipt": receipt, **_origin(receipt), "days": max(days, 0), "errors": errors, "suggestions": suggestions,
        "firms": list(firms.items()), "over": over, "applications": _applications(receipt),
        "returns": [{"order": each, "state": state(ORDER, each.status)} for each in receipt.return_orders.order_by("pk")],
        "may_act": acts, "may_use": acts and receipt.open_fen > 0, "key": new_key(), "sent": request.POST if errors else {},
    }  # fmt: skip


def _over(request: Request, receipt: Receipt) -> dict[str, Any] | None:
    """How what is open would go over all debts of the borrower that was chosen; those that the payer named go first."""
    try:
        firm, named = _firm(request, request.GET["over"]), [_loan(request, each) for each in request.GET.getlist("named")[:50]]
        shares, left = actions.shares_over(firm, receipt.open_fen, min(receipt.value_on, request.institution.business_date), named)
    except FaultsError as error:
        return {"errors": errors_of(error)}
    found = loans.loans(request.user).filter(firm=firm).exclude(status__in=("closed", "undrawn")).order_by("pk")
    of_loan = {int(each.debt): each for each in shares}
    rows = [{"loan": each, "share": of_loan.get(each.pk), "named": each in named, **_share(of_loan.get(each.pk))} for each in found]
    return {"firm": firm, "rows": rows, "left_fen": left, "named": [each.number for each in named]}


def _share(share: Share | None) -> dict[str, Any]:
    """The figures of one debt's share, in fen, and its ground; nothing where it gets nothing."""
    parts = {f"{name}_fen": share.components.get(name) if share else None for name in COMPONENTS}
    return {"amount_fen": share.amount if share else None, "ground": word(GROUNDS, share.ground) if share else "", **parts}


def _applications(receipt: Receipt) -> list[dict[str, Any]]:
    """What was put to loans and taken back, in order."""
    rows = sorted(receipt.applications.all(), key=lambda each: each.pk)
    undone = {each.undoes_id for each in rows}
    return [
        {
            "application": each, "by": word(ACTORS, each.applied_by), "grounds": [word(GROUNDS, ground) for ground in each.grounds],
            "undone": each.pk in undone, "may_undo": each.pk not in undone and each.undoes_id is None,
        }
        for each in rows
    ]  # fmt: skip
