"""Rows of a file that are not yet records: some that are meant for another record, and readings of minutes that are wanted by the day.

A mapping file says so. `[only]` names columns and the value that a row must have to count. `[fold.fields]` says how the readings of one day
become one row: `count`, `mean COLUMN`, `max COLUMN`, `sum COLUMN`, or `silence` (the longest time between two readings, in hours).
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from puhui.calculations.faults import Fault
from puhui.evidence.layouts import Layout
from puhui.evidence.reading.faults import Problem, RefusedFileError, RowFaults, place
from puhui.evidence.reading.mapping import IGNORED, Mapping
from puhui.evidence.reading.raw import ROW, RawTable

__all__ = ["folded", "only_meant"]

MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M")
HOUR_SECONDS = 3600


def only_meant(table: RawTable, mapping: Mapping) -> RawTable:
    """The rows that have the values of `[only]`; how many were left out is in the notes. Raises `RefusedFileError` for a column there is
    not, or where no row is left."""
    if not mapping.only:
        return table
    _there(table, list(mapping.only), "[only]")
    cells = [pl.col(name).cast(pl.String).str.strip_chars().str.strip_suffix(".0") == value for name, value in mapping.only.items()]
    kept = table.frame.filter(pl.all_horizontal(cells))
    if kept.is_empty():
        wanted = ", ".join(f"{name} = {value}" for name, value in mapping.only.items())
        raise RefusedFileError(
            [Fault(place(table.file, table.sheet), "no such row", f"rows with {wanted}", "Look at [only] in the mapping.")]
        )
    note = f"rows that are none of this record, left out: {table.frame.height - kept.height:,}"
    return replace(table, frame=kept, notes=[*table.notes, note])


def folded(table: RawTable, mapping: Mapping, layout: Layout) -> tuple[RawTable, Mapping]:
    """The readings of each day as one row, and the mapping for it. Raises `RefusedFileError` with every moment and figure that is none."""
    if not mapping.fold:
        return table, mapping
    keys = [column for column, field in mapping.columns.items() if field not in (IGNORED, layout.observed)]
    keys += [mapping.firm_column] if mapping.firm_column and mapping.firm_column not in keys else []
    moment = next((column for column, field in mapping.columns.items() if field == layout.observed), "")
    measured = {field: told.split(" ", 1)[1] for field, told in mapping.fold.items() if " " in told}
    _there(table, [moment, *keys, *measured.values()], "[columns] and [fold.fields]")
    readings = _readings(table, moment, sorted(set(measured.values())))
    by = [*keys, "day"]
    days = readings.sort(*keys, "moment").group_by(by, maintain_order=True).agg(
        pl.col(ROW).min(), *(_folding(told).alias(field) for field, told in mapping.fold.items()), _again().alias("again")
    )  # fmt: skip
    frame = days.select(ROW, *keys, pl.col("day").alias(moment), *mapping.fold).sort(ROW)
    notes = [f"readings folded into days: {readings.height:,} into {frame.height:,}"]
    again = int(days["again"].sum())
    notes += [f"readings of a moment that was told before: {again:,}"] if again else []
    columns = {
        **{column: field for column, field in mapping.columns.items() if column in frame.columns},
        **{each: each for each in mapping.fold},
    }
    return replace(table, frame=frame, notes=[*table.notes, *notes]), replace(mapping, columns=columns)


def _there(table: RawTable, names: list[str], section: str) -> None:
    missing = [name for name in names if name not in table.columns]
    if missing:
        found, expected = f"no column {', '.join(missing) or '(none named)'}", f"the columns of {section} in the mapping file"
        raise RefusedFileError([Fault(place(table.file, table.sheet), found, expected, "Correct the mapping or the headings.")])


def _readings(table: RawTable, moment: str, measured: list[str]) -> pl.DataFrame:
    """The rows with their moment, its day and their figures. Raises `RefusedFileError` with every cell that is none of these."""
    faults, row = RowFaults(table.file, table.sheet), table.frame.get_column(ROW)
    cells = table.frame.get_column(moment)
    moments = cells if isinstance(cells.dtype, pl.Datetime) else _parsed(cells)
    faults.add(row, moment, cells, Problem(moments.is_null(), "a moment such as 2024-03-31 08:30:00", "Write date and time, year first."))
    figures = []
    for name in measured:
        told = table.frame.get_column(name)
        empty = told.is_null() | (told.cast(pl.String).str.strip_chars() == "")
        values = told.cast(pl.Float64, strict=False)
        faults.add(row, name, told, Problem(~empty & (values.is_null() | ~values.is_finite()), "a number such as 12.5", "Write digits."))
        figures.append(values.alias(f"value of {name}"))
    if faults.total:
        raise faults.refusal()
    naive = moments.dt.replace_time_zone(None) if isinstance(moments.dtype, pl.Datetime) else moments
    return table.frame.with_columns(naive.alias("moment"), naive.dt.date().alias("day"), *figures)


def _parsed(cells: pl.Series) -> pl.Series:
    text = cells.cast(pl.String).str.strip_chars()
    return pl.select(pl.coalesce([text.str.to_datetime(form, time_unit="us", strict=False) for form in MOMENTS])).to_series()


def _folding(told: str) -> pl.Expr:
    """The expression of one of the foldings; `mapping.FOLDINGS` names them."""
    name, _, column = told.partition(" ")
    if name == "count":
        return pl.len()
    if name == "silence":
        return pl.col("moment").diff().dt.total_seconds().max() / HOUR_SECONDS
    value = pl.col(f"value of {column}")
    return {"mean": value.mean(), "max": value.max(), "sum": value.sum()}[name]


def _again() -> pl.Expr:
    """How many readings of a day have the moment of the one before."""
    return (pl.col("moment").diff().dt.total_seconds() == 0).sum()
