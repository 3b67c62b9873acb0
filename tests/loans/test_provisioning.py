"""The month end of credit risk: SQL and the pure functions agree for each loan, and the books hold what the loans come to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from puhui.books import queries
from puhui.calculations.counters import SharePoint, held_back
from puhui.calculations.faults import FaultsError
from puhui.calculations.loss_stages import StageFacts, commitment_loss, exposure_loss, stage_of
from puhui.calculations.posting import SUB_LEDGER, ledger_balances
from puhui.loans import day_end
from puhui.loans.actions import draw_down, repay
from puhui.loans.class_models import LoanClass
from puhui.loans.credit_models import Security, SecurityRelease, SecurityValue
from puhui.loans.keeping import Change, NewEvent, counters_at, events_of, keep, owed_now
from puhui.loans.loss_models import LossDetail, LossRun
from puhui.loans.loss_rules import policy_on
from puhui.loans.models import Loan
from puhui.loans.provisioning import ALLOWANCES, buckets_of, provision_month_end, reckon
from puhui.parties.models import Institution

from .conftest import OPENED, proved

MONTH_END = date(2026, 6, 30)


def run_to(lender: Institution, day: date) -> None:
    day_end.run(lender, day - timedelta(days=1), "test")
    lender.refresh_from_db()


@pytest.fixture
def book(lender: Institution, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> list[Loan]:
    """Three loans since January: paid until June, 46 days late in June, and 136 days late."""
    loans = []
    for risk_class in ("A", "B", "D"):
        loans.append(draw_down(cleared_contract(monthly_terms, risk_class=risk_class), f"drawdown {risk_class}", "test"))
    for month in range(2, 7):
        run_to(lender, date(2026, month, 15))
        for loan, payments in zip(loans, (5, 3, 0), strict=True):
            if month - 1 <= payments:
                due = loan.instalments.get(number=month - 1)
                repay(Loan.objects.get(pk=loan.pk), due.principal_fen + due.interest_fen, f"{loan.pk} {month}", "test")
    run_to(lender, MONTH_END)
    return list(Loan.objects.order_by("pk"))


def test_each_loan_costs_what_the_pure_functions_say_and_the_books_hold_the_sum(lender: Institution, book: list[Loan]) -> None:
    figures = provision_month_end(lender, MONTH_END, "test")
    policy = policy_on(MONTH_END)
    details = {row.loan_id: row for row in LossDetail.objects.filter(run_date=MONTH_END)}
    assert [details[loan.pk].stage for loan in book] == [1, 2, 3]
    assert [details[loan.pk].days_past_due for loan in book] == [0, 46, 135]
    for loan in book:
        row, counters = details[loan.pk], counters_at(loan, MONTH_END)
        balances = ledger_balances(counters)
        assert row.exposure_fen == sum(balances[role] for role in SUB_LEDGER) and row.principal_fen == counters.principal
        schedule = [(each.due, each.balance_fen) for each in loan.instalments.order_by("number")]
        least_days = policy.rules.shortest_life_days if row.days_past_due else 0
        buckets = buckets_of(schedule, MONTH_END, loan.lent_fen, row.principal_fen, row.exposure_fen, least_days)
        found = stage_of(StageFacts(MONTH_END, row.days_past_due, row.risk_class), policy.rules)
        assert (row.stage, row.reason) == found[:2]
        least = max(ppm for days, ppm in policy.probabilities.items() if days <= row.days_past_due)
        assert row.probability_ppm == max(loan.probability_ppm, least) and row.lgd_ppm == policy.losses_given["unsecured"]
        expected = exposure_loss(row.stage, row.exposure_fen, buckets, row.probability_ppm, row.lgd_ppm, row.rate_ppm, policy.rules)
        assert abs(row.loss_fen - expected) <= 1 and row.loss_fen > 0
    held = queries.balances_by_role(lender, MONTH_END)
    for stage, role in ALLOWANCES.items():
        assert (
            -held[role] == sum(row.loss_fen for row in details.values() if row.stage == stage) == figures["stages"][str(stage)]["loss_fen"]
        )
    assert held["impairment_loss"] == sum(row.loss_fen for row in details.values())
    assert proved(lender) == []


def test_a_run_is_made_once_and_the_next_posts_only_the_difference(lender: Institution, book: list[Loan]) -> None:
    first = provision_month_end(lender, MONTH_END, "test")
    assert provision_month_end(lender, MONTH_END, "test") == first and LossRun.objects.filter(date=MONTH_END).count() == 1
    late = book[1]
    run_to(lender, date(2026, 7, 15))
    owed = owed_now(late, events_of([late.pk])[late.pk], date(2026, 7, 15))
    repay(Loan.objects.get(pk=late.pk), owed, "catching up", "test")
    run_to(lender, date(2026, 7, 31))
    assert late.held_class.risk_class == "special_mention"  # kept until a person lifts it
    LoanClass.objects.filter(loan=late).update(risk_class="normal")
    provision_month_end(lender, date(2026, 7, 31), "test")
    row = LossDetail.objects.get(run_date=date(2026, 7, 31), loan_id=late.pk)
    assert row.days_past_due == 0 and (row.stage, row.reason, row.clean_since) == (2, "probation", date(2026, 7, 31))
    held = queries.balances_by_role(lender, date(2026, 7, 31))
    now = LossDetail.objects.filter(run_date=date(2026, 7, 31))
    assert -sum(held[role] for role in ALLOWANCES.values()) == sum(each.loss_fen for each in now) == held["impairment_loss"]
    with pytest.raises(FaultsError, match="the open day"):
        provision_month_end(lender, date(2026, 8, 31), "test")
    assert proved(lender) == []


def test_the_five_class_floor_and_the_reserve_of_the_year_end(lender: Institution, book: list[Loan]) -> None:
    figures = provision_month_end(lender, MONTH_END, "test")
    shares = policy_on(MONTH_END).reserve_shares
    floor = figures["floor"]
    assert floor["required_fen"] == round(sum(fen * shares[name] for name, fen in floor["principal_fen"].items()) / 1_000_000)
    assert set(floor["principal_fen"]) == {"normal", "special_mention", "substandard"}
    assert queries.balances_by_role(lender, MONTH_END)["general_reserve"] == 0, "appropriated at the year's end only"


def test_the_reserve_is_appropriated_once_and_not_taken_back(
    database: str, cleared_contract: Callable[..., Any], lender: Institution, monthly_terms: dict[str, Any]
) -> None:
    year_end = date(2026, 12, 31)
    Institution.objects.filter(pk=lender.pk).update(business_date=year_end)
    lender.refresh_from_db()
    draw_down(cleared_contract(monthly_terms, risk_class="A"), "drawdown", "test")
    figures = provision_month_end(lender, year_end, "test")
    lacking = figures["floor"]["lacking_fen"]
    assert lacking == 120_000_00 * 15_000 // 1_000_000 - figures["floor"]["allowance_fen"] > 0
    held = queries.balances_by_role(lender, year_end)
    assert -held["general_reserve"] == held["general_reserve_appropriation"] == lacking


def test_what_is_undrawn_is_provided_for(lender: Institution, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]) -> None:
    loan = draw_down(cleared_contract(monthly_terms), "drawdown", "test")
    Loan.objects.filter(pk=loan.pk).update(undrawn_fen=30_000_00)
    provision_month_end(lender, OPENED, "test")
    row = LossDetail.objects.get()
    years = (loan.maturity - OPENED).days / 365
    policy = policy_on(OPENED)
    assert row.commitment_loss_fen == commitment_loss(1, 30_000_00, years, row.probability_ppm, row.lgd_ppm, row.rate_ppm, policy.rules) > 0
    assert -queries.balance(lender, "commitment_provision", OPENED) == row.commitment_loss_fen


def test_interest_of_stage_three_is_held_back_under_the_accounting_standard(
    lender: Institution, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]
) -> None:
    """Nothing is ever paid: stage 3 in June; from then on income is the contract's × (1 − allowance ÷ gross), until the write-off."""
    Institution.objects.filter(pk=lender.pk).update(non_accrual_profile="cas_22")
    lender.refresh_from_db()
    loan = draw_down(cleared_contract(monthly_terms, risk_class="D"), "drawdown", "test")
    points: list[SharePoint] = []
    for day in (date(2026, 5, 31), date(2026, 6, 30), date(2026, 7, 31)):
        run_to(lender, day)
        provision_month_end(lender, day, "test")
        row = LossDetail.objects.get(run_date=day)
        counters = counters_at(Loan.objects.get(pk=loan.pk), day)
        assert row.earned_fen == counters.interest_earned + counters.penalty_earned == row.unpaid_fen
        share = round(row.loss_fen * 1_000_000 / row.exposure_fen) if row.stage == 3 else None
        points.append(SharePoint(row.earned_fen, row.unpaid_fen, share))
        assert row.held_back_fen == held_back(points)
        held = queries.balances_by_role(lender, day)
        assert -held["interest_held_back"] == held["memo_interest"] == row.held_back_fen
        assert -held["interest_income"] - held["penalty_income"] <= row.earned_fen
    assert LossDetail.objects.get(run_date=date(2026, 5, 31)).stage == 3 and row.held_back_fen > 0
    assert row.exposure_fen == sum(ledger_balances(counters)[role] for role in SUB_LEDGER) - row.held_back_fen
    assert Loan.objects.get(pk=loan.pk).status == "non_accrual" and counters.accrued_interest_suspended == 0
    assert proved(lender) == []
    with transaction.atomic():
        event = NewEvent("write_off", date(2026, 7, 31), "written off")
        keep(lender, event.date, [Change(Loan.objects.get(pk=loan.pk), "write_off", event)], "test")
    run_to(lender, date(2026, 8, 31))
    provision_month_end(lender, date(2026, 8, 31), "test")
    held = queries.balances_by_role(lender, date(2026, 8, 31))
    assert held["interest_held_back"] == held["memo_interest"] == 0 and not LossDetail.objects.filter(run_date=date(2026, 8, 31)).exists()
    assert held["loss_allowance"] == 0, "what was held back was no income, so the allowance gets it back; the rest is impairment"
    assert held["memo_written_off"] > row.exposure_fen
    assert proved(lender) == []


