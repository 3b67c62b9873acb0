"""Files as sources send them, for variables without any database: headings in Chinese or English, amounts in yuan, CSV, XLSX or JSON.

They are read as an import reads them (`puhui.evidence.reading`): the same headings, checks and faults. Only whose rows they are must stand
in the file, for there is nobody to ask, and a firm is whatever the file calls it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from puhui.calculations.faults import Fault
from puhui.evidence.layouts import Layout
from puhui.evidence.reading.faults import RefusedFileError
from puhui.evidence.reading.records import read_records

__all__ = ["ENDINGS", "read_sent"]

ENDINGS = ("csv", "xlsx", "json")


def read_sent(path: Path, form: Layout, faults: list[Fault]) -> pl.DataFrame | None:
    """The rows of a file under the names of the layout's fields, amounts in fen, with `firm_id` and `record_id`; None with faults added."""
    now = dt.datetime.now(dt.UTC)
    try:
        reading = read_records(path, form, today=now.date(), now=now, file_name=str(path))
    except RefusedFileError as refusal:
        faults.extend(refusal.faults)
        return None
    if reading.rejected.height:
        faults.extend(reading.faults.refusal().faults)
        return None
    return reading.accepted.select(pl.col("firm").alias("firm_id"), pl.col("row").cast(pl.Int64).alias("record_id"), *form.fields)
