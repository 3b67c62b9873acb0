"""An offer or invitation of a campaign on the borrower's phone: what is offered, until when, taken up or declined."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from puhui.calculations.faults import FaultsError
from puhui.console import application_forms
from puhui.console.access import Request
from puhui.console.forms import amount_fen, errors_of
from puhui.console.templatetags.figures import money_plain
from puhui.console.views.borrower import borrower_page, own_row
from puhui.console.views.borrower_apply import address, is_consented, papers_of, product_for
from puhui.console.words import LOAN_PURPOSES, product_name, word
from puhui.decisions import campaigns, queries
from puhui.decisions.checking import needs_papers, stated_facts
from puhui.decisions.factory_models import Invitee
from puhui.parties.models import Firm
from puhui.products.terms import Product


@borrower_page
def invitation(request: Request, firm: Firm, number: int) -> HttpResponse:
    """What is offered to the firm and how to take it up; POST takes it up or declines it."""
    found: Invitee = own_row(request, firm, queries.invitations(request.user, firm), number)
    product = product_for(firm, found.campaign.product_code)
    errors: list[str] = []
    if request.method == "POST":
        try:
            return _answer(request, found, product)
        except FaultsError as error:
            errors = errors_of(error)
    most_fen = found.amount_fen or found.wanted_fen
    context = {
        "firm": firm, "invitation": found, "campaign": found.campaign, "errors": errors, "most_fen": most_fen,
        "is_offer": found.outcome == Invitee.Outcome.OFFER, "product_name": product_name(product.code),
        "purpose": word(LOAN_PURPOSES, found.campaign.purpose), "entered": request.POST.get("amount") or money_plain(most_fen),
        "consented": is_consented(firm, product), "consent_url": f"{address('borrower_consent', product)}?invitation={found.pk}",
        "fields": application_forms.fact_fields(product, stated_facts(product), request.POST), "waits": needs_papers(product),
        "papers": papers_of(product), "low_ppm": product.price.minimum_ppm, "high_ppm": product.price.maximum_ppm,
    }  # fmt: skip
    return render(request, "console/borrower/invitation.html", context, status=422 if errors else 200)


def _answer(request: Request, found: Invitee, product: Product) -> HttpResponse:
    who: Any = request.user.username
    if request.POST.get("answer") == "decline":
        campaigns.decline(found, who)
        messages.success(request, _("Declined. We shall not ask again for this."))
        return redirect("console:borrower_home")
    if not is_consented(found.firm, product):
        return redirect(f"{reverse('console:borrower_consent_for', args=[product.code])}?invitation={found.pk}")
    facts = application_forms.read_facts(product, stated_facts(product), request.POST, complete=True)
    amount = amount_fen(request.POST.get("amount", ""))
    application = campaigns.take_up(found, who, amount, facts)
    return redirect("console:borrower_application", number=application.pk)
