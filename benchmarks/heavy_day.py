"""The heaviest day of a quarter: the interest of a whole book is settled on the 20th of its last month.

Every loan bears interest that is settled by the quarter, and every borrower has the money. One worker ends the day; the yardstick writes
the same rows again in the cheapest way (yardstick.py). Run:

    python -m benchmarks heavy-day [--size 1000000]
"""

from __future__ import annotations

from benchmarks.book import book
from benchmarks.day_end import ended
from benchmarks.measure import Measure, start
from benchmarks.yardstick import copy_and_update

QUARTERLY = {
    "amount": "120000.00", "rate_annual": "0.0435", "day_count": "ACT/360", "maturity": "2027-01-05", "method": "interest_only",
    "settlement_day": 20, "every": "3 month", "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip


def measured(size: int) -> list[Measure]:
    """Ends the day on which `size` loans settle their interest."""
    bank = book(size, QUARTERLY, days=5, late_of_100=0)
    day = bank.business_date
    ours = ended(bank, 1)
    least = copy_and_update(day)
    return [Measure(f"a day of {size:,} settlements", ours, least, "s", "COPY and UPDATE of the same rows", at_most=3)]


if __name__ == "__main__":
    raise SystemExit(start(measured, 1_000_000, 1_000, "how many loans"))
