"""The moment a snapshot looks from, and the closed months behind it.

Windows end at the last closed month, because a month that still runs always looks like a fall in sales. A month is closed at the end of
its last day, and a plain date means the end of that day: as of 31 December, December is closed; as of 30 December it is not, and the last
closed month is November. A moment with a time of day never closes the month it lies in.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

__all__ = ["MONTHS_KEPT", "STATISTICS_MONTHS", "WINDOWS", "AsOf", "day_number"]

ZONE = ZoneInfo("Asia/Shanghai")
"""The day of a lender ends at midnight of this zone."""

MONTHS_KEPT = 36
"""Closed months whose net amounts are kept one by one."""

STATISTICS_MONTHS = (12, 24)
"""Windows of so many months of which more than sums is asked: the mean month, its deviation, days with an invoice."""

WINDOWS = {
    "3m": (1, 3),
    "prev3m": (4, 6),
    "3m_last_year": (13, 15),
    "6m": (1, 6),
    "12m": (1, 12),
    "prev12m": (13, 24),
    "24m": (1, 24),
    "36m": (1, 36),
}
"""First and last month of each window, counted back: 1 is the last closed month, 0 the one still running."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class AsOf:
    """A date (its end) or a moment; nothing known later is read."""

    at: date | datetime

    @property
    def day(self) -> date:
        return self.at.date() if isinstance(self.at, datetime) else self.at

    @property
    def end(self) -> datetime:
        """The last moment that counts, in UTC: the moment itself, or the end of the day. A time without a zone is local."""
        moment = self.at if isinstance(self.at, datetime) else datetime.combine(self.at, time.max)
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).astimezone(UTC)

    @property
    def last_closed_month(self) -> int:
        """Year × 12 + month of the last closed month."""
        whole = not isinstance(self.at, datetime) and self.day.day == monthrange(self.day.year, self.day.month)[1]
        return self.day.year * 12 + self.day.month - (0 if whole else 1)

    def last_reported_month(self, lag_days: int) -> int:
        """Year × 12 + month of the last closed month that had to be reported by this day: its end lies at least so many days back.

        What comes in a report (a return, a month's insurance) is there some time after its month; a window that ended with the last closed
        month would lack its last month on most days. Counted for all firms alike, so that a firm that stops reporting shows.
        """
        month = self.last_closed_month
        while self._last_day(month) + timedelta(days=lag_days) > self.day:
            month -= 1
        return month

    @staticmethod
    def _last_day(month: int) -> date:
        year, left = divmod(month, 12)
        return date(year, left + 1, 1) - timedelta(days=1)

    @property
    def window_end_day(self) -> int:
        """Day number of the last day of the last closed month."""
        year, month = divmod(self.last_closed_month, 12)
        return day_number(date(year, month + 1, 1)) - 1

    def window_start_day(self, months: int) -> int:
        """Day number of the first day of the window of so many closed months."""
        year, month = divmod(self.last_closed_month - months, 12)
        return day_number(date(year, month + 1, 1))
