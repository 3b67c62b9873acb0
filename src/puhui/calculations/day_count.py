"""Day counts: how much of a year lies between two dates.

Shares of a year are whole numbers of `YEAR`, a common multiple of every denominator in use (360, 365, 366, 52 weeks,
12 months of 28 to 31 days), so that interest stays exact until it is posted.

| name | a year's share of the nights from a to b |
|---|---|
| `M/360` | whole months a twelfth each, odd days ÷ 360 (对年对月对日) |
| `30/360` | whole months a twelfth each, the odd days ÷ the days of the month begun, of a twelfth |
| `30E/360` | months of 30 days, the 31st counts as the 30th |
| `ACT/360`, `ACT/365` | days ÷ 360, days ÷ 365 |
| `ACT/ACT` | each night ÷ the length of the year that its day belongs to |
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import lcm

from puhui.calculations.calendar import add_months, whole_months_and_days
from puhui.calculations.money import Exact

__all__ = ["DAY_COUNTS", "MONTH", "WEEK", "YEAR", "actual_share", "year_share"]

YEAR: int = lcm(360, 365, 366, 52, 12 * 28, 12 * 29, 12 * 30, 12 * 31)
MONTH: int = YEAR // 12
WEEK: int = YEAR // 52
DAY_COUNTS: tuple[str, ...] = ("M/360", "30/360", "30E/360", "ACT/360", "ACT/365", "ACT/ACT")

_DAY_360 = YEAR // 360
_DAY_365 = YEAR // 365
_DAY_366 = YEAR // 366
_ONE_DAY = timedelta(days=1)


def year_share(day_count: str, start: date, end: date, day_label: str = "start") -> Exact:
    """The share of a year from `start` to `end`, over `YEAR`. `day_label` decides the year of a night under `ACT/ACT`."""
    if day_count == "M/360":
        months, days = whole_months_and_days(start, end)
        return months * MONTH + days * _DAY_360
    if day_count == "30/360":
        months, days = whole_months_and_days(start, end)
        begun = add_months(start, months)
        length = (add_months(start, months + 1) - begun).days
        return months * MONTH + _share_of(MONTH, days, length)
    if day_count == "30E/360":
        thirties = 360 * (end.year - start.year) + 30 * (end.month - start.month) + min(end.day, 30) - min(start.day, 30)
        return thirties * _DAY_360
    return actual_share(day_count, start, end, day_label)


def actual_share(day_count: str, start: date, end: date, day_label: str = "start") -> int:
    """The share of a year by actual days, over `YEAR`: `ACT/365` and `ACT/ACT` by their own year, everything else ÷ 360."""
    if day_count == "ACT/365":
        return (end - start).days * _DAY_365
    if day_count != "ACT/ACT":
        return (end - start).days * _DAY_360
    if day_label == "end":
        start, end = start + _ONE_DAY, end + _ONE_DAY
    share = 0
    while start < end:
        stop = min(end, date(start.year + 1, 1, 1))
        leap = start.year % 4 == 0 and (start.year % 100 != 0 or start.year % 400 == 0)
        share += (stop - start).days * (_DAY_366 if leap else _DAY_365)
        start = stop
    return share


def _share_of(whole: int, days: int, length: int) -> Exact:
    """`whole × days ÷ length`, a whole number wherever it is one."""
    product = whole * days
    return product // length if product % length == 0 else Fraction(product, length)
