"""Documents that wait for a person: kept with their picture, corrected field by field, and taken in as any other evidence, or set aside.

A scan is read by a program that is sure of some fields and not of others. What is doubtful is not imported: the document waits. A person
sees the page beside the fields, corrects, sees the checks again and confirms. The first reading stays as it was, and so does the file; what
was corrected, by whom and when is a row of its own, and the records come from the one import that everything comes from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence import queries
from puhui.evidence.actions import ImportResult, import_records
from puhui.evidence.documents.checks import Check, Circumstances, checks, failed
from puhui.evidence.documents.model import HEADINGS, Document
from puhui.evidence.documents.reading import kind_of, read_document
from puhui.evidence.documents.taking_apart import CLASSES, SURE, rows_file, with_values
from puhui.evidence.import_options import ImportOptions
from puhui.evidence.models import DocumentReview, PaperDocument
from puhui.evidence.reading.faults import refuse
from puhui.evidence.storing import lock_imports
from puhui.parties.actions import record_audit
from puhui.parties.models import Firm, Institution

__all__ = ["ChecksFailError", "checks_of", "confirm", "is_doubtful", "keep", "keep_doubtful", "papers", "rows_of", "set_aside"]

PAPER = ("pdf", "picture")
LONGEST_REASON = 500


class ChecksFailError(FaultsError):
    """Something does not hold, and nobody has said that the paper itself says so; one fault for each check."""


def papers(institution: Institution) -> QuerySet[PaperDocument]:
    """The documents of an institution without their content: those that wait first, then the newest first."""
    rows = PaperDocument.objects.filter(institution=institution).select_related("firm", "institution", "review")
    return rows.defer("content").order_by(F("review__pk").desc(nulls_first=True), "-received_at", "-pk")


def is_doubtful(document: Document) -> bool:
    """Whether a person must look at it: something is missing or contradicts itself, was mended by sums, or was hard to read."""
    return bool(document.faults) or any(each.repaired or each.confidence < SURE for each in document.fields)


def keep_doubtful(institution: Institution, path: Path, evidence_class: str, options: ImportOptions) -> ImportResult | None:
    """Keep a PDF or picture of which something is doubtful or a check fails; None for any other file, which is imported as it is."""
    if evidence_class not in CLASSES or kind_of(path) not in PAPER:
        return None
    name = options.get("file_name") or path.name
    document = read_document(path, options.get("limits"), name)
    firm = options.get("firm")
    if not is_doubtful(document) and not (firm and failed(_checks(document, document.rows, firm, institution))):
        return None
    if firm is None:
        raise refuse(name, "a document and no firm", "the firm whose document it is", "Say whose it is: --firm, or its number.")
    kept = keep(institution, path.read_bytes(), document, firm, evidence_class, name, options.get("actor", "system"))
    note = f"something is doubtful: the document waits for a person (number {kept.pk})"
    return ImportResult(
        name, name, None, {"read": len(document.rows), "accepted": 0, "waiting": len(document.rows)}, [note], waiting=kept.pk
    )


@transaction.atomic
def keep(
    institution: Institution, content: bytes, document: Document, firm: Firm, evidence_class: str, file_name: str, actor: str
) -> PaperDocument:
    """Keep a document and its reading. The same file sent again is the one that is there.

    Raises `RefusedFileError` where the firm has not consented, or the document is of another class. Nothing is kept then."""
    if document.evidence_class != evidence_class:
        expected = f"a document of class {evidence_class}"
        raise refuse(file_name, f"a document of the kind {document.kind}", expected, f"Import it as {document.evidence_class}.")
    _consented(institution, firm, evidence_class)
    digest = hashlib.sha256(content).hexdigest()
    with connection.cursor() as cursor:
        lock_imports(cursor, institution.pk)
    there = PaperDocument.objects.filter(firm=firm, evidence_class=evidence_class, file_digest=digest).first()
    if there:
        return there
    kept = PaperDocument.objects.create(
        institution=institution, firm=firm, evidence_class=evidence_class, file_name=file_name[:255], file_digest=digest, content=content,
        reading=document.as_dict(), received_by=actor,
    )  # fmt: skip
    detail = {"class": evidence_class, "file": file_name, "digest": digest, "kind": document.kind, "faults": len(document.faults)}
    record_audit(institution, actor, "keep_document", "paper_document", kept.pk, detail)
    return kept


def _consented(institution: Institution, firm: Firm, evidence_class: str) -> None:
    if firm.pk not in queries.consented_firms(institution, evidence_class, institution.business_date):
        expected = f"a consent to the reading of its evidence of class {evidence_class}"
        raise refuse(f"firm {firm.name}", "no live consent", expected, "Ask the firm for its consent first.")


def rows_of(paper: PaperDocument, values: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """The rows of a document as read, or with what a person says of fields. Raises `RefusedFileError` for a field that there is none of."""
    return with_values(Document.of_dict(paper.reading), values or {}, paper.file_name)


def checks_of(paper: PaperDocument, rows: Sequence[Mapping[str, str]]) -> list[Check]:
    """What must hold of the document, with its rows as they are now."""
    return _checks(Document.of_dict(paper.reading), rows, paper.firm, paper.institution)


def _checks(document: Document, rows: Sequence[Mapping[str, str]], firm: Firm, institution: Institution) -> list[Check]:
    names = {firm.name, *firm.identifiers.values_list("value", flat=True)}
    return checks(document, rows, Circumstances(institution.business_date, names))


@transaction.atomic
def confirm(paper: PaperDocument, values: Mapping[str, str], actor: str, *, as_printed: bool = False) -> ImportResult:
    """Take the document in with the values that a person confirms (field → value; fields left out are as they were read).

    `as_printed`: checks fail, and the paper itself says so. Raises `ChecksFailError` where a check fails without that, `FaultsError` where
    somebody was quicker, and `RefusedFileError` with what an import refuses. Nothing is changed then.
    """
    _not_yet(paper)
    document = Document.of_dict(paper.reading)
    rows = with_values(document, values, paper.file_name)
    wrong = failed(checks_of(paper, rows))
    if wrong and not as_printed:
        remedy = "Correct the field, or say that the paper itself says so."
        raise ChecksFailError(
            Fault(", ".join(each.fields), f"{each.name} fails {each.found}".strip(), "a check that holds", remedy) for each in wrong
        )
    told: ImportOptions = {"firm": paper.firm, "actor": actor, "file_name": paper.file_name, "file_digest": paper.file_digest}
    with rows_file(rows) as file:
        result = import_records(paper.institution, file, paper.evidence_class, _record(document), **told)
    changed = _changed(rows_of(paper), rows, document)
    _review(paper, actor, DocumentReview.Outcome.TAKEN_IN, corrections=changed, as_printed=bool(wrong), batch_id=result.batch_id)
    return result


def _record(document: Document) -> str:
    return "account_flow" if document.kind == "bank_statement" else "invoice"


def _changed(before: Sequence[Mapping[str, str]], after: Sequence[Mapping[str, str]], document: Document) -> dict[str, list[str]]:
    """Field → [as read, as corrected]."""
    names = {} if document.kind == "bank_statement" else {heading: name for name, heading in HEADINGS.items()}
    ending = len(before) > 1 or document.kind == "bank_statement"
    return {
        f"{names.get(heading, heading)}{f'#{number}' if ending else ''}": [row[heading], changed[heading]]
        for number, (row, changed) in enumerate(zip(before, after, strict=True), start=1)
        for heading in row
        if row[heading] != changed[heading]
    }


@transaction.atomic
def set_aside(paper: PaperDocument, reason: str, actor: str) -> DocumentReview:
    """The document is not taken in, and why. Raises `FaultsError` without a reason, or where somebody was quicker."""
    _not_yet(paper)
    if not reason.strip():
        raise FaultsError([Fault("reason", "nothing", "why the document is set aside", "Write it in a sentence.")])
    return _review(paper, actor, DocumentReview.Outcome.SET_ASIDE, reason=reason.strip()[:LONGEST_REASON])


def _not_yet(paper: PaperDocument) -> None:
    with connection.cursor() as cursor:
        lock_imports(cursor, paper.institution_id)
    done = DocumentReview.objects.filter(document=paper).first()
    if done:
        found = f"{done.outcome.replace('_', ' ')} by {done.reviewed_by}"
        raise FaultsError([Fault(paper.file_name, found, "a document that waits", "Open it to see what was made of it.")])


def _review(paper: PaperDocument, actor: str, outcome: str, **what: Any) -> DocumentReview:
    review = DocumentReview.objects.create(document=paper, outcome=outcome, reviewed_by=actor, **what)
    detail: dict[str, Any] = {
        "class": paper.evidence_class,
        "digest": paper.file_digest,
        "outcome": outcome,
        "corrected": sorted(review.corrections),
    }
    detail |= {"batch": review.batch_id, "as_printed": review.as_printed, "reason": review.reason}
    record_audit(paper.institution, actor, "review_document", "paper_document", paper.pk, detail)
    return review
