"""Replay of loans: terms and events in, the whole position out; no database.

Ordinary loans: twelve equal instalments, a repayment for each, every loan with an amount, a start and a rate of its own. The yardstick
is the least that any replay must do: the same twelve rows of interest, principal and payment in bare integers, without dates, arrears,
allocation or rounding rules. A tenth of its rate is about the 20,000 loans a second that are looked for on a core. Beside them loans of
which one instalment was paid a day late and short, which are walked through event by event.

A line: 2,400 draws and repayments, against an integer loop of a million steps. Run:

    python -m benchmarks.replay [--size 20000]
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from benchmarks import made_up
from benchmarks.measure import Measure, start

ROWS = 12
LOOKED_FOR_RATE = 20_000  # on an idle core; told, and not judged: it is the machine's as much as ours
DIFFERENT = 2_000
LINE_EVENTS = 2_400
UNTIL = date(2026, 2, 15)


def measured(size: int) -> list[Measure]:
    """Replays `size` loans of twelve instalments, each with its twelve repayments, and a line of 2,400 events."""
    from puhui.calculations.replay import replay

    loans = [_loan(number) for number in range(min(size, DIFFERENT))]
    if any(replay(terms, events, UNTIL).status != "closed" for terms, events in loans):
        raise AssertionError("a loan is not closed, and was repaid")
    rounds = max(size // len(loans), 1)
    ours = _quickest(lambda: _all(replay, loans, rounds)) / rounds / len(loans)
    late = [(terms, _late(events)) for terms, events in loans[: max(len(loans) // 4, 1)]]
    walked = _quickest(lambda: _all(replay, late, 1)) / len(late)
    least = _quickest(lambda: [bare(made_up.AMOUNT_FEN, 43_500) for _ in range(size)]) / size
    print(f"looked for on an idle core: {LOOKED_FOR_RATE:,} ordinary loans a second")
    return [
        Measure("replay of ordinary 12-instalment loans", 1 / ours, 1 / least, "loans a second", "bare integers", at_least=0.1),
        Measure("the same, one instalment late and short", 1 / walked, 1 / least, "loans a second", "bare integers"),
        line(),
    ]


def line() -> Measure:
    """A line of 2,400 events."""
    from puhui.calculations.replay import replay

    terms, events = _line()
    found = replay(terms, events, events[-1].date)
    if found.principal - sum(row.paid_interest for row in found.rows) != sum(_signed(event) for event in events):
        raise AssertionError("the line owes something else than was drawn and not repaid")
    ours = _quickest(lambda: replay(terms, events, events[-1].date), times=5)
    name = f"replay of {LINE_EVENTS:,} events on a line"
    return Measure(name, ours, _quickest(_million_steps, times=5), "seconds", "an integer loop of a million steps", at_most=0.5)


def _loan(number: int) -> tuple[Any, list[Any]]:
    """Terms of their own (amount, one of ten starts, one of twenty rates) and the repayments that they ask for."""
    from puhui.calculations.events import Event
    from puhui.calculations.replay import replay
    from puhui.calculations.terms import read_terms

    differs = {"amount": f"{60_000 + 137 * number}.00", "start": f"2025-01-{10 + number % 10}", "rate_annual": f"0.0{400 + number % 20}"}
    terms = read_terms({**made_up.TERMS, **differs})
    rows = replay(terms, (), terms.start).rows
    return terms, [Event(row.due, "repayment", row.total, id=str(row.number)) for row in rows]


def _late(events: Sequence[Any]) -> list[Any]:
    """The fourth payment a day late and 100 yuan short; the last instalments are not paid."""
    from puhui.calculations.events import Event

    late = events[3]
    return [*events[:3], Event(late.date + timedelta(days=1), "repayment", late.amount - 100_00, id=late.id), *events[4:10]]


def _line() -> tuple[Any, list[Any]]:
    """Draws and repayments of some hundred yuan every other day for two years; what is due takes its interest first."""
    from puhui.calculations.events import Event
    from puhui.calculations.terms import read_terms

    begins = date(2025, 1, 15)
    terms = read_terms(
        {
            "start": begins.isoformat(), "rate_annual": "0.0435", "day_count": "ACT/360", "settlement_day": 20, "every": "1 month",
            "line": {"limit": "1000000.00", "until": "2028-01-15", "dues": "pooled"}, "penalty": {"compound_in_term": False},
        }
    )  # fmt: skip
    events, day = [], begins
    for number in range(LINE_EVENTS // 2):
        events.append(Event(day, "drawdown", 300_00 + number))
        events.append(Event(day + timedelta(days=number % 2), "repayment", 250_00 + number))
        day = begins + timedelta(days=number * 5 // 8)
    return terms, sorted(events, key=lambda event: event.date)


def _signed(event: Any) -> int:
    return int(event.amount if event.type == "drawdown" else -event.amount)


def _all(replay: Callable[..., Any], loans: Sequence[tuple[Any, list[Any]]], rounds: int) -> None:
    for _ in range(rounds):
        for terms, events in loans:
            replay(terms, events, UNTIL)


def bare(principal: int, rate_ppm: int) -> int:
    """Equal principal in integers: what is left after twelve payments."""
    part, paid = principal // ROWS, 0
    for _ in range(ROWS):
        interest = principal * rate_ppm // ROWS // 1_000_000
        payment = part + interest
        paid += payment
        principal -= payment - interest
    return principal


def _million_steps() -> int:
    total = 0
    for step in range(1_000_000):
        total += step
    return total


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
