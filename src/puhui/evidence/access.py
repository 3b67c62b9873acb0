"""Consent, asked in one place: whoever reads evidence, takes it in or pulls it from a source comes through here.

A reading names firm, class and purpose, rests on a consent that is live on the open business day, and leaves a row that the firm can see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Now

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence.models import ReadLog
from puhui.evidence.reading.faults import LISTED_FAULTS
from puhui.parties.consents import PURPOSES, live
from puhui.parties.models import Consent, Firm, Institution
from puhui.parties.queries import firms_with_live_consent

LOG_BATCH_ROWS = 5_000


def consented_firms(institution: Institution, evidence_class: str, at: dt.date | dt.datetime) -> frozenset[int]:
    """Numbers of the firms about which a class of evidence may be taken in: those with a live consent for any purpose."""
    return frozenset(
        number
        for purpose in PURPOSES
        for number in firms_with_live_consent(institution, purpose, evidence_class, at).values_list("pk", flat=True)
    )


def consents(institution: Institution, evidence_class: str, purpose: str, firms: Sequence[int] | None = None) -> dict[int, int]:
    """Firm → the live consent (granted last) that allows to read or pull a class for a purpose on the open business day.

    Without `firms`: every firm that has one. Raises `FaultsError` naming each of `firms` without one.
    """
    rows = Consent.objects.filter(live(purpose, evidence_class, institution.business_date), institution=institution)
    rows = rows if firms is None else rows.filter(firm__in=firms)
    found = dict(rows.order_by("firm_id", "-granted_at", "-id").distinct("firm_id").values_list("firm_id", "pk"))
    without = [number for number in dict.fromkeys(firms or ()) if number not in found]
    if without:
        names = dict(Firm.objects.filter(institution=institution, pk__in=without[:LISTED_FAULTS]).values_list("pk", "name"))
        raise FaultsError(
            Fault(
                f"firm {names.get(number, number)}",
                f"no live consent for {purpose} on {institution.business_date}",
                f"a consent that covers class {evidence_class}",
                "Ask the firm for its consent first.",
            )
            for number in without[:LISTED_FAULTS]
        )
    return found


def consents_to_read(
    institution: Institution, evidence_class: str, purpose: str, reader: str, firms: Sequence[int] | None = None
) -> dict[int, int]:
    """The same, and each reading leaves a row in the log. The caller holds the transaction in which it reads."""
    found = consents(institution, evidence_class, purpose, firms)
    ReadLog.objects.bulk_create(
        (
            ReadLog(
                institution=institution, firm_id=firm, consent_id=consent, evidence_class=evidence_class, purpose=purpose, reader=reader
            )
            for firm, consent in found.items()
        ),
        batch_size=LOG_BATCH_ROWS,
    )
    return found


def open_readings(firm: Firm, reader: str, evidence_classes: Iterable[str]) -> set[str]:
    """The classes of a firm's evidence that somebody may look at on the open business day, by a live consent for any purpose; logged.

    Pages and commands that show stored evidence ask here first and show nothing of the other classes.
    """
    day = firm.institution.business_date
    found = [row for each in evidence_classes if (row := _newest_consent(firm, each, reader, day)) is not None]
    if not found:
        return set()
    columns = ("institution_id", "firm_id", "id", "evidence_class", "purpose", "reader", "read_at")
    statements = [rows.values_list(*columns)[:1].query.sql_with_params() for rows in found]
    names = "institution_id, firm_id, consent_id, evidence_class, purpose, reader, read_at"
    sql = " UNION ALL ".join(f"({statement})" for statement, _ in statements)
    with connection.cursor() as cursor:  # look and log in one statement
        parameters = [value for _, values in statements for value in values]
        cursor.execute(f"INSERT INTO evidence_readlog ({names}) {sql} RETURNING evidence_class", parameters)
        return {evidence_class for (evidence_class,) in cursor.fetchall()}


def open_reading(firm: Firm, reader: str, evidence_class: str = "C07") -> bool:
    """Whether somebody may look at one class of a firm's evidence; see `open_readings`."""
    return bool(open_readings(firm, reader, [evidence_class]))


def _newest_consent(firm: Firm, evidence_class: str, reader: str, day: dt.date) -> QuerySet[Consent]:
    by_purpose: Q = reduce(or_, (live(purpose, evidence_class, day) for purpose in PURPOSES))
    return (
        Consent.objects.filter(by_purpose, firm=firm)
        .order_by("-granted_at", "-id")
        .annotate(evidence_class=Value(evidence_class), reader=Value(reader), read_at=Now())
    )
