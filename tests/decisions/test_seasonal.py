"""A cooperative's loan from the offer to the payout: the instalments that follow the harvest are those that it saw before it signed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from puhui.calculations.faults import FaultsError

VALUES = {
    "reg_status_normal_flag": 1, "dishonest_debtor_flag": 0, "dishonest_debtor_owner_flag": 0, "serious_illegal_list_flag": 0,
    "tax_major_violation_flag": 0, "cb_npl_balance": 0, "cb_overdue_now_amt": 0, "pcb_overdue_now_amt": 0, "honour_province_cnt": 1,
    "agri_insurance_flag": 1, "inv_out_active_months_12m": 6, "inv_out_amt_12m": 3_000_000,
}  # fmt: skip
ASKED = {"members": 60.0, "orders_in_hand": 1_000_000.0, "surplus_shared": True}
DUES = [{"due": "2026-07-10", "principal": "200000.00"}, {"due": "2026-12-10", "principal": "300000.00"}]


@pytest.fixture
def offered(bank: Any) -> Any:
    """The offer of 500,000 for twelve months, decided on 2 March 2026 by two people as the class asks."""
    from puhui.books.actions import open_books
    from puhui.decisions import actions
    from puhui.parties import actions as parties

    open_books(bank.institution, "test")
    firm = bank.firm("Orange cooperative", kind="cooperative", consent=False, **VALUES)
    parties.grant_consent(
        firm, purpose="credit_decision", classes=["C01", "C04", "C05", "C07", "C16", "C17"], expires_on=date(2028, 1, 1), text_version="1",
        text="yes", channel="counter", granted_by="owner", at=parties.start_of_day(date(2026, 1, 1)),
    )  # fmt: skip
    application = actions.submit(
        bank.institution, firm, "cooperative-loan", 50_000_000, 12, "farming", channel="counter", key="k", actor="officer", facts=ASKED
    )
    decision = actions.decide(application, "officer")
    assert decision.outcome == "approve"
    return decision, application.offer


def contract_of(offer: Any) -> Any:
    from puhui.decisions import actions
    from puhui.loans.actions import draft_contract

    actions.answer_offer(offer, True, "borrower")
    return draft_contract(offer, "officer")


def test_the_schedule_is_seen_before_it_is_signed(offered: Any) -> None:
    """Half-yearly interest at 4%: 2 March to 10 July is 4 months and 8 days, on to 10 December 5 months on what is left."""
    from puhui.console.borrower_figures import offer_figures

    decision, offer = offered
    assert decision.record["stages"]["offer"]["terms"]["dues"] == offer.terms["dues"] == DUES
    shown = offer_figures(offer, decision.business_date)["rows"]
    first = round(50_000_000 * 0.04 * (4 / 12 + 8 / 360))
    second = round(30_000_000 * 0.04 * 5 / 12)
    assert [(row.due.isoformat(), row.principal, row.interest) for row in shown] == [
        ("2026-07-10", 20_000_000, first), ("2026-12-10", 30_000_000, second)
    ]  # fmt: skip
    text = contract_of(offer).text
    assert "按还款计划所列日期和金额还本，同时付息" in text and "至2026-12-10止" in text
    assert "第1期　2026-07-10　本金 200,000.00" in text and "第2期　2026-12-10　本金 300,000.00" in text


def guaranteed(bank: Any, contract: Any) -> None:
    """The agricultural guarantee that the product asks: four fifths of the amount."""
    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Command, Security

    def done(name: str, **arguments: Any) -> None:
        if perform(bank.users["officer"], name, contract, arguments, name).status == "waiting":
            approve(bank.users["risk"], Command.objects.get(key=name))

    done("secure", kind="guarantor", provider="农业信贷担保公司", evidence="保证合同 3")
    security = Security.objects.get(contract=contract).pk
    done("value_security", security=security, item_kind="guarantee", amount_fen=50_000_000, evidence="保证合同 3")


def drawn(bank: Any, contract: Any) -> Any:
    from puhui.loans.actions import clear, draw_down, meet_condition, sign

    for party, signer in (("borrower", "Wang"), ("lender", "Lin")):
        sign(contract, party, signer, "electronic", {}, "officer")
    guaranteed(bank, contract)
    for condition in contract.conditions.all():
        meet_condition(contract, condition.code, "document 7", "officer")
    contract.refresh_from_db()
    return draw_down(clear(contract, bank.users["second"]), "payout", "accountant")


def test_the_loan_falls_due_as_signed(bank: Any, offered: Any) -> None:
    loan = drawn(bank, contract_of(offered[1]))
    rows = loan.instalments.order_by("number").values_list("due", "principal_fen")
    assert list(rows) == [(date(2026, 7, 10), 20_000_000), (date(2026, 12, 10), 30_000_000)]
    assert loan.maturity == date(2026, 12, 10)


def test_the_decision_replays(offered: Any) -> None:
    from puhui.decisions.replaying import replay

    assert replay(offered[0]) == []


def test_money_that_goes_out_after_a_due_day_is_refused(bank: Any, offered: Any) -> None:
    """The days stand in the contract; a payout after the first of them needs a new offer."""
    from puhui.parties.models import Institution

    contract = contract_of(offered[1])
    Institution.objects.filter(pk=bank.institution.pk).update(business_date=date(2026, 7, 11))
    with pytest.raises(FaultsError, match="dates after the start 2026-07-11"):
        drawn(bank, contract)
