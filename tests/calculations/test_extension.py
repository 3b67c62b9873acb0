"""Limits of extension by practice.md 19: up to a year by the own term, longer by half."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from puhui.calculations.extension import Bucket, ExtensionLimit, bucket_of_term, latest_maturity

LIMITS = (ExtensionLimit(12, Fraction(1)), ExtensionLimit(None, Fraction(1, 2), 36))
BUCKETS = (Bucket("1", 12), Bucket("5", 60), Bucket("more", None))


@pytest.mark.parametrize(
    ("start", "maturity", "latest"),
    [
        (date(2026, 1, 15), date(2027, 1, 15), date(2028, 1, 15)),  # twelve months: twelve more
        (date(2026, 1, 15), date(2026, 7, 15), date(2027, 1, 15)),  # six: six more
        (date(2026, 1, 15), date(2026, 2, 25), date(2026, 4, 4)),  # a month and ten days: to 25 March, ten days on
        (date(2026, 1, 15), date(2027, 1, 16), date(2027, 7, 16)),  # a day over a year: half, 6 months and 0 days
        (date(2026, 1, 15), date(2028, 1, 15), date(2029, 1, 15)),  # two years: one more
        (date(2026, 1, 15), date(2027, 4, 15), date(2027, 11, 30)),  # fifteen months: seven and a half
        (date(2020, 1, 15), date(2030, 1, 15), date(2033, 1, 15)),  # ten years: three, not five
        (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 28)),  # a month from the 31st
    ],
)
def test_latest_maturity(start: date, maturity: date, latest: date) -> None:
    assert latest_maturity(start, maturity, LIMITS) == latest


@pytest.mark.parametrize(
    ("end", "code"), [(date(2027, 1, 15), "1"), (date(2027, 1, 16), "5"), (date(2031, 1, 15), "5"), (date(2031, 1, 16), "more")]
)
def test_bucket_of_a_total_term(end: date, code: str) -> None:
    assert bucket_of_term(date(2026, 1, 15), end, BUCKETS).code == code


def test_without_a_row_for_the_term() -> None:
    with pytest.raises(ValueError, match="no limit"):
        latest_maturity(date(2026, 1, 15), date(2028, 1, 15), LIMITS[:1])
    with pytest.raises(ValueError, match="no bucket"):
        bucket_of_term(date(2026, 1, 15), date(2028, 1, 15), BUCKETS[:1])
