"""From the columns of a table to what a score looks at.

A table holds a date of approval and a date of founding; a score wants the age. A table holds an industry code; a score wants its first
two digits. These steps belong to the model: they are kept in its file, so that a model scores raw rows anywhere as it did in training.
Each step is one small plain function of one case's values; for many cases the same function runs once for each distinct input, so one
case and a million get the same answer to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from puhui.calculations.faults import Fault

__all__ = ["KINDS", "Step", "as_date", "as_number", "as_text", "columns_read", "needed", "prepare", "prepare_frame", "read_column"]

Value = float | str | date | None


@dataclass(frozen=True, slots=True)
class Step:
    """One prepared value: its name, the kind of step (see KINDS), the columns or earlier steps that it reads, and its options."""

    name: str
    kind: str
    columns: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "kind": self.kind, "columns": list(self.columns), **self.options}


def as_number(value: object) -> float | None:
    """A finite number, or None for null, NaN, infinity and blank text. ValueError when it is no number."""
    if value is None:
        return None
    if isinstance(value, str):
        if not value.strip():
            return None
        number = float(value)
    elif isinstance(value, (date, datetime)):
        raise ValueError(f"{value} is a date")
    else:
        number = float(value)  # type: ignore[arg-type]  # int, float, bool, Decimal; anything else is a ValueError or TypeError
    return number if math.isfinite(number) else None


def as_text(value: object) -> str | None:
    """A category's name: trimmed text, whole numbers without point (1.0 and 1 are one category), None for null and blank."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip() or None


def as_date(value: object) -> date | None:
    """A day, from a date, a time or ISO text. ValueError when it is none."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value).strip()[:10])


READERS: dict[str, Callable[[object], Any]] = {"number": as_number, "text": as_text, "date": as_date}


def ratio(values: list[Any], options: Mapping[str, Any]) -> float | None:
    numerator, denominator = values
    return None if numerator is None or not denominator else _finite(numerator / denominator)


def difference(values: list[Any], options: Mapping[str, Any]) -> float | None:
    return None if None in values else _finite(values[0] - values[1])


def total(values: list[Any], options: Mapping[str, Any]) -> float | None:
    if None in values:
        return None
    try:
        return _finite(math.fsum(values))
    except OverflowError:  # beyond what a number can hold, as infinity is: not known
        return None


def largest(values: list[Any], options: Mapping[str, Any]) -> float | None:
    return None if None in values else max(values)


def days_between(values: list[Any], options: Mapping[str, Any]) -> float | None:
    return None if None in values else float((values[1] - values[0]).days)


def day_number(values: list[Any], options: Mapping[str, Any]) -> float | None:
    """Days since the first of 2000."""
    return None if values[0] is None else float((values[0] - date(2000, 1, 1)).days)


def year(values: list[Any], options: Mapping[str, Any]) -> float | None:
    return None if values[0] is None else float(values[0].year)


def month(values: list[Any], options: Mapping[str, Any]) -> float | None:
    return None if values[0] is None else float(values[0].month)


def remainder(values: list[Any], options: Mapping[str, Any]) -> float | None:
    """What is left after whole multiples of `by`: 0 for a round amount."""
    return None if values[0] is None else math.fmod(values[0], float(options["by"]))


def joined(values: list[Any], options: Mapping[str, Any]) -> str | None:
    """Several categories as one: a trade in a region, the first cut to its first `length` signs where told. Null where one of them is."""
    first = int(options.get("length", 0)) or None
    return None if None in values else " · ".join([values[0][:first], *values[1:]])


def prefix(values: list[Any], options: Mapping[str, Any]) -> str | None:
    return None if values[0] is None else (values[0][: int(options["length"])] or None)


def category(values: list[Any], options: Mapping[str, Any]) -> str | None:
    return None if values[0] is None else str(values[0])


def group(values: list[Any], options: Mapping[str, Any]) -> str | None:
    """The name of the group that lists the value; `other` (default null) for values in no group."""
    if values[0] is None:
        return None
    for name, members in options["groups"].items():
        if values[0] in [as_text(member) for member in members]:
            return str(name)
    other = options.get("other")
    return None if other is None else str(other)


def equal(values: list[Any], options: Mapping[str, Any]) -> float | None:
    return None if None in values else float(values[0] == values[1])


def is_missing(values: list[Any], options: Mapping[str, Any]) -> float:
    return float(values[0] is None)


def null_if(values: list[Any], options: Mapping[str, Any]) -> float | None:
    """A number, null where the table wrote a stand-in such as 999 for "unknown"."""
    return None if values[0] in [float(stand_in) for stand_in in options["values"]] else values[0]


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of step: its function, what it reads, what it gives, and the options it cannot do without."""

    function: Callable[[list[Any], Mapping[str, Any]], Any]
    reads: tuple[str, ...]
    gives: str
    options: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    repeats: bool = False


