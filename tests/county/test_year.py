"""A year of a small county, day by day: every kind of loan, everything that can happen to one, and books that prove themselves each month.

The firms come with accepted offers; contracts, payouts, acts and nights are the platform's own. A smaller county runs here; the whole one,
of 300 firms, with COUNTY_YEAR_FIRMS=300.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from itertools import chain, cycle, islice
from typing import Any

import pytest
from tests.loans.conftest import proved

FIRMS = int(os.environ.get("COUNTY_YEAR_FIRMS", "40"))
LAST_DAY = date(2026, 11, 30)
MONTH_ENDS = 13


@pytest.mark.timeout(1_800 if FIRMS <= 60 else 7_200)
def test_a_year(bank: Any, people: dict[str, Any], lend: Callable[..., Any], firms: Callable[[int], list[Any]]) -> None:
    from puhui.county.desk import Desk
    from puhui.county.lives import LIVES, ORDINARY
    from puhui.county.year import Year
    from puhui.loans.day_end import run_day
    from puhui.parties.actions import create_branch
    from puhui.payments.actions import open_bank_account

    create_branch(bank, "N01", "城北支行", actor="test")
    open_bank_account(bank, "MAIN", "6222020200112233445", "邻县银行", "test", channel="simulated")
    year = Year(Desk(bank, people, lend))
    lives = list(islice(chain(LIVES, cycle((*ORDINARY, *ORDINARY, *LIVES))), FIRMS))
    year.begin([(lend(firm, (2 + number % 47) * 1_000_000, 12, "inventory"), lives[number]) for number, firm in enumerate(firms(FIRMS))])
    months = 0
    while bank.business_date <= LAST_DAY:
        day = bank.business_date
        year.morning()
        figures = run_day(bank, "night run")
        assert not [name for name, each in figures.items() if isinstance(each, dict) and each.get("set_aside")]
        if (day + timedelta(days=1)).day == 1:
            month_end(bank, day)
            months += 1
    assert months == MONTH_ENDS and not year.ahead
    everything_happened(bank)
    nothing_differs(bank)


# ------------------------------------------------------------------------------------------------------------------- each month end


def month_end(bank: Any, day: date) -> None:
    """All that must hold after the night of a month's last day."""
    from puhui.loans.queries import standings

    found = list(standings(bank, day))
    assert found
    trial_balance_is_zero(bank, day)
    loans_add_up_to_the_ledger(bank, day, found)
    losses_are_posted_and_explained(bank, day, found)
    taxes_are_posted(bank, day, found)
    for standing in found:
        a_statement_adds_up(standing.loan, day)
    classes_have_articles(bank)


def trial_balance_is_zero(bank: Any, day: date) -> None:
    """Debits equal credits, in all and in each branch and product, over the balance sheet and over the memo accounts."""
    from puhui.books.queries import trial_balance

    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for row in trial_balance(bank, day, by_branch=True, by_product=True):
        for key in ("all", (row.branch_code, row.product_code, row.kind == "memo")):
            sums[key][0] += row.debit_fen - row.credit_fen
            sums[key][1] += row.balance_fen
    assert len(sums) > 2 and set(map(tuple, sums.values())) == {(0, 0)}


# Roles whose accounts hold nothing but what the loans' counters come to.
OF_LOANS = (
    "principal", "accrued_interest", "interest_receivable", "penalty_receivable", "fee_receivable", "overpayment", "output_tax_waiting",
    "unamortised_fees", "memo_interest", "memo_written_off",
)  # fmt: skip


def loans_add_up_to_the_ledger(bank: Any, day: date, standings: list[Any]) -> None:
    """Each account of loans, by branch and product: the sum of the loans' own balances is the ledger's."""
    from puhui.books.chart import chart
    from puhui.books.queries import trial_balance
    from puhui.calculations.posting import ledger_balances
    from puhui.parties.actions import head_branch
    from puhui.parties.models import Branch

    roles, head = chart(bank.kind, day).roles, head_branch(bank).pk
    codes = {roles[role] for role in OF_LOANS}
    branches = dict(Branch.objects.filter(institution=bank).values_list("pk", "code"))
    kept: dict[Any, int] = defaultdict(int)
    for each in standings:
        balances = ledger_balances(each.counters)
        for role in OF_LOANS:
            kept[roles[role], branches[each.loan.branch_id or head], each.loan.product_code] += balances.get(role, 0)
    booked = {
        (row.code, row.branch_code, row.product_code): row.balance_fen
        for row in trial_balance(bank, day, by_branch=True, by_product=True)
        if row.code in codes and row.balance_fen
    }
    assert {cell: fen for cell, fen in kept.items() if fen} == booked


def losses_are_posted_and_explained(bank: Any, day: date, standings: list[Any]) -> None:
    """A row with its reason for each loan that is open, and allowances that come to the rows, by branch, product and stage."""
    from puhui.books.queries import balances_by_role
    from puhui.loans.loss_models import LossDetail, LossRun
    from puhui.loans.provisioning import ALLOWANCES, COMMITMENT

    run = LossRun.objects.get(institution=bank, date=day)
    rows = list(LossDetail.objects.filter(institution=bank, run_date=day))
    owing = {each.loan.pk for each in standings if each.principal_fen and not each.counters.principal_written_off}
    assert owing <= {row.loan_id for row in rows} and run.rules
    assert all(row.reason in ("none", "days_past_due", "class", "restructured", "probation") for row in rows)
    assert all((row.stage == 1) == (row.reason == "none") for row in rows)
    booked = balances_by_role(bank, day)
    for stage, role in ALLOWANCES.items():
        assert -booked[role] == sum(row.loss_fen for row in rows if row.stage == stage), role
    assert -booked[COMMITMENT] == sum(row.commitment_loss_fen for row in rows)
    assert {row.stage for row in rows if row.loss_fen} <= set(ALLOWANCES)


