"""Amounts in another currency than yuan are never taken for yuan.

Exports of banks and programs say the currency in a column of its own (币种) or once above the table. Records that have a field for it
(customs, awards) keep it; all others hold yuan, and a row in dollars is a fault: at what rate it would count, nobody has said.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from puhui.calculations.faults import Fault
from puhui.evidence.reading.around import labelled
from puhui.evidence.reading.faults import Problem, RowFaults, place
from puhui.evidence.reading.mapping import IGNORED, Mapping
from puhui.evidence.reading.raw import ROW, RawTable
from puhui.evidence.reading.words import common, heading_and_remark, plain

__all__ = ["currency_columns", "foreign_above", "report_foreign"]

REMEDY = "Take out what is in another currency (--partial does), or send it in yuan."


def currency_columns(table: RawTable, fields: Collection[str], mapping: Mapping) -> list[str]:
    """The columns that say a currency which no field keeps; none where a field does, or where the mapping leaves the column out."""
    headings = {plain(each) for each in common()["currency"]["headings"]}
    ignored = {plain(column) for column, field in mapping.columns.items() if field == IGNORED}
    if "currency" in fields:
        return []
    return [name for name in table.columns if heading_and_remark(name)[0] in headings and plain(name) not in ignored]


def report_foreign(table: RawTable, names: Collection[str], faults: RowFaults) -> None:
    """Record the rows whose currency is not yuan. An empty cell says nothing."""
    for name in names:
        cells = table.frame.get_column(name).cast(pl.String, strict=False).fill_null("")
        foreign = [word for word in cells.unique().to_list() if not _is_yuan(word)]
        faults.add(table.frame.get_column(ROW), name, cells, Problem(cells.is_in(foreign), "amounts in yuan (人民币, CNY)", REMEDY))


def foreign_above(table: RawTable, fields: Collection[str]) -> list[Fault]:
    """A fault where a line above the table names another currency: `币种：美元`."""
    headings = {plain(each) for each in common()["currency"]["headings"]}
    if "currency" in fields:
        return []
    said = [word for record in table.above for label, word in labelled(record) if heading_and_remark(label)[0] in headings]
    where = place(table.file, table.sheet)
    return [
        Fault(where, f"amounts in {word}, as a line above the table says", "amounts in yuan (人民币, CNY)", "Send it in yuan.")
        for word in dict.fromkeys(said)
        if not _is_yuan(word)
    ]


def _is_yuan(word: str) -> bool:
    yuan = {plain(each) for each in common()["currency"]["yuan"]} | {""}
    return plain(word) in yuan or heading_and_remark(word)[0] in yuan
