"""Stored evidence as frames: one statement, its rows by COPY. A million rows take seconds."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from django.db import connection

from puhui.evidence.layouts import FRAME_HEAD, KINDS, Field, Layout
from puhui.evidence.storing import statement

SQL_TYPES = {
    "amount": "bigint", "whole": "bigint", "number": "double precision", "share": "double precision", "date": "date", "month": "date",
    "flag": "boolean",
}  # fmt: skip
MOST_OCCURRENCES = 32_767


def records_frame(layout: Layout, firms: Sequence[int], moment: dt.datetime) -> pl.DataFrame:
    """What was known of some firms by a moment, columns of `layout.schema()`, in the order of firm, day and arrival.

    The caller holds a transaction, and has asked for consent."""
    build = _readings_statement if layout.series else _records_statement
    given = {
        "firms": list(firms),
        "record": layout.record,
        "known_at": moment,
        "most_occurrences": 1 if layout.repeats_left_out else MOST_OCCURRENCES,
    }
    return copy_out(build(layout), given, layout.schema()).sort("firm_id", "observed_on", "record_id")


def frames_together(wanted: Mapping[Layout, Sequence[int]], moment: dt.datetime) -> dict[str, pl.DataFrame]:
    """`records_frame` of several layouts for few firms, in few statements: record → frame. For one firm's whole profile."""
    alone = [layout for layout in wanted if layout.series or layout.repeats_left_out]
    frames = {layout.record: records_frame(layout, wanted[layout], moment) for layout in alone}
    rest = [layout for layout in wanted if layout.record not in frames]
    pairs = [(layout.record, firm) for layout in rest for firm in wanted[layout]]
    given = {"records": [record for record, _ in pairs], "firms": [firm for _, firm in pairs], "known_at": moment}
    schema = {"record": pl.String, **FRAME_HEAD, "content": pl.String}
    rows = copy_out(statement("contents_as_of"), given, schema).sort("firm_id", "observed_on", "record_id")
    parts = {str(key[0]): part for key, part in rows.partition_by("record", as_dict=True).items()}
    return frames | {layout.record: _unfolded(layout, parts.get(layout.record)) for layout in rest}


def _unfolded(layout: Layout, rows: pl.DataFrame | None) -> pl.DataFrame:
    """Documents as the columns of the layout."""
    if rows is None:
        return layout.empty()
    kinds = {name: KINDS[field.type] for name, field in layout.fields.items()}
    as_told = pl.Struct({name: pl.String if kind == pl.Date else kind for name, kind in kinds.items()})
    fields = rows.get_column("content").str.json_decode(as_told).struct.unnest()
    days = [pl.col(name).str.to_date() for name, kind in kinds.items() if kind == pl.Date]
    return pl.concat([rows.select(list(FRAME_HEAD)), fields.with_columns(days)], how="horizontal")


def _records_statement(layout: Layout) -> str:
    columns = ", ".join(f'content."{name}"' for name in layout.fields)
    definitions = ", ".join(f'"{name}" {SQL_TYPES.get(field.type, "text")}' for name, field in layout.fields.items())
    return statement("records_as_of").format(columns=columns, definitions=definitions)


def _readings_statement(layout: Layout) -> str:
    columns = ", ".join(f'{_reading(layout, field)} AS "{name}"' for name, field in layout.fields.items())
    return statement("readings_as_of").format(columns=columns)


def _reading(layout: Layout, field: Field) -> str:
    """Where a field of a time series stands: in the day, in the key, or in the array of measured values."""
    if field.name == layout.observed:
        return "believed.day"
    if field.name in layout.keys:
        return f"(believed.key ->> '{field.name}')::{SQL_TYPES.get(field.type, 'text')}"
    value = f"believed.values[believed.number][array_position(believed.fields, '{field.name}')]"
    return f"{value} = 1" if field.type == "flag" else f"{value}::{SQL_TYPES[field.type]}"


def copy_out(sql: str, parameters: Mapping[str, Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """The rows of a statement in the types of `schema`; its moments come as UTC."""
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        with cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv, HEADER)", parameters) as copy:
            for piece in copy:
                buffer.write(piece)
        cursor.execute("SET LOCAL TimeZone = DEFAULT")
    buffer.seek(0)
    flags = [name for name, kind in schema.items() if kind == pl.Boolean]
    moments = [name for name, kind in schema.items() if isinstance(kind, pl.Datetime)]
    frame = pl.read_csv(buffer, schema={**schema, **dict.fromkeys([*flags, *moments], pl.String)})
    return frame.with_columns(*(pl.col(name) == "t" for name in flags), *(_moments(frame.get_column(name)) for name in moments)).select(
        list(schema)
    )


def _moments(text: pl.Series) -> pl.Series:
    """A file has few distinct moments: each is parsed once."""
    distinct = text.unique()
    parsed = distinct.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z", time_zone="UTC", time_unit="us")
    if text.is_empty():  # a replacement of nothing by nothing would stay text
        return parsed.alias(text.name)
    return text.replace_strict(distinct, parsed, return_dtype=pl.Datetime("us", "UTC")).alias(text.name)
