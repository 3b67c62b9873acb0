"""A loan at another branch, a firm with another account manager."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError

NOTE = {
    "amount": "1000000.00", "rate_annual": "0.036", "day_count": "ACT/360", "method": "bullet", "instalments": 1, "every": "10 day",
    "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip


@pytest.fixture
def people(lender: Any) -> dict[str, Any]:
    from puhui.parties.actions import create_user

    return {name: create_user(lender, name, "secret-secret", role) for name, role in (("officer", "officer"), ("second", "approver"))}


@pytest.fixture
def act(people: dict[str, Any]) -> Callable[..., Any]:
    from itertools import count

    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Command

    numbers = count(1)

    def carry_out(name: str, target: Any, **arguments: Any) -> Any:
        key = f"key {next(numbers)}"
        done = perform(people["officer"], name, target, arguments, key)
        return approve(people["second"], Command.objects.get(key=key)) if done.status == "waiting" else done

    return carry_out


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def of_branches(lender: Any, code: str) -> dict[str, int]:
    """Branch → balance of an account by its transfers, debit positive, where it is not zero."""
    from puhui.books.models import Account, Transfer

    found: dict[str, int] = {}
    for cell in Account.objects.filter(institution=lender, code=code).select_related("branch"):
        for transfer in Transfer.objects.filter(debit_account=cell) | Transfer.objects.filter(credit_account=cell):
            sign = 1 if transfer.debit_account_id == cell.pk else -1
            found[cell.branch.code] = found.get(cell.branch.code, 0) + sign * transfer.amount_fen
    return {branch: fen for branch, fen in found.items() if fen}


def test_a_loan_moves_to_another_branch(lender: Any, cleared_contract: Callable[..., Any], act: Callable[..., Any]) -> None:
    """Twelve nights on: principal, interest due and penalty leave the head office; the next night is the new branch's."""
    from puhui.books.queries import balances_by_role
    from puhui.loans.actions import draw_down, repay
    from puhui.loans.day_end import run
    from puhui.loans.models import Loan
    from puhui.parties.actions import create_branch

    branch = create_branch(lender, "EAST", "城东支行", actor="test")
    loan = draw_down(cleared_contract(NOTE), "payout", "officer")
    run(lender, date(2026, 1, 26), "test")
    lender.refresh_from_db()
    before = balances_by_role(lender, lender.business_date)
    moved = act("transfer_branch", loan, branch="EAST", reason="district divided")
    assert moved.answer["to"] == "EAST" and fresh(loan).branch_id == branch.pk
    assert balances_by_role(lender, lender.business_date) == before  # the lender as a whole owns what it owned
    assert of_branches(lender, "130301") == {"EAST": 100_000_000}
    assert of_branches(lender, "113201") == {"EAST": 100_000}  # ten nights at 100.00
    assert proved(lender) == []
    run(lender, date(2026, 1, 28), "test")
    repay(Loan.objects.select_related("institution").get(pk=loan.pk), 50_000_000, "pay", "officer")
    assert proved(lender) == []
    for code in ("EAST", "WEST"):
        with pytest.raises(FaultsError, match="another branch"):
            act("transfer_branch", loan, branch=code, reason="again")


def test_an_account_manager_changes(
    lender: Any, cleared_contract: Callable[..., Any], act: Callable[..., Any], people: dict[str, Any]
) -> None:
    firm = cleared_contract(NOTE).firm
    act("transfer_manager", firm, manager=people["second"].pk, reason="district divided")
    assert fresh(firm).manager_id == people["second"].pk
    for manager in (people["second"].pk, 999_999):
        with pytest.raises(FaultsError, match="manager"):
            act("transfer_manager", firm, manager=manager, reason="again")
