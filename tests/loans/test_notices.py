"""Notices of a night: every borrower whose instalment falls due in three days, or who is a day late, is told once, however it is shared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import OPENED

DUE = OPENED + timedelta(days=3)


def told(topic: str, day: date) -> list[list[dict[str, Any]]]:
    """The notices of each row of the outbox."""
    from puhui.loans.models import Outbox

    rows = Outbox.objects.filter(topic=topic, payload__day=day.isoformat()).order_by("pk")
    return [row.payload["notices"] for row in rows]


@pytest.mark.parametrize("workers", [1, 2])
def test_each_is_told_once(lender: Any, cleared_contract: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    from puhui.loans import day_end, notices
    from puhui.loans.actions import draw_down_many
    from puhui.loans.models import DayEndStep

    monkeypatch.setattr(notices, "LOT", 5)
    contracts = [cleared_contract({**EVERY_THREE_DAYS, "amount": f"{60_000 + number}.00"}) for number in range(24)]
    loans = draw_down_many(lender, [(contract, f"draw {contract.pk}") for contract in contracts], "officer")
    day_end.run(lender, DUE + timedelta(days=1), "test", workers=workers)

    rows = told("loans.fall_due", OPENED)
    assert max(map(len, rows)) <= 5 and len(rows) < 24
    expected = [
        {
            "loan": loan.pk,
            "number": loan.number,
            "firm": loan.firm_id,
            "due": DUE.isoformat(),
            "amount_fen": row.principal_fen + row.interest_fen,
        }
        for loan in loans
        for row in loan.instalments.filter(due=DUE)
    ]
    assert len(expected) == 24 and sorted((each for row in rows for each in row), key=lambda one: one["loan"]) == expected
    late = sorted((each for row in told("loans.overdue", DUE + timedelta(days=1)) for each in row), key=lambda one: one["loan"])
    assert late == [
        {"loan": loan.pk, "number": loan.number, "firm": loan.firm_id, "overdue_since": DUE.isoformat(), "days": 1} for loan in loans
    ]
    figures = dict(DayEndStep.objects.filter(step="notices").values_list("date", "figures"))
    assert figures[OPENED] == {"fall_due": 24, "overdue": 0} and figures[DUE + timedelta(days=1)] == {"fall_due": 0, "overdue": 24}


def test_a_few_go_into_one_row(lender: Any, cleared_contract: Callable[..., Any]) -> None:
    from puhui.loans import day_end
    from puhui.loans.actions import draw_down_many

    contracts = [cleared_contract(EVERY_THREE_DAYS) for _ in range(9)]
    draw_down_many(lender, [(contract, f"draw {contract.pk}") for contract in contracts], "officer")
    day_end.run(lender, OPENED, "test")
    assert [len(row) for row in told("loans.fall_due", OPENED)] == [9]
