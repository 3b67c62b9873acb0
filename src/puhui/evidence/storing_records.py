"""Records and readings from checked rows to stored ones, set by set as for invoices, whatever their layout.

A record's fields lie in one JSON document. Readings of a time series lie a month to a row, in arrays, and only the days that are new or
told otherwise are added.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import polars as pl
from django.db import connection

from puhui.evidence.layouts import KINDS, Layout
from puhui.evidence.same_movements import notes_of, take_out
from puhui.evidence.storing import LARGE_FILE_ROWS, Progress, Stored, compared_by_sets, copy_in, lock_imports, next_batch, statement

STAGED = ("firm_id", "row_number", "observed_on", "known_at", "known_at_assumed", "content", "content_key", "identity_key", "occurrence")
STAGED_READINGS = ("firm_id", "row_number", "series_key", "key", "day", "known_at", "known_at_assumed", "values")


def store_records(
    layout: Layout, rows: pl.DataFrame, institution_id: int, now: dt.datetime, received_at: dt.datetime, progress: Progress
) -> Stored:
    """Add the rows of `reading.records` that are new; arguments and promises as for `storing.store_invoices`."""
    return (_store_readings if layout.series else _store_rows)(layout, rows, institution_id, now, received_at, progress)


def _store_rows(
    layout: Layout, rows: pl.DataFrame, institution_id: int, now: dt.datetime, received_at: dt.datetime, progress: Progress
) -> Stored:
    staged = rows.rename({"row": "row_number"}).with_columns(
        pl.col(layout.observed).alias("observed_on"), pl.struct(list(layout.fields)).struct.json_encode().alias("content")
    )
    given: dict[str, Any] = {"institution": institution_id, "record": layout.record, "now": now, "received_at": received_at}
    with connection.cursor() as cursor:
        lock_imports(cursor, institution_id)
        cursor.execute(statement("stage_records"))
        copy_in(cursor, "staged_record", staged.select(STAGED), progress)
        cursor.execute("ANALYZE staged_record")
        progress("comparing with what is known", rows.height, rows.height)
        again = take_out(cursor, statement, layout.record)
        with compared_by_sets(cursor, rows.height):
            cursor.execute(statement("find_corrections"), given)
            replaced = int(cursor.fetchone()[0])
        progress("storing", rows.height, rows.height)
        batch_id = next_batch(cursor)
        cursor.execute(statement("add_new_records"), {**given, "batch": batch_id})
        added = int(cursor.fetchone()[0])
        if added > LARGE_FILE_ROWS:
            cursor.execute("ANALYZE evidence_record")
        cursor.execute("DROP TABLE staged_record")
    return Stored(added, rows.height - added, replaced, batch_id if added else None, tuple(notes_of(again)))


def _store_readings(
    layout: Layout, rows: pl.DataFrame, institution_id: int, now: dt.datetime, received_at: dt.datetime, progress: Progress
) -> Stored:
    staged = _readings(layout, rows)
    given: dict[str, Any] = {
        "institution": institution_id,
        "record": layout.record,
        "now": now,
        "received_at": received_at,
        "fields": list(layout.values),
    }
    with connection.cursor() as cursor:
        lock_imports(cursor, institution_id)
        cursor.execute(statement("stage_readings"))
        copy_in(cursor, "staged_reading", staged.select(STAGED_READINGS), progress)
        cursor.execute("ANALYZE staged_reading")
        progress("comparing with what is known", staged.height, staged.height)
        cursor.execute(statement("compare_readings"), given)
        replaced = int(cursor.fetchone()[0])
        progress("storing", staged.height, staged.height)
        batch_id = next_batch(cursor)
        cursor.execute(statement("add_new_readings"), {**given, "batch": batch_id})
        added = int(cursor.fetchone()[0])
        cursor.execute("DROP TABLE staged_reading")
    return Stored(added, rows.height - added, replaced, batch_id if added else None)


def _readings(layout: Layout, rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each day of a series; what a file repeats is taken once. Measured fields become one array, yes and no 1 and 0."""
    cells = [
        (pl.col(name).cast(pl.Int8) if KINDS[layout.fields[name].type] == pl.Boolean else pl.col(name)).cast(pl.String).fill_null("NULL")
        for name in layout.values
    ]
    staged = rows.filter(pl.col("occurrence") == 1).with_columns(
        pl.col("row").alias("row_number"),
        pl.col(layout.observed).alias("day"),
        pl.concat_str([pl.lit("{"), pl.concat_str(cells, separator=","), pl.lit("}")]).alias("values"),
    )
    return _with_series(staged, layout)


def _with_series(staged: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Add `key`, the fields that tell one series from another as JSON, and `series_key`, its digest. A file has few series."""
    if not layout.keys:
        return staged.with_columns(pl.lit("{}").alias("key"), pl.lit(_digest("{}")).alias("series_key"))
    series = staged.select(layout.keys).unique()
    texts = [json.dumps({name: value for name, value in row.items() if value is not None}, sort_keys=True) for row in series.to_dicts()]
    series = series.with_columns(pl.Series("key", texts), pl.Series("series_key", [_digest(text) for text in texts]))
    return staged.join(series, on=list(layout.keys), how="left", nulls_equal=True, maintain_order="left")


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
