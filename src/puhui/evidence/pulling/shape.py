"""The rows held against what was agreed, before they are read: a field that is gone or means something else is told by its name.

A file with a column less is a clerk's mistake and is seen by the clerk. A source that changes does so at night, and a field that may be
empty would then be empty for everybody from that night on. So a description names each field with its type, and a row without it is a
fault unless the description allows that (`may_lack`). Fields that nobody has named are left out and noted; and where one has appeared, a
field that all rows lack is a fault even then, for it may be the same one under another name. What is known and not wanted means `ignore`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from puhui.calculations.faults import Fault
from puhui.evidence.pulling.client import SourceError
from puhui.evidence.pulling.pages import MISSING, at, json_type
from puhui.evidence.pulling.sources import Expected
from puhui.evidence.reading.mapping import IGNORED

LISTED_NAMES = 20


def agreed_rows(
    rows: Sequence[Mapping[str, Any]], fields: Mapping[str, Expected], place: str, file: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """The named fields of each row, and notes. Raises `SourceError` naming every field that is missing or of another type."""
    columns = {name: [at(row, name) for row in rows] for name, expected in fields.items() if expected.means != IGNORED}
    roots = {name.split(".")[0] for name in fields}
    others = list(dict.fromkeys(name for row in rows for name in row if name not in roots))
    faults = [
        fault
        for name, column in columns.items()
        for fault in (_missing(column, name, fields[name], others, place, file), _other_type(column, name, fields[name], place, file))
        if fault
    ]
    if faults:
        raise SourceError("changed", faults)
    whole = zip(*([None if value is MISSING else value for value in column] for column in columns.values()), strict=True)
    agreed = [dict(zip(columns, row, strict=True)) for row in whole]
    return agreed, [f"fields that the description does not name, left out: {', '.join(others[:LISTED_NAMES])}"] if others else []


def _missing(column: list[Any], name: str, expected: Expected, others: list[str], place: str, file: str) -> Fault | None:
    lacking = [number for number, value in enumerate(column, start=1) if value is MISSING]
    may_be_renamed = len(lacking) == len(column) and others
    if not lacking or (expected.may_lack and not may_be_renamed):
        return None
    if len(lacking) == len(column):
        found = f"no such field in any of {len(column):,} rows" + (f"; not known are: {', '.join(others[:LISTED_NAMES])}" if others else "")
    else:
        found = f"no such field in {len(lacking):,} of {len(column):,} rows, first in row {lacking[0]:,}"
    remedy = f"The source has changed, or lost it. Ask what it is called now, and correct {file}; may_lack = true where rows may lack it."
    return Fault(f'{place}, field "{name}"', found, f"a {expected.type} ({expected.means})", remedy)


def _other_type(column: list[Any], name: str, expected: Expected, place: str, file: str) -> Fault | None:
    wrong = [(number, json_type(value)) for number, value in enumerate(column, start=1) if value is not None and value is not MISSING]
    wrong = [(number, kind) for number, kind in wrong if kind != expected.type]
    if not wrong:
        return None
    kinds = ", ".join(f"{kind} in {count:,}" for kind, count in Counter(kind for _, kind in wrong).items())
    remedy = f"The source has changed. Ask what the field means now, and correct {file}."
    found = f"{kinds} of {len(column):,} rows, first in row {wrong[0][0]:,}"
    return Fault(f'{place}, field "{name}"', found, f"a {expected.type} ({expected.means})", remedy)
