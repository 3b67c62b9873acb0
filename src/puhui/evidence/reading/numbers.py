"""Numbers in a file that are no money: quantities, whole counts, shares. As people write them, without any being guessed.

`1,234.5` and full-width digits are read; a share is written as `0.05` or `5%`, and under a heading such as `持股比例（%）` as `5`.
"""

from __future__ import annotations

import polars as pl

from puhui.evidence.reading.amounts import NUMBER, Converted, clean_numbers, with_points
from puhui.evidence.reading.faults import Problem

LARGEST_WHOLE = 2**53  # beyond it a double no longer holds every whole number
PERCENT = r"^(.*?)\s*[%％]$"
EXPONENT = r"^[-+]?\d+(\.\d*)?[eE][-+]?\d+$"


def parse_numbers(column: pl.Series) -> Converted:
    """Float64, null where nothing stands. Problems: no number, not finite."""
    return _parsed(column, "a number such as 1,234.5", "Write digits, without words or units.")


def parse_wholes(column: pl.Series) -> Converted:
    """Int64. Problems: no number, parts, too large to be exact."""
    expected, remedy = "a whole number such as 12", "Write digits without decimals, words or units."
    number = _parsed(column, expected, remedy)
    parts = number.values.is_not_null() & ((number.values.round(0) != number.values) | (number.values.abs() > LARGEST_WHOLE))
    values = pl.select(pl.when(~parts).then(number.values).cast(pl.Int64, strict=False)).to_series()
    return Converted(values, [*number.problems, Problem(parts, expected, remedy)])


def parse_shares(column: pl.Series, in_percent: bool = False) -> Converted:
    """Float64, 1 for the whole. `in_percent`: the heading says that the column is in percent; a sign in the cell says it too."""
    expected, remedy = "a share such as 0.05 or 5%", "Write a number, or a number with the sign of percent."
    if column.dtype != pl.String:
        number = _parsed(column, expected, remedy)
        return Converted(number.values / 100 if in_percent else number.values, number.problems)
    signed = column.str.contains(PERCENT).fill_null(False)
    number = _parsed(pl.Series(column.str.strip_chars().str.replace(PERCENT, "$1")), expected, remedy)
    values = pl.select(pl.when(signed | in_percent).then(number.values / 100).otherwise(number.values)).to_series()
    return Converted(values, number.problems)


def _parsed(column: pl.Series, expected: str, remedy: str) -> Converted:
    kind = column.dtype
    if kind.is_numeric():
        values = column.cast(pl.Float64)
    elif kind == pl.String:
        text = with_points(clean_numbers(column))
        fits = (text.str.contains(NUMBER) | text.str.contains(EXPONENT)).fill_null(False)
        values = pl.select(pl.when(fits).then(text.cast(pl.Float64, strict=False))).to_series()
    else:
        values = pl.Series([None] * len(column), dtype=pl.Float64)
        remedy = f"Write the column as numbers, not {kind}."
    finite = values.is_finite().fill_null(False)
    empty = (column.str.strip_chars() == "").fill_null(True) if kind == pl.String else column.is_null()
    return Converted(pl.select(pl.when(finite).then(values)).to_series(), [Problem(~finite & ~empty, expected, remedy)])
