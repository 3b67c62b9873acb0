"""Documents as files: of a loan, a firm, an offer or the books, as PDF or workbook, in the reader's language.

What a person may download follows from the page that it belongs to, and which rows from the same queries as every page: a borrower
finds documents of the own firm only. Figures are as of the day asked for (`as_of`), as they were known then; spans begin with `from`.
"""

from __future__ import annotations

import datetime

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render as render_page
from django.utils import timezone
from django.utils.translation import get_language

from puhui.calculations.faults import FaultsError
from puhui.console.access import Request, page
from puhui.console.forms import day as day_of
from puhui.console.forms import errors_of
from puhui.console.sheet_figures import sections
from puhui.console.views.borrower import borrower_page
from puhui.console.views.loan import find_loan
from puhui.decisions import queries as decisions
from puhui.decisions.models import Decision
from puhui.parties import queries as parties
from puhui.parties.models import Branch, Firm
from puhui.reports.documents.document import Paper
from puhui.reports.documents.making import DOCUMENTS, FILES, Subject, file_name, make, render
from puhui.reports.documents.sums import DoesNotAddUpError

_ONE_DAY = datetime.timedelta(days=1)


def _check(kind: str, name: str, form: str) -> None:
    """Http404 where there is no such document of that kind of thing, or no such file."""
    if name not in DOCUMENTS or kind not in DOCUMENTS[name][0] or form not in FILES:
        raise Http404


def _file(request: Request, name: str, form: str, subject: Subject, latest: datetime.date | None = None) -> HttpResponse:
    """The document of the day asked for (`latest`, by default the open day, at most) as a file; why there is none, where there is none."""
    last = latest or request.institution.business_date
    as_of = min(day_of(request.GET.get("as_of", ""), last), last)
    paper = Paper(request.institution, as_of, timezone.now(), get_language() or "en")
    try:
        document = make(name, paper, subject)
        content = render(document, form)
    except FaultsError as error:
        status = 500 if isinstance(error, DoesNotAddUpError) else 422
        return HttpResponse("\n".join(errors_of(error)), content_type="text/plain; charset=utf-8", status=status)
    response = HttpResponse(content, content_type=FILES[form])
    response["Content-Disposition"] = f'attachment; filename="{file_name(document, form)}"'
    return response


def _since(request: Request) -> datetime.date | None:
    found = day_of(request.GET.get("from", ""), datetime.date.min)
    return None if found == datetime.date.min else found


@page("loans")
def of_loan(request: Request, number: int, name: str, form: str) -> HttpResponse:
    """A document of a loan."""
    _check("loan", name, form)
    return _file(request, name, form, Subject(loan=find_loan(request.user, number), since=_since(request)))


@page("firm")
def of_firm(request: Request, number: int, name: str, form: str) -> HttpResponse:
    """A document of all loans of a firm."""
    _check("firm", name, form)
    try:
        found = parties.firm(request.user, number)
    except Firm.DoesNotExist as error:
        raise Http404 from error
    return _file(request, name, form, Subject(firm=found))


@page("books")
def of_books(request: Request, name: str, form: str) -> HttpResponse:
    """A document of the books: of the last ended day, where no other is asked for, and of one branch with all under it (`branch`)."""
    _check("books", name, form)
    institution, code = request.institution, request.GET.get("branch", "")
    branch = Branch.objects.filter(institution=institution, code=code).first() if code else None
    if code and branch is None:
        raise Http404
    subject = Subject(account=request.GET.get("account", ""), branch=branch, since=_since(request))
    asked = day_of(request.GET.get("as_of", ""), institution.business_date - _ONE_DAY)
    return _file(request, name, form, subject, latest=min(asked, institution.business_date))


@borrower_page
def of_own_loan(request: Request, firm: Firm, number: int, name: str, form: str) -> HttpResponse:
    """A document of a loan of the borrower's own firm."""
    _check("loan", name, form)
    found = find_loan(request.user, number)
    if found.firm_id != firm.pk:
        raise Http404
    return _file(request, name, form, Subject(loan=found, since=_since(request)))


@borrower_page
def of_own_firm(request: Request, firm: Firm, name: str, form: str) -> HttpResponse:
    """A document of all loans of the borrower's own firm."""
    _check("firm", name, form)
    return _file(request, name, form, Subject(firm=firm))


@borrower_page
def costs_of_own_offer(request: Request, firm: Firm, number: int) -> HttpResponse:
    """The what-you-pay sheet of an offer as a page: each cost, who takes it, who bears it, and what all of it comes to."""
    found = decisions.offers(request.user).filter(firm=firm, pk=number).select_related("firm").first()
    if found is None:
        raise Http404
    paper = Paper(request.institution, request.institution.business_date, timezone.now(), get_language() or "en")
    document = make("what-you-pay", paper, Subject(offer=found))
    return render_page(request, "console/borrower/sheet.html", {"document": document, "offer": found, "parts": sections(document)})


@borrower_page
def of_own_offer(request: Request, firm: Firm, number: int, name: str, form: str) -> HttpResponse:
    """What an offer costs, before anything is signed."""
    _check("offer", name, form)
    found = decisions.offers(request.user).filter(firm=firm, pk=number).select_related("firm").first()
    if found is None:
        raise Http404
    return _file(request, name, form, Subject(offer=found))


@page("decision")
def of_decision(request: Request, number: int, form: str) -> HttpResponse:
    """The diligence file of a decision as PDF, XLSX or JSON, each with the digest of its content."""
    try:
        found = decisions.decision(request.user, number)
    except Decision.DoesNotExist as error:
        raise Http404 from error
    if form != "json":
        _check("decision", "diligence", form)
        return _file(request, "diligence", form, Subject(decision=found))
    paper = Paper(request.institution, request.institution.business_date, timezone.now(), get_language() or "en")
    document = make("diligence", paper, Subject(decision=found))
    told = {"digest": document.digest, "made_at": paper.made_at.isoformat()} | document.as_report().as_dict()
    response = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = f'attachment; filename="{file_name(document, form)}"'
    return response
