"""Due dates that fall on a day off, moved: the calendar is the printed table of a year; a day of another year has none."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.oracle.days import DAY
from tests.oracle.doubts import Doubt

TABLE = Path(__file__).parents[2] / "src/puhui/catalogue/parameters/working-days.toml"


@cache
def table_of(calendar: str) -> tuple[int, frozenset[date], frozenset[date]]:
    """(year, days off beside weekends, weekend days that are worked)."""
    for entry in tomllib.loads(TABLE.read_text())["year"]:
        if entry["calendar"] == calendar:
            return entry["year"], frozenset(entry["holidays"]), frozenset(entry["worked_weekends"])
    raise Doubt("a calendar that is not there")


def works(calendar: str, day: date) -> bool:
    year, holidays, worked = table_of(calendar)
    if day.year != year:
        raise Doubt("a day of another year than the calendar's")
    return day in worked or (day.weekday() < 5 and day not in holidays)


def moved(document: dict[str, Any], due: date) -> date:
    """The day on which a due date is really due."""
    agreed = document.get("business_days") or {}
    calendar, move = agreed.get("calendar"), agreed.get("move", "none")
    if not calendar or move == "none":
        return due
    later = step_to(calendar, due, DAY) if move != "preceding" else due
    if move == "following" or (move == "modified_following" and later.month == due.month):
        return later
    return step_to(calendar, due, -DAY)


def step_to(calendar: str, day: date, step: timedelta) -> date:
    while not works(calendar, day):
        day += step
    return day
