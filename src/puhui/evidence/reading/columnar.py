"""Parquet: columns that already have types. Their values are taken as they are, nothing is guessed from text.

The footer tells rows and sizes before anything is unpacked. Columns that are lists or structures cannot be evidence and are left
out; a heading that needs one of them then says so.
"""

from __future__ import annotations

import io

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from puhui.evidence.reading.faults import refuse
from puhui.evidence.reading.limits import Deadline, Limits
from puhui.evidence.reading.raw import ROW, RawTable, no_broken_rows

FIRST_ROW = 1


def read_parquet(data: bytes, file: str, limits: Limits) -> RawTable:
    """All flat columns of a Parquet file; rows are numbered from 1. Raises `RefusedFileError`."""
    deadline = Deadline(limits, file)
    if not data.endswith(b"PAR1"):
        raise refuse(file, "a Parquet file without its end (cut off)", "a whole Parquet file", "Send it again; the transfer broke off.")
    try:
        footer = pq.read_metadata(io.BytesIO(data))
        _check_size(footer, file, limits)
        schema = pq.read_schema(io.BytesIO(data))
        flat = [field.name for field in schema if _is_flat(field.type)]
        nested = [field.name for field in schema if not _is_flat(field.type)]
        if not flat:
            raise refuse(file, "only nested or binary columns", "flat columns of text, numbers and dates", "Write one column per field.")
        frame = pl.from_arrow(pq.read_table(io.BytesIO(data), columns=flat, use_threads=True))
    except (pa.ArrowException, OSError, pl.exceptions.PolarsError) as error:
        raise refuse(file, f"a damaged Parquet file ({error})", "a whole Parquet file", "Write it again and send it again.") from error
    assert isinstance(frame, pl.DataFrame)
    deadline.check()
    notes = [f"left out nested or binary columns: {', '.join(nested)}"] if nested else []
    frame = frame.insert_column(0, pl.int_range(FIRST_ROW, frame.height + FIRST_ROW, eager=True).alias(ROW))
    return RawTable(file, "", frame, no_broken_rows(), notes)


def _is_flat(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return not (
        pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    )


def _check_size(footer: pq.FileMetaData, file: str, limits: Limits) -> None:
    unpacked = sum(footer.row_group(group).total_byte_size for group in range(footer.num_row_groups))
    for found, largest, what in (
        (footer.num_rows, limits.rows, "rows"),
        (footer.num_columns, limits.columns, "columns"),
        (unpacked, limits.unpacked_bytes, "bytes unpacked"),
    ):
        if found > largest:
            raise refuse(file, f"{found:,} {what}", f"at most {largest:,} {what}", "Split it into several files; they may overlap.")
