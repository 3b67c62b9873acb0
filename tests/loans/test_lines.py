"""Credit lines: draws up to the limit, what is repaid drawn again, exposure by limit, reduction, freeze, release, closing, expiry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError

OWN = {
    "amount": "300000.00", "rate_annual": "0.036", "day_count": "ACT/360", "method": "bullet", "instalments": 1, "every": "3 month",
    "line": {"limit": "300000.00", "until": "2026-03-31", "dues": "own"}, "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip
POOLED = {
    "amount": "300000.00", "rate_annual": "0.036", "day_count": "ACT/360", "method": "interest_only", "settlement_day": 20,
    "every": "1 month", "line": {"limit": "300000.00", "until": "2026-03-31", "dues": "pooled"},
}  # fmt: skip


@pytest.fixture
def people(lender: Any) -> dict[str, Any]:
    from puhui.parties.actions import create_user

    return {name: create_user(lender, name, "secret-secret", role) for name, role in (("officer", "officer"), ("second", "approver"))}


@pytest.fixture
def act(people: dict[str, Any]) -> Callable[..., Any]:
    """Performs an act, with the second person's word where one is needed."""
    from itertools import count

    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Command

    numbers = count(1)

    def carry_out(name: str, target: Any, **arguments: Any) -> Any:
        key = f"key {next(numbers)}"
        done = perform(people["officer"], name, target, arguments, key)
        return approve(people["second"], Command.objects.get(key=key)) if done.status == "waiting" else done

    return carry_out


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def exposure(contract: Any) -> tuple[int, int]:
    found = contract.decision.exposure
    found.refresh_from_db()
    return found.reserved_fen, found.outstanding_fen


def test_what_is_repaid_can_be_drawn_again(lender: Any, cleared_contract: Callable[..., Any], act: Callable[..., Any]) -> None:
    from puhui.loans.day_end import run
    from puhui.loans.lines import line_state
    from puhui.loans.models import Loan

    contract = cleared_contract(OWN)
    with pytest.raises(FaultsError, match="Open the line first"):
        act("draw_on_line", contract, amount_fen=1_000)
    line = act("open_line", contract).result
    assert fresh(contract).revolves and exposure(contract) == (30_000_000, 0)
    first = act("draw_on_line", contract, amount_fen=20_000_000).result.loan
    assert (first.number, first.maturity, exposure(contract)) == (f"{contract.number}-1", date(2026, 4, 15), (10_000_000, 20_000_000))
    with pytest.raises(FaultsError, match="what is not drawn"):
        act("draw_on_line", contract, amount_fen=10_000_001)
    run(lender, date(2026, 1, 24), "test")
    second = act("draw_on_line", contract, amount_fen=10_000_000, maturity="2026-02-10").result.loan
    assert (second.number, second.start, second.maturity) == (f"{contract.number}-2", date(2026, 1, 25), date(2026, 2, 10))
    assert exposure(contract) == (0, 30_000_000)
    act("pay_off", Loan.objects.select_related("institution").get(pk=first.pk))
    assert exposure(contract) == (20_000_000, 10_000_000)
    state = line_state(fresh(line), date(2026, 1, 25))
    assert (state.drawn_fen, state.available_fen, state.draws) == (10_000_000, 20_000_000, 2)
    act("draw_on_line", contract, amount_fen=20_000_000)
    assert Loan.objects.filter(contract=contract).count() == 3 and proved(lender) == []


