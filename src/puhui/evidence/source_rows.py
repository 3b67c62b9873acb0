"""The rows of one firm as a page shows them: invoices one by one, and for any row the file and the line of it that it came from.

For pages and commands, which have asked whether they may look and have it logged (`puhui.evidence.access.open_readings`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import polars as pl

from puhui.evidence.layouts import layout
from puhui.evidence.models import Invoice, Record, SeriesMonth
from puhui.evidence.queries import FRAME_SCHEMA, standing_invoices
from puhui.parties.models import Firm

__all__ = ["INVOICE_ROWS", "known_invoices", "origins"]

INVOICE_ROWS: dict[str, Any] = {"record_id": pl.Int64, "invoice_number": pl.String, **FRAME_SCHEMA}
"""The columns of invoices that variables are computed from, beside the number of the stored row and of the invoice."""


def known_invoices(firm: Firm, as_of: dt.datetime | dt.date) -> pl.DataFrame:
    """The invoices of one firm as they were known at a moment, columns of `INVOICE_ROWS`, in the order of day and arrival."""
    names = ["id" if name == "record_id" else name for name in INVOICE_ROWS]
    rows = standing_invoices(firm, as_of).order_by("issued_on", "id").values_list(*names)
    return pl.DataFrame(list(rows), schema=INVOICE_ROWS, orient="row")


def origins(record: str, numbers: Iterable[int]) -> dict[int, tuple[str, int | None]]:
    """Number of a stored row → name of the file, and its row there as the file numbers them (None for a month of readings)."""
    wanted = {"pk__in": list(numbers)}
    if record == "invoice":
        return {pk: (file, row) for pk, file, row in Invoice.objects.filter(**wanted).values_list("pk", "batch__file_name", "row_number")}
    if layout(record).series:
        return {pk: (file, None) for pk, file in SeriesMonth.objects.filter(**wanted).values_list("pk", "batch__file_name")}
    return {pk: (file, row) for pk, file, row in Record.objects.filter(**wanted).values_list("pk", "batch__file_name", "row_number")}
