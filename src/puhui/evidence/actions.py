"""What is done with evidence: a file is imported, whole or in part, once.

Refused when a firm in it has not consented, when anything in it is wrong (or, if the user chose so, only the wrong rows), and always
before the first row is stored. Reading happens outside the transaction, storing inside one: a program killed in the middle leaves
nothing, and the same file sent again adds what is missing, which may be nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Unpack

import polars as pl
from django.db import transaction
from django.utils import timezone

from puhui.evidence import queries
from puhui.evidence.documents.taking_apart import document_rows
from puhui.evidence.import_options import ImportOptions
from puhui.evidence.layouts import Layout, layout, layouts
from puhui.evidence.models import Batch
from puhui.evidence.oddities import Oddity, notes, oddities
from puhui.evidence.reading.faults import refuse
from puhui.evidence.reading.invoices import EVIDENCE_CLASS, read_invoices
from puhui.evidence.reading.mapping import Mapping, load_mapping, read_document
from puhui.evidence.reading.options import ReadOptions
from puhui.evidence.reading.parties import FirmIdentity
from puhui.evidence.reading.records import read_records
from puhui.evidence.reading.rejects import write_rejects
from puhui.evidence.reading.result import Reading
from puhui.evidence.reading.words import vocabulary
from puhui.evidence.statements.taking_apart import taken_apart
from puhui.evidence.storing import Progress, Stored, store_invoices
from puhui.evidence.storing_records import store_records
from puhui.parties.actions import record_audit
from puhui.parties.models import Firm, Institution

Store = Callable[[pl.DataFrame, int, dt.datetime, dt.datetime, Progress], Stored]


@dataclass(frozen=True)
class ImportResult:
    """`counts`: read, accepted (stored now), unchanged (was there), rejected, replaced, firms, duplicates, and what good rows of invoices
    hold (voids, reds, total_differs, zero, no_counterparty). `faults` lists those of the rejected rows, as far as they are listed;
    `record` is the kind of record, empty for invoices; `waiting` the number of the document that a person must look at first."""

    file: str
    source: str
    batch_id: int | None
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)
    faults: list[dict[str, str]] = field(default_factory=list)
    rejects: str | None = None
    record: str = ""
    waiting: int | None = None
    odd: tuple[Oddity, ...] = ()  # the oddities among the notes, to be told in another language

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "odd"}


def import_invoices(
    institution: Institution, path: Path, mapping: Mapping | Path | None = None, **options: Unpack[ImportOptions]
) -> ImportResult:
    """Import one file of invoices (class C07): a table, or a document with invoices (digital invoice as XML, OFD or PDF; a scan).

    Raises `RefusedFileError` (a `FaultsError`) with every fault counted and the first few hundred named. Nothing is changed then.
    """
    if isinstance(mapping, Path):
        mapping = load_mapping(mapping, vocabulary(EVIDENCE_CLASS))
    importing = _Importing(institution, Path(path), EVIDENCE_CLASS, mapping, options)
    with document_rows(importing.path, EVIDENCE_CLASS, options.get("limits"), importing.name) as taken:
        reading = read_invoices(taken.path, **importing.told_to_readers(named=False))
    digest = options.get("file_digest") or taken.digest or reading.digest
    reading = replace(reading, digest=digest, notes=[*taken.notes, *reading.notes])
    return importing.store(reading, store_invoices)


def import_records(
    institution: Institution,
    path: Path,
    evidence_class: str,
    record: str | None = None,
    mapping: Mapping | Path | None = None,
    **options: Unpack[ImportOptions],
) -> ImportResult:
    """Import one file of records of any class. Of a class with several kinds, the headings say which, or `record` (or the mapping) does.

    `import_invoices` is called for class C07. Raises `RefusedFileError` (a `FaultsError`) with every fault counted and the first few
    hundred named. Nothing is changed then.
    """
    if evidence_class == EVIDENCE_CLASS and record in (None, "", "invoice"):
        return import_invoices(institution, path, mapping, **options)
    kinds = kinds_of(evidence_class, record or _record_of(mapping))
    if isinstance(mapping, Path):
        mapping = _loaded(mapping, evidence_class, kinds)
    importing = _Importing(institution, Path(path), evidence_class, mapping, options)
    with (
        document_rows(importing.path, evidence_class, options.get("limits"), importing.name) as page,
        taken_apart(page.path, evidence_class if mapping is None else "", options.get("limits"), importing.name) as taken,
    ):
        reading = read_records(taken.path, kinds, **importing.told_to_readers(named=True))
    digest = options.get("file_digest") or page.digest or taken.digest or reading.digest
    kind = layout(reading.record)
    odd = oddities(reading.accepted, kind, "firm")
    reading = replace(reading, digest=digest, notes=[*page.notes, *taken.notes, *reading.notes, *notes(odd)])
    if mapping is None:
        importing = replace(importing, mapping=Mapping(source=importing.name, record=kind.record, known_at=kind.known_at))
    return replace(importing.store(reading, partial(store_records, kind)), odd=tuple(odd))


def kinds_of(evidence_class: str, record: str | None = None) -> tuple[Layout, ...]:
    """The layouts of a class, or the one that is named. Raises `RefusedFileError` for a class or record that has none."""
    found = layouts(evidence_class)
    chosen = tuple(each for each in found if each.record == record) if record else found
    if not chosen:
        expected = f"one of {_names(found)}" if found else "a class with a layout"
        raise refuse(f"class {evidence_class}", repr(record or evidence_class), expected, "See docs/evidence.md.")
    return chosen


def _names(kinds: Sequence[Layout]) -> str:
    return ", ".join(each.record for each in kinds)


def _record_of(mapping: Mapping | Path | None) -> str | None:
    """The record that a mapping names, before its other lines are looked at."""
    if isinstance(mapping, Path):
        record = read_document(mapping).get("record")
        return record if isinstance(record, str) else None
    return mapping.record or None if mapping else None


def _loaded(path: Path, evidence_class: str, kinds: Sequence[Layout]) -> Mapping:
    """The mapping of one kind of record. Raises `RefusedFileError` where nothing says which of several it is."""
    if len(kinds) > 1:
        found = f"no record, and class {evidence_class} has several"
        raise refuse(path.name, found, f"one of {_names(kinds)}", 'Add record = "…", or --record.')
    return load_mapping(path, kinds[0].vocabulary(), kinds[0].known_at)


def moment_of(day: dt.date) -> dt.datetime:
    """Now, on a business day: its date is passed in, the time of day orders what happens on it."""
    return dt.datetime.combine(day, timezone.localtime().time(), tzinfo=timezone.get_default_timezone())


def _identity(firm: Firm) -> FirmIdentity:
    names = {firm.name, *firm.identifiers.values_list("value", flat=True)}
    return FirmIdentity(firm.name, firm.pk, frozenset(names))


@dataclass(frozen=True)
class _Importing:
    """One file on its way in; `mapping` is the one that was given, if any."""

    institution: Institution
    path: Path
    evidence_class: str
    mapping: Mapping | None
    options: ImportOptions

    @property
    def name(self) -> str:
        return self.options.get("file_name") or self.path.name

    @property
    def source(self) -> Mapping:
        """The mapping, or what stands for it: a file without one goes under its name."""
        return self.mapping or Mapping(source=self.name)

    @property
    def day(self) -> dt.date:
        return self.options.get("business_date") or self.institution.business_date

    @cached_property
    def now(self) -> dt.datetime:
        """The moment that counts as learning what the file tells."""
        return moment_of(self.day)

    @property
    def actor(self) -> str:
        return self.options.get("actor", "system")

    @property
    def progress(self) -> Progress:
        return self.options.get("progress") or (lambda stage, done, total: None)

    def told_to_readers(self, *, named: bool) -> ReadOptions:
        """What a reader is told; `named`: firms may go by their names. Raises `RefusedFileError` where the given firm has not consented."""
        firm, consented = self.options.get("firm"), queries.consented_firms(self.institution, self.evidence_class, self.day)
        if firm and firm.pk not in consented:
            expected = f"a consent to the reading of its evidence of class {self.evidence_class}"
            raise refuse(f"firm {firm.name}", "no live consent", expected, "Ask the firm for its consent first.")
        return {
            "today": self.day,
            "now": self.now,
            "mapping": self.mapping,
            "firm": _identity(firm) if firm else None,
            "known_firms": queries.firm_numbers(self.institution, self.source.firm_scheme, names=named),
            "consented_firms": consented,
            "sheet": self.options.get("sheet", ""),
            "file_name": self.name,
            "limits": self.options.get("limits"),
            "progress": lambda stage: self.progress(stage, 0, 0),
        }

    def store(self, reading: Reading, store: Store) -> ImportResult:
        """Store what is good, in one transaction. Raises `RefusedFileError` where a row is wrong and the user did not choose to go on."""
        if reading.rejected.height and (not self.options.get("partial") or reading.accepted.is_empty()):
            raise reading.faults.refusal()
        received_at, rejects = timezone.now(), self.options.get("rejects")
        with transaction.atomic():
            stored = store(reading.accepted, self.institution.pk, self.now, received_at, self.progress)
            counts = {
                **reading.counts,
                "accepted": stored.added,
                "unchanged": stored.unchanged,
                "replaced": stored.replaced,
                "firms": reading.accepted["firm_id"].n_unique(),
            }
            if stored.added:
                self._record(reading, stored, counts, received_at)
            if reading.rejected.height and rejects is not None:
                write_rejects(reading.rejected, rejects)
        faults = [fault.as_dict() for fault in reading.faults.listed()]
        written = str(rejects) if reading.rejected.height and rejects else None
        told = [*reading.notes, *stored.notes]
        return ImportResult(reading.file, self.source.source, stored.batch_id, counts, told, faults, written, reading.record)

    def _record(self, reading: Reading, stored: Stored, counts: dict[str, int], received_at: dt.datetime) -> None:
        batch = Batch.objects.create(
            id=stored.batch_id,
            institution=self.institution,
            evidence_class=self.evidence_class,
            source=self.source.source[:100],
            file_name=reading.file[:255],
            file_digest=reading.digest,
            mapping=self.source.as_dict(),
            counts=counts,
            received_at=received_at,
            received_by=self.actor,
        )
        detail = {"class": self.evidence_class, "file": reading.file, "digest": reading.digest, **counts}
        detail |= {"record": reading.record} if reading.record else {}
        record_audit(self.institution, self.actor, "import_evidence", "batch", batch.pk, detail)
