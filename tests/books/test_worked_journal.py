"""The loan of docs/algorithms/books.md, posted line by line, comes to the balances that the page states."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from pathlib import Path

import pytest

from puhui.books import queries
from puhui.books.actions import close_day, open_books, post, verify
from puhui.parties.actions import create_institution
from puhui.parties.models import Institution

PAGE = Path(__file__).parents[2] / "docs" / "algorithms" / "books.md"


def table(name: str) -> list[list[str]]:
    """The cells of the table that follows a marker, its heading first."""
    after = PAGE.read_text(encoding="utf-8").split(f"<!-- {name} -->")[1].strip()
    lines = after.split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("|---")]


def fen(yuan: str) -> int:
    return int(yuan.replace(",", "").replace(".", ""))


@pytest.mark.parametrize("kind", ["bank", "micro_lender"])
def test_the_journal_comes_to_the_stated_balances(database: str, kind: str) -> None:
    lines = table("journal")[1:]
    first_day = date.fromisoformat(lines[0][0])
    institution = create_institution("RIVER", "河口", kind, first_day)
    open_books(institution, "system")
    heading, *balances = table("balances")
    stated = {
        date.fromisoformat(cell.split()[1]): {row[0]: fen(row[number]) for row in balances} for number, cell in enumerate(heading) if number
    }
    checked = 0
    for posting_date, of_day in groupby(lines, key=lambda line: date.fromisoformat(line[0])):
        Institution.objects.filter(pk=institution.pk).update(business_date=posting_date)
        institution.refresh_from_db()
        for (effective, act), of_entry in groupby(of_day, key=lambda line: (line[1], line[2])):
            transfers = [(debit, credit, fen(yuan)) for *_, debit, credit, yuan in of_entry]
            post(institution, act, date.fromisoformat(effective), transfers, loan_id=1, recorded_by="clerk")
        close_day(institution, posting_date, "day end")
        for role, balance_fen in stated.get(posting_date, {}).items():
            assert queries.balance(institution, role, posting_date) == balance_fen, (role, posting_date)
            checked += 1
    assert checked == 2 * len(balances) == 12
    assert verify(institution) == []


def test_roles_of_the_page_are_roles_of_the_catalogue() -> None:
    roles = queries.chart("bank", date(2026, 1, 18)).roles
    used = {cell for line in table("journal")[1:] for cell in line[3:5]}
    assert used <= set(roles) and len(used) == 6
