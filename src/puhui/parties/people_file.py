"""A list of people who borrow, as a bank files a village: one line for each person, lines of one borrower under one key.

Columns (English or Chinese headings): `borrower` (any key that the lines of one borrower share), `kind` (person, household), `part`
(borrower; head, spouse, member), `name`, `identity_number`, `phone`, `household_number`, `industry_code`, `division_code`. What is true
of the whole borrower may stand on its first line only. A list with a fault registers nobody, and every fault names its lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties import borrowers
from puhui.parties.list_files import lines_of, placed
from puhui.parties.models import Firm, Institution, User

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
    lines = lines_of(data, file_name, HEADINGS, NEEDED, "a line for each person")
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
        lines_told = {f"borrower {number}": _lines_told(places) for number, places in enumerate(groups.values(), 1)}
        raise FaultsError(placed(refused.faults, lines_told, file_name)) from refused


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


def _lines_told(places: Sequence[int]) -> str:
    first, last = places[0] + 2, places[-1] + 2
    return f"line {first}" if first == last else f"lines {first} to {last}"
