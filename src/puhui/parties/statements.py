"""Several statements in one trip to the database, and rows in and out of them without composing a query each time.

What somebody waits for asks the same few things again and again. Django's query sets compose their text anew each time, which takes longer
than the database needs for the answer, and each travels alone. Here the text is written once, statements travel together, and what
comes back are rows of the models all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

__all__ = ["Statement", "array_text", "columns", "insertion", "instances", "new_numbers", "row_asked", "together"]

Statement = tuple[str, Sequence[Any]]
"""Text with %s for each of the parameters."""
Row = TypeVar("Row", bound=models.Model)


def together(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement, in order, in one trip; none for one that gives no rows.

    They run one after another, each seeing what those before it did, and none is kept where one fails.
    """
    text = ";\n".join(text for text, _ in statements)
    found = []
    with connection.cursor() as cursor:
        cursor.execute(text, [one for _, parameters in statements for one in parameters])
        for _ in statements:
            found.append(cursor.fetchall() if cursor.description else [])
            cursor.nextset()
    return found


@cache
def columns(model: type[models.Model]) -> str:
    """The columns of a model for the text of a statement, in the order that `instances` takes them."""
    table = connection.ops.quote_name(model._meta.db_table)
    return ", ".join(f"{table}.{connection.ops.quote_name(str(field.column))}" for field in model._meta.concrete_fields)


def instances(model: type[Row], rows: Iterable[Sequence[Any]]) -> list[Row]:
    """The rows of a model whose `columns` were asked for; what follows them in a row is left aside."""
    names, readers = _reading(model)
    made = []
    for row in rows:
        values = list(row[: len(names)])
        for place, reader, column in readers:
            values[place] = reader(values[place], column, connection)
        made.append(model.from_db(connection.alias, names, values))
    return made


@cache
def _reading(model: type[models.Model]) -> tuple[list[str], list[tuple[int, Any, Any]]]:
    """The names of a model's columns, and what turns the values of some into those of the model, with their places."""
    fields = model._meta.concrete_fields
    readers = [(place, reader, field.cached_col) for place, field in enumerate(fields) for reader in field.get_db_converters(connection)]
    return [field.attname for field in fields], readers


def row_asked(model: type[models.Model], number: int) -> Statement:
    """The statement that finds the row of this id, to travel with others; `instances` reads its answer."""
    table, key = (connection.ops.quote_name(str(name)) for name in (model._meta.db_table, model._meta.pk.column))
    return f"SELECT {columns(model)} FROM {table} WHERE {key} = %s", [number]


def insertion(rows: Sequence[models.Model], texts: Mapping[str, Sequence[str]] | None = None) -> Statement:
    """The statement that stores new rows of one model, one or more; ids that are set already are kept. They are not given theirs.

    `texts`: columns whose values are at hand as the database reads them (the JSON of a document that was spelt for its digest), by row.
    """
    head, places, fields = _inserting(type(rows[0]), rows[0].pk is None)
    texts = texts or {}
    values = [
        texts[field.attname][number] if field.attname in texts else field.get_db_prep_save(getattr(row, field.attname), connection)
        for number, row in enumerate(rows)
        for field in fields
    ]
    return head + ", ".join([places] * len(rows)), values


@cache
def _inserting(model: type[models.Model], numbered: bool) -> tuple[str, str, list[Any]]:
    """Head of the statement, places of a row, and its fields. `numbered`: the database gives the ids."""
    meta = model._meta
    fields = [field for field in meta.concrete_fields if not field.generated and not (field.primary_key and numbered)]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    return f"INSERT INTO {connection.ops.quote_name(meta.db_table)} ({names}) VALUES ", f"({', '.join(['%s'] * len(fields))})", fields


def new_numbers(model: type[models.Model], count: int) -> Statement:
    """The statement that draws ids for rows that are to be stored: a row for each."""
    meta = model._meta
    return "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [meta.db_table, meta.pk.column, count]


def array_text(values: Sequence[object]) -> str:
    """A column as PostgreSQL writes an array: several times as quick as the driver's way of going through each value."""
    if _NUMBERS.issuperset(map(type, values)):
        return "{" + str(list(values))[1:-1].replace("None", "NULL") + "}"
    return "{" + ",".join(_quoted(value) if isinstance(value, str) else "NULL" if value is None else str(value) for value in values) + "}"


_NUMBERS = frozenset({int, type(None)})


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
