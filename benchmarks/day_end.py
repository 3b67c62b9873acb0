"""The day end of a book of loans, against COPY and UPDATE of the same rows.

Loans are paid out over thirty days, so that about one in thirty falls due on any day; 3 in 100 borrowers have no money on their accounts.
Four days are ended, two by one worker and two by two; of each pair the first, on which processes plan their statements, is not measured. On
the others there are loans that fall due, loans that stay unpaid and loans that went late the day before. After all of them the yardstick
writes the rows of the second day again in the cheapest way (yardstick.py). Beside it the night's interest of all loans as totals, against a
row for each loan. Run:

    python -m benchmarks day-end [--size 1000000]
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from benchmarks.book import book
from benchmarks.measure import Measure, processor_seconds, start
from benchmarks.yardstick import copy_and_update, server_owner


def measured(size: int) -> list[Measure]:
    """Ends four days of a book of `size` loans."""
    from puhui.loans.workers import crew

    bank = book(size)
    ended(bank, 1)
    day = bank.business_date
    one = ended(bank, 1)
    with crew(2):
        ended(bank, 2)
        two = ended(bank, 2)
    least = copy_and_update(day)  # last: what it leaves to be cleared away would slow down the day after it
    return [
        Measure(f"day end of {size:,} loans", one, least, "s", "COPY and UPDATE of the same rows", at_most=1.6),
        Measure("the same, two workers", two, one, "s", "one worker", at_most=0.7),
        accrual(bank),
    ]


def ended(bank: Any, workers: int) -> float:
    """Seconds of the end of the open day; told step by step. Raises AssertionError where the sub-ledger is not the ledger."""
    from puhui.loans.day_end import run_day
    from puhui.loans.models import SetAside

    steps, last = [], [time.perf_counter()]

    def tell(_: object, step: str, count: int) -> None:
        now = time.perf_counter()
        steps.append(f"{step} {now - last[0]:.2f} s" + (f" ({count:,})" if count else ""))
        last[0] = now

    began, used = time.perf_counter(), processor_seconds()
    figures = run_day(bank, "benchmark", tell, workers=workers)
    seconds, used = time.perf_counter() - began, processor_seconds() - used
    paid, folded = figures["settle"]["loans"], figures["falls_due"]["loans"]
    if not paid or figures["accrue"]["differences"] or SetAside.objects.exists():
        raise AssertionError(f"nothing fell due, or the day does not add up: {figures}")
    print(f"{figures['date']}, {workers} worker{'s' * (workers > 1)}: {paid:,} paid when due, {folded:,} folded, {seconds:.2f} s")
    print(f"  processor time {used:.2f} s; by the clock {', '.join(steps)}", flush=True)
    return seconds


def accrual(bank: Any) -> Measure:
    """The totals of a night, with the control totals of the whole sub-ledger, against a row for each loan.

    Ours is all that the totals cost on a day: what the loans that changed in it add to them, and the night itself.
    """
    from django.db import transaction

    from puhui.loans.standing import added_up, book_by_days_past_due, carry

    def night() -> None:
        with transaction.atomic():
            added_up(bank, changed_on=bank.business_date - timedelta(days=1))
            book_by_days_past_due(bank, bank.business_date, carry(bank, bank.business_date))
            transaction.set_rollback(True)

    ours = min(_timed(night) for _ in range(3))
    with server_owner() as server:
        server.execute("CREATE TABLE yardstick_accrual (loan_id bigint, day date, interest_fen bigint, PRIMARY KEY (loan_id, day))")
        rows = "INSERT INTO yardstick_accrual SELECT id, %s, 1 FROM loans_loan WHERE next_action_date IS NOT NULL"
        least = _timed(lambda: server.execute(rows, [bank.business_date]))
    return Measure("aggregated accrual of a night", ours, least, "s", "inserting a row for each loan", at_most=0.25)


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(start(measured, 1_000_000, 3_000, "how many loans"))