def test_reduction_freeze_release_and_closing(lender: Any, cleared_contract: Callable[..., Any], act: Callable[..., Any]) -> None:
    from puhui.loans.credit_models import LineChange
    from puhui.loans.models import Loan

    contract = cleared_contract(OWN)
    line = act("open_line", contract).result
    loan = act("draw_on_line", contract, amount_fen=20_000_000).result.loan
    for limit in (30_000_000, 19_999_999):
        with pytest.raises(FaultsError, match="limit"):
            act("reduce_line", contract, limit_fen=limit, reason="turnover fell")
    act("reduce_line", contract, limit_fen=25_000_000, reason="turnover fell")
    assert exposure(contract) == (5_000_000, 20_000_000)
    act("freeze_line", contract, reason="a warning")
    with pytest.raises(FaultsError, match="Release it first"):
        act("draw_on_line", contract, amount_fen=1_000)
    with pytest.raises(FaultsError, match="frozen"):
        act("freeze_line", contract, reason="again")
    act("release_line", contract, reason="the warning is cleared")
    act("draw_on_line", contract, amount_fen=5_000_000)
    act("close_line", contract, reason="asked for by the borrower")
    assert exposure(contract) == (0, 25_000_000) and not fresh(contract).revolves
    act("pay_off", Loan.objects.select_related("institution").get(pk=loan.pk))
    assert exposure(contract) == (0, 5_000_000)  # what comes back is not promised again
    with pytest.raises(FaultsError, match="closed"):
        act("draw_on_line", contract, amount_fen=1_000)
    assert list(LineChange.objects.filter(line=line).order_by("pk").values_list("act", "limit_fen")) == [
        ("open", 30_000_000), ("reduce", 25_000_000), ("freeze", 25_000_000), ("release", 25_000_000), ("close", 25_000_000),
    ]  # fmt: skip
    assert proved(lender) == []


def test_a_line_ends_on_its_day(lender: Any, cleared_contract: Callable[..., Any], act: Callable[..., Any]) -> None:
    from puhui.loans.lines import expire_lines

    contract, drawn = cleared_contract(OWN), cleared_contract({**OWN, "line": {**OWN["line"], "until": "2026-06-30"}})
    for each in (contract, drawn):
        act("open_line", each)
    act("draw_on_line", drawn, amount_fen=1_000_000)
    assert expire_lines(lender, date(2026, 3, 31)) == 0
    assert expire_lines(lender, date(2026, 4, 1)) == 1
    assert expire_lines(lender, date(2026, 4, 1)) == 0
    assert (contract.line.status, exposure(contract), fresh(contract).revolves) == ("expired", (0, 0), False)
    assert exposure(drawn) == (29_000_000, 1_000_000)
    past = cleared_contract({**OWN, "line": {**OWN["line"], "until": "2026-01-14"}})
    with pytest.raises(FaultsError, match="last day of draws"):
        act("open_line", past)


def test_a_repayment_undone_after_it_was_drawn_again(lender: Any, cleared_contract: Callable[..., Any], act: Callable[..., Any]) -> None:
    """The limit would be passed: refused in words, and nothing is changed."""
    from puhui.loans.models import Loan

    contract = cleared_contract(OWN)
    act("open_line", contract)
    loan = act("draw_on_line", contract, amount_fen=30_000_000).result.loan
    loan = Loan.objects.select_related("institution").get(pk=loan.pk)
    paid = act("repay", loan, amount_fen=10_000_000).result
    act("draw_on_line", contract, amount_fen=10_000_000)
    with pytest.raises(FaultsError, match="within the limit"):
        act("reverse", loan, event=paid.number, reason="returned by the bank")
    assert exposure(contract) == (0, 30_000_000) and proved(lender) == []


def test_a_pooled_line_is_one_note(lender: Any, cleared_contract: Callable[..., Any], act: Callable[..., Any]) -> None:
    """100,000 from 15 January and 50,000 more from the 18th: on the 20th six nights and three count, the settlement day itself too."""
    from puhui.loans.day_end import run
    from puhui.loans.models import Loan

    contract = cleared_contract(POOLED)
    act("open_line", contract)
    loan = act("draw_on_line", contract, amount_fen=10_000_000).result.loan
    assert (loan.amount_fen, Loan.objects.get().lent_fen, exposure(contract)) == (30_000_000, 10_000_000, (20_000_000, 10_000_000))
    run(lender, date(2026, 1, 17), "test")
    act("draw_on_line", contract, amount_fen=5_000_000)
    assert Loan.objects.count() == 1 and exposure(contract) == (15_000_000, 15_000_000)
    with pytest.raises(FaultsError, match="what is not drawn"):
        act("draw_on_line", contract, amount_fen=15_000_001)
    row = Loan.objects.get().instalments.order_by("number")[0]
    assert (row.due, row.interest_fen) == (date(2026, 1, 21), 6_000 + 1_500)
    run(lender, date(2026, 1, 20), "test")
    assert proved(lender) == []


