"""Repayments from a file: the same rows as single ones, each key once, and every line accounted for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.loans.conftest import MONTHLY, proved

DUE = date(2026, 2, 15)
TWO = {**MONTHLY, "instalments": 2}


def _written(path: Path, rows: list[tuple[str, str, int]], headings: str = "key,number,amount") -> Path:
    file = path / "collected.csv"
    file.write_text("\n".join([headings, *(f"{key},{number},{fen / 100:.2f}" for key, number, fen in rows)]) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def loans(lender: Any, cleared_contract: Callable[..., Any]) -> list[Any]:
    """Four loans of two instalments on the evening of their first due date."""
    from puhui.loans import day_end
    from puhui.loans.actions import draw_down
    from puhui.loans.models import Loan

    drawn = [draw_down(cleared_contract(TWO), f"draw {number}", "officer") for number in range(4)]
    day_end.run(lender, DUE - timedelta(days=1), "test")
    lender.refresh_from_db()
    return list(Loan.objects.filter(pk__in=[loan.pk for loan in drawn]).order_by("pk"))


def _due(loan: Any, number: int = 1) -> int:
    return sum(loan.instalments.values_list("principal_fen", "interest_fen").get(number=number))


def _rows(loan: Any) -> list[Any]:
    """What there is of a loan, but for ids, keys and times."""
    from puhui.books.models import Entry
    from puhui.decisions.models import Exposure
    from puhui.loans.models import Command, Event, Loan, Outbox
    from puhui.parties.models import AuditRecord

    names = [field.name for field in Loan._meta.fields if field.name not in ("id", "firm", "contract", "number", "opened_at")]
    state = Loan.objects.filter(pk=loan.pk).values(*names)
    instalments = loan.instalments.order_by("number").values("number", "paid_fen", "run_shape", "run_product", "run_denominator")
    events = Event.objects.filter(loan=loan).order_by("number").values("number", "type", "date", "known_on", "amount_fen", "detail")
    entries = Entry.objects.filter(loan_id=loan.pk).order_by("pk")
    transfers = [sorted(each.transfers.values_list("debit_account", "credit_account", "amount_fen")) for each in entries]
    commands = Command.objects.filter(target_id=loan.pk, target_kind="loan", act="repay").values("status", "request", "reason", "answer")
    for command in commands:
        command["answer"] = {name: command["answer"][name] for name in ("amount_fen", "date", "event_number")}
    told = [set(payload) for payload in Outbox.objects.filter(payload__loan=loan.pk).order_by("pk").values_list("payload", flat=True)]
    trail = (
        AuditRecord.objects.filter(subject_kind="loan", subject_id=str(loan.pk), act="loan.repayment")
        .order_by("pk")
        .values("act", "detail")
    )
    exposure = Exposure.objects.filter(decision=loan.contract.decision_id).values("outstanding_fen", "reserved_fen")
    return [*state, *instalments, *events, *entries.values_list("act", "effective_date"), transfers, *commands, told, *trail, *exposure]


def test_a_file_leaves_what_single_repayments_leave(lender: Any, loans: list[Any], tmp_path: Path) -> None:
    from puhui.loans.actions import repay
    from puhui.loans.models import Command, Event
    from puhui.loans.repayment_file import repay_file

    lines = [(f"file {loan.pk}", loan.number, _due(loan)) for loan in loans[:3]]
    first = repay_file(lender, _written(tmp_path, lines), "officer")
    assert first.figures == {
        "lines": 3, "at_once": 3, "one_by_one": 0, "known": 0, "set_aside": 0, "amount_fen": sum(fen for *_, fen in lines),
    }  # fmt: skip
    repay(loans[3], _due(loans[3]), "single", "officer")
    assert _rows(loans[0]) == _rows(loans[3])
    assert proved(lender) == []
    # Again: nothing moves, and a clerk who sends the same request gets the answer that the file left.
    again = repay_file(lender, _written(tmp_path, lines), "officer")
    assert (again.known, again.at_once, again.one_by_one, again.amount_fen) == (3, 0, 0, 0)
    event = repay(loans[1], lines[1][2], lines[1][0], "officer")
    assert event.pk == Event.objects.get(loan=loans[1], type="repayment").pk
    assert Command.objects.get(key=lines[1][0]).answer["event"] == event.pk


def test_every_line_that_is_not_what_is_due_is_told(lender: Any, loans: list[Any], tmp_path: Path) -> None:
    """Part of a due, the same loan twice, more than closes it, a number that nobody has, a key of another request."""
    from puhui.loans.actions import repay
    from puhui.loans.models import Event
    from puhui.loans.repayment_file import as_csv, repay_file

    one, two, three, four = loans
    repay(four, _due(four), "used", "officer")
    rows = [
        ("part", one.number, 100_00), ("first", two.number, _due(two)), ("second", two.number, 5_00), ("much", three.number, 99_999_999_00),
        ("nobody", "NO-SUCH", 1_00), ("used", three.number, _due(three)),
    ]  # fmt: skip
    due_fen = _due(two)
    taken = repay_file(lender, _written(tmp_path, rows), "officer")
    assert (taken.at_once, taken.one_by_one, taken.amount_fen) == (1, 2, 100_00 + due_fen + 5_00)
    assert [(each.line, each.key) for each in taken.aside] == [(5, "much"), (6, "nobody"), (7, "used")]
    reasons = [each.reason for each in taken.aside]
    assert "at most" in reasons[0] and "no such loan" in reasons[1] and "used for repay" in reasons[2]
    assert as_csv(taken.aside).splitlines()[2].startswith("6,nobody,NO-SUCH,1.00,")
    assert list(Event.objects.filter(loan=three).values_list("type", flat=True)) == ["drawdown"]
    assert proved(lender) == []


def test_a_loan_that_ends_and_one_that_is_late(lender: Any, loans: list[Any], tmp_path: Path) -> None:
    """The last instalment closes the loan at once; what is late goes by the act."""
    from puhui.loans import day_end
    from puhui.loans.models import Loan
    from puhui.loans.repayment_file import repay_file

    lines = [(f"one {loan.pk}", loan.number, _due(loan)) for loan in loans[:2]]
    assert repay_file(lender, _written(tmp_path, lines), "officer").at_once == 2
    day_end.run(lender, date(2026, 3, 14), "test")
    lender.refresh_from_db()
    lines = [(f"two {loan.pk}", loan.number, _due(loan, 2)) for loan in loans[:3]]
    taken = repay_file(lender, _written(tmp_path, lines), "officer")
    assert (taken.at_once, taken.one_by_one, taken.aside) == (2, 1, ())
    assert (
        list(Loan.objects.filter(pk__in=[loan.pk for loan in loans]).order_by("pk").values_list("status", flat=True))[:2] == ["closed"] * 2
    )
    assert proved(lender) == []


def test_connections_share_the_chunks(lender: Any, loans: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of one loan on two connections leave what one connection leaves; two lines of a loan never meet in two chunks."""
    from puhui.loans import repayment_file
    from puhui.loans.actions import repay

    monkeypatch.setattr(repayment_file, "CHUNK", 1)
    lines = [(f"line {loan.pk}", loan.number, _due(loan)) for loan in loans[:3]]
    lines.append(("twice", loans[0].number, _due(loans[0])))
    told: list[int] = []
    taken = repayment_file.repay_file(lender, _written(tmp_path, lines), "officer", told.append, workers=2)
    assert (taken.at_once, taken.one_by_one, [each.key for each in taken.aside], sum(told)) == (3, 0, ["twice"], 4)
    repay(loans[3], _due(loans[3]), "single", "officer")
    assert _rows(loans[1]) == _rows(loans[2]) == _rows(loans[3])
    assert proved(lender) == []
    again = repayment_file.repay_file(lender, _written(tmp_path, lines), "officer", workers=2)
    assert (again.known, again.at_once, len(again.aside)) == (3, 0, 1)


