"""From checked rows to stored ones: by COPY into a passing table, then by sets, in the caller's transaction.

The passing table makes the import all or nothing and tells the new rows from those that are there: a million rows are one COPY and one
INSERT. Imports of one institution wait for each other, so two files that overlap cannot both think a row is new.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import polars as pl
from django.db import connection

STAGED = (
    "firm_id", "row_number", "direction", "invoice_code", "invoice_number", "issued_on", "issued_hour", "counterparty", "kind", "status",
    "amount_fen", "tax_fen", "total_fen", "known_at", "known_at_assumed", "duplicate", "flags", "content_key", "identity_key", "occurrence",
)  # fmt: skip
SLICE_ROWS = 50_000
IMPORT_LOCK = 0x433037  # beside the institution's number
LARGE_FILE_ROWS = 5_000

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Stored:
    """What storing did: rows added, rows that were there already, earlier rows that a new one replaces; the batch when any was added;
    what there is to say of it."""

    added: int
    unchanged: int
    replaced: int
    batch_id: int | None
    notes: tuple[str, ...] = ()


def statement(name: str) -> str:
    """The text of one of our SQL files."""
    return (files("puhui.evidence") / "sql" / f"{name}.sql").read_text("utf-8")


def store_invoices(rows: pl.DataFrame, institution_id: int, now: dt.datetime, received_at: dt.datetime, progress: Progress) -> Stored:
    """Add the rows of `reading.invoices` that are new. `now` is the moment that counts as learning a correction.

    The caller holds the transaction and makes the batch of the returned number in it. Nothing refers to the batch when no row is new.
    """
    with connection.cursor() as cursor:
        lock_imports(cursor, institution_id)
        cursor.execute(statement("stage_invoices"))
        copy_in(cursor, "staged_invoice", rows.rename({"row": "row_number"}).select(STAGED), progress)
        cursor.execute("ANALYZE staged_invoice")
        replaced = 0
        if _anything_stored(cursor):
            progress("comparing with what is known", rows.height, rows.height)
            with compared_by_sets(cursor, rows.height):
                cursor.execute(statement("find_replaced_invoices"))
                replaced = cursor.rowcount
            if replaced:
                cursor.execute(statement("date_corrections"), {"now": now})
        progress("storing", rows.height, rows.height)
        batch_id = next_batch(cursor)
        cursor.execute(statement("add_new_invoices"), {"institution": institution_id, "batch": batch_id, "received_at": received_at})
        added = int(cursor.fetchone()[0])
        if replaced:
            cursor.execute(statement("record_replacements"))
        if added > LARGE_FILE_ROWS:
            # Else the next import's joins are planned for an empty table. A server that does not let the application do it (before
            # PostgreSQL 17) skips it with a warning, and does it by itself before long.
            cursor.execute("ANALYZE evidence_invoice")
        # A second import in the same transaction makes these tables anew.
        cursor.execute("DROP TABLE IF EXISTS staged_invoice, replaced_invoice")
    return Stored(added, rows.height - added, replaced, batch_id if added else None)


def _anything_stored(cursor: Any) -> bool:
    cursor.execute(
        "SELECT EXISTS (SELECT FROM (SELECT DISTINCT firm_id FROM staged_invoice) AS firm"
        " WHERE EXISTS (SELECT FROM evidence_invoice AS stored WHERE stored.firm_id = firm.firm_id))"
    )
    return bool(cursor.fetchone()[0])


def lock_imports(cursor: Any, institution_id: int) -> None:
    """Wait for other imports of the institution, until this transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [IMPORT_LOCK, institution_id])
    cursor.execute("SET LOCAL work_mem = '128MB'")


@contextmanager
def compared_by_sets(cursor: Any, row_count: int) -> Iterator[None]:
    """How many rows of a file are new cannot be foreseen from statistics; taken for few, a large file would be compared row by row with
    all that its firms have."""
    cursor.execute("SELECT set_config('enable_nestloop', %s, true)", ["off" if row_count > LARGE_FILE_ROWS else "on"])
    yield
    cursor.execute("SELECT set_config('enable_nestloop', 'on', true)")


def next_batch(cursor: Any) -> int:
    """The number of a batch that is made before this transaction ends."""
    cursor.execute("SELECT nextval(pg_get_serial_sequence('evidence_batch', 'id'))")
    return int(cursor.fetchone()[0])


def copy_in(cursor: Any, table: str, rows: pl.DataFrame, progress: Progress) -> None:
    """Send rows to a passing table in slices, so that their text never lies in memory as a whole."""
    names = ", ".join(f'"{name}"' for name in rows.columns)
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)") as copy:
        for start in range(0, rows.height, SLICE_ROWS):
            progress("sending", start, rows.height)
            copy.write(csv_text(rows.slice(start, SLICE_ROWS)))
    progress("sending", rows.height, rows.height)


def csv_text(rows: pl.DataFrame) -> bytes:
    """Rows as PostgreSQL's COPY reads them: text in quotation marks (an empty one is empty text), nothing for null."""
    buffer = io.BytesIO()
    rows.write_csv(buffer, include_header=False, quote_style="non_numeric", null_value="", datetime_format="%Y-%m-%d %H:%M:%S%.6f%:z")
    return buffer.getvalue()
