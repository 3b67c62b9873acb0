"""What a proof finds, and how its checks read: all of them as of one moment, on one connection or on several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from puhui.books.statements import statement
from puhui.parties.models import Institution

__all__ = ["Check", "Finding", "at_most", "one_moment", "run_checks", "statement_rows"]

# A table that was changed as a whole is one trouble and not a million lines.
MOST_FINDINGS_OF_A_KIND = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written: where it stands, what is wrong with it, and the day that it belongs to, where it has one."""

    where: str
    what: str
    day: date | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


Check = Callable[[], Iterable[Finding]]


@contextmanager
def one_moment() -> Iterator[None]:
    """All reads see the database as of one moment, so that postings going on meanwhile are not taken for faults."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def run_checks(checks: Sequence[Check], connections: int) -> list[Finding]:
    """The findings of all checks, in the order of the checks, inside `one_moment` of the caller.

    On several connections each check reads by the caller's own snapshot, so that all see the same moment. A caller who is inside a
    larger transaction has written what no other connection sees, so `connections` must be 1 there.
    """
    if connections == 1 or len(checks) == 1:
        return [finding for check in checks for finding in at_most(check())]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()

    def on_own_connection(check: Check) -> list[Finding]:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
                return list(at_most(check()))
        finally:
            connection.close()

    with ThreadPoolExecutor(connections) as pool:
        return [finding for found in pool.map(on_own_connection, checks) for finding in found]


def at_most(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The first of many findings, and how many more there are."""
    number, day = 0, None
    for number, finding in enumerate(findings, 1):
        if number <= MOST_FINDINGS_OF_A_KIND:
            yield finding
            day = finding.day
    if number > MOST_FINDINGS_OF_A_KIND:
        yield Finding("and more", f"{number - MOST_FINDINGS_OF_A_KIND} findings of the same kind", day)


def statement_rows(name: str, institution: Institution, *, whole_spans: bool = False, **values: Any) -> list[dict[str, Any]]:
    """The rows of `books/sql/NAME.sql` for an institution, by column; inside a transaction.

    `whole_spans`: the statement joins all rows of a span with all rows of another. Rows just written have no statistics yet, and taken
    for few they would be compared each with each.
    """
    with connection.cursor() as cursor:
        if whole_spans:
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(statement(name), {"institution": institution.pk, **values})
        columns = [column.name for column in cursor.description]
        found = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        if whole_spans:
            cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
        return found
