"""Days, months and roundings as a clerk counts them with a calendar and a pencil. Exact fractions; nothing of Puhui is imported."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from fractions import Fraction

DAY = timedelta(days=1)
YEAR_DAYS = {"ACT/360": 360, "ACT/365": 365, "M/360": 360}
DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "KWD": 3, "BHD": 3, "JOD": 3, "OMR": 3, "TND": 3}


def day_of(text: str | date) -> date:
    return text if isinstance(text, date) else date.fromisoformat(text)


def month_length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def months_after(day: date, months: int, month_end: str = "clamp") -> date:
    """The same day of the month `months` later; where the month lacks it, its last day or (roll) the first of the next."""
    years, index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, index + 1
    if day.day <= month_length(year, month):
        return date(year, month, day.day)
    last = date(year, month, month_length(year, month))
    return last + DAY if month_end == "roll" else last


def steps_after(day: date, every: tuple[int, str], steps: int, month_end: str = "clamp") -> date:
    count, unit = every
    if unit == "day":
        return day + DAY * (count * steps)
    if unit == "week":
        return day + DAY * (7 * count * steps)
    return months_after(day, count * steps * (12 if unit == "year" else 1), month_end)


def months_of(every: tuple[int, str]) -> int:
    count, unit = every
    return {"month": count, "year": 12 * count}.get(unit, 0)


def whole_months(begin: date, end: date) -> tuple[int, date]:
    """How many whole months fit from begin to end, and the day on which the last of them ends."""
    months = (end.year - begin.year) * 12 + end.month - begin.month
    while months_after(begin, months) > end:
        months -= 1
    return months, months_after(begin, months)


def european_days(begin: date, end: date) -> int:
    return sum(sign * (360 * d.year + 30 * d.month + min(d.day, 30)) for sign, d in ((1, end), (-1, begin)))


def by_own_year(begin: date, end: date, label: str) -> Fraction:
    """Each day by the length of its own year; the day is the one on which the night starts, or ends."""
    total = Fraction(0)
    shift = DAY if label == "end" else timedelta(0)
    first, last = begin + shift, end + shift
    for year in range(first.year, last.year + 1):
        nights = (min(last, date(year + 1, 1, 1)) - max(first, date(year, 1, 1))).days
        total += Fraction(max(nights, 0), 366 if calendar.isleap(year) else 365)
    return total


def by_month_begun(anchor: date, begin: date, end: date) -> Fraction:
    """30/360: months run from the anchor; a part of a month is its actual days over the month's actual days."""
    total, index = Fraction(0), 0
    while (opened := months_after(anchor, index)) < end:
        closed = months_after(anchor, index + 1)
        nights = (min(end, closed) - max(begin, opened)).days
        total += Fraction(max(nights, 0), 12 * (closed - opened).days)
        index += 1
    return total


def odd_days(day_count: str, label: str, begin: date, end: date) -> Fraction:
    """The year fraction of days that make no whole month."""
    if day_count == "ACT/ACT":
        return by_own_year(begin, end, label)
    if day_count == "30E/360":
        return Fraction(european_days(begin, end), 360)
    if day_count == "30/360":
        return by_month_begun(begin, begin, end)
    return Fraction((end - begin).days, YEAR_DAYS[day_count])


def rounded(value: Fraction, mode: str = "half_up", multiple: Fraction = Fraction(1)) -> int | Fraction:
    """To a multiple of the smallest unit; a half goes away from nothing (half_up) or to the even neighbour."""
    scaled = abs(value) / multiple
    floor = scaled.numerator // scaled.denominator
    rest = scaled - floor
    up = {"down": False, "up": rest > 0, "half_up": rest >= Fraction(1, 2)}.get(
        mode, rest > Fraction(1, 2) or (rest == Fraction(1, 2) and floor % 2 == 1)
    )
    whole = (floor + up) * multiple * (1 if value >= 0 else -1)
    return int(whole) if Fraction(whole).denominator == 1 else whole
