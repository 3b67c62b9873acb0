"""What the reading of a file gives: the good rows, the bad ones as they came, and every fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from puhui.evidence.reading.faults import RowFaults

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Reading:
    """`accepted`: one row for each good row (see the reader); `rejected`: the original cells with reasons; `record`: the kind of record
    that the file holds, empty for invoices."""

    file: str
    digest: str
    sheet: str
    accepted: pl.DataFrame
    rejected: pl.DataFrame
    faults: RowFaults
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)
    record: str = ""
