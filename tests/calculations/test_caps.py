"""Caps and refusals of law on terms, with rows handed in; the figures of the rows are made up where the test is of the rule alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from puhui.calculations.caps import Law, caps_on_cost, law_from_rows, simple_annual_cost
from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer

CAPS = [
    {"lender_kind": "bank", "annual_cost_maximum": 0.24, "source": "red line"},
    {"lender_kind": "micro_lender", "annual_cost_maximum": 0.24, "source": "guidance"},
    {"lender_kind": "micro_lender", "multiple_of_lpr1y": 4, "source": "guidance of 2025"},
    {"lender_kind": "private", "multiple_of_lpr1y": 4, "covers_overdue": True, "source": "art. 25"},
]
MARKUPS = [
    {"lender_kind": "bank", "markup_of": "overdue", "minimum": 0.3, "maximum": 0.5, "source": "No. 251"},
    {"lender_kind": "bank", "markup_of": "misuse", "minimum": 0.5, "maximum": 1.0, "source": "No. 251"},
]
FEES = [
    {"fee_kind": "interest_in_advance", "words": ["砍头息", "prepaid interest"], "expected": "none", "source": "Civil Code 670"},
    {
        "fee_kind": "commitment_fee", "words": ["承诺费"], "lender_kinds": ["bank"], "borrower_sizes": ["micro", "small"],
        "syndicated_excepted": True, "expected": "none", "source": "seven don'ts",
    },
]  # fmt: skip
TERMS: dict[str, Any] = {"amount": "120000.00", "start": "2026-01-15", "rate_annual": "0.1", "instalments": 12, "every": "1 month"}


def law(prime_rate: float | None = 0.03) -> Callable[[date], Law]:
    return lambda day: law_from_rows(CAPS, MARKUPS, FEES, prime_rate)


def refused(document: dict[str, Any], tables: Callable[[date], Law] | None = None) -> dict[str, str]:
    try:
        answer(document, tables or law())
    except FaultsError as faults:
        return {fault.where: fault.expected for fault in faults.faults}
    return {}


def test_a_plain_document_is_not_checked() -> None:
    assert refused(TERMS | {"rate_annual": "0.9", "penalty": {"markup_overdue": "3"}}) == {}


@pytest.mark.parametrize(
    ("lender", "rate", "where"),
    [
        ("bank", "0.24", None),
        ("bank", "0.2401", "rate_annual"),
        ("micro_lender", "0.12", None),
        ("micro_lender", "0.1201", "rate_annual"),
        ("private", "0.12", None),
        ("private", "0.13", "rate_annual"),
    ],
)
def test_the_lowest_cap_of_the_lender_holds(lender: str, rate: str, where: str | None) -> None:
    found = refused(TERMS | {"rate_annual": rate, "checks": {"lender": lender}})
    assert list(found) == ([where] if where else [])


def test_fees_count_towards_the_cap() -> None:
    """1% at the start and 23.5% are more than 24% a year: over twelve equal instalments 1% costs about 1.9% a year."""
    terms = TERMS | {"rate_annual": "0.235", "checks": {"lender": "bank"}}
    assert refused(terms) == {}
    found = refused(terms | {"fees": [{"name": "service", "when": "drawdown", "rate": "0.01", "of": "amount"}]})
    assert "red line" in found["annual_cost"]
    assert "annual_cost" in refused(terms | {"upfront": {"margin": "5000.00"}})


def test_overdue_money_of_a_private_loan_stays_under_the_same_cap() -> None:
    terms = TERMS | {"rate_annual": "0.1", "penalty": {"markup_overdue": "0.3"}, "checks": {"lender": "private"}}
    assert list(refused(terms)) == ["penalty.markup_overdue"]
    assert refused(terms | {"rate_annual": "0.09"}) == {}


def test_markups_have_bands() -> None:
    terms = TERMS | {"checks": {"lender": "bank"}}
    assert refused(terms | {"penalty": {"markup_overdue": "0.3", "markup_misuse": "0.5"}}) == {}
    found = refused(terms | {"penalty": {"markup_overdue": "0.2", "markup_misuse": "1.1"}})
    assert list(found) == ["penalty.markup_overdue", "penalty.markup_misuse"]
    assert found["penalty.markup_overdue"] == "30% to 50% above the contract rate (No. 251)"


def test_fees_that_may_not_be_asked() -> None:
    fees = [{"name": "承诺费", "when": "drawdown", "amount": "10.00"}, {"name": "Prepaid interest", "when": "drawdown", "amount": "10.00"}]
    terms = TERMS | {"fees": fees}
    assert list(refused(terms | {"checks": {"lender": "bank", "borrower": "micro"}})) == ["fees[0]", "fees[1]"]
    assert list(refused(terms | {"checks": {"lender": "bank", "borrower": "micro", "syndicated": True}})) == ["fees[1]"]
    assert list(refused(terms | {"checks": {"lender": "bank", "borrower": "large"}})) == ["fees[1]"]
    named = {"lender": "bank", "borrower": "micro", "fee_kinds": {"承诺费": "postage", "Prepaid interest": "commitment_fee"}}
    assert refused(terms | {"checks": named}) == {"fees[1]": "none (seven don'ts)"}


def test_faults_of_the_checks_themselves() -> None:
    assert list(refused(TERMS | {"checks": {"borrower": "giant", "who": 1}})) == ["checks.lender", "checks.borrower", "checks.who"]
    assert list(refused(TERMS | {"checks": {"lender": "private"}}, law(None))) == ["checks.lender"]
    with pytest.raises(FaultsError, match="no tables of law"):
        answer(TERMS | {"checks": {"lender": "bank"}})


def test_caps_are_told_lowest_first() -> None:
    caps = caps_on_cost(law()(date(2026, 1, 1)), "micro_lender")
    assert [share for share, _ in caps] == [Fraction(12, 100), Fraction(24, 100)]


def test_simple_annual_cost_of_odd_days() -> None:
    """1% a month compounds to 12.6825% a year."""
    assert simple_annual_cost(None, "0.126825") == pytest.approx(0.12, abs=1e-6)
    assert simple_annual_cost("0.1", "0.126825") == 0.1
    assert simple_annual_cost(None, None) is None
