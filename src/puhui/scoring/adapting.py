"""A table from elsewhere, made to fit a model.

A model was trained on one table; the next one comes from another system, which writes amounts as `$60,000.00`, days as `28-Feb-97`, codes
as `1.0`, "not known" as `?`, and its columns in another order and spelling. None of that changes what a case is. So before a table is
judged, each column that the model reads is brought into the kind that training saw (the model's file keeps it), and what was assumed on the
way is told. A cell that cannot be read counts as not known, as long as such cells are few; a column of them is a fault, and so is a column
that is absent. Decisions do not go through here: they take exact values or none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from puhui.calculations.faults import Fault, check
from puhui.scoring.cells import dates, flag, has_decimal_commas, is_unknown, known_text, number, number_text, yes_or_no
from puhui.scoring.headings import absent_columns, columns_named, read_as
from puhui.scoring.loading import AnyModel
from puhui.scoring.model import Model
from puhui.scoring.preparation import as_text, read_kinds

__all__ = ["Adapted", "adapt", "plain", "type_word"]

MOST_UNREADABLE = 0.05
"""Share of a column's known cells that may be unreadable and count as null; beyond it the column is a fault."""

SHOWN_NEW = 5
LOOKED_AT = 100
"""Known cells at the head of a column, one of which shows whether a program wrote bytes."""
_BYTES = r"^b'.*'$"


@dataclass
class Adapted:
    """The table with every column that the model reads, and what was done to get it, in sentences."""

    frame: pl.DataFrame
    notes: list[str] = field(default_factory=list)
    unreadable: dict[str, int] = field(default_factory=dict)


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """The same cases as plain values: NaN is null; bytes are text, also where a program wrote them as it shows them (`b'1'`)."""
    return frame.with_columns([one for column in frame.get_columns() if (one := _plain(column)) is not None])


def _plain(column: pl.Series) -> pl.Series | None:
    """A column as plain values; None where it is already."""
    if column.dtype.is_float():
        return column.fill_nan(None) if column.is_nan().any() else None
    if column.dtype == pl.Binary:
        return column.cast(pl.String, strict=False)
    if column.dtype != pl.String or not column.drop_nulls().head(LOOKED_AT).str.contains(_BYTES).any():
        return None
    shown = column.str.contains(_BYTES)
    if not all(is_unknown(text) for text in column.filter(~shown).unique().to_list()):
        return None
    return pl.select(pl.when(shown).then(column.str.slice(2).str.strip_suffix("'")).otherwise(column).alias(column.name)).to_series()


def type_word(dtype: Any) -> str:
    """What a column of training was, for the model's file: whole, number, flag, date or text."""
    if dtype == pl.Boolean:
        return "flag"
    if dtype.is_integer():
        return "whole"
    if dtype.is_numeric():
        return "number"
    return "date" if dtype.is_temporal() else "text"


def adapt(frame: pl.DataFrame, model: AnyModel) -> Adapted:
    """The columns that `model` reads, each in the kind of training. FaultsError names every column that is absent or cannot be read."""
    frame = plain(frame)
    named = columns_named(model.columns, frame.columns)
    result, faults, columns = Adapted(frame), absent_columns(named, frame.columns), list[pl.Series]()
    result.notes += read_as(named)
    ways = _ways(model)
    kept = model.document.training.get("types", {})
    for name, found in named.items():
        if found is None:
            continue
        columns.append(_fitted(frame[found].alias(name), ways[name], kept.get(name, ""), _levels(model, name), result, faults))
        if columns[-1].null_count() == len(columns[-1]):
            result.notes.append(f"{name}: nothing is known in any row")
    check(faults)
    result.frame = pl.DataFrame(columns)
    return result


def _ways(model: AnyModel) -> dict[str, set[str]]:
    """Column → how the model reads it: number, text, date; sometimes two of them."""
    document = model.document
    found: dict[str, set[str]] = {name: {kind} for name, kind in document.raw.items()}
    made = {step.name for step in document.preparation}
    for step in document.preparation:
        for column, kind in zip(step.columns, read_kinds(step), strict=True):
            if column not in made:
                found.setdefault(column, set()).add(kind)
    return found


def _levels(model: AnyModel, name: str) -> frozenset[str]:
    """The categories that training met in a column that enters as it is."""
    found: Iterable[str] = ()
    if isinstance(model, Model):
        found = (level for each in model.document.variables if each.name == name for row in each.bins for level in row.levels)
    else:
        found = (level for each in model.document.inputs if each.name == name for level in each.rates)
    return frozenset(level for level in found if level)


