"""What is odd in readings of meters, shops and machines: said as findings with their place, never mended.

    gap        days without a reading between two readings of one series
    repeated   two readings of one day
    negative   a reading below zero
    stuck      the same value, not zero, so many days in a row: a sensor that hangs, or a placeholder
    floor      the lowest value of a series, above zero, on so large a share of its days that it stands for nothing used
    level      a month whose mean lies above so many times the mean of the three before, or below that part of it

What a finding means is for a person: a gap in payments is a shut shop, a gap in a meter a lost reading.
"""

from __future__ import annotations

import polars as pl

from puhui.evidence.layouts import Layout

__all__ = ["FINDINGS", "series_findings"]

FINDINGS = ("gap", "repeated", "negative", "stuck", "floor", "level")
STUCK_DAYS = 14
FLOOR_SHARE = 0.05
LEVEL_TIMES = 5.0
SCHEMA = {"kind": pl.String, "series": pl.String, "first": pl.Date, "last": pl.Date, "days": pl.Int64, "value": pl.Float64}


def series_findings(rows: pl.DataFrame, layout: Layout, field: str, firm: str = "firm_id") -> pl.DataFrame:
    """Findings on one measured field of a time series, by series: kind (of `FINDINGS`), series, first and last day, days, value.

    rows  records of the layout: the column that names the firm, the layout's keys, its observed day, and the field; any order
    """
    names = [pl.col(name).cast(pl.String).fill_null("") for name in (firm, *layout.keys)]
    readings = rows.select(
        series=pl.concat_str(names, separator=" / "), day=pl.col(layout.observed), value=pl.col(field).cast(pl.Float64)
    ).drop_nulls()  # fmt: skip
    readings = readings.sort("series", "day")
    found = [_gaps(readings), _repeated(readings), _negative(readings), _stuck(readings), _floors(readings), _levels(readings)]
    return pl.concat([each.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()) for each in found]).sort(
        "kind", "series", "first"
    )


def _gaps(readings: pl.DataFrame) -> pl.DataFrame:
    before = pl.col("day").shift(1).over("series")
    missing = (pl.col("day") - before).dt.total_days() - 1
    return readings.with_columns(missing=missing, before=before).filter(pl.col("missing") > 0).select(
        pl.lit("gap").alias("kind"), "series", (pl.col("before") + pl.duration(days=1)).alias("first"),
        (pl.col("day") - pl.duration(days=1)).alias("last"), pl.col("missing").alias("days"), pl.lit(None, dtype=pl.Float64).alias("value"),
    )  # fmt: skip


def _repeated(readings: pl.DataFrame) -> pl.DataFrame:
    days = readings.group_by("series", "day").agg(times=pl.len(), value=pl.col("value").first()).filter(pl.col("times") > 1)
    return _run(days, "repeated").with_columns(days=days["times"])


def _negative(readings: pl.DataFrame) -> pl.DataFrame:
    return _run(readings.filter(pl.col("value") < 0), "negative")


def _run(days: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Each row as a finding of one day."""
    return days.select(
        kind=pl.lit(kind), series=pl.col("series"), first=pl.col("day"), last=pl.col("day"), days=pl.lit(1), value=pl.col("value")
    )


def _floor_values(readings: pl.DataFrame) -> pl.DataFrame:
    """series, floor: the lowest value, where it is above zero and stands on many days."""
    lowest = readings.with_columns(floor=pl.col("value").min().over("series"))
    shares = lowest.group_by("series", "floor").agg(
        share=(pl.col("value") == pl.col("floor")).mean(), days=(pl.col("value") == pl.col("floor")).sum()
    )
    return shares.filter((pl.col("floor") > 0) & (pl.col("share") > FLOOR_SHARE) & (pl.col("days") >= STUCK_DAYS))


def _stuck(readings: pl.DataFrame) -> pl.DataFrame:
    floors = _floor_values(readings).select("series", "floor")
    moved = readings.join(floors, on="series", how="left").filter(
        (pl.col("value") != 0) & (pl.col("value") != pl.col("floor")).fill_null(True)
    )
    new = (pl.col("value") != pl.col("value").shift(1).over("series")) | (
        (pl.col("day") - pl.col("day").shift(1).over("series")).dt.total_days() > 1
    )
    runs = moved.with_columns(run=new.fill_null(True).cum_sum()).group_by("series", "run").agg(
        first=pl.col("day").min(), last=pl.col("day").max(), days=pl.len(), value=pl.col("value").first()
    )  # fmt: skip
    return runs.filter(pl.col("days") >= STUCK_DAYS).with_columns(kind=pl.lit("stuck"))


def _floors(readings: pl.DataFrame) -> pl.DataFrame:
    spans = readings.group_by("series").agg(first=pl.col("day").min(), last=pl.col("day").max())
    return _floor_values(readings).join(spans, on="series").with_columns(kind=pl.lit("floor"), value=pl.col("floor"))


def _levels(readings: pl.DataFrame) -> pl.DataFrame:
    months = readings.group_by("series", pl.col("day").dt.truncate("1mo").alias("month")).agg(
        first=pl.col("day").min(), last=pl.col("day").max(), days=pl.len(), value=pl.col("value").mean()
    )  # fmt: skip
    before = pl.col("value").shift(1).rolling_mean(3).over("series")
    compared = months.sort("series", "month").with_columns(before=before).filter(pl.col("before") > 0)
    times = pl.col("value") / pl.col("before")
    return compared.filter((times > LEVEL_TIMES) | (times < 1 / LEVEL_TIMES)).with_columns(kind=pl.lit("level"))
