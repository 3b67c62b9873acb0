"""A list of customers as people keep it: CSV in UTF-8, a heading for each column in English or Chinese, a line for each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from puhui.calculations.faults import Fault, FaultsError, check

__all__ = ["lines_of", "placed"]

LARGEST_BYTES = 5_000_000


def lines_of(
    data: bytes, file_name: str, headings: Mapping[str, Sequence[str]], needed: Sequence[str], expected: str
) -> list[dict[str, str]]:
    """Field → cell of each line, from line 2 of the file on; fields that have no column are empty.

    `headings`: field → what its column may be headed; `needed`: fields that must have one; `expected`: of a file without lines.
    Raises FaultsError for what is no such file.
    """
    if len(data) > LARGEST_BYTES:
        raise FaultsError([Fault(file_name, f"{len(data)} bytes", f"at most {LARGEST_BYTES}")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FaultsError([Fault(file_name, "bytes that are not UTF-8", "a CSV file in UTF-8", "Save it as CSV UTF-8.")]) from error
    table = [row for row in csv.reader(io.StringIO(text)) if row]
    known = {word: name for name, words in headings.items() for word in words}
    found = [known.get(heading.strip().lower(), "") for heading in (table[0] if table else [])]
    faults = [
        Fault(f"{file_name}, column {place}", heading.strip() or "no heading", f"one of {', '.join(headings)}")
        for place, (heading, name) in enumerate(zip(table[0] if table else [], found, strict=True), 1)
        if not name
    ]
    faults += [Fault(f"{file_name}, headings", f"no column {name}", " or ".join(headings[name])) for name in needed if name not in found]
    faults += [Fault(f"{file_name}, headings", f"{name} twice", "each once") for name in set(found) - {""} if found.count(name) > 1]
    rows = list(enumerate(table[1:], 2))
    faults += [
        Fault(f"{file_name}, line {number}", f"{len(row)} cells", f"{len(found)} cells") for number, row in rows if len(row) != len(found)
    ]
    if not rows:
        faults.append(Fault(file_name, "no lines", expected))
    check(faults)
    return [dict.fromkeys(headings, "") | {name: cell.strip() for name, cell in zip(found, row, strict=True)} for _, row in rows]


def placed(faults: Iterable[Fault], lines: Mapping[str, str], file_name: str) -> list[Fault]:
    """Faults of rows told by the lines that they came from: `borrower 3, person 1` becomes `list.csv, lines 7 to 9, person 1`.

    `lines`: the row as the faults name it → its line or lines in the file; what names no row keeps its words.
    """
    told = []
    for fault in faults:
        row, comma, rest = fault.where.partition(",")
        told.append(Fault(f"{file_name}, {lines.get(row, row)}{comma}{rest}", fault.found, fault.expected, fault.remedy))
    return told
