"""Documents that were read from PDF or scan: which wait, and one with its picture beside the fields, to be corrected and taken in."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from puhui.calculations.faults import FaultsError
from puhui.console import paper_figures as figures
from puhui.console.access import Request, may_act, page
from puhui.console.forms import errors_of
from puhui.console.paging import paged
from puhui.console.words import word
from puhui.evidence.access import open_reading
from puhui.evidence.documents import waiting
from puhui.evidence.documents.checks import failed
from puhui.evidence.documents.model import Document
from puhui.evidence.documents.pictures import page_count, page_picture
from puhui.evidence.models import PaperDocument
from puhui.evidence.queries import consented_firms
from puhui.evidence.reading.faults import RefusedFileError

MOST_PAGES_SHOWN = 20
FIELD = "field:"  # how a form names the fields of the document beside its own


@page("evidence")
def papers(request: Request) -> HttpResponse:
    """The documents, those that wait first."""
    context = paged(request, waiting.papers(request.institution))
    context["rows"] = figures.list_rows(context["page"].object_list)
    return render(request, "console/papers.html", context)


@page("evidence")
def paper(request: Request, number: int) -> HttpResponse:
    """One document: picture, fields, checks. POST checks again, takes it in with the corrections, or sets it aside."""
    found = _find(request, number)
    act, errors = request.POST.get("act", ""), []
    values = {name.removeprefix(FIELD): str(value) for name, value in request.POST.items() if name.startswith(FIELD)}
    if request.method == "POST" and act in ("confirm", "set_aside"):
        try:
            _act(request, found, act, values)
            return redirect("console:paper", found.pk)
        except waiting.ChecksFailError as error:
            count = len(error.faults)
            text = _("%(count)s checks do not hold: correct the fields, or say below that it stands so on the paper.")
            errors = [text % {"count": count}]
        except FaultsError as error:
            errors = errors_of(error)
    if not open_reading(found.firm, request.user.username, found.evidence_class):
        return render(request, "console/paper.html", {"paper": found, "is_closed": True, "state": figures.state_of(found)})
    return render(request, "console/paper.html", _shown(request, found, values) | {"errors": errors}, status=422 if errors else 200)


def _act(request: Request, found: PaperDocument, act: str, values: dict[str, str]) -> None:
    if act == "set_aside":
        waiting.set_aside(found, request.POST.get("reason", ""), request.user.username)
    else:
        waiting.confirm(found, values, request.user.username, as_printed=bool(request.POST.get("as_printed")))


def _shown(request: Request, found: PaperDocument, values: dict[str, str]) -> dict[str, Any]:
    """The document with the values as they are now: as typed, as confirmed, or as read."""
    document, review = Document.of_dict(found.reading), getattr(found, "review", None)
    if review:
        values = {key: corrected for key, (_read, corrected) in review.corrections.items()}
    try:
        rows = waiting.rows_of(found, values)
    except RefusedFileError as error:
        raise Http404 from error  # a form that names fields of another document
    checked = waiting.checks_of(found, rows)
    opened = {int(text) for text in request.POST.getlist("open") if text.isdecimal() and len(text) < 9}
    is_statement = document.kind == "bank_statement"
    headings, lines = figures.statement_rows(document, rows, checked, opened) if is_statement else ([], [])
    to_correct = [cell for line in lines if line["edit"] for cell in line["cells"]]
    cells = to_correct if is_statement else figures.invoice_cells(document, rows, checked)
    pages = page_count(bytes(found.content))
    return {
        "paper": found,
        "kind": word(figures.KINDS, document.kind),
        "state": figures.state_of(found),
        "review": review,
        "is_statement": is_statement,
        "cells": [] if is_statement else cells,
        "headings": headings,
        "lines": lines,
        "opened": sorted(opened),
        "row_count": len(rows),
        "checks": figures.check_rows(checked),
        "failing": len(failed(checked)),
        "pages": figures.page_marks(document.fields, min(pages, MOST_PAGES_SHOWN), cells),
        "pages_left_out": max(pages - MOST_PAGES_SHOWN, 0),
        "may_act": may_act(request.user, "evidence") and not review,
        "reason": request.POST.get("reason", ""),
        "as_printed": request.POST.get("as_printed", ""),
    }


@page("evidence")
def paper_page(request: Request, number: int, sheet: int) -> HttpResponse:
    """A page of a document as a picture, by the consent on which the document's page was opened and logged."""
    found = _find(request, number)
    if found.firm_id not in consented_firms(request.institution, found.evidence_class, request.institution.business_date):
        raise PermissionDenied
    try:
        turn = Document.of_dict(found.reading).turns.get(sheet, 0)
        return HttpResponse(page_picture(bytes(found.content), sheet, turn), content_type="image/jpeg")
    except IndexError as error:
        raise Http404 from error


def _find(request: Request, number: int) -> PaperDocument:
    """The document, if it is one of the user's institution."""
    rows = PaperDocument.objects.filter(institution=request.institution).select_related("firm", "institution", "review__batch")
    return get_object_or_404(rows, pk=number)
