"""A file of statements as sheets of text: every cell as a person would read it, before anybody asks where its headings stand."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import python_calamine as calamine

from puhui.evidence.reading.archive import WorkbookArchive
from puhui.evidence.reading.columnar import read_parquet
from puhui.evidence.reading.documents import read_json
from puhui.evidence.reading.encodings import to_utf8
from puhui.evidence.reading.faults import refuse
from puhui.evidence.reading.limits import Deadline, Limits
from puhui.evidence.reading.raw import ROW, RawTable
from puhui.evidence.reading.recognise import file_kind, read_bytes
from puhui.evidence.reading.workbook import CALAMINE_ERRORS, _cell_text, _formulas_refused

MOST_CELLS = 5_000_000


@dataclass(frozen=True)
class Sheet:
    """`rows[0]` is row 1 of the sheet as a spreadsheet numbers it."""

    name: str
    rows: list[list[str]]


def sheets(path: Path, limits: Limits, name: str = "") -> tuple[list[Sheet], bytes]:
    """The sheets of a file that may hold statements, and its bytes. Raises `RefusedFileError`."""
    data = read_bytes(path, limits, name)
    file = name or path.name
    kind = file_kind(data, file)
    if kind == "xlsx":
        return _workbook(data, file, limits), data
    if kind == "parquet":
        return [_table(read_parquet(data, file, limits))], data
    if kind == "json":
        return [_table(read_json(data, file, limits))], data
    if kind != "csv":
        raise refuse(file, f"a file of the kind {kind}", "CSV, XLSX, Parquet or JSON", "Save the statement as a table and send that.")
    return [Sheet("", _csv(data, file, limits))], data


def _workbook(data: bytes, file: str, limits: Limits) -> list[Sheet]:
    deadline = Deadline(limits, file)
    archive = WorkbookArchive(data, file, limits, deadline)
    found = []
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for each in workbook.sheets_metadata:
            if each.typ != calamine.SheetTypeEnum.WorkSheet or each.visible != calamine.SheetVisibleEnum.Visible:
                continue
            formulas = archive.formula_cells(each.name)
            if formulas:
                raise _formulas_refused(file, each.name, formulas)
            sheet = workbook.get_sheet_by_name(each.name)
            if sheet.total_height * sheet.total_width > MOST_CELLS or sheet.total_width > limits.columns:
                raise refuse(
                    file, f"{sheet.total_height:,} rows of {sheet.total_width:,} cells", "a statement", "Send the statements alone."
                )
            found.append(Sheet(each.name, [[_cell_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]))
            deadline.check()
    except CALAMINE_ERRORS as error:
        raise refuse(file, f"a damaged workbook ({error})", "a whole workbook", "Save it again and send it again.") from error
    return found


def _csv(data: bytes, file: str, limits: Limits) -> list[list[str]]:
    text = bytes(to_utf8(data, file)[0]).decode("utf-8")
    if "\0" in text:
        raise refuse(file, "a NUL byte", "text", "Export it again, or save it as CSV UTF-8.")
    first = "\n".join(text.splitlines()[:20])
    delimiter = max((",", "\t", ";", "|"), key=first.count)
    try:
        rows = [row for row, _ in zip(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), range(limits.rows), strict=False)]
    except csv.Error as error:
        raise refuse(file, f"text that cannot be cut into cells ({error})", "a table", "Look for a quotation mark never closed.") from error
    if sum(map(len, rows)) > MOST_CELLS:
        raise refuse(file, "more cells than any statement has", f"at most {MOST_CELLS:,}", "Send the statements alone.")
    return rows


def _table(table: RawTable) -> Sheet:
    names = table.columns
    body = table.frame.drop(ROW).select(pl.all().cast(pl.String).fill_null("")).rows()
    return Sheet("", [names, *(list(row) for row in body)])
