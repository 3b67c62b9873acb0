"""What is done with parties: registering the lender, its officers, firms and persons, and taking and withdrawing consent.

Each function is one transaction and leaves its row in the audit trail. Lists of rows are written set by set, so that a county of
firms takes as many statements as one firm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties import registration
from puhui.parties.audit import record_act, record_audit, record_audits
from puhui.parties.consents import consent_faults, text_digest
from puhui.parties.encryption import blind_index, decrypt, encrypt
from puhui.parties.models import Branch, Consent, Firm, FirmIdentifier, FirmPerson, Institution, Person, Role, User

__all__ = [
    "create_branch",
    "create_institution",
    "create_user",
    "grant_consent",
    "grant_consents",
    "head_branch",
    "link_people",
    "link_person",
    "record_audit",
    "record_audits",
    "register_firm",
    "register_firms",
    "register_people",
    "register_person",
    "reveal_identity_number",
    "reveal_phone",
    "withdraw_consent",
]


@transaction.atomic
def create_institution(code: str, name: str, kind: str, business_date: date, currency: str = "CNY", actor: str = "system") -> Institution:
    """A lender, whose open day is `business_date`. Raises FaultsError for an unknown kind or a code in use."""
    faults = []
    if kind not in Institution.Kind.values:
        faults.append(Fault("kind", kind, " or ".join(Institution.Kind.values)))
    if Institution.objects.filter(code=code).exists():
        faults.append(Fault("code", code, "a code that no institution has"))
    check(faults)
    institution = Institution.objects.create(code=code, name=name, kind=kind, currency=currency, business_date=business_date)
    head_branch(institution)
    record_act(institution, actor, "create_institution", institution, {"code": code, "kind": kind})
    return institution


def head_branch(institution: Institution) -> Branch:
    """The head office of a lender, which is made with it."""
    wanted = {"code": institution.code, "name": institution.name}
    head, _ = Branch.objects.get_or_create(institution=institution, parent=None, defaults=wanted)
    return head


@transaction.atomic
def create_branch(institution: Institution, code: str, name: str, parent: Branch | None = None, *, actor: str) -> Branch:
    """A branch under another, or under the head office. Raises FaultsError for a code in use or a parent of another lender."""
    faults = []
    if not code or Branch.objects.filter(institution=institution, code=code).exists():
        faults.append(Fault("code", code or "nothing", "a code that no branch has"))
    if parent is not None and parent.institution_id != institution.pk:
        faults.append(Fault("parent", parent.code, f"a branch of {institution.code}"))
    check(faults)
    branch = Branch.objects.create(institution=institution, code=code, name=name, parent=parent or head_branch(institution))
    record_act(institution, actor, "create_branch", branch, {"code": code, "parent": branch.parent.code if branch.parent else ""})
    return branch


@transaction.atomic
def create_user(
    institution: Institution | None,
    username: str,
    password: str,
    role: str,
    name: str = "",
    person: Person | None = None,
    language: str = "zh-hans",
    actor: str = "system",
) -> User:
    """An account to sign in with. Raises FaultsError for an unknown role or a name in use."""
    faults = []
    if role not in Role.values:
        faults.append(Fault("role", role, ", ".join(Role.values)))
    if institution is None and role != Role.SUPERVISOR:
        faults.append(Fault("institution", "none", f"an institution, for every role but {Role.SUPERVISOR}"))
    if role == Role.BORROWER and person is None:
        faults.append(Fault("person", "none", "the person who borrows"))
    if User.objects.filter(username=username).exists():
        faults.append(Fault("username", username, "a name that nobody has"))
    check(faults)
    user = User.objects.create_user(
        username, password=password, institution=institution, role=role, first_name=name, person=person, language=language
    )
    if institution:
        record_act(institution, actor, "create_user", user, {"username": username, "role": role})
    return user


def register_firm(
    institution: Institution,
    name: str,
    *,
    kind: str = Firm.Kind.ENTERPRISE,
    industry_code: str = "",
    division_code: str = "",
    founded_on: date | None = None,
    staff_count: int | None = None,
    identifiers: Mapping[str, str] | None = None,
    manager: User | None = None,
    actor: str,
) -> Firm:
    """One firm; see `register_firms`."""
    row = {
        "name": name,
        "kind": kind,
        "industry_code": industry_code,
        "division_code": division_code,
        "founded_on": founded_on,
        "staff_count": staff_count,
        "identifiers": identifiers or {},
        "manager": manager,
    }
    return register_firms(institution, [row], actor)[0]


def register_firms(institution: Institution, rows: Sequence[Mapping[str, Any]], actor: str) -> list[Firm]:
    """Firms in the order of `rows` (columns as the arguments of `register_firm`): all of them or none.

    Raises:
        FaultsError: with every fault of every row: `registration.read_firms`.
    """
    try:
        return _register_firms(institution, registration.read_firms(institution, rows), actor)
    except IntegrityError as error:  # somebody else registered one of them since we looked
        fault = Fault("identifiers", "one that was registered at this moment", "firms that are not registered yet", "Try again.")
        raise FaultsError([fault]) from error


@transaction.atomic
def _register_firms(institution: Institution, read: Sequence[registration.FirmRow], actor: str) -> list[Firm]:
    columns = ("name", "kind", "industry_code", "division_code", "founded_on", "staff_count", "manager")
    firms = Firm.objects.bulk_create(
        [Firm(institution=institution, **{column: getattr(row, column) for column in columns}) for row in read], batch_size=2000
    )
    FirmIdentifier.objects.bulk_create(
        [
            FirmIdentifier(institution=institution, firm=firm, scheme=scheme, value=value)
            for firm, row in zip(firms, read, strict=True)
            for scheme, value in row.identifiers.items()
        ],
        batch_size=5000,
    )
    details = [{"identifiers": dict(row.identifiers), "warnings": registration.firm_warnings(row)} for row in read]
    record_audits(institution, actor, "register_firm", "firm", [(firm.pk, detail) for firm, detail in zip(firms, details, strict=True)])
    return firms


def register_person(institution: Institution, name: str, identity_number: str, phone: str | None = None, *, actor: str) -> Person:
    """One person; see `register_people`."""
    return register_people(institution, [{"name": name, "identity_number": identity_number, "phone": phone}], actor)[0]


@transaction.atomic
def register_people(institution: Institution, rows: Sequence[Mapping[str, Any]], actor: str) -> list[Person]:
    """Persons in the order of `rows` (`name`, `identity_number`, optional `phone`); a known number is the known person.

    Raises:
        FaultsError: with every fault of every row; also where a number is known under another name.
    """
    read = registration.read_persons(institution, rows)
    indexes = [blind_index(row.identity_number, "identity_number") for row in read]
    wanted = dict(zip(indexes, read, strict=True))
    check(registration.name_faults(_first_named(indexes, read), wanted))
    known = set(_people(institution, indexes))
    Person.objects.bulk_create(
        [_person(institution, row, index) for index, row in wanted.items() if index not in known], batch_size=2000, ignore_conflicts=True
    )
    stored = _people(institution, indexes)  # read again: another session may have registered one of them meanwhile
    check(registration.name_faults(stored, wanted))
    record_audits(institution, actor, "register_person", "person", [(stored[index].pk, None) for index in wanted if index not in known])
    _update_phones(institution, [(stored[index], wanted[index].phone) for index in wanted if index in known], actor)
    return [stored[index] for index in indexes]


def _first_named(indexes: Sequence[bytes], rows: Sequence[registration.PersonRow]) -> dict[bytes, Person]:
    """The first name given for each number, to find a list that gives one number two names."""
    first: dict[bytes, Person] = {}
    for index, row in zip(indexes, rows, strict=True):
        first.setdefault(index, Person(name=row.name))
    return first


def _people(institution: Institution, indexes: Iterable[bytes]) -> dict[bytes, Person]:
    people = Person.objects.filter(institution=institution, identity_number_index__in=set(indexes))
    return {bytes(person.identity_number_index): person for person in people}


def _person(institution: Institution, row: registration.PersonRow, index: bytes) -> Person:
    return Person(
        institution=institution,
        name=row.name,
        identity_number_encrypted=encrypt(row.identity_number, "identity_number"),
        identity_number_index=index,
        phone_encrypted=encrypt(row.phone, "phone") if row.phone else None,
        phone_index=blind_index(row.phone, "phone") if row.phone else None,
    )


def _update_phones(institution: Institution, phones: Sequence[tuple[Person, str | None]], actor: str) -> None:
    changed = []
    for person, phone in phones:
        if phone and (person.phone_index is None or bytes(person.phone_index) != blind_index(phone, "phone")):
            person.phone_encrypted, person.phone_index = encrypt(phone, "phone"), blind_index(phone, "phone")
            changed.append(person)
    Person.objects.bulk_update(changed, ["phone_encrypted", "phone_index"], batch_size=1000)
    record_audits(institution, actor, "change_phone", "person", [(person.pk, None) for person in changed])


@transaction.atomic
def link_person(firm: Firm, person: Person, role: str, since: date | None = None, *, actor: str) -> FirmPerson:
    """A person's part in a firm (legal_representative, owner, spouse, contact …); the same part again changes nothing."""
    if person.institution_id != firm.institution_id:
        raise FaultsError([Fault("person", "a customer of another institution", f"a person registered at {firm.institution}")])
    link, created = FirmPerson.objects.get_or_create(firm=firm, person=person, role=role, defaults={"since": since})
    if created:
        record_act(firm.institution, actor, "link_person", firm, {"person": person.pk, "role": role})
    return link


