"""Dues that were compiled ahead, settled by the database alone.

An ordinary loan carries with it what falls due next and how its interest will run after that (`fold`, `nights`). When it is paid in full
on its due date nothing has to be computed: event, entry, transfers, instalment, loan, account and exposure are moved by one statement
each, for tens of thousands of loans at a time. What does not fit (short of money, late, a line, a figure that is not compiled) stays as
it is and is left to the fold. Both ways must end in the same: a property test holds them against each other.

Each chunk is a transaction of its own on one partition, so workers never meet, and a chunk that is done no longer matches.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import connection, transaction

from puhui.books.actions import open_day
from puhui.books.chart import chart
from puhui.parties.models import Institution

__all__ = ["CHUNK", "PARTITIONS", "Portion", "Settlement", "portions", "settle", "statement", "write"]

PARTITIONS = 8  # as in sql/storage.sql
CHUNK = 50_000
ROLES = (
    "principal",
    "settlement",
    "accrued_interest",
    "interest_income",
    "interest_receivable",
    "fee_receivable",
    "fee_income",
    "output_tax",
)
DEBITED = {"key": "loan.id || ':debit:' || %(day)s::date", "source": "", "fits": ""}


@dataclass(frozen=True)
class Settlement:
    """How many loans were settled, and their money in fen."""

    loans: int = 0
    amount_fen: int = 0

    def __add__(self, other: Settlement) -> Settlement:
        return Settlement(self.loans + other.loans, self.amount_fen + other.amount_fen)


@cache
def _texts() -> dict[str, str]:
    text = files("puhui.loans").joinpath("sql/settle.sql").read_text(encoding="utf-8")
    parts = text.split("-- name: ")[1:]
    return {name.strip(): body.strip() for name, body in (part.split("\n", 1) for part in parts)}


def statement(name: str, part: int, **places: str) -> str:
    """A statement of sql/settle.sql for a partition."""
    text = _texts()[name].replace("{part}", str(part)).replace("{{}}", "{}")
    for place, value in places.items():
        text = text.replace("{" + place + "}", value)
    return text


@dataclass(frozen=True)
class Portion:
    """A chunk of the day's work: loans of one partition by their numbers, from `first` to `last`."""

    part: int
    first: int
    last: int


def portions(institution: Institution, day: date) -> list[Portion]:
    """What falls due on the open day `day` and was compiled, in chunks."""
    with connection.cursor() as cursor:
        cursor.execute(_texts()["portions"], {"institution": institution.pk, "day": day, "chunk": CHUNK})
        return [Portion(*row) for row in cursor.fetchall()]


@transaction.atomic
def settle(institution: Institution, day: date, portion: Portion, actor: str) -> Settlement:
    """Debit a portion's compiled dues in full, as far as the borrowers' accounts hold them; the rest stays as it is."""
    if open_day(institution) != day:
        raise RuntimeError(f"{day} is no longer the open day: another day end is running")
    values: dict[str, Any] = {"institution": institution.pk, "day": day, "first": portion.first, "last": portion.last, "actor": actor}
    with connection.cursor() as cursor:
        _list(cursor, values, portion.part, DEBITED)
        cursor.execute(statement("fund", portion.part), values)
        settled = write(cursor, institution, values, portion.part)
        if settled.loans:
            cursor.execute(statement("debit", portion.part), values)
    return settled


def _list(cursor: Any, values: dict[str, Any], part: int, places: dict[str, str]) -> None:
    """The chunk's work as one list, loans locked in the order of their numbers."""
    cursor.execute(statement("work", part))
    cursor.execute(statement("accounts", part))
    cursor.execute(statement("list", part, **places), values)
    cursor.execute("ANALYZE loans_work")


def write(cursor: Any, institution: Institution, values: dict[str, Any], part: int) -> Settlement:
    """Everything that the list brings about, one statement a table."""
    if not _find_accounts(cursor, institution, values):
        return Settlement()
    for name in ("events", "post", "instalments", "loans", "exposures"):
        cursor.execute(statement(name, part), values)
    cursor.execute(statement("total", part))
    return Settlement(*cursor.fetchone())


def _find_accounts(cursor: Any, institution: Institution, values: dict[str, Any]) -> bool:
    """The accounts of each branch and product in the list, opened where they are new."""
    roles = chart(institution.kind, values["day"]).roles
    codes = [roles[role] for role in ROLES]
    cursor.execute(_texts()["products"])
    places = cursor.fetchall()
    if not places:
        return False
    cells = [(branch, product, code) for branch, product in places for code in codes]
    cursor.execute(
        "SELECT account_ids FROM books_accounts_for(%s, %s, %s::bigint[], %s::text[], %s::text[])",
        [institution.pk, values["day"], *map(list, zip(*cells, strict=True))],
    )
    found = json.loads(cursor.fetchone()[0])
    rows = [(branch, product, *(found[f"{branch or ''}/{product}/{code}"] for code in codes)) for branch, product in places]
    cursor.executemany(f"INSERT INTO loans_work_account VALUES ({', '.join(['%s'] * (2 + len(ROLES)))})", rows)
    return True
