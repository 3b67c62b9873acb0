"""Consent, asked in one place: whoever reads evidence, takes it in or pulls it from a source comes through here.

A reading names firm, class and purpose, rests on a consent that is live on the open business day, and leaves a row that the firm can see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils import timezone

from puhui.calculations.faults import Fault, check
from puhui.evidence.reading.faults import LISTED_FAULTS
from puhui.parties.consents import PURPOSES, in_force, live, standing
from puhui.parties.models import Consent, Firm, Institution
from puhui.parties.queries import firms_with_live_consent

_LOG = """
    INSERT INTO evidence_readlog (institution_id, purpose, reader, read_at, evidence_class, firm_id, consent_id)
    SELECT %s, %s, %s, %s, * FROM unnest(%s::text[], %s::bigint[], %s::bigint[])
"""


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
    check(_missing(institution, purpose, {evidence_class: (firms or (), found)}))
    return found


def consents_of_classes(institution: Institution, wanted: Mapping[str, Collection[int]], purpose: str) -> dict[str, dict[int, int]]:
    """The same for several classes, class → firms, in one statement. Raises `FaultsError` naming each firm and class without a consent."""
    firms = {number for numbers in wanted.values() for number in numbers}
    rows = Consent.objects.filter(
        standing(purpose, institution.business_date), institution=institution, firm__in=firms, classes__overlap=list(wanted)
    )
    found: dict[str, dict[int, int]] = {evidence_class: {} for evidence_class in wanted}
    for firm, consent, covered in rows.order_by("granted_at", "id").values_list("firm_id", "pk", "classes"):
        for evidence_class in covered:
            if firm in wanted.get(evidence_class, ()):
                found[evidence_class][firm] = consent
    check(_missing(institution, purpose, {each: (numbers, found[each]) for each, numbers in wanted.items()}))
    return found


def consented_classes(institution: Institution, firms: Collection[int]) -> dict[int, set[str]]:
    """Firm → the classes that a live consent for any purpose covers on the open business day, in one statement."""
    rows = Consent.objects.filter(in_force(institution.business_date), institution=institution, firm__in=firms)
    found: dict[int, set[str]] = {}
    for firm, covered in rows.values_list("firm_id", "classes"):
        found.setdefault(firm, set()).update(covered)
    return found


def _missing(institution: Institution, purpose: str, asked: Mapping[str, tuple[Iterable[int], Mapping[int, int]]]) -> list[Fault]:
    """A fault for each firm and class without a consent, as far as they are listed."""
    without = [(firm, each) for each, (firms, found) in asked.items() for firm in dict.fromkeys(firms) if firm not in found][:LISTED_FAULTS]
    names = (
        dict(Firm.objects.filter(institution=institution, pk__in=[firm for firm, _ in without]).values_list("pk", "name"))
        if without
        else {}
    )
    return [
        Fault(
            f"firm {names.get(firm, firm)}",
            f"no live consent for {purpose} on {institution.business_date}",
            f"a consent that covers class {evidence_class}",
            "Ask the firm for its consent first.",
        )
        for firm, evidence_class in without
    ]


def log_readings(institution: Institution, purpose: str, reader: str, found: Mapping[str, Mapping[int, int]]) -> None:
    """A row for each reading: class → firm → the consent it rests on. In the transaction in which is read."""
    readings = [(each, firm, consent) for each, firms in found.items() for firm, consent in firms.items()]
    if not readings:
        return
    classes, firms_read, consents_used = map(list, zip(*readings, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_LOG, [institution.pk, purpose, reader, timezone.now(), classes, firms_read, consents_used])


def consents_to_read(
    institution: Institution, evidence_class: str, purpose: str, reader: str, firms: Sequence[int] | None = None
) -> dict[int, int]:
    """`consents`, and the reading is logged. The caller holds the transaction in which it reads."""
    found = consents(institution, evidence_class, purpose, firms)
    log_readings(institution, purpose, reader, {evidence_class: found})
    return found


def open_readings(firm: Firm, reader: str, evidence_classes: Iterable[str]) -> set[str]:
    """The classes of a firm's evidence that somebody may look at on the open business day, by a live consent for any purpose; logged.

    Pages and commands that show stored evidence ask here first and show nothing of the other classes.
    """
    statements = [_newest_consent(firm, each, reader) for each in evidence_classes]
    sql = " UNION ALL ".join(f"({text})" for text, _ in statements)
    names = "institution_id, firm_id, consent_id, evidence_class, purpose, reader, read_at"
    with connection.cursor() as cursor:  # look and log in one statement
        parameters = [value for _, values in statements for value in values]
        cursor.execute(f"INSERT INTO evidence_readlog ({names}) {sql} RETURNING evidence_class", parameters)
        return {evidence_class for (evidence_class,) in cursor.fetchall()}


def open_reading(firm: Firm, reader: str, evidence_class: str = "C07") -> bool:
    """Whether somebody may look at one class of a firm's evidence; see `open_readings`."""
    return bool(open_readings(firm, reader, [evidence_class]))


def _newest_consent(firm: Firm, evidence_class: str, reader: str) -> tuple[str, tuple[Any, ...]]:
    """The statement for the row of the log: the consent granted last that covers a class for any purpose on the open business day."""
    by_purpose: Q = reduce(or_, (live(purpose, evidence_class, firm.institution.business_date) for purpose in PURPOSES))
    newest = (
        Consent.objects.filter(by_purpose, firm=firm)
        .order_by("-granted_at", "-id")
        .annotate(evidence_class=Value(evidence_class), reader=Value(reader), read_at=Now())
    )
    columns = ("institution_id", "firm_id", "id", "evidence_class", "purpose", "reader", "read_at")
    sql, parameters = newest.values_list(*columns)[:1].query.sql_with_params()
    return sql, tuple(parameters)