@transaction.atomic
def link_people(institution: Institution, links: Sequence[tuple[Firm, Person, str]], actor: str, since: date | None = None) -> None:
    """Parts of persons in firms: (firm, person, role), set by set; parts that are there already stay. `since`: the day of joining.

    Raises FaultsError naming each person or firm of another institution.
    """
    check(
        Fault(f"link {number}", f"{firm} and {person}", f"a firm and a person of {institution}")
        for number, (firm, person, _) in enumerate(links, 1)
        if {firm.institution_id, person.institution_id} != {institution.pk}
    )
    rows = [FirmPerson(firm=firm, person=person, role=role, since=since) for firm, person, role in links]
    FirmPerson.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2_000)
    record_audits(
        institution, actor, "link_person", "firm", [(firm.pk, {"person": person.pk, "role": role}) for firm, person, role in links]
    )


def grant_consent(
    firm: Firm,
    *,
    purpose: str,
    classes: Sequence[str],
    expires_on: date,
    text_version: str,
    text: str,
    channel: str,
    granted_by: str,
    at: datetime | None = None,
) -> Consent:
    """One firm's consent; see `grant_consents`."""
    return grant_consents(
        firm.institution,
        [firm],
        purpose=purpose,
        classes=classes,
        expires_on=expires_on,
        text_version=text_version,
        text=text,
        channel=channel,
        granted_by=granted_by,
        at=at,
    )[0]


