"""Dates of a loan: steps of days, weeks, months and years, and months that lack a day.

The day of the month is kept: a loan of the 31st is due on 28 February and again on 31 March, because each date
is counted from the first one and not from the date before (no drift). A day that a month lacks is its last day
(`clamp`) or the first of the next month (`roll`).
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["Step", "add_months", "add_step", "days_in_month", "parse_date", "parse_step", "whole_months_and_days"]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STEP = re.compile(r"([1-9][0-9]{0,3}) (day|week|month|year)s?")


@dataclass(frozen=True, slots=True)
class Step:
    """The distance of due dates: `months` (a year is twelve) or `days` (a week is seven, then `weeks` is set too); exactly one is not 0."""

    months: int = 0
    days: int = 0
    weeks: int = 0


def parse_date(text: object) -> date | None:
    """An ISO 8601 calendar date (`2026-01-15`) of the years 1900 to 2999, or None."""
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 <= day.year < 3000 else None


def parse_step(text: object) -> Step | None:
    """`"1 month"`, `"2 weeks"`, `"10 day"`, `"1 year"`, or None."""
    match = _STEP.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    count = int(match[1])
    if match[2] == "day":
        return Step(days=count)
    if match[2] == "week":
        return Step(days=7 * count, weeks=count)
    return Step(months=count if match[2] == "month" else 12 * count)


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    return monthrange(year, month)[1]


def add_months(day: date, months: int, month_end: str = "clamp") -> date:
    """The same day of the month `months` later; where that month lacks it, its last day (`clamp`) or the first of the next (`roll`)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if day.day <= 28:
        return date(year, month, day.day)
    last = monthrange(year, month)[1]
    if day.day <= last:
        return date(year, month, day.day)
    if month_end == "clamp":
        return date(year, month, last)
    return date(year + month // 12, month % 12 + 1, 1)


def add_step(day: date, step: Step, count: int, month_end: str = "clamp") -> date:
    """`day` plus `count` steps, counted from `day` itself."""
    if step.months:
        return add_months(day, step.months * count, month_end)
    return day + timedelta(days=step.days * count)


def whole_months_and_days(start: date, end: date) -> tuple[int, int]:
    """Whole months from `start` to `end`, and the odd days after them (对年对月对日).

    A whole month ends on the same day of the month, or on the last day where the month lacks it.
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    reached = add_months(start, months)
    if reached > end:
        months -= 1
        reached = add_months(start, months)
    return months, (end - reached).days
