"""What the stages of heavy records share, in Narwhals, so that one text runs on polars, DuckDB and Spark.

Months and days are counted from the as-of date as in `puhui.features.windows`: month 1 is the last closed month. Lazy engines allow no
filter inside an aggregation, hence `only` and `where`; sums over nothing are zero on one engine and null on another, hence `only` adds
0.0 and `where` (for largest, smallest and middle values) gives null. Amounts are summed as floating point numbers of fen, which are exact
up to 90 trillion yuan.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import narwhals as nw

from puhui.features.windows import WINDOWS, AsOf

__all__ = ["Frame", "day_of", "joined", "known", "month_of", "month_statistics", "only", "quotient", "where", "within"]

Frame = nw.LazyFrame[Any]


def known(rows: Any, as_of: AsOf) -> Frame:
    """A native lazy frame of records: those known and true by the as-of moment."""
    frame: Frame = nw.from_native(rows).lazy()
    return frame.filter((nw.col("known_at") <= nw.lit(as_of.end)) & (nw.col("observed_on") <= nw.lit(as_of.day)))


def day_of(column: str) -> nw.Expr:
    """Days since 1970-01-01 of a date, as `puhui.features.windows.day_number` counts them."""
    day = nw.col(column)
    year = day.dt.year().cast(nw.Int64)
    leap_days = (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    return (year - 1970) * 365 + leap_days + day.dt.ordinal_day().cast(nw.Int64) - 1


def month_of(column: str, as_of: AsOf) -> nw.Expr:
    """How many months back a date lies: 1 in the last closed month."""
    day = nw.col(column)
    return as_of.last_closed_month + 1 - (day.dt.year().cast(nw.Int64) * 12 + day.dt.month().cast(nw.Int64))


def within(window: str | int, month: str = "month") -> nw.Expr:
    """Whether the row's month lies in a window of `WINDOWS`, or within so many closed months."""
    first, last = WINDOWS[window] if isinstance(window, str) else (1, window)
    return (nw.col(month) >= first) & (nw.col(month) <= last)


def only(condition: nw.Expr, value: nw.Expr | str) -> nw.Expr:
    """The value where the condition holds and there is one, else nothing to add."""
    number = (nw.col(value) if isinstance(value, str) else value).cast(nw.Float64)
    return nw.when(condition & ~number.is_null()).then(number).otherwise(0.0)


def where(condition: nw.Expr, value: nw.Expr | str) -> nw.Expr:
    """The value where the condition holds, else null."""
    return nw.when(condition).then((nw.col(value) if isinstance(value, str) else value).cast(nw.Float64))


def quotient(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    """part / whole where the whole is above zero, else null."""
    return nw.when(whole > 0).then(part / whole)


def joined(first: Frame, *others: Frame, on: tuple[str, ...] = ("firm_id",)) -> Frame:
    """The rows of the first frame with the columns of the others beside them."""
    for other in others:
        first = first.join(other, on=list(on), how="left")
    return first


def month_statistics(months: Frame, value: str, prefix: str, windows: tuple[str, ...], empty_is_zero: bool) -> Frame:
    """firm_id and statistics of a monthly amount. `months`: firm_id, month, and the value, null in a month of which it is not known.

    {prefix}_history_months   months since the first one with a value
    {prefix}_net_{window}     sum, and {prefix}_n_{window}, months with a value
    {prefix}_known_{n}m       n = 12, 24: months that count; {prefix}_mean_{n}m their mean, {prefix}_recorded_{n}m those with a row,
    {prefix}_squares_{n}m     summed squared differences from the mean, {prefix}_month_moment_{n}m sum of value × month

    With `empty_is_zero` every month since the first one counts (no flow is a flow of nothing); without it only those with a value do (no
    bill is an unknown bill). The names are those that `puhui.features.formulas` reads.
    """
    months = _with_means(months.filter(~nw.col(value).is_null()), value, empty_is_zero)
    sums = dict(_sums(value, prefix, windows))
    return months.group_by("firm_id").agg(**sums)


def _with_means(months: Frame, value: str, empty_is_zero: bool) -> Frame:
    months = months.with_columns(known_since=nw.col("month").max().over("firm_id"))
    history = nw.col("known_since")
    for n in (12, 24):
        known_months = (
            nw.when(history >= n).then(float(n)).otherwise(history.cast(nw.Float64))
            if empty_is_zero
            else only(within(n), nw.lit(1.0)).sum().over("firm_id")
        )
        months = months.with_columns(**{f"known_{n}": known_months, f"total_{n}": only(within(n), value).sum().over("firm_id")})
    return months.with_columns(**{f"mean_{n}": quotient(nw.col(f"total_{n}"), nw.col(f"known_{n}")) for n in (12, 24)})


def _sums(value: str, prefix: str, windows: tuple[str, ...]) -> Iterator[tuple[str, nw.Expr]]:
    one, month = nw.lit(1.0), nw.col("month")
    history = nw.col("known_since").max().cast(nw.Float64)
    yield f"{prefix}_history_months", nw.when(history > 0).then(history).otherwise(0.0)
    for window in windows:
        yield f"{prefix}_net_{window}", only(within(window), value).sum()
        yield f"{prefix}_n_{window}", only(within(window), one).sum()
    for n in (12, 24):
        recent, mean = within(n), nw.col(f"mean_{n}")
        yield f"{prefix}_known_{n}m", nw.col(f"known_{n}").max()
        yield f"{prefix}_mean_{n}m", mean.max()
        yield f"{prefix}_recorded_{n}m", only(recent, one).sum()
        yield f"{prefix}_squares_{n}m", only(recent, (nw.col(value) - mean) * (nw.col(value) - mean)).sum()
        yield f"{prefix}_month_moment_{n}m", only(recent, nw.col(value) * month.cast(nw.Float64)).sum()
