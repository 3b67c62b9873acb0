"""Procurement published as OCDS, taken in through the importer of class C14: awards, contracts and payments of the firms that are known.

A package speaks of many suppliers; rows of those that are no firms of the institution are left out and counted, not refused. The three
tables are stored together or not at all.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Unpack

import polars as pl
from django.db import transaction

from puhui.evidence import queries
from puhui.evidence.actions import ImportResult, import_records, moment_of
from puhui.evidence.import_options import ImportOptions
from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.mapping import KnownAt, Mapping
from puhui.evidence.reading.ocds import is_ocds, read_ocds, tables_of
from puhui.evidence.reading.ocds_flat import flat_releases, is_flat
from puhui.evidence.reading.recognise import read_bytes
from puhui.parties.models import Institution

__all__ = ["import_ocds", "is_ocds_file"]

EVIDENCE_CLASS = "C14"
LOOKED_AT_BYTES = 100_000


def is_ocds_file(path: Path) -> bool:
    """Whether a file is OCDS, as JSON or as a flattened table; one that cannot be read is none, and its reader says what is wrong."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as handle:
            start = handle.read(LOOKED_AT_BYTES)
    except OSError:
        return False
    return is_ocds(start) or (not start.lstrip().startswith((b"{", b"[")) and is_flat(path, Limits()))


def import_ocds(institution: Institution, path: Path, **options: Unpack[ImportOptions]) -> list[ImportResult]:
    """Import an OCDS release or record package: one result for each record of which it held rows of firms of the institution (or of the
    one `firm`), or one that says why there are none. What is told of tables (partial, rejects, sheet) has no meaning here.

    The notes of each say what the package held beyond that. Raises `RefusedFileError` (a `FaultsError`) with every fault: of the package,
    or of the rows of the record in which there are any. Nothing is changed then.
    """
    file, firm, limits = options.get("file_name") or path.name, options.get("firm"), options.get("limits")
    known = queries.firm_numbers(institution, names=True)
    known = {name: number for name, number in known.items() if firm is None or number == firm.pk}
    day, actor = options.get("business_date"), options.get("actor", "system")
    data = read_bytes(path, limits or Limits(), file)
    if is_ocds(data[:LOOKED_AT_BYTES]):
        tables = read_ocds(data, file, known.keys())
    else:
        now = moment_of(day or institution.business_date).isoformat(timespec="seconds")
        tables = tables_of(flat_releases(path, limits or Limits(), file, now), file, known.keys())
    results = []
    with tempfile.TemporaryDirectory(prefix="puhui-ocds-") as folder, transaction.atomic():
        for record, rows in tables.frames.items():
            ours = rows.filter(pl.col("firm").is_in(list(known)))
            if ours.is_empty():
                continue
            plain = Path(folder) / f"{record}.csv"
            ours.write_csv(plain)
            told: ImportOptions = {"business_date": day, "actor": actor, "file_name": f"{file} ({record})", "limits": limits}
            result = import_records(institution, plain, EVIDENCE_CLASS, record, _mapping(record, ours.columns, file), **told)
            result.notes.extend([*tables.notes, f"rows of suppliers that are no firms of this institution: {rows.height - ours.height:,}"])
            results.append(result)
    return results or [_nothing_of_ours(file, sum(rows.height for rows in tables.frames.values()), tables.notes)]


def _nothing_of_ours(file: str, others: int, notes: list[str]) -> ImportResult:
    """What is told where a package brought no row of ours: why not, and what it held instead."""
    told = ["nothing of a firm of this institution is in it; nothing was changed", *notes]
    counts = {"read": others, "accepted": 0, "rejected": 0}
    return ImportResult(file, f"OCDS {file}", None, counts, [*told, f"rows of suppliers that are no firms of this institution: {others:,}"])


def _mapping(record: str, columns: list[str], source: str) -> Mapping:
    """The columns bear the names of the fields already; since when a row is known stands in it."""
    named = dict(zip(columns, columns, strict=True))
    return Mapping(source=f"OCDS {source}", record=record, columns=named, amount_unit="yuan", known_at=KnownAt("column"))
