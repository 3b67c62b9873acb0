"""Whether a person may speak on a case at all: present, without an own interest, in the own name or for somebody who is away.

Own relations are those that the registers show (the member of staff is one of the firm's people) and those that were declared. A
delegation is dated and confirmed by a second person; it carries the giver's role and nothing that the giver could not do: where the giver
has an interest in the firm or has spoken already, it gives no voice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q

from puhui.calculations.faults import Fault
from puhui.decisions.factory_models import Absence, Delegation, Interest
from puhui.parties.models import Firm, FirmPerson, User

REVIEWERS = ("officer", "approver", "risk_manager")


@dataclass(frozen=True)
class Standing:
    """`is_absent` on the day; `interests` of the person in the firm, by kind; `givers` for whom the person may speak."""

    is_absent: bool
    interests: tuple[str, ...]
    givers: tuple[User, ...]


def absent_on(users: Iterable[int], day: date) -> set[int]:
    """Those of the users who are away on a day."""
    rows = Absence.objects.filter(user__in=list(users), starts_on__lte=day, ends_on__gte=day)
    return set(rows.values_list("user_id", flat=True))


def interests_of(users: Collection[User], firm: Firm) -> dict[int, tuple[str, ...]]:
    """User → kinds of own relations to the firm: `own_firm` from the registers, else as declared. One query for all users."""
    return {number: interests for number, (_, interests) in seen_on(users, firm, date.min).items()}


def seen_on(users: Iterable[User], firm: Firm, day: date) -> dict[int, tuple[bool, tuple[str, ...]]]:
    """User → away on the day, and own relations to the firm."""
    people = FirmPerson.objects.filter(firm=firm, until__isnull=True)
    away = Absence.objects.filter(user=OuterRef("pk"), starts_on__lte=day, ends_on__gte=day)
    declared = Interest.objects.filter(Q(firm=firm) | Q(person__in=people.values("person")), user=OuterRef("pk"), ended_on__isnull=True)
    rows = User.objects.filter(pk__in=[user.pk for user in users]).annotate(
        is_own=Exists(people.filter(person=OuterRef("person"))), is_away=Exists(away), declared=ArraySubquery(declared.values("kind"))
    )
    found = rows.values_list("pk", "is_away", "is_own", "declared")
    return {number: (is_away, (*(("own_firm",) if is_own else ()), *sorted(kinds))) for number, is_away, is_own, kinds in found}


def givers_of(user: User, day: date) -> list[User]:
    """Those for whom a person may speak on a day, by confirmed delegations that were not withdrawn."""
    live = Delegation.objects.filter(
        taker=user, starts_on__lte=day, ends_on__gte=day, confirmed_at__isnull=False, withdrawn_at__isnull=True, giver__is_active=True
    )
    return list({one.giver_id: one.giver for one in live.select_related("giver").order_by("pk")}.values())


def standing_of(user: User, firm: Firm, day: date, spoken: Collection[int] = ()) -> Standing:
    """How a person stands to a case of the firm; `spoken`: those who have had their say, who cannot speak again through others."""
    givers = givers_of(user, day)
    seen = seen_on([user, *givers], firm, day)
    free = tuple(one for one in givers if not seen[one.pk][1] and one.pk not in spoken)
    return Standing(*seen[user.pk], free)


def standing_faults(user: User, standing: Standing) -> list[Fault]:
    """Why this person keeps out of the case."""
    faults = []
    if standing.is_absent:
        faults.append(Fault("reviewer", f"{user.username}, who is away today", "somebody who is at work"))
    if standing.interests:
        found = f"{user.username}, with an own interest ({', '.join(standing.interests)})"
        faults.append(Fault("reviewer", found, "a person without relations to the firm", "Leave the case to somebody else."))
    return faults
