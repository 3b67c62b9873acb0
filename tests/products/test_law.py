"""The law on a day from the tables of the catalogue."""

from datetime import date
from fractions import Fraction

import pytest

from puhui.calculations.caps import caps_on_cost
from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer
from puhui.products.law import law_on

TERMS = {"amount": "120000.00", "start": "2026-01-15", "rate_annual": "0.0435", "instalments": 12, "every": "1 month"}


@pytest.mark.parametrize(
    ("lender", "day", "cap"),
    [
        ("bank", date(2026, 1, 15), "0.24"),  # regulation.md §7: the red line of 24%
        ("micro_lender", date(2026, 1, 15), "0.24"),
        ("micro_lender", date(2028, 1, 2), "0.12"),  # four times an LPR1Y of 3.0%
        ("private", date(2026, 1, 15), "0.12"),  # the file: 12.0% when the LPR is 3.0%
    ],
)
def test_caps_by_date(lender, day, cap):
    assert caps_on_cost(law_on(day), lender)[0][0] == Fraction(cap)


def test_the_prime_rate_is_that_of_the_day_before():
    assert (law_on(date(2025, 5, 20)).prime_rate, law_on(date(2025, 5, 21)).prime_rate) == (Fraction("0.031"), Fraction("0.03"))


def test_a_mortgage_registration_falls_on_the_bank():
    paid = {"upfront": {"fees_to_third_parties": [{"name": "抵押登记费", "amount": "80.00"}, {"name": "notary", "amount": "80.00"}]}}
    document = TERMS | paid | {"checks": {"lender": "bank", "borrower": "small"}}
    with pytest.raises(FaultsError) as refused:
        answer(document, law_on)
    assert [fault.where for fault in refused.value.faults] == ["upfront.fees_to_third_parties[0]"]
    assert "18号" in refused.value.faults[0].expected


def test_a_loan_within_the_law_is_answered_as_without_checks():
    document = TERMS | {"penalty": {"markup_overdue": "0.5"}}
    assert answer(document | {"checks": {"lender": "bank", "borrower": "micro"}}, law_on) == answer(document)
