"""A file as a source would send it, made up from a layout: for whoever sets up a feed, for trying an import, and for the tests.

Every field is there under its first heading with values of its type between its bounds. The values mean nothing beyond that.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence.codes import code_table
from puhui.evidence.layouts import KINDS, Field, Layout
from puhui.evidence.reading.words import common, plain

FIRST_DAY = dt.date(2025, 1, 1)
FORMATS = (".csv", ".xlsx", ".parquet", ".json")
FEN_PER_YUAN = 100


def firm_heading(layout: Layout) -> str:
    """A heading for the column that names the firm, which no field of the layout claims."""
    own = {plain(heading) for field in layout.fields.values() for heading in field.headings}
    headings: list[str] = common()["headings"]["firm"]
    return next(heading for heading in headings if plain(heading) not in own)


def sample_frame(layout: Layout, firm: str, rows: int = 3) -> pl.DataFrame:
    """Columns by heading, in the types that a typed file has: text, numbers (amounts in yuan), days, yes and no."""
    columns: dict[str, Any] = {firm_heading(layout): [firm] * rows}
    for field in layout.fields.values():
        kind = pl.Float64 if field.type in ("amount", "whole") else KINDS[field.type]
        columns[field.headings[0]] = pl.Series([_value(layout, field, row) for row in range(rows)], dtype=kind, strict=False)
    return pl.DataFrame(columns)


def sample_text(layout: Layout, firm: str, rows: int = 3) -> list[list[str]]:
    """The same as text, headings first."""
    frame = sample_frame(layout, firm, rows)
    flags = [name for name, kind in frame.schema.items() if kind == pl.Boolean]
    yes_no = [pl.when(pl.col(name)).then(pl.lit("是")).otherwise(pl.lit("否")).alias(name) for name in flags]
    return [frame.columns, *([str(cell).removesuffix(".0") for cell in row] for row in frame.with_columns(yes_no).rows())]


def write_sample(layout: Layout, path: Path, firm: str, rows: int = 3) -> None:
    """Write a sample file; the ending of `path` says in which format. Raises `FaultsError` for an ending that is none of `FORMATS`."""
    frame = sample_frame(layout, firm, rows)
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".json":
        path.write_text(frame.with_columns(pl.col(pl.Date).cast(pl.String)).write_json(), "utf-8")
    elif path.suffix == ".xlsx":
        _write_workbook(frame, path, layout.title["zh-hans"])
    elif path.suffix == ".csv":
        texts = pl.DataFrame(sample_text(layout, firm, rows)[1:], schema=frame.columns, orient="row")
        texts.write_csv(path, include_bom=True)
    else:
        raise FaultsError([Fault(str(path), path.suffix or "no ending", " or ".join(FORMATS), "Name the file otherwise.")])


def _write_workbook(frame: pl.DataFrame, path: Path, title: str) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet(title[:31])
        for column, name in enumerate(frame.columns):
            sheet.write(0, column, name)
            for row, cell in enumerate(frame[name].to_list(), start=1):
                sheet.write(row, column, cell)


def _value(layout: Layout, field: Field, row: int) -> Any:
    """The value of a field in the row counted from 0; rows differ in what names them."""
    if field.type == "word":
        words = list(field.words.values())
        return words[row % len(words)][0]
    if field.type == "code":
        return _code(field, row)
    if field.type == "text":
        return f"{field.headings[0]}{row + 1}"[-field.longest :]
    if field.type in ("date", "month"):
        return _day(layout, field, row)
    if field.type == "flag":
        return row % 2 == 0
    return _figure(field, row)


def _day(layout: Layout, field: Field, row: int) -> dt.date:
    """A day or month, each row one before the last: nothing lies ahead of the open day. After a late beginning, one after the last."""
    back = layout.earliest < FIRST_DAY
    start, step = (FIRST_DAY, -row) if back else (layout.earliest, row)
    if field.type == "month":
        number = start.year * 12 + start.month - 1 + step
        return dt.date(number // 12, number % 12 + 1, 1)
    return start + dt.timedelta(days=step)


def _code(field: Field, row: int) -> str:
    if not field.table:
        return f"{row + 1:0>6}"[-field.longest :]
    table = code_table(field.table)
    codes = list(table.codes)
    code = codes[row % len(codes)]
    return next(code + "01" * more for more in range(8) if table.form.fullmatch(code + "01" * more))


def _figure(field: Field, row: int) -> float:
    """A figure between the bounds, in the unit of files."""
    scale = FEN_PER_YUAN if field.type == "amount" else 1
    least = None if field.least is None else field.least / scale
    most = None if field.most is None else field.most / scale
    wanted = 0.25 if field.type == "share" else (row + 1) * (1000.5 if field.type == "amount" else 1.0)
    if least is not None and wanted < least:
        wanted = least + (row if field.type != "share" else 0)
    return wanted if most is None else min(wanted, most)
