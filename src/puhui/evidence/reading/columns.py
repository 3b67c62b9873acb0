"""The columns of a raw table turned into fields, each with its own check, all faults gathered.

Nothing here knows what an invoice is; it knows text, words of a list, amounts and dates, and writes down which rows fail.
"""

from __future__ import annotations

from collections.abc import Mapping as Dictionary

import polars as pl

from puhui.evidence.reading.amounts import Converted, parse_amounts
from puhui.evidence.reading.dates import parse_dates
from puhui.evidence.reading.faults import Problem, RowFaults
from puhui.evidence.reading.raw import ROW, RawTable
from puhui.evidence.reading.words import plain

CONTROL = r"[\x00-\x1f\x7f]+"


class Columns:
    """Fields of one table: `columns` says which column holds which field, `faults` collects what is wrong."""

    def __init__(self, table: RawTable, columns: dict[str, str], faults: RowFaults) -> None:
        self.table, self.columns, self.faults = table, columns, faults
        self.row = table.frame.get_column(ROW)
        self.height = table.frame.height

    def __contains__(self, field: str) -> bool:
        return field in self.columns

    def raw(self, field: str) -> pl.Series:
        """The cells as they stand; a column of nothing at all becomes empty text."""
        column = self.table.frame.get_column(self.columns[field])
        return column.cast(pl.String) if column.dtype in (pl.Null, pl.Categorical, pl.Enum) else column

    def report(self, field: str, problem: Problem) -> None:
        """Record a problem of a field with the cells found there."""
        if not problem.rows.any():
            return
        name = self.columns.get(field, field)
        found = self.raw(field) if field in self.columns else pl.repeat(None, self.height, dtype=pl.String, eager=True)
        self.faults.add(self.row, name, found, problem)

    def report_value(self, field: str, found: pl.Series, problem: Problem) -> None:
        """Record a problem whose finding is said in words of its own."""
        self.faults.add(self.row, self.columns.get(field, field), found, problem)

    def text(self, field: str, longest: int, *, needed: bool = False) -> pl.Series:
        """Trimmed text, empty where nothing stands. Problems: longer than the record can hold, missing where it is needed."""
        if field not in self.columns:
            return pl.repeat("", self.height, dtype=pl.String, eager=True).alias(field)
        cells = self.raw(field)
        text = cells.cast(pl.String, strict=False).fill_null("")
        if cells.dtype.is_float():
            text = text.str.strip_suffix(".0")
        text = text.str.replace_all(CONTROL, " ").str.strip_chars().alias(field)
        self.report(field, Problem(text.str.len_chars() > longest, f"at most {longest} characters", "Shorten it."))
        if needed:
            self.report(field, Problem(text == "", "a value in every row", "Fill the cell."))
        return text

    def amount(self, field: str, unit: str, rounding: str, nothing: frozenset[str] = frozenset()) -> Converted:
        """Fen, with the problems of the column recorded."""
        converted = parse_amounts(self.raw(field), unit, rounding, nothing)
        for problem in converted.problems:
            self.report(field, problem)
        return converted

    def empty(self, field: str) -> pl.Series:
        """Which cells hold nothing."""
        return self.raw(field).cast(pl.String, strict=False).fill_null("").str.strip_chars() == ""

    def need(self, field: str, expected: str = "a value in every row") -> None:
        """Record the empty cells of a field that every row must have."""
        self.report(field, Problem(self.empty(field), expected, "Fill the cell."))

    def date(self, field: str, date_format: str, *, needed: bool = True) -> tuple[pl.Series, pl.Series]:
        """Dates and hours, with the problems of the column recorded; where a date is needed, an empty cell is a problem too."""
        converted, hour = parse_dates(self.raw(field), date_format, self.table.date_1904)
        for problem in converted.problems:
            self.report(field, problem)
        if needed:
            self.need(field, "a date in every row")
        return converted.values.alias(field), hour

    def word(self, field: str, meanings: Dictionary[str, str], *, needed: bool = True, section: str = "") -> pl.Series:
        """The canonical value of each cell's word, null for a word nobody knows (a problem) or an empty cell.

        `section` is the part of a mapping file that gives a word its meaning."""
        cells = self.raw(field).cast(pl.String, strict=False).fill_null("").alias(field)
        distinct = cells.unique()
        meaning = {word: meanings.get(plain(word.removesuffix(".0"))) for word in distinct.to_list()}
        values = cells.replace_strict(list(meaning), list(meaning.values()), return_dtype=pl.String)
        wrong = values.is_null() if needed else values.is_null() & (cells.str.strip_chars() != "")
        known = ", ".join(list(dict.fromkeys(meanings))[:12])
        self.report(
            field,
            Problem(
                wrong,
                f"one of {known} …",
                f"Correct it, or say what the word means in the mapping file ([{section or f'{field}.words'}]).",
            ),
        )
        return values
