"""XLSX: the first visible sheet whose headings we know, every cell as the text a person would read.

Numbers come without exponent and without a trailing `.0`, dates as year-month-day. Nothing is calculated: a sheet with formulas is
refused with the cells named. Rows keep the numbers the spreadsheet shows.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import polars as pl
import python_calamine as calamine

from puhui.calculations.faults import Fault
from puhui.evidence.reading.archive import WorkbookArchive
from puhui.evidence.reading.around import is_sum
from puhui.evidence.reading.faults import LISTED_FAULTS, RefusedFileError, place, refuse
from puhui.evidence.reading.limits import Deadline, Limits
from puhui.evidence.reading.raw import ROW, HeadingChoice, HeadingFinder, RawTable, distinct_names, no_broken_rows

TOP_RECORDS = 20
CHUNK_ROWS = 20_000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CALAMINE_ERRORS = (calamine.CalamineError, calamine.PasswordError, calamine.XmlError, calamine.ZipError, OSError, ValueError)


def read_workbook(data: bytes, file: str, find_headings: HeadingFinder, limits: Limits, sheet: str | None = None) -> RawTable:
    """Read `sheet`, or the first visible sheet with headings we know. Raises `RefusedFileError`."""
    deadline = Deadline(limits, file)
    archive = WorkbookArchive(data, file, limits, deadline)
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        name, choice = _choose_sheet(workbook, file, find_headings, sheet)
        formulas = archive.formula_cells(name)
        others = [] if sheet else _other_sheets(workbook, file, find_headings, name, choice)
        frame = _read_rows(workbook.get_sheet_by_name(name), file, name, choice, limits, deadline)
        frame = _with_formulas_shown(frame, formulas, file, name) if formulas else frame
    except CALAMINE_ERRORS as error:
        raise refuse(file, f"a damaged workbook ({error})", "a whole workbook", "Save it again and send it again.") from error
    notes = [f'read sheet "{name}" of {len(workbook.sheet_names)}'] if len(workbook.sheet_names) > 1 else []
    notes += others
    return RawTable(file, name, frame, no_broken_rows(), notes, choice.above, archive.date_1904)


def _choose_sheet(
    workbook: calamine.CalamineWorkbook, file: str, find_headings: HeadingFinder, wanted: str | None
) -> tuple[str, HeadingChoice]:
    visible = _visible(workbook, wanted)
    if wanted and wanted not in visible:
        raise refuse(file, f'no sheet "{wanted}"', f"one of {', '.join(workbook.sheet_names)}", "Correct --sheet or the mapping file.")
    for name in [wanted] if wanted else visible:
        choice = find_headings.find(_top(workbook.get_sheet_by_name(name)))
        if choice:
            return name, choice
    hidden = len(workbook.sheet_names) - len(visible)
    raise refuse(
        file,
        f"no row of headings in the first {TOP_RECORDS} rows of {', '.join(visible) or 'any visible sheet'}"
        + (f" ({hidden} hidden sheets were not looked at)" if hidden and not wanted else ""),
        f"headings such as {find_headings.examples}",
        "Correct the headings, name the sheet (--sheet), or name the columns in a mapping file (--map).",
    )


def _visible(workbook: calamine.CalamineWorkbook, wanted: str | None = None) -> list[str]:
    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet and (sheet.visible == calamine.SheetVisibleEnum.Visible or sheet.name == wanted)
    ]


def _top(sheet: calamine.CalamineSheet) -> list[list[str]]:
    return [[_cell_text(cell) for cell in row] for row in islice(sheet.iter_rows(), TOP_RECORDS)]


def _other_sheets(
    workbook: calamine.CalamineWorkbook, file: str, find_headings: HeadingFinder, read: str, choice: HeadingChoice
) -> list[str]:
    """Notes of the other visible sheets with rows under headings we know. Raises `RefusedFileError` for those with the headings of the one
    that is read: the same kind of record goes on there, and half of it must not be taken for the whole."""
    alike: list[str] = []
    unlike: list[str] = []
    for name in _visible(workbook):
        sheet = workbook.get_sheet_by_name(name)
        other = find_headings.find(_top(sheet)) if name != read else None
        if other and sheet.total_height >= other.first + other.depth:  # counted from 0
            (alike if _filled(other) == _filled(choice) else unlike).append(name)
    if alike:
        names = ", ".join(f'"{name}"' for name in [read, *alike])
        remedy = "Import them one by one (--sheet), or put the rows under each other in one sheet."
        raise refuse(file, f"sheets with the same headings: {names}", "one such sheet", remedy)
    return [f'sheet "{name}" holds headings we know as well and was not read: import it with --sheet' for name in unlike]


def _filled(choice: HeadingChoice) -> tuple[str, ...]:
    return tuple(name for name in choice.names if name)


def _with_formulas_shown(frame: pl.DataFrame, formulas: list[str], file: str, sheet: str) -> pl.DataFrame:
    """The rows, with `=` for each formula in a line of sums, which is left out later or else is a fault: what a formula left behind is
    never taken for a value. Raises `RefusedFileError` for formulas elsewhere."""
    names = [name for name in frame.columns if name != ROW]
    sums = set(frame.filter(is_sum(names)).get_column(ROW).to_list())
    elsewhere = [cell for cell in formulas if _row_of(cell) not in sums]
    if elsewhere:
        raise _formulas_refused(file, sheet, elsewhere)
    by_column: dict[str, list[int]] = {}
    for cell in formulas:
        position = _column_of(cell)
        if position < len(names):
            by_column.setdefault(names[position], []).append(_row_of(cell))
    shown = [pl.when(pl.col(ROW).is_in(rows)).then(pl.lit("=")).otherwise(pl.col(name)).alias(name) for name, rows in by_column.items()]
    return frame.with_columns(shown)


def _row_of(cell: str) -> int:
    return int(cell.lstrip(LETTERS))


def _column_of(cell: str) -> int:
    """Position of a cell's column, from 0: A1 → 0, AA1 → 26."""
    position = 0
    for letter in cell.rstrip("0123456789"):
        position = position * len(LETTERS) + LETTERS.index(letter) + 1
    return position - 1


