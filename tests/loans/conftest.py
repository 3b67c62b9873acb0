"""A lender with open books and loans whose contracts are already cleared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from itertools import count
from typing import Any

import pytest

OPENED = date(2026, 1, 15)


@pytest.fixture
def lender(database: str) -> Iterator[Any]:
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution

    institution = create_institution("DEMO", "云溪县农村商业银行", "bank", OPENED)
    open_books(institution, "test")
    yield institution


PROBABILITIES_PPM = {"A": 5_000, "B": 40_000, "D": 300_000}


def make_cleared_contract(institution: Any, number: int, terms: dict[str, Any], firm: Any = None, risk_class: str = "B") -> Any:
    """A cleared contract with all that must stand behind it: quote terms without `start`, of a firm of its own unless one is given."""
    from puhui.decisions.models import Application, Decision, Exposure, Offer
    from puhui.loans.models import Contract
    from puhui.parties.actions import register_firm

    amount_fen = round(float(terms["amount"]) * 100)
    firm = firm or register_firm(institution, f"云溪县第{number}商贸有限公司", actor="test", identifiers={"platform": f"F{number}"})
    application = Application.objects.create(
        institution=institution, firm=firm, product_code="invoice-working-capital", amount_fen=amount_fen, term_months=12, purpose="stock",
        channel="test", key=f"application {number}", business_date=institution.business_date, submitted_by="test", status="accepted",
    )  # fmt: skip
    decision = Decision.objects.create(
        institution=institution, application=application, firm=firm, business_date=institution.business_date, outcome="approve",
        risk_class=risk_class, probability_ppm=PROBABILITIES_PPM[risk_class], limit_fen=amount_fen, amount_fen=amount_fen, rate_ppm=43_500,
        authority="straight_through", record={}, digest="",
    )  # fmt: skip
    Exposure.objects.create(institution=institution, firm=firm, decision=decision, reserved_fen=amount_fen)
    offer = Offer.objects.create(
        institution=institution, application=application, decision=decision, firm=firm, amount_fen=amount_fen, rate_ppm=43_500,
        terms=terms, annual_cost_ppm=44_400, expires_on=date(2026, 3, 1), status="accepted",
    )  # fmt: skip
    return Contract.objects.create(
        institution=institution, firm=firm, decision=decision, offer=offer, number=f"{institution.code}-{number:04d}",
        product_code=application.product_code, amount_fen=amount_fen, terms=terms, text="合同",
        text_digest=hashlib.sha256("合同".encode()).hexdigest(), status="cleared",
    )  # fmt: skip


@pytest.fixture
def cleared_contract(lender: Any) -> Callable[..., Any]:
    """Makes a cleared contract: see `make_cleared_contract`."""
    numbers = count(1)

    def make(terms: dict[str, Any], firm: Any = None, risk_class: str = "B") -> Any:
        return make_cleared_contract(lender, next(numbers), terms, firm, risk_class)

    return make


def proved(institution: Any) -> list[Any]:
    """Everything that does not agree, in the books and in the loans."""
    from puhui.books.actions import verify
    from puhui.loans.verify import findings

    return [*verify(institution), *findings(institution)]


MONTHLY = {
    "amount": "120000.00", "rate_annual": "0.0435", "day_count": "M/360", "instalments": 12, "every": "1 month",
    "method": "equal_instalment", "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip


@pytest.fixture
def monthly_terms() -> dict[str, Any]:
    return dict(MONTHLY)
