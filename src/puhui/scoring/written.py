"""Columns of a table to train on that hold numbers or days as people and systems write them: `$60,000.00`, `1234,5`, `28-Feb-97`.

Left as text each value would be a category of its own, and the variable would be lost without a word. A column is turned only where every
known cell can be read, and a sign that no code has (currency, comma, percent) or a date's form shows what it is; days that could be read in
two orders stay as they are.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from puhui.scoring.cells import dates, has_decimal_commas, is_unknown, looks_like_money, number

__all__ = ["as_meant"]

LOOKED_AT = 50
"""Distinct cells that are tried first, so that a column of names costs nothing."""


def as_meant(frame: pl.DataFrame) -> pl.DataFrame:
    """The table with such columns as numbers and dates; the others as they are."""
    turned = [found for column in frame.select(pl.col(pl.String)).get_columns() if (found := _turned(column)) is not None]
    return frame.with_columns(turned) if turned else frame


def _turned(column: pl.Series) -> pl.Series | None:
    distinct = [text for text in column.drop_nulls().unique(maintain_order=True).to_list() if not is_unknown(text)]
    if not distinct:
        return None
    if _numbers(distinct[:LOOKED_AT]) is not None and (numbers := _numbers(distinct)) is not None:
        return pl.Series(column.name, [numbers.get(text) for text in column.to_list()], dtype=pl.Float64)
    if _days(distinct[:LOOKED_AT]) is not None and (days := _days(distinct)) is not None:
        return pl.Series(column.name, [days.get(text) for text in column.to_list()], dtype=pl.Date)
    return None


def _numbers(texts: list[str]) -> dict[str, float | None] | None:
    """What the texts are as numbers; None where one is none, or none shows that they are no codes."""
    if not any(looks_like_money(text) for text in texts):
        return None
    has_commas = has_decimal_commas(texts)
    try:
        return {text: number(text.replace(",", ".") if has_commas else text) for text in texts}
    except ValueError:
        return None


def _days(texts: list[str]) -> dict[str, date | None] | None:
    """What the texts are as days; None where one is none, all are figures alone, or their order is not settled."""
    if all(text.strip().isdecimal() for text in texts):
        return None
    read, wrong, note = dates(texts)
    return None if wrong or "do not settle" in note else read
