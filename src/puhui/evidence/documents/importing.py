"""Import a document that a person has looked at, with what the person corrected."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from puhui.evidence.actions import ImportResult, import_records
from puhui.evidence.documents.reading import read_document
from puhui.evidence.documents.taking_apart import document_rows
from puhui.parties.models import Firm, Institution

__all__ = ["import_document", "read_document"]


def import_document(
    institution: Institution, path: Path, firm: Firm, corrections: Mapping[str, str] | None = None, *, file_name: str = "", **options: Any
) -> ImportResult:
    """Import the invoices or the movements of a document (PDF, OFD, XML, picture) as records of `firm`.

    `corrections`: field → value as the person has it (`total`, or `total#2` of the second invoice; the heading for a bank statement).
    `options` as for `import_records`. Raises `RefusedFileError` with every fault that is left; nothing is changed then."""
    document = read_document(Path(path), options.get("limits"), file_name)
    name = file_name or Path(path).name
    with document_rows(Path(path), document.evidence_class, options.get("limits"), name, corrections or {}) as taken:
        options |= {"firm": firm, "file_name": name, "file_digest": taken.digest}
        result = import_records(institution, taken.path, document.evidence_class, None, **options)
    return ImportResult(**{**result.__dict__, "notes": [*taken.notes, *result.notes]})
