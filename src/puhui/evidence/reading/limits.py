"""How large and how slow a file may be before it is refused: what keeps one upload from taking the machine.

The limits are wide for honest files (a million invoices are some 100 MB as text) and are checked before the costly step each guards:
size before reading, the size after unpacking before parsing, rows and time while reading.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from puhui.evidence.reading.faults import refuse

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    file_bytes: int = 512 * MEGABYTE
    unpacked_bytes: int = 1024 * MEGABYTE  # what a workbook or Parquet file may grow to
    unpacked_ratio: int = 200  # larger than any honest workbook; only asked above 10 MB unpacked
    rows: int = 5_000_000
    columns: int = 500
    cell_characters: int = 32_767  # what a spreadsheet cell itself can hold
    seconds: float = 300.0


class Deadline:
    """Time that is left for one file; `check` is called between chunks of work."""

    def __init__(self, limits: Limits, file: str) -> None:
        self.file, self.seconds = file, limits.seconds
        self.ends_at = time.monotonic() + limits.seconds

    def check(self) -> None:
        """Raise `RefusedFileError` when the time is over."""
        if time.monotonic() > self.ends_at:
            raise refuse(
                self.file,
                f"a file that takes longer than {self.seconds:,.0f} seconds to read",
                "a file that is read in time",
                "Split it into smaller files, or save it as CSV.",
            )
