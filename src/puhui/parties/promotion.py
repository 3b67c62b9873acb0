"""Putting something in force from a day, by a maker and a checker: a version of a product, a model that scores.

One person proposes it with a reason and a day that has not begun, another agrees or refuses, and until that day either of them, or whoever
else may, takes it back. Once the day is there nothing can be taken back: a later promotion takes its place. So what was in force on a
day is always told by the same rows, and the audit trail holds every step.

`Promotion` is abstract: each kind of thing has a table of its own, whose rows name the thing and what was found about it beforehand.
"""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.audit import record_act
from puhui.parties.models import Institution, User

__all__ = ["Promotion", "agree", "in_force", "propose", "refuse", "withdraw"]


class Promotion(models.Model):
    """Something that shall be in force from the start of `in_force_from`. `code`: what it takes the place of, a product or a model name."""

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        AGREED = "agreed"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    code = models.CharField(max_length=100)
    in_force_from = models.DateField()
    reason = models.TextField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")  # who agreed or refused
    answered_at = models.DateTimeField(null=True)
    answer_reason = models.TextField(blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.TextField(blank=True)

    class Meta:
        abstract = True


Kind = TypeVar("Kind", bound=Promotion)


def in_force(promotions: models.QuerySet[Any], day: date) -> models.QuerySet[Any]:
    """Of promotions those that are in force on a day, the latest last; of one code the last one counts."""
    return promotions.filter(status=Promotion.Status.AGREED, in_force_from__lte=day).order_by("in_force_from", "pk")


@transaction.atomic
def propose(row: Kind) -> Kind:
    """Store a promotion that is proposed. Raises FaultsError without a reason, for a day that has begun, or one that another has taken."""
    institution = _locked(row.institution)
    taken = Q(status=Promotion.Status.PROPOSED) | Q(status=Promotion.Status.AGREED)
    same = type(row)._default_manager.filter(taken, institution=institution, code=row.code, in_force_from=row.in_force_from)
    faults = _day_faults(row, institution) + _reason_faults(row.reason)
    if same.exists():
        found = f"another one of {row.code} from {row.in_force_from}"
        faults.append(Fault("in force from", found, "one for each day", "Take the other back first, or choose another day."))
    check(faults)
    row.status = Promotion.Status.PROPOSED
    row.save(force_insert=True)
    _told(row, row.proposed_by, "propose", row.reason)
    return row


def agree(row: Kind, user: User, reason: str = "") -> Kind:
    """Another person agrees. Raises FaultsError for who proposed it, one answered already, and a day that has begun."""
    return _answer(row, user, Promotion.Status.AGREED, reason)


def refuse(row: Kind, user: User, reason: str) -> Kind:
    """Another person refuses, with a reason."""
    check(_reason_faults(reason))
    return _answer(row, user, Promotion.Status.REFUSED, reason)


@transaction.atomic
def withdraw(row: Kind, user: User, reason: str) -> Kind:
    """Take a promotion back before its day, agreed or not. Raises FaultsError without a reason, or when its day has begun."""
    institution = _locked(row.institution)
    row.refresh_from_db()
    faults = _reason_faults(reason) + _day_faults(row, institution)
    if row.status not in (Promotion.Status.PROPOSED, Promotion.Status.AGREED):
        faults.append(Fault("promotion", row.status, "one that is proposed or agreed"))
    check(faults)
    row.status, row.withdrawn_by, row.withdrawn_at, row.withdrawal_reason = Promotion.Status.WITHDRAWN, user, timezone.now(), reason.strip()
    row.save(update_fields=["status", "withdrawn_by", "withdrawn_at", "withdrawal_reason"])
    _told(row, user, "withdraw", reason)
    return row


@transaction.atomic
def _answer(row: Kind, user: User, status: str, reason: str) -> Kind:
    institution = _locked(row.institution)
    row.refresh_from_db()
    if row.status != Promotion.Status.PROPOSED:
        raise FaultsError([Fault("promotion", row.status, "one that waits for an answer")])
    faults = []
    if user.pk == row.proposed_by.pk:
        faults.append(Fault("second person", f"{user.username}, who proposed it", "somebody else"))
    if user.institution_id != institution.pk:
        faults.append(Fault("second person", f"{user.username} of another lender", f"somebody of {institution.code}"))
    if status == Promotion.Status.AGREED:
        faults += _day_faults(row, institution)
    check(faults)
    row.status, row.answered_by, row.answered_at, row.answer_reason = status, user, timezone.now(), reason.strip()
    row.save(update_fields=["status", "answered_by", "answered_at", "answer_reason"])
    _told(row, user, "agree" if status == Promotion.Status.AGREED else "refuse", reason)
    return row


def _locked(institution: Institution) -> Institution:
    """The institution with its open day as it is; one promotion at a time."""
    return Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)


def _day_faults(row: Promotion, institution: Institution) -> list[Fault]:
    if row.in_force_from > institution.business_date:
        return []
    expected = f"a day after the one that is open, {institution.business_date}"
    return [Fault("in force from", str(row.in_force_from), expected, "What was decided on a day is not changed afterwards.")]


def _reason_faults(reason: str) -> list[Fault]:
    return [] if reason.strip() else [Fault("reason", "nothing", "why, in a sentence")]


def _told(row: Promotion, user: User, act: str, reason: str) -> None:
    detail = {"code": row.code, "in_force_from": row.in_force_from.isoformat(), "reason": reason.strip()}
    record_act(row.institution, user.username, f"promotion.{act}", row, detail)
