"""Evidence: what can be sent, the import of a file of any class, and the batches that came in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile

from puhui.api.access import Request, acts, reads
from puhui.api.shapes import REFUSALS, FaultShape, PageQuery, PageShape, page_of
from puhui.decisions.register_links import take_in
from puhui.evidence import queries, uploads
from puhui.evidence.layouts import layouts

router = Router(tags=["evidence"])
FAULTS_TOLD = 500


class FieldShape(Schema):
    name: str
    type: str
    needed: bool
    personal: bool
    headings: list[str]  # by which the column is known


class LayoutShape(Schema):
    evidence_class: str
    record: str
    title: dict[str, str]
    identity: list[str]  # with the firm: which fact a row speaks of
    observed: str  # the field that says when it was true
    fields: list[FieldShape]


class BatchShape(Schema):
    id: int
    evidence_class: str
    source: str
    file_name: str
    file_digest: str
    counts: dict[str, Any]
    received_at: datetime
    received_by: str


class BatchesShape(PageShape):
    batches: list[BatchShape]


class ImportedShape(Schema):
    """What came of one kind of record in the file: `rejected` are rows that were left out of a partial import, each with its fault;
    `waiting` is the number of a PDF or scan of which something is doubtful: nothing of it is evidence before a person has looked at it."""

    record: str
    batch: int | None
    counts: dict[str, int]
    notes: list[str]
    rejected: list[FaultShape]
    waiting: int | None = None


class ImportForm(Schema):
    firm: str = ""  # an identifier or the exact name, for files that do not name the firm in each row
    partial: bool = False  # take the good rows where others are wrong
    mapping: str = ""  # the name of a mapping that is kept for the source; or send one along as `mapping_file` (TOML)
    sheet: str = ""  # of a workbook; left out: the first visible one with headings we know
    to_correct: bool = True  # a PDF or scan that is doubtful waits on its page for a person; false: it is taken as it was read


@router.get("/layouts", auth=reads("evidence"), response={200: list[LayoutShape], **REFUSALS}, summary="Kinds of record")
def record_layouts(request: Request) -> list[dict[str, Any]]:
    """Every kind of record that can be sent, with its fields. Invoices (C07 `invoice`) have a layout of their own: docs/evidence.md."""
    return [
        {
            "evidence_class": each.evidence_class, "record": each.record, "title": dict(each.title),
            "identity": list(each.identity), "observed": each.observed,
            "fields": [
                {"name": one.name, "type": one.type, "needed": one.needed, "personal": one.personal, "headings": list(one.headings)}
                for one in each.fields.values()
            ],
        }
        for each in layouts()
    ]  # fmt: skip


@router.get("/batches", auth=reads("evidence"), response={200: BatchesShape, **REFUSALS}, summary="What came in, the newest first")
def batches(request: Request, query: Query[PageQuery]) -> dict[str, Any]:
    shown, found = page_of(queries.batches(request.institution), query.page)
    return {**shown, "batches": found}


@router.post("/{evidence_class}/{record}", auth=acts("evidence"), response={200: list[ImportedShape], **REFUSALS}, summary="Import a file")
def import_evidence(
    request: Request,
    evidence_class: str,
    record: str,
    form: Form[ImportForm],
    file: File[UploadedFile],
    mapping_file: File[UploadedFile | None] = None,
) -> list[dict[str, Any]]:
    """CSV, XLSX, Parquet, JSON, XML or PDF, known by its content, columns by their headings. The same file again adds nothing.

    Every fault of the file is named, with row and column, and nothing of it is kept; with `partial` the good rows are.
    """
    firm = queries.firm_named(request.institution, form.firm) if form.firm.strip() else None
    with uploads.kept(file) as path, uploads.kept_mapping(mapping_file, form.mapping) as mapping:
        results = take_in(
            request.institution, path, evidence_class, record, mapping, firm=firm, partial=form.partial,
            business_date=request.institution.business_date, actor=request.user.username, to_correct=form.to_correct,
            sheet=form.sheet.strip(),
        )  # fmt: skip
    return [
        {"record": each.record or "invoice", "batch": each.batch_id, "counts": each.counts, "notes": each.notes,
         "rejected": [_fault(one) for one in each.faults[:FAULTS_TOLD]], "waiting": each.waiting}
        for each in results
    ]  # fmt: skip


def _fault(fault: dict[str, str]) -> dict[str, str]:
    return {name: fault.get(name, "") for name in ("where", "found", "expected", "remedy")}
