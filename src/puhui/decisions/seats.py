"""Who of a committee may still vote: those who sit and have no own interest in the firm, as the registers and declarations stand now.

A conflict that shows after a sitting was called takes the member's seat, and a vote already cast counts no more. Where fewer are left than
the quorum, or nobody who presides, the sitting has lost its quorum: no vote is taken, whoever convened it is told on the work queue and the
committee's page from that moment on, and may call it anew with those who are free by then. Nothing is stored of this but the trail: it is
read from the declarations each time, so a relation that ended or that only the registers know counts as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import Q

from puhui.calculations.faults import Fault
from puhui.decisions.factory_models import Interest, Sitting
from puhui.decisions.standing import interests_of
from puhui.parties.actions import record_audit
from puhui.parties.models import Firm, FirmPerson, Person, User

__all__ = ["conflicted", "free_of", "has_lost_quorum", "lost_by", "quorum_faults", "tell_lost"]


def conflicted(sittings: Collection[Sitting]) -> dict[int, set[int]]:
    """Sitting → its members with an own interest in the firm. Three queries for all of them; `decision` is at hand."""
    if not sittings:
        return {}
    firms = {one.decision.firm_id for one in sittings}
    everybody = {number for one in sittings for number in one.members}
    owners = set(FirmPerson.objects.filter(firm__in=firms, until__isnull=True).values_list("firm_id", "person_id"))
    own = dict(User.objects.filter(pk__in=everybody, person__isnull=False).values_list("pk", "person_id"))
    declared = Interest.objects.filter(user__in=everybody, ended_on__isnull=True)
    declared = declared.filter(Q(firm__in=firms) | Q(person__in={person for _, person in owners}))
    pairs = {(user, firm) for user, person in own.items() for firm, one in owners if one == person}
    for user, firm, person in declared.values_list("user_id", "firm_id", "person_id"):
        pairs |= {(user, firm)} if firm else {(user, each) for each, one in owners if one == person}
    return {one.pk: {number for number in one.members if (number, one.decision.firm_id) in pairs} for one in sittings}


def free_of(sitting: Sitting, members: Collection[User]) -> list[int]:
    """Those of a sitting's members who may vote and whose votes count. One query; `members` are its users."""
    interests = interests_of(members, sitting.decision.firm)
    return [one.pk for one in members if not interests[one.pk]]


def has_lost_quorum(sitting: Sitting, free: Sequence[int], roles: Mapping[int, str]) -> bool:
    """Whether those who are free cannot carry an open sitting, however they vote. roles: of its members."""
    return sitting.outcome == Sitting.Outcome.OPEN and bool(quorum_faults(sitting, free, roles))


def quorum_faults(sitting: Sitting, free: Sequence[int], roles: Mapping[int, str]) -> list[Fault]:
    """What an open sitting lacks to be able to vote."""
    remedy = f"{sitting.opened_by.username}, who called the committee, is told and may call it anew."
    if len(free) < sitting.quorum:
        found = f"{len(free)} of {len(sitting.members)} members without an own interest"
        return [Fault("quorum", found, f"{sitting.quorum} or more", remedy)]
    if sitting.chair and not any(roles.get(number) in sitting.chair for number in free):
        return [Fault("chair", "nobody without an own interest", f"one of {', '.join(sitting.chair)}", remedy)]
    return []


def lost_by(user: User) -> list[Sitting]:
    """The open sittings which a person convened and which have lost their quorum."""
    rows = Sitting.objects.filter(institution=user.institution_id, opened_by=user, outcome=Sitting.Outcome.OPEN)
    return _lost(rows.select_related("decision__firm", "opened_by").defer("decision__record").order_by("pk"))


def _lost(rows: Iterable[Sitting]) -> list[Sitting]:
    found = list(rows)
    kept_out = conflicted(found)
    touched = [one for one in found if kept_out[one.pk]]
    if not touched:
        return []
    roles = dict(User.objects.filter(pk__in={number for one in touched for number in one.members}).values_list("pk", "role"))
    return [one for one in touched if has_lost_quorum(one, [number for number in one.members if number not in kept_out[one.pk]], roles)]


def tell_lost(user: User, firm: Firm | None, person: Person | None, actor: str) -> list[Sitting]:
    """The open sittings that lost their quorum by an interest just declared, each told in the trail with whoever convened it."""
    own = FirmPerson.objects.filter(person=person, until__isnull=True).values_list("firm_id", flat=True)
    firms = [firm.pk] if firm is not None else list(own)
    rows = Sitting.objects.filter(
        institution=user.institution_id, outcome=Sitting.Outcome.OPEN, members__contains=[user.pk], decision__firm__in=firms
    )
    lost = _lost(rows.select_related("decision__firm", "opened_by", "institution").defer("decision__record").order_by("pk"))
    for sitting in lost:
        detail = {"sitting": sitting.pk, "quorum": sitting.quorum, "told": sitting.opened_by.username}
        record_audit(sitting.institution, actor, "lose_quorum", "decision", sitting.decision_id, detail)
    return lost