def test_a_chunk_that_fails_leaves_the_others_and_the_file_is_given_again(
    lender: Any, loans: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from puhui.loans import repayment_file, settling
    from puhui.loans.models import Event

    monkeypatch.setattr(repayment_file, "CHUNK", 1)
    lines = [(f"line {loan.pk}", loan.number, _due(loan)) for loan in loans]
    write = settling.write

    def failing(cursor: Any, institution: Any, values: dict[str, Any], part: int) -> settling.Settlement:
        if values["first"] <= loans[2].pk <= values["last"]:
            raise RuntimeError("cut off")
        return write(cursor, institution, values, part)

    monkeypatch.setattr(settling, "write", failing)
    with pytest.raises(RuntimeError, match="cut off"):
        repayment_file.repay_file(lender, _written(tmp_path, lines), "officer", workers=2)
    done = Event.objects.filter(type="repayment").count()
    assert done < 4 and not Event.objects.filter(type="repayment", loan=loans[2]).exists()
    monkeypatch.setattr(settling, "write", write)
    again = repayment_file.repay_file(lender, _written(tmp_path, lines), "officer", workers=2)
    assert (again.known, again.at_once, again.aside) == (done, 4 - done, ())
    assert Event.objects.filter(type="repayment").count() == 4 and proved(lender) == []


def test_a_file_with_faults_is_refused_whole(lender: Any, loans: list[Any], tmp_path: Path) -> None:
    from puhui.calculations.faults import FaultsError
    from puhui.loans.models import Command
    from puhui.loans.repayment_file import repay_file

    before = Command.objects.count()
    file = tmp_path / "bad.csv"
    file.write_text(f"number,amount,key\n{loans[0].number},10.00,a\n,1.005,a\n{loans[1].number},-3,\nX,0.00,b\n", encoding="utf-8")
    with pytest.raises(FaultsError) as caught:
        repay_file(lender, file, "officer")
    assert [fault.where for fault in caught.value.faults] == [
        "bad.csv, line 3, amount", "bad.csv, line 3, key", "bad.csv, line 3, number", "bad.csv, line 4, amount", "bad.csv, line 4, key",
        "bad.csv, line 5, amount",
    ]  # fmt: skip
    for content, told in (
        ("key,number\n1,2\n", "headings"),
        ("key,number,amount\n1,2\n", "bad.csv"),
        ("", "headings"),
    ):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(FaultsError, match=told):
            repay_file(lender, file, "officer")
    with pytest.raises(FaultsError, match="absent"):
        repay_file(lender, tmp_path / "absent.csv", "officer")
    assert Command.objects.count() == before


def test_the_digest_of_a_line_is_that_of_its_request(loans: list[Any], lender: Any, tmp_path: Path) -> None:
    from puhui.loans.command_log import Request
    from puhui.loans.models import Command
    from puhui.loans.repayment_file import repay_file

    fen = _due(loans[0])
    assert repay_file(lender, _written(tmp_path, [("k", loans[0].number, fen)]), "officer").at_once == 1
    request = Request("repay", "loan", loans[0].pk, {"amount_fen": fen, "on": None}, "k")
    assert Command.objects.get(key="k").request_digest == request.digest(DUE)
