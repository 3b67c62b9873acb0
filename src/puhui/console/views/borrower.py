"""The borrower's way on a phone: home, my data, offer, sign, my loan, repay. One thing per screen. Applying: `borrower_apply`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.console import borrower_figures as figures
from puhui.console.access import Request, page
from puhui.console.forms import amount_fen, errors_of, key_of, new_key
from puhui.console.link_figures import link_panel
from puhui.console.loan_figures import is_open, schedule_rows
from puhui.console.loan_reasons import next_due_reason, reasons
from puhui.console.views.loan import find_loan
from puhui.console.words import METHODS, PURPOSES, word
from puhui.decisions import actions as deciding
from puhui.decisions import queries as decisions
from puhui.decisions.models import Offer
from puhui.evidence import queries as evidence
from puhui.loans import actions as lending
from puhui.loans import queries as loans
from puhui.loans.commands import Performed, perform
from puhui.loans.models import Contract, Loan
from puhui.parties import actions as parties_acts
from puhui.parties import queries as parties
from puhui.parties.models import Firm

PRODUCT = "invoice-working-capital"
READS_SHOWN = 10


def own_firm(request: Request) -> Firm:
    """The firm that the borrower acts for: the one chosen before, else the first by name. Http404 where there is none."""
    firms = list(parties.firms(request.user).select_related("institution"))
    wanted = request.GET.get("firm") or request.session.get("firm")
    chosen = next((each for each in firms if str(each.pk) == str(wanted)), firms[0] if firms else None)
    if chosen is None:
        raise Http404
    request.session["firm"] = chosen.pk
    request.puhui_firms = firms
    return chosen


def borrower_page(view: Callable[..., HttpResponse]) -> Any:
    """A page of the borrower's; it is handed the firm that the borrower acts for."""

    @page("borrower")
    @functools.wraps(view)
    def with_firm(request: Request, **kwargs: Any) -> HttpResponse:
        return view(request, own_firm(request), **kwargs)

    return with_firm


@borrower_page
def home(request: Request, firm: Firm) -> HttpResponse:
    """What the borrower owes, and the one next step."""
    day = firm.institution.business_date
    owed = [figures.loan_card(each, loans.owed(each, day)) for each in loans.loans(request.user).filter(firm=firm)]
    step = figures.next_step(request.user, firm, any(row["open"] for row in owed))
    others = [each for each in request.puhui_firms if each != firm]
    context = {
        "firm": firm, "loans": owed, "step": step, "several": others, "may_apply": step is None,
        "invitations": [figures.invitation_card(each) for each in decisions.invitations(request.user, firm)],
    }  # fmt: skip
    return render(request, "console/borrower/home.html", context)


@borrower_page
def data(request: Request, firm: Firm) -> HttpResponse:
    """What may be read, who read it, and how to withdraw."""
    day = firm.institution.business_date
    rows = list(parties.consents_of(firm))
    if request.method == "POST":
        chosen = next((each for each in rows if str(each.pk) == request.POST.get("consent")), None)
        if chosen is None:
            raise Http404
        parties_acts.withdraw_consent(chosen, request.user.username)
        messages.success(request, _("Withdrawn. From now on nothing new is read."))
        return redirect("console:borrower_data")
    reads = [{"read_at": each.read_at, "purpose": word(PURPOSES, each.purpose)} for each in evidence.readings(firm)[:READS_SHOWN]]
    return render(request, "console/borrower/data.html", {"consents": [figures.consent_card(each, day) for each in rows], "reads": reads})


def own_row(request: Request, firm: Firm, rows: Any, number: int) -> Any:
    """The row with that number among the firm's own; otherwise there is no such page."""
    found = rows.filter(firm=firm, pk=number).first()
    if found is None:
        raise Http404
    return found


