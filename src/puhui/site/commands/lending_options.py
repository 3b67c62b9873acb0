"""What the commands that decide on many firms ask of their options alike: the file to write, the day, who lends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

__all__ = ["LENDERS", "day_of", "option_faults"]

LENDERS = ("bank", "micro_lender")


def option_faults(out: Path | None, forms: Sequence[str], as_of: str, lender: str) -> list[str]:
    """What is wrong with `--out`, `--as-of` and `--lender`."""
    faults = []
    if out is not None and out.suffix not in forms:
        faults.append(f"--out: found {out.name!r}, expected a name ending in {', '.join(forms[:-1])} or {forms[-1]}")
    if out is not None and not out.absolute().parent.is_dir():
        faults.append(f"--out: the folder {out.absolute().parent} does not exist; create it first")
    if lender not in LENDERS:
        faults.append(f"--lender: found {lender!r}, expected one of {', '.join(LENDERS)}")
    if day_of(as_of) is None and as_of:
        faults.append(f"--as-of: found {as_of!r}, expected a day such as 2026-01-31")
    return faults


def day_of(text: str) -> date | None:
    """The day of a text; None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
