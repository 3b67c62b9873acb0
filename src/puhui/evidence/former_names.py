"""Names that firms bore before: from changes of registration (class C01), as they were known on a day and by consent.

A contract, an invoice or the register of another firm may still bear the old name. So the comparison of rows, and the tree of a company,
know a firm by all the names that it had.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import polars as pl

from puhui.evidence import queries
from puhui.parties.models import Firm, Institution

__all__ = ["former_names", "former_names_in"]

RECORD = "registration_change"


def former_names(
    institution: Institution, known_at: dt.date | dt.datetime, firms: Iterable[Firm | int] | None = None, reader: str = "system"
) -> dict[int, tuple[str, ...]]:
    """Firm → names it bore before the change, oldest first; firms without a consent to class C01, or without a change, are left out.

    With `firms`: of those; `FaultsError` where one of them has no consent. Each reading is logged.
    """
    rows = queries.records_as_of(institution, RECORD, known_at, firms, reader=reader)
    return {int(key[0]): former_names_in(part) for key, part in rows.partition_by("firm_id", as_dict=True).items() if former_names_in(part)}


def former_names_in(changes: pl.DataFrame) -> tuple[str, ...]:
    """The former names in rows of `registration_change` of one firm, oldest first, each once."""
    named = changes.filter((pl.col("item") == "name") & pl.col("before").is_not_null()).sort("changed_on")
    return tuple(dict.fromkeys(name.strip() for name in named["before"] if name.strip()))
