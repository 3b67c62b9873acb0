"""Two columns for one field: money received and money paid, the payer and the payee.

Banks print a statement with 贷方发生额 and 借方发生额 (收入 and 支出) side by side and fill one of the two. Which one is filled is the
direction of the movement. Both filled or neither is a fault: nobody can say which way the money went.

A negative figure in its column is a reversal (红字冲正) and goes the other way; where a source writes every figure of the paid column
below zero (`支出（-元）`), the sign only repeats the heading.

A single column of amounts of which some lie below zero and some above, with no word of direction beside it, tells the direction by the
sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from puhui.evidence.layouts import Layout, Side
from puhui.evidence.reading.amounts import parse_amounts
from puhui.evidence.reading.columns import Columns
from puhui.evidence.reading.faults import Problem
from puhui.evidence.reading.mapping import Mapping
from puhui.evidence.reading.raw import RawTable
from puhui.evidence.reading.words import plain

__all__ = ["by_sign", "given_by_sides", "read_sides", "side_columns"]

ONE_SIDE = "Leave the figure in the column it belongs to, and the other cell empty."


def by_sign(table: RawTable, columns: dict[str, str], layout: Layout, unit: str) -> RawTable:
    """The table with a column of the direction where the signs of the only amounts tell it; any other table as it is."""
    names = [side.field for side in layout.sides if layout.fields[side.field].type == "amount" and side.field in columns]
    if not names or layout.direction in columns or {*side_columns(layout, "amount")} & columns.keys():
        return table
    column, field = columns[names[0]], layout.fields[layout.direction]
    amounts = parse_amounts(table.frame.get_column(column), unit, "half_up").values
    if not ((amounts < 0).any() and (amounts > 0).any()):
        return table
    text = table.frame.get_column(column).cast(pl.String).str.strip_chars()
    told = pl.when(amounts < 0).then(pl.lit(field.words["out"][0])).when(amounts > 0).then(pl.lit(field.words["in"][0]))
    bare = text.str.replace(r"^[-−–－(（]\s*", "").str.replace(r"[)）]$", "")
    positive = pl.select(pl.when(amounts < 0).then(bare).otherwise(text)).to_series()
    frame = table.frame.with_columns(positive.alias(column), told.alias(field.headings[0]))
    return replace(table, frame=frame, notes=[*table.notes, f"{column}: amounts below zero are money out, the others money in"])


def side_columns(layout: Layout, kind: str) -> list[str]:
    """The names of the paired columns whose field is of a type."""
    sides = [side for side in layout.sides if layout.fields[side.field].type == kind]
    return [name for side in sides for name in (side.column_in, side.column_out)]


def given_by_sides(layout: Layout, found: Iterable[str]) -> set[str]:
    """The fields that two columns give: those of complete pairs, and the direction where figures are among them."""
    names = set(found)
    given = {side.field for side in layout.sides if {side.column_in, side.column_out} <= names and side.field not in names}
    if any(side.field in given and layout.fields[side.field].type == "amount" for side in layout.sides):
        given.add(layout.direction)
    return given


def read_sides(fields: Columns, layout: Layout, mapping: Mapping, directions: pl.Series | None) -> dict[str, pl.Series]:
    """The fields that paired columns give. `directions`: where a column says them. Rows with a fault are recorded and hold nulls."""
    given = given_by_sides(layout, fields.columns)
    values: dict[str, pl.Series] = {}
    for side in layout.sides:
        if side.field in given and layout.fields[side.field].type == "amount":
            values |= _amounts(fields, layout, side, mapping)
    told = values.get(layout.direction, directions)
    for side in layout.sides:
        if side.field in given and side.field not in values and told is not None:
            values[side.field] = _texts(fields, side, told, layout.fields[side.field].longest)
    return values


def _amounts(fields: Columns, layout: Layout, side: Side, mapping: Mapping) -> dict[str, pl.Series]:
    """The amount of each row and its direction."""
    unit = mapping.amount_unit or "yuan"
    received, paid = (fields.amount(name, unit, mapping.rounding).values for name in (side.column_in, side.column_out))
    if (paid.fill_null(0) <= 0).all():
        paid = -paid
    frame = pl.DataFrame({"received": received, "paid": paid}).select(
        pl.col("received").fill_null(0),
        pl.col("paid").fill_null(0),
        (pl.col("received").fill_null(0) - pl.col("paid").fill_null(0)).alias("net"),
    )
    heads = [fields.columns[name] for name in (side.column_in, side.column_out)]
    either = f"an amount under {heads[0]} or under {heads[1]}"
    both = (frame["received"] != 0) & (frame["paid"] != 0)
    fields.report(side.column_out, Problem(both, f"{either}, not under both", ONE_SIDE))
    unread = _unread(fields, side.column_in, received) | _unread(fields, side.column_out, paid)
    neither = (frame["received"] == 0) & (frame["paid"] == 0) & ~unread
    fields.report(side.column_in, Problem(neither, either, "Fill one of the two cells, or take the row out if it is no movement."))
    direction = pl.select(pl.when(frame["net"] > 0).then(pl.lit("in")).when(frame["net"] < 0).then(pl.lit("out"))).to_series()
    _agrees(fields, layout, mapping, frame, heads)
    return {side.field: frame["net"].abs().alias(side.field), layout.direction: direction.alias(layout.direction)}


def _unread(fields: Columns, name: str, values: pl.Series) -> pl.Series:
    """Cells in which something stands that is no amount: told already."""
    return values.is_null() & ~fields.empty(name)


def _agrees(fields: Columns, layout: Layout, mapping: Mapping, frame: pl.DataFrame, heads: list[str]) -> None:
    """A column that says the direction beside the two must not contradict the one that is filled."""
    if layout.direction not in fields:
        return
    words = {plain(word): meaning for meaning, each in layout.fields[layout.direction].words.items() for word in (meaning, *each)}
    extra = {plain(word): meaning for word, meaning in mapping.words.get(layout.direction, {}).items()}
    said = fields.word(layout.direction, {**words, **extra}, needed=False, section=f"words.{layout.direction}")
    filled = pl.select(pl.when(frame["received"] != 0).then(pl.lit("in")).when(frame["paid"] != 0).then(pl.lit("out"))).to_series()
    other = said.is_not_null() & filled.is_not_null() & (said != filled)
    fields.report(
        layout.direction, Problem(other, f"the side that is filled ({heads[0]} or {heads[1]})", "Correct the word or the column.")
    )


def _texts(fields: Columns, side: Side, directions: pl.Series, longest: int) -> pl.Series:
    """The cell of the column that the direction points to, null where nothing stands."""
    frame = pl.DataFrame(
        {"way": directions, "in": fields.text(side.column_in, longest), "out": fields.text(side.column_out, longest)}
    ).select(pl.when(pl.col("way") == "in").then("in").when(pl.col("way") == "out").then("out").alias("cell"))
    return frame.select(pl.when(pl.col("cell") != "").then("cell").alias(side.field)).to_series()
