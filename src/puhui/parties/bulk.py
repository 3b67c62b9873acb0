"""Writing many rows of a table at once.

COPY takes rows as fast as the server can store them. Django's own way sends each column as one array, and quoting large JSON documents
inside an array costs more than computing them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def copy_rows(rows: Sequence[Row]) -> Sequence[Row]:
    """Store unsaved rows of one model inside the caller's transaction; they get their ids. No `save`, no signals, no defaults of the
    database: what each row holds is written."""
    if not rows:
        return rows
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not field.generated]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(str(meta.db_table))
    with connection.cursor() as cursor:
        sequence = "nextval(pg_get_serial_sequence(%s, %s))"
        cursor.execute(f"SELECT {sequence} FROM generate_series(1, %s)", [meta.db_table, meta.pk.column, len(rows)])
        for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = number
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return rows
