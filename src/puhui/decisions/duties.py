"""Who is there and who speaks for whom: delegations, absences, declared interests.

A delegation is asked for by its giver (or by a superior for somebody who is away) and confirmed by another person, who is neither giver
nor taker; both are kept. Nobody gives what was given: the taker's own role and the giver's count, not what others gave to the giver.
"""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from puhui.calculations.faults import Fault, check
from puhui.decisions.factory_models import Absence, Delegation, Interest
from puhui.decisions.seats import tell_lost
from puhui.parties.actions import record_audit
from puhui.parties.models import Firm, Institution, Person, User
from puhui.products.parameters import Row, table

INTERESTS = ("family", "shareholder", "former_employer", "business", "other")


def rules_on(day: date) -> Row:
    """The rules of delegation of a day."""
    return table("delegation-rules", settings.PUHUI_CATALOGUE).row(day)


@transaction.atomic
def delegate(giver: User, taker: User, starts_on: date, ends_on: date, reason: str, asked_by: User) -> Delegation:
    """Ask that one speaks for another from day to day; live once confirmed. The same again gives the one that is there.

    Raises FaultsError naming everything that hinders it.
    """
    institution = _institution(giver)
    rules = rules_on(institution.business_date)
    check(_delegation_faults(institution, giver, taker, starts_on, ends_on, reason, asked_by, rules))
    there = Delegation.objects.filter(giver=giver, taker=taker, starts_on=starts_on, ends_on=ends_on, withdrawn_at__isnull=True).first()
    if there is not None:
        return there
    row = Delegation.objects.create(
        institution=institution, giver=giver, taker=taker, starts_on=starts_on, ends_on=ends_on, reason=reason.strip(), asked_by=asked_by
    )
    detail = {"giver": giver.username, "taker": taker.username, "from": starts_on, "to": ends_on}
    record_audit(institution, asked_by.username, "ask_delegation", "delegation", row.pk, detail)
    return row


def _institution(user: User) -> Institution:
    """The row of the user's institution, locked, as the acts of duties go one after the other."""
    return Institution.objects.select_for_update(no_key=True).get(pk=user.institution_id or 0)


def _delegation_faults(
    institution: Institution, giver: User, taker: User, starts_on: date, ends_on: date, reason: str, asked_by: User, rules: Row
) -> list[Fault]:
    faults = []
    for name, user in (("giver", giver), ("taker", taker)):
        if user.institution_id != institution.pk or user.role not in rules["roles"] or not user.is_active:
            faults.append(Fault(name, f"{user.username}, {user.role}", f"one of {', '.join(rules['roles'])} of {institution}"))
    if giver.pk == taker.pk:
        faults.append(Fault("taker", taker.username, "somebody else than the giver"))
    if asked_by.pk != giver.pk and asked_by.role not in rules["confirmed_by"]:
        faults.append(Fault("user", f"{asked_by.username}, {asked_by.role}", f"the giver, or one of {', '.join(rules['confirmed_by'])}"))
    if not institution.business_date <= starts_on <= ends_on:
        faults.append(Fault("dates", f"{starts_on} to {ends_on}", f"days from {institution.business_date} on, in order"))
    elif (ends_on - starts_on).days >= int(rules["longest_days"]):
        faults.append(Fault("dates", f"{(ends_on - starts_on).days + 1} days", f"at most {rules['longest_days']}"))
    if not reason.strip():
        faults.append(Fault("reason", "nothing", "why, in words"))
    return faults


