"""A document as a page: its facts, rows and sentences as its PDF tells them, with every figure written in the reader's way.

On a phone a row of a wide table is a heading, an amount at the right and the rest under it, so nothing scrolls sideways.
"""

from __future__ import annotations

from typing import Any

from puhui.console.templatetags.figures import EMPTY, money
from puhui.console.templatetags.figures import date as date_text
from puhui.reports.documents.document import Document, Facts, Rows, Text
from puhui.reports.tables import Kind, shown

__all__ = ["sections"]


def sections(document: Document) -> list[dict[str, Any]]:
    """The sections of a document as a template shows them; places to sign are left out."""
    found: list[dict[str, Any]] = []
    for one in document.sections:
        if isinstance(one, Facts):
            found.append({"title": one.title, "facts": [(fact.label, _told(fact.value, fact.kind)) for fact in one.facts]})
        elif isinstance(one, Rows):
            found.append({"title": one.table.title, "rows": _rows(one)})
        elif isinstance(one, Text):
            found.append({"title": "", "sentences": one.paragraphs})
    return found


def _rows(section: Rows) -> list[dict[str, Any]]:
    """Heading of a row, its total or last amount, and the other cells with their titles; what is empty or nought is left out, and what
    is paid of a plan, for nothing of an offer is paid yet."""
    columns = section.table.columns
    amounts = [place for place, column in enumerate(columns) if column.kind == "fen"]
    amounts = [place for place in amounts if columns[place].name == "total_fen"] or amounts
    rows = []
    for number, cells in enumerate(section.table.rows):
        left_out = [*amounts[-1:], *(place for place, column in enumerate(columns) if column.name == "paid_fen")]
        nothing = [
            place for place, column in enumerate(columns) if cells[place] in (None, "") or (column.kind == "fen" and not cells[place])
        ]
        rest = [place for place in range(1, len(columns)) if place not in (*left_out, *nothing)]
        rows.append(
            {
                "heading": _told(cells[0], columns[0].kind),
                "amount": _told(cells[amounts[-1]], "fen") if amounts else "",
                "rest": [(columns[place].title, _told(cells[place], columns[place].kind)) for place in rest],
                "strong": number in section.strong,
            }
        )
    return rows


def _told(value: Any, kind: Kind) -> str:
    if value is None or value == "":
        return EMPTY
    if kind == "fen":
        return money(value)
    return date_text(value) if kind == "date" else shown(value, kind)
