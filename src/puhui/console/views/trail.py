"""The audit trail: who did what, when."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from puhui.console.access import Request, may_read, page
from puhui.console.decision_figures import language
from puhui.console.evidence_figures import record_title
from puhui.console.paging import filters_of, paged
from puhui.console.templatetags.figures import EMPTY, enumerated, moment, money, rate
from puhui.console.trail_words import ACTS, DETAILS, SUBJECTS, detail_word
from puhui.console.words import in_language, product_name, word
from puhui.evidence.layouts import layouts
from puhui.parties import queries as parties
from puhui.parties.models import AuditRecord, User
from puhui.products.queries import condition_texts

FILTERS = ("actor", "act", "subject_kind", "subject_id", "since", "until")
#: kind of subject → the page that tells who may read, and the name of its address
PAGES = {
    "firm": ("firm", "console:firm"), "application": ("case", "console:case"), "decision": ("decision", "console:decision"),
    "contract": ("payouts", "console:payout"), "loan": ("loans", "console:loan"), "registeredmodel": ("model", "console:model"),
    "model": ("model", "console:model"), "training": ("training", "console:training"),
}  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def act_word(act: str) -> str:
    """An act in the reader's language."""
    return word(ACTS, act)


def _url(record: AuditRecord, reader: User) -> str:
    name, address = PAGES.get(record.subject_kind, ("", ""))
    return reverse(address, args=[record.subject_id]) if address and record.subject_id.isdigit() and may_read(reader, name) else ""


def _row(record: AuditRecord, reader: User) -> dict[str, Any]:
    particulars = record.detail.items() if isinstance(record.detail, dict) else []
    return {
        "record": record,
        "act": act_word(record.act),
        "subject": f"{word(SUBJECTS, record.subject_kind)} {record.subject_id}",
        "url": _url(record, reader),
        "detail": [{"label": word(DETAILS, key), "value": _short(key, value)} for key, value in particulars],
    }


def _short(key: str, value: Any) -> str:
    if key.endswith("_fen") and isinstance(value, int):
        return money(value)
    if key in ("rate_e8", "rate_ppm", "change_ppm") and isinstance(value, int):
        return rate(value // 100 if key == "rate_e8" else value)
    text = _told(key, value)
    if key in ("digest", "text"):
        return text[:12]
    return text if len(text) <= 60 else text[:57] + "…"


def _told(key: str, value: Any) -> str:
    """A value in words, a list and a table one part after the other."""
    if value is None or value in ("", [], {}):
        return EMPTY
    if isinstance(value, dict):
        return enumerated(_worded("code", str(part)) + _(": ") + _told(key, each) for part, each in value.items())
    return enumerated(_told(key, each) for each in value) if isinstance(value, list) else _worded(key, str(value))


def _conditions() -> dict[str, str]:
    """What each condition of the products in force asks for, by its code."""
    return {code: in_language(dict(each), language()) for code, each in condition_texts().items()}


def _worded(key: str, text: str) -> str:
    """A value by its word, where it is a code: a product, a kind of record, or a code of `trail_words`."""
    if key == "product":
        return product_name(text)
    if key == "record" and text in {each.record for each in layouts()}:
        return record_title(text)
    return _conditions().get(text, text) if key == "code" else detail_word(key, text)


@page("trail")
def trail(request: Request) -> HttpResponse:
    """The trail, newest first, filtered."""
    filters = filters_of(request, *FILTERS)
    context = paged(request, parties.audit_trail(request.user, filters), filters)
    context["rows"] = [_row(record, request.user) for record in context["page"].object_list]
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
