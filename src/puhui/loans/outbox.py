"""The outbox: what happened, told to others once it is certain, in an order that never changes.

A row is written in the transaction of the act it tells of. Rows get their numbers before their transactions end, so a row with a
lower number may appear after one with a higher one; a reader that remembers only the highest number would miss it. So each row
carries the number of its transaction, readers see only rows of transactions older than every transaction still under way, and go on
from the pair (transaction number, row). After a restore into another server readers begin anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from puhui.calculations.faults import Fault, FaultsError
from puhui.loans.command_models import OutboxReader
from puhui.parties.models import Institution

# One statement, as a part of a larger one too: topics and payloads as two arrays.
INSERT = """
    INSERT INTO loans_outbox (institution_id, transaction_number, topic, payload, recorded_at)
    SELECT %s, pg_current_xact_id()::text::bigint, topic, payload, now()
      FROM unnest(%s::text[], %s::jsonb[]) AS told(topic, payload)
"""

_READ = """
    SELECT outbox.transaction_number, outbox.id, outbox.topic, outbox.payload, outbox.recorded_at
      FROM loans_outbox AS outbox
     WHERE outbox.institution_id = %s
       AND (outbox.transaction_number, outbox.id) > (%s, %s)
       AND outbox.transaction_number < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
     ORDER BY outbox.transaction_number, outbox.id
     LIMIT %s
"""


class Told(NamedTuple):
    """One row of the outbox; `cursor` is what acknowledges it and all before it."""

    cursor: str
    topic: str
    payload: dict[str, Any]
    recorded_at: Any


def encode(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, cls=DjangoJSONEncoder, ensure_ascii=False)


def publish(institution: Institution, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Tell (topic, payload) of each row, inside the caller's transaction. One statement."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [institution.pk, [topic for topic, _ in rows], [encode(payload) for _, payload in rows]])


def read(institution: Institution, reader: str, limit: int = 100) -> list[Told]:
    """The next rows for a reader, oldest first: those after the last it acknowledged. Reading again without doing so gives the same."""
    at = OutboxReader.objects.filter(institution=institution, name=reader).first()
    position = (at.transaction_number, at.row_id) if at else (0, 0)
    with connection.cursor() as cursor:
        cursor.execute(_READ, [institution.pk, *position, limit])
        rows = cursor.fetchall()
    return [Told(f"{number}-{row_id}", topic, _decoded(payload), at) for number, row_id, topic, payload, at in rows]


def acknowledge(institution: Institution, reader: str, cursor: str) -> None:
    """Remember that a reader has taken in everything up to `cursor`; an older cursor changes nothing. Raises FaultsError for no cursor."""
    number, _, row_id = cursor.partition("-")
    if not (number.isdecimal() and row_id.isdecimal()):
        raise FaultsError([Fault("cursor", cursor, "the cursor of a row that was read")])
    with connection.cursor() as statement:
        statement.execute(
            """
            INSERT INTO loans_outboxreader AS reader (institution_id, name, transaction_number, row_id, acknowledged_at)
            VALUES (%s, %s, %s, %s, now())
                ON CONFLICT (institution_id, name) DO UPDATE
               SET transaction_number = excluded.transaction_number, row_id = excluded.row_id, acknowledged_at = now()
             WHERE (reader.transaction_number, reader.row_id) < (excluded.transaction_number, excluded.row_id)
            """,
            [institution.pk, reader, int(number), int(row_id)],
        )


def _decoded(payload: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(payload) if isinstance(payload, str) else payload
    return decoded
