"""The plans of repayment of the made-up county are such that every figure of their loans can be told."""

from __future__ import annotations

from datetime import date, timedelta

from puhui.calculations.replay import payoff_amount
from puhui.county.lives import flat
from puhui.loans.fold import terms_of

OFFERED = {
    "currency": "CNY", "amount": "120000", "start": "2025-11-10", "method": "equal_instalment", "every": "1 month", "instalments": 12,
    "rate_annual": "0.06", "day_count": "M/360",
}  # fmt: skip


def test_what_closes_the_flat_loan_is_told_on_each_day():
    start = date(2025, 11, 10)
    plan = flat(OFFERED, start)
    assert plan is not None
    terms = terms_of({**OFFERED, **plan})
    told = [payoff_amount(terms, [], start + timedelta(days=number)) for number in range(1, 300)]
    assert min(told) > 12_000_000, "principal and the interest of the whole term"
