"""A bank statement as data, whatever file it came in: what camt.053 and the CSV layouts are read into. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from puhui.calculations.faults import Fault
from puhui.payments.layouts import FileRow

__all__ = ["Line", "Statement", "balance_faults", "from_rows", "with_keys"]


@dataclass(frozen=True, slots=True)
class Line:
    """Money in is above zero. `key` names the line for ever: the bank's own reference where there is one, else its content."""

    number: int
    booked_on: date
    value_on: date
    amount_fen: int
    bank_reference: str = ""
    our_reference: str = ""
    other_name: str = ""
    other_account: str = ""
    text: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    account: str  # number of the account, empty where the file does not tell it
    lines: tuple[Line, ...]
    opening_fen: int | None = None
    closing_fen: int | None = None


def balance_faults(statement: Statement, name: str) -> Iterable[Fault]:
    """Opening balance and lines must come to the closing balance (standards.md 9)."""
    if statement.opening_fen is None or statement.closing_fen is None:
        return
    come_to = statement.opening_fen + sum(line.amount_fen for line in statement.lines)
    if come_to != statement.closing_fen:
        expected = f"{come_to / 100:.2f}: the opening balance and all lines"
        yield Fault(f"{name}, closing balance", f"{statement.closing_fen / 100:.2f}", expected, "A line is missing or was changed.")


def with_keys(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines with their keys. Lines without a reference of the bank and with the same content are told apart by their order."""
    seen: Counter[str] = Counter()
    keyed = []
    for line in lines:
        content = f"{line.booked_on}\0{line.value_on}\0{line.amount_fen}\0{line.our_reference}\0{line.other_name}\0{line.text}"
        key = f"ref:{line.bank_reference}" if line.bank_reference else "hash:" + hashlib.sha256(content.encode()).hexdigest()
        seen[key] += 1
        keyed.append(replace(line, key=key if line.bank_reference else f"{key}:{seen[key]}"))
    return tuple(keyed)


def from_rows(rows: Sequence[FileRow], name: str, faults: list[Fault]) -> Statement:
    """Rows of a CSV layout: one amount with its sign, or money in and money out in columns of their own; a running balance is compared."""
    lines, balance = [], None
    first_balance: int | None = None
    for row in rows:
        values = row.values
        into, out, amount = values.get("amount_in"), values.get("amount_out"), values.get("amount")
        if amount is None:
            if bool(into) == bool(out):
                faults.append(Fault(f"{name}, line {row.line}", "money in and out, or neither", "one of the two"))
            amount = (into or 0) - (out or 0)
        told = values.get("balance")
        if told is not None:
            if balance is not None and told != balance + amount:
                faults.append(Fault(f"{name}, line {row.line}, balance", f"{told / 100:.2f}", f"{(balance + amount) / 100:.2f}"))
            first_balance = told - amount if first_balance is None else first_balance
            balance = told
        texts = {field: values.get(field) or "" for field in ("bank_reference", "our_reference", "other_name", "other_account", "text")}
        booked = values["booked_on"] or date.min
        lines.append(Line(row.line, booked, values.get("value_on") or booked, amount, **texts))
    return Statement("", with_keys(lines), first_balance, balance)
