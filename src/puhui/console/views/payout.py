"""Payout: conditions are shown to be met by one person, checked by a second, and then the money goes.

Money that leaves through an account at an outside bank goes as payment orders, part by part, and is owed when the bank says that it is
paid. A lender that keeps the borrower's account itself may pay into it at once, unless the rule asks for entrusted payment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.books.chart import chart
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.console.access import Request, may_act, may_read, page
from puhui.console.book_words import MODE_GROUNDS, MODES, ORDER, attention_words
from puhui.console.decision_figures import later_rates
from puhui.console.forms import amount_fen, errors_of, key_of, new_key
from puhui.console.labels import CONTRACT, state
from puhui.console.link_figures import contract_rate
from puhui.console.paging import filters_of, paged
from puhui.console.templatetags.figures import choose_unit
from puhui.console.words import CONDITIONS, PARTIES, SIGNING, in_language, word
from puhui.loans import actions, queries
from puhui.loans.models import Contract, Loan
from puhui.loans.parting import who_left
from puhui.loans.replanning import draft_anew
from puhui.payments import actions as payments
from puhui.payments import queries as payment_queries
from puhui.payments.accounts import number_of
from puhui.payments.models import BankAccount, FirmAccount, PaymentOrder
from puhui.payments.rules import ModeAsked
from puhui.products.queries import EVERY, conditions_of

#: states in which something is left to do; an index holds what is not drawn
WAITING = (Contract.Status.DRAFTED, Contract.Status.SIGNED, Contract.Status.CLEARED)
ENDED = ("confirmed", "failed", "cancelled")
PAYEES = 3  # rows of the form; more are ordered by sending it again


@page("payouts")
def payouts(request: Request) -> HttpResponse:
    """Contracts, those that wait first."""
    filters = filters_of(request, "status")
    wanted = queries.contracts(request.user, filters["status"] or None)
    context = paged(request, wanted if filters["status"] else wanted.filter(status__in=WAITING), filters)
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
        actions.sign(contract, "lender", name, "signed_in_officer", {"user": who}, who, read=request.POST.get("text", ""))
    elif act == "draft_anew":
        draft_anew(contract, who)
    elif act == "clear":
        actions.clear(contract, request.user)
    elif act == "draw":
        check(_direct_faults(contract, _ways(contract)))
        actions.draw_down(contract, f"payout-{contract.pk}", who)  # a contract is paid out once, whoever sends the form how often
    elif act == "order":
        _order(request, contract)
    elif act == "account":
        number, holder, bank, agreement = (request.POST.get(name, "") for name in ("number", "holder", "bank", "agreement"))
        payments.register_firm_account(contract.firm, number, holder, bank, who, agreement=agreement)
    elif act == "verify":
        _verify(request, contract)


@dataclass(frozen=True)
class _Ways:
    """How the money of a contract may go out."""

    accounts: list[BankAccount]  # the lender's own, at outside banks
    asked: ModeAsked  # of one payee who gets the whole amount
    keeps_accounts: bool  # the lender keeps the borrower's account itself

    @property
    def direct(self) -> bool:
        """Into the borrower's account here, at once: where the lender keeps it, or has no account to pay from."""
        return not self.accounts or (self.keeps_accounts and not self.asked.grounds)


def _ways(contract: Contract) -> _Ways:
    institution = contract.institution
    roles = chart(institution.kind, institution.business_date).roles
    (asked,) = payment_queries.modes_asked(contract, [payments.Payee("", "", "", contract.amount_fen)])
    return _Ways(list(payment_queries.bank_accounts(institution)), asked, roles["settlement"] != roles["own_cash"])


def _direct_faults(contract: Contract, ways: _Ways) -> list[Fault]:
    if ways.direct:
        return []
    return [Fault(_("payout"), _("into the borrower's account"), _("payment orders to the payees"))]


def _order(request: Request, contract: Contract) -> None:
    """Order the parts that a form names; empty rows are passed over. Raises FaultsError."""
    accounts = {each.code: each for each in payment_queries.bank_accounts(request.institution)}
    account = accounts.get(request.POST.get("from", ""))
    if account is None:
        expected = ", ".join(accounts) or _("an account at a bank")
        raise FaultsError([Fault(_("bank account"), request.POST.get("from") or _("nothing"), expected)])
    own = {str(each.pk): each for each in payment_queries.firm_accounts(contract.firm)}
    payees = [payee for row in range(1, PAYEES + 1) if (payee := _payee(request, row, own)) is not None]
    payments.instruct(contract, account, payees, key_of(request.POST), request.user.username)
    messages.success(request, _("%(count)s payments are ordered; the loan starts when the bank has paid.") % {"count": len(payees)})


