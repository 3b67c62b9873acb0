"""From a number about a firm back to the rows that it was made of.

A number can be believed when somebody can point at the invoices, movements or notices behind it. Which rows those are is not written
down beside the formula, where it could go stale: it is found by asking. Each row is left out once, the variable is computed again without
it, and a row without which the number is another one is a row that it rests on. So a sum points at every invoice in it, a largest
buyer at that buyer's invoices, the day of the last sale at one row. A count of days points at no single invoice of a day with two.

All the omissions are computed in one go, as if each were a firm of its own. Numbers that set a firm beside others of the lender rest on
rows that are not the firm's, and are told apart by the number that its rows alone give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from puhui.features import registry
from puhui.features.profiles import COUNTERPARTY, profile, records_for

__all__ = ["MOST_ROWS", "Trace", "differs", "trace", "without", "without_each"]

MOST_ROWS = 1_000_000
"""Rows of all omissions together that are computed in one go."""

COPY, PLACE = "copy of the firm", "place in the frame"  # columns that no record has


@dataclass(frozen=True)
class Trace:
    """value     the variable from the rows of the firm alone; None where it is null
    records      kinds of record that it may rest on, in the order of the modules
    """

    value: float | None
    records: tuple[str, ...]


def trace(name: str, frames: Mapping[str, pl.DataFrame], as_of: date) -> Trace:
    """The variable of the one firm of the frames (record → rows known by the day, each fact once), as `profiles.profile` takes them.

    Raises ValueError for a name that is not in the catalogue.
    """
    registry.select([name])
    records = tuple(record for record in records_for([name]) if record != COUNTERPARTY)
    found = profile(frames, as_of, [name], as_known=True).values
    return Trace(found[name].item() if found.height == 1 else None, records)


def without(
    name: str, frames: Mapping[str, pl.DataFrame], record: str, groups: Sequence[Sequence[int]], as_of: date
) -> list[float | None] | None:
    """The variable without each of these groups of rows (places in `frames[record]`), one group at a time, in their order.

    None where that would take more than `MOST_ROWS`, or where firms that are the same side by side change each other's number.
    """
    own = {each: frame for each, frame in frames.items() if each != COUNTERPARTY}
    if (len(groups) + 1) * sum(frame.height for frame in own.values()) > MOST_ROWS:
        return None
    pairs = [(copy, place) for copy, group in enumerate(groups) for place in group]
    omitted = pl.DataFrame(pairs, schema={COPY: pl.Int64, PLACE: pl.Int64}, orient="row")
    copies = pl.DataFrame({COPY: range(len(groups) + 1)}, schema={COPY: pl.Int64})
    copied = {each: _copied(frame, copies, omitted if each == record else omitted.clear()) for each, frame in own.items()}
    shared = {COUNTERPARTY: frames[COUNTERPARTY]} if COUNTERPARTY in frames else {}
    found = profile(copied | shared, as_of, [name], firms=range(len(groups) + 1), as_known=True).values.sort("firm_id")[name].to_list()
    return None if differs(found[-1], trace(name, frames, as_of).value) else found[:-1]


def without_each(
    name: str, frames: Mapping[str, pl.DataFrame], record: str, rows: Sequence[int], as_of: date
) -> dict[int, float | None] | None:
    """Row → the variable without it, for these rows; those without which it stays the same are left out. None as for `without`.

    Neighbours are tried together first: where leaving all of them out changes nothing, they are not tried one by one.
    """
    value, size = trace(name, frames, as_of).value, max(1, round(len(rows) ** 0.5))
    blocks = [rows[start : start + size] for start in range(0, len(rows), size)]
    together = without(name, frames, record, blocks, as_of)
    if together is None:
        return None
    left = [row for block, other in zip(blocks, together, strict=True) if differs(other, value) for row in block]
    alone = without(name, frames, record, [[row] for row in left], as_of)
    return None if alone is None else {row: other for row, other in zip(left, alone, strict=True) if differs(other, value)}


def _copied(frame: pl.DataFrame, copies: pl.DataFrame, omitted: pl.DataFrame) -> pl.DataFrame:
    """The rows once for each copy, which takes the place of the firm, without the pairs of copy and row that are omitted."""
    placed = frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(PLACE))
    crossed = copies.join(placed, how="cross")
    if not omitted.is_empty():
        crossed = crossed.join(omitted, on=[COPY, PLACE], how="anti", maintain_order="left")
    return crossed.with_columns(pl.col(COPY).alias("firm_id")).select(frame.columns)


def differs(one: float | None, other: float | None) -> bool:
    """Whether two values are not the same number; sums in another order may differ in the last digits."""
    if one is None or other is None:
        return one is not other
    return abs(one - other) > 1e-9 * max(abs(one), abs(other))
