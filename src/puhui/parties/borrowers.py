"""People who borrow: a natural person for a business of their own, and a farming household (农户) that owes together.

A lender's customer is one row (`Firm`) whatever it is, because evidence, consent, decision, loan and exposure all hang on the customer.
The row of a person who borrows has that person as its `borrower`. The row of a household has a `head` and `members`, and all of them owe
the whole debt. A person borrows as one customer only and is in one household only, which the database holds to, so that nobody is
credited twice. People are known by the blind index of their identity number; the number itself is in no row of the customer, which is
found by a customer number (scheme `customer`: P or H and eight digits) or by the number of the village's file (scheme `household`).

The credit view joins whoever shares a person: a member's shop, the spouse's firm and the household are one debtor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties import identifiers, registration
from puhui.parties.actions import link_people, record_audits, register_people
from puhui.parties.encryption import decrypt
from puhui.parties.models import Firm, FirmIdentifier, FirmPerson, Institution, Person, User

__all__ = ["add_member", "named_in_contract", "people_told", "register_borrowers", "register_member"]

PARTS = ("borrower", "head", "member", "spouse")  # as a row names them; a spouse in a household is a member as well
COLUMNS = ("kind", "people", "household_number", "industry_code", "division_code", "founded_on", "manager")
LEAST_AGE_YEARS = 18  # who owes must be able to bind themselves: Civil Code 17, 18
_TOLD = {"borrower": "借款人", "head": "户主", "member": "共同借款人"}


@dataclass(frozen=True, slots=True)
class BorrowerRow:
    """A borrower to be registered: `people` are (part, name, identity number, phone or None), numbers normalised."""

    kind: str
    people: tuple[tuple[str, registration.PersonRow], ...]
    household_number: str = ""
    industry_code: str = ""
    division_code: str = ""
    founded_on: date | None = None
    manager: User | None = None

    @property
    def name(self) -> str:
        """A person's own; of a household the head's, with the word for a household."""
        first = self.people[0][1].name
        return first if self.kind == Firm.Kind.PERSON else f"{first}户"


def register_borrowers(institution: Institution, rows: Sequence[Mapping[str, Any]], actor: str) -> list[Firm]:
    """Persons and households as customers, in the order of `rows`: all of them or none.

    Args:
        rows: `kind` (person or household), `people`: mappings of `part` (`borrower` of a person; `head`, `spouse`, `member` of a household;
            a person may have a `spouse`), `name`, `identity_number`, optional `phone`; optional `household_number`, `industry_code`,
            `division_code`, `founded_on` (since when they farm or trade), `manager`
    Raises:
        FaultsError: with every fault of every row; also where somebody borrows as a customer already or is in another household.
    """
    read = _read(institution, rows)
    try:
        return _register(institution, read, actor)
    except IntegrityError as error:  # somebody else registered one of them since we looked
        fault = Fault("people", "somebody who was registered at this moment", "people who are no customers yet", "Try again.")
        raise FaultsError([fault]) from error


@transaction.atomic
def _register(institution: Institution, read: Sequence[BorrowerRow], actor: str) -> list[Firm]:
    columns = ("name", "kind", "industry_code", "division_code", "founded_on", "manager")
    told = [(part, person) for row in read for part, person in row.people]
    people = register_people(institution, [_person_columns(person) for _, person in told], actor)
    _check_free(read, told, people)
    firms = Firm.objects.bulk_create(
        [Firm(institution=institution, **{column: getattr(row, column) for column in columns}) for row in read], batch_size=2000
    )
    FirmIdentifier.objects.bulk_create(
        [
            FirmIdentifier(institution=institution, firm=firm, scheme=scheme, value=value)
            for firm, row in zip(firms, read, strict=True)
            for scheme, value in _numbers(firm, row).items()
        ]
    )
    record_audits(institution, actor, "register_borrower", "firm", [(firm.pk, {"kind": firm.kind}) for firm in firms])
    owners = [firm for firm, row in zip(firms, read, strict=True) for _ in row.people]
    links = [
        (firm, person, part)
        for firm, person, (told_part, _) in zip(owners, people, told, strict=True)
        for part in _parts(firm.kind, told_part)
    ]
    FirmPerson.objects.bulk_create([FirmPerson(firm=firm, person=person, role=part) for firm, person, part in links], batch_size=2000)
    record_audits(institution, actor, "link_person", "firm", [(firm.pk, {"person": one.pk, "role": part}) for firm, one, part in links])
    return firms


@transaction.atomic
def add_member(household: Firm, person: Person, actor: str) -> None:
    """Somebody joins a household and owes with it from now on. Raises FaultsError for no household, or a person who is in one."""
    faults = []
    if household.kind != Firm.Kind.HOUSEHOLD:
        faults.append(Fault("household", f"{household.name}, {household.kind}", "a household"))
    if person.institution_id == household.institution_id:
        faults += _age_faults(_born(person), household.institution.business_date, f"person {person.name}")
        standing = FirmPerson.objects.filter(person=person, role__in=("head", "member"), until=None).select_related("firm").first()
        if standing is not None:
            faults.append(Fault("person", f"{person.name}, of {standing.firm.name}", "somebody who is in no household"))
    check(faults)
    link_people(household.institution, [(household, person, "member")], actor, since=household.institution.business_date)


@transaction.atomic
def register_member(household: Firm, told: Mapping[str, Any], actor: str) -> Person:
    """Somebody (`name`, `identity_number`, optional `phone`) is registered where not known yet, and joins (`add_member`)."""
    (person,) = register_people(household.institution, [told], actor)
    add_member(household, person, actor)
    return person


def people_told(firm: Firm) -> list[dict[str, Any]]:
    """Who owes, for the borrower's page: `part`, `person`, and number and phone masked as every page shows them."""
    return [
        {
            "part": link.role,
            "person": link.person,
            "identity_number": identifiers.mask_identity_number(decrypt(link.person.identity_number_encrypted, "identity_number")),
            "phone": identifiers.mask_phone(decrypt(link.person.phone_encrypted, "phone")) if link.person.phone_encrypted else "",
        }
        for link in firm.people.filter(until=None).select_related("person").order_by("role", "id")
    ]


