"""A county bank whose firms have accepted offers, without the invoices and the score that led to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

PAYOUT_DAY = date(2025, 11, 10)
MONTHLY = {
    "method": "equal_instalment", "every": "1 month", "day_count": "M/360", "currency": "CNY",
    "penalty": {"markup_overdue": "0.5", "markup_misuse": "1.0", "grace_days": 0},
}  # fmt: skip
CLASSES = (("A", 12_000, 65_000), ("B", 60_000, 80_000), ("C", 150_000, 110_000))  # class, probability, rate in millionths


@pytest.fixture
def bank(database: str) -> Iterator[Any]:
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution

    institution = create_institution("YUNXI", "云溪县农村商业银行", "bank", PAYOUT_DAY)
    open_books(institution, "test")
    yield institution


@pytest.fixture
def people(bank: Any) -> dict[str, Any]:
    from puhui.county.plan import USERS
    from puhui.parties.actions import create_user

    return {name: create_user(bank, name, "secret-secret", role, name=full_name) for name, role, full_name in USERS}


@pytest.fixture
def lend(bank: Any) -> Callable[..., Any]:
    """A further loan of a firm: an accepted offer with the decision that it rests on."""
    from puhui.decisions.models import Application, Decision, Exposure, Offer

    numbers = count(1)

    def make(firm: Any, amount_fen: int, months: int, purpose: str) -> Any:
        number, day = next(numbers), bank.business_date
        risk_class, probability_ppm, rate_ppm = CLASSES[number % len(CLASSES)]
        application = Application.objects.create(
            institution=bank, firm=firm, product_code="invoice-working-capital", amount_fen=amount_fen, term_months=months,
            purpose=purpose, channel="test", key=f"application {number}", business_date=day, submitted_by="test", status="accepted",
        )  # fmt: skip
        decision = Decision.objects.create(
            institution=bank, application=application, firm=firm, business_date=day, outcome="approve", risk_class=risk_class,
            probability_ppm=probability_ppm, limit_fen=amount_fen, amount_fen=amount_fen, rate_ppm=rate_ppm,
            authority="straight_through", record={}, digest="",
        )  # fmt: skip
        Exposure.objects.create(institution=bank, firm=firm, decision=decision, reserved_fen=amount_fen)
        amount, rate = f"{Decimal(amount_fen) / 100:.2f}", str(Decimal(rate_ppm) / 1_000_000)
        terms = {**MONTHLY, "amount": amount, "rate_annual": rate, "instalments": months}
        return Offer.objects.create(
            institution=bank, application=application, decision=decision, firm=firm, amount_fen=amount_fen, rate_ppm=rate_ppm,
            terms=terms, annual_cost_ppm=rate_ppm, expires_on=day, status="accepted",
        )  # fmt: skip

    return make


@pytest.fixture
def firms(bank: Any) -> Callable[[int], list[Any]]:
    """So many firms, micro to large, companies and owners' businesses, as taxes tell them apart."""

    def make(number: int) -> list[Any]:
        from puhui.parties.actions import register_firms

        rows = [
            {
                "name": f"云溪县第{each}商贸{'行' if each % 3 == 0 else '有限公司'}",
                "kind": "individual_business" if each % 3 == 0 else "enterprise",
                "industry_code": "5100",
                "staff_count": (4, 15, 60, 400)[each % 4],
                "identifiers": {"platform": f"F{each}"},
            }
            for each in range(1, number + 1)
        ]
        return register_firms(bank, rows, "test")

    return make
