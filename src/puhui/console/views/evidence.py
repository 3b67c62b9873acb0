"""Evidence: the batches that came in, and the import of a file of any class with every fault named."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.console.access import Request, may_act, page
from puhui.console.decision_figures import language
from puhui.console.evidence_figures import importable, title_of
from puhui.console.import_faults import faults_told
from puhui.console.note_words import note_told
from puhui.console.paging import paged
from puhui.console.templatetags.figures import number
from puhui.console.words import COUNTS, word
from puhui.decisions.register_links import take_in
from puhui.evidence import queries, uploads
from puhui.evidence.actions import ImportResult
from puhui.evidence.layouts import classes
from puhui.evidence.oddities import notes
from puhui.evidence.saved_mappings import saved_mappings
from puhui.parties import queries as parties
from puhui.parties.models import Firm

COUNT_COLUMNS = ("read", "accepted", "rejected", "unchanged", "duplicates")
FAULTS_SHOWN = 500
INVOICES = "C07 invoice"


@page("evidence")
def evidence(request: Request) -> HttpResponse:
    """The batches; POST imports a file."""
    outcome: dict[str, Any] = {}
    if request.method == "POST":
        outcome = _import(request)
        if outcome.get("waiting"):
            return redirect("console:paper", outcome["waiting"])
    context = paged(request, queries.batches(request.institution))
    context["rows"] = [
        {
            "batch": batch,
            "class_label": title_of(classes()[batch.evidence_class].title),
            "counts": [batch.counts.get(name) for name in COUNT_COLUMNS],
        }
        for batch in context["page"].object_list
    ]
    context["count_columns"] = [{"label": word(COUNTS, name)} for name in COUNT_COLUMNS]
    context["may_upload"] = may_act(request.user, "evidence")
    context["importable"] = importable()
    context["mappings"] = list(saved_mappings(settings.PUHUI_CATALOGUE))
    context.setdefault("entered", {"record": INVOICES})
    return render(request, "console/evidence.html", context | outcome, status=422 if outcome.get("faults") else 200)


def _import(request: Request) -> dict[str, Any]:
    upload = request.FILES.get("file")
    entered = {
        "firm": request.POST.get("firm", "").strip(),
        "partial": request.POST.get("partial", ""),
        "record": request.POST.get("record", INVOICES),
        "sheet": request.POST.get("sheet", "").strip(),
        "mapping": request.POST.get("mapping", "").strip(),
    }
    try:
        if upload is None:
            raise FaultsError([Fault(_("file"), _("nothing"), _("a file to import"))])
        return {"entered": entered} | _import_file(request, upload, entered)
    except FaultsError as error:
        faults = list(error.faults)
        shown = faults_told(faults[:FAULTS_SHOWN])
        return {"entered": entered, "faults": shown, "fault_count": len(faults), "file_name": upload.name if upload else ""}


def _import_file(request: Request, upload: UploadedFile[Any], entered: dict[str, str]) -> dict[str, Any]:
    firm = _firm(request.user, entered["firm"]) if entered["firm"] else None
    with uploads.kept(upload) as path, uploads.kept_mapping(request.FILES.get("mapping_file"), entered["mapping"]) as mapping:
        evidence_class, record = _record(entered["record"])
        results = take_in(
            request.institution, path, evidence_class, record, mapping, firm=firm, partial=bool(entered["partial"]),
            business_date=request.institution.business_date, actor=request.user.username, to_correct=True, sheet=entered["sheet"],
        )  # fmt: skip
    waits = next((result.waiting for result in results if result.waiting), None)
    sums: dict[str, int] = {}
    for result in results:
        for name, value in result.counts.items():
            if isinstance(value, int):
                sums[name] = sums.get(name, 0) + value
    counts = [{"label": word(COUNTS, name), "value": number(value)} for name, value in sums.items()]
    return {
        "waiting": waits,
        "counts": counts,
        "notes": [note for result in results for note in _notes(result)],
        "file_name": upload.name,
        "rejected": faults_told([Fault(**fault) for result in results for fault in result.faults][:FAULTS_SHOWN]),
    }


def _notes(result: ImportResult) -> list[str]:
    """What there is to say of a file, as the command prints it, in the reader's language where its words are known."""
    odd = notes(result.odd)
    return [*(note_told(note) for note in result.notes if note not in odd), *notes(result.odd, language())]


def _record(text: str) -> tuple[str, str]:
    """Class and kind of record that the file holds. Raises FaultsError for what the form does not offer."""
    if text not in {each["value"] for each in importable()}:
        raise FaultsError([Fault(_("kind of record"), text, _("one of the list"))])
    evidence_class, record = text.split(" ")
    return evidence_class, record


def _firm(user: Any, text: str) -> Firm:
    try:
        return parties.firm(user, int(text))
    except (ValueError, Firm.DoesNotExist):
        raise FaultsError([Fault(_("firm"), text, _("the number of a firm, as its page's address shows it"))]) from None
