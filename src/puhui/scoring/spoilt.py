"""Columns of numbers that a table holds as text, because a few of their cells are no numbers or a program wrote them so.

Trained on as they are, they would be categories, each value one of its own, and the variable would be lost without a word. A code of
figures (a trade, a post code) is no such column: it has no decimals, or a leading zero, and all its cells are codes.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import polars as pl

from puhui.calculations.faults import Fault
from puhui.scoring.cells import is_unknown
from puhui.scoring.configuration import Configuration

__all__ = ["spoilt_numbers"]

LEAST_NUMBERS = 0.95
LEAST_DISTINCT = 20
CODE = r"^0\d"
FRACTION = r"^[-+]?\d*\.\d*[1-9]"


def spoilt_numbers(frame: pl.DataFrame, configuration: Configuration) -> list[Fault]:
    """A fault for each column that may enter and is one; those named as categories, exclusions or identifiers are what they are."""
    settled = (*configuration.categories, *configuration.exclusions, *configuration.id)
    settled += (configuration.target.column, configuration.weight, configuration.split.date, configuration.rejects.column)
    settled += tuple(column for step in configuration.preparation for column in step.columns)
    wanted = configuration.variables or ("*",)
    return [
        fault
        for name, dtype in frame.schema.items()
        if dtype == pl.String and any(fnmatchcase(name, each) for each in wanted) and not any(fnmatchcase(name, each) for each in settled)
        if (fault := _fault_of(frame[name])) is not None
    ]


def _fault_of(series: pl.Series) -> Fault | None:
    texts = series.str.strip_chars()
    unknown = [value for value in texts.unique().to_list() if value is not None and is_unknown(value)]
    known = texts.filter(texts.is_not_null() & ~texts.is_in(unknown))
    read = known.cast(pl.Float64, strict=False)
    wrong = known.filter(read.is_null())
    if known.n_unique() < LEAST_DISTINCT or len(wrong) > (1 - LEAST_NUMBERS) * len(known) or known.str.contains(CODE).any():
        return None
    if len(wrong):
        row, found = texts.to_list().index(wrong[0]), f"{wrong[0]!r} ({len(wrong)} of {len(known)} known cells are no numbers)"
    elif known.str.contains(FRACTION).any():
        row, found = texts.to_list().index(known[0]), f"{known[0]!r}: numbers written as text"
    else:
        return None
    return Fault(f"column {series.name}, row {row}", found, "a number", "correct the file, or name the column in categories or exclusions")
