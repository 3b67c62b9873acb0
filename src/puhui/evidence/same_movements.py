"""One movement of an account, delivered twice in different words: once as the bank's CSV, once as camt.053, is one movement.

Movements have no number of their own that all banks write. What tells them apart is the account, the day, the direction, the amount, and of
equal ones the balance after it or the bank's reference; where a file has neither, who stands on the other side, and the order in the day. A
movement of a new file that is there already by these is not stored again, and a note says so. Two equal movements of a day in one file are
two: each is paired with one that is there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from puhui.evidence.reading.words import plain

__all__ = ["ACCOUNTS", "Pair", "notes_of", "pairs", "take_out"]

ACCOUNTS = "account_flow"
NOTED = 5


@dataclass(frozen=True)
class Pair:
    """`row` of the file speaks of the movement `stored`, which came with `file`; `row_content` and `content` are the two tellings."""

    row: int
    stored: int
    row_content: Mapping[str, Any]
    content: Mapping[str, Any]
    file: str


def pairs(candidates: Iterable[Pair]) -> list[Pair]:
    """Of possible pairs those that speak of one movement, each row and each stored movement at most once, the best proven first."""
    graded = [(grade, each) for each in candidates for grade in [_grade(each.row_content, each.content)] if grade is not None]
    rows, stored = set[int](), set[int]()
    found = []
    for _, each in sorted(graded, key=lambda pair: (pair[0], pair[1].row, pair[1].stored)):
        if each.row not in rows and each.stored not in stored:
            rows.add(each.row)
            stored.add(each.stored)
            found.append(each)
    return sorted(found, key=lambda each: each.row)


def _grade(one: Mapping[str, Any], other: Mapping[str, Any]) -> int | None:
    """0: balances agree; 1: references agree; 2: neither can be compared and the other side is the same; None: not one movement."""
    if _differ(one, other, "account"):
        return None
    balances, serials = (_both(one, other, name) for name in ("balance_fen", "serial"))
    if balances:
        return 0 if one["balance_fen"] == other["balance_fen"] else None
    if serials:
        return 1 if plain(one["serial"]) == plain(other["serial"]) else None
    sides = ("counterparty", "counterparty_account")
    if any(_differ(one, other, name) for name in sides) or not any(_both(one, other, name) for name in sides):
        return None
    return 2


def _both(one: Mapping[str, Any], other: Mapping[str, Any], name: str) -> bool:
    return one.get(name) not in (None, "") and other.get(name) not in (None, "")


def _differ(one: Mapping[str, Any], other: Mapping[str, Any], name: str) -> bool:
    return _both(one, other, name) and plain(str(one[name])) != plain(str(other[name]))


def take_out(cursor: Any, statement: Callable[[str], str], record: str) -> list[Pair]:
    """Take the rows that are there already out of the staged ones; the pairs say which. For movements of accounts only.

    statement  name of one of our SQL files → its text"""
    if record != ACCOUNTS:
        return []
    cursor.execute(statement("stage_movements"), {"record": record})
    cursor.execute("SELECT EXISTS (SELECT FROM movement_there)")
    if not cursor.fetchone()[0]:
        cursor.execute("DROP TABLE movement_there")
        return []
    cursor.execute("ANALYZE movement_there")
    # What is not known of documents would make the join one of each with each.
    cursor.execute("SELECT set_config('enable_nestloop', 'off', true)")
    cursor.execute(statement("movements_there"))
    found = pairs(Pair(row, stored, _read(new), _read(old), file) for row, stored, new, old, file in cursor.fetchall())
    cursor.execute("SELECT set_config('enable_nestloop', 'on', true)")
    cursor.execute("DROP TABLE movement_there")
    if found:
        cursor.execute("DELETE FROM staged_record WHERE row_number = ANY(%s)", [[each.row for each in found]])
    return found


def _read(content: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(content) if isinstance(content, str) else content
    return document


def notes_of(found: list[Pair]) -> list[str]:
    """What the import says of them: how many, from which files, and the first ones with both tellings where they differ."""
    if not found:
        return []
    files = ", ".join(dict.fromkeys(each.file for each in found))
    lines = [f"{len(found):,} movements are there already in other words, from {files}, and were not stored again"]
    for each in found[:NOTED]:
        names = [name for name in each.content.keys() | each.row_content.keys() if each.content.get(name) != each.row_content.get(name)]
        told = "; ".join(
            f"{name}: {each.row_content.get(name) or '–'} here, {each.content.get(name) or '–'} there" for name in sorted(names)
        )
        lines.append(f"row {each.row}, {each.content.get('booked_on')}, {each.content['amount_fen'] / 100:,.2f}: {told}")
    return lines