KINDS: dict[str, Kind] = {
    "ratio": Kind(ratio, ("number", "number"), "number"),
    "difference": Kind(difference, ("number", "number"), "number"),
    "total": Kind(total, ("number",), "number", repeats=True),
    "largest": Kind(largest, ("number",), "number", repeats=True),
    "days_between": Kind(days_between, ("date", "date"), "number"),
    "day_number": Kind(day_number, ("date",), "number"),
    "year": Kind(year, ("date",), "number"),
    "month": Kind(month, ("date",), "number"),
    "remainder": Kind(remainder, ("number",), "number", ("by",)),
    "joined": Kind(joined, ("text",), "text", optional=("length",), repeats=True),
    "prefix": Kind(prefix, ("text",), "text", ("length",)),
    "category": Kind(category, ("text",), "text"),
    "group": Kind(group, ("text",), "text", ("groups",), ("other",)),
    "equal": Kind(equal, ("text", "text"), "number"),
    "is_missing": Kind(is_missing, ("text",), "number"),
    "null_if": Kind(null_if, ("number",), "number", ("values",)),
}


def read_kinds(step: Step) -> tuple[str, ...]:
    """How each of the step's columns is read: `number`, `text` or `date`."""
    kind = KINDS[step.kind]
    return kind.reads * len(step.columns) if kind.repeats else kind.reads


def prepare(values: Mapping[str, object], raw: Mapping[str, str], steps: tuple[Step, ...]) -> dict[str, Value]:
    """One case: raw columns read by kind, and each step's value beside them. A column given as None is null; an absent one a KeyError."""
    result: dict[str, Value] = {name: READERS[kind](values[name]) for name, kind in raw.items()}
    made: dict[str, Value] = {}
    for step in steps:
        given = [made[column] if column in made else values[column] for column in step.columns]
        inputs = [READERS[kind](value) for value, kind in zip(given, read_kinds(step), strict=True)]
        made[step.name] = KINDS[step.kind].function(inputs, step.options)
    return result | made


def needed(steps: tuple[Step, ...], names: set[str]) -> tuple[Step, ...]:
    """The steps of these names and those that they read, in their order."""
    kept: list[Step] = []
    wanted = set(names)
    for step in reversed(steps):
        if step.name in wanted:
            kept.append(step)
            wanted |= set(step.columns)
    return tuple(reversed(kept))


def columns_read(raw: Mapping[str, str], steps: tuple[Step, ...]) -> tuple[str, ...]:
    """The columns of a table that raw inputs and steps read; what an earlier step gives is none."""
    made = {step.name for step in steps}
    names = [*raw, *(column for step in steps for column in step.columns if column not in made)]
    return tuple(dict.fromkeys(names))


def prepare_frame(frame: pl.DataFrame, raw: Mapping[str, str], steps: tuple[Step, ...], faults: list[Fault]) -> pl.DataFrame:
    """Many cases: one row per row of `frame`, a column per raw column and step. What cannot be read is added to `faults`."""
    columns: dict[tuple[str, str], pl.Series] = {}
    made: dict[str, pl.Series] = {}

    def read(name: str, kind: str) -> pl.Series:
        if (name, kind) not in columns:
            columns[name, kind] = read_column(made[name] if name in made else frame[name], kind, faults)
        return columns[name, kind]

    series = [read(name, kind).alias(name) for name, kind in raw.items()]
    for step in steps:
        inputs = [read(column, kind) for column, kind in zip(step.columns, read_kinds(step), strict=True)]
        made[step.name] = _apply(step, inputs)
        series.append(made[step.name])
    return pl.DataFrame(series) if series else pl.DataFrame()


def read_column(series: pl.Series, kind: str, faults: list[Fault]) -> pl.Series:
    """A raw column as `number` (Float64, finite or null), `text` (String) or `date` (Date), whatever type the file gave it."""
    if kind == "number" and series.dtype.is_numeric():
        numbers = series.cast(pl.Float64)
        return numbers.set(~numbers.is_finite().fill_null(True), None)
    if kind == "date" and series.dtype == pl.Date:
        return series
    types: dict[str, type[pl.DataType]] = {"number": pl.Float64, "text": pl.String, "date": pl.Date}
    read = READERS[kind]
    values = series.to_list()  # once: a NaN is found again only as the same object
    distinct, wrong, readings = list(dict.fromkeys(values)), [], []
    for value in distinct:
        try:
            readings.append(read(value))
        except (ValueError, TypeError):
            wrong.append(value)
            readings.append(None)
    if wrong:
        where = f"column {series.name}, row {values.index(wrong[0])}"
        faults.append(Fault(where, f"{wrong[0]!r} ({len(wrong)} different values like it)", f"a {kind}", "correct the file"))
    reading = dict(zip(distinct, readings, strict=True))
    return pl.Series(series.name, [reading[value] for value in values], dtype=types[kind])


def _apply(step: Step, inputs: list[pl.Series]) -> pl.Series:
    """The step's function over distinct combinations of its inputs, spread back over the rows."""
    kind = KINDS[step.kind]
    frame = pl.DataFrame([series.alias(str(position)) for position, series in enumerate(inputs)])
    distinct = frame.unique(maintain_order=True)
    results = [kind.function(list(row), step.options) for row in distinct.iter_rows()]
    dtype = pl.Float64 if kind.gives == "number" else pl.String
    looked_up = distinct.with_columns(pl.Series("value", results, dtype=dtype))
    return frame.join(looked_up, on=frame.columns, how="left", nulls_equal=True, maintain_order="left")["value"].alias(step.name)
