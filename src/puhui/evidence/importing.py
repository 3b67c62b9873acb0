"""One door for every file: what it is, is seen by its content, and goes to the importer that knows it.

Most files are one kind of record (`puhui.evidence.actions.import_records`, documents and statements included). An OCDS package of
procurement holds three, and speaks of many suppliers at once. A PDF or a scan of which something is doubtful may wait for a person.
"""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from puhui.evidence.actions import ImportResult, import_records
from puhui.evidence.documents.waiting import keep_doubtful
from puhui.evidence.import_options import ImportOptions
from puhui.evidence.procurement import EVIDENCE_CLASS as PROCUREMENT
from puhui.evidence.procurement import import_ocds, is_ocds_file
from puhui.evidence.reading.mapping import Mapping
from puhui.parties.models import Institution

__all__ = ["import_file"]


def import_file(
    institution: Institution,
    path: Path,
    evidence_class: str,
    record: str | None = None,
    mapping: Mapping | Path | None = None,
    **options: Unpack[ImportOptions],
) -> list[ImportResult]:
    """Import a file of a class: one result for each kind of record in it.

    Raises `RefusedFileError` (a `FaultsError`) with every fault. Nothing is changed then.
    """
    if evidence_class == PROCUREMENT and is_ocds_file(path):
        return import_ocds(institution, path, **options)
    if options.get("to_correct"):
        waits = keep_doubtful(institution, path, evidence_class, options)
        if waits:
            return [waits]
    return [import_records(institution, path, evidence_class, record, mapping, **options)]