def _payee(request: Request, row: int, own: Mapping[str, FirmAccount]) -> payments.Payee | None:
    sent = {
        name: request.POST.get(f"{name}-{row}", "").strip() for name in ("to", "name", "account", "bank", "bank_code", "amount", "proof")
    }
    if not any(sent[name] for name in ("amount", "name", "account")):
        return None
    amount = amount_fen(sent["amount"])
    if (account := own.get(sent["to"])) is not None:
        return payments.Payee(account.holder_name, number_of(account), account.bank_name, amount, sent["proof"], "own", account.bank_code)
    return payments.Payee(sent["name"], sent["account"], sent["bank"], amount, sent["proof"], "entrusted", sent["bank_code"])


def _verify(request: Request, contract: Contract) -> None:
    """The borrower's account, seen by a person."""
    accounts = {str(each.pk): each for each in payment_queries.firm_accounts(contract.firm)}
    if (account := accounts.get(request.POST.get("account", ""))) is None:
        raise FaultsError([Fault(_("bank account"), request.POST.get("account") or _("nothing"), _("an account of the borrower"))])
    payments.verify_firm_account(account, request.user)


def _context(request: Request, contract: Contract, errors: list[str]) -> dict[str, Any]:
    language = get_language() or "en"
    conditions = list(contract.conditions.all())
    signed_by = {each.party for each in contract.signatures.all()}
    acts, loans = may_act(request.user, "payouts"), list(contract.loans.all())
    all_met = all(each.met_at for each in conditions)
    second_person = request.user.username not in {each.met_by for each in conditions}
    status, gone = contract.status, who_left([contract]).get(contract.pk, [])
    texts = {each.code: each.texts for each in conditions_of(contract.product_code, contract.drafted_at.date(), EVERY, request.institution)}
    return {
        "contract": contract, "state": state(CONTRACT, status), "errors": errors,
        "rate_ppm": round(Decimal(contract.terms["rate_annual"]) * 1_000_000), "rate": contract_rate(contract),
        "later_rates": later_rates(contract.terms),
        "may_read_decision": may_read(request.user, "decision"),
        "loan": next(iter(loans), None), "may_act": acts and status in ("drafted", "signed"),
        "conditions": [_condition(each, texts, language) for each in conditions],
        "signatures": [_signature(each) for each in contract.signatures.all()],
        "may_plan": acts and status == "drafted" and not signed_by and "line" not in contract.offer.terms,
        "who_left": gone, "may_draft_anew": acts and bool(gone) and not signed_by,
        "may_sign": acts and status == "drafted" and "lender" not in signed_by and not gone,
        "may_clear": acts and status == "signed" and all_met and second_person,
        "next_step": _next_step(status, signed_by, all_met, second_person), **_money(request, contract, loans, acts),
    }  # fmt: skip


def _money(request: Request, contract: Contract, loans: list[Loan], acts: bool) -> dict[str, Any]:
    """How the money may go out, what is ordered already, and the accounts that it may go to."""
    if contract.status not in ("cleared", "drawn"):
        return {"may_draw": False, "may_order": False, "orders": [], "own_accounts": []}
    ways = _ways(contract)
    orders = list(payment_queries.orders(request.user).filter(contract=contract).order_by("pk"))
    left_fen = contract.amount_fen - sum(each.lent_fen for each in loans)
    left_fen -= sum(each.amount_fen for each in orders if each.status in ("created", "sent", "unknown"))
    return {
        "may_draw": acts and contract.status == "cleared" and ways.direct and not any(each.status not in ENDED for each in orders),
        "may_order": acts and bool(ways.accounts) and left_fen > 0 and not contract.revolves, "left_fen": left_fen,
        "orders": [_ordered(each) for each in orders],
        "accounts": ways.accounts, "may_read_orders": may_read(request.user, "payments"),
        "grounds": [word(MODE_GROUNDS, each) for each in ways.asked.grounds], "key": new_key(),
        "own_accounts": list(payment_queries.firm_accounts(contract.firm)) if ways.accounts else [],
        "payee_rows": [_sent_row(request, row) for row in range(1, PAYEES + 1)],
    }  # fmt: skip


def _ordered(order: PaymentOrder) -> dict[str, Any]:
    return {
        "order": order, "state": state(ORDER, order.status), "mode": word(MODES, order.mode), "attention": attention_words(order.attention)
    }  # fmt: skip


def _sent_row(request: Request, row: int) -> dict[str, Any]:
    """A row of the form as it was sent, so that a refused form is not typed again."""
    names = ("to", "name", "account", "bank", "amount", "proof")
    return {"number": row, **{name: request.POST.get(f"{name}-{row}", "") for name in names}}


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