@borrower_page
def offer(request: Request, firm: Firm, number: int) -> HttpResponse:
    """The offer with its total cost; POST accepts or declines it."""
    found: Offer = own_row(request, firm, decisions.offers(request.user), number)
    errors: list[str] = []
    if request.method == "POST":
        try:
            accepted = request.POST.get("answer") == "accept"
            deciding.answer_offer(found, accepted, request.user.username)
            if not accepted:
                return redirect("console:borrower_home")
            contract = lending.draft_contract(found, request.user.username)
            return redirect("console:borrower_sign", number=contract.pk)
        except FaultsError as error:
            errors = errors_of(error)
    context = {"offer": found, "errors": errors, "steps": figures.steps("offer")} | figures.offer_figures(
        found, firm.institution.business_date
    )
    context["method"] = word(METHODS, found.terms.get("method", "equal_instalment"))
    return render(request, "console/borrower/offer.html", context, status=422 if errors else 200)


@borrower_page
def sign(request: Request, firm: Firm, number: int) -> HttpResponse:
    """The contract's text, and the borrower's signature on it."""
    contract: Contract = own_row(request, firm, loans.contracts(request.user), number)
    errors: list[str] = []
    if request.method == "POST":
        try:
            _sign(request, contract)
            return redirect("console:borrower_sign", number=number)
        except FaultsError as error:
            errors = errors_of(error)
    signed = any(each.party == "borrower" for each in contract.signatures.all())
    context = {"contract": contract, "signed": signed, "errors": errors, "steps": figures.steps("sign")}
    return render(request, "console/borrower/sign.html", context, status=422 if errors else 200)


def _sign(request: Request, contract: Contract) -> None:
    name = request.POST.get("name", "").strip()
    own = request.user.person.name if request.user.person else name
    if request.POST.get("read") != "yes" or not name:
        raise FaultsError([Fault(_("signature"), _("incomplete"), _("the box ticked and your full name"))])
    if name != own:
        raise FaultsError([Fault(_("your name"), name, own, _("Sign with your own full name."))])
    shown = {
        "user": request.user.username,
        "read_whole": True,
        "at": timezone.now().isoformat(),
        "agent": request.headers.get("User-Agent", "")[:200],
    }
    lending.sign(contract, "borrower", name, "signed_in_phone", shown, request.user.username, read=request.POST.get("text", ""))


@borrower_page
def loan(request: Request, firm: Firm, number: int) -> HttpResponse:
    """What is owed today, why, when the next payment is due, and what closing the loan would cost."""
    found = find_loan(request.user, number)
    day = firm.institution.business_date
    shown = loans.dossier(found, day)
    row = figures.loan_card(found, shown.owed)
    context = {
        "loan": found, "row": row, "state": row["state"], "schedule": schedule_rows(shown.fold.position.rows, day),
        "why": [*reasons(shown), *filter(None, [next_due_reason(shown)])], "closing": figures.closing(shown),
        "links": link_panel(found, day),
    }  # fmt: skip
    return render(request, "console/borrower/loan.html", context)


@borrower_page
def repay(request: Request, firm: Firm, number: int) -> HttpResponse:
    """Choose an amount, see what it changes, pay. The channel is simulated: the payment is posted at once."""
    found = find_loan(request.user, number)
    day = firm.institution.business_date
    shown = loans.dossier(found, day)
    owed = shown.owed
    context: dict[str, Any] = {"loan": found, "row": figures.loan_card(found, owed), "closing": figures.closing(shown), "key": new_key()}
    if not is_open(owed):
        return redirect("console:borrower_loan", number=number)
    try:
        if request.method == "POST":
            _told(request, _pay(request, found))
            return redirect("console:borrower_loan", number=number)
        kind = request.GET.get("kind")
        if kind:
            context["preview"] = figures.payment_preview(shown, kind, request.GET.get("amount", ""))
    except FaultsError as error:
        context["errors"] = errors_of(error)
    return render(request, "console/borrower/repay.html", context, status=422 if context.get("errors") else 200)


def _pay(request: Request, found: Loan) -> Performed:
    if request.POST.get("kind") == "payoff":
        return perform(request.user, "pay_off", found, {}, key_of(request.POST))
    return perform(request.user, "repay", found, {"amount_fen": amount_fen(request.POST.get("amount", ""))}, key_of(request.POST))


def _told(request: Request, done: Performed) -> None:
    if done.status == "waiting":
        messages.info(request, _("Received. A large payment is posted when a second person of the lender has looked at it."))
    else:
        messages.success(request, _("Paid. Thank you."))
