"""`puhui books` as people run it: each of its commands once as a program, the other questions in this process."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests import commands

from puhui.books.actions import close_day, post
from puhui.parties.models import Institution

from .conftest import FIRST_DAY


@pytest.fixture
def run(institution: Institution, anchor_file: Path, database_environment: dict[str, str]):  # type: ignore[no-untyped-def]
    """Books of a bank that has capital and no loans, as the loans' part of the proof would miss those."""
    for number in range(2):
        day = FIRST_DAY + timedelta(days=number)
        post(institution, "capital", day, [("own_cash", "paid_in_capital", 1_000_00)], recorded_by="accountant")
        close_day(institution, day, "day end")
        Institution.objects.filter(pk=institution.pk).update(business_date=day + timedelta(days=1))
        institution.refresh_from_db()

    def puhui(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**database_environment, "PUHUI_ANCHOR_FILE": str(anchor_file)}
        command = [sys.executable, "-c", "from puhui.site.command import main; main()", "books", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    return puhui


def test_books_that_stand_end_with_0_and_a_change_with_1(run: Any, owner_connection: psycopg.Connection) -> None:
    done = run("verify")
    assert (done.returncode, done.stdout) == (0, "RIVER: nothing found in 2 closed days, 2 entries, 4 audit records\n"), done.stderr
    owner_connection.execute("UPDATE books_entry SET reference = 'other' WHERE id = 1")
    done = commands.puhui("books", "verify", "--institution", "RIVER", "--json")
    assert done.returncode == 1
    told: dict[str, Any] = json.loads(done.stdout)
    what = "its digest is not that of its columns and transfers"
    assert told["findings"] == [{"institution": "RIVER", "where": "entry 1 of 2026-03-30", "what": what}]
    assert told["rows"] == {"RIVER": {"closed_days": 2, "entries": 2, "audit_records": 4}}


def test_the_trial_balance_of_a_day(run: Any) -> None:
    done = run("trial-balance", "--date", str(FIRST_DAY), "--json")
    assert done.returncode == 0, done.stderr
    balances = {row["code"]: (row["debit_fen"], row["credit_fen"], row["balance_fen"]) for row in json.loads(done.stdout)}
    assert balances == {"1003": (1_000_00, 0, 1_000_00), "4001": (0, 1_000_00, -1_000_00)}


def test_what_cannot_be_used_ends_with_2(kept_books: Institution) -> None:
    done = commands.puhui("books", "verify", "--institution", "LAKE")
    assert done.returncode == 2
    assert "LAKE" in done.stderr


def test_vouchers_of_a_closed_day_are_written_and_those_of_an_open_one_refused(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "vouchers.json"
    done = run("vouchers", "--date", str(FIRST_DAY), "--format", "json", "--out", str(file))
    assert done.returncode == 0, done.stderr
    lines = json.loads(file.read_text(encoding="utf-8"))["lines"]
    assert [(line["account"], line["debit_fen"], line["credit_fen"]) for line in lines] == [("1003", 1_000_00, 0), ("4001", 0, 1_000_00)]
    refused = commands.puhui("books", "vouchers", "--date", str(FIRST_DAY), "--format", "pdf")
    assert refused.returncode == 2 and "--format" in refused.stderr
    refused = commands.puhui("books", "vouchers", "--date", str(FIRST_DAY + timedelta(days=2)))
    assert refused.returncode == 2 and f"the newest is {FIRST_DAY + timedelta(days=1)}" in refused.stderr
