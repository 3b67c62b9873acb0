"""Since when could a lender know this row? The answer decides what a past decision may see.

Learned by this import: from now. Told by the source: from the moment in its column. Neither: the day of the invoice plus a lag, marked
as assumed. A void is the trap: the row says `void` as if it had been so from its first day. An invoice may be voided until its month
ends, so with `void_from = "month_end"` such a row becomes known only after that month, and counts as nothing before.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from puhui.evidence.reading.columns import Columns
from puhui.evidence.reading.faults import Problem
from puhui.evidence.reading.mapping import Mapping

MOMENT = pl.Datetime("us", "UTC")
LOCAL = "Asia/Shanghai"
FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M")


def known_at(
    frame: pl.DataFrame,
    fields: Columns,
    mapping: Mapping,
    now: dt.datetime,
    observed: str = "issued_on",
    *,
    ahead: bool = False,
    month: bool = False,
) -> pl.DataFrame:
    """Add `known_at` (UTC) and `known_at_assumed` to rows with the day `observed`, and `status` where invoices may be voided.

    `ahead`: what a row tells may lie in the future, and is known before it comes true. `month`: `observed` stands for its whole month, and
    a lag counts from the end of it."""
    rule, moment = mapping.known_at, now.astimezone(dt.UTC)
    if rule.origin == "column" and "known_at" in fields:
        told = _told(fields.raw("known_at"), mapping.date_format)
        fields.report("known_at", Problem(told.is_null(), "a moment such as 2024-03-31 08:30:00", "Write date and time, year first."))
        fields.report("known_at", Problem(told > moment, f"a moment not after {now:%Y-%m-%d %H:%M}", "Nothing is known before it is sent."))
        if not ahead:
            before = told.dt.convert_time_zone(LOCAL).dt.date() < frame.get_column(observed)
            fields.report("known_at", Problem(before, "a moment not before the day it tells of", "Correct one of the two."))
        return frame.with_columns(told.alias("known_at"), pl.lit(False).alias("known_at_assumed"))
    if rule.origin == "observed":
        day = pl.col(observed).dt.month_end() if month else pl.col(observed)
        if rule.void_from == "month_end":
            day = pl.when(pl.col("status").is_in(["void", "blank"])).then(day.dt.month_end()).otherwise(day)
        seen = day.dt.offset_by(f"{rule.lag_days}d").cast(pl.Datetime("us")).dt.replace_time_zone(LOCAL).dt.convert_time_zone("UTC")
        # What lies here now is known now at the latest.
        return frame.with_columns(
            pl.min_horizontal(seen, pl.lit(moment, dtype=MOMENT)).alias("known_at"), pl.lit(True).alias("known_at_assumed")
        )
    return frame.with_columns(pl.lit(moment, dtype=MOMENT).alias("known_at"), pl.lit(False).alias("known_at_assumed"))


def _told(column: pl.Series, date_format: str) -> pl.Series:
    """A column of moments: with a zone as it says, else local time; a bare day counts from its end, so that nothing is known too early."""
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        zoned = column if kind.time_zone else column.dt.replace_time_zone(LOCAL)
        return zoned.dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    if kind == pl.Date:
        return _end_of_day(column)
    text = column.cast(pl.String).str.strip_chars()
    zoned = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", time_zone="UTC", time_unit="us", strict=False)
    moments = [text.str.to_datetime(form, time_unit="us", strict=False) for form in (date_format or FORMATS[0], *FORMATS)]
    local = pl.select(pl.coalesce(moments)).to_series().dt.replace_time_zone(LOCAL).dt.convert_time_zone("UTC")
    day = _end_of_day(text.str.to_date(date_format or "%Y-%m-%d", strict=False))
    return pl.select(pl.coalesce(zoned, local, day)).to_series()


def _end_of_day(day: pl.Series) -> pl.Series:
    next_day = day.dt.offset_by("1d").cast(pl.Datetime("us")).dt.replace_time_zone(LOCAL).dt.convert_time_zone("UTC")
    return pl.select(next_day - pl.duration(microseconds=1)).to_series()
