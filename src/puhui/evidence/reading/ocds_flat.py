"""OCDS as a table: one contracting process, or an award of it, to a row, under headings that are paths (`awards/0/value/amount`).

Tools that flatten releases write paths with `/`, `.` or `_`, with or without what stands before the release. The paths are followed back
into releases, which are then read as any others; of an award without an id its place in the row is its id. A table without the moments
of its releases is known since it came.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from puhui.evidence.reading.faults import RefusedFileError
from puhui.evidence.reading.files import read_table
from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.mapping import Mapping
from puhui.evidence.reading.ocds_releases import RELEASE_PARTS
from puhui.evidence.reading.raw import ROW, HeadingChoice, HeadingFinder, RawTable

__all__ = ["flat_releases", "is_flat"]

BEFORE = re.compile(r"^(?:records?/\d+/)?(?:compiledRelease/|releases?/(?:\d+/)?)?")
PART = re.compile(rf"^(?:{'|'.join(RELEASE_PARTS)})/")
LISTS = ("awards", "contracts", "parties", "suppliers", "transactions")
LEAST = 2  # so many paths beside the ocid make such a table


def path_of(heading: str) -> str:
    """`compiledRelease/awards/0/value/amount`, `awards.0.value.amount`, `awards_0_value_amount` → `awards/0/value/amount`."""
    text = heading.strip().lstrip("\ufeff").strip('"')
    text = text.replace(".", "/")
    if "/" not in text and re.search(r"_\d+_|^(?:buyer|tender|awards|contracts)_", text):
        text = text.replace("_", "/")
    return BEFORE.sub("", text, count=1)


def _recognised(headings: list[str]) -> int:
    paths = [path_of(each) for each in headings]
    return sum(bool(PART.match(path)) for path in paths) if "ocid" in paths else 0


def _finder() -> HeadingFinder:
    def find(top: Any) -> HeadingChoice | None:
        for position, record in enumerate(top):
            if _recognised(list(record)) >= LEAST:
                return HeadingChoice(position, 1, tuple(name.strip() for name in record), _recognised(list(record)))
        return None

    return HeadingFinder(find, "ocid, awards/0/id, awards/0/value/amount")


def is_flat(path: Path, limits: Limits) -> bool:
    """Whether a table's headings are paths of releases. What cannot be read is none, and its reader says what is wrong."""
    try:
        return _recognised(_table(path, limits, "")[0].columns) >= LEAST
    except (RefusedFileError, OSError):
        return False


def _table(path: Path, limits: Limits, name: str) -> tuple[RawTable, str]:
    return read_table(path, _finder(), Mapping(), limits, "", name)


def flat_releases(path: Path, limits: Limits, name: str, now: str) -> dict[str, Any]:
    """The releases of a table with the rows in which they stand. `now`: the moment for those that tell none. Raises `RefusedFileError`."""
    table = _table(path, limits, name)[0]
    releases, places = [], []
    for row in table.frame.iter_rows(named=True):
        release: dict[str, Any] = {}
        for column in table.columns:
            cell = "" if row[column] is None else str(row[column]).strip()
            if cell:
                _put(release, path_of(column).split("/"), cell)
        plain = _listed(release)
        plain.setdefault("date", now)
        releases.append(plain)
        places.append(f"row {row[ROW]}")
    return {"releases": releases, "places": places}


def _put(tree: dict[str, Any], path: list[str], cell: str) -> None:
    for step in path[:-1]:
        inner = tree.setdefault(step, {})
        if not isinstance(inner, dict):
            return  # a heading that is both a value and a path: the value stands
        tree = inner
    tree.setdefault(path[-1], cell)


def _listed(tree: dict[str, Any], name: str = "") -> Any:
    """Objects whose keys are numbers as lists; an award, contract or party without an id gets its number."""
    inner = {key: _listed(value, key) if isinstance(value, dict) else value for key, value in tree.items()}
    if name in LISTS or (inner and all(key.isdecimal() for key in inner)):
        if not all(key.isdecimal() for key in inner):
            inner = {"0": inner}
        rows = [value for _, value in sorted(inner.items(), key=lambda pair: int(pair[0]))]
        return [{"id": str(number), **row} if isinstance(row, dict) else row for number, row in enumerate(rows)]
    return inner
