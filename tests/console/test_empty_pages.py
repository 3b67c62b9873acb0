"""A lender that has just begun, without firms and loans: no page is bare, each says why it is empty and what comes next."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest

#: address → (role, what the page of a fresh lender says)
FRESH = {
    "/queue/": ("officer", "New applications appear as soon as they are decided by the engine."),
    "/committee/": ("officer", "is put to the vote from its page."),
    "/campaigns/": ("officer", "Send a list of firms: each is screened at once"),
    "/duties/": ("officer", "Whoever has one to a firm keeps out of its cases."),
    "/factory/": ("officer", "Figures come as cases are decided and paid out."),
    "/firms/": ("officer", "Take in a file of the registry under Evidence, or register a person or household."),
    "/firms/?text=nobody": ("officer", "Look for a part of the name, or for the whole identifier."),
    "/firms/matching/": ("officer", "The command puhui parties match looks for them."),
    "/evidence/": ("officer", "Choose a file above"),
    "/evidence/documents/": ("officer", "A PDF or a scan that is imported and not sure in everything comes here."),
    "/evidence/health/": ("officer", "Take in a file under Evidence"),
    "/payouts/": ("officer", "Contracts appear here when a borrower accepts an offer."),
    "/loans/": ("officer", "Loans appear here after payout."),
    "/renewals/": ("officer", "Loans appear here sixty days before their last day."),
    "/lines/": ("officer", "A cleared contract whose terms hold a line is opened here."),
    "/watch/": ("officer", "appear here when they come due."),
    "/acts/": ("officer", "An act that needs a second person appears on this list."),
    "/portfolio/": ("risk_manager", "or pay out a contract that is cleared."),
    "/lab/": ("risk_manager", "Choose two policies above"),
    "/lab/drafts/": ("risk_manager", "Begin one from a product that is in force."),
    "/models/": ("risk_manager", "Train one here, or with: puhui score train"),
    "/models/training/": ("risk_manager", "A table of cases with known outcome becomes a score"),
    "/variables/": ("risk_manager", "they come with the first evidence."),
    "/books/": ("accountant", "Entries come with the first payout"),
    "/books/losses/": ("accountant", "the day end of a month's last day does it."),
    "/books/reconciliation/": ("accountant", "No account at an outside bank is entered"),
    "/books/suspense/": ("accountant", "all money that came in has its loan."),
    "/books/payments/": ("accountant", "Payments appear here when a payout or a return is ordered."),
}


@pytest.fixture
def fresh(scenario: Any, client_of: Any) -> Any:
    """Makes a client of a lender that has nobody but its staff, in a role."""
    from puhui.parties.actions import create_institution, create_user

    lender = create_institution("FRESH", "新银行", "bank", date(2026, 1, 1))
    for role in sorted({role for role, _ in FRESH.values()}):
        create_user(lender, f"fresh-{role}", "secret-secret", role)
    return lambda role: client_of(f"fresh-{role}")


def test_each_page_says_what_comes_next(fresh: Any) -> None:
    silent = {}
    for address, (role, sentence) in FRESH.items():
        answer = fresh(role).get(address)
        text = unescape(re.sub(r"\s+", " ", answer.content.decode()))
        if answer.status_code != 200 or sentence not in text:
            silent[address] = (answer.status_code, sentence)
    assert silent == {}
