"""Working days: where a due date goes that falls on a day off.

The days off are the State Council's yearly notice, a dated table (`catalogue/parameters/working-days.toml`); a calendar is named by its
year. A date of a year that the calendar does not cover is refused: its notice may move any weekend.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files

from puhui.calculations.faults import Fault, FaultsError

__all__ = ["MOVES", "BusinessDays", "calendar_names", "holidays", "is_worked", "moved"]

MOVES = ("none", "following", "modified_following", "preceding")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """How due dates keep to working days: `calendar` by name, `move` the way they go, `interest_moves` whether interest runs with them."""

    calendar: str
    move: str
    interest_moves: bool = True


@lru_cache(maxsize=1)
def _years() -> dict[str, tuple[int, frozenset[date], frozenset[date]]]:
    text = files("puhui").joinpath("catalogue/parameters/working-days.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["year"]
    return {row["calendar"]: (row["year"], frozenset(row["holidays"]), frozenset(row["worked_weekends"])) for row in rows}


def calendar_names() -> tuple[str, ...]:
    """The calendars that there are, by name."""
    return tuple(_years())


def holidays(first: date, last: date) -> tuple[date, ...]:
    """The days off of the notices within these days, in order, beside plain weekends; a year without a notice has none."""
    return tuple(sorted(day for _, days, _ in _years().values() for day in days if first <= day <= last))


def _is_working_day(calendar: str, day: date) -> bool:
    year, holidays, worked = _years()[calendar]
    if day.year != year:
        found = f"{day} with calendar {calendar}"
        raise FaultsError([Fault("business_days.calendar", found, f"due dates of {year}: days off of another year are not in this table")])
    return day in worked or (day.weekday() < 5 and day not in holidays)


@lru_cache(maxsize=65_536)
def moved(rule: BusinessDays, day: date) -> date:
    """`day` itself where it is a working day, else where the rule puts it. Raises FaultsError for a year that is not in the calendar."""
    if rule.move == "none" or _is_working_day(rule.calendar, day):
        return day
    later = _next(rule.calendar, day, _ONE_DAY) if rule.move != "preceding" else day
    if rule.move == "following" or (rule.move == "modified_following" and later.month == day.month):
        return later
    return _next(rule.calendar, day, -_ONE_DAY)


def _next(calendar: str, day: date, step: timedelta) -> date:
    while not _is_working_day(calendar, day):
        day += step
    return day


def is_worked(day: date) -> bool:
    """Whether offices work on a day: by that year's notice, and by the week alone in a year that has none yet."""
    for year, days_off, worked in _years().values():
        if year == day.year:
            return day in worked or (day.weekday() < 5 and day not in days_off)
    return day.weekday() < 5
