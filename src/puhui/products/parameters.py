"""Figures of policy and law: dated tables with unit and source, never in code.

A table is a file `catalogue/parameters/NAME.toml`: a head (name, what its columns are, source, whether a person has verified it) and
rows, each valid from a day and maybe to another. What a decision used is kept under the table's digest, so that it replays.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.products.documents import CATALOGUE, Document, read_document, stored_document
from puhui.products.fields import Fields, Texts

Row = Mapping[str, Any]
_DATES = ("valid_from", "valid_to")


@dataclass(frozen=True)
class Table:
    """A parameter table: all its rows, the figures as decimals in the units of `columns`."""

    name: str
    names: Texts
    columns: Mapping[str, str]
    source: str
    is_verified: bool
    rows: tuple[Row, ...]
    document: Document = field(repr=False, compare=False)

    @property
    def digest(self) -> str:
        return self.document.digest

    def valid_on(self, day: date) -> tuple[Row, ...]:
        """The rows in force on `day`, in the order of the file."""
        text = day.isoformat()
        return tuple(row for row in self.rows if row.get("valid_from", text) <= text <= row.get("valid_to", text))

    def row(self, day: date, **key: str) -> Row:
        """The row in force on `day` with these values; the one valid from the latest day where several are. Raises FaultsError."""
        found = [row for row in self.valid_on(day) if all(row.get(name) == value for name, value in key.items())]
        if not found:
            wanted = ", ".join(f"{name} = {value}" for name, value in key.items()) or "any"
            raise FaultsError([Fault(f"parameter table {self.name}", f"no row for {wanted} on {day}", "one", "Add a dated row.")])
        return max(found, key=lambda row: row.get("valid_from", ""))


def table(name: str, folder: Path | None = None) -> Table:
    """The parameter table `name`; one in the institution's own catalogue `folder` goes first. Raises FaultsError."""
    path = path_of(name, folder)
    stood = path.stat()
    return _read(path, stood.st_mtime_ns, stood.st_size)


@lru_cache(maxsize=256)
def _read(path: Path, changed_ns: int, size: int) -> Table:
    """A table as its file stands; one that has changed since is read anew."""
    return from_document(read_document(path, "parameters"))


def path_of(name: str, folder: Path | None = None) -> Path:
    """The file of a table. Raises FaultsError where there is none."""
    for root in (folder, CATALOGUE):
        path = root / "parameters" / f"{name}.toml" if root else None
        if path and path.exists():
            return path
    known = [path.stem for path in sorted((CATALOGUE / "parameters").glob("*.toml"))]
    likely = difflib.get_close_matches(name, known, n=1)
    remedy = f"Did you mean {likely[0]}?" if likely else ""
    raise FaultsError([Fault("parameter table", repr(name), "a file of catalogue/parameters", remedy)])


def from_body(name: str, body: dict[str, Any]) -> Table:
    """The table of a stored body."""
    return from_document(stored_document("parameters", name, body))


def from_document(document: Document) -> Table:
    """The table of a document. Raises FaultsError naming every fault."""
    faults: list[Fault] = []
    root = Fields(document, faults, document.body)
    head = root.table("table")
    columns = head.table("columns")
    units = {name: columns.text(name) for name in columns.body}
    rows = root.rows("rows")
    for row in rows:
        _check_row(row, units)
    found = Table(
        head.text("name"),
        head.texts("names"),
        units,
        head.text("source"),
        head.boolean("verified"),
        tuple(row.body for row in rows),
        document,
    )
    head.finish()
    root.finish()
    check(faults)
    return found


def _check_row(row: Fields, units: Mapping[str, str]) -> None:
    for name in _DATES:
        row.day(name, None)
    row.text("source", None)
    for name, unit in units.items():
        if unit == "text":
            row.text(name, None)
        elif unit == "texts":
            row.strings(name, ())
        elif unit == "boolean":
            row.boolean(name, False)
        else:
            row.number(name, -1e15, 1e15, None)
    row.finish()