def _formulas_refused(file: str, sheet: str, cells: list[str]) -> RefusedFileError:
    faults = [
        Fault(
            f"{place(file, sheet)}, cell {cell}",
            "a formula",
            "a value",
            "Copy the column and paste it as values: formulas are never calculated here.",
        )
        for cell in cells[:LISTED_FAULTS]
    ]
    return RefusedFileError(faults, len(cells))


def _read_rows(
    sheet: calamine.CalamineSheet, file: str, name: str, choice: HeadingChoice, limits: Limits, deadline: Deadline
) -> pl.DataFrame:
    if sheet.total_height > limits.rows:
        raise refuse(place(file, name), f"{sheet.total_height:,} rows", f"at most {limits.rows:,}", "Split it into several files.")
    if len(choice.names) > limits.columns:
        raise refuse(place(file, name), f"{len(choice.names):,} columns", f"at most {limits.columns:,}", "Delete the empty columns.")
    names = distinct_names(choice.names)
    schema: dict[str, Any] = {ROW: pl.Int64, **dict.fromkeys(names, pl.String)}
    rows = iter(sheet.iter_rows())
    first = choice.first + choice.depth
    for _ in range(first):
        next(rows, None)
    frames = []
    for number, chunk in _chunks(rows, first + 1):
        columns = {
            name: _column_text([row[position] if position < len(row) else "" for row in chunk]) for position, name in enumerate(names)
        }
        frame = pl.DataFrame({ROW: pl.int_range(number, number + len(chunk), eager=True), **columns}, schema=schema)
        frames.append(frame.filter(pl.any_horizontal(pl.col(name).str.strip_chars() != "" for name in names)))
        deadline.check()
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _chunks(rows: Iterator[Sequence[Any]], number: int) -> Iterator[tuple[int, list[Sequence[Any]]]]:
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield number, chunk
        number += len(chunk)


def _column_text(cells: list[Any]) -> pl.Series:
    """One column of a chunk as text. Columns of one type, the usual case, go through polars; mixed ones cell by cell."""
    kinds = set(map(type, cells))
    if kinds <= {str}:
        return pl.Series(cells, dtype=pl.String)
    if kinds <= {float}:
        text = pl.Series(cells, dtype=pl.Float64).cast(pl.String).str.strip_suffix(".0")
        if not text.str.contains_any(["e", "E"]).any():
            return text
    return pl.Series([_cell_text(cell) for cell in cells], dtype=pl.String)


def _cell_text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        # Above 15 digits a spreadsheet has cut the number; the exponent stays visible so that the check of numbers can say so.
        text = f"{cell:.15g}" if "e" in repr(cell) and abs(cell) < 1 else repr(cell)
        return text.removesuffix(".0")
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return "" if cell is None else str(cell)
