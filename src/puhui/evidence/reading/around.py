"""What stands around a table and is no row of it: sums and remarks below, and above it whose account it is.

A bank's export begins with lines such as `账号：6222…` and ends with sums. The first are values for every row, the last are left out and
told. A line is a sum only where no day stands in it: a movement whose memo says 合计 is a movement.
"""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from puhui.evidence.layouts import Layout
from puhui.evidence.reading.faults import place, refuse
from puhui.evidence.reading.raw import RawTable
from puhui.evidence.reading.words import REMARK, plain

__all__ = ["told_above", "without_totals"]

LABEL = re.compile(r"^\s*([^:：]{2,20})[:：]\s*(.*?)\s*$")
DAY = r"\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2}"


def without_totals(table: RawTable, columns: dict[str, str], layout: Layout) -> RawTable:
    """The table without lines in which a word of the layout's `totals` begins a cell and no day stands; how many is in its notes.
    Raises `RefusedFileError` where nothing else is there."""
    day = columns.get(layout.observed) or columns.get(layout.fields[layout.observed].or_from)
    if not layout.totals or day is None or table.frame.schema[day] != pl.String:
        return table
    begins = "^(" + "|".join(re.escape(plain(word)) for word in layout.totals) + ")"
    plain_cell = [
        pl.col(name).str.to_lowercase().str.replace_all(r"[\s*_\-:/、.：]+", "") for name in table.columns if _is_text(table, name)
    ]
    is_total = pl.any_horizontal(cell.str.contains(begins) for cell in plain_cell) & ~pl.col(day).str.contains(DAY)
    kept = table.frame.filter(~is_total.fill_null(False))
    broken = table.broken.filter(~(pl.col("text").str.replace_all(r"[\s,;|\t\"]+", "").str.to_lowercase().str.contains(begins)))
    left_out = table.frame.height - kept.height + table.broken.height - broken.height
    if not left_out:
        return table
    if kept.is_empty() and broken.is_empty():
        raise refuse(place(table.file, table.sheet), "no row but lines of sums and remarks", "at least one row", "Export it again.")
    note = f"lines of sums and remarks left out: {left_out:,}"
    return replace(table, frame=kept, broken=broken, notes=[*table.notes, note])


def _is_text(table: RawTable, name: str) -> bool:
    return table.frame.schema[name] == pl.String


def told_above(table: RawTable, layout: Layout) -> dict[str, str]:
    """Field → the value that stands above the table after one of its labels, in the same cell or in the next one that is filled."""
    labels = {plain(label): field for field, words in layout.above.items() for label in words}
    found: dict[str, str] = {}
    for record in table.above:
        cells = [cell for cell in record if cell.strip()]
        for position, cell in enumerate(cells):
            cell = REMARK.sub("", cell)  # 查询账号[ Inquirer account number ]:
            match = LABEL.match(cell.lstrip("#"))
            field = labels.get(plain(match[1] if match else cell))
            value = match[2] if match and match[2] else cells[position + 1].strip() if position + 1 < len(cells) else ""
            if field and value and plain(value) not in labels:
                found.setdefault(field, value.split()[0])
    return found