@transaction.atomic
def grant_consents(
    institution: Institution,
    firms: Sequence[Firm],
    *,
    purpose: str,
    classes: Sequence[str],
    expires_on: date,
    text_version: str,
    text: str,
    channel: str,
    granted_by: str,
    at: datetime | None = None,
) -> list[Consent]:
    """The same consent of several firms. Valid from `at` (default: the start of the business day) until before `expires_on`.

    The text that was shown is kept by its SHA-256 digest and version.

    Raises:
        FaultsError: unknown purpose or class, no text, a period that is empty, a firm of another institution.
    """
    granted_at = at or start_of_day(institution.business_date)
    check(consent_faults(institution, firms, purpose, classes, expires_on, text, granted_at))
    consents = Consent.objects.bulk_create(
        [
            Consent(
                institution=institution,
                firm=firm,
                purpose=purpose,
                classes=sorted(set(classes)),
                text_version=text_version,
                text_digest=text_digest(text),
                channel=channel,
                granted_by=granted_by,
                granted_at=granted_at,
                expires_on=expires_on,
            )
            for firm in firms
        ],
        batch_size=2000,
    )
    detail = {"purpose": purpose, "classes": sorted(set(classes)), "expires_on": expires_on, "channel": channel}
    subjects = [(consent.pk, {"firm": consent.firm_id, **detail}) for consent in consents]
    record_audits(institution, granted_by, "grant_consent", "consent", subjects)
    return consents


@transaction.atomic
def withdraw_consent(consent: Consent, actor: str, at: datetime | None = None) -> Consent:
    """From `at` (default: the start of the business day, so at once) nothing is read under this consent. Again changes nothing."""
    stored = Consent.objects.select_for_update(of=("self",)).select_related("institution").get(pk=consent.pk)
    if stored.withdrawn_at is None:
        stored.withdrawn_at = at or max(start_of_day(stored.institution.business_date), stored.granted_at)
        stored.save(update_fields=["withdrawn_at"])
        record_act(stored.institution, actor, "withdraw_consent", stored, {"firm": stored.firm_id})
    consent.withdrawn_at = stored.withdrawn_at
    return stored


def start_of_day(day: date) -> datetime:
    """Midnight in the time of the place: acts dated by a business day and not by a clock."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def reveal_identity_number(person: Person, actor: str, reason: str) -> str:
    """The whole identity number, shown by an act that is logged with its reason."""
    return _reveal(person, "identity_number", actor, reason)


def reveal_phone(person: Person, actor: str, reason: str) -> str | None:
    """The whole phone number, likewise; None where there is none."""
    return _reveal(person, "phone", actor, reason) if person.phone_encrypted else None


@transaction.atomic
def _reveal(person: Person, purpose: str, actor: str, reason: str) -> str:
    if not reason.strip():
        raise FaultsError([Fault("reason", "nothing", "why the number must be seen")])
    record_act(person.institution, actor, f"reveal_{purpose}", person, {"reason": reason})
    return decrypt(getattr(person, f"{purpose}_encrypted"), purpose)