def named_in_contract(firms: Sequence[Firm]) -> dict[int, str]:
    """Person or household → who owes, as the contract names them: each with name and masked number, members as joint debtors."""
    owing = [firm for firm in firms if firm.kind in registration.PEOPLE_KINDS]
    if not owing:
        return {}
    people = FirmPerson.objects.filter(firm__in=owing, until=None)
    found: dict[int, list[str]] = defaultdict(list)
    for link in people.filter(role__in=tuple(_TOLD)).select_related("person").order_by("firm", "id"):
        found[link.firm_id].append(f"{_TOLD[link.role]}{_words_for(link.person)}")
    joint = "；各成员对本合同债务承担连带清偿责任"
    return {firm: "；".join(told) + (joint if len(told) > 1 else "") for firm, told in found.items()}


def _words_for(person: Person) -> str:
    number = identifiers.mask_identity_number(decrypt(person.identity_number_encrypted, "identity_number"))
    return f"{person.name}，身份证号 {number}"


def names_of_those_who_left(firms: Sequence[Firm]) -> dict[int, list[tuple[str, str]]]:
    """Household → name of each who owed with it and does no more, and the words by which a contract names them. At most two statements."""
    owing = FirmPerson.objects.filter(firm__in=firms, role__in=tuple(_TOLD))
    ended = list(owing.exclude(until=None).select_related("person").order_by("pk")) if firms else []
    inside = set(owing.filter(until=None).values_list("firm_id", "person_id")) if ended else set()
    people = {(link.firm_id, link.person_id): link.person for link in ended if (link.firm_id, link.person_id) not in inside}
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for (firm, _), person in people.items():
        found[firm].append((person.name, _words_for(person)))
    return dict(found)


# ---------------------------------------------------------------------------------------------------------------------- what is checked


def _read(institution: Institution, rows: Sequence[Mapping[str, Any]]) -> list[BorrowerRow]:
    faults: list[Fault] = []
    read = []
    for number, row in enumerate(rows, 1):
        where = f"borrower {number}"
        unknown = sorted(set(row) - set(COLUMNS))
        if unknown:
            faults.append(Fault(where, f"the columns {', '.join(unknown)}", ", ".join(COLUMNS)))
        people = tuple((str(one.get("part", "")), _person(one)) for one in row.get("people") or ())
        given = {name: row[name] for name in COLUMNS if name not in ("kind", "people") and row.get(name) is not None}
        if "household_number" in given:
            given["household_number"] = identifiers.normalise(str(given["household_number"]))
        borrower = BorrowerRow(str(row.get("kind", "")), _in_order(people), **given)
        faults += [*_row_faults(borrower, where), *_people_faults(borrower, institution.business_date, where)]
        read.append(borrower)
    faults += _twice(read) + _known_numbers(institution, read)
    check(faults)
    return read


def _person(told: Mapping[str, Any]) -> registration.PersonRow:
    phone = identifiers.normalise_phone(str(told["phone"])) if told.get("phone") else None
    return registration.PersonRow(str(told.get("name", "")).strip(), identifiers.normalise(str(told.get("identity_number", ""))), phone)


def _in_order(people: tuple[tuple[str, registration.PersonRow], ...]) -> tuple[tuple[str, registration.PersonRow], ...]:
    """The one who borrows, or the head, first."""
    return tuple(sorted(people, key=lambda one: one[0] not in ("borrower", "head")))


