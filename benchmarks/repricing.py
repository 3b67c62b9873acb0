"""Repricing: loans get a new rate, and what falls due and how interest runs is compiled again for each.

Ordinary loans in mid-life, half a year of instalments paid when due; the new rate holds from 1 January, inside a period. Fold and
compilation only, on one core, without the database. Run:

    python -m benchmarks repricing [--size 4000]
"""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from benchmarks import made_up
from benchmarks.measure import Measure, start

LOOKED_FOR_RATE = 10_000.0
DAY = date(2026, 1, 1)
DIFFERENT = 500


def measured(size: int) -> list[Measure]:
    """Compiles `size` loans anew."""
    from puhui.loans.fold import fold

    loans = [_loan(number) for number in range(min(size, DIFFERENT))]
    rounds = max(size // len(loans), 1)
    folded = [fold(terms, events, DAY, terms.amount) for terms, events in loans]
    if any(each.next_action_date is None or each.run is None for each in folded):
        raise AssertionError("a loan in mid-life does not run")
    began = time.process_time()
    for _ in range(rounds):
        for terms, events in loans:
            fold(terms, events, DAY, terms.amount)
    ours = rounds * len(loans) / (time.process_time() - began)
    return [Measure("repricing compiled ahead", ours, LOOKED_FOR_RATE, "loans/s", "what is looked for on a core", at_least=1)]


def _loan(number: int) -> tuple[Any, tuple[Any, ...]]:
    """Terms of their own, the repayments so far, and the new rate."""
    from puhui.calculations.events import Event
    from puhui.calculations.replay import replay
    from puhui.calculations.terms import read_terms

    differs = {"amount": f"{60_000 + 137 * number}.00", "start": f"2025-06-{10 + number % 10}", "rate_annual": f"0.0{400 + number % 20}"}
    terms = read_terms({**made_up.TERMS, "day_count": "ACT/360", **differs})
    rows = [row for row in replay(terms, (), terms.start).rows if row.due < DAY]
    paid = [Event(row.due, "repayment", row.total, id=str(row.number)) for row in rows]
    return terms, (*paid, Event(DAY, "rate_change", rate_e8=3_850_000, id="99"))


if __name__ == "__main__":
    raise SystemExit(start(measured, 4_000, 50, "how many loans", needs_database=False))