def test_commitments_in_the_memo_books(lender: Any, cleared_contract: Callable[..., Any], act: Callable[..., Any]) -> None:
    from puhui.books.queries import balances_by_role
    from puhui.loans.lines import expire_lines, post_commitments

    contract = cleared_contract(OWN)
    day = lender.business_date
    assert post_commitments(lender, day) == 0
    act("open_line", contract)
    act("draw_on_line", contract, amount_fen=10_000_000)
    assert post_commitments(lender, day) == 20_000_000 and post_commitments(lender, day) == 0
    assert balances_by_role(lender, day)["memo_undrawn"] == 20_000_000
    expire_lines(lender, date(2026, 4, 1))
    assert post_commitments(lender, day) == -20_000_000
    assert balances_by_role(lender, day)["memo_undrawn"] == 0 and proved(lender) == []


def test_what_may_still_be_drawn_is_provided_for_until_the_line_ends(
    lender: Any, cleared_contract: Callable[..., Any], act: Callable[..., Any]
) -> None:
    """A line drawn on for a third, one never drawn on, and one frozen: each has its commitment loss, by the pure functions."""
    from puhui.books.queries import balances_by_role
    from puhui.calculations.loss_stages import commitment_loss
    from puhui.loans.class_models import LoanClass
    from puhui.loans.lines import expire_lines, post_commitments
    from puhui.loans.loss_models import LossDetail, LossRun
    from puhui.loans.loss_rules import policy_on
    from puhui.loans.provisioning import provision_month_end, reckon

    day = lender.business_date
    contracts = [cleared_contract(OWN) for _ in range(3)]
    for contract in contracts:
        act("open_line", contract)
    loan = act("draw_on_line", contracts[0], amount_fen=10_000_000).result.loan
    act("freeze_line", contracts[2], reason="a warning")
    post_commitments(lender, day)
    provision_month_end(lender, day, "test")
    rows = {-row.loan_id: row for row in LossDetail.objects.filter(loan_id__lt=0)}
    assert {contract.pk: rows[contract.pk].undrawn_fen for contract in contracts} == dict(
        zip([contract.pk for contract in contracts], (20_000_000, 30_000_000, 30_000_000), strict=True)
    )
    rules, years = policy_on(day).rules, (date(2026, 3, 31) - day).days / 365
    for row in rows.values():
        expected = commitment_loss(1, row.undrawn_fen, years, row.probability_ppm, row.lgd_ppm, 43_500, rules)
        assert (row.stage, row.loss_fen, row.exposure_fen) == (1, 0, 0) and row.commitment_loss_fen == expected > 0
    booked = balances_by_role(lender, day)
    assert -booked["commitment_provision"] == sum(row.commitment_loss_fen for row in rows.values())
    assert booked["memo_undrawn"] == sum(row.undrawn_fen for row in rows.values())
    assert LossRun.objects.get().figures["stages"]["1"]["loans"] == 1

    held = {"institution": lender, "risk_class": "substandard", "since": day, "articles": []}
    LoanClass.objects.update_or_create(loan=loan, defaults=held)
    later = date(2026, 1, 31)
    reckon(lender, later, policy_on(later))
    assert {-row.loan_id: row.stage for row in LossDetail.objects.filter(run_date=later, loan_id__lt=0)} == dict(
        zip([contract.pk for contract in contracts], (3, 1, 1), strict=True)
    ), "a line is as bad as the worst of its notes"
    expire_lines(lender, date(2026, 4, 1))
    assert reckon(lender, date(2026, 4, 1), policy_on(later)) == 1 and proved(lender) == []
