"""Notices of a night: what borrowers are to be told of instalments that fall due and of arrears, as rows of the outbox.

Finding them is most of the work (an instalment read for each loan that falls due in some days) and is shared by the workers, a partition
of loans at a time. They only read; the rows are written by whoever asked, in one transaction with the record of the step, so that nobody
is told twice or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, partial
from importlib.resources import files
from typing import Any

from django.db import connection, transaction
from psycopg import Cursor

from puhui.loans.outlook import notice_days
from puhui.loans.settling import PARTITIONS
from puhui.loans.workers import spread
from puhui.parties.models import Institution

__all__ = ["tell"]

LOT = 1_000  # notices in a row of the outbox, at most
TOPICS = {"fall_due": "loans.fall_due", "overdue": "loans.overdue"}

_INSERT = """
    INSERT INTO loans_outbox (institution_id, transaction_number, topic, payload, recorded_at)
    VALUES (%s, pg_current_xact_id()::text::bigint, %s, %s::jsonb, now())
"""

Lot = tuple[str, int, str]
"""Topic, how many notices, and their text: JSON objects with commas between them."""


def tell(institution: Institution, day: date, workers: int) -> dict[str, int]:
    """Put the notices of the end of `day` into the outbox, inside the caller's transaction; how many of each kind."""
    parts = spread(partial(_found, institution.pk, day), range(PARTITIONS), workers)
    rows = list(_filled([lot for lots in parts for lot in lots]))
    payloads = [(institution.pk, topic, f'{{"day": "{day}", "notices": [{text}]}}') for topic, _, text in rows]
    if payloads:
        # A cursor of the driver's own sends the texts as they are: a hundred thousand bytes each, full of quotes to be doubled otherwise.
        with Cursor(connection.connection) as cursor:
            cursor.executemany(_INSERT, payloads)
    return {kind: sum(count for told, count, _ in rows if told == topic) for kind, topic in TOPICS.items()}


def _found(institution_id: int, day: date, part: int) -> list[Lot]:
    values: dict[str, Any] = {"institution": institution_id, "day": day, "lot": LOT, **notice_days(day)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")  # to begin them takes longer than their work
        cursor.execute(_text().replace("{part}", str(part)), values)
        return [(topic, count, text) for topic, count, text in cursor.fetchall()]


@cache
def _text() -> str:
    return files("puhui.loans").joinpath("sql/notices.sql").read_text(encoding="utf-8")


def _filled(lots: Iterable[Lot]) -> Iterator[Lot]:
    """Lots of a topic together, as long as they are no more than LOT: the few of a small book go into one row."""
    for topic in TOPICS.values():
        count, texts = 0, list[str]()
        for told, more, text in lots:
            if told != topic:
                continue
            if count + more > LOT:
                yield topic, count, ",".join(texts)
                count, texts = 0, []
            count, texts = count + more, [*texts, text]
        if count:
            yield topic, count, ",".join(texts)