@transaction.atomic
def confirm_delegation(delegation: Delegation, user: User) -> Delegation:
    """A second person's yes; the same person's again changes nothing.

    Raises FaultsError where the person asked for it, gives or takes, or has no say.
    """
    institution = _institution(delegation.giver)
    row = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation.pk)
    if row.confirmed_by_id == user.pk:
        return row
    rules = rules_on(institution.business_date)
    faults = []
    if user.institution_id != row.institution_id or user.role not in rules["confirmed_by"]:
        faults.append(Fault("user", f"{user.username}, {user.role}", f"one of {', '.join(rules['confirmed_by'])}"))
    if user.pk in (row.asked_by_id, row.giver_id, row.taker_id):
        faults.append(Fault("user", f"{user.username}, who takes part in it", "another person: maker and checker differ"))
    if row.confirmed_at or row.withdrawn_at:
        faults.append(Fault("delegation", "confirmed or withdrawn already", "one that waits"))
    check(faults)
    row.confirmed_by, row.confirmed_at = user, timezone.now()
    row.save(update_fields=["confirmed_by", "confirmed_at"])
    record_audit(institution, user.username, "confirm_delegation", "delegation", row.pk)
    return row


@transaction.atomic
def withdraw_delegation(delegation: Delegation, user: User) -> Delegation:
    """End it at once; again changes nothing. By giver, taker, or who may confirm. Raises FaultsError for others."""
    institution = _institution(delegation.giver)
    row = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation.pk)
    if row.withdrawn_at:
        return row
    confirmers = rules_on(institution.business_date)["confirmed_by"]
    if user.institution_id != row.institution_id or (user.pk not in (row.giver_id, row.taker_id) and user.role not in confirmers):
        check([Fault("user", user.username, f"giver, taker, or one of {', '.join(confirmers)}")])
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    record_audit(institution, user.username, "withdraw_delegation", "delegation", row.pk)
    return row


@transaction.atomic
def record_absence(user: User, starts_on: date, ends_on: date, reason: str, actor: str) -> Absence:
    """Days on which a person decides nothing. The same again is the row that is there. Raises FaultsError for days out of order."""
    institution = _institution(user)
    faults = []
    if starts_on > ends_on:
        faults.append(Fault("dates", f"{starts_on} to {ends_on}", "days in order"))
    if not reason.strip():
        faults.append(Fault("reason", "nothing", "why, in words"))
    check(faults)
    row, made = Absence.objects.get_or_create(
        user=user, starts_on=starts_on, ends_on=ends_on,
        defaults={"institution": institution, "reason": reason.strip()[:200], "recorded_by": actor},
    )  # fmt: skip
    if made:
        detail = {"user": user.username, "from": starts_on, "to": ends_on}
        record_audit(institution, actor, "record_absence", "absence", row.pk, detail)
    return row


@transaction.atomic
def declare_interest(
    user: User, kind: str, *, firm: Firm | None = None, person: Person | None = None, note: str = "", actor: str
) -> Interest:
    """An own relation to a firm, or to a person and all the firms of that person. Again is the row that is there. Raises FaultsError.

    A committee that loses its quorum by it is told of in the trail, and to whoever convened it (`seats`).
    """
    institution = _institution(user)
    faults = []
    if kind not in INTERESTS:
        faults.append(Fault("kind", repr(kind), ", ".join(INTERESTS)))
    subject = firm if firm is not None else person
    if subject is None or (firm is not None and person is not None):
        faults.append(Fault("firm", "none, or both a firm and a person", "a firm or a person"))
    elif subject.institution_id != institution.pk:
        faults.append(Fault("firm", "one of another institution", f"one of {institution}"))
    check(faults)
    wanted = {"user": user, "firm": firm, "person": person, "kind": kind, "ended_on": None}
    row = Interest.objects.filter(
        **{name if value is not None else f"{name}__isnull": value if value is not None else True for name, value in wanted.items()}
    ).first()
    if row is None:
        row = Interest.objects.create(institution=institution, note=note.strip()[:200], declared_by=actor, **wanted)
        detail = {"user": user.username, "kind": kind, "firm": firm.pk if firm else None, "person": person.pk if person else None}
        record_audit(institution, actor, "declare_interest", "interest", row.pk, detail)
        tell_lost(user, firm, person, actor)
    return row
