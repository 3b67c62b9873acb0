"""Notes in mid-life from another system: history in, books right, every difference of two month ends with its reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.loans.conftest import proved

from puhui.calculations.faults import FaultsError

TODAY = date(2026, 1, 15)
NOTES = """number,firm,product,risk_class,amount,start,rate_annual,method,instalments,every,day_count,terms
A-1,platform:A,invoice-working-capital,A,100000.00,2025-10-15,0.036,bullet,1,12 month,ACT/360,
B-1,platform:B,invoice-working-capital,B,60000.00,2025-09-10,0.045,equal_principal,6,1 month,M/360,"{""penalty"": {}}"
"""
EVENTS = """number,id,date,type,amount,detail
A-1,1,2025-10-15,drawdown,100000.00,
B-1,1,2025-09-10,drawdown,60000.00,
B-1,2,2025-10-10,repayment,10225.00,
B-1,3,2025-11-10,repayment,10187.50,
B-1,4,2025-11-11,repayment,500.00,
B-1,5,2025-11-12,reversal,,"{""of"": ""4""}"
"""
# A-1 on 30 November: 46 nights of 10.00; on 31 December 77. B-1 on 30 November: 40,000 of principal, 20 odd days of 5.00; in December
# the instalment of the 10th (10,000 and 150.00) is unpaid: 21 days of penalty at 6.75% on 10,000 and compound interest on 150.00.
BALANCES = """number,as_of,principal,interest_due,accrued_interest,penalty,fee,days_past_due
A-1,2025-11-30,100000.00,0,460.00,0,0,0
A-1,2025-12-31,100000.00,0,770.00,0,0,0
B-1,2025-11-30,40000.00,0,100.00,0,0,0
B-1,2025-12-31,40000.00,150.00,78.75,39.77,0,21
"""


@pytest.fixture
def handover(lender: Any, tmp_path: Path) -> Path:
    from puhui.parties.actions import register_firm

    for name in ("A", "B"):
        register_firm(lender, f"云溪县{name}商贸有限公司", actor="test", identifiers={"platform": name})
    return written(tmp_path, NOTES, EVENTS, BALANCES)


def written(folder: Path, notes: str, events: str, balances: str) -> Path:
    for name, text in (("notes", notes), ("events", events), ("balances", balances)):
        (folder / f"{name}.csv").write_text(text, encoding="gb18030")
    return folder


def test_history_becomes_ours_and_nothing_differs(lender: Any, handover: Path) -> None:
    from puhui.books.queries import balances_by_role
    from puhui.loans import day_end
    from puhui.loans.models import Loan
    from puhui.loans.moving_in import move_in

    figures = move_in(lender, handover, "accountant")
    assert (figures["notes"], figures["events"], figures["balances"]) == (2, 6, 4)
    assert [(each.number, each.as_of, each.component, each.ours_fen, each.theirs_fen) for each in figures["differences"]] == []
    first, second = Loan.objects.order_by("number")
    assert (first.principal_fen, second.principal_fen, second.overdue_since) == (10_000_000, 4_000_000, date(2025, 12, 10))
    booked = balances_by_role(lender, TODAY)
    assert booked["principal"] == 14_000_000
    assert (booked["interest_income"], booked["penalty_income"], booked["settlement"]) == (0, 0, 0)  # the years before are not ours
    stands = sum(booked[role] for role in ("principal", "accrued_interest", "interest_receivable", "penalty_receivable"))
    assert booked["moving_in"] == -stands
    assert proved(lender) == []
    day_end.run(lender, date(2026, 1, 31), "test")  # and they live on like any other
    assert proved(lender) == []
    with pytest.raises(FaultsError, match="here already"):
        move_in(lender, handover, "accountant")


def test_branch_class_observation_and_tax_come_with_the_note(lender: Any, handover: Path) -> None:
    """A note that is taxed there is taxed here. By 10 January 675.00 of B-1's interest had been due and hold 38.21 of tax, the other
    ledger's; with 75.00 on 10 February it is 750.00, which hold 42.45."""
    from puhui.books.queries import balances_by_role, trial_balance
    from puhui.loans import day_end
    from puhui.loans.models import Loan
    from puhui.loans.moving_in import move_in
    from puhui.parties.actions import create_branch

    create_branch(lender, "N01", "城北支行", actor="test")
    lender.non_accrual_profile = "cas_22"
    lender.save(update_fields=["non_accrual_profile"])
    notes = NOTES.replace(",terms\n", ",terms,branch,five_class,observed_until,interest_tax\n")
    notes = notes.replace("ACT/360,\n", "ACT/360,,N01,substandard,2026-10-15,exempt\n").replace('{}}"\n', '{}}",,,,taxed\n')
    written(handover, notes, EVENTS, BALANCES)
    assert move_in(lender, handover, "accountant")["differences"] == []
    first, second = Loan.objects.order_by("number")
    assert (first.branch.code, first.interest_tax_ppm, second.branch_id, second.interest_tax_ppm) == ("N01", 0, None, 60_000)
    assert {first.non_accrual_profile, second.non_accrual_profile} == {"cas_22"}
    assert first.held_class.risk_class == "substandard"
    assert first.restructurings.get().observed_until == date(2026, 10, 15)
    assert balances_by_role(lender, TODAY)["output_tax"] == 0  # the interest of the time before was taxed there
    cells = {(row.code, row.branch_code): row.balance_fen for row in trial_balance(lender, TODAY, by_branch=True)}
    assert cells["130301", "N01"] == 10_000_000
    day_end.run(lender, date(2026, 2, 10), "test")
    assert balances_by_role(lender, date(2026, 2, 11))["output_tax"] == -424
    assert second.held_class.risk_class == "special_mention" and proved(lender) == []


