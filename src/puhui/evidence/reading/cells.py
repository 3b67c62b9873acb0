"""What no cell of any column may be, whatever the column means: a formula, or longer than a cell can be."""

from __future__ import annotations

import polars as pl

from puhui.evidence.reading.faults import Problem, RowFaults
from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.raw import ROW, RawTable

FORMULA = r"^\s*="


def check_cells(table: RawTable, faults: RowFaults, limits: Limits) -> None:
    """Record formulas and cells that are too long. Rows that could not be cut are faults too."""
    row = table.frame.get_column(ROW)
    for name in _suspect(table, limits):
        cells = table.frame.get_column(name)
        formula = cells.str.contains(FORMULA)
        faults.add(
            row, name, cells, Problem(formula, "a value, not a formula", "Paste the column as values: formulas are never calculated here.")
        )
        too_long = cells.str.len_chars() > limits.cell_characters
        remedy = "Look for a quotation mark that is never closed."
        faults.add(row, name, cells, Problem(too_long, f"at most {limits.cell_characters:,} characters", remedy))
    if table.broken.height:
        remedy = "Look for a delimiter inside a cell without quotation marks, or a line broken in two."
        faults.add_frame(
            table.broken.select(pl.col(ROW).alias("row"), pl.lit("").alias("column"), "found", "expected", pl.lit(remedy).alias("remedy"))
        )


def _suspect(table: RawTable, limits: Limits) -> list[str]:
    """The columns in which a cell begins like a formula, or has more bytes than a cell may have characters: all looked at in one go."""
    text = [name for name in table.columns if table.frame.schema[name] == pl.String]
    looks = [
        (pl.col(name).str.contains(FORMULA) | (pl.col(name).str.len_bytes() > limits.cell_characters)).any().alias(name) for name in text
    ]
    return [name for name, found in table.frame.select(looks).row(0, named=True).items() if found] if text else []
