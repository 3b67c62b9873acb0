"""Repayments at the counter while the day end runs, against the same without it.

A client repays a hundred yuan early on one loan after another, through the action, first on a quiet evening, then while days are ended one
after the other. Run:

    python -m benchmarks night-postings [--size 1000000]
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from multiprocessing import get_context
from typing import Any

from benchmarks.book import book
from benchmarks.day_end import ended
from benchmarks.measure import Measure, percentile, start

NIGHTS = 4
QUIET_SECONDS = 10.0
PAUSE_SECONDS = 0.005
LONGEST_SECONDS = 1.0


def measured(size: int) -> list[Measure]:
    """Posts on a book of `size` loans."""
    bank = book(size)
    ended(bank, 1)
    quiet = _posting(bank, "quiet", lambda: time.sleep(min(QUIET_SECONDS, size / 1000)))
    busy = _posting(bank, "busy", lambda: [ended(bank, 1) for _ in range(NIGHTS)])
    for name, seconds in (("quiet", quiet), ("during day ends", busy)):
        half, most = percentile(seconds, 0.5) * 1000, percentile(seconds, 0.99) * 1000
        print(f"{name}: {len(seconds):,} repayments, half within {half:.1f} ms, 99 of 100 within {most:.1f} ms, all {max(seconds):.3f} s")
    return [
        Measure("online postings during day ends, p99", percentile(busy, 0.99), percentile(quiet, 0.99), "s", "without one", at_most=5),
        Measure("the longest wait of one", max(busy), LONGEST_SECONDS, "s", "a second", at_most=1),
    ]


def _posting(bank: Any, name: str, meanwhile: Any) -> list[float]:
    """Seconds of each repayment that another process makes until `meanwhile` is over."""
    from django.db import connections

    from puhui.loans.models import Loan

    last = Loan.objects.filter(institution=bank, overdue_since=None).order_by("-pk").values_list("pk", flat=True)[:20_000]
    loan_ids = list(last)
    connections.close_all()  # what is forked must not share them
    fork = get_context("fork")
    over, (receiver, sender) = fork.Event(), fork.Pipe(duplex=False)
    client = fork.Process(target=_client, args=(name, loan_ids, over, sender))
    client.start()
    sender.close()  # so that a client that dies is noticed
    receiver.recv()
    meanwhile()
    over.set()
    seconds: list[float] = receiver.recv()
    client.join()
    return seconds


def _client(name: str, loan_ids: Sequence[int], over: Any, sender: Any) -> None:
    from puhui.loans.actions import repay
    from puhui.loans.models import Loan

    seconds: list[float] = []
    for number, loan_id in enumerate(loan_ids):
        began = time.perf_counter()
        loan = Loan.objects.select_related("institution").get(pk=loan_id)
        if loan.next_action_date != loan.institution.business_date:
            repay(loan, 100_00, f"{name} {number}", "client")
            if number:
                seconds.append(time.perf_counter() - began)
        if not number:
            sender.send("begun")
        if over.is_set():
            break
        time.sleep(PAUSE_SECONDS)
    sender.send(seconds)


if __name__ == "__main__":
    raise SystemExit(start(measured, 1_000_000, 2_000, "how many loans"))