def _fitted(series: pl.Series, ways: set[str], training: str, levels: frozenset[str], result: Adapted, faults: list[Fault]) -> pl.Series:
    """A column as training read it. Cells that cannot be read are null, or a fault where they are many."""
    if series.dtype in (pl.Categorical, pl.Enum):
        series = series.cast(pl.String)
    if series.dtype == pl.Null:
        return series
    if "date" in ways:
        return _days(series, result, faults)
    if "number" in ways:
        return _numbers(series, training, result, faults)
    read = _texts(series, training, levels)
    _tell_new(read, levels, result)
    return read


def _tell_new(series: pl.Series, levels: frozenset[str], result: Adapted) -> None:
    """A note of the values that training never met: the model treats them as it does the rare ones."""
    new = series.filter(series.is_not_null() & ~series.is_in(list(levels))) if levels else series.clear()
    if len(new):
        values = new.value_counts(sort=True)[series.name].to_list()
        shown = ", ".join(repr(value) for value in values[:SHOWN_NEW]) + (", …" if len(values) > SHOWN_NEW else "")
        result.notes.append(f"{series.name}: {len(new)} of {len(series)} cells hold a value that training never met ({shown})")


def _numbers(series: pl.Series, training: str, result: Adapted, faults: list[Fault]) -> pl.Series:
    if series.dtype.is_numeric():
        return series
    if series.dtype == pl.Boolean:
        return series.cast(pl.Float64)
    plain = series.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False) if series.dtype == pl.String else None
    if plain is not None and plain.null_count() == series.null_count():
        return plain
    if series.dtype == pl.String and has_decimal_commas(series.drop_nulls().unique().to_list()):
        result.notes.append(f"{series.name}: a comma is read as the decimal sign")
        return series.str.strip_chars().str.replace(",", ".").cast(pl.Float64, strict=False)
    read, wrong = {}, []
    for value in series.unique().to_list():
        try:
            read[value] = number(flag(value) if training == "flag" and isinstance(value, str) else value)
        except ValueError:
            read[value] = None
            wrong.append(value)
    return _told(series, [read[value] for value in series.to_list()], pl.Float64, wrong, "a number", result, faults)


def _days(series: pl.Series, result: Adapted, faults: list[Fault]) -> pl.Series:
    if series.dtype == pl.Date:
        return series
    if isinstance(series.dtype, pl.Datetime):
        return series.dt.date()
    texts = {value: as_text(value) for value in series.unique().to_list()}
    read, wrong, note = dates([text for text in texts.values() if text])
    if note:
        result.notes.append(f"{series.name}: {note}")
    values = [read.get(texts[value] or "") for value in series.to_list()]
    return _told(series, values, pl.Date, [value for value, text in texts.items() if text in wrong], "a date", result, faults)


def _told(
    series: pl.Series, values: list[Any], dtype: Any, wrong: list[Any], expected: str, result: Adapted, faults: list[Fault]
) -> pl.Series:
    """The column read; its unreadable cells counted and told."""
    if wrong:
        count, known = int(series.is_in(wrong).sum()), len(series) - series.null_count()
        row = series.to_list().index(wrong[0])
        if count > MOST_UNREADABLE * known:
            others = f" and {len(wrong) - 1} other values that cannot be read" if len(wrong) > 1 else ""
            found = f"{wrong[0]!r}{others}, in {count} of {known} rows"
            faults.append(Fault(f"column {series.name}, row {row}", found, expected, "correct the file, or leave the cells empty"))
        result.unreadable[series.name] = count
        result.notes.append(f"{series.name}: {count} cells such as {wrong[0]!r} (row {row}) cannot be read as {expected} and count as null")
    return pl.Series(series.name, values, dtype=dtype)


def _texts(series: pl.Series, training: str, levels: frozenset[str]) -> pl.Series:
    """Categories spelt as in training: its case, its way to write a number."""
    folded = {level.lower(): level for level in levels}
    is_upper, is_lower = (bool(levels) and all(turned(each) == each for each in levels) for turned in (str.upper, str.lower))
    read: dict[Any, str | None] = {}
    for value in series.unique().to_list():
        text = as_text(value)
        if text is None or text in levels:
            read[value] = text
        elif training in ("whole", "number"):
            read[value] = number_text(text)
        elif training == "flag":
            read[value] = flag(text)
        elif not levels:  # read through a preparation: the cell stays as it is
            read[value] = None if text == "?" else text
        else:
            known = folded.get(text.lower()) or folded.get((number_text(text) or text).lower())
            known = known or yes_or_no(text, sorted(levels))
            new = known_text(text)
            read[value] = known or (new and (new.upper() if is_upper else new.lower() if is_lower else new))
    return pl.Series(series.name, [read[value] for value in series.to_list()], dtype=pl.String)
