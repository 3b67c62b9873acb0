"""Rates that follow the loan prime rate: agreed in the contract, set anew on their days by the value of the day before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from tests.loans.conftest import make_cleared_contract, proved

from puhui.calculations.faults import FaultsError

# Published: 3.10% on 2024-10-21, 3.00% on 2025-05-20.
OPENED = date(2025, 4, 15)
OFFERED = {
    "amount": "120000.00", "rate_annual": "0.046", "day_count": "ACT/360", "instalments": 12, "every": "1 month",
    "method": "interest_only", "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip


def link(**changes: Any) -> dict[str, Any]:
    return {"rate_link": {"index": "LPR1Y", "spread": "0.0125", "every": "1 month", "on": "anniversary", **changes}}


@pytest.fixture
def bank(database: str) -> Any:
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution

    institution = create_institution("DEMO", "云溪县农村商业银行", "bank", OPENED)
    open_books(institution, "test")
    return institution


@pytest.fixture
def drawn(bank: Any) -> Callable[..., Any]:
    """A note with a plan of repayment, from an accepted offer to the payout."""
    numbers = count(1)

    def make(plan: dict[str, Any]) -> Any:
        from puhui.loans.actions import clear_contracts, draft_contract, draw_down, meet_conditions, sign
        from puhui.parties.actions import create_user

        number = next(numbers)
        made = make_cleared_contract(bank, number, OFFERED)
        offer = made.offer
        made.delete()
        contract = draft_contract(offer, "officer", plan)
        for party in ("borrower", "lender"):
            sign(contract, party, "somebody", "electronic", {}, "officer")
        meet_conditions(contract, dict.fromkeys(contract.conditions.values_list("code", flat=True), "document"), "officer")
        (cleared,) = clear_contracts([contract], create_user(bank, f"checker{number}", "secret-secret", "accountant"))
        return draw_down(cleared, f"payout {number}", "accountant")

    return make


def rates(loan: Any) -> list[tuple[date, int]]:
    return [(event.date, event.detail["rate_e8"]) for event in loan.events.filter(type="rate_change").order_by("number")]


def run_until(bank: Any, day: date) -> None:
    from puhui.loans.day_end import run

    run(bank, day, "test")
    bank.refresh_from_db()


def test_the_rate_follows_on_its_day(bank: Any, drawn: Callable[..., Any]) -> None:
    """From 15 April at 4.35%; on 15 May the old value still stands; on 15 June 3.00% + 1.25% holds from that night on."""
    from puhui.loans.actions import deposit

    loan = drawn(link())
    assert loan.terms["rate_annual"] == "0.0435" and loan.rate_ppm == 43_500
    assert "浮动年利率" in loan.contract.text and "加125个基点" in loan.contract.text
    yearly = drawn(link(every="12 month", on="01-01"))
    for each in (loan, yearly):
        deposit(each.firm, 10_000_000)
    run_until(bank, date(2025, 6, 14))
    assert rates(loan) == []
    run_until(bank, date(2025, 7, 20))
    assert rates(loan) == [(date(2025, 6, 15), 4_250_000)] and rates(yearly) == []
    # 31 nights at 14.50, then 30 nights of the new rate at 14.1666… .
    due = dict(loan.instalments.values_list("due", "interest_fen"))
    assert (due[date(2025, 6, 15)], due[date(2025, 7, 15)]) == (31 * 1_450, 42_500)
    assert proved(bank) == []


def test_month_ends_and_the_new_year() -> None:
    """The 31st is repriced on the last day of shorter months; every quarter from 1 January."""
    from puhui.loans.linked_rates import Link, is_repriced_on

    def days(of: Link, start: date) -> list[date]:
        return [start + timedelta(days=each) for each in range(400) if is_repriced_on(of, start, start + timedelta(days=each))]

    monthly = days(Link("LPR1Y", 0, 1, "anniversary"), date(2025, 1, 31))
    assert monthly[:4] == [date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 30), date(2025, 5, 31)]
    quarterly = days(Link("LPR1Y", 0, 3, "01-01"), date(2025, 2, 10))
    assert quarterly[:4] == [date(2025, 4, 1), date(2025, 7, 1), date(2025, 10, 1), date(2026, 1, 1)]
    assert days(Link("LPR1Y", 0, 12, "01-01"), date(2025, 1, 1)) == [date(2026, 1, 1)]


def test_a_step_run_again_reprices_once(bank: Any, drawn: Callable[..., Any]) -> None:
    from puhui.loans.day_steps import STEPS, Night

    loan = drawn(link())
    run_until(bank, date(2025, 6, 14))
    night = Night(bank, date(2025, 6, 15))
    assert [STEPS["reprice"](night)["loans"] for _ in range(2)] == [1, 0]
    assert len(rates(loan)) == 1 and proved(bank) == []


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (link(index="SHIBOR"), "rate_link.index"),
        (link(spread="lots", every="2 month", on="moon"), "rate_link.spread.*rate_link.every.*rate_link.on"),
        (link(values=[]), "rate_link.values"),
        (link(spread="0.02"), "rate_annual"),
        ({**link(), "rate_annual": "0.04"}, "nothing beside rate_link"),
        ({**link(), "method": "flat"}, "whose interest follows its balance"),
    ],
    ids=["index", "spread, step and day", "values", "above the offer", "two rates", "flat"],
)
def test_what_a_link_may_not_be(bank: Any, plan: dict[str, Any], expected: str) -> None:
    from puhui.loans.actions import draft_contract

    made = make_cleared_contract(bank, 1, OFFERED)
    offer = made.offer
    made.delete()
    with pytest.raises(FaultsError, match=f"(?s){expected}"):
        draft_contract(offer, "officer", plan)
