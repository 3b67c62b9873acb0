"""All reads of parties. What a user may see is decided in one place, `limit_to_user`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db.models import Exists, F, Func, Model, OuterRef, Q, QuerySet, TextField, Value

from puhui.parties import consents, identifiers
from puhui.parties.encryption import blind_index
from puhui.parties.models import AuditRecord, Branch, Consent, Firm, FirmIdentifier, FirmPerson, Institution, Person, Role, User

Row = TypeVar("Row", bound=Model)

# Who acts for a firm: applies, consents, signs. A spouse or a contact is known to the lender and binds nobody. A household is acted
# for by its head; its members owe with the head and sign for themselves.
ACTING_ROLES = ("legal_representative", "owner", "borrower", "head")
MOST_IDENTIFIED = 1_000
AUDIT_READERS = (Role.AUDITOR, Role.RISK_MANAGER, Role.SYSTEM)


def limit_to_user(rows: QuerySet[Row], user: Any, institution: str = "institution", firm: str | None = None) -> QuerySet[Row]:
    """The rows that a user may see: those of the user's institution, and for a borrower those of the firms the person acts for.

    A supervisor sees aggregates across institutions and no single row. `institution` and `firm` are the paths from the row to its
    institution and firm; without `firm` a borrower sees nothing.
    """
    if not getattr(user, "is_authenticated", False) or user.institution_id is None or user.role == Role.SUPERVISOR:
        return rows.none()
    rows = rows.filter(**{institution: user.institution_id})
    if user.role != Role.BORROWER:
        return rows
    if firm is None or user.person_id is None:
        return rows.none()
    own = FirmPerson.objects.filter(person=user.person_id, until__isnull=True, role__in=ACTING_ROLES).values("firm")
    return rows.filter(**{f"{firm}__in": own})


def institution(code: str | None = None) -> Institution:
    """The institution of a code, or the only one there is. Raises Institution.DoesNotExist or MultipleObjectsReturned."""
    return Institution.objects.get(code=code) if code else Institution.objects.get()


def branches(institution: Institution) -> QuerySet[Branch]:
    """The branches of a lender, the head office first."""
    return Branch.objects.filter(institution=institution).order_by(F("parent").asc(nulls_first=True), "code")


def branch_and_below(branch: Branch) -> list[int]:
    """Ids of a branch and of all that stand under it."""
    children: dict[int | None, list[int]] = {}
    for child, parent in Branch.objects.filter(institution=branch.institution_id).values_list("pk", "parent"):
        children.setdefault(parent, []).append(child)
    found = [branch.pk]
    for each in found:  # grows while it is walked
        found += children.get(each, [])
    return found


def firms(user: User) -> QuerySet[Firm]:
    """Firms that a user may see, by name."""
    return limit_to_user(Firm.objects.all(), user, firm="id").order_by("name", "id")


def firm(user: User, firm_id: int) -> Firm:
    """One firm that a user may see, with its identifiers. Raises Firm.DoesNotExist."""
    return firms(user).select_related("institution", "manager").prefetch_related("identifiers").get(pk=firm_id)


def firm_by_identifier(institution: Institution, scheme: str, value: str) -> Firm | None:
    """The firm known by an identifier."""
    wanted = identifiers.normalise(value) if scheme == "uscc" else value.strip()
    return Firm.objects.filter(institution=institution, identifiers__scheme=scheme, identifiers__value=wanted).first()


def firms_by_identifier(institution: Institution, scheme: str) -> dict[str, int]:
    """Value → firm id of every firm of an institution that has an identifier of the scheme."""
    rows = Firm.objects.filter(institution=institution, identifiers__scheme=scheme)
    return dict(rows.values_list("identifiers__value", "id"))


def firms_named(institution: Institution | int, text: str) -> QuerySet[Firm]:
    """Firms whose name holds the text, in no order."""
    return _with_pairs(Firm.objects.filter(institution=institution)).filter(_named(text))


def find_firms(institution: Institution, text: str) -> QuerySet[Firm]:
    """Firms whose name holds the text, or one of whose identifiers is it (or begins with four characters or more of it), by name.

    A whole identity number finds the firms of its person and the household, by the blind index: the number itself is in no table.
    """
    wanted = text.strip()
    if not wanted:
        return Firm.objects.none()
    found = _named(wanted)
    if not identifiers.identity_number_faults(identifiers.normalise(wanted), institution.business_date):
        index = blind_index(identifiers.normalise(wanted), "identity_number")
        people = Person.objects.filter(institution=institution, identity_number_index=index)
        found |= Q(pk__in=list(FirmPerson.objects.filter(person__in=people, until=None).values_list("firm", flat=True)))
    if len(wanted) >= 4:
        found |= Q(pk__in=_firms_of_identifier(institution, wanted))
    return _with_pairs(Firm.objects.filter(institution=institution)).filter(found).order_by("name", "id")


def _with_pairs(rows: QuerySet[Firm]) -> QuerySet[Firm]:
    return rows.alias(pairs=_pairs("name"))


def _named(text: str) -> Q:
    """The name holds the text. By its pairs of characters the index finds it; a single character has none and costs a look at each."""
    holds = Q(name__icontains=text)
    return holds & Q(pairs__contains=_pairs(Value(text))) if len(text) > 1 else holds


def _pairs(of: Any) -> Func:
    return Func(of, function="parties_pairs", output_field=ArrayField(TextField()))


def _firms_of_identifier(institution: Institution, text: str) -> Any:
    """The firms, so that an index is asked for each; as a query where very many have such an identifier."""
    identified = FirmIdentifier.objects.filter(institution=institution, value__startswith=identifiers.normalise(text))
    found = list(identified.values_list("firm", flat=True)[: MOST_IDENTIFIED + 1])
    return found if len(found) <= MOST_IDENTIFIED else identified.values("firm")


def person_by_identity_number(institution: Institution, identity_number: str) -> Person | None:
    """The person with an identity number, found by its blind index."""
    index = blind_index(identifiers.normalise(identity_number), "identity_number")
    return Person.objects.filter(institution=institution, identity_number_index=index).first()


def people_of(firm: Firm) -> QuerySet[FirmPerson]:
    """Who takes which part in a firm."""
    return firm.people.select_related("person").order_by("role", "id")


def live_consent(firm: Firm, purpose: str, evidence_class: str, at: date | datetime) -> Consent | None:
    """The consent under which a class of evidence may be read at a moment or on a business day; None where there is none.

    Of several, the one that was granted last.
    """
    rows = Consent.objects.filter(consents.live(purpose, evidence_class, at), firm=firm)
    return rows.order_by("-granted_at", "-id").first()


def covering_consent(firm: Firm, purpose: str, classes: Sequence[str], at: date | datetime) -> Consent | None:
    """The consent that covers all of several classes of evidence at once; None where there is none. Of several, the latest granted."""
    rows = Consent.objects.filter(consents.standing(purpose, at), firm=firm, classes__contains=list(classes))
    return rows.order_by("-granted_at", "-id").first()


def firms_with_live_consent(institution: Institution, purpose: str, evidence_class: str, at: date | datetime) -> QuerySet[Firm]:
    """The firms of an institution about which a class of evidence may be read."""
    granted = Consent.objects.filter(consents.live(purpose, evidence_class, at), firm=OuterRef("pk"))
    return Firm.objects.filter(Exists(granted), institution=institution)


def consents_of(firm: Firm) -> QuerySet[Consent]:
    """Everything a firm ever allowed, newest first."""
    return firm.consents.order_by("-granted_at", "-id")


def audit_trail(user: User, filters: Mapping[str, Any] | None = None) -> QuerySet[AuditRecord]:
    """The trail, newest first, for those who read it (auditor, risk manager).

    Filters: actor, act, subject_kind, subject_id, since and until (business dates, both included); others raise ValueError.
    """
    names = {"actor", "act", "subject_kind", "subject_id", "since", "until"}
    given = {name: value for name, value in (filters or {}).items() if value not in (None, "")}
    if set(given) - names:
        raise ValueError(f"unknown filters {sorted(set(given) - names)}, known are {sorted(names)}")
    rows = limit_to_user(AuditRecord.objects.all(), user)
    if getattr(user, "role", None) not in AUDIT_READERS:
        return rows.none()
    if "since" in given:
        rows = rows.filter(business_date__gte=given.pop("since"))
    if "until" in given:
        rows = rows.filter(business_date__lte=given.pop("until"))
    return rows.filter(**given).order_by("-id")


def audit_of(institution: Institution, subject_kind: str, subject_id: object) -> QuerySet[AuditRecord]:
    """What was done to one record, oldest first; for the page of that record, which the caller has scoped."""
    return AuditRecord.objects.filter(institution=institution, subject_kind=subject_kind, subject_id=str(subject_id)).order_by("id")
