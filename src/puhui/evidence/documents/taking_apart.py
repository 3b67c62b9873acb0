"""A document as a file of rows, for the import that all invoices and movements share."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from puhui.calculations.faults import Fault
from puhui.evidence.documents.model import HEADINGS, Document
from puhui.evidence.documents.reading import kind_of, read_document
from puhui.evidence.reading.faults import RefusedFileError, refuse
from puhui.evidence.reading.limits import Limits

CLASSES = ("C07", "C15")
SURE = 0.9


@dataclass(frozen=True)
class TakenApart:
    """`path` of the file to read, `digest` of the document that was sent ("" where it is that file), and what to tell."""

    path: Path
    digest: str = ""
    notes: list[str] = field(default_factory=list)


@contextmanager
def document_rows(
    path: Path, evidence_class: str, limits: Limits | None = None, name: str = "", corrections: Mapping[str, str] | None = None
) -> Iterator[TakenApart]:
    """The rows of a document of the class in a file that is gone afterwards; any other file, and XML without an invoice, as it is.

    Raises `RefusedFileError` for a document with faults that `corrections` (field → value) do not mend."""
    limits = limits or Limits()
    kind = kind_of(path) if evidence_class in CLASSES else ""
    document = _document(path, kind, evidence_class, limits, name, bool(corrections)) if kind else None
    if document is None:
        yield TakenApart(path)
        return
    rows = corrected(document, corrections or {}, name or path.name)
    notes = [*document.notes]
    notes += [f"{each.name}: read {each.repaired!r}, and the sums say {each.value!r}" for each in document.fields if each.repaired]
    notes += [
        f"{each.name}: {each.value!r} was read with a confidence of {each.confidence:.2f}"
        for each in document.fields
        if each.confidence < SURE
    ]
    with rows_file(rows) as file:
        yield TakenApart(file, hashlib.sha256(path.read_bytes()).hexdigest(), notes)


def _document(path: Path, kind: str, evidence_class: str, limits: Limits, name: str, told: bool) -> Document | None:
    try:
        document = read_document(path, limits, name)
    except RefusedFileError as refusal:
        # What is no document of ours is refused by the reader of tables, which says what to send instead.
        if told or kind == "ofd" or any(word in str(refusal) for word in ("entities", "levels", "pip install")):
            raise
        return None
    if document.evidence_class != evidence_class:
        expected = "a bank statement (class C15)" if evidence_class == "C15" else "an invoice (class C07)"
        raise refuse(name or path.name, f"a document of the kind {document.kind}", expected, f"Import it as {document.evidence_class}.")
    return document


def with_values(document: Document, values: Mapping[str, str], file: str) -> list[dict[str, str]]:
    """The rows with what a person says of fields (`total`, or `total#2` of the second invoice; heading and number of the row in a bank
    statement). Raises `RefusedFileError` for fields that there are none of."""
    rows = [dict(row) for row in document.rows]
    faults: list[Fault] = []
    for key, value in values.items():
        name, _, number = key.rpartition("#") if "#" in key else (key, "", "1")
        position = int(number) - 1 if number.isdecimal() else -1
        heading = HEADINGS.get(name, name)
        if not 0 <= position < len(rows) or heading not in rows[position]:
            known = [*HEADINGS] if document.kind != "bank_statement" else list(rows[0])
            faults.append(Fault(f"{file}, correction {key}", "no such field", f"one of {', '.join(known)}", "Correct its name."))
        else:
            rows[position][heading] = value
    if faults:
        raise RefusedFileError(faults)
    return rows


def corrected(document: Document, corrections: Mapping[str, str], file: str) -> list[dict[str, str]]:
    """The rows with a person's corrections. Raises `RefusedFileError` for a correction of no field and for faults that are left."""
    rows = with_values(document, corrections, file)
    mended = {key.partition("#")[0] for key in corrections}
    sums = {"amount", "tax", "total"}
    left = [
        fault
        for fault in document.faults
        for name in [fault.where.rpartition(", ")[2]]
        if name not in mended and not (name in sums and mended & sums)
    ]
    if left:
        raise RefusedFileError(left)
    return rows


@contextmanager
def rows_file(rows: Sequence[Mapping[str, str]]) -> Iterator[Path]:
    """The rows as a file that imports take, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="puhui-document-") as folder:
        file = Path(folder) / "rows.parquet"
        pl.DataFrame(rows).write_parquet(file)
        yield file
