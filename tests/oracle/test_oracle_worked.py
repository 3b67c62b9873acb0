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


PARTS = MONTHLY | {"method": "equal_principal", "amount": "120000.00", "instalments": 12, "prepayment": "next_instalments"}


def test_an_instalment_paid_in_advance_owes_interest_to_that_day_and_the_next_bears_the_rest() -> None:
    """10 odd days of 120,000 are 120.00; the month bears 330.00 + 10.00, so 220.00 falls on the next beside its own 330.00."""
    paid = {"date": "2026-01-25", "type": "repayment", "amount": "10120.00"}
    rows = answer(PARTS | {"events": [paid], "as_of": "2026-01-25"})["instalments"]
    assert [(row["principal"], row["interest"]) for row in rows[:3]] == [
        ("10000.00", "120.00"),
        ("10000.00", "550.00"),
        ("10000.00", "300.00"),
    ]


def test_a_payoff_takes_all_scheduled_interest_where_it_is_not_recalculated() -> None:
    """120,000 × 0.3% × (12 + 11 + … + 1) ÷ 12 = 2,340.00."""
    found = answer(PARTS | {"interest_recalculation": None, "events": [{"date": "2026-01-25", "type": "payoff"}], "as_of": "2026-01-25"})
    assert (found["totals"]["paid"], found["totals"]["interest"], len(found["instalments"])) == ("122340.00", "2340.00", 1)


def test_a_year_at_twelve_per_cent_costs_twelve_per_cent() -> None:
    """The monthly rate is the twelfth root of 1.12, less 1: 0.948879%, twelve times 11.386552%."""
    found = answer(BULLET | {"maturity": "2027-01-15", "rate_annual": "0.12"})
    assert found["annual_cost"] == {"effective": "0.120000", "nominal": "0.113866"}
