"""Working hours: when a promise of some hours falls due, counted only while the lender is open.

An application of Friday 17:00 with four hours, where the doors close at 17:30, is due on Monday three and a half hours after opening;
over the Spring Festival, on the first day that is worked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from puhui.calculations.business_days import is_worked

__all__ = ["due_at"]

_LONGEST_DAYS = 3_660


def due_at(start: datetime, working_hours: float, opens: time, closes: time, worked: Callable[[date], bool] = is_worked) -> datetime:
    """The moment at which `working_hours` have passed since `start` (a local time with zone).

    Raises ValueError where no hour of the day is open.
    """
    if opens >= closes:
        raise ValueError(f"found hours from {opens} to {closes}, expected an opening before the closing")
    left = timedelta(hours=working_hours)
    for ahead in range(_LONGEST_DAYS):
        day = start.date() + timedelta(days=ahead)
        if not worked(day):
            continue
        first = max(start, datetime.combine(day, opens, tzinfo=start.tzinfo))
        last = datetime.combine(day, closes, tzinfo=start.tzinfo)
        if first <= last and left <= last - first:
            return first + left
        left -= max(last - first, timedelta())
    raise ValueError(f"found {working_hours} hours, expected fewer than ten years hold")
