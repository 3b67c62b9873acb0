"""A household and a person from their files to a repaid loan: evidence, decision, offer, contract, payout, repayment, statement."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.parties.identifiers import identity_check_character

DAY = date(2026, 3, 2)
CLASSES = ["C04", "C17", "S2"]
PANEL = {"panel_score": 84.0, "panel_members": 5.0, "household_income": 120_000.0, "household_debts": 20_000.0, "shown_in_public": True}
SEASON = {"season_cost": 60_000.0, "months_to_harvest": 6.0, "land_contract_seen": True}


def number(serial: int) -> str:
    body = f"99012119800101{serial:03d}"
    return body + identity_check_character(body)


@pytest.fixture
def lender(database: str) -> Any:
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution

    institution = create_institution("demo", "Demonstration Bank", "bank", DAY)
    open_books(institution, "test")
    return institution


@pytest.fixture
def household(lender: Any) -> Any:
    from puhui.parties.borrowers import register_borrowers

    people = [
        {"part": "head", "name": "张文", "identity_number": number(1)},
        {"part": "spouse", "name": "李兰", "identity_number": number(2)},
        {"part": "member", "name": "张海", "identity_number": number(3)},
    ]
    row = {"kind": "household", "people": people, "household_number": "BS001", "industry_code": "0111"}
    return register_borrowers(lender, [row], "officer")[0]


def consent(firm: Any, classes: list[str] | None = None) -> None:
    from puhui.parties import actions as parties

    parties.grant_consent(
        firm, purpose="credit_decision", classes=classes or CLASSES, expires_on=date(2028, 1, 1), text_version="1", text="yes",
        channel="counter", granted_by="head", at=parties.start_of_day(date(2025, 12, 1)),
    )  # fmt: skip


def give(lender: Any, folder: Any, record: str, rows: list[dict[str, Any]], key: str = "BS001") -> None:
    from puhui.evidence.actions import import_records
    from puhui.evidence.layouts import layout

    kind = layout(record)
    headings = {name: next(word for word in field.headings if not word.isascii()) for name, field in kind.fields.items()}
    table = pl.DataFrame([{"户编号": key} | {headings[name]: value for name, value in row.items()} for row in rows])
    path = folder / f"{record}.csv"
    table.write_csv(path)
    import_records(lender, path, kind.evidence_class, record, business_date=DAY, actor="officer")


def told_of(lender: Any, folder: Any, listed: str = "白名单", key: str = "BS001") -> None:
    """What court, village, land register and finance bureau say."""
    from puhui.features import actions as features

    stated, insured = "2026-01-20", {"insured": "是"}
    give(lender, folder, "court_search", [{"searched_on": stated, "found": 0}], key)
    give(lender, folder, "village_list", [{"stated_on": stated, "list": listed}], key)
    give(
        lender, folder, "farm_asset",
        [
            {"kind": "土地", "asset": "东坡地", "stated_on": stated, "area_mu": 42, "yield_per_mu": None, "price_fen": None} | insured,
            {"kind": "作物", "asset": "水稻", "stated_on": stated, "area_mu": 42, "yield_per_mu": 500, "price_fen": 2.80} | insured,
        ],
        key,
    )  # fmt: skip
    give(lender, folder, "farm_subsidy", [{"kind": "耕地地力保护补贴", "paid_on": "2025-12-10", "amount_fen": 4200}], key)
    features.refresh(lender, date(2026, 3, 1), actor="night run")


def ask(lender: Any, firm: Any, product: str, months: int, facts: dict[str, Any], yuan: int = 30_000, key: str = "k") -> Any:
    from puhui.decisions import actions

    application = actions.submit(
        lender, firm, product, yuan * 100, months, "farming", channel="counter", key=key, actor="officer", facts=facts
    )
    return actions.decide(application, "officer")


def lent(decision: Any, guaranteed_fen: int = 0) -> tuple[Any, Any]:
    """An offer taken, signed by all who must, checked by a second person, and paid out: contract and loan."""
    from puhui.decisions import actions
    from puhui.loans import actions as loans
    from puhui.loans.models import Condition
    from puhui.parties.actions import create_user

    offer = actions.answer_offer(decision.application.offer, True, "borrower")
    contract = loans.draft_contract(offer, "officer")
    if guaranteed_fen:
        guarantee(contract, guaranteed_fen)
    loans.sign_contracts([contract], "borrower", "head", "electronic", {"identity": "compared"}, "borrower")
    loans.sign_contracts([contract], "lender", "officer", "electronic", {"channel": "console"}, "officer")
    codes = list(Condition.objects.filter(contract=contract).values_list("code", flat=True))
    loans.meet_conditions_of([(contract, dict.fromkeys(codes, "seen"))], "officer")
    checker = create_user(contract.institution, "accountant", "secret-secret", "accountant")
    (cleared,) = loans.clear_contracts([contract], checker)
    return cleared, loans.draw_down(cleared, f"payout:{cleared.pk}", "accountant")


def guarantee(contract: Any, amount_fen: int) -> None:
    """The guarantee fund stands for part of the loan: recorded and valued, each agreed to by a second person."""
    from puhui.loans.command_models import Command
    from puhui.loans.commands import approve, perform
    from puhui.loans.models import Security
    from puhui.parties.actions import create_user

    officer, risk = (
        create_user(contract.institution, name, "secret-secret", role) for name, role in (("o", "officer"), ("r", "risk_manager"))
    )

    def act(name: str, **told: Any) -> None:
        if perform(officer, name, contract, told, f"{name} {contract.pk}").status == "waiting":
            approve(risk, Command.objects.get(key=f"{name} {contract.pk}"))

    act("secure", kind="guarantor", provider="创业担保基金", registration="", registered_until=None, evidence="保证合同 1")
    number = Security.objects.get(contract=contract).pk
    act("value_security", security=number, item_kind="guarantee", amount_fen=amount_fen, evidence="保证合同 1")


def test_a_household_of_the_white_list_from_its_file_to_its_last_fen(lender: Any, household: Any, tmp_path: Any) -> None:
    from puhui.books.verify import verify
    from puhui.loans import actions as loans
    from puhui.loans.day_end import run
    from puhui.loans.models import Condition
    from puhui.reports.documents.statement import owing, statement_of

    consent(household)
    told_of(lender, tmp_path)
    decision = ask(lender, household, "village-batch-credit", 3, PANEL)
    assert (decision.outcome, decision.risk_class) == ("approve", "A"), decision.record["stages"]
    assert decision.limit_fen == 20_000_000  # score 84: 200,000; twice the income less debts is 220,000
    contract, loan = lent(decision)
    assert "户主张文" in contract.text and "共同借款人李兰" in contract.text and "连带清偿责任" in contract.text
    conditions = set(Condition.objects.filter(contract=contract).values_list("code", flat=True))
    assert "members_signature" in conditions and "spouse_signature" not in conditions  # the spouse signs among the members
    assert loan.amount_fen == 3_000_000
    run(lender, DAY + timedelta(days=10), "night run")
    lender.refresh_from_db()
    loan.refresh_from_db()
    owed = loans.payoff_amount_on(loan, lender.business_date)
    assert owed == 3_000_000 + round(3_000_000 * loan_rate(contract) * (lender.business_date - DAY).days / 360)
    loans.deposit(household, owed)
    loans.pay_off(loan, "payoff", "officer")
    loan.refresh_from_db()
    assert loan.status == "closed"
    told = statement_of(loan, DAY, lender.business_date)
    assert owing(told.closing).total == 0 and owing(told.closing).principal == 0
    assert sum(move.money_fen or 0 for move in told.movements) == owed
    assert verify(lender) == []


def loan_rate(contract: Any) -> float:
    return float(contract.terms["rate_annual"])


def test_a_season_falls_due_when_the_crop_is_sold(lender: Any, household: Any, tmp_path: Any) -> None:
    from puhui.loans.models import Instalment

    consent(household)
    told_of(lender, tmp_path)
    decision = ask(lender, household, "farm-season-loan", 8, SEASON)
    assert (decision.outcome, decision.risk_class) == ("approve", "A"), decision.record["stages"]
    assert decision.limit_fen == 2_900_000  # half of 42 mu at 500 kg and 2.80: 29,400, in whole thousands
    _, loan = lent(decision)
    dues = [(one.due, one.principal_fen) for one in Instalment.objects.filter(loan=loan).order_by("due") if one.principal_fen]
    assert [day for day, _ in dues] == [date(2026, 9, 2), date(2026, 11, 2)]
    assert sum(amount for _, amount in dues) == loan.amount_fen == 2_900_000


def test_the_negative_list_refuses(lender: Any, household: Any, tmp_path: Any) -> None:
    consent(household)
    told_of(lender, tmp_path, "负面清单")
    decision = ask(lender, household, "village-batch-credit", 3, PANEL)
    assert decision.outcome == "refuse"
    against = {one["code"]: one["severity"] for one in decision.record["reasons"] if one["side"] == "against"}
    assert against["not_on_negative_list"] == "veto"


def test_a_product_that_does_not_lend_to_households_says_so_at_once(lender: Any, household: Any) -> None:
    from puhui.decisions.models import Application

    consent(household)
    with pytest.raises(FaultsError) as told:
        ask(lender, household, "invoice-working-capital", 12, {}, yuan=100_000)
    text = str(told.value)
    assert "张文户, of the kind household" in text and "enterprise, individual_business, cooperative" in text
    assert not Application.objects.exists()


def test_nothing_is_decided_without_a_consent_to_each_class(lender: Any, household: Any, tmp_path: Any) -> None:
    from puhui.decisions.models import Decision

    consent(household)
    told_of(lender, tmp_path)
    household.consents.update(classes=["C04", "C17"])
    with pytest.raises(FaultsError, match="S2"):
        ask(lender, household, "village-batch-credit", 3, PANEL)
    assert not Decision.objects.exists()


def test_household_person_and_shop_of_a_member_are_one_debtor(lender: Any, household: Any) -> None:
    """The son trades alone, the wife owns a shop: each has a row, and what one owes the group owes."""
    from puhui.decisions.credit_view import credit_views
    from puhui.parties import actions as parties
    from puhui.parties.borrowers import register_borrowers
    from puhui.parties.models import Person

    son = {"part": "borrower", "name": "张海", "identity_number": number(3)}
    stranger = {"part": "borrower", "name": "王五", "identity_number": number(9)}
    (trader, other) = register_borrowers(lender, [{"kind": "person", "people": [one]} for one in (son, stranger)], "officer")
    shop = parties.register_firm(lender, "李兰小卖部", kind="individual_business", actor="officer")
    parties.link_person(shop, Person.objects.get(name="李兰"), "legal_representative", actor="officer")
    groups = credit_views(lender, [household.pk, trader.pk, other.pk]).groups
    assert set(groups[household.pk]) == set(groups[trader.pk]) == {household.pk, trader.pk, shop.pk}
    assert set(groups[other.pk]) == {other.pk}


def test_what_a_person_and_a_household_are_to_taxes_and_payouts(lender: Any, household: Any, tmp_path: Any) -> None:
    """Interest of a farming household of up to 100,000 is free of VAT; its payouts follow the rule for personal loans."""
    from puhui.loans.taxing import tax_of_contract
    from puhui.payments.accounts import holder_names
    from puhui.payments.actions import Payee
    from puhui.payments.ordering import modes_asked

    consent(household)
    told_of(lender, tmp_path)
    contract, _ = lent(ask(lender, household, "village-batch-credit", 3, PANEL))
    tax = tax_of_contract(contract, DAY, 40_000)
    assert (tax.exemption, tax.interest_ppm) == ("small_household", 0)
    (asked,) = modes_asked(contract, [Payee("农资店", "6230580000011112222", "邻县银行", 3_000_000, proof="", mode="own")])
    assert asked.mode == "own", asked
    assert holder_names(household) == {"张文户", "张文", "李兰", "张海"}


STARTS = {
    "reg_status_normal_flag": 1, "dishonest_debtor_flag": 0, "dishonest_debtor_owner_flag": 0, "serious_illegal_list_flag": 0,
    "tax_major_violation_flag": 0, "wage_arrears_list_flag": 0, "si_headcount_now": 0, "si_arrears_months": 0, "si_key_group_hires_12m": 0,
    "cb_npl_balance": 0, "cb_overdue_now_amt": 0, "cb_overdue_cnt_24m": 0, "pcb_overdue_cnt_24m": 0, "pcb_overdue_now_amt": 0,
}  # fmt: skip
PROJECT = {"is_supported_group": True, "start_loans_before": 0.0, "project_cost": 300_000.0, "own_funds": 100_000.0, "partners": 1.0}


def test_a_person_starts_a_business_and_pays_what_falls_due(lender: Any) -> None:
    """At most 300,000 by kind, 200,000 for this project; the guarantee fund stands for 80%; the first due is debited."""
    from puhui.features.models import Snapshot
    from puhui.loans.day_end import run
    from puhui.loans.models import Instalment
    from puhui.loans.queries import owed
    from puhui.parties.borrowers import register_borrowers
    from puhui.products.documents import digest_of
    from puhui.reports.documents.statement import statement_of

    row = {"kind": "person", "people": [{"part": "borrower", "name": "王五", "identity_number": number(9)}], "founded_on": date(2025, 1, 1)}
    (person,) = register_borrowers(lender, [row], "officer")
    consent(person, ["C01", "C04", "C05", "C08", "C16"])
    as_of = DAY - timedelta(days=2)
    digest = digest_of({"as_of": as_of.isoformat(), "catalogue": "by hand", "values": STARTS, "null_reasons": {}})
    Snapshot.objects.create(institution=lender, firm=person, as_of=as_of, catalogue_digest="by hand", values=STARTS, digest=digest)
    decision = ask(lender, person, "business-start-guarantee-loan", 12, PROJECT, yuan=120_000)
    assert (decision.outcome, decision.limit_fen) == ("approve", 20_000_000), decision.record["stages"]
    contract, loan = lent(decision, guaranteed_fen=9_600_000)
    assert f"借款人王五，身份证号 {number(9)[:6]}" in contract.text and "共同借款人" not in contract.text.split("第一条")[0]
    first = Instalment.objects.filter(loan=loan).order_by("due").first()
    assert first is not None
    amount_fen = first.principal_fen + first.interest_fen
    deposited(person, amount_fen)
    run(lender, first.due + timedelta(days=1), "night run")
    lender.refresh_from_db()
    loan.refresh_from_db()
    assert owed(loan, lender.business_date).days_past_due == 0
    told = statement_of(loan, DAY, lender.business_date)
    assert sum(move.money_fen or 0 for move in told.movements) == amount_fen


def deposited(firm: Any, amount_fen: int) -> None:
    from puhui.loans import actions as loans

    loans.deposit(firm, amount_fen)
