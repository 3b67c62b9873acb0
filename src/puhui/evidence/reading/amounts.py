"""Money in a file, exact to the fen.

Text is taken as people write it: `1,234.50`, `¥１２３４.５`, `(300.00)` for a negative, `1.234,50` where the column proves that it is
meant so. It becomes an integer number of fen without ever resting on a rounded float: a decimal of at most 15 digits survives the way
through a double and back, and larger ones are refused.
Columns that are floats already (Parquet) must lie within a hundredth of a fen of a whole number.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from puhui.evidence.reading.faults import Problem
from puhui.evidence.reading.mapping import UNITS

LARGEST_FEN = 900_000_000_000_000  # 15 digits: exact as a double, and a thousand times any invoice
TOLERANCE_FEN = 0.01
STEP_OF_DOUBLE = 2.0**-52  # of a figure: in trillions of yuan more than a hundredth of a fen
NUMBER = r"^[-+]?(\d+(\.\d*)?|\.\d+)$"
GROUPED = r"^[-+]?\d{1,3}(,\d{3})+(\.\d*)?$"
EXPONENT = r"^[-+]?\d(\.\d+)?[eE]\+?\d+$"
WIDE = dict(zip("０１２３４５６７８９，．－＋（）￥％　", "0123456789,.-+()¥% ", strict=True))
REMOVED = ["¥", "￥", "元", "整", "RMB", "CNY", " ", "\u00a0", "\t"]
COMMA_DECIMALS = r"^[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d{1,2})?$"
PROOF_OF_COMMA = r"^[-+]?(\d{1,3}(\.\d{3})+|\d+),\d{1,2}$"
EXPECTED = "an amount such as 1,234.50"


@dataclass(frozen=True)
class Converted:
    """Values of one column (null where a problem is, or nothing stands there) and what is wrong with it."""

    values: pl.Series
    problems: list[Problem]


def parse_amounts(column: pl.Series, unit: str, rounding: str = "exact", nothing: frozenset[str] = frozenset()) -> Converted:
    """Fen as Int64. `nothing` are words that mean zero; an empty cell is null. Problems: no number, too large, parts of a fen."""
    if not (column.dtype == pl.String or column.dtype.is_numeric()):
        wrong = column.is_not_null()
        return Converted(
            pl.Series(column.name, [None] * len(column), dtype=pl.Int64),
            [Problem(wrong, f"a number, not {column.dtype}", "Write the column as a number.")],
        )
    number, is_missing = _numbers(column, nothing) if column.dtype == pl.String else (column.cast(pl.Float64), column.is_null())
    scaled = number * UNITS[unit]
    usable = scaled.is_not_null() & scaled.is_finite().fill_null(False)
    too_large = usable & (scaled.abs() > LARGEST_FEN)
    # 1.005 yuan is 100.49999999999999 fen as a double: the noise goes before the halves are rounded.
    whole = scaled.round(4).round(0, mode="half_away_from_zero")
    tolerance_fen = scaled.abs() * STEP_OF_DOUBLE + TOLERANCE_FEN
    parts = usable & ~too_large & ((scaled - whole).abs() > tolerance_fen)
    if rounding != "exact":
        parts = pl.repeat(False, len(column), eager=True)
    good = usable & ~too_large & ~parts
    values = pl.select(pl.when(good).then(whole).cast(pl.Int64)).to_series().alias(column.name)
    return Converted(
        values,
        [
            Problem(~usable & ~is_missing, EXPECTED, "Write digits with at most two decimals, without words or exponents."),
            Problem(too_large, f"at most {LARGEST_FEN // 100:,} yuan", "Look for a slipped decimal point or the wrong unit."),
            Problem(parts, "whole fen (two decimals)", 'Round it in the source, or set [format] rounding = "half_up" in the mapping file.'),
        ],
    )


def _numbers(column: pl.Series, nothing: frozenset[str]) -> tuple[pl.Series, pl.Series]:
    """Text as doubles, null where it is no number; and where the cell is empty. Only the cells that need it are cleaned."""
    plain = column.str.contains(NUMBER).fill_null(False)
    if not plain.all():
        odd = (~plain).arg_true()
        column = with_points(column.scatter(odd, clean_numbers(column.gather(odd), nothing)))
        plain = column.str.contains(NUMBER).fill_null(False)
    number = pl.select(pl.when(plain).then(column.cast(pl.Float64, strict=False))).to_series()
    return number, (column == "").fill_null(True)


def with_points(clean: pl.Series) -> pl.Series:
    """`1.234,50` → `1234.50`, where the column is written so: one cell proves it (a comma before one or two last digits groups nothing),
    and none speaks against it. Else the column stays as it is, and such cells are no numbers."""
    told = clean.filter((clean != "").fill_null(False))
    if not told.str.contains(PROOF_OF_COMMA).any() or not told.str.contains(COMMA_DECIMALS).all():
        return clean
    return clean.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)


def clean_numbers(text: pl.Series, nothing: frozenset[str] = frozenset()) -> pl.Series:
    """`（１,２３４.５）元` → `-1234.5`; grouping commas go only when they stand where grouping commas do."""
    stripped = text.str.strip_chars()
    clean = stripped.str.replace_many(list(WIDE), list(WIDE.values())).str.replace_many(REMOVED, [""] * len(REMOVED))
    clean = clean.str.replace(r"^\((.+)\)$", "-$1").str.replace(r"^[−–]", "-")
    value = pl.Series("clean", clean)
    grouped = (
        pl.lit(value).str.contains(GROUPED) & ~pl.lit(value).str.contains(PROOF_OF_COMMA).any()
    )  # beside 5,50 nobody knows what 1,234 is
    return pl.select(
        pl.when(pl.lit(stripped).is_in(list(nothing)))
        .then(pl.lit("0"))
        .when(grouped)
        .then(pl.lit(value).str.replace_all(",", "", literal=True))
        .otherwise(pl.lit(value))
    ).to_series()
