"""From application to money, on loans whose hours are set by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import OPENED


def test_hours_to_the_first_payout(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    from puhui.decisions.models import Application
    from puhui.loans.actions import draw_down
    from puhui.loans.to_money import hours_to_money

    for hours in (1, 2, 3):
        loan = draw_down(cleared_contract(EVERY_THREE_DAYS), f"draw {hours}", "officer")
        application = Application.objects.filter(pk=loan.contract.decision.application_id)
        application.update(submitted_at=loan.opened_at - timedelta(hours=hours), channel="shop" if hours == 3 else "office")
    found = hours_to_money(lender, OPENED)
    whole = found[(None, None)]
    assert (whole.payouts, whole.median_hours, whole.ninetieth_hours) == (3, 2.0, pytest.approx(2.8))
    assert {channel: (one.payouts, one.median_hours) for (_, channel), one in found.items() if channel} == {
        "office": (2, 1.5), "shop": (1, 3.0),
    }  # fmt: skip
    assert hours_to_money(lender, OPENED - timedelta(days=1))[(None, None)].payouts == 0
