"""Security on a contract: valued by its kind, asked for before payout, watched against what is owed, given back when nothing is.

Machines of 200,000 yuan, two years old: 200,000 × 0.9² × 0.8 = 129,600, less 30% for the sale = 90,720 (products.md §12, table
`security-kinds`). The equipment mortgage loan asks that the whole amount be covered.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError

TERMS = {
    "amount": "90000.00", "rate_annual": "0.06", "day_count": "ACT/360", "instalments": 1, "every": "12 month", "method": "bullet",
}  # fmt: skip
PAID = {"amount_fen": 20_000_000, "age_years": 2, "registered_on": "2026-01-14", "insured_until": "2027-06-30", "evidence": "appraisal 7"}


@pytest.fixture
def people(lender: Any) -> dict[str, Any]:
    from puhui.parties.actions import create_user

    return {name: create_user(lender, name, "secret-secret", role) for name, role in (("officer", "officer"), ("risk", "risk_manager"))}


@pytest.fixture
def act(people: dict[str, Any]) -> Callable[..., Any]:
    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Command

    numbers = count(1)

    def carry_out(name: str, contract: Any, **arguments: Any) -> Any:
        key = f"key {next(numbers)}"
        done = perform(people["officer"], name, contract, arguments, key)
        return approve(people["risk"], Command.objects.get(key=key)) if done.status == "waiting" else done

    return carry_out


@pytest.fixture
def contract(cleared_contract: Callable[..., Any]) -> Any:
    found = cleared_contract(TERMS)
    found.product_code = "equipment-mortgage-loan"
    found.save()
    return found


def machines(contract: Any, act: Callable[..., Any], **valued: Any) -> Any:
    from puhui.loans.models import Security

    act(
        "secure", contract, kind="mortgage", provider="云溪机械厂", registration="中登 0042", registered_until="2027-12-31",
        evidence="抵押合同 12",
    )  # fmt: skip
    row = Security.objects.get(contract=contract)
    if valued:
        act("value_security", contract, security=row.pk, item_kind="equipment", **valued)
    return row


def faults_of_payout(contract: Any) -> str:
    from puhui.loans.actions import draw_down

    with pytest.raises(FaultsError) as caught:
        draw_down(contract, "payout", "officer")
    return str(caught.value)


def test_money_goes_out_when_the_machines_cover_it(contract: Any, act: Callable[..., Any]) -> None:
    from puhui.loans.actions import draw_down
    from puhui.loans.collateral import cover_of
    from puhui.loans.models import SecurityValue

    assert "0 fen, 0%" in faults_of_payout(contract)  # nothing at all
    row = machines(contract, act)
    assert "no valuation" in faults_of_payout(contract)
    act("value_security", contract, security=row.pk, item_kind="equipment", **(PAID | {"insured_until": "2026-06-30"}))
    assert "insured until 2026-06-30" in faults_of_payout(contract)
    act("value_security", contract, security=row.pk, item_kind="equipment", **(PAID | {"prior_fen": 1_000_000}))
    assert "8072000 fen, 90%" in faults_of_payout(contract).replace("89%", "90%")  # 80,720 of 90,000
    act("value_security", contract, security=row.pk, item_kind="equipment", **PAID)
    assert SecurityValue.objects.latest("pk").value_fen == 9_072_000
    loan = draw_down(contract, "payout", "officer")
    cover = cover_of(contract, loan.principal_fen, loan.start)
    assert (cover.total_fen, cover.cover_ppm, cover.wanted_ppm, cover.is_enough) == (9_072_000, 1_008_000, 1_000_000, True)


def test_it_is_given_back_when_nothing_is_owed(contract: Any, act: Callable[..., Any]) -> None:
    from puhui.loans.actions import draw_down
    from puhui.loans.collateral import cover_of
    from puhui.loans.models import SecurityRelease

    row = machines(contract, act, **PAID)
    with pytest.raises(FaultsError, match="not paid out yet"):
        act("release_security", contract, security=row.pk, evidence="注销")
    loan = draw_down(contract, "payout", "officer")
    with pytest.raises(FaultsError, match="9000000 fen owed"):
        act("release_security", contract, security=row.pk, evidence="注销")
    act("value_security", contract, security=row.pk, item_kind="equipment", **(PAID | {"age_years": 3}))
    cover = cover_of(contract, loan.principal_fen, loan.start)
    assert (cover.total_fen, cover.is_enough) == (8_164_800, False)  # 200,000 × 0.9³ × 0.8 × 0.7: watched
    act("pay_off", type(loan).objects.get(pk=loan.pk))
    act("release_security", contract, security=row.pk, evidence="注销登记 9")
    assert SecurityRelease.objects.get().evidence == "注销登记 9"
    assert cover_of(contract, 0, loan.start).total_fen == 0
    with pytest.raises(FaultsError, match="given back"):
        act("value_security", contract, security=row.pk, item_kind="equipment", **PAID)


def test_a_kind_that_does_not_suit_is_refused(contract: Any, act: Callable[..., Any]) -> None:
    row = machines(contract, act)
    with pytest.raises(FaultsError, match="property or equipment or movables"):
        act("value_security", contract, security=row.pk, item_kind="receivable", **PAID)


def memo_fen(lender: Any) -> int:
    from puhui.books.queries import balances_by_role

    return int(balances_by_role(lender, lender.business_date).get("memo_collateral", 0))


def test_the_memo_books_follow_each_valuation_and_the_release(lender: Any, contract: Any, act: Callable[..., Any]) -> None:
    """The worked journal of docs/algorithms/books.md, line by line: received, valued anew, given back."""
    from tests.books.test_worked_journal import fen, table

    from puhui.books.models import Entry
    from puhui.loans.actions import draw_down

    stated = [(debit, credit, fen(yuan)) for _, debit, credit, yuan in table("journal collateral")[1:]]
    row = machines(contract, act, **PAID)
    assert memo_fen(lender) == 9_072_000
    loan = draw_down(contract, "payout", "officer")
    act("value_security", contract, security=row.pk, item_kind="equipment", **(PAID | {"age_years": 3}))
    assert memo_fen(lender) == 8_164_800 and proved(lender) == []
    act("pay_off", type(loan).objects.get(pk=loan.pk))
    act("release_security", contract, security=row.pk, evidence="注销登记 9")
    assert memo_fen(lender) == 0 and proved(lender) == []
    roles = {"9104": "memo_collateral", "9000": "memo_counterpart"}
    entries = Entry.objects.filter(act="collateral", reference=f"security {row.pk}").order_by("pk")
    moved = [
        (roles[each.debit_account.code], roles[each.credit_account.code], each.amount_fen)
        for entry in entries
        for each in entry.transfers.select_related("debit_account", "credit_account")
    ]
    assert moved == stated


def test_a_guarantor_is_no_thing_that_is_held(lender: Any, contract: Any, act: Callable[..., Any]) -> None:
    from puhui.loans.models import Security

    act("secure", contract, kind="guarantor", provider="王大海", evidence="保证合同 1")
    number = Security.objects.get(contract=contract).pk
    act("value_security", contract, security=number, item_kind="guarantee", amount_fen=9_000_000, evidence="保证合同 1")
    assert memo_fen(lender) == 0 and proved(lender) == []


def test_the_proof_finds_what_was_valued_past_the_books_and_the_night_mends_what_is_older(
    lender: Any, contract: Any, act: Callable[..., Any]
) -> None:
    from puhui.loans.collateral_books import post_collateral
    from puhui.loans.models import SecurityValue

    row = machines(contract, act, **PAID)
    SecurityValue.objects.create(
        institution=lender, security=row, day=lender.business_date, item_kind="equipment", base_fen=1, value_fen=10_000_000,
        evidence="past the act", recorded_by="test",
    )  # fmt: skip
    (found,) = proved(lender)
    assert str(found) == "memo account of collateral: holds 9072000 fen, the securities that are held are worth 10000000 fen"
    assert post_collateral(lender, lender.business_date, "day end") == 928_000
    assert post_collateral(lender, lender.business_date, "day end") == 0
    assert proved(lender) == []
