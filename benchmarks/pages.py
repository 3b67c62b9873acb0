"""Pages of the console with a large book behind them, against the same pages with a small one.

What a page shows is a screenful, so it may not cost more because more loans stand behind it. The pages are asked for through Django as a
signed-in person would, one after another in rounds, first with a small book; then every firm of it is copied until the book is large, a
day is ended, and the same addresses are asked again. The yardstick of each page is that page with the small book. Run:

    python -m benchmarks.pages [--size 1000000]
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from statistics import median
from typing import Any

from benchmarks.book import book, enlarge
from benchmarks.measure import Measure, start

SMALL = 600  # as many as `book` makes without copying
ROUNDS = 7
MOST_QUERIES = 12
ROLES = ("officer", "accountant", "risk_manager", "auditor")
PAGES = {
    "/queue/?status=all": "officer", "/firms/": "officer", "/firms/?text=Firm+7": "officer", "/firms/{firm}/": "officer",
    "/loans/": "officer", "/loans/?text=Firm+7": "officer", "/loans/{loan}/": "accountant", "/loans/{loan}/class/": "risk_manager",
    "/renewals/": "officer", "/watch/": "officer", "/payouts/": "accountant", "/acts/": "officer",
    "/portfolio/": "risk_manager", "/factory/": "risk_manager",
    "/books/": "accountant", "/books/accounts/130301/": "accountant", "/books/days/": "accountant", "/books/days/{day}/": "accountant",
    "/books/vouchers/": "accountant", "/books/losses/": "risk_manager", "/books/taxes/": "accountant",
    "/books/reconciliation/": "accountant", "/books/suspense/": "accountant", "/trail/": "auditor",
}  # fmt: skip


def measured(size: int) -> list[Measure]:
    """Asks for every page with a small book and with one of `size` loans."""
    from puhui.loans.day_end import run_day
    from puhui.site.commands.support import settle_in

    bank = book(SMALL)
    clients = signed_in(bank)
    run_day(bank, "benchmark")
    settle_in()
    few = asked(bank, clients)
    enlarge(bank, size)
    run_day(bank, "benchmark")
    many = asked(bank, clients)
    measures = []
    for address, (seconds, queries) in many.items():
        if queries > MOST_QUERIES:
            raise AssertionError(f"{address}: {queries} queries, expected at most {MOST_QUERIES}")
        measures.append(Measure(address, seconds * 1000, few[address][0] * 1000, "ms", "with a small book", at_most=2))
    return measures


def signed_in(bank: Any) -> dict[str, Any]:
    """Role → a browser of somebody who has it."""
    from django.conf import settings
    from django.test import Client

    from puhui.parties.actions import create_user

    settings.ALLOWED_HOSTS = ["localhost"]
    clients = {}
    for role in ROLES:
        user = create_user(bank, role, "benchmark-of-pages", role)
        clients[role] = Client(SERVER_NAME="localhost")
        clients[role].force_login(user)
    return clients


def asked(bank: Any, clients: Mapping[str, Any]) -> dict[str, tuple[float, int]]:
    """Address → seconds that the page takes, the middle of some rounds after one that counts the queries, and how many those are."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from puhui.loans.models import Loan

    loan = Loan.objects.order_by("pk").first()
    names = {"loan": loan.pk, "firm": loan.firm_id, "day": _closed_day(bank)}
    found = {}
    for address, role in PAGES.items():
        target = address.format(**names)
        with CaptureQueriesContext(connection) as queries:
            _get(clients[role], target)
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            _get(clients[role], target)
            times.append(time.perf_counter() - began)
        found[address] = median(times), len(queries)
    return found


def _get(client: Any, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise AssertionError(f"{address}: status {answer.status_code}, expected 200")


def _closed_day(bank: Any) -> Any:
    from puhui.books.models import ClosedDay

    return ClosedDay.objects.filter(institution=bank).latest("date").date


if __name__ == "__main__":
    raise SystemExit(start(measured, 1_000_000, 6_000, "how many loans the large book has"))
