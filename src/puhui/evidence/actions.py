"""What is done with evidence: a file is imported, whole or in part, once.

Refused when a firm in it has not consented, when anything in it is wrong (or, if the user chose so, only the wrong rows), and always
before the first row is stored. Reading happens outside the transaction, storing inside one: a program killed in the middle leaves
nothing, and the same file sent again adds what is missing, which may be nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from puhui.evidence import queries
from puhui.evidence.models import Batch
from puhui.evidence.reading.faults import refuse
from puhui.evidence.reading.invoices import EVIDENCE_CLASS, read_invoices
from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.mapping import Mapping, load_mapping
from puhui.evidence.reading.parties import FirmIdentity
from puhui.evidence.reading.rejects import write_rejects
from puhui.evidence.reading.result import Reading
from puhui.evidence.reading.words import vocabulary
from puhui.evidence.storing import Progress, Stored, store_invoices
from puhui.parties.actions import record_audit
from puhui.parties.models import Firm, Institution

CONSENT = f"a consent to the reading of its invoices ({EVIDENCE_CLASS})"


@dataclass(frozen=True)
class ImportResult:
    """`counts`: read, accepted (stored now), unchanged (was there), rejected, replaced, and what the good rows hold (duplicates,
    voids, reds, total_differs, zero, no_counterparty). `faults` lists those of the rejected rows, as far as they are listed."""

    file: str
    source: str
    batch_id: int | None
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)
    faults: list[dict[str, str]] = field(default_factory=list)
    rejects: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _silent(stage: str, done: int, total: int) -> None:
    return None


def import_invoices(
    institution: Institution,
    path: Path,
    mapping: Mapping | Path | None = None,
    *,
    firm: Firm | None = None,
    partial: bool = False,
    rejects: Path | None = None,
    business_date: dt.date | None = None,
    actor: str = "system",
    sheet: str = "",
    file_name: str = "",
    limits: Limits | None = None,
    progress: Progress = _silent,
) -> ImportResult:
    """Import one file of invoices (class C07).

    `firm` is the one whose invoices these are when the file does not name it. With `partial` the good rows are stored and the others
    written to `rejects`, if given (CSV: the original cells and what is wrong with them); else one fault refuses the whole file.
    `business_date` (default: the institution's) is the day it is: nothing may be dated after it, and the file is known from then.

    Raises `RefusedFileError` (a `FaultsError`) with every fault counted and the first few hundred named. Nothing is changed then.
    """
    path, day = Path(path), business_date or institution.business_date
    if isinstance(mapping, Path):
        mapping = load_mapping(mapping, vocabulary(EVIDENCE_CLASS))
    mapping = mapping or Mapping(source=file_name or path.name)
    now = moment_of(day)
    consented = queries.consented_firms(institution, EVIDENCE_CLASS, day)
    if firm and firm.pk not in consented:
        raise refuse(f"firm {firm.name}", "no live consent", CONSENT, "Ask the firm for its consent first.")
    reading = read_invoices(
        path,
        today=day,
        now=now,
        mapping=mapping,
        firm=_identity(firm) if firm else None,
        known_firms=queries.firm_numbers(institution, mapping.firm_scheme),
        consented_firms=consented,
        sheet=sheet,
        file_name=file_name,
        limits=limits,
        progress=lambda stage: progress(stage, 0, 0),
    )
    if reading.rejected.height and (not partial or reading.accepted.is_empty()):
        raise reading.faults.refusal()
    return _store(institution, reading, mapping, now, actor, rejects, progress)


def moment_of(day: dt.date) -> dt.datetime:
    """Now, on a business day: its date is passed in, the time of day orders what happens on it."""
    return dt.datetime.combine(day, timezone.localtime().time(), tzinfo=timezone.get_default_timezone())


def _identity(firm: Firm) -> FirmIdentity:
    names = {firm.name, *firm.identifiers.values_list("value", flat=True)}
    return FirmIdentity(firm.name, firm.pk, frozenset(names))


def _store(
    institution: Institution,
    reading: Reading,
    mapping: Mapping,
    now: dt.datetime,
    actor: str,
    rejects: Path | None,
    progress: Progress,
) -> ImportResult:
    received_at = timezone.now()
    with transaction.atomic():
        stored = store_invoices(reading.accepted, institution.pk, now, received_at, progress)
        counts = {
            **reading.counts,
            "accepted": stored.added,
            "unchanged": stored.unchanged,
            "replaced": stored.replaced,
            "firms": reading.accepted["firm_id"].n_unique(),
        }
        if stored.added:
            _record(institution, reading, mapping, stored, counts, received_at, actor)
        if reading.rejected.height and rejects is not None:
            write_rejects(reading.rejected, rejects)
    return ImportResult(
        reading.file,
        mapping.source,
        stored.batch_id,
        counts,
        reading.notes,
        [fault.as_dict() for fault in reading.faults.listed()],
        str(rejects) if reading.rejected.height and rejects else None,
    )


def _record(
    institution: Institution,
    reading: Reading,
    mapping: Mapping,
    stored: Stored,
    counts: dict[str, int],
    received_at: dt.datetime,
    actor: str,
) -> None:
    batch = Batch.objects.create(
        id=stored.batch_id,
        institution=institution,
        evidence_class=EVIDENCE_CLASS,
        source=mapping.source[:100],
        file_name=reading.file[:255],
        file_digest=reading.digest,
        mapping=mapping.as_dict(),
        counts=counts,
        received_at=received_at,
        received_by=actor,
    )
    detail = {"class": EVIDENCE_CLASS, "file": reading.file, "digest": reading.digest, **counts}
    record_audit(institution, actor, "import_evidence", "batch", batch.pk, detail)
