"""What no cell of any column may be, whatever the column means: a formula, or longer than a cell can be."""

from __future__ import annotations

import polars as pl

from puhui.evidence.reading.faults import Problem, RowFaults
from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.raw import ROW, RawTable


def check_cells(table: RawTable, faults: RowFaults, limits: Limits) -> None:
    """What no cell of any column may be: a formula, or longer than a cell can be. Rows that could not be cut are faults too."""
    row = table.frame.get_column(ROW)
    for name in table.columns:
        cells = table.frame.get_column(name)
        if cells.dtype != pl.String:
            continue
        formula = cells.str.contains(r"^\s*=")
        faults.add(
            row, name, cells, Problem(formula, "a value, not a formula", "Paste the column as values: formulas are never calculated here.")
        )
        too_long = cells.str.len_bytes() > limits.cell_characters
        too_long = too_long & (cells.str.len_chars() > limits.cell_characters) if too_long.any() else too_long
        faults.add(
            row,
            name,
            cells,
            Problem(too_long, f"at most {limits.cell_characters:,} characters", "Look for a quotation mark that is never closed."),
        )
    if table.broken.height:
        remedy = "Look for a delimiter inside a cell without quotation marks, or a line broken in two."
        faults.add_frame(
            table.broken.select(pl.col(ROW).alias("row"), pl.lit("").alias("column"), "found", "expected", pl.lit(remedy).alias("remedy"))
        )
