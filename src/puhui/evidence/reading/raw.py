"""A table as it stands in the file, before anybody asks what it means.

Readers of the four formats all hand over the same thing: columns under the names the file gives them, each row with the number
the spreadsheet shows, and the rows that could not even be cut into cells. Text formats give text; Parquet keeps its own types.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

ROW = "__row__"


@dataclass(frozen=True)
class HeadingChoice:
    """Where the headings stand among the first records: `first` is the 0-based record, `depth` 1, or 2 for a merged heading."""

    first: int
    depth: int
    names: tuple[str, ...]
    recognised: int  # how many of the names we know
    above: tuple[tuple[str, ...], ...] = ()  # what stands over the headings: a title, whose account it is


@dataclass(frozen=True)
class HeadingFinder:
    """`find`: given the first records of a sheet, the headings, or nothing when no record looks like them. `examples` are for messages."""

    find: Callable[[Sequence[Sequence[str]]], HeadingChoice | None]
    examples: str


@dataclass(frozen=True)
class RawTable:
    """`frame` holds `ROW` (Int64, as the file numbers it) and the file's columns; `broken` has row, text and reason of uncut rows."""

    file: str
    sheet: str
    frame: pl.DataFrame
    broken: pl.DataFrame
    notes: list[str] = field(default_factory=list)
    above: tuple[tuple[str, ...], ...] = ()  # the records over the headings
    date_1904: bool = False  # day numbers of this workbook count from 1904-01-01 instead of 1899-12-30

    @property
    def columns(self) -> list[str]:
        return [name for name in self.frame.columns if name != ROW]


BROKEN_SCHEMA = {ROW: pl.Int64, "text": pl.String, "expected": pl.String, "found": pl.String}


def no_broken_rows() -> pl.DataFrame:
    return pl.DataFrame(schema=BROKEN_SCHEMA)


def distinct_names(headings: Sequence[str]) -> list[str]:
    """Headings as column names: an empty one is named by its position, a repeated one gets `#2`, so that none is lost."""
    seen: dict[str, int] = {}
    names = []
    for position, heading in enumerate(headings, start=1):
        name = heading.strip() or f"(column {position})"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return names
