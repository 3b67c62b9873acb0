"""Dues debited through a bank: the file out, files of results back, late, in part, refused, wrong, twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.loans.conftest import proved
from tests.payments.conftest import BORROWER_NUMBER, OWN_NUMBER, balance, own_account

from puhui.calculations.faults import FaultsError
from puhui.payments.simulator import SimulatedBank

DUE = date(2026, 2, 15)


@pytest.fixture
def loans(contract_of: Callable[..., Any], micro_lender: Any, account: Any, accountant: Any) -> list[Any]:
    """Three loans whose first instalment is due on the open day."""
    from puhui.loans import day_end
    from puhui.loans.actions import draw_down

    drawn = []
    for number in range(3):
        contract = contract_of()
        own_account(contract, accountant, BORROWER_NUMBER[:-1] + str(number), f"DK-{number}")
        drawn.append(draw_down(contract, f"draw-{number}", "officer"))
    day_end.run(micro_lender, date(2026, 2, 14), "test")
    micro_lender.refresh_from_db()
    account.institution.refresh_from_db()
    return drawn


def results(rows: list[tuple[Any, int, str, str]], day: str = "20260215", total: int | None = None) -> bytes:
    """A file of results: line, fen, code, serial."""
    told = sum(amount for _, amount, _, _ in rows) if total is None else total
    lines = [f"{len(rows):08d}{told:018d}"]
    lines += [f"{line.reference:<32}{amount:015d}{day}{code:<4}{serial:<16}" + "余额不足".ljust(36) for line, amount, code, serial in rows]
    return "\r\n".join(lines).encode("gb18030")


def take(account: Any, content: bytes, name: str = "result.txt") -> dict[str, Any]:
    from puhui.payments.actions import take_results

    return take_results(account, content, "debit-result", name, "accountant")


def test_from_the_file_of_dues_to_the_money(loans: list[Any], account: Any, micro_lender: Any) -> None:
    from puhui.payments import queries
    from puhui.payments.actions import import_statement, request_debits

    batch = request_debits(account, DUE, "debit-request", "accountant")
    due = loans[0].instalments.get(number=1)
    due_fen = due.principal_fen + due.interest_fen
    assert (batch.line_count, batch.total_fen) == (3, 3 * due_fen)
    text = bytes(batch.content).decode("gb18030").splitlines()
    assert text[0] == "序号,明细编号,户名,账号,代扣协议号,金额,扣款日期"
    assert text[1].endswith(f",{BORROWER_NUMBER[:-1]}0,DK-0,{due_fen / 100:.2f},2026-02-15")
    assert text[-1] == f"合计,3,{3 * due_fen / 100:.2f}"
    with pytest.raises(FaultsError, match="nothing to debit"):
        request_debits(account, DUE, "debit-request", "accountant")  # all is with the bank already
    whole, part, none = batch.lines.order_by("number")
    figures = take(account, results([(whole, due_fen, "0000", "S1"), (part, 100_000, "0001", "S2"), (none, 0, "1001", "S3")]))
    assert figures == {"lines": 3, "collected_fen": due_fen + 100_000, "applied": 2, "left": 0}
    for loan in loans:
        loan.refresh_from_db()
    assert [loan.overdue_since for loan in loans] == [None, DUE, DUE] or loans[0].overdue_since is None
    assert loans[1].interest_paid_fen + loans[1].principal_repaid_fen == 100_000
    assert balance(micro_lender, "payment_clearing") == due_fen + 100_000
    bank = SimulatedBank()
    bank.receive(due_fen + 100_000, DUE, "代扣汇总", "邻县银行", reference=batch.reference)
    from tests.payments.conftest import MORNING

    assert import_statement(account, bank.statement(OWN_NUMBER, DUE), "camt.053", "a.xml", "accountant", MORNING)["matched"] == 1
    assert balance(micro_lender, "payment_clearing") == 0
    (item,) = queries.reconcile(account, DUE, DUE)
    assert (item.state, item.kind, item.ours_fen) == ("matched", "debits", due_fen + 100_000)
    again = request_debits(account, DUE, "debit-request", "accountant")  # what was refused or is left is asked for anew
    assert again.total_fen == 2 * due_fen - 100_000
    assert proved(micro_lender) == []


def test_late_results_count_from_the_day_the_bank_took_it(loans: list[Any], account: Any, micro_lender: Any) -> None:
    from puhui.loans import day_end
    from puhui.payments.actions import request_debits

    batch = request_debits(account, DUE, "debit-request", "accountant")
    first, *rest = batch.lines.order_by("number")
    take(account, results([(each, 0, "0009", "") for each in batch.lines.order_by("number")]), "waiting.txt")
    day_end.run(micro_lender, date(2026, 2, 18), "test")
    account.institution.refresh_from_db()
    loans[0].refresh_from_db()
    assert loans[0].penalty_earned_fen > 0
    take(account, results([(first, first.amount_fen, "0000", "S1")]), "late.txt")
    loans[0].refresh_from_db()
    assert (loans[0].status, loans[0].penalty_earned_fen, loans[0].overdue_since) == ("performing", 0, None)
    assert loans[0].events.get(type="repayment").date == DUE
    assert all(line.is_open for line in type(first).objects.filter(pk__in=[each.pk for each in rest]))
    assert proved(micro_lender) == []


def test_more_than_the_loan_takes_stays_in_suspense(loans: list[Any], account: Any, micro_lender: Any) -> None:
    from puhui.loans.actions import pay_off
    from puhui.payments import queries
    from puhui.payments.actions import request_debits

    batch = request_debits(account, DUE, "debit-request", "accountant")
    line = batch.lines.get(number=1)
    pay_off(loans[0], "early", "officer")
    assert take(account, results([(line, line.amount_fen, "0000", "S1")]))["left"] == 1
    (waiting,) = queries.suspense(micro_lender)
    assert waiting.open_fen == line.amount_fen == -balance(micro_lender, "suspense")
    assert proved(micro_lender) == []


def test_a_wrong_file_is_refused_whole_with_line_and_column(loans: list[Any], account: Any, micro_lender: Any) -> None:
    from puhui.payments.actions import request_debits
    from puhui.payments.models import DebitResult

    batch = request_debits(account, DUE, "debit-request", "accountant")
    one, two, three = batch.lines.order_by("number")
    stranger = type(one)(reference="X" * 28)
    wrong = {
        r"line 1 \(totals\), total": results([(one, one.amount_fen, "0000", "S1")], total=5),
        r"line 1 \(totals\), count": results([(one, 0, "1001", "S1")]).replace(b"00000001", b"00000002", 1),
        "line 2, reference: found X": results([(stranger, 1, "0000", "S1")]),
        "line 3, reference.*second time": results([(one, 0, "1001", "S1"), (one, 0, "1001", "S1")]),
        "line 2, code: found 7777": results([(one, 0, "7777", "S1")]),
        "line 2, collected": results([(one, one.amount_fen + 1, "0000", "S1")]),
        "line 2, taken_on: found 2026-03-01": results([(one, one.amount_fen, "0000", "S1")], day="20260301"),
        "line 2, taken_on: found 20261350": results([(one, one.amount_fen, "0000", "S1")], day="20261350"),
        "byte 0xFF": results([(one, 0, "1001", "S1")])[:-3] + b"\xff\xff\xff",
    }
    for words, content in wrong.items():
        with pytest.raises(FaultsError, match=words):
            take(account, content)
    assert not DebitResult.objects.exists()
    good = results([(one, one.amount_fen, "0000", "S1"), (two, 50, "0001", "S2"), (three, 0, "1001", "S3")])
    take(account, good)
    with pytest.raises(FaultsError, match="taken in on"):
        take(account, good, "renamed.txt")
    with pytest.raises(FaultsError, match="second time"):
        take(account, results([(one, one.amount_fen, "0000", "S1")]))
    assert DebitResult.objects.count() == 3