def taxes_are_posted(bank: Any, day: date, standings: list[Any]) -> None:
    """Output tax is the sum of the loans' own, none where the borrower's size exempts it; stamp duty is that of taxed contracts."""
    from puhui.books.queries import balances_by_role
    from puhui.loans.models import Contract

    booked = balances_by_role(bank, day)
    taxes = [each.counters.interest_tax + each.counters.penalty_tax + each.counters.fee_tax for each in standings]
    assert -booked["output_tax"] == sum(taxes)
    taxed = {each.loan.pk for each, tax in zip(standings, taxes, strict=True) if tax}
    small = {each.loan.pk for each in standings if each.loan.firm.kind == "individual_business" or each.loan.firm.staff_count < 20}
    assert not taxed & {each.loan.pk for each in standings if not each.loan.interest_tax_ppm and not each.loan.fee_tax_ppm}
    assert small & {each.loan.pk for each in standings if not each.loan.interest_tax_ppm}
    assert any(each.loan.interest_tax_ppm for each in standings)
    drawn = Contract.objects.filter(institution=bank, loans__isnull=False).distinct().select_related("firm")
    large = [each for each in drawn if each.firm.kind == "enterprise" and each.firm.staff_count >= 20]
    duty = sum((each.amount_fen * 5 + 50_000) // 100_000 for each in large)  # 0.005%
    assert -booked["stamp_duty"] == duty


def a_statement_adds_up(loan: Any, day: date) -> None:
    """Every payment is the sum of its parts, and the principal after the last line is the loan's own."""
    from puhui.loans.models import Loan
    from puhui.loans.queries import statement

    loan = Loan.objects.get(pk=loan.pk)
    lines = statement(loan)
    surplus = 0
    for line in lines:
        if line.event.type in ("repayment", "payoff") and not line.is_reversed:
            surplus += line.event.amount_fen - sum(line.parts_fen.values())
        if line.is_reversed:
            assert not line.parts_fen, (loan.number, line)
        assert line.principal_after_fen >= 0, (loan.number, line)
    refunded = sum(line.event.amount_fen for line in lines if line.event.type == "refund" and not line.is_reversed)
    assert surplus == loan.overpaid_fen + refunded, loan.number
    assert lines[-1].principal_after_fen == loan.principal_fen, loan.number


def classes_have_articles(bank: Any) -> None:
    """Each class worse than normal rests on articles with their figures, or on a person's reason."""
    from puhui.calculations.classification import CLASSES
    from puhui.loans.class_models import ClassChange, LoanClass

    last = {change.loan_id: change for change in ClassChange.objects.filter(institution=bank).order_by("pk")}
    for row in LoanClass.objects.filter(institution=bank).exclude(risk_class="normal"):
        change = last[row.loan_id]
        assert change.after == row.risk_class in CLASSES
        decisive = [article for article in change.articles if article["at_least"] == change.after]
        assert change.reason or (decisive and all(article["article"] and article["code"] for article in decisive))
        assert all(article["fact"] for article in decisive if article["code"].startswith("overdue_"))


# ---------------------------------------------------------------------------------------------------------------------- at the end


def everything_happened(bank: Any) -> None:
    """Every kind of event, every act of the desk, every class and stage was seen in the year.

    But for the reviews of rates that follow jobs, carbon or targets: no loan of the county is of such a product (test_linking.py).
    """
    from puhui.calculations.classification import CLASSES
    from puhui.calculations.events import EVENT_TYPES
    from puhui.loans.act_registry import ACTS
    from puhui.loans.class_models import ClassChange
    from puhui.loans.loss_models import LossDetail
    from puhui.loans.models import Command, Event, Refinancing, Restructuring

    assert set(EVENT_TYPES) == set(Event.objects.values_list("type", flat=True))
    assert set(ACTS) - set(Command.objects.filter(status="done").values_list("act", flat=True)) == {"review_link", "correct_link"}
    assert set(Refinancing.objects.values_list("kind", flat=True)) == set(Refinancing.Kind.values)
    assert set(Restructuring.objects.values_list("kind", flat=True)) >= {"extension", "restructuring", "refinancing"}
    assert set(ClassChange.objects.values_list("after", flat=True)) >= set(CLASSES) - {"normal", "loss"}
    assert set(LossDetail.objects.values_list("stage", flat=True)) == {1, 2, 3}


def nothing_differs(bank: Any) -> None:
    """Books and loans prove themselves, and each loan folded anew from its events gives what is kept of it."""
    from dataclasses import asdict

    from puhui.loans.keeping import COUNTERS, counters_at, events_of, fold_loan
    from puhui.loans.models import Loan

    assert proved(bank) == []
    day = bank.business_date
    loans = list(Loan.objects.filter(institution=bank).prefetch_related("instalments"))
    history = events_of(loan.pk for loan in loans)
    assert len(loans) >= FIRMS
    for loan in loans:
        folded = fold_loan(loan, history[loan.pk], day)
        assert asdict(folded.counters) == asdict(counters_at(loan, day)), loan.number
        assert (folded.position.status, folded.overdue_since) == (loan.status, loan.overdue_since), loan.number
        rows = [(row.number, row.due, row.principal, row.paid, row.balance) for row in folded.position.rows]
        kept = [(row.number, row.due, row.principal_fen, row.paid_fen, row.balance_fen) for row in loan.instalments.order_by("number")]
        assert rows == kept, loan.number
    assert set(COUNTERS) == set(asdict(folded.counters))
