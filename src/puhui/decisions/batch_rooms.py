"""The room under limits on industry and region, taken in the order of the rows, as it is where they are decided one after another.

What a row is left depends on what those before it were granted, and what it is granted on what it is left. All rows are answered at once;
then each is told what the answers before it leave, and those that this may change are answered again, until nothing changes. Each round
settles at least one row more, and in practice all: a cell that is far from its limit changes nobody's answer, and one that is full stays
full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl

from puhui.decisions.batch_money import HEADROOM
from puhui.decisions.batch_stages import Whole

__all__ = ["in_order"]

Decide = Callable[[pl.DataFrame], pl.DataFrame]
"""Answers to the rows of a frame, with the column `promised_fen`: what each row reserves."""


def in_order(
    decide: Decide, frame: pl.DataFrame, cells: Sequence[Sequence[str]], room_fen: Mapping[str, int], most_fen: int
) -> pl.DataFrame:
    """The answers of `decide` to every row, each within what the rows before it leave.

    Args:
        cells: the cells with a limit that each row counts in
        room_fen: cell → fen left before the first row; a cell without is not limited
        most_fen: no row asks or may have more: a room above it binds nobody
    """
    of_cell = [pl.Series([row[place] if place < len(row) else None for row in cells], dtype=pl.String) for place in range(_most(cells))]
    left = _left(of_cell, np.zeros(frame.height, np.int64), room_fen, most_fen)
    answers = decide(_within(frame, left))
    while True:
        now = _left(of_cell, answers["promised_fen"].to_numpy(), room_fen, most_fen)
        changed = np.flatnonzero(now != left)
        if not len(changed):
            return answers
        left = now
        again = decide(_within(frame[changed], left[changed])).with_columns(pl.Series("row", changed))
        others = np.delete(np.arange(frame.height), changed)
        kept = answers[others].with_columns(pl.Series("row", others))
        answers = pl.concat([kept, again.select(kept.columns)]).sort("row").drop("row")


def _most(cells: Sequence[Sequence[str]]) -> int:
    return max((len(row) for row in cells), default=0)


def _left(of_cell: Sequence[pl.Series], promised: Whole, room_fen: Mapping[str, int], most_fen: int) -> Whole:
    """What each row is left under its cells, in fen, up to `most_fen`."""
    left = np.full(len(promised), most_fen, np.int64)
    for cell in of_cell:
        before = (
            pl.DataFrame({"cell": cell, "fen": promised}).select(pl.col("fen").cum_sum().over("cell") - pl.col("fen"))["fen"].to_numpy()
        )
        room = cell.replace_strict(list(room_fen), list(room_fen.values()), default=None, return_dtype=pl.Int64)
        unlimited = room.is_null().to_numpy()
        left = np.where(unlimited, left, np.minimum(left, np.maximum(room.fill_null(0).to_numpy() - before, 0)))
    return left


def _within(frame: pl.DataFrame, left: Whole) -> pl.DataFrame:
    """The rows with what they are left as their headroom, where no ceiling of law leaves them less."""
    room = pl.Series(HEADROOM, left / 100)
    if HEADROOM not in frame.columns:
        return frame.with_columns(room)
    law = frame[HEADROOM].cast(pl.Float64)
    return frame.with_columns(pl.min_horizontal(law, room).alias(HEADROOM))
