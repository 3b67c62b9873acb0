"""Every page × every role, and rows of another institution: who gets in is what the table of `access` says, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from tests.console.test_queries import addresses

ROLES = {
    "officer": "officer", "approver": "approver", "risk": "risk_manager", "accountant": "accountant", "auditor": "auditor",
    "borrower-en": "borrower",
}  # fmt: skip
PAGE_OF = {
    "visits": "case", "visit": "case", "sitting": "committee", "change": "decision", "health of sources": "evidence",
    "documents that wait": "evidence", "firms": "firm",
    "register people": "people", "people of a firm": "people",
    "firm's evidence": "firm", "firm's records": "firm", "firm's invoices": "firm", "firm's variable": "firm",
    "payout": "payouts", "plan": "payouts", "loan": "loans", "models": "model", "monitoring": "model", "variables": "model",
    "trainings": "training", "products": "product",
    "account": "books", "entry": "books", "late loan": "loans",
    "past loan": "loans", "loan class": "loans", "concentration": "portfolio", "comparison": "lab", "optimum": "lab",
    "promotion": "lab", "draft": "drafts",
    "renewal": "renewals", "line": "lines", "act": "acts",
    "days": "books", "day": "books", "vouchers": "books", "losses": "books", "taxes": "books",
}  # fmt: skip


def page_of(name: str) -> str:
    return "borrower" if name.startswith("borrower") else PAGE_OF.get(name, name)


def test_every_view_is_guarded() -> None:
    """No address of the console is open by having been forgotten; signing in and out and the start are meant to be."""
    from puhui.console.access import READERS
    from puhui.console.urls import urlpatterns

    unguarded = {pattern.name for pattern in urlpatterns if getattr(pattern.callback, "puhui_page", None) not in READERS}
    assert unguarded == {"home", "sign_in", "sign_out"}


def test_roles(scenario: Any, client_of: Any) -> None:
    """200 for the readers of a page, 403 for every other role."""
    from puhui.console.access import READERS

    wrong = []
    for who, role in ROLES.items():
        client = client_of(who)
        for name, (address, _) in addresses(scenario).items():
            expected = 200 if role in READERS[page_of(name)] else 403
            if client.get(address).status_code != expected:
                wrong.append((who, name, expected))
    assert not wrong


def test_strangers_are_sent_to_the_sign_in(scenario: Any) -> None:
    from django.test import Client

    for name, (address, _) in addresses(scenario).items():
        response = Client(SERVER_NAME="localhost").get(address)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/sign-in/"), name


@pytest.mark.parametrize("who", ["auditor", "risk"])
def test_those_who_only_read_cannot_act(who: str, scenario: Any, client_of: Any) -> None:
    from puhui.decisions.models import Review

    client = client_of(who)
    assert client.post(f"/cases/{scenario.waiting[0]}/", {"outcome": "refuse", "reason": "no reason"}).status_code == 403
    assert client.post(f"/payouts/{scenario.contract.pk}/", {"act": "clear"}).status_code == 403
    assert not Review.objects.exists()


def test_another_institution_sees_nothing(scenario: Any, client_of: Any) -> None:
    """For somebody of another lender, this lender's rows do not exist: 404, and empty lists."""
    from datetime import date

    from puhui.parties.actions import create_institution, create_user

    other = create_institution("OTHER", "另一家银行", "bank", date(2026, 1, 1))
    create_user(other, "stranger", "secret-secret", "officer")
    client = client_of("stranger")
    for name in ("case", "sitting", "decision", "firm", "payout", "loan", "loan class", "renewal", "line", "act", "model"):
        assert client.get(addresses(scenario)[name][0]).status_code == 404, name
    for address in ("/queue/?status=all", "/firms/", "/loans/", "/payouts/", "/renewals/", "/lines/", "/acts/"):
        body = client.get(address).content.decode()
        assert "<tbody" not in body, address


def test_a_borrower_sees_only_the_own_firm(scenario: Any, client_of: Any) -> None:
    from puhui.decisions.models import Application, Offer
    from puhui.loans.models import Loan

    client = client_of("borrower-en")
    assert client.get(f"/my/loans/{Loan.objects.first().pk}/").status_code == 404
    assert client.get(f"/my/applications/{Application.objects.first().pk}/").status_code == 404
    assert client.get(f"/my/offers/{Offer.objects.first().pk}/").status_code == 404
    assert client.get(f"/my/contracts/{scenario.contract.pk}/").status_code == 404


def test_menu_leads_only_where_one_may_go(scenario: Any, client_of: Any) -> None:
    import re

    for who in ("officer", "risk", "accountant", "auditor"):
        client = client_of(who)
        home = client.get("/", follow=True)
        assert home.status_code == 200
        menu = re.search(r'<nav aria-label="Main menu">(.*?)</nav>', home.content.decode(), re.S).group(1)
        for address in re.findall(r'href="([^"]+)"', menu):
            assert client.get(address).status_code == 200, (who, address)
