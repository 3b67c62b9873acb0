"""An application whose facts the borrower only stated: the officer has looked at the papers, and the engine decides."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from puhui.calculations.faults import FaultsError
from puhui.console.access import Request, page
from puhui.console.application_forms import read_facts
from puhui.console.forms import errors_of
from puhui.console.views import case as case_page
from puhui.decisions import actions, queries
from puhui.decisions.models import Application
from puhui.products.queries import product as product_in_force


@page("case")
def facts(request: Request, number: int) -> HttpResponse:
    """POST: what was found in the papers, each with the paper that shows it; then the engine's decision. All or nothing of the form."""
    try:
        application = queries.case(request.user, number)
    except Application.DoesNotExist as error:
        raise Http404 from error
    if request.method != "POST":
        return redirect("console:case", number)
    try:
        if application.stated:
            product = product_in_force(application.product_code, request.institution.business_date)
            found = read_facts(product, product.application, request.POST, complete=False)
            papers = {name: request.POST.get(f"paper-{name}", "") for name in found}
            actions.check_facts(application, request.user, found, papers)
        actions.decide(application, request.user.username)
    except FaultsError as error:
        return case_page.refused(request, queries.case(request.user, number), errors_of(error))
    return redirect("console:case", number)
