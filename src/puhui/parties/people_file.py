"""A list of people who borrow, as a bank files a village: one line for each person, lines of one borrower under one key.

Columns (English or Chinese headings): `borrower` (any key that the lines of one borrower share), `kind` (person, household), `part`
(borrower; head, spouse, member), `name`, `identity_number`, `phone`, `household_number`, `industry_code`, `division_code`. What is true
of the whole borrower may stand on its first line only. A list with a fault registers nobody, and every fault names its lines.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties import borrowers
from puhui.parties.models import Firm, Institution, User

LARGEST_BYTES = 5_000_000
HEADINGS = {
    "borrower": ("borrower", "借款户", "户"),
    "kind": ("kind", "类型", "借款人类型"),
    "part": ("part", "身份", "与户主关系"),
    "name": ("name", "姓名"),
    "identity_number": ("identity_number", "identity number", "身份证号", "证件号码"),
    "phone": ("phone", "手机号", "联系电话"),
    "household_number": ("household_number", "household number", "农户编号", "户编号"),
    "industry_code": ("industry_code", "industry", "行业代码"),
    "division_code": ("division_code", "division", "区划代码"),
}
NEEDED = ("borrower", "kind", "part", "name", "identity_number")
OF_BORROWER = ("household_number", "industry_code", "division_code")
KINDS = {"自然人": "person", "个人": "person", "农户": "household"}
PART_WORDS = {"借款人": "borrower", "户主": "head", "配偶": "spouse", "成员": "member", "家庭成员": "member"}


def register_list(institution: Institution, data: bytes, file_name: str, actor: str, manager: User | None = None) -> list[Firm]:
    """The borrowers of a CSV file (UTF-8), in its order: all of them or none. Raises FaultsError with the lines of every fault."""
    lines = _lines(data, file_name)
    groups: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        groups.setdefault(line["borrower"], []).append(place)
    check(
        Fault(f"{file_name}, line {places[0] + 2}, borrower", "nothing", "a key that the lines of one borrower share")
        for key, places in groups.items()
        if not key
    )
    rows = [_row([lines[place] for place in places], manager) for places in groups.values()]
    try:
        return borrowers.register_borrowers(institution, rows, actor)
    except FaultsError as refused:
        told = {f"borrower {number}": places for number, places in enumerate(groups.values(), 1)}
        raise FaultsError([_placed(fault, told, file_name) for fault in refused.faults]) from refused


def _lines(data: bytes, file_name: str) -> list[dict[str, str]]:
    """Field → cell of each line. Raises FaultsError for what is no such file."""
    if len(data) > LARGEST_BYTES:
        raise FaultsError([Fault(file_name, f"{len(data)} bytes", f"at most {LARGEST_BYTES}")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FaultsError([Fault(file_name, "bytes that are not UTF-8", "a CSV file in UTF-8", "Save it as CSV UTF-8.")]) from error
    table = [row for row in csv.reader(io.StringIO(text)) if row]
    known = {word: name for name, words in HEADINGS.items() for word in words}
    found = [known.get(heading.strip().lower(), "") for heading in (table[0] if table else [])]
    faults = [
        Fault(f"{file_name}, column {place}", heading.strip() or "no heading", f"one of {', '.join(HEADINGS)}")
        for place, (heading, name) in enumerate(zip(table[0] if table else [], found, strict=True), 1)
        if not name
    ]
    faults += [Fault(f"{file_name}, headings", f"no column {name}", " or ".join(HEADINGS[name])) for name in NEEDED if name not in found]
    faults += [Fault(f"{file_name}, headings", f"{name} twice", "each once") for name in set(found) - {""} if found.count(name) > 1]
    rows = list(enumerate(table[1:], 2))
    faults += [
        Fault(f"{file_name}, line {number}", f"{len(row)} cells", f"{len(found)} cells") for number, row in rows if len(row) != len(found)
    ]
    if not rows:
        faults.append(Fault(file_name, "no lines", "a line for each person"))
    check(faults)
    return [dict.fromkeys(HEADINGS, "") | {name: cell.strip() for name, cell in zip(found, row, strict=True)} for _, row in rows]


def _row(lines: Sequence[Mapping[str, str]], manager: User | None) -> dict[str, Any]:
    people = [
        {
            "part": PART_WORDS.get(line["part"], line["part"]), "name": line["name"], "identity_number": line["identity_number"],
            "phone": line["phone"] or None,
        }
        for line in lines
    ]  # fmt: skip
    told = {name: next((line[name] for line in lines if line[name]), "") for name in OF_BORROWER}
    kind = next((line["kind"] for line in lines if line["kind"]), "")
    return {"kind": KINDS.get(kind, kind), "people": people, "manager": manager, **told}


def _placed(fault: Fault, groups: Mapping[str, Sequence[int]], file_name: str) -> Fault:
    """The fault with the lines of its borrower: `borrower 3, person 1` becomes `list.csv, lines 7 to 9, person 1`."""
    for borrower in sorted(groups, key=len, reverse=True):
        if fault.where.startswith(borrower):
            first, last = groups[borrower][0] + 2, groups[borrower][-1] + 2
            lines = f"line {first}" if first == last else f"lines {first} to {last}"
            return Fault(f"{file_name}, {lines}{fault.where[len(borrower) :]}", fault.found, fault.expected, fault.remedy)
    return Fault(f"{file_name}, {fault.where}", fault.found, fault.expected, fault.remedy)
