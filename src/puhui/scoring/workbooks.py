"""A table of cases in an XLSX workbook: the first sheet that has rows, its first row the headings.

A workbook knows what its cells are, so a code written as text (`02108`) stays text, where a CSV file would make it a number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import python_calamine as calamine

from puhui.calculations.faults import Fault, check

__all__ = ["MAGIC", "UNREADABLE", "read_workbook"]

MAGIC = b"PK\x03\x04"
UNREADABLE = (calamine.CalamineError, calamine.PasswordError, calamine.WorksheetNotFound, calamine.ZipError, calamine.XmlError)
"""What says that a workbook cannot be read."""


def read_workbook(path: Path, as_text: bool = False) -> pl.DataFrame:
    """The table of a workbook; an empty one where no sheet has rows. as_text: every cell as text. FaultsError for headings that are missing
    or stand twice; `UNREADABLE` for a file that is no workbook."""
    book = calamine.CalamineWorkbook.from_path(path)
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python()
        if len(rows) > 1:
            return _frame(rows[0], rows[1:], f"{path.name}, sheet {name}", as_text)
    return pl.DataFrame()


def _frame(headings: Sequence[Any], rows: Sequence[Sequence[Any]], where: str, as_text: bool) -> pl.DataFrame:
    columns = {place: [_known(row[place]) for row in rows] for place in range(len(headings))}
    columns = {place: cells for place, cells in columns.items() if headings[place] != "" or any(cell is not None for cell in cells)}
    names = {place: str(headings[place]).strip() for place in columns}
    faults = [Fault(f"{where}, column {place + 1}", "no heading", "a name in the first row") for place, name in names.items() if not name]
    twice = sorted({name for name in names.values() if name and list(names.values()).count(name) > 1})
    check([*faults, *(Fault(f"{where}, column {name}", "a heading that stands twice", "each name once") for name in twice)])
    return pl.DataFrame([_series(names[place], cells, as_text) for place, cells in columns.items()])


def _known(cell: Any) -> Any:
    """A cell as it is, None where nothing stands."""
    text = cell.strip() if isinstance(cell, str) else cell
    return None if text == "" else text


def _series(name: str, cells: list[Any], as_text: bool) -> pl.Series:
    """A column of one type, where its cells are of one; else of text."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if as_text or not kinds:
        return pl.Series(name, [_text(cell) for cell in cells], pl.String)
    if kinds <= {int, float}:
        whole = all(cell is None or float(cell).is_integer() for cell in cells)
        return pl.Series(name, [cell if cell is None else int(cell) if whole else float(cell) for cell in cells])
    if kinds <= {dt.date, dt.datetime}:
        is_day = all(cell is None or type(cell) is dt.date or cell.time() == dt.time() for cell in cells)
        days = [cell.date() if is_day and type(cell) is dt.datetime else cell for cell in cells]
        return pl.Series(name, days, pl.Date if is_day else pl.Datetime, strict=False)
    return pl.Series(name, cells, pl.Boolean) if kinds == {bool} else pl.Series(name, [_text(cell) for cell in cells], pl.String)


def _text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).lower() if isinstance(cell, bool) else str(cell)
