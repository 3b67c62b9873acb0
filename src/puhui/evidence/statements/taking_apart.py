"""A file of statements as a file of rows, for the import that all records share: each figure is then checked and stored as any other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.raw import ROW
from puhui.evidence.statements.reading import read_statements

__all__ = ["STATEMENTS", "TakenApart", "taken_apart"]

STATEMENTS = "S1"


@dataclass(frozen=True)
class TakenApart:
    """`path` of the file to read, `digest` of the file that was sent ("" where it is that file), and what was noticed on the way."""

    path: Path
    digest: str = ""
    notes: list[str] = field(default_factory=list)


@contextmanager
def taken_apart(path: Path, evidence_class: str, limits: Limits | None = None, name: str = "") -> Iterator[TakenApart]:
    """The rows of a file of statements (class S1) in one of the layouts of statements, in a file that is gone afterwards; any other file
    as it is. Raises `RefusedFileError` with every cell that cannot be read."""
    found = read_statements(path, limits=limits, name=name) if evidence_class == STATEMENTS else None
    if found is None:
        yield TakenApart(path)
        return
    table, digest = found
    with tempfile.TemporaryDirectory(prefix="puhui-statements-") as folder:
        rows = Path(folder) / "rows.parquet"
        table.frame.drop(ROW).write_parquet(rows)
        yield TakenApart(rows, digest, table.notes)
