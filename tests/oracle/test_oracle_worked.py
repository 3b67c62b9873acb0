"""The clerk against figures printed in the contract and in the regulations' worked examples: the clerk too must be right."""

from __future__ import annotations

from typing import Any

import pytest
from tests.oracle.answers import answer

MONTHLY: dict[str, Any] = {"start": "2026-01-15", "rate_annual": "0.036", "every": "1 month"}
BULLET = MONTHLY | {"method": "bullet", "amount": "1000000.00", "maturity": "2026-03-20"}


def test_equal_instalments_of_half_a_million() -> None:
    found = answer(MONTHLY | {"amount": "500000.00", "instalments": 12})
    assert found["instalments"][0]["total"] == "42483.63"
    assert found["instalments"][-1]["total"] == "42483.62"
    assert found["totals"]["interest"] == "9803.55"


@pytest.mark.parametrize(("day_count", "interest"), [("M/360", "6500.00"), ("ACT/360", "6400.00")])
def test_two_months_and_five_days(day_count: str, interest: str) -> None:
    assert answer(BULLET | {"day_count": day_count})["totals"]["interest"] == interest


def test_the_settlement_day_itself_counts() -> None:
    document = BULLET | {"method": "interest_only", "day_count": "ACT/360", "every": "3 month"}
    first = answer(document | {"settlement_day": 20, "maturity": "2027-01-15"})["instalments"][0]
    assert (first["days"], first["interest"], first["due"]) == (65, "6500.00", "2026-03-21")


def test_one_million_for_ninety_one_days() -> None:
    document = BULLET | {"day_count": "ACT/360", "maturity": "2026-04-16"}
    assert answer(document)["totals"]["interest"] == "9100.00"


def test_twenty_days_overdue_at_half_more() -> None:
    found = answer(BULLET | {"amount": "100000.00", "penalty": {"markup_overdue": "0.5"}, "as_of": "2026-04-09"})
    assert found["totals"]["penalty"] == "300.00"
    assert found["state"]["days_past_due"] == 20


def test_the_day_label_is_worth_one_night_of_the_difference() -> None:
    """One million, 25 basis points less from 1 January: the other reading is 6.94 yuan away (practice.md 3)."""
    base = BULLET | {"start": "2026-12-15", "maturity": "2027-01-15", "day_count": "ACT/360"}
    base |= {"events": [{"type": "rate_change", "date": "2027-01-01", "rate_annual": "0.0335"}]}
    start, end = (float(answer(base | {"day_label": label})["totals"]["interest"]) for label in ("start", "end"))
    assert abs(start - end - 6.94) < 0.011
