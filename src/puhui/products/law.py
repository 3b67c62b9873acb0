"""The law that holds on a day, from the dated tables of the catalogue, as `calculations.caps` takes it. Needs no Django."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from puhui.calculations.caps import Law, law_from_rows
from puhui.products.parameters import table

TABLES = ("rate-caps", "penalty-markups", "fee-rules", "loan-prime-rate")


@lru_cache(maxsize=512)
def law_on(day: date, folder: Path | None = None) -> Law:
    """What holds for an agreement of `day`; an institution's own catalogue `folder` goes first. Raises FaultsError.

    The prime rate is the one published last before the day (practice.md 7).
    """
    caps, markups, fees, prime_rate = (table(name, folder) for name in TABLES)
    published = prime_rate.valid_on(day - timedelta(days=1))
    latest = max(published, key=lambda row: str(row.get("valid_from", "")), default=None)
    return law_from_rows(caps.valid_on(day), markups.valid_on(day), fees.valid_on(day), latest["LPR1Y"] if latest else None)
