"""What stands around a table and is no row of it: sums and remarks below, and above it whose account it is.

A bank's export begins with lines such as `账号：6222…` and ends with sums. The first are values for every row, the last are left out and
told. A line is a sum only where no day stands in it: a movement whose memo says 合计 is a movement. A file put together from printed pages
repeats its headings; those lines are no rows either.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

import polars as pl

from puhui.evidence.layouts import Layout
from puhui.evidence.reading.dates import parse_months
from puhui.evidence.reading.faults import place, refuse
from puhui.evidence.reading.headings import REPEATED
from puhui.evidence.reading.parties import FirmIdentity
from puhui.evidence.reading.raw import RawTable
from puhui.evidence.reading.words import REMARK, common, heading_and_remark, plain
from puhui.parties.firm_names import parse

__all__ = [
    "STATED",
    "holder_columns",
    "is_sum",
    "labelled",
    "told_above",
    "with_holders_told",
    "without_repeated_headings",
    "without_totals",
]

LABEL = re.compile(r"^\s*([^:：]{2,20})[:：]\s*(.*?)\s*$")
COUNTED = r"^共计?\d+(笔|条|页|行|張|张)"  # 共6笔
LEAST_HEADINGS = 2
SHOWN_HOLDERS = 3
STATED = "stated_on"  # of what day a state is, which an extract as a whole has
DAY = r"\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2}"


def without_totals(table: RawTable, day: str | None, words: Collection[str]) -> RawTable:
    """The table without lines in which one of the words (and of `common.toml`) begins a cell, and in whose column `day` no day stands;
    how many is in its notes. Raises `RefusedFileError` where nothing else is there."""
    if day is None or not _is_text(table, day):
        return table
    text = [name for name in table.columns if _is_text(table, name)]
    begins = _begins(words)
    dated = parse_months(table.frame.get_column(day)).values.is_not_null() | table.frame.get_column(day).str.contains(DAY).fill_null(False)
    is_total = table.frame.select(is_sum(text, words)).to_series()
    kept = table.frame.filter(~(is_total & ~dated))
    broken = table.broken.filter(~(pl.col("text").str.replace_all(r"[\s,;|\t\"]+", "").str.to_lowercase().str.contains(begins)))
    left_out = table.frame.height - kept.height + table.broken.height - broken.height
    if not left_out:
        return table
    if kept.is_empty() and broken.is_empty():
        raise refuse(place(table.file, table.sheet), "no row but lines of sums and remarks", "at least one row", "Export it again.")
    note = f"lines of sums and remarks left out: {left_out:,}"
    return replace(table, frame=kept, broken=broken, notes=[*table.notes, note])


def is_sum(columns: Collection[str], words: Collection[str] = ()) -> pl.Expr:
    """Whether one of the words of sums and remarks, those of `common.toml` too, begins a cell of the row."""
    cells = (pl.col(name).str.to_lowercase().str.replace_all(r"[\s*_\-:/、.：]+", "") for name in columns)
    return pl.any_horizontal(cell.str.contains(_begins(words)) for cell in cells).fill_null(False)


def _begins(words: Collection[str]) -> str:
    return f"^({'|'.join(re.escape(plain(word)) for word in [*common()['totals']['words'], *words])})|{COUNTED}"


def without_repeated_headings(table: RawTable) -> RawTable:
    """The table without rows in which every filled cell repeats its column's heading; how many is in its notes."""
    names = [name for name in table.columns if _is_text(table, name)]
    if len(names) < LEAST_HEADINGS:
        return table
    cells = [pl.col(name).fill_null("").str.strip_chars() for name in names]
    same = [cell == REPEATED.sub("", name).strip() for cell, name in zip(cells, names, strict=True)]
    others = pl.all_horizontal(cell.eq("") | each for cell, each in zip(cells, same, strict=True))
    kept = table.frame.filter(~(others & (pl.sum_horizontal(same) >= LEAST_HEADINGS)))
    left_out = table.frame.height - kept.height
    if not left_out:
        return table
    return replace(table, frame=kept, notes=[*table.notes, f"headings repeated among the rows, left out: {left_out:,}"])


def holder_columns(table: RawTable, layout: Layout) -> list[str]:
    """The columns that name the holder of the account."""
    headings = {plain(each) for each in layout.holder}
    return [name for name in table.columns if heading_and_remark(name)[0] in headings]


def with_holders_told(table: RawTable, layout: Layout, firm: FirmIdentity | None) -> RawTable:
    """The table, its notes telling the names of holders (in a column, or above the table) that are not the firm's. An owner's own account
    may well be shown, so it is no fault; whose it is must be seen."""
    if not layout.holder or firm is None:
        return table
    headings = {plain(each) for each in layout.holder}
    cells = [table.frame.get_column(name).cast(pl.String, strict=False).drop_nulls() for name in holder_columns(table, layout)]
    found = [name for cell in cells for name in cell.unique(maintain_order=True)]
    found += [value for record in table.above for label, value in labelled(record) if heading_and_remark(label)[0] in headings]
    own = {parse(name).core for name in (firm.key, *firm.names)}
    others = [name for name in dict.fromkeys(map(str.strip, found)) if name and parse(name).core not in own]
    notes = [f"the account is {name}'s, not {firm.key}'s: look whose it is" for name in others[:SHOWN_HOLDERS]]
    return replace(table, notes=[*table.notes, *notes]) if notes else table


def labelled(record: Collection[str]) -> list[tuple[str, str]]:
    """Label and value of each cell `label：value`, or of a cell `label：` and the filled one after it."""
    cells = [part for cell in record for part in cell.replace("：", ": ").split("  ") if part.strip()]
    pairs = []
    for position, cell in enumerate(cells):
        label, colon, value = cell.partition(":")
        value = value.strip() or (cells[position + 1] if position + 1 < len(cells) else "")
        if colon and value.strip():
            pairs.append((label.lstrip("# "), value.split()[0]))
    return pairs


def _is_text(table: RawTable, name: str) -> bool:
    return table.frame.schema[name] == pl.String


def told_above(table: RawTable, layout: Layout) -> dict[str, str]:
    """Field → the value that stands above the table after one of its labels, in the same cell or in the next one that is filled. An extract
    of a register says there, if anywhere, of what day it is."""
    labels = {plain(label): field for field, words in layout.above.items() for label in words}
    if layout.observed == STATED:
        labels |= {plain(heading): STATED for heading in layout.fields[STATED].headings}
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
