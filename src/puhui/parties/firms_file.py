"""A list of firms that come to the lender, with the person who signs for each: one line for each firm.

Columns (English or Chinese headings): `name`, `unified_code`, `kind` (enterprise, individual_business, cooperative), `industry_code`,
`division_code`, `founded_on`, `staff_count`, `representative`, `identity_number` and `phone` of that person. A list with a fault
registers nobody, and every fault names its line. Consent is not in the list: it is asked of the firm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import transaction

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.actions import link_people, register_firms, register_people
from puhui.parties.list_files import lines_of, placed
from puhui.parties.models import Firm, Institution, Person

__all__ = ["HEADINGS", "register_firm_list"]

HEADINGS = {
    "name": ("name", "企业名称", "名称"),
    "unified_code": ("unified_code", "unified code", "uscc", "统一社会信用代码"),
    "kind": ("kind", "类型", "企业类型"),
    "industry_code": ("industry_code", "industry", "行业代码"),
    "division_code": ("division_code", "division", "区划代码"),
    "founded_on": ("founded_on", "成立日期"),
    "staff_count": ("staff_count", "staff", "从业人数"),
    "representative": ("representative", "法定代表人", "经营者"),
    "identity_number": ("identity_number", "identity number", "身份证号", "证件号码"),
    "phone": ("phone", "手机号", "联系电话"),
}
NEEDED = ("name", "unified_code")
KINDS = {
    "": "enterprise",
    "企业": "enterprise",
    "个体工商户": "individual_business",
    "合作社": "cooperative",
    "农民专业合作社": "cooperative",
}
PERSON = ("representative", "identity_number")


def register_firm_list(institution: Institution, data: bytes, file_name: str, actor: str) -> list[Firm]:
    """The firms of a CSV file (UTF-8), in its order: all of them or none. Raises FaultsError with the line of every fault."""
    lines = lines_of(data, file_name, HEADINGS, NEEDED, "a line for each firm")
    faults: list[Fault] = []
    rows = [_row(line, f"{file_name}, line {number}", faults) for number, line in enumerate(lines, 2)]
    named = [(place, line) for place, line in enumerate(lines) if line["representative"]]
    check(faults)
    with transaction.atomic():
        firms, people = list[Firm](), list[Person]()
        with _collecting(faults, file_name, "firm", range(len(lines))):
            firms = register_firms(institution, rows, actor)
        with _collecting(faults, file_name, "person", [place for place, _ in named]):
            people = register_people(institution, _people(line for _, line in named), actor)
        check(faults)
        links = [(firms[place], person, "legal_representative") for (place, _), person in zip(named, people, strict=True)]
        link_people(institution, links, actor)
    return firms


def _row(line: Mapping[str, str], where: str, faults: list[Fault]) -> dict[str, Any]:
    """A row as `register_firms` takes it; what cannot be read is added to `faults`."""
    row: dict[str, Any] = {each: line[each] for each in ("name", "industry_code", "division_code")}
    row |= {"kind": KINDS.get(line["kind"], line["kind"]), "identifiers": {"uscc": line["unified_code"]}}
    readings: dict[str, tuple[Callable[[str], Any], str]] = {
        "founded_on": (date.fromisoformat, "a day like 2019-08-20"),
        "staff_count": (int, "a whole number"),
    }
    for name, (read, expected) in readings.items():
        try:
            row[name] = read(line[name]) if line[name] else None
        except ValueError:
            faults.append(Fault(f"{where}, {name}", line[name], expected))
    if not line["unified_code"]:
        faults.append(Fault(f"{where}, unified_code", "nothing", "18 characters (GB 32100)"))
    if bool(line["representative"]) != bool(line["identity_number"]):
        lacking = next(each for each in PERSON if not line[each])
        faults.append(Fault(f"{where}, {lacking}", "nothing", "name and identity number of who signs, or neither"))
    return row


def _people(lines: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    return [{"name": line["representative"], "identity_number": line["identity_number"], "phone": line["phone"] or None} for line in lines]


@contextmanager
def _collecting(faults: list[Fault], file_name: str, kind: str, places: Sequence[int]) -> Iterator[None]:
    """Faults of rows go to `faults` with their lines, so that those of firms and of people are told together."""
    try:
        yield
    except FaultsError as refused:
        lines = {f"{kind} {number}": f"line {place + 2}" for number, place in enumerate(places, 1)}
        faults += placed(refused.faults, lines, file_name)
