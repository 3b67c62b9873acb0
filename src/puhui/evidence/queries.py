"""All reads of evidence. What a decision may see is asked here: as of a moment, for firms that consented, and each reading is logged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import polars as pl
from django.db import connection, transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence.access import consented_firms as consented_firms
from puhui.evidence.access import consents_of_classes, consents_to_read, log_readings
from puhui.evidence.access import open_reading as open_reading
from puhui.evidence.access import open_readings as open_readings
from puhui.evidence.frames import copy_out, frames_together, records_frame
from puhui.evidence.layouts import layout
from puhui.evidence.models import Batch, BatchFirm, Invoice, InvoiceReplacement, ReadLog
from puhui.evidence.reading.invoices import BUYER_ISSUED_KINDS, EVIDENCE_CLASS
from puhui.evidence.storing import statement
from puhui.parties.models import Firm, FirmIdentifier, Institution
from puhui.parties.queries import limit_to_user

FRAME_SCHEMA = {
    "firm_id": pl.Int64,
    "direction": pl.String,
    "issued_on": pl.Date,
    "issued_hour": pl.Int16,
    "counterparty": pl.String,
    "kind": pl.String,
    "amount_fen": pl.Int64,
    "tax_fen": pl.Int64,
    "total_fen": pl.Int64,
    "status": pl.String,
    "known_at": pl.Datetime("us", "UTC"),
    "duplicate": pl.Boolean,
}


def firm_numbers(institution: Institution, scheme: str = "", *, names: bool = False) -> dict[str, int]:
    """Identifier → firm number: of one scheme, or of all schemes where the value names a single firm; with `names` also by exact name."""
    rows = FirmIdentifier.objects.filter(institution=institution)
    rows = rows.filter(scheme=scheme) if scheme else rows
    numbers: dict[str, int] = {}
    ambiguous = set()
    named = Firm.objects.filter(institution=institution).values_list("name", "pk") if names and not scheme else ()
    for value, firm_id in [*rows.values_list("value", "firm_id"), *named]:
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
    with transaction.atomic():
        consents = consents_to_read(institution, EVIDENCE_CLASS, purpose, reader, _numbers(firms))
        schema = {"id": pl.Int64} | FRAME_SCHEMA
        frame = copy_out(statement("invoices_as_of"), {"firms": list(consents), "known_at": end_of(known_at)}, schema)
    # A whole order: sums of fractions, and so the digest of a snapshot, must not hang on how the database went about it.
    return frame.with_columns(pl.col("counterparty").fill_null("")).sort("firm_id", "issued_on", "id").drop("id")


def records_as_of(
    institution: Institution,
    record: str,
    known_at: dt.datetime | dt.date,
    firms: Iterable[Firm | int] | None = None,
    purpose: str = "credit_decision",
    reader: str = "system",
) -> pl.DataFrame:
    """What was known about one kind of record at a moment (or by the end of a day): columns of `layout(record).schema()`.

    Of each fact the row known last by then; of a time series each day once. Firms, consent and log as for `invoices_as_of`. Raises
    `KeyError` for a record that has no layout.
    """
    kind = layout(record)
    with transaction.atomic():
        consents = consents_to_read(institution, kind.evidence_class, purpose, reader, _numbers(firms))
        return records_frame(kind, list(consents), end_of(known_at))


def evidence_as_of(
    institution: Institution,
    records: Mapping[str, Collection[int]],
    known_at: dt.datetime | dt.date,
    purpose: str = "credit_decision",
    reader: str = "system",
) -> dict[str, pl.DataFrame]:
    """`records_as_of` of several kinds of record at once, record → firms: record → frame. For the whole profile of one firm, or of a few.

    One look at consents, one row of the log for each firm and class. Raises `FaultsError` naming each firm and class without a consent.
    """
    kinds = {layout(record): sorted(firms) for record, firms in records.items()}
    wanted: dict[str, set[int]] = {}
    for kind, firms in kinds.items():
        wanted.setdefault(kind.evidence_class, set()).update(firms)
    with transaction.atomic():
        log_readings(institution, purpose, reader, consents_of_classes(institution, wanted, purpose))
        return frames_together(kinds, end_of(known_at))


def known_records(firm: Firm, record: str, as_of: dt.datetime | dt.date) -> pl.DataFrame:
    """The same of one firm, for pages and commands, which have asked whether they may look and have it logged (`open_reading`)."""
    with transaction.atomic():
        return records_frame(layout(record), [firm.pk], end_of(as_of))


def known_of(firm: Firm, records: Iterable[str], as_of: dt.datetime | dt.date) -> dict[str, pl.DataFrame]:
    """`known_records` of several kinds at once: record → frame."""
    with transaction.atomic():
        return frames_together({layout(record): [firm.pk] for record in records}, end_of(as_of))


def _numbers(firms: Iterable[Firm | int] | None) -> list[int] | None:
    return None if firms is None else [firm if isinstance(firm, int) else firm.pk for firm in firms]


def newest_batches(institution: Institution, firms: Iterable[Firm | int] | None = None) -> dict[int, int]:
    """Firm → its newest batch over all classes; firms about which nothing has come are left out. One statement."""
    rows = BatchFirm.objects.filter(batch__institution=institution)
    numbers = _numbers(firms)
    rows = rows if numbers is None else rows.filter(firm__in=numbers)
    return dict(rows.values_list("firm_id").annotate(newest=Max("batch_id")))


def overview(firm: Firm, as_of: dt.datetime | dt.date) -> list[dict[str, Any]]:
    """What was known of each kind of record at a moment: evidence_class, record, rows (corrected ones included), first, last (days),
    known_until, source (of the newest batch). For pages and commands, which have asked whether they may look."""
    with connection.cursor() as cursor:
        cursor.execute(statement("overview"), {"firm": firm.pk, "moment": end_of(as_of)})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def end_of(moment: dt.datetime | dt.date) -> dt.datetime:
    """The moment itself; for a day, its last microsecond in local time."""
    if isinstance(moment, dt.datetime):
        return moment
    return dt.datetime.combine(moment, dt.time.max, tzinfo=timezone.get_default_timezone())


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


COUNTED = Q(duplicate=False, status__in=[Invoice.Status.NORMAL, Invoice.Status.RED]) & ~Q(direction="out", kind__in=BUYER_ISSUED_KINDS)


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
