"""Money that comes in: statements, matching, suspense, returns, and what was put to the wrong loan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.loans.conftest import proved
from tests.payments.conftest import MORNING, OPENED, OWN_NUMBER, balance, driven, supplier

from puhui.calculations.faults import FaultsError
from puhui.payments.simulator import SimulatedBank

AMOUNT = 12_000_000


@pytest.fixture
def loan_of(contract_of: Callable[..., Any]) -> Callable[..., Any]:
    def make(firm: Any = None, **terms: Any) -> Any:
        from puhui.loans.actions import draw_down

        contract = contract_of(firm, **terms)
        return draw_down(contract, f"draw-{contract.pk}", "officer")

    return make


def taken_in(account: Any, bank: SimulatedBank, day: Any = OPENED) -> dict[str, Any]:
    from puhui.payments.actions import import_statement

    content = bank.statement(OWN_NUMBER, day)
    return import_statement(account, content, "camt.053", f"{day}.xml", "accountant", MORNING)


def days_pass(institution: Any, until: Any) -> None:
    from puhui.loans import day_end

    day_end.run(institution, until, "test")
    institution.refresh_from_db()


def test_a_receipt_that_names_its_loan_is_put_to_it(loan_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    loan = loan_of()
    bank = SimulatedBank()
    bank.receive(1_000_000, OPENED, f"归还借款 {loan.number}", loan.firm.name, "6217001234567890123")
    bank.receive(500, OPENED, "利息收入", "邻县银行")
    figures = taken_in(account, bank)
    assert figures == {"lines": 2, "known": 0, "matched": 0, "receipts": 2, "applied": 1, "left": 1}
    loan.refresh_from_db()
    assert loan.principal_repaid_fen + loan.interest_paid_fen == 1_000_000
    assert balance(micro_lender, "suspense") == -500
    assert balance(micro_lender, "own_cash") == -AMOUNT + 1_000_500
    application = loan.receipt_applications.get()
    assert (application.score, application.grounds) == (80, ["number_named", "name_equal"])
    assert proved(micro_lender) == []


def test_a_statement_twice_and_overlapping_days(loan_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    from puhui.payments.actions import import_statement
    from puhui.payments.camt053_writing import write_statement

    loan = loan_of()
    bank = SimulatedBank()
    first = bank.receive(1_000_000, OPENED, loan.number, loan.firm.name)
    taken_in(account, bank)
    with pytest.raises(FaultsError, match="taken in on 2026-01-15"):
        taken_in(account, bank)
    second = bank.receive(700, OPENED, "不明来款")
    again = write_statement(OWN_NUMBER, OPENED, 0, [first, second])
    figures = import_statement(account, again, "camt.053", "again.xml", "accountant", MORNING)
    assert (figures["known"], figures["receipts"]) == (1, 1)
    loan.refresh_from_db()
    assert loan.receipt_applications.count() == 1 and balance(micro_lender, "suspense") == -700


def test_wrong_statements_are_refused_whole(account: Any, micro_lender: Any) -> None:
    from puhui.payments.actions import import_statement
    from puhui.payments.models import StatementLine

    bank = SimulatedBank()
    bank.receive(1_000, OPENED, "a")
    good = bank.statement(OWN_NUMBER, OPENED).decode()
    wrong = {
        "closing balance": good.replace(">10.00<", ">11.00<", 1),
        "account": good.replace(OWN_NUMBER, "6222020200112239999"),
        "a document type": good.replace("?>", '?><!DOCTYPE Document [<!ENTITY a "aaaa">]>', 1),
        "Amt": good.replace(">10.00<", ">10.005<"),
        "EUR": good.replace('Ccy="CNY"', 'Ccy="EUR"'),
        "BookgDt": good.replace("<Dt>2026-01-15</Dt>", "<Dt>soon</Dt>"),
        "line 6, column 29": good[:200],
        "camt.053": "<Document><Other/></Document>",
    }
    for words, text in wrong.items():
        with pytest.raises(FaultsError, match=words):
            import_statement(account, text.encode(), "camt.053", "wrong.xml", "accountant", MORNING)
    assert not StatementLine.objects.exists() and balance(micro_lender, "suspense") == 0


def test_what_is_pending_at_the_bank_is_not_money(account: Any) -> None:
    from puhui.payments.camt053 import read_camt053

    bank = SimulatedBank()
    bank.receive(1_000, OPENED, "a")
    text = bank.statement(OWN_NUMBER, OPENED).decode()
    old = text.replace("<Sts>\n          <Cd>BOOK</Cd>\n        </Sts>", "<Sts>PDNG</Sts>").replace(".001.08", ".001.02")
    (statement,) = read_camt053(old.encode(), "a.xml", "CNY")
    assert statement.lines == () and len(read_camt053(text.encode(), "a.xml", "CNY")[0].lines) == 1


def test_a_csv_statement_in_gb18030(loan_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    from puhui.payments.actions import import_statement

    loan = loan_of()
    text = (
        "记账日期,借方发生额,贷方发生额,余额,流水号,对方户名,摘要\r\n"
        f'2026-01-15,,"10,000.00",10000.00,A1,{loan.firm.name},还款{loan.number}\r\n'
        "2026-01-15,3.50,,9996.50,A2,邻县银行,手续费\r\n"
    )
    figures = import_statement(account, text.encode("gb18030"), "statement-csv", "a.csv", "accountant", MORNING)
    assert (figures["receipts"], figures["applied"]) == (1, 1)
    with pytest.raises(FaultsError, match=r"line 3, balance.*9995\.50.*9996\.50"):
        import_statement(account, text.replace("9996.50", "9995.50").encode("gb18030"), "statement-csv", "b.csv", "a", MORNING)
    with pytest.raises(FaultsError, match=r"line 2, 记账日期: found 15\.01\.2026"):
        import_statement(account, text.replace("2026-01-15,,", "15.01.2026,,").encode("gb18030"), "statement-csv", "b.csv", "a", MORNING)


def test_an_amount_alone_is_a_suggestion_and_a_person_applies(loan_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    from puhui.payments import queries
    from puhui.payments.actions import apply
    from puhui.payments.models import Receipt

    loan, _ = loan_of(), loan_of(amount="50000.00")
    bank = SimulatedBank()
    row = loan.instalments.get(number=1)
    amount = row.principal_fen + row.interest_fen
    bank.receive(amount, OPENED, "往来款", loan.firm.name.replace("有限", ""))
    taken_in(account, bank)
    receipt = Receipt.objects.get()
    assert receipt.open_fen == amount
    best = queries.suggestions(receipt)
    assert best and best[0].loan_id == loan.pk and "name_alike" in best[0].grounds
    (waiting,) = queries.suspense(micro_lender)
    assert (waiting.open_fen, waiting.age) == (amount, "0-1")
    application = apply(receipt, loan, amount, "accountant", key="by-hand")
    assert apply(receipt, loan, amount, "accountant", key="by-hand") == application
    with pytest.raises(FaultsError, match="in suspense"):
        apply(receipt, loan, 1, "accountant", key="once more")
    assert queries.suspense(micro_lender) == [] and proved(micro_lender) == []


def test_a_wrong_match_is_undone_without_a_trace_on_the_loan(loan_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    from puhui.payments.actions import apply, undo
    from puhui.payments.models import Receipt

    loan, other = loan_of(), loan_of()
    bank = SimulatedBank()
    bank.receive(1_000_000, OPENED, loan.number, loan.firm.name)
    taken_in(account, bank)
    application = loan.receipt_applications.get()
    undone = undo(application, "meant for another loan", "accountant")
    assert undo(application, "again", "accountant") == undone
    loan.refresh_from_db()
    assert loan.principal_repaid_fen == 0 and balance(micro_lender, "suspense") == -1_000_000
    apply(Receipt.objects.get(), other, 1_000_000, "accountant", key="by-hand")
    other.refresh_from_db()
    assert other.principal_repaid_fen > 0 and balance(micro_lender, "suspense") == 0
    assert proved(micro_lender) == []


def test_money_that_came_earlier_counts_from_its_day(loan_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    from datetime import date

    loan = loan_of()
    days_pass(micro_lender, date(2026, 2, 20))
    loan.refresh_from_db()
    assert loan.status == "overdue"
    bank = SimulatedBank()
    due = loan.instalments.get(number=1)
    bank.receive(due.principal_fen + due.interest_fen, date(2026, 2, 15), loan.number, loan.firm.name)
    account.institution.refresh_from_db()
    assert taken_in(account, bank, date(2026, 2, 15))["applied"] == 1
    loan.refresh_from_db()
    assert (loan.status, loan.penalty_earned_fen) == ("performing", 0)
    assert proved(micro_lender) == []


def test_one_receipt_over_several_debts_by_the_civil_code(loan_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    from datetime import date

    from puhui.payments.actions import apply_over
    from puhui.payments.models import Receipt

    first = loan_of()
    second = loan_of(first.firm, rate_annual="0.06")
    days_pass(micro_lender, date(2026, 2, 20))
    account.institution.refresh_from_db()
    bank = SimulatedBank()
    bank.receive(1_500_000, date(2026, 2, 20), "还款")
    taken_in(account, bank, date(2026, 2, 20))
    applications = apply_over(Receipt.objects.get(), first.firm, "accountant", key="all")
    assert [(each.loan_id, each.grounds[1]) for each in applications] == [(second.pk, "burden"), (first.pk, "burden")]  # 6% before 4.35%
    assert sum(each.amount_fen for each in applications) == 1_500_000
    assert apply_over(Receipt.objects.get(), first.firm, "accountant", key="all") == applications
    assert proved(micro_lender) == []


def test_what_the_payer_names_goes_first_then_what_is_secured_least(loan_of: Callable[..., Any], account: Any, micro_lender: Any) -> None:
    """6 % under a mortgage waits for 4.35 % without one, unless the payer names it; given back, the heavier burden goes first again."""
    from puhui.loans.credit_models import Security, SecurityRelease, SecurityValue
    from puhui.payments.receiving import shares_over

    first = loan_of()
    second = loan_of(first.firm, rate_annual="0.06")
    day = date(2026, 2, 20)
    days_pass(micro_lender, day)
    told = {"institution": micro_lender, "recorded_by": "test", "evidence": "登记证明"}
    security = Security.objects.create(contract=second.contract, kind="mortgage", provider="机器设备", **told)
    SecurityValue.objects.create(security=security, day=OPENED, item_kind="machinery", base_fen=2_000_000, value_fen=1_000_000, **told)

    def order(designated: Any = ()) -> list[tuple[int, str]]:
        shares, _ = shares_over(first.firm, 1_500_000, day, designated)
        return [(int(each.debt), each.ground) for each in shares]

    assert order() == [(first.pk, "security"), (second.pk, "security")]
    assert order([second]) == [(second.pk, "designated"), (first.pk, "due")]
    SecurityRelease.objects.create(security=security, day=day, **told)
    assert order() == [(second.pk, "burden"), (first.pk, "burden")]
    with pytest.raises(FaultsError, match="another borrower"):
        order([loan_of()])


def test_a_receipt_goes_back(account: Any, micro_lender: Any, accountant: Any) -> None:
    """Only once a second person has agreed: until then nothing is sent, and whoever ordered it cannot agree."""
    from puhui.parties.actions import create_user
    from puhui.payments.actions import agree, cancel_order, return_receipt
    from puhui.payments.models import Receipt

    bank = SimulatedBank(at=MORNING)
    bank.receive(900, OPENED, "错汇", "青石建材有限公司")
    taken_in(account, bank)
    receipt = Receipt.objects.get()
    order = return_receipt(receipt, supplier(900), "back-1", "wrongly sent", "accountant")
    assert return_receipt(receipt, supplier(900), "back-1", "wrongly sent", "accountant") == order
    with pytest.raises(FaultsError, match="in suspense"):
        return_receipt(receipt, supplier(1), "back-2", "again", "accountant")
    other = create_user(micro_lender, "other", "secret-secret", "accountant")
    assert (driven(order, bank, steps=2).status, bank.sends) == ("waiting", 0)
    with pytest.raises(FaultsError, match="who did not order it"):
        agree(order, accountant, MORNING)
    assert {agree(order, other, MORNING).status for _ in range(2)} == {"created"}
    order = driven(order, SimulatedBank(manners={"refused": 1.0}, at=MORNING))
    receipt.refresh_from_db()
    assert (order.status, receipt.open_fen, balance(micro_lender, "suspense")) == ("failed", 900, -900)
    stopped = return_receipt(receipt, supplier(900), "back-3", "wrongly sent", "accountant")
    assert cancel_order(stopped, None, MORNING, "other").status == "cancelled"
    with pytest.raises(FaultsError, match="cancelled"):
        agree(stopped, other, MORNING)
    order = return_receipt(receipt, supplier(900), "back-4", "wrongly sent", "accountant")
    order = driven(agree(order, other, MORNING), bank)
    receipt.refresh_from_db()
    assert (order.status, receipt.returned_fen) == ("confirmed", 900)
    assert (balance(micro_lender, "suspense"), balance(micro_lender, "own_cash"), balance(micro_lender, "memo_pending")) == (0, 0, 0)
    assert proved(micro_lender) == []
