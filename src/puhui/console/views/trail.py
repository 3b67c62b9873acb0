"""The audit trail: who did what, when."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse

from puhui.console.access import Request, page
from puhui.console.paging import filters_of, paged
from puhui.console.templatetags.figures import moment, money
from puhui.console.words import ACTS, DETAILS, SUBJECTS, word
from puhui.parties import queries as parties
from puhui.parties.models import AuditRecord

FILTERS = ("actor", "act", "subject_kind", "subject_id", "since", "until")
#: kind of subject → name of the address of its page
PAGES = {
    "firm": "console:firm", "application": "console:case", "decision": "console:decision",
    "contract": "console:payout", "loan": "console:loan", "registeredmodel": "console:model", "model": "console:model",
}  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def act_word(act: str) -> str:
    """An act in the reader's language."""
    return word(ACTS, act)


def _url(record: AuditRecord) -> str:
    address = PAGES.get(record.subject_kind)
    return reverse(address, args=[record.subject_id]) if address and record.subject_id.isdigit() else ""


def _row(record: AuditRecord) -> dict[str, Any]:
    particulars = record.detail.items() if isinstance(record.detail, dict) else []
    return {
        "record": record,
        "act": act_word(record.act),
        "subject": f"{word(SUBJECTS, record.subject_kind)} {record.subject_id}",
        "url": _url(record),
        "detail": [{"label": word(DETAILS, key), "value": _short(key, value)} for key, value in particulars],
    }


def _short(key: str, value: Any) -> str:
    if key.endswith("_fen") and isinstance(value, int):
        return money(value)
    text = str(value)
    if key in ("digest", "text"):
        return text[:12]
    return text if len(text) <= 60 else text[:57] + "…"


@page("trail")
def trail(request: Request) -> HttpResponse:
    """The trail, newest first, filtered."""
    filters = filters_of(request, *FILTERS)
    context = paged(request, parties.audit_trail(request.user, filters), filters)
    context["rows"] = [_row(record) for record in context["page"].object_list]
    return render(request, "console/trail.html", context)


class _Line:
    """What a csv writer needs of a file: hands each line on instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _harmless(cell: object) -> str:
    """A cell that a spreadsheet will not take for a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


@page("trail")
def trail_file(request: Request) -> StreamingHttpResponse:
    """The filtered trail as CSV, streamed."""
    records = parties.audit_trail(request.user, filters_of(request, *FILTERS))
    writer = csv.writer(_Line())

    def lines() -> Iterator[str]:
        yield "\ufeff" + writer.writerow(["id", "recorded_at", "business_date", "actor", "act", "subject_kind", "subject_id", "detail"])
        for record in records.iterator(chunk_size=2000):
            cells = (
                record.pk,
                moment(record.recorded_at),
                record.business_date,
                record.actor,
                record.act,
                record.subject_kind,
                record.subject_id,
                record.detail,
            )
            yield writer.writerow([_harmless(cell) for cell in cells])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="trail.csv"'
    return response
