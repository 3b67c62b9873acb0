"""All reads of evidence. What a decision may see is asked here: as of a moment, for firms that consented, and each reading is logged."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

import polars as pl
from django.db import connection, transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Now, TruncMonth
from django.utils import timezone

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence.models import Batch, Invoice, InvoiceReplacement, ReadLog
from puhui.evidence.reading.faults import LISTED_FAULTS
from puhui.evidence.reading.invoices import EVIDENCE_CLASS
from puhui.evidence.storing import statement
from puhui.parties.consents import PURPOSES, live
from puhui.parties.models import Consent, Firm, FirmIdentifier, Institution
from puhui.parties.queries import firms_with_live_consent, limit_to_user

FRAME_SCHEMA = {
    "firm_id": pl.Int64,
    "direction": pl.String,
    "issued_on": pl.Date,
    "issued_hour": pl.Int16,
    "counterparty": pl.String,
    "amount_fen": pl.Int64,
    "tax_fen": pl.Int64,
    "total_fen": pl.Int64,
    "status": pl.String,
    "known_at": pl.Datetime("us", "UTC"),
    "duplicate": pl.Boolean,
}


def firm_numbers(institution: Institution, scheme: str = "") -> dict[str, int]:
    """Identifier → firm number: of one scheme, or of all schemes where the value names a single firm."""
    rows = FirmIdentifier.objects.filter(institution=institution)
    rows = rows.filter(scheme=scheme) if scheme else rows
    numbers: dict[str, int] = {}
    ambiguous = set()
    for value, firm_id in rows.values_list("value", "firm_id"):
        if numbers.setdefault(value, firm_id) != firm_id:
            ambiguous.add(value)
    return {value: number for value, number in numbers.items() if value not in ambiguous}


def firm_named(institution: Institution, text: str) -> Firm:
    """The firm with an identifier of any scheme, or with exactly this name. Raises `FaultsError` when none or several have it."""
    number = firm_numbers(institution).get(text.strip())
    rows = Firm.objects.filter(institution=institution)
    found = list(rows.filter(pk=number) if number else rows.filter(name=text.strip())[:2])
    if len(found) != 1:
        several = f"{'several firms' if found else 'no firm'} {text!r} at {institution}"
        raise FaultsError(
            [Fault("firm", several, "an identifier or the exact name of one firm", "Register the firm, or give its identifier.")]
        )
    return found[0]


def consented_firms(institution: Institution, evidence_class: str, at: dt.date | dt.datetime) -> frozenset[int]:
    """Numbers of the firms about which a class of evidence may be taken in: those with a live consent for any purpose."""
    return frozenset(
        number
        for purpose in PURPOSES
        for number in firms_with_live_consent(institution, purpose, evidence_class, at).values_list("pk", flat=True)
    )


def invoices_as_of(
    institution: Institution,
    known_at: dt.datetime | dt.date,
    firms: Iterable[Firm | int] | None = None,
    purpose: str = "credit_decision",
    reader: str = "system",
) -> pl.DataFrame:
    """What was known about invoices at a moment (or by the end of a day): columns of `FRAME_SCHEMA`, one row for each invoice row.

    `direction` is out (sale) or in (purchase), `status` normal, red, void or blank; `duplicate` marks exact repeats, which sums leave
    out. Without `firms`: every firm of the institution with a live consent for the purpose on the open business day. With `firms`:
    those, and `FaultsError` when one of them has none. Each reading leaves a row in the log.
    """
    wanted = None if firms is None else [firm if isinstance(firm, int) else firm.pk for firm in firms]
    with transaction.atomic():
        consents = _consents(institution, wanted, purpose)
        ReadLog.objects.bulk_create(
            [
                ReadLog(
                    institution=institution, firm_id=firm, consent_id=consent, evidence_class=EVIDENCE_CLASS, purpose=purpose, reader=reader
                )
                for firm, consent in consents.items()
            ],
            batch_size=5_000,
        )
        frame = _copy_out(statement("invoices_as_of"), {"firms": list(consents), "known_at": end_of(known_at)})
    return frame.sort("firm_id", "issued_on", maintain_order=True)


def end_of(moment: dt.datetime | dt.date) -> dt.datetime:
    """The moment itself; for a day, its last microsecond in local time."""
    if isinstance(moment, dt.datetime):
        return moment
    return dt.datetime.combine(moment, dt.time.max, tzinfo=timezone.get_default_timezone())


def _consents(institution: Institution, wanted: list[int] | None, purpose: str) -> dict[int, int]:
    """Firm → the live consent (granted last) that allows the reading. Raises `FaultsError` naming each wanted firm without one."""
    rows = Consent.objects.filter(live(purpose, EVIDENCE_CLASS, institution.business_date), institution=institution)
    rows = rows if wanted is None else rows.filter(firm__in=wanted)
    consents = dict(rows.order_by("firm_id", "-granted_at", "-id").distinct("firm_id").values_list("firm_id", "pk"))
    without = [number for number in dict.fromkeys(wanted or ()) if number not in consents]
    if without:
        names = dict(Firm.objects.filter(institution=institution, pk__in=without[:LISTED_FAULTS]).values_list("pk", "name"))
        raise FaultsError(
            Fault(
                f"firm {names.get(number, number)}",
                f"no live consent for {purpose} on {institution.business_date}",
                f"a consent that covers class {EVIDENCE_CLASS}",
                "Ask the firm for its consent first.",
            )
            for number in without[:LISTED_FAULTS]
        )
    return consents


def _copy_out(sql: str, parameters: dict[str, Any]) -> pl.DataFrame:
    """The rows of a statement as a frame, by COPY: a million rows in seconds."""
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        with cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv, HEADER)", parameters) as copy:
            for piece in copy:
                buffer.write(piece)
        cursor.execute("SET LOCAL TimeZone = DEFAULT")
    buffer.seek(0)
    schema: dict[str, Any] = {**FRAME_SCHEMA, "known_at": pl.String, "duplicate": pl.String}
    frame = pl.read_csv(buffer, schema=schema).with_columns(pl.col("counterparty").fill_null(""))
    moments = frame.select(pl.col("known_at").unique())
    moments = moments.with_columns(
        pl.col("known_at").str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z", time_zone="UTC", time_unit="us").alias("moment")
    )
    frame = frame.join(moments, on="known_at", how="left", maintain_order="left")
    return frame.with_columns(pl.col("moment").alias("known_at"), (pl.col("duplicate") == "t").alias("duplicate")).select(
        list(FRAME_SCHEMA)
    )


def for_user(user: Any) -> QuerySet[Invoice]:
    """Invoices that a user may see."""
    return limit_to_user(Invoice.objects.all(), user, firm="firm")


def batches(institution: Institution) -> QuerySet[Batch]:
    """Files that came in, the newest first."""
    return Batch.objects.filter(institution=institution).order_by("-received_at", "-id")


def standing_invoices(firm: Firm, as_of: dt.datetime | dt.date) -> QuerySet[Invoice]:
    """Rows of one firm that were known at a moment and not replaced by then; for pages, which the caller has scoped."""
    moment = end_of(as_of)
    replaced = InvoiceReplacement.objects.filter(earlier=OuterRef("pk"), known_at__lte=moment)
    return Invoice.objects.filter(~Exists(replaced), firm=firm, known_at__lte=moment)


def open_reading(firm: Firm, reader: str) -> bool:
    """Whether somebody may look at a firm's invoices on the open business day: by a live consent for any purpose, and then it is logged.

    Pages and commands that show stored invoices ask here first and show none where the answer is no.
    """
    day = firm.institution.business_date
    by_purpose = reduce(or_, (live(purpose, EVIDENCE_CLASS, day) for purpose in PURPOSES))
    newest = (
        Consent.objects.filter(by_purpose, firm=firm)
        .order_by("-granted_at", "-id")
        .annotate(evidence_class=Value(EVIDENCE_CLASS), reader=Value(reader), read_at=Now())
    )
    columns = ("institution_id", "firm_id", "id", "evidence_class", "purpose", "reader", "read_at")
    sql, parameters = newest.values_list(*columns)[:1].query.sql_with_params()
    with connection.cursor() as cursor:  # look and log in one statement
        names = "institution_id, firm_id, consent_id, evidence_class, purpose, reader, read_at"
        cursor.execute(f"INSERT INTO evidence_readlog ({names}) {sql}", parameters)
        return bool(cursor.rowcount)


COUNTED = Q(duplicate=False, status__in=[Invoice.Status.NORMAL, Invoice.Status.RED])


def monthly_totals(firm: Firm, as_of: dt.datetime | dt.date, months: int = 36) -> list[dict[str, Any]]:
    """Net sales and purchases by month, oldest first: month, sales_fen, purchases_fen (repeats and voids left out)."""
    last = end_of(as_of).date()
    first = dt.date(last.year + (last.month - months) // 12, (last.month - months) % 12 + 1, 1)
    rows = (
        standing_invoices(firm, as_of)
        .filter(COUNTED, issued_on__gte=first, issued_on__lte=last)
        .annotate(month=TruncMonth("issued_on"))
        .values("month")
        .annotate(sales_fen=Sum("amount_fen", filter=Q(direction="out")), purchases_fen=Sum("amount_fen", filter=Q(direction="in")))
        .order_by("month")
    )
    return [{**row, "sales_fen": row["sales_fen"] or 0, "purchases_fen": row["purchases_fen"] or 0} for row in rows]


def largest_partners(firm: Firm, as_of: dt.datetime | dt.date, direction: str, months: int = 12, limit: int = 10) -> list[dict[str, Any]]:
    """The counterparties with the largest net amounts in the months up to a day: counterparty, amount_fen, invoices, share (0–1)."""
    last = end_of(as_of).date()
    first = dt.date(last.year + (last.month - months - 1) // 12, (last.month - months - 1) % 12 + 1, 1)
    rows = standing_invoices(firm, as_of).filter(COUNTED, direction=direction, issued_on__gte=first, issued_on__lte=last)
    whole = rows.aggregate(whole=Sum("amount_fen"))["whole"] or 0
    partners = rows.values("counterparty").annotate(amount_fen=Sum("amount_fen"), invoices=Count("id")).order_by("-amount_fen")[:limit]
    return [{**row, "share": row["amount_fen"] / whole if whole > 0 else None} for row in partners]


def summary(firm: Firm, as_of: dt.datetime | dt.date) -> list[dict[str, Any]]:
    """One row for sales and one for purchases: what is known of a firm's invoices."""
    rows = standing_invoices(firm, as_of)
    totals = (
        rows.values("direction")
        .annotate(
            invoices=Count("id"),
            first=Min("issued_on"),
            last=Max("issued_on"),
            counterparties=Count("counterparty", distinct=True, filter=COUNTED),
            amount_fen=Sum("amount_fen", filter=COUNTED, default=0),
            total_fen=Sum("total_fen", filter=COUNTED, default=0),
            voids=Count("id", filter=Q(status__in=["void", "blank"])),
            reds=Count("id", filter=Q(status="red")),
            duplicates=Count("id", filter=Q(duplicate=True)),
            known_until=Max("known_at"),
        )
        .order_by("-direction")
    )
    return [dict(row) for row in totals]


def readings(firm: Firm) -> QuerySet[ReadLog]:
    """Who read the firm's evidence, the newest first; for the page, which the caller has scoped."""
    return ReadLog.objects.filter(firm=firm).select_related("consent").order_by("-read_at", "-id")
