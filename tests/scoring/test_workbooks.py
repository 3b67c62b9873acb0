"""Tables of cases in XLSX: types of cells, codes as text, dates, and what cannot be read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from puhui.calculations.faults import FaultsError
from puhui.scoring.tables import read_table


def written(path: Path, rows: list[list[Any]], before: list[list[Any]] | None = None) -> Path:
    """A workbook of one sheet, or of one before it."""
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    for sheet, content in ((book.add_worksheet(), before), (book.add_worksheet(), rows)):
        for place, row in enumerate(content or []):
            sheet.write_row(place, 0, row)
    book.close()
    return path


ROWS = [
    ["代码", "sales", "staff", "opened", "insured", "mixed", "defaulted"],
    ["02108", 1200.5, 12, dt.date(2020, 5, 1), True, "a", 0],
    ["30100", None, 7, dt.date(2021, 1, 31), False, 5, 1],
]


def test_cells_keep_their_types(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path / "cases.xlsx", ROWS))
    assert frame.to_dict(as_series=False) == {
        "代码": ["02108", "30100"],
        "sales": [1200.5, None],
        "staff": [12, 7],
        "opened": [dt.date(2020, 5, 1), dt.date(2021, 1, 31)],
        "insured": [True, False],
        "mixed": ["a", "5"],
        "defaulted": [0, 1],
    }
    assert frame.schema["staff"] == pl.Int64 and frame.schema["opened"] == pl.Date


def test_the_same_table_as_csv_says_the_same(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path / "cases.xlsx", ROWS)).drop("代码", "mixed", "insured")
    frame.write_csv(tmp_path / "cases.csv")
    assert read_table(tmp_path / "cases.csv").equals(frame)


def test_all_as_text(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path / "cases.xlsx", ROWS), as_text=True)
    assert set(frame.dtypes) == {pl.String}
    assert frame.row(0) == ("02108", "1200.5", "12", "2020-05-01", "true", "a", "0")


def test_the_first_sheet_with_rows_is_read(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path / "cases.xlsx", ROWS, before=[["说明"]]))
    assert frame.height == 2 and frame.columns[0] == "代码"


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    twice = written(tmp_path / "twice.xlsx", [["a", "a", None], [1, 2, 3]])
    with pytest.raises(FaultsError) as refused:
        read_table(twice)
    assert [(fault.where, fault.found) for fault in refused.value.faults] == [
        ("twice.xlsx, sheet Sheet2, column 3", "no heading"),
        ("twice.xlsx, sheet Sheet2, column a", "a heading that stands twice"),
    ]
    (tmp_path / "cut.xlsx").write_bytes(twice.read_bytes()[:200])
    with pytest.raises(FaultsError, match="a readable Parquet, CSV, XLSX or ARFF file"):
        read_table(tmp_path / "cut.xlsx")
    with pytest.raises(FaultsError, match="one row per case"):
        read_table(written(tmp_path / "empty.xlsx", [["a"]]))
