"""Pull one kind of record of one firm from a source: under a consent that is named, all of it or nothing.

The consent is looked for first and the question is logged, for to ask is to tell the source about the firm. Then all pages are read, held
against the agreed shape, and handed as one JSON file to the import that takes every file, so a pulled row meets the same checks, faults,
corrections and keys as one that a clerk sends.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Mapping as Table
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import transaction
from django.utils import timezone

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.evidence.access import consents_to_read
from puhui.evidence.actions import ImportResult, import_records, kinds_of
from puhui.evidence.layouts import layout
from puhui.evidence.pulling.client import Client, Clock, SourceError
from puhui.evidence.pulling.pages import all_rows
from puhui.evidence.pulling.reached import reached
from puhui.evidence.pulling.shape import agreed_rows
from puhui.evidence.pulling.sources import Expected, RecordPull, Source
from puhui.evidence.pulling.trail import kept_breaker, record_pull
from puhui.evidence.reading.invoices import EVIDENCE_CLASS as INVOICE_CLASS
from puhui.evidence.reading.mapping import IGNORED, Mapping, parse_mapping
from puhui.evidence.reading.words import vocabulary
from puhui.parties.consents import CREDIT_DECISION
from puhui.parties.models import Firm, FirmIdentifier

INVOICE = "invoice"


@dataclass(frozen=True)
class PullResult:
    """`since`: after when was asked (None: everything); `imported` is None where the source had nothing."""

    source: str
    record: str
    firm: str
    consent: int
    since: dt.datetime | None
    pages: int
    rows: int
    requests: int
    waited_seconds: float
    imported: ImportResult | None
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def records_of(source: Source, evidence_class: str, record: str = "") -> list[str]:
    """The kinds of record of a class that a source has, or the one that is named. Raises `FaultsError` where there is none."""
    known = [INVOICE] if evidence_class == INVOICE_CLASS else [each.record for each in kinds_of(evidence_class, record or None)]
    found = [each for each in known if not source.records or each in source.records]
    if not found or record not in ("", *found):
        expected = f"one of {', '.join(source.records or known)}"
        check(
            [Fault(f"source {source.name}", f"no {record or 'record'} of class {evidence_class}", expected, "Correct --class or --record.")]
        )
    return found


def pull(
    source: Source,
    record: str,
    firm: Firm,
    *,
    purpose: str = CREDIT_DECISION,
    whole: bool = False,
    actor: str = "system",
    business_date: dt.date | None = None,
    environment: Table[str, str] | None = None,
    clock: Clock | None = None,
) -> PullResult:
    """Ask `source` for a kind of record of a firm and store what is new; with `whole` also what was told before.

    Raises `FaultsError`: no consent, no address, a description with faults (nothing is asked then); `SourceError` where the source gives
    nothing usable; `RefusedFileError` with every fault of the rows. Nothing is stored then; the trail tells of every question asked.
    """
    evidence_class = INVOICE_CLASS if record == INVOICE else layout(record).evidence_class
    agreed = source.record_pull(record)
    mapping = _mapping(source, agreed, evidence_class, record)
    settings = {} if environment is None else {"environment": environment}
    address, token, number = source.address(**settings), source.token(**settings), _number(source, firm)
    since = None if whole or not source.asking.since_parameter else _since(source, record, firm)
    with transaction.atomic():
        consent = consents_to_read(firm.institution, evidence_class, purpose, f"{actor}, pulling from {source.name}"[:150], [firm.pk])[
            firm.pk
        ]
    headers = _headers(source, token, consent)
    client = Client(source, address, headers, kept_breaker(firm.institution, source), clock or Clock())
    asked = {"record": record, "firm": firm.pk, "consent": consent, "purpose": purpose, "since": since.isoformat() if since else None}
    try:
        path, parameters = _question(source, agreed, evidence_class, record, number, since)
        rows, pages = all_rows(client, source.paging, path, parameters)
        place = f"source {source.name}, {path}"
        rows, notes = agreed_rows(rows, _fields(source, agreed), place, source.file) if agreed.fields and rows else (rows, [])
        with transaction.atomic():
            imported = _store(rows, source, evidence_class, record, mapping, firm, actor, business_date) if rows else None
            brought = {"pages": pages, "rows": len(rows), "batch": imported.batch_id if imported else None}
            outcome = "stored" if imported and imported.batch_id else "nothing_new"
            record_pull(firm.institution, actor, source, client.breaker, outcome, {**asked, **brought, "requests": client.requests})
    except FaultsError as error:
        outcome = error.kind if isinstance(error, SourceError) else "rows_refused"
        told = {"requests": client.requests, "fault_count": getattr(error, "total", len(error.faults))}
        record_pull(firm.institution, actor, source, client.breaker, outcome, {**asked, **told})
        raise
    waited = round(client.waited_seconds, 3)
    return PullResult(source.name, record, firm.name, consent, since, pages, len(rows), client.requests, waited, imported, notes)


def _mapping(source: Source, agreed: RecordPull, evidence_class: str, record: str) -> Mapping:
    """The description as a mapping file would say it. Raises `RefusedFileError` with every fault."""
    columns = {name: expected.means for name, expected in agreed.fields.items() if expected.means != IGNORED}
    firm = {"column": source.asking.column} if source.asking.column and source.asking.column not in columns else {}
    document = {"class": evidence_class, "source": source.name, "columns": columns, "firm": firm, **agreed.mapping}
    if record == INVOICE:
        return parse_mapping(document, source.file, vocabulary(INVOICE_CLASS))
    kind = layout(record)
    return parse_mapping({**document, "record": record}, source.file, kind.vocabulary(), kind.known_at)


def _fields(source: Source, agreed: RecordPull) -> dict[str, Expected]:
    """The fields that rows must have: those described, and the one that names the firm."""
    firm = {source.asking.column: Expected("firm", "string")} if source.asking.column else {}
    return {**firm, **agreed.fields}


def _number(source: Source, firm: Firm) -> str:
    """How the source knows the firm. Raises `FaultsError` where the firm has no identifier of the scheme."""
    scheme = source.asking.scheme
    numbers = FirmIdentifier.objects.filter(firm=firm).order_by("pk")
    numbers = numbers.filter(scheme=scheme) if scheme else numbers
    number: str | None = numbers.values_list("value", flat=True).first()
    if number is None:
        expected = f"an identifier of the scheme {scheme}" if scheme else "an identifier"
        check([Fault(f"firm {firm.name}", "none", f"{expected}, by which {source.name} knows it", "Register it with the firm.")])
    assert number is not None
    return number


def _since(source: Source, record: str, firm: Firm) -> dt.datetime | None:
    """After when to ask: what is reached, less the overlap for clocks that differ and rows that a source publishes late."""
    series = record != INVOICE and layout(record).series
    moment = reached(firm, record, source.name, series=series)
    return moment - dt.timedelta(hours=source.asking.overlap_hours) if moment else None


def _headers(source: Source, token: str, consent: int) -> dict[str, str]:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close", "User-Agent": "puhui"}
    return headers | {source.consent_header: str(consent)} | ({"Authorization": f"Bearer {token}"} if token else {})


def _question(
    source: Source, agreed: RecordPull, evidence_class: str, record: str, number: str, since: dt.datetime | None
) -> tuple[str, dict[str, str]]:
    """The path and the parameters of the question."""
    path = agreed.path or source.path
    for name, value in (("record", record), ("class", evidence_class), ("firm", number)):
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    parameters = {source.asking.firm_parameter: number} if source.asking.firm_parameter else {}
    if since:
        local = since.astimezone(timezone.get_default_timezone())
        text = local.date().isoformat() if source.asking.since_form == "date" else local.isoformat(timespec="seconds")
        parameters[source.asking.since_parameter] = text
    return path, parameters


def _store(
    rows: list[dict[str, Any]],
    source: Source,
    evidence_class: str,
    record: str,
    mapping: Mapping,
    firm: Firm,
    actor: str,
    business_date: dt.date | None,
) -> ImportResult:
    """The rows as a file through the import of files. Raises `RefusedFileError` with every fault."""
    with tempfile.TemporaryDirectory(prefix="puhui-pull-") as folder:
        path = Path(folder) / "rows.json"
        path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
        return import_records(
            firm.institution, path, evidence_class, record, mapping, firm=firm, actor=actor, business_date=business_date,
            file_name=f"{source.name} {record}",
        )  # fmt: skip
