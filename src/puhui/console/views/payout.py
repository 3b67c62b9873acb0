"""Payout: conditions are shown to be met by one person, checked by a second, and then the money goes."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.calculations.faults import FaultsError
from puhui.console.access import Request, may_act, page
from puhui.console.forms import errors_of
from puhui.console.labels import CONTRACT, state
from puhui.console.paging import filters_of, paged
from puhui.console.templatetags.figures import choose_unit
from puhui.console.words import CONDITIONS, PARTIES, SIGNING, in_language, word
from puhui.loans import actions, queries
from puhui.loans.models import Contract
from puhui.products.queries import EVERY, conditions_of

#: states in which nothing is left to do
DONE = (Contract.Status.DRAWN, Contract.Status.CANCELLED)


@page("payouts")
def payouts(request: Request) -> HttpResponse:
    """Contracts, those that wait first."""
    filters = filters_of(request, "status")
    wanted = queries.contracts(request.user, filters["status"] or None)
    context = paged(request, wanted if filters["status"] else wanted.exclude(status__in=DONE), filters)
    context["tabs"] = [{"code": code, "label": label, "current": code == filters["status"]} for code, label in _tabs()]
    rows = []
    for contract in context["page"].object_list:
        conditions = list(contract.conditions.all())
        met = sum(1 for each in conditions if each.met_at)
        rows.append({"contract": contract, "state": state(CONTRACT, contract.status), "met": met, "total": len(conditions)})
    context |= {"rows": rows, "unit": choose_unit(row["contract"].amount_fen for row in rows)}
    return render(request, "console/payouts.html", context)


def _tabs() -> list[tuple[str, Any]]:
    return [("", _("waiting")), *((code, state(CONTRACT, code).label) for code in CONTRACT)]


@page("payouts")
def payout(request: Request, number: int) -> HttpResponse:
    """One contract on its way to the money."""
    try:
        contract = queries.contract(request.user, number)
    except Contract.DoesNotExist as error:
        raise Http404 from error
    errors: list[str] = []
    if request.method == "POST":
        try:
            _act(request, contract)
            return redirect("console:payout", number)
        except FaultsError as error:
            errors = errors_of(error)
    return render(request, "console/payout.html", _context(request, contract, errors), status=422 if errors else 200)


def _act(request: Request, contract: Contract) -> None:
    act, who = request.POST.get("act"), request.user.username
    if act == "meet":
        actions.meet_condition(contract, request.POST.get("code", ""), request.POST.get("evidence", ""), who)
    elif act == "sign":
        name = request.user.get_full_name() or who
        actions.sign(contract, "lender", name, "signed_in_officer", {"user": who}, who)
    elif act == "clear":
        actions.clear(contract, request.user)
    elif act == "draw":
        actions.draw_down(contract, f"payout-{contract.pk}", who)  # a contract is paid out once, whoever sends the form how often


def _context(request: Request, contract: Contract, errors: list[str]) -> dict[str, Any]:
    language = get_language() or "en"
    conditions = list(contract.conditions.all())
    signed_by = {each.party for each in contract.signatures.all()}
    acts = may_act(request.user, "payouts")
    all_met = all(each.met_at for each in conditions)
    second_person = request.user.username not in {each.met_by for each in conditions}
    status = contract.status
    texts = {each.code: each.texts for each in conditions_of(contract.product_code, contract.drafted_at.date(), EVERY)}
    return {
        "contract": contract, "state": state(CONTRACT, status), "rate_ppm": contract.offer.rate_ppm, "errors": errors,
        "loan": next(iter(contract.loans.all()), None), "may_act": acts and status in ("drafted", "signed"),
        "conditions": [_condition(each, texts, language) for each in conditions],
        "signatures": [_signature(each) for each in contract.signatures.all()],
        "may_sign": acts and status == "drafted" and "lender" not in signed_by,
        "may_clear": acts and status == "signed" and all_met and second_person,
        "may_draw": acts and status == "cleared",
        "next_step": _next_step(status, signed_by, all_met, second_person),
    }  # fmt: skip


def _signature(signature: Any) -> dict[str, Any]:
    return {
        "party": word(PARTIES, signature.party), "signer": signature.signer, "method": word(SIGNING, signature.method),
        "signed_at": signature.signed_at, "text_digest": signature.text_digest,
    }  # fmt: skip


def _condition(condition: Any, texts: dict[str, dict[str, str]], language: str) -> dict[str, Any]:
    label = in_language(texts.get(condition.code), language) or word(CONDITIONS, condition.code)
    names = ("code", "met_at", "met_by", "evidence", "checked_at", "checked_by")
    return {"label": label, **{name: getattr(condition, name) for name in names}}


def _next_step(status: str, signed_by: set[str], all_met: bool, second_person: bool) -> str:
    if status == "drafted":
        return _("The borrower has not signed yet.") if "borrower" not in signed_by else _("The lender signs now.")
    if status == "signed" and not all_met:
        return _("Show for each condition what proves it.")
    if status == "signed" and not second_person:
        return _("A second person has to check the conditions: whoever recorded them cannot.")
    if status == "signed":
        return _("All conditions are met: check them and clear the contract.")
    if status == "cleared":
        return _("The money can go out.")
    return _("Nothing is left to do here.")
