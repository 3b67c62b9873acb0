"""Whether the day end of day 700 costs what it did on day 1: a book of three-year loans, day by day.

Everything that grows with the years is there: events, entries, closed days, records of steps, rows of instalments. Loans are paid out over
thirty days and paid when due, so that every day has the same work: each really ended, one after the other, with few loans, since what is
asked is whether a day's cost grows with those before it. Compared are the first thirty days on which something falls due with the last
thirty: by the clock the median day, in processor time, of which a single day takes too few ticks, all of them. Run:

    python -m benchmarks ageing [--size 300]
"""

from __future__ import annotations

import time
from statistics import median

from benchmarks import made_up
from benchmarks.book import book
from benchmarks.measure import Measure, processor_seconds, start

DAYS, SOME = 700, 30
SMALL = 90


def measured(size: int) -> list[Measure]:
    """Ends 700 days of a book of `size` loans; fewer days in the small size."""
    from puhui.loans.day_end import run_day

    days = DAYS if size > SMALL else 3 * SOME
    bank = book(size, {**made_up.TERMS, "instalments": 36}, late_of_100=0)
    seconds, used = [], [processor_seconds()]
    for number in range(1, days + 1):
        began = time.perf_counter()
        figures = run_day(bank, "benchmark")
        seconds.append(time.perf_counter() - began)
        used.append(processor_seconds())
        if number == 1 and not figures["settle"]["loans"]:
            raise AssertionError(f"nothing fell due: {figures}")
        if number % (SOME * 2) == SOME:
            print(
                f"  to day {number}: {median(seconds[-SOME:]):.3f} s a day, processor time {(used[-1] - used[-SOME - 1]) / SOME:.3f} s",
                flush=True,
            )
    first, last = median(seconds[:SOME]), median(seconds[-SOME:])
    used_first, used_last = used[SOME] - used[0], used[-1] - used[-SOME - 1]
    return [
        Measure(f"day {days} of {size:,} loans", last, first, "s", "day 1", at_most=1.25),
        Measure("the same in processor time, thirty days", used_last, used_first, "s", "the first thirty", at_most=1.25),
    ]


if __name__ == "__main__":
    raise SystemExit(start(measured, 300, SMALL, "how many loans"))