def test_a_loan_past_due_after_its_maturity_is_exposed_for_a_year(lender: Institution, cleared_contract: Callable[..., Any]) -> None:
    """100,000.00 matured on 25 January and 6 days late: PD 5 % within a year, LGD 45 %, three scenarios, rate 3.6 %.

    0.6 × 45% × 5% + 0.1 × 42.75% × 4% + 0.3 × 51.75% × 8% = 2.763% of what is owed, discounted by a year at 3.6 %.
    """
    terms = {"amount": "100000.00", "rate_annual": "0.036", "day_count": "ACT/360", "instalments": 1, "every": "10 day", "method": "bullet"}
    draw_down(cleared_contract(terms, risk_class="A"), "drawdown", "test")
    run_to(lender, date(2026, 1, 31))
    provision_month_end(lender, date(2026, 1, 31), "test")
    row = LossDetail.objects.get()
    assert (row.stage, row.days_past_due, row.probability_ppm, row.exposure_fen) == (2, 6, 50_000, 10_010_000)
    assert row.loss_fen == 266_966


def test_only_security_that_is_held_lowers_the_loss_and_only_as_far_as_it_covers(
    lender: Institution, cleared_contract: Callable[..., Any], monthly_terms: dict[str, Any]
) -> None:
    """120,000.00 unsecured lose 45 %, under a mortgage 25 %. Worth 60,000.00 it covers half: 35 %; given back: 45 % again."""
    contract = cleared_contract(monthly_terms)
    loan = draw_down(contract, "drawdown", "test")
    security = Security.objects.create(
        institution=lender, contract=contract, kind="mortgage", provider="机器设备", evidence="登记证明", recorded_by="test"
    )

    def lgd_after(day: date) -> int:
        reckon(lender, day, policy_on(day))
        return LossDetail.objects.get(run_date=day, loan_id=loan.pk).lgd_ppm

    assert lgd_after(OPENED) == 250_000  # nobody has valued it yet
    SecurityValue.objects.create(
        institution=lender, security=security, day=OPENED, item_kind="machinery", base_fen=100_000_00, value_fen=60_000_00, evidence="评估",
        recorded_by="test",
    )  # fmt: skip
    assert lgd_after(OPENED + timedelta(days=1)) == 350_012  # a night of interest is owed beside the principal
    SecurityRelease.objects.create(institution=lender, security=security, day=OPENED, evidence="注销", recorded_by="test")
    assert lgd_after(OPENED + timedelta(days=2)) == 450_000
