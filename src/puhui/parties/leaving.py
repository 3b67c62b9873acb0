"""Leaving a household (分户, 离婚, 去世 …): who leaves owes nothing that is lent from then on, and all that was lent before.

A contract names who owes as it was signed, and nobody leaves a debt by moving out (Civil Code 178, 518: joint debtors are each bound to the
whole). So the part ends with its day and reason, the row stays, and the credit view goes on looking at both as one debtor as long as
something decided on in the time together is promised or owed (`decisions/sql/connected.sql`). What is drafted from then on names those
who are there.

Consent is the household's. It stands where a member leaves. Where the head leaves, a member takes the head's place, and what the old head
agreed to for new decisions ends with the day: the new head is asked. The consent to watch a loan stands while the loan does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.actions import withdraw_consent
from puhui.parties.audit import record_act
from puhui.parties.consents import CREDIT_DECISION
from puhui.parties.encryption import blind_index
from puhui.parties.identifiers import normalise
from puhui.parties.models import Consent, Firm, FirmPerson, Person

__all__ = ["LONGEST_REASON", "Left", "leave_household", "one_of", "those_who_left"]

OWING = ("head", "member")
LONGEST_REASON = 200
BECAME_HEAD = "became the head"


@dataclass(frozen=True)
class Left:
    """What came of a leaving: the parts that ended, and how many consents to new decisions ended with the head's."""

    parts: tuple[str, ...]
    consents_ended: int


@transaction.atomic
def leave_household(household: Firm, person: Person, day: date, reason: str, actor: str, *, successor: Person | None = None) -> Left:
    """Somebody belongs to a household no more from `day` on; of the head, `successor` is the member who is the head from then on.

    Raises FaultsError with every fault: no household, nobody of it, a day that is not there yet or before the joining, no reason, a head
    without a successor.
    """
    Firm.objects.select_for_update(of=("self",), no_key=True).get(pk=household.pk)  # two who leave at once see each other
    links = list(FirmPerson.objects.filter(firm=household, until=None).select_related("person").order_by("pk"))
    own = [link for link in links if link.person_id == person.pk]
    is_head = any(link.role == "head" for link in own)
    check([*_faults(household, person, own, day, reason), *_successor_faults(links, person, successor, is_head=is_head and bool(own))])
    _end(own, day, reason.strip())
    if is_head and successor is not None:
        _make_head(household, successor, links, day)
    ended = _end_consents(household, actor) if is_head else 0
    detail = {"person": person.pk, "parts": [link.role for link in own], "day": day, "reason": reason.strip(), "consents_ended": ended}
    detail |= {"successor": successor.pk} if successor is not None else {}
    record_act(household.institution, actor, "leave_household", household, detail)
    return Left(tuple(link.role for link in own), ended)


def one_of(household: Firm, identity_number: str, where: str = "identity_number") -> Person:
    """Who is in a household now, by identity number; the number is in no fault. Raises FaultsError for somebody who is not."""
    index = blind_index(normalise(identity_number), "identity_number")
    links = FirmPerson.objects.filter(firm=household, until=None, role__in=OWING, person__identity_number_index=index)
    link = links.select_related("person").first()
    if link is None:
        raise FaultsError([Fault(where, "the number of somebody else", f"that of somebody who is in {household.name} now")])
    return link.person


def those_who_left(household: Firm) -> list[FirmPerson]:
    """The parts of those who are in a household no more, the last who left first; who became its head has not left."""
    ended = household.people.filter(role__in=OWING).exclude(until=None).exclude(left_because=BECAME_HEAD)
    return list(ended.select_related("person").order_by("-until", "-pk"))


def _faults(household: Firm, person: Person, own: list[FirmPerson], day: date, reason: str) -> Iterable[Fault]:
    if household.kind != Firm.Kind.HOUSEHOLD:
        yield Fault("household", f"{household.name}, {household.kind}", "a household")
    elif not any(link.role in OWING for link in own):
        yield Fault("person", person.name, f"somebody who is in {household.name} now")
    today = household.institution.business_date
    if day > today:
        yield Fault("day", day.isoformat(), f"{today} or before", "Record it when the day has come.")
    for since in sorted({link.since for link in own if link.since is not None and link.since > day})[:1]:
        yield Fault("day", day.isoformat(), f"{since}, the day of joining, or later")
    if not reason.strip() or len(reason.strip()) > LONGEST_REASON:
        found = f"{len(reason.strip())} characters" if reason.strip() else "nothing"
        yield Fault("reason", found, f"why, in at most {LONGEST_REASON} characters")


def _successor_faults(links: list[FirmPerson], person: Person, successor: Person | None, *, is_head: bool) -> Iterable[Fault]:
    members = {link.person_id: link.person.name for link in links if link.role == "member" and link.person_id != person.pk}
    if is_head and not members:
        yield Fault("successor", "no member", "one who becomes the head", "A household of one person is not left: its debts are repaid.")
    elif is_head and (successor is None or successor.pk not in members):
        found = successor.name if successor else "nobody"
        yield Fault("successor", found, f"the member who becomes the head: {', '.join(members.values())}")
    elif not is_head and successor is not None:
        yield Fault("successor", successor.name, "nobody: only a head is succeeded")


def _end(links: Iterable[FirmPerson], day: date, reason: str) -> None:
    for link in links:
        link.until, link.left_because = day, reason
        link.save(update_fields=["until", "left_because"])


def _make_head(household: Firm, successor: Person, links: list[FirmPerson], day: date) -> None:
    """The successor's membership becomes the head's place; the spouse was the old head's."""
    _end([link for link in links if link.person_id == successor.pk and link.role == "member"], day, BECAME_HEAD)
    _end([link for link in links if link.role == "spouse" and link.until is None], day, "another is the head")
    FirmPerson.objects.create(firm=household, person=successor, role="head", since=day)


def _end_consents(household: Firm, actor: str) -> int:
    """What the household has agreed to for new decisions ends now."""
    given = Consent.objects.filter(firm=household, purpose=CREDIT_DECISION, withdrawn_at=None)
    standing = [one for one in given if one.expires_on >= household.institution.business_date]
    for consent in standing:
        withdraw_consent(consent, actor)
    return len(standing)
