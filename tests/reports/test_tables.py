"""A report in its forms: the same figures in each, and nothing in it that a spreadsheet or a browser would carry out."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import date
from html.parser import HTMLParser

import pytest
from python_calamine import CalamineWorkbook

from puhui.reports.tables import FORMATS, Column, Report, Table, render, shown, text

NASTY = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "{=1}", "<script>alert(1)</script>", '"quoted", with comma', "云溪县")
COLUMNS = (
    Column("name", "Name"),
    Column("balance_fen", "Balance", "fen"),
    Column("loans", "Loans", "count"),
    Column("rate", "Rate", "ppm"),
    Column("share", "Share", "share"),
    Column("hours", "Hours", "hours"),
)
FIGURES = (
    (0, 0, 0, 0.0, 0.25),
    (123_456, 7, 43_500, 0.125, 1.5),
    (-5, 1_234_567, None, None, None),
    (9_007_199_254_740_993, 1, 1, 1.0, 0.0),
)


@pytest.fixture
def report() -> Report:
    rows = tuple((name, *FIGURES[index % len(FIGURES)]) for index, name in enumerate(NASTY))
    return Report("nasty", "Nasty <names>", "=Bank & <Co>", date(2026, 3, 31), (Table("all", "All", COLUMNS, rows),), ("a note <b>",))


def as_numbers(row: tuple) -> list[float | None]:
    """A row's figures as people reckon with them: yuan, and rates and shares of one."""
    balance, loans, rate, share, hours = row[1:]
    return [balance / 100, loans, None if rate is None else rate / 1_000_000, share, hours]


def test_csv(report: Report) -> None:
    content = render(report, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    title, head, *rows, end = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert (title, head, end) == (["All"], [column.title for column in COLUMNS], [])
    for given, row in zip(report.tables[0].rows, rows, strict=True):
        assert row[0] == (f"'{given[0]}" if given[0][0] in "=+-@\t\r" else given[0])
        assert [float(cell) if cell else None for cell in row[1:]] == as_numbers(given)
    assert rows[3][1] == "90071992547409.93"  # to the fen where a float no longer holds it
    assert rows[1][1] == "1234.56" and rows[2][1] == "-0.05"


def test_xlsx(report: Report) -> None:
    content = render(report, "xlsx")
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("All").to_python()
    assert head == [column.title for column in COLUMNS]
    for given, row in zip(report.tables[0].rows, rows, strict=True):
        assert row[0].replace("_x000D_", "\r") == given[0]
        assert [None if cell == "" else cell for cell in row[1:]] == pytest.approx(as_numbers(given), nan_ok=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
    assert sheets and not any(re.search(r"<f[ >]|<hyperlink", sheet) for sheet in sheets)


def test_json(report: Report) -> None:
    found = json.loads(render(report, "json"))
    assert (found["report"], found["as_of"], found["notes"]) == ("nasty", "2026-03-31", ["a note <b>"])
    assert [tuple(row.values()) for row in found["tables"]["all"]] == list(report.tables[0].rows)


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.add(tag)
        self.inside = tag == "td"
        if self.inside:
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.cells[-1] += data


def test_html(report: Report) -> None:
    page = render(report, "html").decode()
    found = Cells()
    found.feed(page)
    assert not found.tags & {"script", "b", "co", "names"}
    expected = [shown(value, column.kind) for row in report.tables[0].rows for value, column in zip(row, COLUMNS, strict=True)]
    assert found.cells == expected


def test_as_people_read_it(report: Report) -> None:
    assert [shown(value, kind) for value, kind in ((123_456, "fen"), (-5, "fen"), (43_500, "ppm"), (0.125, "share"), (None, "fen"))] == [
        "1,234.56", "−0.05", "4.35%", "12.5%", "–",
    ]  # fmt: skip
    assert shown(9_007_199_254_740_993, "fen") == "90,071,992,547,409.93"
    assert (shown(3.0, "count"), shown(12_345, "count")) == ("3", "12,345")  # outcomes are added up as floats
    lines = text(report).splitlines()
    assert lines[0] == "Nasty <names> · =Bank & <Co> · 2026-03-31" and "1,234.56" in lines[5]


def test_no_other_form(report: Report) -> None:
    assert set(FORMATS) == {"json", "csv", "xlsx", "html"}
    with pytest.raises(KeyError):
        render(report, "pdf")
