"""What all loans together stand at, kept by differences: the night's interest and the control totals without reading every loan.

Whoever changes loans leaves behind, by a trigger of the table, what they came to before and what they come to now: a row of `Standing` a
branch, product and kind of income. It tells the balances as of the last day end, and night by night until the next due date what the
changed loans will earn (the same whole fen that `nights.Run` and the paths tell, rounded loan by loan). So the rows of an institution
added up are its sub-ledger at any moment, and what it earns tonight is one element of each. The day end adds them up to a row a cell.
An act that changes a loan or a few leaves only both versions of them (`loans_version`), since somebody waits for it; they are reckoned
together when the night begins.

The totals are a cache like all else that is kept of a loan. They follow the rows of the loans and not what was posted, so comparing them
with the ledger proves something; that they are what the loans add up to is proved anew, from every loan, by `puhui books verify`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import connection, transaction

from puhui.books.actions import lock_day
from puhui.loans.models import Standing
from puhui.parties.models import Institution

__all__ = ["Cell", "added_up", "book_by_days_past_due", "carry", "differing", "reckon_versions", "retake"]

COLUMNS = (
    "institution_id", "branch_id", "product_code", "suspended", "principal_fen", "accrued_interest_fen", "interest_receivable_fen",
    "penalty_receivable_fen", "fee_receivable_fen", "loans", "owed_fen", "nights", "night_loans", "night_interest_fen", "night_penalty_fen",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """What the loans of a branch (None: head office) and product stand at after a night, and what that night brought. In fen."""

    branch_id: int | None
    product_code: str
    suspended: bool  # what they earn is not income
    principal_fen: int
    accrued_interest_fen: int
    interest_receivable_fen: int
    penalty_receivable_fen: int
    fee_receivable_fen: int
    loans: int  # that owe principal
    owed_fen: int  # the principal they owe, written off or not
    earning: int  # loans to which the night brought interest
    night_interest_fen: int
    night_penalty_fen: int

    def balance_fen(self, role: str) -> int:
        """The balance of a role of the sub-ledger, debit positive."""
        found: int = getattr(self, f"{role}_fen")
        return found


def reckon_versions(institution: Institution) -> None:
    """What the acts since came to, as one row a cell. Acts may go on meanwhile; what they leave is reckoned the next time."""
    gone = "WITH gone AS (DELETE FROM loans_version WHERE institution_id = %(institution)s RETURNING *)"
    with connection.cursor() as cursor:
        cursor.execute(f"{gone} {_insert(_standing('gone'))}", {"institution": institution.pk})


def carry(institution: Institution, day: date) -> list[Cell]:
    """Go on by the night of `day`, a row a cell from here on. For a caller that has the day for itself."""
    reckon_versions(institution)
    values = {"institution": institution.pk, "day": day}
    return [Cell(*row) for row in _rows(_texts()["carry"].replace("{columns}", ", ".join(COLUMNS)), values)]


def book_by_days_past_due(institution: Institution, day: date, cells: Sequence[Cell]) -> list[list[int | None]]:
    """Days past due (None: nothing unpaid), loans, principal in fen. Only loans that are late are read."""
    late = _rows(_texts()["late"], {"institution": institution.pk, "day": day})
    loans = sum(cell.loans for cell in cells) - sum(count for _, count, _ in late)
    owed_fen = sum(cell.owed_fen for cell in cells) - sum(fen for _, _, fen in late)
    return ([[None, loans, owed_fen]] if loans else []) + [list(row) for row in late]


def added_up(institution: Institution, changed_on: date | None = None) -> list[tuple[Any, ...]]:
    """Rows of COLUMNS added up from the loans themselves: from every one, or from those that changed on a day."""
    return _rows(_of_loans(changed_on is not None), {"institution": institution.pk, "day": changed_on})


def _kept(institution: Institution) -> list[tuple[Any, ...]]:
    """Rows of COLUMNS as they are kept, what is still to be reckoned included. Changes nothing."""
    values = {"institution": institution.pk}
    waiting = _rows(_standing("(SELECT * FROM loans_version WHERE institution_id = %(institution)s)"), values)
    return waiting + _rows(f"SELECT {', '.join(COLUMNS)} FROM loans_standing WHERE institution_id = %(institution)s", values)


@transaction.atomic
def retake(institution: Institution) -> None:
    """Take the totals anew from every loan, with the day held meanwhile."""
    lock_day(institution)
    Standing.objects.filter(institution=institution).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM loans_version WHERE institution_id = %s", [institution.pk])
        cursor.execute(_insert(_of_loans()), {"institution": institution.pk})


def differing(institution: Institution) -> Iterator[tuple[str, int, int]]:
    """What is kept that every loan, added up anew, does not give: what it is, kept, and added up. Reads every loan."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for place, rows in enumerate((_kept(institution), added_up(institution))):
        for row in rows:
            for name, value in _named(row, institution.business_date):
                sums[name][place] += value
    yield from ((name, kept_sum, sum_of_all) for name, (kept_sum, sum_of_all) in sorted(sums.items()) if kept_sum != sum_of_all)


def _named(row: Sequence[Any], tonight: date) -> Iterator[tuple[str, int]]:
    values = dict(zip(COLUMNS, row, strict=True))
    suspended = ", suspended" if values["suspended"] else ""
    cell = f"branch {values['branch_id'] or 'of the head office'}, product {values['product_code']}{suspended}"
    for name in COLUMNS[4:11]:
        yield f"{cell}: {name}", values[name]
    for name in COLUMNS[12:]:
        for night, value in zip(values["nights"], values[name], strict=True):
            if night >= tonight:
                yield f"{cell}: {name} {night}", value


def _of_loans(changed: bool = False) -> str:
    loans = _CHANGED if changed else "loans_loan AS loan"
    return _standing(f"(SELECT 1 AS sign, loan.* FROM {loans} WHERE institution_id = %(institution)s)")


# By indexes: what happened on the day, and who is late and was looked at. Loan by loan (OFFSET 0): a join would read all loans.
_CHANGED = (
    "(SELECT loan_id FROM loans_event WHERE institution_id = %(institution)s AND known_on = %(day)s UNION "
    "SELECT id FROM loans_loan WHERE institution_id = %(institution)s AND overdue_since IS NOT NULL AND state_date = %(day)s) AS changed "
    "CROSS JOIN LATERAL (SELECT * FROM loans_loan WHERE id = changed.loan_id OFFSET 0) AS loan"
)


def _standing(versions: str) -> str:
    return _read("standing").replace("{versions}", versions)


def _insert(select: str) -> str:
    return f"INSERT INTO loans_standing ({', '.join(COLUMNS)}) {select}"


def _read(name: str) -> str:
    return files("puhui.loans").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")


@cache
def _texts() -> dict[str, str]:
    return {name.strip(): body for name, body in (part.split("\n", 1) for part in _read("standing_night").split("-- name: ")[1:])}


def _rows(text: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
