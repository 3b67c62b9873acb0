"""How far a loan may be extended, and which rate bucket a term falls into.

Loans of up to a year by no more than their own term, longer ones by no more than half of it (`domain/practice.md` 19). Figures come
from dated tables; here is the arithmetic of months and days. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from puhui.calculations.calendar import add_months, whole_months_and_days

__all__ = ["Bucket", "ExtensionLimit", "bucket_of_term", "latest_maturity", "term_exceeds"]

DAYS_OF_A_MONTH = 30  # what a part of a month is reckoned at


@dataclass(frozen=True)
class ExtensionLimit:
    """For terms up to so many months (None: any): the share of the term, and at most so many months."""

    term_months_up_to: int | None
    share_of_term: Fraction
    months_maximum: int | None = None


@dataclass(frozen=True)
class Bucket:
    """Terms up to so many months (None: any)."""

    code: str
    term_months_up_to: int | None


def term_exceeds(start: date, end: date, months: int | None) -> bool:
    """Whether a term is longer than so many months; a day more is longer."""
    return months is not None and end > add_months(start, months)


def latest_maturity(start: date, maturity: date, limits: Sequence[ExtensionLimit]) -> date:
    """The last day to which a loan of this original term may be extended. Raises ValueError where no limit holds for its term."""
    limit = next((each for each in limits if not term_exceeds(start, maturity, each.term_months_up_to)), None)
    if limit is None:
        raise ValueError(f"no limit holds for a term from {start} to {maturity}")
    months, days = whole_months_and_days(start, maturity)
    exact = months * limit.share_of_term
    whole = int(exact)
    odd = int((exact - whole) * DAYS_OF_A_MONTH + days * limit.share_of_term)
    latest = add_months(maturity, whole) + timedelta(days=odd)
    return min(latest, add_months(maturity, limit.months_maximum)) if limit.months_maximum is not None else latest


def bucket_of_term(start: date, end: date, buckets: Sequence[Bucket]) -> Bucket:
    """The bucket of a term, from the shortest on. Raises ValueError where none holds it."""
    found = next((each for each in buckets if not term_exceeds(start, end, each.term_months_up_to)), None)
    if found is None:
        raise ValueError(f"no bucket holds a term from {start} to {end}")
    return found
