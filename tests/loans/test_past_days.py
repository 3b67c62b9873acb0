"""A report of a past day tells what was known then: nothing that comes later, be it backdated, changes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import OPENED, proved


def told(lender: Any, day: date) -> tuple[list[Any], dict[str, Any]]:
    """Standings and portfolio report of a day."""
    from puhui.loans.queries import standings
    from puhui.reports.queries import report

    lender.refresh_from_db()
    return [(each.loan.pk, each.counters, each.days_past_due) for each in standings(lender, day)], report(
        "portfolio", lender, day
    ).as_dict()


def test_past_days_stay_as_they_were_told(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    from puhui.loans.actions import deposit, draw_down, pay_off, repay, reverse
    from puhui.loans.day_end import run_day

    late, punctual, quiet = (
        draw_down(cleared_contract(terms), f"draw {number}", "officer")
        for number, terms in enumerate((EVERY_THREE_DAYS, EVERY_THREE_DAYS, {**EVERY_THREE_DAYS, "every": "1 month"}))
    )
    deposit(punctual.firm, 9_000_000)
    as_told: dict[date, Any] = {}
    day = OPENED
    payment = None
    for number in range(9):
        day = OPENED + timedelta(days=number)
        if number == 7:
            payment = repay(late, 1_503_625, "backdated", "officer", on=OPENED + timedelta(days=3))
            draw_down(cleared_contract(EVERY_THREE_DAYS), "a new one", "officer")
        run_day(lender, "test")
        as_told[day] = told(lender, day)
    assert [as_told[OPENED + timedelta(days=number)][0][0][2] for number in range(9)] == [0, 0, 0, 0, 1, 2, 3, 1, 2]
    # On the open day money comes, and goes back.
    assert payment is not None
    reverse(payment, "undo", "wrong account", "officer")
    pay_off(punctual, "close", "officer")
    repay(quiet, 1_000_000, "early", "officer")
    for past, before in as_told.items():
        standings, report = told(lender, past)
        assert (past, standings) == (past, before[0])
        assert (past, report) == (past, before[1])
    assert len(as_told[day][0]) == 4 and len(as_told[OPENED][0]) == 3
    assert proved(lender) == []
