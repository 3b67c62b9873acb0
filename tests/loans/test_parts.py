"""Payout in parts: due dates from the start, interest of each part from its own day, never more than the contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError

BULLET = {
    "amount": "1000000.00", "rate_annual": "0.036", "day_count": "ACT/360", "method": "bullet", "instalments": 1, "every": "1 month",
}  # fmt: skip


def fresh(loan: Any) -> Any:
    return type(loan).objects.select_related("institution", "contract").get(pk=loan.pk)


def test_two_parts(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """400,000 for 31 nights and 600,000 for 21: 1,240.00 + 1,260.00 = 2,500.00 of interest on 15 February."""
    from puhui.loans.actions import draw_down, draw_more
    from puhui.loans.day_end import run
    from puhui.loans.models import Command

    contract = cleared_contract(BULLET)
    loan = draw_down(contract, "part 1", "officer", amount_fen=40_000_000)
    assert (loan.amount_fen, loan.lent_fen) == (100_000_000, 40_000_000)
    exposure = contract.decision.exposure
    exposure.refresh_from_db()
    assert (exposure.reserved_fen, exposure.outstanding_fen) == (60_000_000, 40_000_000)
    run(lender, date(2026, 1, 24), "test")
    assert proved(lender) == []
    loan = fresh(loan)
    assert draw_down(contract, "part 1", "officer", amount_fen=40_000_000).pk == loan.pk
    with pytest.raises(FaultsError, match="what is not drawn"):
        draw_more(loan, 60_000_001, "part 2", "officer")
    part = draw_more(loan, 60_000_000, "part 2", "officer")
    assert draw_more(fresh(loan), 60_000_000, "part 2", "officer").pk == part.pk
    with pytest.raises(FaultsError, match="what is not drawn"):
        draw_more(fresh(loan), 1, "part 3", "officer")
    loan = fresh(loan)
    (row,) = loan.instalments.all()
    assert (row.due, row.principal_fen, row.interest_fen) == (date(2026, 2, 15), 100_000_000, 250_000)
    assert proved(lender) == []
    run(lender, date(2026, 2, 16), "test")
    assert fresh(loan).status == "overdue" and proved(lender) == []
    assert set(Command.objects.values_list("act", flat=True)) == {"draw_down", "draw_more"}


def test_a_part_is_paid_off_by_what_was_drawn(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """400,000 for ten nights at 3.6%: 400.00 of interest closes it, not that of the million of the contract."""
    from puhui.loans.actions import draw_down, pay_off
    from puhui.loans.day_end import run
    from puhui.loans.queries import owed

    loan = draw_down(cleared_contract(BULLET), "part 1", "officer", amount_fen=40_000_000)
    run(lender, date(2026, 1, 24), "test")
    lender.refresh_from_db()
    assert owed(fresh(loan), lender.business_date).to_close_fen == 40_040_000
    assert pay_off(fresh(loan), "close", "officer").amount_fen == 40_040_000
    assert fresh(loan).status == "closed" and proved(lender) == []


def test_a_part_confirmed_by_the_outside_bank_with_its_own_day(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    """The bank paid on the 17th and told so on the 20th: interest runs from the 17th, the books get it on the 20th."""
    from puhui.books.models import Entry
    from puhui.loans.actions import draw_down
    from puhui.loans.day_end import run

    run(lender, date(2026, 1, 19), "test")
    lender.refresh_from_db()
    contract = cleared_contract(BULLET)
    with pytest.raises(FaultsError, match="the open day"):
        draw_down(contract, "late", "officer", on=date(2026, 1, 21))
    loan = draw_down(contract, "late", "officer", on=date(2026, 1, 17))
    assert (loan.start, fresh(loan).interest_earned_fen) == (date(2026, 1, 17), 30_000)
    entry = Entry.objects.get(loan_id=loan.pk)
    assert (entry.posting_date, entry.effective_date) == (date(2026, 1, 20), date(2026, 1, 17))
    assert proved(lender) == []


def test_more_than_the_contract(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    from puhui.loans.actions import draw_down

    with pytest.raises(FaultsError, match="the amount of the contract"):
        draw_down(cleared_contract(BULLET), "all", "officer", amount_fen=100_000_001)
