"""Evidence is deleted when the firm's consent has ended and its time of keeping has passed, or at once when the firm asks for it then.

What goes is the content: invoices, records, readings. What stays is the proof (`EvidenceDeletion`), the batches with the digests of their
files, and what decisions froze of it, which the lender must be able to show. Nothing is deleted while a consent covers the class.
Source: Personal Information Protection Law arts. 19 and 47; docs/decisions/0013-deleting-evidence.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence.layouts import classes
from puhui.evidence.models import EvidenceDeletion
from puhui.evidence.storing import statement
from puhui.parties.actions import record_audit
from puhui.parties.models import Firm, Institution


@dataclass(frozen=True)
class Ended:
    """Evidence of one class of a firm for which no consent lives: which one ended last, on what day, and from when it may be deleted."""

    firm_id: int
    firm_name: str
    evidence_class: str
    consent_id: int
    ended_on: dt.date
    deletable_from: dt.date


def kept_without_consent(institution: Institution, firms: Iterable[Firm] | None = None) -> list[Ended]:
    """Every class of which something of a firm is kept though no consent covers it on the open business day."""
    given = {
        "institution": institution.pk,
        "firms": None if firms is None else [firm.pk for firm in firms],
        "today": institution.business_date,
        "zone": settings.TIME_ZONE,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement("kept_without_consent"), given)
        rows = cursor.fetchall()
    return [
        Ended(firm, name, evidence_class, consent, day, day + dt.timedelta(days=classes()[evidence_class].keep_days))
        for firm, name, evidence_class, consent, day in rows
    ]


def delete_due(institution: Institution, actor: str) -> list[EvidenceDeletion]:
    """Delete all evidence whose time of keeping has passed, each class of each firm in a transaction of its own. Returns the proofs."""
    due = [each for each in kept_without_consent(institution) if each.deletable_from <= institution.business_date]
    return [_delete(institution, each, EvidenceDeletion.Reason.CONSENT_ENDED, actor) for each in due]


def delete_evidence(firm: Firm, evidence_class: str, actor: str, *, firm_asked: bool = False) -> EvidenceDeletion:
    """Delete one class of a firm's evidence; returns the proof.

    With `firm_asked` at once, else when the class's time of keeping has passed. Raises `FaultsError` while a consent covers the class, when
    nothing of it is kept, or when it is too early. Nothing is deleted then.
    """
    institution = firm.institution
    found = [each for each in kept_without_consent(institution, [firm]) if each.evidence_class == evidence_class]
    where = f"firm {firm.name}, class {evidence_class}"
    if not found:
        remedy = "See puhui evidence show; a consent that lives must be withdrawn first."
        raise FaultsError([Fault(where, "a consent that lives, or nothing kept", "evidence without a consent", remedy)])
    if not firm_asked and found[0].deletable_from > institution.business_date:
        found_day, expected = f"a consent that ended on {found[0].ended_on}", f"{found[0].deletable_from} or later"
        raise FaultsError([Fault(where, found_day, expected, "Wait, or say that the firm asked for it.")])
    reason = EvidenceDeletion.Reason.FIRM_ASKED if firm_asked else EvidenceDeletion.Reason.CONSENT_ENDED
    return _delete(institution, found[0], reason, actor)


@transaction.atomic
def _delete(institution: Institution, ended: Ended, reason: str, actor: str) -> EvidenceDeletion:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT evidence_delete(%s, %s, %s, %s, %s, %s, %s)",
            [institution.pk, ended.firm_id, ended.evidence_class, ended.consent_id, ended.ended_on, reason, actor],
        )
        deletion = EvidenceDeletion.objects.get(pk=cursor.fetchone()[0])
    detail = {"class": ended.evidence_class, "reason": reason, "counts": deletion.counts, "digest": deletion.content_digest}
    record_audit(institution, actor, "delete_evidence", "firm", ended.firm_id, detail)
    return deletion
