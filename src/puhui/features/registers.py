"""What classes read from registers have in common: which firms a register told anything of, what still stands, how long ago it was.

A register tells events, and an event does not wait for the end of a month: windows over events hold the month still running beside the
closed ones, for what speaks against a firm and for what speaks for it alike. Null is not zero: a count is zero only for a firm of which
the class tells anything at all, be it that a search found nothing (`*_search`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals as nw
import polars as pl

from puhui.features.months import month_back
from puhui.features.windows import AsOf

__all__ = [
    "any_of",
    "beside",
    "how_many",
    "known_firms",
    "months_until",
    "newest_rows",
    "number_of",
    "still",
    "sum_of",
    "told",
    "valid",
    "within",
]


def known_firms(frames: Mapping[str, pl.LazyFrame], records: Sequence[str], known: str) -> pl.LazyFrame:
    """firm_id of every firm with a row of any of the records, and the measure `known`, 1."""
    return pl.concat([frames[record].select("firm_id") for record in records]).unique().with_columns(pl.lit(1.0).alias(known))


def beside(firms: pl.LazyFrame, *stages: pl.LazyFrame) -> pl.LazyFrame:
    """The firms with the measures of every stage beside them."""
    for stage in stages:
        firms = firms.join(stage, on="firm_id", how="left")
    return firms


def newest_rows(rows: pl.LazyFrame, day: str = "stated_on") -> pl.LazyFrame:
    """The rows of each firm's newest statement."""
    return rows.filter(pl.col(day) == pl.col(day).max().over("firm_id"))


def within(day: str, as_of: AsOf, months: int) -> pl.Expr:
    """Whether a day lies in the month still running or in so many closed months before it."""
    return month_back(day, as_of).is_between(0, months).fill_null(False)


def still(end: str, as_of: AsOf) -> pl.Expr:
    """Whether what has this end still stands on the as-of day: it has none, or a later one."""
    return pl.col(end).is_null() | (pl.col(end) > as_of.day)


def valid(until: str, as_of: AsOf) -> pl.Expr:
    """Whether a term that includes its last day still runs on the as-of day; without a last day it runs on."""
    return pl.col(until).is_null() | (pl.col(until) >= as_of.day)


def months_until(day: pl.Expr, as_of: AsOf) -> pl.Expr:
    """Whole months from the as-of day to a later date; below zero where it has passed."""
    at = as_of.day
    months = day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64) - (at.year * 12 + at.month)
    return (months - (day.dt.day() < at.day).cast(pl.Int64)).cast(pl.Float64)


def how_many(condition: pl.Expr) -> pl.Expr:
    """Rows where the condition holds, inside an aggregation."""
    return condition.fill_null(False).sum().cast(pl.Float64)


def any_of(condition: pl.Expr) -> pl.Expr:
    """1 where it holds for any row, else 0, inside an aggregation."""
    return condition.fill_null(False).any().cast(pl.Float64)


def sum_of(column: str, condition: pl.Expr) -> pl.Expr:
    """Sum over the rows where the condition holds, inside an aggregation; zero where none does."""
    return pl.col(column).filter(condition.fill_null(False)).sum().cast(pl.Float64)


def number_of(column: str, condition: pl.Expr) -> pl.Expr:
    """Distinct values over the rows where the condition holds, inside an aggregation."""
    return pl.col(column).filter(condition.fill_null(False)).drop_nulls().n_unique().cast(pl.Float64)


def told(known: str, measure: str) -> nw.Expr:
    """The measure, and zero where the class told nothing of the kind of a firm of which it told other things."""
    return nw.when(nw.col(known) == 1).then(nw.col(measure).fill_null(0.0))
