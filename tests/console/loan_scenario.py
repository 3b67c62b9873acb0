"""Loans with a life, beside those of the scenario: a note that matures soon, a line, a late note, an act that waits for a second person.

All by the platform's own acts. `enrich` tells the numbers that tests and pictures need.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

MATURING = {
    "amount": "300000.00", "rate_annual": "0.0435", "day_count": "ACT/360", "method": "interest_only", "settlement_day": 20,
    "every": "1 month", "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip
MONTHLY = {
    "amount": "120000.00", "rate_annual": "0.0435", "day_count": "M/360", "instalments": 12, "every": "1 month",
    "method": "equal_instalment", "penalty": {"markup_overdue": "0.5", "compound_in_term": True, "compound_overdue": True},
}  # fmt: skip
LINE = {
    "amount": "500000.00", "rate_annual": "0.036", "day_count": "ACT/360", "method": "bullet", "instalments": 1, "every": "3 month",
    "line": {"limit": "500000.00", "until": "2025-11-30", "dues": "own"}, "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip


@dataclass
class Life:
    """Loans, the line and the waiting command by what they show."""

    maturing: Any
    renewal: Any  # a cleared contract of the same firm and amount
    late: Any
    line: Any
    to_open: Any  # a cleared contract that holds a line
    waiting: Any  # a waiver that waits for a second person
    first_day: date


def prepare(institution: Any, firms: list[Any], users: dict[str, Any]) -> Life:
    """What begins on the first day: the notes, the line and its draw."""
    from tests.loans.conftest import make_cleared_contract

    from puhui.loans.actions import deposit, draw_down
    from puhui.loans.commands import perform
    from puhui.loans.securing import add_security

    day = institution.business_date
    soon = {**MATURING, "maturity": (day + timedelta(days=70)).isoformat()}
    contract = make_cleared_contract(institution, 9001, soon, firms[1])
    add_security(contract, "guarantor", "王大海", "保证合同 17", "officer")
    maturing = draw_down(contract, "life 1", "accountant")
    deposit(maturing.firm, 1_000_000)
    late = draw_down(make_cleared_contract(institution, 9002, MONTHLY, firms[2]), "life 2", "accountant")
    holds = make_cleared_contract(institution, 9003, LINE, firms[3])
    line = perform(users["officer"], "open_line", holds, {}, "life 3").result
    perform(users["officer"], "draw_on_line", holds, {"amount_fen": 20_000_000}, "life 4")
    to_open = make_cleared_contract(institution, 9004, {**LINE, "amount": "80000.00"}, firms[4])
    return Life(maturing, None, late, line, to_open, None, day)


def enrich(institution: Any, life: Life, users: dict[str, Any]) -> None:
    """What happens on the last day: a backdated repayment, a waiver that waits, a contract to renew by."""
    from tests.loans.conftest import make_cleared_contract

    from puhui.loans.actions import repay
    from puhui.loans.commands import perform
    from puhui.loans.models import Command, Loan
    from puhui.loans.securing import add_security

    institution.refresh_from_db()
    day = institution.business_date
    for name in ("maturing", "late"):
        loan = getattr(life, name)
        setattr(life, name, Loan.objects.select_related("institution", "contract", "firm").get(pk=loan.pk))
    repay(life.late, 300_000, "life 5", "accountant", on=day - timedelta(days=5))
    asked = {"amount_fen": 1_000, "of": "penalty", "reason": "the bank's own system was down"}
    life.late = Loan.objects.select_related("institution", "contract", "firm").get(pk=life.late.pk)
    life.waiting = Command.objects.get(pk=perform(users["officer"], "waive", life.late, asked, "life 6").command_id)
    until = (day + timedelta(days=365)).isoformat()
    life.renewal = make_cleared_contract(institution, 9005, {**MATURING, "maturity": until}, life.maturing.firm)
    add_security(life.renewal, "guarantor", "王大海", "保证合同 31", "officer")
    add_security(
        life.renewal, "mortgage", "周木", "抵押合同 8", "officer", registration="浙(2024)00123", registered_until=day + timedelta(days=200)
    )