def test_a_class_that_is_brought_along_still_falls_with_the_days(lender: Any, handover: Path) -> None:
    """B-1 is past due since 10 December: more than 90 days on 11 March."""
    from puhui.loans import day_end
    from puhui.loans.class_models import LoanClass
    from puhui.loans.moving_in import move_in

    notes = NOTES.replace(",terms\n", ",terms,five_class\n").replace('{}}"\n', '{}}",special_mention\n')
    written(handover, notes, EVENTS, BALANCES)
    move_in(lender, handover, "accountant")
    day_end.run(lender, date(2026, 3, 11), "test")
    assert LoanClass.objects.get(loan__number="B-1").risk_class == "substandard"


def test_what_a_note_brings_along_is_checked(lender: Any, handover: Path) -> None:
    from puhui.loans.moving_in import move_in

    notes = NOTES.replace(",terms\n", ",terms,five_class,observed_until,interest_tax\n")
    written(handover, notes.replace("ACT/360,\n", "ACT/360,,bad,soon,perhaps\n"), EVENTS, BALANCES)
    with pytest.raises(FaultsError) as caught:
        move_in(lender, handover, "accountant")
    wrong = {f"notes, row 2, {column}" for column in ("five_class", "observed_until", "interest_tax")}
    assert {fault.where for fault in caught.value.faults} == wrong
    notes = NOTES.replace(",terms\n", ",terms,branch\n").replace("ACT/360,\n", "ACT/360,,N09\n")
    written(handover, notes, EVENTS, BALANCES)
    with pytest.raises(FaultsError, match="row 2, branch: found N09"):
        move_in(lender, handover, "accountant")


def test_check_keeps_nothing(lender: Any, handover: Path) -> None:
    from puhui.loans.models import Contract, Loan
    from puhui.loans.moving_in import move_in

    assert move_in(lender, handover, "accountant", check_only=True)["notes"] == 2
    assert not Loan.objects.exists() and not Contract.objects.exists() and proved(lender) == []


def test_every_fen_has_its_reason(lender: Any, handover: Path) -> None:
    from puhui.loans.moving_in import as_csv, as_row, move_in

    theirs = (
        BALANCES.replace("0,460.00,", "0,470.00,")  # the night of the 30th counted
        .replace("0,770.00,", "0,760.00,")  # the night of the 30th left out
        .replace("78.75,39.77", "78.76,26.64")  # a fen, and penalty at the contract rate
        .replace("B-1,2025-11-30,40000.00", "B-1,2025-11-30,39000.00")
        .replace(",0,21", ",0,22")
    )
    written(handover, NOTES, EVENTS, theirs)
    found = move_in(lender, handover, "accountant")["differences"]
    assert [(each.number, each.as_of.day, each.component, each.difference_fen, each.reason) for each in found] == [
        ("A-1", 30, "accrued_interest", -1_000, "label_of_day"),
        ("A-1", 31, "accrued_interest", 1_000, "label_of_day"),
        ("B-1", 30, "principal", 100_000, "unexplained"),
        ("B-1", 31, "accrued_interest", -1, "rounding"),
        ("B-1", 31, "penalty", 1_313, "penalty_basis"),
        ("B-1", 31, "days_past_due", -1, "label_of_day"),
    ]
    text = as_csv([as_row(each) for each in found]).splitlines()
    assert text[0] == "number,as_of,component,ours_fen,theirs_fen,reason,difference_fen"
    assert text[1] == "A-1,2025-11-30,accrued_interest,46000,47000,label_of_day,-1000"


def test_a_day_count_is_named(lender: Any, handover: Path) -> None:
    from puhui.loans.moving_in import move_in

    written(handover, NOTES, EVENTS, BALANCES.replace("0,770.00,", "0,759.45,"))  # 77 days of 365
    (found,) = move_in(lender, handover, "accountant")["differences"]
    assert (found.component, found.difference_fen, found.reason) == ("accrued_interest", 1_055, "day_count")


def test_every_fault_at_once_by_file_row_and_column(lender: Any, handover: Path) -> None:
    from puhui.loans.models import Loan
    from puhui.loans.moving_in import move_in

    notes = NOTES.replace("platform:A", "A").replace("equal_principal", "balloonish")
    events = (
        EVENTS.replace("10225.00", "10225.005").replace("2025-11-10", "2025-13-10").replace("reversal", "undo")
        + "Z-9,1,2025-11-12,fee,1,\n"
    )
    balances = BALANCES.replace("A-1,2025-12-31", "A-1,2025-11-30")
    written(handover, notes, events, balances)
    with pytest.raises(FaultsError) as caught:
        move_in(lender, handover, "accountant")
    assert {fault.where for fault in caught.value.faults} >= {
        "notes, row 2, firm", "notes, row 3, method", "events, row 4, amount", "events, row 5, date", "events, row 7, type",
        "events, row 8, number", "balances, row 3, as_of",
    }  # fmt: skip
    assert not Loan.objects.exists()
    (handover / "events.csv").unlink()
    with pytest.raises(FaultsError, match=r"a file events\.csv"):
        move_in(lender, handover, "accountant")


def test_a_workbook_is_the_same(lender: Any, handover: Path) -> None:
    import csv

    import xlsxwriter

    from puhui.loans.moving_in import move_in

    path = handover / "handover.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        for name, text in (("notes", NOTES), ("events", EVENTS), ("balances", BALANCES)):
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(csv.reader(text.splitlines())):
                sheet.write_row(number, 0, row)
    assert move_in(lender, path, "accountant")["differences"] == []
