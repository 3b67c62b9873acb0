"""After the day end the kept figures by industry and region are the sum of what loans owe: payouts and repayments count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import OPENED

PLACES = (("1310", "330781"), ("1320", "330782"), ("5210", "330781"))
SECTIONS = {"13": "C", "52": "F"}


def test_payouts_and_repayments_count_with_the_next_day_end(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    from puhui.decisions.concentration import figures
    from puhui.loans import day_end
    from puhui.loans.actions import deposit, draw_down
    from puhui.loans.models import Loan

    loans = []
    for number, (industry, county) in enumerate(PLACES):
        loan = draw_down(cleared_contract(EVERY_THREE_DAYS), f"draw {number}", "officer")
        loan.firm.industry_code, loan.firm.division_code = industry, county
        loan.firm.save()
        loans.append(loan)
    assert figures(lender) == {}  # nothing was counted yet, and these contracts were promised nothing by a decision
    deposit(loans[0].firm, 2_000_000)
    day_end.run(lender, OPENED + timedelta(days=3), "test")
    owed: dict[str, int] = defaultdict(int)
    for loan, (industry, county) in zip(loans, PLACES, strict=True):
        principal_fen = Loan.objects.get(pk=loan.pk).principal_fen
        for cell in (f"industry:{SECTIONS[industry[:2]]}", f"industry:{industry[:2]}", *(f"region:{county[:n]}" for n in (2, 4, 6))):
            owed[cell] += principal_fen
    assert figures(lender) == owed
    first, second = (Loan.objects.get(pk=loan.pk).principal_fen for loan in loans[:2])
    assert first < second  # the one with money in the account has repaid
