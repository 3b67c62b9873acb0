"""A month's and a day's electricity of a firm, from bills and meters, as the variables of class C11 read them.

A month's kWh are those billed over all accounts; where no bill is known, the sum of the daily readings if at least `LEAST_DAYS_OF_MONTH`
days are there. A month without either is unknown, not zero. The text is Narwhals (see `puhui.features.portable`).
"""

from __future__ import annotations

import narwhals as nw

from puhui.features.portable import Frame, day_of, month_of, where
from puhui.features.windows import AsOf

__all__ = ["LEAST_DAYS_OF_MONTH", "by_day", "by_month", "summed"]

LEAST_DAYS_OF_MONTH = 25


def by_day(readings: Frame) -> Frame:
    """firm × day: use over all meters, and of it what was used at peak hours and at night where a meter tells."""
    kwh = nw.col("kwh").cast(nw.Float64)
    readings = readings.with_columns(
        number=day_of("day"),
        peaked=where(~nw.col("peak_kwh").is_null(), kwh),
        nighted=where(~nw.col("night_kwh").is_null(), kwh),
    )
    return readings.group_by("firm_id", "day", "number").agg(**_uses("kwh", "peak_kwh", "night_kwh"))


def _uses(quantity: str, peak: str, night: str) -> dict[str, nw.Expr]:
    columns = {"kwh": quantity, "peak": peak, "night": night, "peaked": "peaked", "nighted": "nighted"}
    return {name: summed(nw.col(column)) for name, column in columns.items()}


def summed(value: nw.Expr) -> nw.Expr:
    """Sum inside an aggregation; null where no row has a value."""
    told = (~value.is_null()).cast(nw.Int64).sum()
    return nw.when(told > 0).then(value.cast(nw.Float64).sum())


def by_month(bills: Frame, days: Frame, as_of: AsOf) -> Frame:
    """firm × month: kwh, peak, peaked (kWh of which the peak is told), night, nighted."""
    names = ("kwh", "peak", "peaked", "night", "nighted")
    power = bills.filter(nw.col("utility") == "electricity").with_columns(
        peaked=where(~nw.col("peak").is_null(), "quantity"), nighted=where(~nw.col("night").is_null(), "quantity")
    )
    billed = power.group_by("firm_id", "month").agg(**_uses("quantity", "peak", "night"))
    read = days.with_columns(month=month_of("day", as_of)).group_by("firm_id", "month").agg(
        read_days=nw.len(), **{name: summed(nw.col(name)) for name in names}
    )  # fmt: skip
    read = read.filter(nw.col("read_days") >= LEAST_DAYS_OF_MONTH)
    nothing = nw.lit(None, nw.Float64)
    both = nw.concat(
        [
            billed.select("firm_id", "month", *names, **{f"read_{name}": nothing for name in names}),
            read.select("firm_id", "month", **dict.fromkeys(names, nothing), **{f"read_{name}": nw.col(name) for name in names}),
        ]
    )
    largest = {name: nw.col(name).max() for column in names for name in (column, f"read_{column}")}
    return both.group_by("firm_id", "month").agg(**largest).select(
        "firm_id", "month", **{name: nw.coalesce(nw.col(name), nw.col(f"read_{name}")) for name in names}
    )  # fmt: skip
