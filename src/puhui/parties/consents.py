"""What makes a consent one, and when it is live.

A consent names a purpose, classes of evidence and a period. It is live at a moment when it was granted by then, has not expired,
was not withdrawn, and covers both the purpose and the class asked for; without a live one no evidence about the firm is read.
Source: Personal Information Protection Law arts. 14–17 and the credit-reporting rules, domain/regulation.md §11.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from puhui.calculations.faults import Fault
from puhui.parties.models import Firm, Institution

CREDIT_DECISION = "credit_decision"
POST_LOAN_MONITORING = "post_loan_monitoring"
PURPOSES = (CREDIT_DECISION, POST_LOAN_MONITORING)
EVIDENCE_CLASSES = (*(f"C{number:02}" for number in range(1, 19)), "S1", "S2")


def text_digest(text: str) -> str:
    """SHA-256 of the text that was shown, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def consent_faults(
    institution: Institution,
    firms: Sequence[Firm],
    purpose: str,
    classes: Sequence[str],
    expires_on: date,
    text: str,
    granted_at: datetime,
) -> Iterable[Fault]:
    """Why a consent could not be relied on."""
    if purpose not in PURPOSES:
        yield Fault("purpose", purpose, " or ".join(PURPOSES))
    unknown = [each for each in classes if each not in EVIDENCE_CLASSES]
    if unknown or not classes:
        yield Fault("classes", ", ".join(unknown) or "none", ", ".join(EVIDENCE_CLASSES))
    if not text.strip():
        yield Fault("text", "nothing", "the text that was shown")
    if timezone.is_naive(granted_at):
        yield Fault("at", "a time without a zone", "a time with its zone")
    elif expires_on <= timezone.localtime(granted_at).date():
        yield Fault("expires_on", str(expires_on), f"a day after {timezone.localtime(granted_at).date()}")
    foreign = sorted(firm.name for firm in firms if firm.institution_id != institution.pk)
    if foreign:
        yield Fault("firms", ", ".join(foreign), f"firms of {institution}")


def live(purpose: str, evidence_class: str, at: date | datetime) -> Q:
    """The condition on consents: live for purpose and class at a moment, or on the whole of a business day; see `in_force`."""
    return Q(classes__contains=[evidence_class]) & standing(purpose, at)


def standing(purpose: str, at: date | datetime) -> Q:
    """The condition on consents: live for a purpose, whatever classes they cover; see `in_force`."""
    return Q(purpose=purpose) & in_force(at)


def in_force(at: date | datetime) -> Q:
    """The condition on consents: granted by then, not expired and not withdrawn, whatever they are for.

    On a business day that a consent was granted it is live, on the day that it was withdrawn it is not: doubt is the firm's.
    """
    if isinstance(at, datetime):
        granted = Q(granted_at__lte=at)
        kept = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at)
        day = timezone.localtime(at).date()
    else:
        granted = Q(granted_at__date__lte=at)
        kept = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__date__gt=at)
        day = at
    return Q(expires_on__gt=day) & granted & kept
