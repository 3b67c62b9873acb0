"""Replay of ordinary loans: terms and events in, the whole position out; no database.

Twelve equal instalments, a repayment for each. The yardstick is the least that any replay must do: the same twelve rows of interest,
principal and payment in bare integers, without dates, arrears, allocation or rounding rules. A tenth of its rate is about the 20,000 loans
a second that are looked for on a core. Run:

    python -m benchmarks.replay [--size 20000]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

from benchmarks import made_up
from benchmarks.measure import Measure, start

ROWS = 12
LOOKED_FOR_RATE = 20_000  # on an idle core; told, and not judged: it is the machine's as much as ours


def measured(size: int) -> list[Measure]:
    """Replays `size` loans of twelve instalments, each with its twelve repayments."""
    from puhui.calculations.events import Event
    from puhui.calculations.replay import replay
    from puhui.calculations.terms import read_terms

    terms = read_terms({**made_up.TERMS, "start": "2025-01-15"})
    until = date(2026, 1, 15)
    planned = replay(terms, (), terms.start)
    events = [Event(row.due, "repayment", row.principal + row.interest, id=str(row.number)) for row in planned.rows]
    last = replay(terms, events, until)
    if (last.principal, last.status) != (0, "closed"):
        raise AssertionError(f"the loan is {last.status} with {last.principal} fen left, and was repaid")
    ours = _quickest(lambda: [replay(terms, events, until) for _ in range(size)])
    least = _quickest(lambda: [bare(made_up.AMOUNT_FEN, 43_500) for _ in range(size)])
    print(f"looked for on an idle core: {LOOKED_FOR_RATE:,} loans a second")
    return [Measure("replay of ordinary 12-instalment loans", size / ours, size / least, "loans a second", "bare integers", at_least=0.1)]


def bare(principal: int, rate_ppm: int) -> int:
    """Equal principal in integers: what is left after twelve payments."""
    part, paid = principal // ROWS, 0
    for _ in range(ROWS):
        interest = principal * rate_ppm // ROWS // 1_000_000
        payment = part + interest
        paid += payment
        principal -= payment - interest
    return principal


def _quickest(work: Callable[[], object], times: int = 3) -> float:
    """Processor seconds of the quickest of some runs: other programs on the machine do not count."""
    seconds = []
    for _ in range(times):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)


if __name__ == "__main__":
    raise SystemExit(start(measured, 20_000, 300, "how many loans", needs_database=False))
