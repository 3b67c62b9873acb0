"""The borrower's application for any product: the consent that it needs, the form that its file asks for, and the answer.

A product whose form asks nothing is answered at once. Where it asks something, the borrower states it, an officer looks at the papers, and
the engine decides on what was found (`decisions.checking`).
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.console import application_forms, consent_text
from puhui.console import borrower_figures as figures
from puhui.console.access import Request
from puhui.console.forms import amount_fen, errors_of, key_of
from puhui.console.views.borrower import PRODUCT, borrower_page, own_row
from puhui.console.words import CONSENT_OF, product_name, word
from puhui.decisions import actions as deciding
from puhui.decisions import queries as decisions
from puhui.decisions.checking import needs_papers, stated_facts
from puhui.decisions.models import Application
from puhui.parties import actions as parties_acts
from puhui.parties import queries as parties
from puhui.parties.models import Firm
from puhui.products.queries import products_on
from puhui.products.terms import Product

CHANNEL = "phone"


def product_for(firm: Firm, code: str) -> Product:
    """The product in force that takes this kind of borrower. Http404 where there is none."""
    found = next((one for one in products_on(firm.institution.business_date, firm.institution) if one.code == code), None)
    if found is None or firm.kind not in found.borrower_kinds:
        raise Http404
    return found


def is_consented(firm: Firm, product: Product) -> bool:
    """Whether one consent of the firm covers today all that the product reads."""
    day = firm.institution.business_date
    return parties.covering_consent(firm, product.consent_purpose, product.evidence_classes, day) is not None


def address(name: str, product: Product) -> str:
    """The address of a page about a product; the product that is lent from invoices alone has the short one."""
    return reverse(f"console:{name}") if product.code == PRODUCT else reverse(f"console:{name}_for", args=[product.code])


@borrower_page
def consent(request: Request, firm: Firm, code: str = PRODUCT) -> HttpResponse:
    """Asks for the consent that a product needs, with the text that is kept."""
    day, product = firm.institution.business_date, product_for(firm, code)
    titles = figures.class_titles(product.evidence_classes)
    paragraphs = consent_text.paragraphs(firm.name, firm.institution.name, product.evidence_classes, titles)
    errors: list[str] = []
    if request.method == "POST":
        try:
            if not is_consented(firm, product):  # the form sent twice: one consent, which one withdrawal ends
                parties_acts.grant_consent(
                    firm, purpose=product.consent_purpose, classes=list(product.evidence_classes),
                    expires_on=consent_text.expires_on(day), text_version=consent_text.version(), text="\n".join(paragraphs),
                    channel=CHANNEL, granted_by=request.user.username,
                )  # fmt: skip
            return redirect(_after_consent(request, product))
        except FaultsError as error:
            errors = errors_of(error)
    context = {
        "firm": firm, "paragraphs": paragraphs, "expires_on": consent_text.expires_on(day), "errors": errors,
        "steps": figures.steps("consent"), "product_name": product_name(code), "invoices_only": code == PRODUCT,
        "invitation": request.GET.get("invitation", ""),
    }  # fmt: skip
    return render(request, "console/borrower/consent.html", context)


def _after_consent(request: Request, product: Product) -> str:
    """Back to the invitation that asked for it, else on to the form."""
    number = request.GET.get("invitation", "")
    if number.isdecimal() and len(number) < 18:
        return reverse("console:borrower_invitation", args=[int(number)])
    return address("borrower_apply", product)


@borrower_page
def apply(request: Request, firm: Firm, code: str = PRODUCT) -> HttpResponse:
    """Takes an application for a product; answered at once where nothing has to be shown on paper."""
    product = product_for(firm, code)
    if not is_consented(firm, product):
        return redirect(address("borrower_consent", product))
    errors: list[str] = []
    if request.method == "POST":
        try:
            application = _submit(request, firm, product)
            return redirect("console:borrower_application", number=application.pk)
        except FaultsError as error:
            errors = errors_of(error)
    entered: dict[str, Any] = {name: request.POST.get(name, "") for name in ("amount", "purpose")}
    terms = application_forms.terms_of_months(product)
    entered["term_months"] = _months(request.POST.get("term_months", "")) or (12 if 12 in terms else product.maximum_months)
    context = {
        "firm": firm, "errors": errors, "entered": entered, "key": key_of(request.POST), "steps": figures.steps("apply"),
        "product_name": product_name(code), "range_text": figures.range_text(product), "purposes": application_forms.purposes_of(product),
        "terms": terms, "fields": application_forms.fact_fields(product, stated_facts(product), request.POST),
        "papers": papers_of(product), "waits": needs_papers(product), "days": product.decision_days,
    }  # fmt: skip
    return render(request, "console/borrower/apply.html", context, status=422 if errors else 200)


def papers_of(product: Product) -> list[str]:
    """What is handed in to show what was stated, and whose consent is signed on paper."""
    shown = [field.label for field in application_forms.fact_fields(product, stated_facts(product), {})]
    others = [word(CONSENT_OF, who) for who in product.consent_of if who not in ("firm", "owner")]
    return [*shown, *(_("Consent signed by: %(who)s") % {"who": who} for who in others)]


def _submit(request: Request, firm: Firm, product: Product) -> Application:
    sent = request.POST
    faults: list[Fault] = []
    facts: dict[str, Any] = {}
    amount, months, purpose = 0, _months(sent.get("term_months", "")), sent.get("purpose", "")
    try:
        amount = amount_fen(sent.get("amount", ""))
    except FaultsError as error:
        faults += error.faults
    if months is None or purpose not in dict(application_forms.purposes_of(product)):
        faults.append(Fault(_("application"), f"{sent.get('term_months', '')} {purpose}"[:60], _("a term and a purpose from the lists")))
    try:
        facts = application_forms.read_facts(product, stated_facts(product), sent, complete=True)
    except FaultsError as error:
        faults += error.faults
    if faults or months is None:
        raise FaultsError(faults)
    who, waits = request.user.username, needs_papers(product)
    application = deciding.submit(
        firm.institution, firm, product.code, amount, months, purpose, channel=CHANNEL, key=key_of(sent), actor=who, facts=facts,
        stated=waits,
    )  # fmt: skip
    if not application.stated:
        _decide(application, who)
    return application


def _decide(application: Application, who: str) -> None:
    """The answer at once. Where nothing is known of the firm yet, the application waits until the evidence has come."""
    try:
        deciding.decide(application, who)
    except FaultsError as error:
        if not all(fault.where.endswith(f"variables of {application.firm.name}") for fault in error.faults):
            raise


def _months(text: str) -> int | None:
    """A number of months as a form sends it; None where it is none."""
    return int(text) if text.isdecimal() and len(text) <= 3 else None


@borrower_page
def application(request: Request, firm: Firm, number: int) -> HttpResponse:
    """The answer to an application, in plain words; before there is one, what is handed in."""
    found: Application = own_row(request, firm, decisions.applications(request.user), number)
    context = {"application": found, "product_name": product_name(found.product_code)} | figures.answer(found)
    context["parts"] = figures.part_cards(request.user, found)
    if found.status == Application.Status.SUBMITTED and found.stated:
        product = product_for(firm, found.product_code)
        context |= {"papers": papers_of(product), "days": product.decision_days}
    return render(request, "console/borrower/application.html", context)
