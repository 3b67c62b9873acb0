"""A report as data: titled tables of typed columns, and their forms as CSV, XLSX, HTML and JSON.

A report is computed once and written in whatever form is asked for, so that the figures are the same everywhere. Amounts are fen in
the data and in JSON, yuan with two decimals in what people read.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import xlsxwriter

Kind = Literal["text", "fen", "count", "ppm", "share", "hours", "index", "date"]
LEFT = ("text", "date")  # kinds that stand at the left of their column
FORMATS = ("json", "csv", "xlsx", "html")
# How a spreadsheet shows each kind.
NUMBER_FORMATS: dict[Kind, str] = {
    "fen": "#,##0.00", "ppm": "0.00%", "share": "0.0%", "count": "#,##0", "hours": "0.00", "index": "0.000",
    "date": "yyyy-mm-dd", "text": "",
}  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Column:
    """`kind` says what the values are: fen, a count, a rate or probability in ppm, a share of 1, hours, an index, a date, or text."""

    name: str
    title: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip((column.name for column in self.columns), row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Report:
    name: str
    title: str
    institution: str
    as_of: date
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()  # drawings as SVG, for the form that can show them

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)

    def as_dict(self) -> dict[str, Any]:
        """The report with its values as computed; amounts in fen."""
        return {
            "report": self.name,
            "institution": self.institution,
            "as_of": self.as_of.isoformat(),
            "tables": {table.name: table.records() for table in self.tables},
            "notes": list(self.notes),
        }


def render(report: Report, form: str) -> bytes:
    """The report in one of FORMATS. Raises KeyError for another."""
    return {"json": _json, "csv": _csv, "xlsx": _xlsx, "html": _html}[form](report)


def _json(report: Report) -> bytes:
    return json.dumps(report.as_dict(), ensure_ascii=False, indent=2, default=str).encode()


def reckoned(value: Any, kind: Kind) -> Any:
    """A value as people reckon with it: yuan, percent, numbers, days."""
    if value is None or kind in LEFT:
        return value
    if kind == "fen":
        return Decimal(value).scaleb(-2)  # exact, whatever the amount
    if kind == "ppm":
        return round(value / 1_000_000, 6)
    return round(value, 6) if isinstance(value, float) else value


def shown(value: Any, kind: Kind) -> str:
    """A value as people read it."""
    if value is None:
        return "–"
    if kind == "fen":
        text = f"{reckoned(value, kind):,.2f}"
    elif kind == "ppm":
        text = f"{value / 10_000:.2f}%"
    elif kind == "share":
        text = f"{value * 100:.1f}%"
    elif kind in ("hours", "index"):
        text = f"{value:.{2 if kind == 'hours' else 3}f}"
    elif kind == "count":
        text = f"{int(value) if value == int(value) else value:,}"  # a sum of outcomes comes as 3.0
    else:
        return str(value)
    return text.replace("-", "−")


def _csv(report: Report) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    for table in report.tables:
        writer.writerow([table.title])
        writer.writerow([column.title for column in table.columns])
        for row in table.rows:
            writer.writerow(_safe(reckoned(value, column.kind)) for value, column in zip(row, table.columns, strict=True))
        writer.writerow([])
    # The mark lets spreadsheet programs see that the file is UTF-8.
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _safe(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula is kept as text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in FORMULA_STARTS else value


def _xlsx(report: Report) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    head = book.add_format({"bold": True, "bottom": 1, "align": "right"})
    formats = {kind: book.add_format({"num_format": form}) if form else None for kind, form in NUMBER_FORMATS.items()}
    for table in report.tables:
        sheet = book.add_worksheet(_sheet_name(table.title))
        sheet.freeze_panes(1, 0)
        for index, column in enumerate(table.columns):
            sheet.set_column(index, index, 24 if column.kind == "text" else 18)
            sheet.write(0, index, column.title, head)
            for line, row in enumerate(table.rows, 1):
                sheet.write(line, index, reckoned(row[index], column.kind), formats[column.kind])
    book.close()
    return target.getvalue()


def _sheet_name(title: str) -> str:
    """A title as a spreadsheet takes it for a sheet: 31 characters, none of those that it keeps for itself."""
    return re.sub(r"[\[\]:*?/\\]", " ", title)[:31]


_STYLE = """
body { font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 0 0 2rem; width: 100% }
th, td { padding: .3rem .6rem; border-bottom: 1px solid #ddd; text-align: right; font-variant-numeric: tabular-nums }
th.text, td.text { text-align: left }
caption { text-align: left; font-weight: 600; padding: .3rem 0 }
"""


def _html(report: Report) -> bytes:
    body = [f"<h1>{html.escape(report.title)}</h1><p>{html.escape(report.institution)} · {report.as_of}</p>"]
    body += [f"<figure>{figure}</figure>" for figure in report.figures]
    body += [_html_table(table) for table in report.tables]
    body += [f"<p>{html.escape(note)}</p>" for note in report.notes]
    page = (
        f'<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(report.title)}</title><style>{_STYLE}</style></head><body>{''.join(body)}</body></html>"
    )
    return page.encode()


def _html_table(table: Table) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        kinds = ["text" if column.kind in LEFT else "number" for column in table.columns]
        return "<tr>" + "".join(f'<{tag} class="{kind}">{cell}</{tag}>' for cell, kind in zip(cells, kinds, strict=True)) + "</tr>"

    head = line([html.escape(column.title) for column in table.columns], "th")
    rows = [
        line([html.escape(shown(value, column.kind)) for value, column in zip(row, table.columns, strict=True)], "td") for row in table.rows
    ]
    return f"<table><caption>{html.escape(table.title)}</caption><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def text(report: Report) -> str:
    """The report for a terminal, numbers right-aligned; a table of one row is told line by line."""
    parts = [f"{report.title} · {report.institution} · {report.as_of}"]
    for table in report.tables:
        parts += ["\n" + table.title, *_lines(table)]
    return "\n".join([*parts, *report.notes])


def _lines(table: Table) -> list[str]:
    titles = [column.title for column in table.columns]
    rows = [[shown(value, column.kind) for value, column in zip(row, table.columns, strict=True)] for row in table.rows]
    if len(rows) == 1:
        widths = [max(map(_width, titles)), max(map(_width, rows[0]))]
        return [
            f"{_padded(title, widths[0], 'text')}  {_padded(cell, widths[1], 'count')}" for title, cell in zip(titles, rows[0], strict=True)
        ]
    cells = [titles, *rows]
    columns = [max(_width(row[index]) for row in cells) for index in range(len(titles))]
    kinds = [column.kind for column in table.columns]
    return ["  ".join(_padded(cell, width, kind) for cell, width, kind in zip(row, columns, kinds, strict=True)).rstrip() for row in cells]


def _width(cell: str) -> int:
    """Places on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in cell)


def _padded(cell: str, width: int, kind: Kind) -> str:
    blank = " " * (width - _width(cell))
    return cell + blank if kind in LEFT else blank + cell
