"""A lender with open books and loans whose contracts are already cleared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
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


@pytest.fixture
def cleared_contract(lender: Any) -> Callable[..., Any]:
    """Makes a cleared contract: quote terms without `start`, of a firm of its own unless one is given."""
    from puhui.decisions.models import Application, Decision, Exposure, Offer
    from puhui.loans.models import Contract
    from puhui.parties.actions import register_firm

    number = 0

    def make(terms: dict[str, Any], firm: Any = None) -> Any:
        nonlocal number
        number += 1
        amount_fen = round(float(terms["amount"]) * 100)
        firm = firm or register_firm(lender, f"云溪县第{number}商贸有限公司", actor="test", identifiers={"platform": f"F{number}"})
        application = Application.objects.create(
            institution=lender, firm=firm, product_code="invoice-working-capital", amount_fen=amount_fen, term_months=12, purpose="stock",
            channel="test", key=f"application {number}", business_date=lender.business_date, submitted_by="test", status="accepted",
        )  # fmt: skip
        decision = Decision.objects.create(
            institution=lender, application=application, firm=firm, business_date=lender.business_date, outcome="approve", risk_class="B",
            probability_ppm=40_000, limit_fen=amount_fen, amount_fen=amount_fen, rate_ppm=43_500, authority="straight_through", record={},
            digest="",
        )  # fmt: skip
        Exposure.objects.create(institution=lender, firm=firm, decision=decision, reserved_fen=amount_fen)
        offer = Offer.objects.create(
            institution=lender, application=application, decision=decision, firm=firm, amount_fen=amount_fen, rate_ppm=43_500, terms=terms,
            annual_cost_ppm=44_400, expires_on=date(2026, 3, 1), status="accepted",
        )  # fmt: skip
        return Contract.objects.create(
            institution=lender, firm=firm, decision=decision, offer=offer,
            number=f"DEMO-{number:04d}", product_code=application.product_code,
            amount_fen=amount_fen, terms=terms, text="合同", text_digest="", status="cleared",
        )  # fmt: skip

    return make


MONTHLY = {
    "amount": "120000.00", "rate_annual": "0.0435", "day_count": "M/360", "instalments": 12, "every": "1 month",
    "method": "equal_instalment", "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip


@pytest.fixture
def monthly_terms() -> dict[str, Any]:
    return dict(MONTHLY)
