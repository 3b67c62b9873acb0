"""Taxes and fees of a loan: what is inside the price, who is exempt and why not, and fees earned over the life."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.effective_interest import amortisation, amortised_fee, carrying_amount, first_rate
from puhui.calculations.stamp_duty import duty_of_contract
from puhui.calculations.value_added_tax import TaxedLoan, tax_inside
from puhui.products.taxes import exemptions_on, interest_tax, stamp_duty_on

DAY = date(2026, 3, 1)
SHOP = TaxedLoan("bank", "enterprise", "micro", 900_000_00, 900_000_00, 40_000, 30_000)


def test_ten_thousand_of_interest_hold_566_04_of_tax() -> None:
    """domain/practice.md 14."""
    assert tax_inside(10_000_00, 60_000) == 566_04
    assert tax_inside(-10_000_00, 60_000) == -566_04 and tax_inside(10_000_00, 0) == 0


@pytest.mark.parametrize(
    ("change", "exemption", "against"),
    [
        ({}, "small_household", {}),
        ({"borrower": "individual_business", "size": "not_known"}, "small_household", {}),
        ({"size": "medium"}, None, {"small_household": ("firm_size",), "inclusive_rate": ("firm_size", "assessment")}),
        ({"household_credit": 1_000_000_01, "is_assessed": True}, "inclusive_rate", {"small_household": ("household_credit",)}),
        (
            {"household_credit": 2_000_000_00, "is_assessed": True, "rate_ppm": 45_001},
            None,
            {"inclusive_rate": ("household_credit", "rate")},
        ),
        ({"lender": "micro_lender"}, None, {"farmer_small_balance": ("borrower", "balance")}),
        ({"lender": "micro_lender", "borrower": "farmer", "balance": 100_000_00}, "farmer_small_balance", {}),
    ],
)
def test_an_exemption_holds_or_says_what_stands_against_it(change: dict, exemption: str | None, against: dict) -> None:
    found = interest_tax(replace(SHOP, **change), DAY)
    assert found.exemption == exemption and found.interest_ppm == (0 if exemption else 60_000) and found.fee_ppm == 60_000
    for code, reasons in against.items():
        assert set(found.against[code]) & set(reasons), found.against


def test_the_rate_of_one_and_a_half_times_the_prime_rate_is_the_last_that_is_exempt() -> None:
    asked = replace(SHOP, household_credit=2_000_000_00, is_assessed=True)
    assert interest_tax(replace(asked, rate_ppm=45_000), DAY).exemption == "inclusive_rate"
    assert interest_tax(replace(asked, rate_ppm=45_001), DAY).against["inclusive_rate"] == ("rate",)


def test_exemptions_end_with_their_tables() -> None:
    assert len(exemptions_on(date(2027, 12, 31))) == 3 and exemptions_on(date(2028, 1, 1)) == ()
    assert interest_tax(SHOP, date(2028, 1, 1)).interest_ppm == 60_000


def test_stamp_duty_of_a_contract() -> None:
    """0.05‰ of 3,000,000.00 are 150.00 (domain/practice.md 15)."""
    now, later = stamp_duty_on(DAY), stamp_duty_on(date(2028, 1, 1))
    medium = {"lender": "bank", "borrower": "enterprise", "size": "medium"}
    assert duty_of_contract(3_000_000_00, now, **medium) == 150_00
    assert duty_of_contract(3_000_000_00, now, **{**medium, "size": "small"}) == 0
    assert duty_of_contract(3_000_000_00, later, **{**medium, "size": "small"}) == 150_00
    assert duty_of_contract(3_000_000_00, now, **medium, extends=True) == 0
    assert duty_of_contract(3_000_000_00, now, **{**medium, "lender": "micro_lender"}) == 0


DRAWN = (date(2026, 1, 15), 1_000_000_00)
DUES = [(date(2026, 1 + month, 15), 85_000_00) for month in range(1, 12)] + [(date(2027, 1, 15), 85_000_00)]


def test_the_effective_rate_and_each_carrying_amount_are_those_of_another_library() -> None:
    fee = 10_000_00
    rate = first_rate(DRAWN, fee, DUES)
    flows = [(DRAWN[0], -(DRAWN[1] - fee)), *DUES]
    assert rate == pytest.approx(pyxirr.xirr([day for day, _ in flows], [amount for _, amount in flows]), abs=1e-9)
    rows = amortisation(DRAWN, fee, DUES)
    for row in rows[:-1]:
        coming = [flow for flow in DUES if flow[0] > row.day]
        worth = pyxirr.xnpv(rate, [row.day, *(day for day, _ in coming)], [0, *(amount for _, amount in coming)])
        assert row.closing == pytest.approx(worth, abs=0.51)
    assert rows[-1].closing == 0
    assert sum(row.effective_interest for row in rows) == sum(amount for _, amount in DUES) - DRAWN[1] + fee


@given(
    share=st.integers(0, 200),  # of the loan, in thousandths
    months=st.integers(1, 36),
    instalment=st.integers(30_000_00, 120_000_00),
    nights=st.integers(0, 1200),
)
def test_a_fee_is_earned_bit_by_bit_and_no_more_than_it_is(share: int, months: int, instalment: int, nights: int) -> None:
    dues = [(DRAWN[0] + timedelta(days=30 * number), instalment) for number in range(1, months + 1)]
    lent = round(carrying_amount(DRAWN[0], dues, 0.06))
    fee = lent * share // 1000
    rate = first_rate((DRAWN[0], lent), fee, dues)
    contract = first_rate((DRAWN[0], lent), 0, dues)

    def earned(day: date) -> int:
        return amortised_fee(fee, rate, day, round(carrying_amount(day, dues, contract)), dues)

    day = DRAWN[0] + timedelta(days=nights)
    assert abs(earned(DRAWN[0])) <= 1
    assert 0 <= earned(day) <= fee and earned(day) <= earned(day + timedelta(days=1)) + 1
    assert earned(dues[-1][0]) == fee, "nothing is left when the loan is repaid"


def test_a_fee_as_large_as_the_loan_has_no_rate() -> None:
    with pytest.raises(ValueError, match="no single effective rate"):
        first_rate(DRAWN, DRAWN[1] + 1, DUES)
