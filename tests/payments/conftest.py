"""A micro-lender and a bank with open books, an account at an outside bank, and cleared contracts to pay out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from itertools import count
from typing import Any

import pytest
from tests.loans.conftest import MONTHLY, make_cleared_contract

OPENED = date(2026, 1, 15)
MORNING = datetime(2026, 1, 15, 9, tzinfo=timezone(timedelta(hours=8)))
OWN_NUMBER = "6222020200112233445"
BORROWER_NUMBER = "6217001234567890123"


@pytest.fixture
def micro_lender(database: str) -> Iterator[Any]:
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution

    institution = create_institution("MICRO", "云溪县小额贷款有限公司", "micro_lender", OPENED)
    open_books(institution, "test")
    yield institution


@pytest.fixture
def account(micro_lender: Any) -> Any:
    from puhui.payments.actions import open_bank_account

    return open_bank_account(micro_lender, "MAIN", OWN_NUMBER, "邻县银行", "test", channel="simulated")


@pytest.fixture
def contract_of(micro_lender: Any) -> Callable[..., Any]:
    numbers = count(1)

    def make(firm: Any = None, **terms: Any) -> Any:
        return make_cleared_contract(micro_lender, next(numbers), {**MONTHLY, **terms}, firm)

    return make


@pytest.fixture
def accountant(micro_lender: Any) -> Any:
    from puhui.parties.actions import create_user

    return create_user(micro_lender, "accountant", "secret-secret", "accountant")


def supplier(amount_fen: int, number: str = "6230580000099887766", name: str = "青石建材有限公司") -> Any:
    from puhui.payments.actions import Payee

    return Payee(name, number, "邻县银行", amount_fen, proof="购销合同 2026-07", mode="entrusted")


def own_account(contract: Any, user: Any, number: str = BORROWER_NUMBER, agreement: str = "DK-2026-001") -> Any:
    """A verified account of the contract's borrower."""
    from puhui.payments.actions import register_firm_account, verify_firm_account

    firm = contract.firm
    return verify_firm_account(register_firm_account(firm, number, firm.name, "邻县银行", "officer", agreement=agreement), user)


def balance(institution: Any, role: str) -> int:
    from puhui.books.queries import balance as balance_of

    institution.refresh_from_db()
    return balance_of(institution, role, institution.business_date)


def driven(order: Any, bank: Any, steps: int = 12, minutes: int = 31) -> Any:
    """The order after so many steps, some time apart, with the bank's notices heard as they come."""
    from puhui.payments.actions import drive, hear

    for _ in range(steps):
        order = drive(order, bank, bank.at)
        for reference, answer in bank.move_on(minutes):
            hear(order.institution, reference, answer, bank.at)
    order.refresh_from_db()
    return order


@pytest.fixture
def lender(database: str) -> Iterator[Any]:
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution

    institution = create_institution("DEMO", "云溪县农村商业银行", "bank", OPENED)
    open_books(institution, "test")
    yield institution