def _row_faults(row: BorrowerRow, where: str) -> Iterator[Fault]:
    if row.kind not in registration.PEOPLE_KINDS:
        yield Fault(f"{where}, kind", row.kind or "nothing", " or ".join(registration.PEOPLE_KINDS))
        return
    parts = [part for part, _ in row.people]
    first, others = ("borrower", ("spouse",)) if row.kind == Firm.Kind.PERSON else ("head", ("spouse", "member"))
    if parts.count(first) != 1:
        yield Fault(f"{where}, people", f"{parts.count(first)} with the part {first}", f"one {first}")
    if parts.count("spouse") > 1:
        yield Fault(f"{where}, people", f"{parts.count('spouse')} with the part spouse", "one spouse at most")
    strange = sorted({part for part in parts if part != first and part not in others})
    if strange:
        yield Fault(f"{where}, people", f"the parts {', '.join(strange)}", f"{first}, {' or '.join(others)}, in a {row.kind}")
    if row.household_number and row.kind != Firm.Kind.HOUSEHOLD:
        yield Fault(f"{where}, household_number", row.household_number, "none, for a person")
    if row.industry_code and not (row.industry_code.isdigit() and len(row.industry_code) == 4):
        yield Fault(f"{where}, industry_code", row.industry_code, "four digits of GB/T 4754")
    if row.division_code and not (row.division_code.isdigit() and len(row.division_code) == 6):
        yield Fault(f"{where}, division_code", row.division_code, "six digits of GB/T 2260")


def _people_faults(row: BorrowerRow, on: date, where: str) -> Iterator[Fault]:
    """Everything wrong with the people of a row; an identity number is never repeated in it."""
    for place, (_, person) in enumerate(row.people, 1):
        at = f"{where}, person {place}"
        if not person.name:
            yield Fault(f"{at}, name", "nothing", "the person's name")
        wrong = identifiers.identity_number_faults(person.identity_number, on, f"{at}, identity_number")
        yield from wrong or _age_faults(identifiers.birth_date(person.identity_number), on, at)
        if person.phone:
            yield from identifiers.phone_faults(person.phone, f"{at}, phone")


def _age_faults(born: date | None, on: date, where: str) -> Iterator[Fault]:
    if born is not None and (on.year - born.year - ((on.month, on.day) < (born.month, born.day))) < LEAST_AGE_YEARS:
        yield Fault(where, "somebody who is not of age", f"{LEAST_AGE_YEARS} years or more", "Leave out who cannot owe.")


def _twice(rows: Sequence[BorrowerRow]) -> list[Fault]:
    """People, and numbers of households, that stand twice in one list; who trades alone may be of a household as well."""
    seen: dict[tuple[str, str], int] = {}
    faults = []
    for number, row in enumerate(rows, 1):
        circles = [(f"spouse {number}" if row.kind == "person" and part == "spouse" else row.kind, one) for part, one in row.people]
        keys = [(circle, person.identity_number) for circle, person in circles]
        keys += [("number", row.household_number)] if row.household_number else []
        for key in keys:
            if key in seen:
                what = "the number of a household" if key[0] == "number" else "somebody"
                faults.append(Fault(f"borrower {number}", f"{what} of borrower {seen[key]}", "each in one borrower, once"))
            seen.setdefault(key, number)
    return faults


def _known_numbers(institution: Institution, rows: Sequence[BorrowerRow]) -> list[Fault]:
    numbers = [row.household_number for row in rows if row.household_number]
    known = FirmIdentifier.objects.filter(institution=institution, scheme="household", value__in=numbers).select_related("firm")
    return [Fault("household_number", f"{one.value}, known as {one.firm.name}", "a household that is not registered yet") for one in known]


def _check_free(rows: Sequence[BorrowerRow], told: Sequence[tuple[str, registration.PersonRow]], people: Sequence[Person]) -> None:
    """Nobody who borrows here borrows already, and nobody of a household is in one."""
    kinds = [row.kind for row in rows for _ in row.people]
    own = {"borrower"}, {"head", "member"}
    taken: dict[tuple[int, bool], str] = {}
    standing = FirmPerson.objects.filter(person__in=people, role__in=("borrower", "head", "member"), until=None).select_related("firm")
    for link in standing:
        taken[link.person_id, link.role in own[1]] = link.firm.name
    check(
        Fault("people", f"{person.name}, of {taken[person.pk, kind == Firm.Kind.HOUSEHOLD]}", "people who are not in a borrower already")
        for kind, (part, _), person in zip(kinds, told, people, strict=True)
        if (person.pk, kind == Firm.Kind.HOUSEHOLD) in taken and (kind == Firm.Kind.HOUSEHOLD or part == "borrower")
    )


def _person_columns(person: registration.PersonRow) -> dict[str, Any]:
    return {"name": person.name, "identity_number": person.identity_number, "phone": person.phone}


def _numbers(firm: Firm, row: BorrowerRow) -> dict[str, str]:
    """Scheme → value of the numbers that the lender knows a borrower by."""
    customer = {"customer": f"{'P' if firm.kind == Firm.Kind.PERSON else 'H'}{firm.pk:08d}"}
    return customer | ({"household": row.household_number} if row.household_number else {})


def _parts(kind: str, told: str) -> tuple[str, ...]:
    return ("member", "spouse") if kind == Firm.Kind.HOUSEHOLD and told == "spouse" else (told,)


def _born(person: Person) -> date | None:
    return identifiers.birth_date(decrypt(person.identity_number_encrypted, "identity_number"))
