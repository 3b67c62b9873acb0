"""The rows that were not taken, as they came, with the reasons beside them: to be mended and sent again.

Cells that begin like a formula get an apostrophe in front, so that opening the file in a spreadsheet runs nothing.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from puhui.evidence.reading.faults import RowFaults
from puhui.evidence.reading.raw import ROW, RawTable

REASON = "puhui_faults"
ROW_TITLE = "puhui_row"
RUNS = r"^\s*(=|@|[+\-](?:[^\d.]|.*[^\d.,]))"  # formulas and their kin, but not a plain negative number


def rejected_rows(table: RawTable, faults: RowFaults) -> pl.DataFrame:
    """One row for each rejected row: its number, the original cells as text, and all its faults in one text."""
    # A file of rejects that was mended and sent again brings our own two columns along.
    names = [name for name in table.columns if name not in (ROW_TITLE, REASON)]
    reasons = faults.table().group_by("row", maintain_order=True).agg(_reason().str.join("; ").alias(REASON))
    whole = table.frame.filter(pl.col(ROW).is_in(reasons.get_column("row").implode())).select(
        pl.col(ROW).alias(ROW_TITLE), *(pl.col(name).cast(pl.String, strict=False) for name in names)
    )
    parts = [whole]
    if table.broken.height:
        first = names[0]
        parts.append(table.broken.select(pl.col(ROW).alias(ROW_TITLE), pl.col("text").alias(first)))
    rows = pl.concat(parts, how="diagonal").sort(ROW_TITLE)
    return rows.join(reasons.rename({"row": ROW_TITLE}), on=ROW_TITLE, how="left", maintain_order="left")


def _reason() -> pl.Expr:
    where = pl.when(pl.col("column") != "").then(pl.format("{}: ", "column")).otherwise(pl.lit(""))
    found = pl.col("found").fill_null("").str.slice(0, 60)
    return pl.concat_str(where, pl.lit("found '"), found, pl.lit("', expected "), "expected", pl.lit(". "), "remedy")


def write_rejects(rejected: pl.DataFrame, path: Path) -> None:
    """Write them as CSV that Chinese spreadsheet programs open rightly (UTF-8 with mark)."""
    harmless = [
        pl.when(pl.col(name).str.contains(RUNS)).then(pl.format("'{}", name)).otherwise(pl.col(name)).alias(name)
        for name, kind in rejected.schema.items()
        if kind == pl.String
    ]
    rejected.with_columns(harmless).write_csv(path, include_bom=True)
