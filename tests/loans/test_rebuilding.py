"""What is stored of loans, computed anew: nothing differs, what somebody planted is named, and mended on request."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests import commands
from tests.faults.acts import EVERY_THREE_DAYS
from tests.loans.conftest import MONTHLY, OPENED, proved

from puhui.calculations.faults import FaultsError

PLANTED = {
    "UPDATE loans_loan SET principal_repaid_fen = principal_repaid_fen + 1 WHERE id = %s": ("principal_repaid_fen", None),
    "UPDATE loans_loan SET run_offset = 7, interest_path = '{}' WHERE id = %s": ("interest_path", None),
    "UPDATE loans_loan SET event_count = 9 WHERE id = %s": ("event_count", None),
    "UPDATE loans_instalment SET paid_fen = paid_fen - 1 WHERE loan_id = %s AND number = 1": ("paid_fen", 1),
    "DELETE FROM loans_instalment WHERE loan_id = %s AND number = 2": ("row", 2),
    "INSERT INTO loans_instalment"
    " (loan_id, number, start, due, principal_fen, interest_fen, fee_fen, penalty_fen, compound_fen, paid_fen, balance_fen)"
    " VALUES (%s, 99, '2030-01-01', '2030-02-01', 1, 1, 0, 0, 0, 0, 0)": ("row", 99),
}


@pytest.fixture
def loans(lender: Any, cleared_contract: Callable[..., Any]) -> list[Any]:
    """One paid by halves, one untouched, one late; a day end has just passed."""
    from puhui.loans.actions import deposit, draw_down, repay
    from puhui.loans.day_end import run
    from puhui.loans.models import Loan

    made = [
        draw_down(cleared_contract(terms), f"draw {place}", "t")
        for place, terms in enumerate((EVERY_THREE_DAYS, MONTHLY, EVERY_THREE_DAYS))
    ]
    deposit(made[0].firm, 2_000_000)
    run(lender, OPENED + timedelta(days=4), "test")
    repay(Loan.objects.get(pk=made[0].pk), 123_456, "some", "officer")
    return list(Loan.objects.order_by("pk"))


def test_what_was_planted_is_named_and_mended(lender: Any, loans: list[Any], owner_connection: Any) -> None:
    from puhui.loans.rebuilding import rebuild
    from puhui.parties.models import AuditRecord

    assert rebuild(lender) == (3, [])
    assert rebuild(lender, workers=2) == (3, [])
    late = loans[2]
    for statement, (column, instalment) in PLANTED.items():
        owner_connection.execute(statement, [late.pk])
        assert rebuild(lender, [loans[0].number]) == (1, [])  # of another loan nothing is said
        _, found = rebuild(lender, [late.number])
        assert (column, instalment) in {(each.column, each.instalment) for each in found} and {each.loan for each in found} == {late.number}
        assert rebuild(lender, mend=True) == (3, found)
        assert rebuild(lender) == (3, []) and proved(lender) == []
    assert AuditRecord.objects.filter(act="loan.rebuilt", subject_id=str(late.pk)).count() == len(PLANTED)
    with pytest.raises(FaultsError, match="nobody"):
        rebuild(lender, [late.number, "nobody"])


def test_a_loan_that_cannot_be_replayed_is_left_alone(lender: Any, loans: list[Any], owner_connection: Any) -> None:
    from puhui.loans.models import Loan
    from puhui.loans.rebuilding import rebuild

    owner_connection.execute("UPDATE loans_loan SET terms = '{}' WHERE id = %s", [loans[1].pk])
    before = Loan.objects.filter(pk=loans[1].pk).values()[0]
    _, (found,) = rebuild(lender, mend=True)
    assert (found.loan, found.column) == (loans[1].number, "terms") and "replayed" in str(found)
    assert Loan.objects.filter(pk=loans[1].pk).values()[0] == before


def test_the_command(loans: list[Any], owner_connection: Any, database_environment: dict[str, str]) -> None:
    def puhui(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("puhui")), "loans", "rebuild", *arguments]
        return subprocess.run(command, env=database_environment, capture_output=True, text=True, timeout=240, check=False)

    owner_connection.execute("UPDATE loans_loan SET lent_fen = 5 WHERE id = %s", [loans[1].pk])
    told = puhui("--json")
    (difference,) = json.loads(told.stdout)["differences"]
    assert told.returncode == 1, told.stderr
    assert difference == {
        "loan": loans[1].number, "instalment": None, "column": "lent_fen", "stored": 5, "folded": 12_000_000
    }  # fmt: skip
    rebuild = partial(commands.puhui, "loans", "rebuild")
    assert rebuild("nobody").returncode == 2
    assert rebuild(loans[1].number, "--mend").returncode == 1 and rebuild(loans[1].number).returncode == 0
