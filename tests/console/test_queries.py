"""A page asks the database at most twelve times, however much there is to show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

MOST_QUERIES = 12


def addresses(scenario: Any) -> dict[str, tuple[str, str]]:
    """name → (address, who opens it): the pages with the most on them."""
    from puhui.decisions.models import Decision
    from puhui.loans.models import Loan
    from puhui.scoring.models import RegisteredModel

    case = scenario.waiting[0]
    decision = Decision.objects.filter(application_id=case).latest("pk")
    loan = Loan.objects.order_by("pk").first()
    model = RegisteredModel.objects.get()
    lab = scenario.lab
    return {
        "queue": ("/queue/?status=all", "officer"),
        "case": (f"/cases/{case}/", "approver"),
        "visits": (f"/cases/{case}/visits/", "approver"),
        "visit": (f"/cases/{case}/visits/cash-flow/", "officer"),
        "committee": ("/committee/", "risk"),
        "sitting": (f"/cases/{case}/committee/", "risk"),
        "campaigns": ("/campaigns/", "officer"),
        "duties": ("/duties/", "approver"),
        "matching": ("/firms/matching/", "officer"),
        "factory": ("/factory/", "risk"),
        "decision": (f"/decisions/{decision.pk}/", "auditor"),
        "change": (f"/decisions/{decision.pk}/change/", "officer"),
        "firms": ("/firms/", "officer"),
        "firm": (f"/firms/{decision.firm_id}/", "officer"),
        "register people": ("/firms/people/", "officer"),
        "people of a firm": (f"/firms/{decision.firm_id}/people/", "officer"),
        "firm's evidence": (f"/firms/{decision.firm_id}/evidence/", "officer"),
        "firm's records": (f"/firms/{decision.firm_id}/evidence/penalty/", "officer"),
        "firm's invoices": (f"/firms/{decision.firm_id}/evidence/invoice/", "officer"),
        "firm's variable": (f"/firms/{decision.firm_id}/variables/declared_vs_invoice_gap/", "officer"),
        "evidence": ("/evidence/", "officer"),
        "health of sources": ("/evidence/health/", "risk"),
        "documents that wait": ("/evidence/documents/", "officer"),
        "payouts": ("/payouts/?status=drawn", "accountant"),
        "payout": (f"/payouts/{scenario.contract.pk}/", "accountant"),
        "plan": (f"/payouts/{scenario.contract.pk}/plan/", "officer"),
        "loans": ("/loans/", "accountant"),
        "loan": (f"/loans/{loan.pk}/", "accountant"),
        "late loan": (f"/loans/{scenario.life.late.pk}/", "accountant"),
        "past loan": (f"/loans/{scenario.life.late.pk}/?as_of={scenario.life.first_day}&known=then", "officer"),
        "loan class": (f"/loans/{scenario.life.late.pk}/class/", "risk"),
        "renewals": ("/renewals/", "officer"),
        "renewal": (f"/renewals/{scenario.life.maturing.pk}/", "officer"),
        "lines": ("/lines/", "officer"),
        "line": (f"/lines/{scenario.life.line.pk}/", "officer"),
        "watch": ("/watch/", "officer"),
        "acts": ("/acts/", "approver"),
        "act": (f"/acts/loan/{scenario.life.late.pk}/restructure/", "officer"),
        "portfolio": ("/portfolio/", "risk"),
        "concentration": ("/portfolio/concentration/", "risk"),
        "products": ("/products/", "officer"),
        "product": ("/products/relationship-loan/", "risk"),
        "lab": ("/lab/", "risk"),
        "comparison": (f"/lab/{lab.comparison.pk}/", "risk"),
        "optimum": (f"/lab/optima/{lab.optimum.pk}/", "risk"),
        "promotion": (f"/lab/promotions/{lab.promotion.pk}/", "approver"),
        "drafts": ("/lab/drafts/", "risk"),
        "draft": (f"/lab/drafts/{lab.version.draft_id}/", "risk"),
        "models": ("/models/", "risk"),
        "model": (f"/models/{model.pk}/", "risk"),
        "monitoring": (f"/models/{model.pk}/monitoring/", "risk"),
        "variables": ("/variables/", "risk"),
        "trainings": ("/models/training/", "risk"),
        "training": (f"/models/training/{scenario.training.pk}/", "risk"),
        "books": ("/books/", "accountant"),
        "account": ("/books/accounts/130301/", "accountant"),
        "entry": ("/books/entries/1/", "accountant"),
        "days": ("/books/days/", "accountant"),
        "day": (f"/books/days/{scenario.institution.business_date - timedelta(days=1)}/", "auditor"),
        "vouchers": ("/books/vouchers/", "accountant"),
        "losses": ("/books/losses/", "risk"),
        "taxes": ("/books/taxes/", "accountant"),
        "reconciliation": ("/books/reconciliation/", "accountant"),
        "suspense": ("/books/suspense/", "accountant"),
        "payments": ("/books/payments/", "risk"),
        "trail": ("/trail/", "auditor"),
        "borrower home": ("/my/", "borrower-en"),
        "borrower data": ("/my/data/", "borrower-en"),
        "borrower products": ("/my/products/", "borrower-en"),
        "borrower consent": ("/my/consent/", "borrower-en"),
    }


NAMES = (
    "queue", "case", "visits", "visit", "committee", "sitting", "campaigns", "duties", "matching", "factory", "decision", "change", "firms",
    "firm",
    "firm's evidence", "firm's invoices", "firm's variable", "evidence", "health of sources",
    "documents that wait", "payouts", "payout", "plan", "loans", "loan", "late loan", "past loan", "loan class",
    "renewals", "renewal", "lines", "line", "watch", "acts", "act", "portfolio", "concentration", "products",
    "product", "lab", "comparison", "optimum",
    "promotion",
    "drafts", "draft", "models", "model", "monitoring", "variables", "trainings", "training",
    "books", "account", "entry", "days", "day", "vouchers", "losses", "taxes", "reconciliation", "suspense",
    "payments", "trail", "borrower home", "borrower data", "borrower products", "borrower consent",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_at_most_twelve(name: str, scenario: Any, client_of: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    address, who = addresses(scenario)[name]
    client = client_of(who)
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address)
    assert response.status_code == 200, address
    statements = [each["sql"] for each in asked if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) <= MOST_QUERIES, "\n".join(statements)
