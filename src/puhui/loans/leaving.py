"""Somebody leaves a household, with what comes of it here: what they still owe with it, and the drafts that name them.

The leaving itself is `parties.leaving`. A preview is the act itself, rolled back, so it can tell nothing else than what would happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from puhui.decisions.exposures import bound_fen
from puhui.loans.parting import drafts_naming_who_left
from puhui.loans.replanning import draft_anew, is_unsigned
from puhui.parties.leaving import Left, leave_household, one_of
from puhui.parties.models import Firm

__all__ = ["Leaving", "Told", "leave"]


@dataclass(frozen=True)
class Leaving:
    """Who leaves which household, by identity number, from which day on and why; who becomes its head, where the head leaves."""

    household: Firm
    identity_number: str
    day: date
    reason: str
    successor_identity_number: str = ""


@dataclass(frozen=True)
class Told:
    """What came of it: the name of who left, the head's name from then on, what is owed with the household still (fen), numbers of the
    drafted contracts that name who left and are as they were, and of those that were drafted anew."""

    person: str
    head: str
    left: Left
    owed_fen: int
    stale: tuple[str, ...]
    redrafted: tuple[str, ...]


@transaction.atomic
def leave(asked: Leaving, actor: str, *, redraft: bool = False, preview: bool = False) -> Told:
    """Carry it out, or only look at it. redraft: contracts that nobody has signed are drafted anew with it.

    Raises FaultsError as `leave_household`.
    """
    household, number = asked.household, asked.successor_identity_number
    person = one_of(household, asked.identity_number)
    successor = one_of(household, number, "successor") if number else None
    left = leave_household(household, person, asked.day, asked.reason, actor, successor=successor)
    drafts = drafts_naming_who_left(household)
    anew = [one for one in drafts if redraft and is_unsigned(one)]
    for contract in anew:
        draft_anew(contract, actor)
    head = household.people.select_related("person").filter(role="head", until=None).first()
    told = Told(
        person.name,
        head.person.name if head else "",
        left,
        bound_fen(household.pk, [asked.day])[asked.day],
        tuple(one.number for one in drafts if one not in anew),
        tuple(one.number for one in anew),
    )
    if preview:
        transaction.set_rollback(True)
    return told
