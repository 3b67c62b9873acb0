"""What of running loans is to be looked at: each kind from the day on which it is due, and gone when it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

TERMS = {
    "amount": "90000.00", "rate_annual": "0.036", "day_count": "ACT/360", "instalments": 1, "every": "12 month", "method": "bullet",
}  # fmt: skip
START = date(2026, 1, 15)  # of the loans; they are due on 15 January 2027


@pytest.fixture
def officer(lender: Any) -> Any:
    from puhui.parties.actions import create_user

    return create_user(lender, "officer", "secret-secret", "officer")


def loan_of(cleared_contract: Callable[..., Any], product_code: str) -> Any:
    """A running loan of a product, drawn as one that asks for no security and put under the product afterwards."""
    from puhui.loans.actions import draw_down
    from puhui.loans.models import Contract, Loan

    contract = cleared_contract(TERMS)
    loan = draw_down(contract, f"payout {contract.pk}", "officer")
    for model, pk in ((Contract, contract.pk), (Loan, loan.pk)):
        model.objects.filter(pk=pk).update(product_code=product_code)
    return Loan.objects.get(pk=loan.pk)


def told(officer: Any, day: date, kind: str = "") -> list[tuple[str, date]]:
    from puhui.loans.watching import watched

    return [(one.kind, one.day) for one in watched(officer, day, kind)]


def look(loan: Any, day: date, value: float | None, evidence: dict[str, str]) -> None:
    from puhui.loans.models import LinkReview

    LinkReview.objects.create(
        institution=loan.institution, loan=loan, kind="review", code="jobs", review_date=day, value=value, as_of=day, evidence=evidence,
        change_ppm=0, base_ppm=36_000, rate_ppm=36_000, day=day, recorded_by="officer",
    )  # fmt: skip


def test_a_linked_rate_is_looked_at_every_quarter(cleared_contract: Callable[..., Any], officer: Any) -> None:
    """First look on 15 April: on the list from two weeks before it; with a look it is gone, without its evidence it is told."""
    loan = loan_of(cleared_contract, "employment-linked-loan")
    first, second = date(2026, 4, 15), date(2026, 7, 15)
    assert told(officer, date(2026, 3, 31)) == []
    assert told(officer, date(2026, 4, 1)) == [("look", first)]
    assert told(officer, date(2026, 8, 1)) == [("look", first)]  # the second is open too: one row, counted
    look(loan, first, 0.07, {"C08": "list of March"})
    assert told(officer, date(2026, 4, 20)) == []
    assert told(officer, date(2026, 7, 20)) == [("look", second)]
    look(loan, second, 0.07, {})
    assert told(officer, date(2026, 7, 20)) == [("unproved", second)]
    assert told(officer, date(2026, 10, 20)) == [("unproved", second), ("look", date(2026, 10, 15))]
    assert told(officer, date(2026, 10, 20), "look") == [("look", date(2026, 10, 15))]
    look(loan, date(2026, 10, 15), None, {"C08": "not to be had"})
    assert told(officer, date(2026, 10, 20)) == [("unproved", date(2026, 10, 15))]


def test_security_that_is_low_old_or_ends(lender: Any, cleared_contract: Callable[..., Any], officer: Any) -> None:
    """Machines behind 90,000: never valued; then worth 80,000, insured until June, registered until October, valued anew after a year."""
    from puhui.loans.models import Security, SecurityRelease, SecurityValue

    loan = loan_of(cleared_contract, "equipment-mortgage-loan")
    machine = Security.objects.create(
        institution=lender, contract=loan.contract, kind="mortgage", provider="云溪机械厂", registration="1",
        registered_until=date(2026, 10, 31), evidence="contract", recorded_by="officer",
    )  # fmt: skip
    assert told(officer, START) == [("cover", START), ("valuation", START)]

    def valued(day: date, value_fen: int) -> None:
        SecurityValue.objects.create(
            institution=lender, security=machine, day=day, item_kind="equipment", base_fen=20_000_000, value_fen=value_fen,
            insured_until=date(2026, 6, 30), evidence="appraisal", recorded_by="officer",
        )  # fmt: skip

    valued(START, 8_000_000)
    assert told(officer, START) == [("cover", START)]
    valued(date(2026, 2, 1), 9_000_000)  # exactly what is owed
    assert told(officer, date(2026, 5, 30)) == []
    assert told(officer, date(2026, 5, 31)) == [("insurance", date(2026, 6, 30))]
    assert told(officer, date(2026, 8, 31)) == [("insurance", date(2026, 6, 30))]
    assert told(officer, date(2026, 9, 1)) == [("insurance", date(2026, 6, 30)), ("registration", date(2026, 10, 31))]
    assert ("valuation", date(2027, 2, 1)) not in told(officer, date(2027, 1, 1))
    assert ("valuation", date(2027, 2, 1)) in told(officer, date(2027, 1, 2))
    SecurityRelease.objects.create(institution=lender, security=machine, day=START, evidence="cancelled", recorded_by="officer")
    assert told(officer, date(2026, 9, 2)) == []


def test_only_running_loans_of_the_own_lender(cleared_contract: Callable[..., Any], officer: Any) -> None:
    from puhui.loans.models import Loan
    from puhui.parties.actions import create_institution, create_user

    loan = loan_of(cleared_contract, "employment-linked-loan")
    other = create_institution("OTHER", "邻县银行", "bank", START)
    assert told(create_user(other, "stranger", "secret-secret", "officer"), date(2026, 4, 15)) == []
    Loan.objects.filter(pk=loan.pk).update(status="closed")
    assert told(officer, date(2026, 4, 15)) == []


def test_one_contract_is_told_as_among_all(cleared_contract: Callable[..., Any], officer: Any) -> None:
    from puhui.loans.watching import watched

    loans = [loan_of(cleared_contract, code) for code in ("employment-linked-loan", "equipment-mortgage-loan", "employment-linked-loan")]
    day = date(2026, 8, 1)
    together = watched(officer, day)
    assert len({one.key for one in together}) == len(together) == 3 - 1  # no security is registered behind the mortgage yet
    for loan in loans:
        assert watched(officer, day, contracts=[loan.contract_id]) == [one for one in together if one.contract_id == loan.contract_id]
    assert watched(officer, day, contracts=[]) == []


def test_the_statements_do_not_grow_with_the_loans(cleared_contract: Callable[..., Any], officer: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for _ in range(3):
        loan_of(cleared_contract, "employment-linked-loan")
        with CaptureQueriesContext(connection) as asked:
            told(officer, date(2026, 4, 15))
        counts.append(len(asked))
    assert counts[0] == counts[-1] <= 5
