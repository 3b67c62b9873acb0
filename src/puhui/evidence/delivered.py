"""All reads of deliveries: what came from each source, a sample of its rows, and how the pulls went."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from puhui.evidence.pulling.trail import ACT, SUBJECT
from puhui.evidence.storing import statement
from puhui.parties.models import AuditRecord, Institution

__all__ = ["deliveries", "newest_pulls", "sampled_rows"]

SAMPLE_ROWS = 400


def deliveries(institution: Institution) -> list[dict[str, Any]]:
    """One row per batch and kind of record, by class, record and source, the newest first in each: id, evidence_class, record, source,
    rows, firms, last_observed_on, received_at, counts."""
    with connection.cursor() as cursor:
        cursor.execute(statement("deliveries"), {"institution": institution.pk})
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{**row, "counts": _document(row["counts"])} for row in rows]


def sampled_rows(parts: Sequence[tuple[int, str, str]], day: dt.date) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """(batch, record) → rows as field → value, at most `SAMPLE_ROWS`, of firms with a live consent on the day.

    parts  batch, record, class
    """
    batches, records, classes = (list(column) for column in zip(*parts, strict=True)) if parts else ([], [], [])
    found: dict[tuple[int, str], list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        arguments: dict[str, Any] = {"batches": batches, "records": records, "classes": classes, "day": day, "most": SAMPLE_ROWS}
        cursor.execute(statement("delivered_rows"), arguments)
        for batch, record, content in cursor.fetchall():
            found.setdefault((batch, record), []).append(_document(content))
    return found


def _document(value: Any) -> dict[str, Any]:
    """A document as a cursor of the driver gives it: text, or read already."""
    document: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return document


def newest_pulls(institution: Institution) -> list[dict[str, Any]]:
    """The last pull of each source: source, asked_at, outcome, failures, open_until, detail."""
    rows = AuditRecord.objects.filter(institution=institution, subject_kind=SUBJECT, act=ACT)
    newest = rows.order_by("subject_id", "-id").distinct("subject_id").values_list("subject_id", "recorded_at", "detail")
    return [
        {
            "source": source,
            "asked_at": asked_at,
            "outcome": detail.get("outcome", ""),
            "failures": detail.get("failures", 0),
            "open_until": dt.datetime.fromisoformat(detail["open_until"]) if detail.get("open_until") else None,
            "detail": detail,
        }
        for source, asked_at, detail in newest
    ]
