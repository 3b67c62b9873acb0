"""Emergency bridging from the offer to the last fen: ten days cost 0.3% in offer, sheet, contract and loan, other days what they cost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from puhui.calculations.faults import FaultsError

VALUES = {
    "reg_status_normal_flag": 1, "dishonest_debtor_flag": 0, "dishonest_debtor_owner_flag": 0, "serious_illegal_list_flag": 0,
    "tax_major_violation_flag": 0, "cb_npl_balance": 0, "cb_overdue_now_amt": 0, "pcb_overdue_now_amt": 0, "case_def_cnt_24m": 0,
    "case_def_amt_open": 0, "wage_arrears_list_flag": 0,
}  # fmt: skip
ASKED = {
    "bank_commitment": 500_000.0, "old_loan_balance": 500_000.0, "own_money_ready": 25_000.0, "planned_days": 10.0,
    "for_working_capital": True, "renewal_possible": False,
}  # fmt: skip
AMOUNT_FEN = 47_500_000


def fee_fen(days: int) -> int:
    """products.md §20 [P26], by hand: 95.00 a day for five days, 190.00 for each day after."""
    return 9_500 * min(days, 5) + 19_000 * max(0, days - 5)


@pytest.fixture
def offered(bank: Any) -> Any:
    from puhui.books.actions import open_books
    from puhui.decisions import actions
    from puhui.parties import actions as parties

    open_books(bank.institution, "test")
    firm = bank.firm("Bridged", consent=False, **VALUES)
    parties.grant_consent(
        firm, purpose="credit_decision", classes=["C01", "C04", "C05", "C16"], expires_on=date(2028, 1, 1), text_version="1",
        text="yes", channel="counter", granted_by="owner", at=parties.start_of_day(date(2026, 1, 1)),
    )  # fmt: skip
    application = actions.submit(
        bank.institution, firm, "emergency-bridging", AMOUNT_FEN, 1, "repay_bank_loan", channel="counter", key="k", actor="officer",
        facts=ASKED,
    )  # fmt: skip
    decision = actions.decide(application, "officer")
    assert decision.outcome == "approve", decision.record["reasons"]
    return decision, application.offer


def contract_of(offer: Any, plan: Any = None) -> Any:
    from puhui.decisions import actions
    from puhui.loans.actions import draft_contract

    actions.answer_offer(offer, True, "borrower")
    return draft_contract(offer, "officer", plan)


def drawn(bank: Any, contract: Any) -> Any:
    from puhui.loans.actions import clear, draw_down, meet_condition, sign

    for party, signer in (("borrower", "Wang"), ("lender", "Lin")):
        sign(contract, party, signer, "electronic", {}, "officer")
    for condition in contract.conditions.all():
        meet_condition(contract, condition.code, "document 7", "officer")
    contract.refresh_from_db()
    return draw_down(clear(contract, bank.users["second"]), "payout", "accountant")


def test_offer_sheet_and_contract_agree_to_the_fen(bank: Any, offered: Any) -> None:
    from django.utils import timezone
    from django.utils.translation import override

    from puhui.console.borrower_figures import offer_figures
    from puhui.decisions.replaying import replay
    from puhui.reports.documents.cost_sheet import offer_sheet
    from puhui.reports.documents.document import Paper

    decision, offer = offered
    day = decision.business_date
    cost = decision.record["stages"]["offer"]["cost"]
    assert cost["interest_fen"] == fee_fen(10) == 142_500
    assert cost["effective_ppm"] == pytest.approx((1.003 ** (365 / 10) - 1) * 1e6, abs=2)
    with override("en"):
        shown = {**offer_figures(offer, day)}
        shown["later_rates"] = [(str(label), rate) for label, rate in shown["later_rates"]]
    assert (shown["cost_fen"], shown["late_rate_ppm"]) == (142_500, 216_000)
    assert shown["later_rates"] == [("Rate after 5 days", 144_000)]
    paper = Paper(bank.institution, day, timezone.now(), "zh-hans")
    rows = offer_sheet(paper, offer).table("costs").rows
    assert (rows[0][3], rows[0][-1]) == ("按所欠本金，年利率 7.20%，满5天后为 14.40%（按实际用款天数分段计收）", 142_500)
    text = contract_of(offer).text
    assert "固定年利率 7.20%；自放款日起满5天后，年利率 14.40%，按实际用款天数分段计收（单利）" in text
    assert f"第1期　{day + timedelta(days=10)}　本金 475,000.00　利息 1,425.00" in text
    assert "到期后5天内还清的，按合同利率计息，不计罚息" in text
    assert replay(decision) == []


@pytest.mark.parametrize(("days", "expected"), [(10, 108_000), (5, 72_000), (3, 72_000), (15, 120_000)])
def test_the_margin_is_reckoned_on_the_rates_of_the_days_expected(bank: Any, offered: Any, days: int, expected: int) -> None:
    """Five nights at 7.2%, the others at 14.4%: of ten days the mean is 10.8%, of fifteen 12%."""
    from django.utils.translation import override

    from puhui.console.margin_figures import margin_panel
    from puhui.loans.margins import margin_of_decision

    decision, _ = offered
    decision.record["stages"]["offer"]["terms"]["every"] = f"{days} day"
    margin = margin_of_decision(decision, decision.firm, bank.institution, {"now_fen": 0})
    assert margin is not None and (decision.rate_ppm, margin.rate_ppm, dict(margin.found.parts)["interest"]) == (72_000, expected, expected)
    assert sum(nights for nights, _ in margin.nights) == days
    with override("en"):
        panel = margin_panel(margin)
    assert panel is not None
    told = {10: "(5 × 7.20% + 5 × 14.40%) ÷ 10", 5: "(5 × 7.20%) ÷ 5"}.get(days, "÷")
    assert told in panel["rows"][0]["formula"]


@pytest.mark.parametrize("days", [3, 5, 8, 10, 12])
def test_the_loan_costs_the_days_used(bank: Any, offered: Any, days: int) -> None:
    """Night by night in the books, and what closes it on the day: sooner than planned, on the day, two days later."""
    from tests.loans.conftest import proved

    from puhui.books.queries import balances_by_role
    from puhui.loans.actions import pay_off
    from puhui.loans.day_end import run
    from puhui.loans.models import Loan

    loan = drawn(bank, contract_of(offered[1]))
    assert (loan.rate_ppm, loan.maturity - loan.start) == (72_000, timedelta(days=10))
    for used in range(1, days):
        run(bank.institution, loan.start + timedelta(days=used), "test")
        bank.institution.refresh_from_db()
        balances = balances_by_role(bank.institution, bank.institution.business_date)
        assert balances.get("accrued_interest", 0) + balances.get("interest_receivable", 0) == fee_fen(used)
    assert proved(bank.institution) == []
    event = pay_off(Loan.objects.get(pk=loan.pk), "back", "officer")
    assert event.amount_fen == AMOUNT_FEN + fee_fen(days)
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, loan.interest_paid_fen, loan.penalty_paid_fen) == ("closed", fee_fen(days), 0)
    assert proved(bank.institution) == []


def test_a_plan_may_be_shorter_and_cheaper_but_not_lose_the_days(offered: Any) -> None:
    """Six days at 0.01% a day for five: 5 × 47.50 + 190.00; days of thirty to the month are not days used."""
    from puhui.loans.repayment_plan import agreed_terms

    offer, day = offered[1], offered[0].business_date
    shorter = agreed_terms(offer.terms, {"every": "6 day", "rate_annual": "0.036"}, day)
    assert shorter["rate_steps"] == [[5, "0.144"]]
    with pytest.raises(FaultsError, match="charged by the days used"):
        agreed_terms(offer.terms, {"day_count": "30/360"}, day)
    with pytest.raises(FaultsError, match="it was settled by the decision"):
        agreed_terms(offer.terms, {"rate_steps": []}, day)
