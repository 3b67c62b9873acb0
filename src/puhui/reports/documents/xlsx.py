"""A document as a workbook: a first sheet with its heading, facts and sentences, and a sheet for each table.

Amounts are numbers and days are days, so that a reader can go on reckoning. Printed, each page bears institution, day, moment and number.
"""

from __future__ import annotations

import io
from datetime import UTC
from typing import Any

import xlsxwriter

from puhui.reports.documents.document import Document, Fact, Facts, Rows, Signatures, Text
from puhui.reports.documents.words import word
from puhui.reports.tables import LEFT, NUMBER_FORMATS, Column, Kind, reckoned, shown

__all__ = ["render"]

_SHEET_NAME = 31
_FORBIDDEN = str.maketrans("[]:*?/\\'", "        ")


def render(document: Document) -> bytes:
    """The document as XLSX."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    created = document.made_at.astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"title": document.title, "author": document.institution, "created": created})
    formats = _Formats(book)
    _first_sheet(document, _sheet(book, document, document.title), formats)
    for section in document.sections:
        if isinstance(section, Rows):
            _table_sheet(section, _sheet(book, document, section.table.title), formats)
    book.close()
    return target.getvalue()


class _Formats:
    """Cell formats by kind, plain and strong, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[Kind, bool], Any] = {}
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.head_number = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "align": "right"})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.label = book.add_format({"bold": True, "valign": "top"})
        self.sentence = book.add_format({"text_wrap": True, "valign": "top"})

    def of(self, kind: Kind, strong: bool = False, left: bool = False) -> Any:
        if (kind, strong) not in self._made:
            settings: dict[str, Any] = (
                {"num_format": NUMBER_FORMATS[kind]} if NUMBER_FORMATS[kind] else {"text_wrap": True, "valign": "top"}
            )
            self._made[kind, strong] = self._book.add_format(settings | ({"bold": True, "top": 1} if strong else {}))
        return self._made[kind, strong]


def _sheet(book: Any, document: Document, title: str) -> Any:
    """A sheet that prints on A4 with the heading on each page."""
    name = title.translate(_FORBIDDEN)[:_SHEET_NAME].strip()
    taken = {sheet.get_name() for sheet in book.worksheets()}
    sheet = book.add_worksheet(name if name not in taken else f"{name[: _SHEET_NAME - 4]} ({len(taken) + 1})")
    sheet.set_paper(9)
    if document.landscape:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    _, as_of, made_at, digest = document.heading
    made = " · ".join(f"{fact.label} {shown(fact.value, fact.kind)}" for fact in (as_of, made_at, digest))
    page = word("page_of", document.language).format(page="&P", pages="&N")
    sheet.set_header(f"&L{_plain(document.institution)}&R{_plain(f'{document.title} {document.number}')}")
    sheet.set_footer(f"&L&8{_plain(made)}&R{page}")
    return sheet


def _plain(text: str) -> str:
    """Text in a header: an ampersand begins a code there, and 255 characters is all that fits."""
    return text.replace("&", "&&")[:110]


def _first_sheet(document: Document, sheet: Any, formats: _Formats) -> None:
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 60)
    sheet.write(0, 0, f"{document.title} {document.number}", formats.title)
    line = _facts(sheet, 2, document.heading, formats)
    for section in document.sections:
        line += 1
        if isinstance(section, Facts):
            sheet.write(line, 0, section.title, formats.head)
            line = _facts(sheet, line + 1, section.facts, formats)
        elif isinstance(section, Text):
            for paragraph in section.paragraphs:
                sheet.merge_range(line, 0, line, 1, paragraph, formats.sentence)
                sheet.set_row(line, 15 * (1 + len(paragraph.encode("gb18030", "replace")) // 95))
                line += 1
        elif isinstance(section, Signatures):
            for place in section.places:
                sheet.write(line, 0, place, formats.label)
                line += 3


def _facts(sheet: Any, line: int, facts: tuple[Fact, ...], formats: _Formats) -> int:
    """Writes facts one under the other; the next free line."""
    for fact in facts:
        sheet.write(line, 0, fact.label, formats.label)
        sheet.write(line, 1, reckoned(fact.value, fact.kind), formats.of(fact.kind))
        line += 1
    return line


def _table_sheet(section: Rows, sheet: Any, formats: _Formats) -> None:
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    for index, column in enumerate(section.table.columns):
        sheet.set_column(index, index, _column_width(column, section, index))
        sheet.write(0, index, column.title, formats.head if column.kind in LEFT else formats.head_number)
        for line, row in enumerate(section.table.rows):
            sheet.write(line + 1, index, reckoned(row[index], column.kind), formats.of(column.kind, line in section.strong))
    if not section.table.rows and section.empty:
        sheet.write(1, 0, section.empty)


def _column_width(column: Column, section: Rows, index: int) -> float:
    """Wide enough for the widest value, within bounds; Chinese characters take two places."""
    values = [column.title, *("" if row[index] is None else shown(row[index], column.kind) for row in section.table.rows)]
    return min(max(10, max(len(value.encode("gb18030", "replace")) for value in values) + 2), 48)
