"""The books: posting a day's entries, sealing the day, and proving it, against one flat digest of the same rows.

A day gets `size` entries of three transfers each, as the settlements of loans of several branches and products. The yardstick reads the
same rows once and makes one digest of their text, which is the least that a digest of them can cost; for posting it is a COPY of the
same transfers. Run:

    python -m benchmarks.digests [--size 200000]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta

from benchmarks.measure import Measure, start

DAY = date(2026, 3, 30)
PRODUCTS = ("spring", "autumn")
BRANCHES = 10
FLAT = """
    SELECT sha256(convert_to(string_agg(entry::text, E'\\n' ORDER BY id), 'UTF8')) FROM books_entry AS entry;
    SELECT sha256(convert_to(string_agg(transfer::text, E'\\n' ORDER BY id), 'UTF8')) FROM books_transfer AS transfer;
"""


def measured(size: int) -> list[Measure]:
    """Posts a day of `size` entries, closes and proves it."""
    from django.db import connection

    from puhui.books.actions import EntryDraft, close_day, open_books, post_many, verify
    from puhui.parties.actions import create_branch, create_institution
    from puhui.parties.models import Institution

    bank = create_institution("DEMO", "示范农商行", "bank", DAY)
    open_books(bank, "benchmark")
    branches = [create_branch(bank, f"{number:02}", f"支行{number}", actor="benchmark").pk for number in range(BRANCHES)]
    moved = [
        ("settlement", "interest_receivable", 10_00),
        ("settlement", "principal", 90_00),
        ("interest_receivable", "accrued_interest", 1),
    ]
    drafts = [
        EntryDraft("repayment", DAY, moved, number, number, f"note {number}", branches[number % BRANCHES], PRODUCTS[number % 2])
        for number in range(1, size + 1)
    ]
    posting = timed(lambda: post_many(bank, drafts, "benchmark"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("CREATE TEMPORARY TABLE copied (LIKE books_transfer INCLUDING INDEXES)")
        copied = timed(lambda: cursor.execute("INSERT INTO copied SELECT * FROM books_transfer"))
        flat = min(timed(lambda: cursor.execute(FLAT)) for _ in range(3))
    closing = timed(lambda: close_day(bank, DAY, "benchmark"))
    Institution.objects.update(business_date=DAY + timedelta(days=1))
    found: list[object] = []
    proof = min(timed(lambda: found.extend(verify(bank))) for _ in range(2))
    assert not found, found
    return [
        Measure("posting entries of three transfers", size / posting, size / copied, "entries/s", "INSERT … SELECT of the transfers"),
        Measure("digest chain of a day: closing it", closing, flat, "s", "one flat sha256(string_agg)", at_most=3),
        Measure("its proof", proof, flat, "s", "one flat sha256(string_agg)", at_most=3),
    ]


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(start(measured, 200_000, 2_000, "how many entries"))
