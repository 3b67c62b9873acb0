"""What a firm or a person must bring to be registered, checked before anything is written.

Rows come as dictionaries, one or hundreds; every fault of every row is collected, so a list is corrected once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from puhui.calculations.faults import Fault, check
from puhui.parties import identifiers
from puhui.parties.models import Firm, FirmIdentifier, Institution, Person, User

FIRM_COLUMNS = ("name", "kind", "industry_code", "division_code", "founded_on", "staff_count", "identifiers", "manager")
PEOPLE_KINDS = (Firm.Kind.PERSON, Firm.Kind.HOUSEHOLD)  # registered with their people: `borrowers.py`
FIRM_KINDS = tuple(kind for kind in Firm.Kind.values if kind not in PEOPLE_KINDS)


@dataclass(frozen=True, slots=True)
class FirmRow:
    """A firm as it is to be registered; `identifiers` maps scheme to normalised value."""

    name: str
    kind: str = Firm.Kind.ENTERPRISE
    industry_code: str = ""
    division_code: str = ""
    founded_on: date | None = None
    staff_count: int | None = None
    identifiers: Mapping[str, str] = field(default_factory=dict)
    manager: User | None = None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as to be registered, number and phone normalised."""

    name: str
    identity_number: str
    phone: str | None = None


def read_firms(institution: Institution, rows: Sequence[Mapping[str, Any]]) -> list[FirmRow]:
    """Checked and normalised firms.

    Raises:
        FaultsError: with every fault of every row, identifiers already known at the institution included.
    """
    faults: list[Fault] = []
    read = []
    for number, row in enumerate(rows, 1):
        where = f"firm {number}"
        unknown = sorted(set(row) - set(FIRM_COLUMNS))
        if unknown:
            faults.append(Fault(where, f"the columns {', '.join(unknown)}", ", ".join(FIRM_COLUMNS)))
        firm = _firm(row)
        faults += _firm_faults(firm, institution.business_date, where)
        read.append(firm)
    faults += _repeated(read) + _known(institution, read)
    check(faults)
    return read


def _firm(row: Mapping[str, Any]) -> FirmRow:
    given = {column: row[column] for column in FIRM_COLUMNS if row.get(column) is not None}
    schemes = {}
    for scheme, value in given.pop("identifiers", {}).items():
        if value:
            schemes[scheme] = identifiers.normalise(value) if scheme == "uscc" else str(value).strip()
    name = str(given.pop("name", "")).strip()
    return FirmRow(name=name, identifiers=schemes, **given)


def _firm_faults(firm: FirmRow, on: date, where: str) -> Iterable[Fault]:
    if not firm.name:
        yield Fault(f"{where}, name", "nothing", "the firm's name")
    if firm.kind in PEOPLE_KINDS:
        yield Fault(f"{where}, kind", firm.kind, " or ".join(FIRM_KINDS), "Register people as a borrower: they need identity numbers.")
    elif firm.kind not in FIRM_KINDS:
        yield Fault(f"{where}, kind", firm.kind, " or ".join(FIRM_KINDS))
    if firm.industry_code and not (firm.industry_code.isdigit() and len(firm.industry_code) == 4):
        yield Fault(f"{where}, industry_code", firm.industry_code, "four digits of GB/T 4754")
    if firm.division_code and not (firm.division_code.isdigit() and len(firm.division_code) == 6):
        yield Fault(f"{where}, division_code", firm.division_code, "six digits of GB/T 2260")
    if firm.founded_on and firm.founded_on > on:
        yield Fault(f"{where}, founded_on", str(firm.founded_on), f"a day not after {on}")
    if firm.staff_count is not None and firm.staff_count < 0:
        yield Fault(f"{where}, staff_count", str(firm.staff_count), "zero or more")
    if "uscc" in firm.identifiers:
        yield from identifiers.uscc_faults(firm.identifiers["uscc"], f"{where}, uscc")


def _repeated(firms: Sequence[FirmRow]) -> list[Fault]:
    counts = Counter(pair for firm in firms for pair in firm.identifiers.items())
    return [
        Fault(f"identifier {scheme}", f"{value} {count} times", "each identifier on one firm")
        for (scheme, value), count in counts.items()
        if count > 1
    ]


def _known(institution: Institution, firms: Sequence[FirmRow]) -> list[Fault]:
    given = {pair for firm in firms for pair in firm.identifiers.items()}
    stored = FirmIdentifier.objects.filter(
        institution=institution, scheme__in={scheme for scheme, _ in given}, value__in={value for _, value in given}
    ).select_related("firm")
    return [
        Fault(f"identifier {each.scheme}", f"{each.value}, known as {each.firm.name}", "a firm that is not registered yet")
        for each in stored
        if (each.scheme, each.value) in given
    ]


def firm_warnings(firm: FirmRow) -> list[str]:
    """What is strange about a firm and yet no reason to refuse it."""
    return [str(fault) for fault in identifiers.uscc_warnings(firm.identifiers.get("uscc", ""))]


def read_persons(institution: Institution, rows: Sequence[Mapping[str, Any]]) -> list[PersonRow]:
    """Checked and normalised persons: `name`, `identity_number`, optional `phone`.

    Raises:
        FaultsError: with every fault of every row; identity numbers are not repeated in it.
    """
    faults: list[Fault] = []
    read = []
    for number, row in enumerate(rows, 1):
        where = f"person {number}"
        phone = identifiers.normalise_phone(row["phone"]) if row.get("phone") else None
        person = PersonRow(str(row.get("name", "")).strip(), identifiers.normalise(str(row.get("identity_number", ""))), phone)
        if not person.name:
            faults.append(Fault(f"{where}, name", "nothing", "the person's name"))
        faults += identifiers.identity_number_faults(person.identity_number, institution.business_date, f"{where}, identity_number")
        if phone:
            faults += identifiers.phone_faults(phone, f"{where}, phone")
        read.append(person)
    check(faults)
    return read


def name_faults(stored: Mapping[bytes, Person], wanted: Mapping[bytes, PersonRow]) -> list[Fault]:
    """Persons known under the same identity number with another name."""
    return [
        Fault("identity_number", f"the number of {stored[index].name} with the name {row.name}", "one name for one number")
        for index, row in wanted.items()
        if index in stored and stored[index].name != row.name
    ]
