"""Whether the day end of day 700 costs what it did on day 1: a book of three-year loans, day by day.

Everything that grows with the years is there: events, entries, closed days, records of steps, rows of instalments. Loans are paid out over
thirty days and paid when due, so that every day has the same work. Compared is the median of the first thirty days on which something falls
due with that of the last thirty. Run:

    python -m benchmarks ageing [--size 1500]
"""

from __future__ import annotations

import time
from statistics import median

from benchmarks import made_up
from benchmarks.book import book
from benchmarks.measure import Measure, start

DAYS, SOME = 700, 30


def measured(size: int) -> list[Measure]:
    """Ends 700 days of a book of `size` loans; fewer days in the small size."""
    from puhui.loans.day_end import run_day

    days = DAYS if size >= 1_000 else 3 * SOME
    bank = book(size, {**made_up.TERMS, "instalments": 36}, late_of_100=0)
    seconds = []
    for _ in range(days):
        began = time.perf_counter()
        run_day(bank, "benchmark")
        seconds.append(time.perf_counter() - began)
    first, last = median(seconds[:SOME]), median(seconds[-SOME:])
    return [Measure(f"day {days} of {size:,} loans", last, first, "s", "day 1", at_most=1.25)]


if __name__ == "__main__":
    raise SystemExit(start(measured, 1_500, 90, "how many loans"))
