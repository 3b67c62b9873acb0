"""A file of any of the four formats as a raw table, with the digest of its content."""

from __future__ import annotations

import hashlib
from pathlib import Path

from puhui.evidence.reading.columnar import read_parquet
from puhui.evidence.reading.documents import read_json
from puhui.evidence.reading.faults import place, refuse
from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.mapping import Mapping
from puhui.evidence.reading.raw import HeadingFinder, RawTable
from puhui.evidence.reading.recognise import file_kind, read_bytes
from puhui.evidence.reading.text import read_csv
from puhui.evidence.reading.workbook import read_workbook


def read_table(
    path: Path, find_headings: HeadingFinder, mapping: Mapping, limits: Limits, sheet: str = "", name: str = ""
) -> tuple[RawTable, str]:
    """The table as it stands in the file, and the file's SHA-256. Raises `RefusedFileError`."""
    data = read_bytes(path, limits, name)
    file, digest = name or path.name, hashlib.sha256(data).hexdigest()
    kind = file_kind(data, file)
    if kind == "xlsx":
        table = read_workbook(data, file, find_headings, limits, sheet or mapping.sheet or None)
    elif kind == "parquet":
        table = read_parquet(data, file, limits)
    elif kind == "json":
        table = read_json(data, file, limits, mapping.encoding or None)
    else:
        table = read_csv(data, file, find_headings, limits, encoding=mapping.encoding or None, delimiter=mapping.delimiter or None)
    if table.frame.is_empty() and table.broken.is_empty():
        raise refuse(place(file, table.sheet), "headings and no row under them", "at least one row", "Export it again with its rows.")
    return table, digest
