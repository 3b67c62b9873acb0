"""What a borrower could ask for: the lender's products that take this kind of borrower, in plain words."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from puhui.console.access import Request
from puhui.console.decision_figures import language
from puhui.console.views.borrower import PRODUCT, borrower_page
from puhui.console.views.borrower_apply import address
from puhui.console.words import in_language
from puhui.decisions.checking import needs_papers
from puhui.parties.models import Firm
from puhui.products.queries import products_on
from puhui.products.terms import Product

MOST_RULES = 3


@borrower_page
def products(request: Request, firm: Firm) -> HttpResponse:
    """Those for this kind of borrower: the one that can be had here first, then the smallest first."""
    found = [one for one in products_on(firm.institution.business_date, firm.institution) if firm.kind in one.borrower_kinds]
    found.sort(key=lambda one: (one.code != PRODUCT, one.maximum_fen, one.code))
    return render(request, "console/borrower/products.html", {"firm": firm, "rows": [_card(one) for one in found]})


def _card(product: Product) -> dict[str, object]:
    """Name, most, months, rates, and what speaks for an applicant: the rules that the product tells as reasons for."""
    told = [rule for rule in product.rules if rule.speaks_for][:MOST_RULES]
    return {
        "code": product.code,
        "name": in_language(product.names, language()),
        "high_fen": product.maximum_fen,
        "months": "–".join(dict.fromkeys((str(product.minimum_months), str(product.maximum_months)))),
        "low_ppm": product.price.minimum_ppm,
        "high_ppm": product.price.maximum_ppm,
        "needs": [in_language(rule.names, language()) for rule in told],
        "subsidised": bool(product.support.interest_shares),
        "days": product.decision_days,
        "at_once": not needs_papers(product),
        "url": address("borrower_apply", product),
    }
