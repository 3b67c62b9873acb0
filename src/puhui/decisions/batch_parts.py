"""A combined product over a frame: the whole of every row, then its parts in the order of filling, as `combining` does it for one.

Each part is one pass of the engine for many over the rows that ask it for something. What comes out tells the whole as any product's
answers do, with what its parts add up to, and one frame of answers for each part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import polars as pl

from puhui.decisions import batch
from puhui.decisions.batch_frame import defaults
from puhui.decisions.batch_money import HEADROOM, LEAST_LEVEL
from puhui.decisions.batch_stages import Flags, Whole, reason_codes

__all__ = ["Combined", "Deciding", "answers_of", "as_columns", "decide_combined"]

_REFUSED = {"outcome": "refuse", "limit_fen": 0, "amount_fen": 0, "authority": ""}


class Deciding(Protocol):
    """What decides: a product, its model and its tables (`decisions.strategy.Strategy`)."""

    @property
    def product(self) -> Any: ...

    @property
    def model(self) -> Any: ...

    @property
    def parameters(self) -> Any: ...


@dataclass(frozen=True)
class Combined:
    """`whole`: the answers of the combined product (`batch.COLUMNS`); `parts`: product → answers with `asked_fen`, null where not asked.

    `outcome`: refuse where the whole or every part is refused, refer where some part waits for a person, else approve; `amount_fen`:
    what the parts were granted or proposed together.
    """

    whole: pl.DataFrame
    parts: dict[str, pl.DataFrame]
    outcome: pl.Series
    amount_fen: Whole


def decide_combined(frame: pl.DataFrame, whole: Deciding, parts: Sequence[Deciding], *, day: date, lender_kind: str) -> Combined:
    """The answer to every row of `frame`, in its order; `parts` in the order of the product's own.

    Raises FaultsError where the frame lacks a column that the whole or a part reads.
    """
    answers = batch.decide_many(frame, whole.product, whole.model, whole.parameters, day=day, lender_kind=lender_kind)
    given = defaults(whole.product)
    frame = frame.with_columns(pl.lit(value).alias(name) for name, value in given.items() if name not in frame.columns)
    frame = frame.with_columns(answers["authority"].alias(LEAST_LEVEL))
    is_split = (answers["outcome"] != "refuse").to_numpy()
    taken, promised = np.zeros(frame.height, np.int64), np.zeros(frame.height, np.int64)
    found: list[pl.DataFrame] = []
    for place, (part, share) in enumerate(zip(parts, whole.product.parts, strict=True)):
        assert part.product.code == share.product
        most = np.minimum(answers[batch.most_column(place)].to_numpy(), answers["amount_fen"].to_numpy() - taken)
        asked = most // part.product.multiple_fen * part.product.multiple_fen
        asks = is_split & (asked >= part.product.minimum_fen)
        told = _answers(frame, part, np.flatnonzero(asks), asked, promised, day, lender_kind)
        found.append(told)
        amounts = told["amount_fen"].fill_null(0).to_numpy()
        taken = taken + amounts
        promised = promised + np.where((told["outcome"] == "approve").fill_null(False).to_numpy(), amounts, 0)
    found = _standing(found, parts, [one.stands_alone for one in whole.product.parts])
    outcomes = [one["outcome"].fill_null("").to_numpy() for one in found]
    outcome = np.select(
        [np.any([one == "refer" for one in outcomes], axis=0), np.any([one == "approve" for one in outcomes], axis=0)],
        ["refer", "approve"],
        "refuse",
    )
    amount = sum((one["amount_fen"].fill_null(0).to_numpy() for one in found), np.zeros(frame.height, np.int64))
    return Combined(
        answers, {part.product.code: one for part, one in zip(parts, found, strict=True)}, pl.Series("outcome", outcome), amount
    )


def _answers(frame: pl.DataFrame, part: Deciding, rows: Whole, asked: Whole, promised: Whole, day: date, lender_kind: str) -> pl.DataFrame:
    """The answers of a part to `rows`, spread over all rows; the others are null."""
    given = frame[rows].with_columns(pl.Series("requested_amount", asked[rows] / 100))
    if HEADROOM in given.columns:
        given = given.with_columns(pl.col(HEADROOM) - pl.Series(promised[rows] / 100))
    told = batch.decide_many(given, part.product, part.model, part.parameters, day=day, lender_kind=lender_kind)
    told = told.with_columns(pl.Series("asked_fen", asked[rows]), pl.Series("row", rows))
    return pl.DataFrame({"row": np.arange(frame.height)}).join(told, on="row", how="left", maintain_order="left").drop("row")


def _standing(found: list[pl.DataFrame], parts: Sequence[Deciding], alone: Sequence[bool]) -> list[pl.DataFrame]:
    """Parts that do not stand alone are refused where another is; the others stay."""
    refused: Flags = np.any([(one["outcome"] == "refuse").fill_null(False).to_numpy() for one in found], axis=0)
    made = []
    for one, part, stands_alone in zip(found, parts, alone, strict=True):
        falls = pl.Series(refused) & one["outcome"].is_in(["approve", "refer"]).fill_null(False)
        made.append(one if stands_alone or not falls.any() else _fallen(one, falls, part))
    return made


def _fallen(one: pl.DataFrame, falls: pl.Series, part: Deciding) -> pl.DataFrame:
    bit = 1 << reason_codes(part.product).index("part_refused")
    emptied = [
        pl.when(falls).then(pl.lit(value, dtype=one.schema[name])).otherwise(pl.col(name)).alias(name) for name, value in _REFUSED.items()
    ]
    marked = [(pl.col(name) | pl.when(falls).then(bit).otherwise(0)).alias(name) for name in ("reasons", "vetoes")]
    return one.with_columns(*emptied, *marked, pl.when(falls).then(None).otherwise(pl.col("rate_ppm")).alias("rate_ppm"))


def as_columns(combined: Combined) -> pl.DataFrame:
    """One table: the whole's answers with outcome and amount of its parts together, without a rate, then each part's own columns.

    `promised_fen`: what the parts that were granted without a person come to.
    """
    promised = sum(
        (
            pl.select(pl.when(one["outcome"] == "approve").then(one["amount_fen"]).otherwise(0)).to_series()
            for one in combined.parts.values()
        ),
        pl.zeros(combined.whole.height, dtype=pl.Int64, eager=True),
    )
    table = combined.whole.select(list(batch.COLUMNS)).with_columns(
        combined.outcome, pl.Series("amount_fen", combined.amount_fen), pl.lit(None, dtype=pl.Int64).alias("rate_ppm"),
        promised.alias("promised_fen"),
    )  # fmt: skip
    names = ("outcome", "asked_fen", "amount_fen", "rate_ppm", "authority", "reasons", "vetoes")
    parts = [one.select(pl.col(name).alias(f"{code}:{name}") for name in names) for code, one in combined.parts.items()]
    return pl.concat([table, *parts], how="horizontal")


def answers_of(frame: pl.DataFrame, strategy: Deciding, parts: Sequence[Deciding], day: date, lender_kind: str | None) -> pl.DataFrame:
    """The answer to every row with `promised_fen`, what it would reserve; of a combined product with the columns of its parts."""
    if parts:
        return as_columns(decide_combined(frame, strategy, parts, day=day, lender_kind=lender_kind or str(frame["lender_kind"][0])))
    found = batch.decide_many(frame, strategy.product, strategy.model, strategy.parameters, day=day, lender_kind=lender_kind)
    return found.with_columns(pl.when(pl.col("outcome") == "approve").then(pl.col("amount_fen")).otherwise(0).alias("promised_fen"))
