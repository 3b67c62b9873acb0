"""What must hold of a document that was read from paper, whoever read it: sums, check digits, days, the balance that runs.

The same checks are shown when the document is opened, when a person has corrected a field, and once more before it is taken in.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from puhui.evidence.documents.model import HEADINGS, Document
from puhui.evidence.documents.repair import capitals, plausible
from puhui.evidence.layouts import layout
from puhui.evidence.reading.amounts import parse_amounts
from puhui.evidence.reading.dates import parse_dates
from puhui.evidence.reading.words import plain
from puhui.evidence.running_balance import breaks
from puhui.parties.identifiers import uscc_faults

__all__ = ["CHECKS", "Check", "Circumstances", "checks", "failed", "movements"]

CHECKS = ("told", "sum", "words", "rate", "number", "year", "code", "tax_number", "day", "party", "one_side", "balance")
NEEDED = ("number", "issued_on", "seller_name", "buyer_name", "amount", "tax", "total")
FIRST_DAY = dt.date(1990, 1, 1)


@dataclass(frozen=True)
class Check:
    """`name` of `CHECKS`; `holds` is null where something is missing; `fields`: the keys of the fields that it looks at."""

    name: str
    holds: bool | None
    fields: tuple[str, ...]
    found: str = ""


@dataclass(frozen=True)
class Circumstances:
    """`names`: every name and number by which the firm may stand on the paper; `today`: nothing is dated after it."""

    today: dt.date
    names: Collection[str]


def checks(document: Document, rows: Sequence[Mapping[str, str]], around: Circumstances) -> list[Check]:
    """All checks of a document with the rows as they are now, in the order of the rows."""
    if document.kind == "bank_statement":
        return list(_of_statement(rows, around))
    found: list[Check] = []
    for number, row in enumerate(rows, start=1):
        ending = f"#{number}" if len(rows) > 1 else ""
        values = {name: row.get(heading, "").strip() for name, heading in HEADINGS.items()}
        values |= {"words": document.value(f"total_in_words{ending}"), "rates": document.value(f"rates{ending}")}
        found += [
            Check(each.name, each.holds, tuple(f"{name}{ending}" for name in each.fields), each.found)
            for each in _of_invoice(values, around)
        ]
    return found


def failed(found: Iterable[Check]) -> list[Check]:
    return [each for each in found if each.holds is False]


def _of_invoice(values: Mapping[str, str], around: Circumstances) -> Iterator[Check]:
    """The checks of one invoice; the fields are those of `HEADINGS`."""
    for name in NEEDED:
        if not values[name]:
            yield Check("told", False, (name,))
    amount, tax, total = (_fen(values[name]) for name in ("amount", "tax", "total"))
    if amount is None or tax is None or total is None:
        yield Check("sum", None, ("amount", "tax", "total"))
    else:
        difference = total - amount - tax
        yield Check("sum", difference == 0, ("amount", "tax", "total"), f"{difference / 100:+,.2f}" if difference else "")
        fits = plausible(_yuan(amount), _yuan(tax), values["rates"])
        yield Check("rate", fits, ("amount", "tax"), f"{tax / amount:.2%}" if amount else "")
    said = capitals(values["words"]) if values["words"] else None
    if said is not None and total is not None:
        yield Check("words", int(said * 100) == total, ("total",), values["words"])
    yield from _numbers(values)
    yield _day(values["issued_on"], "issued_on", around)
    parties = {values[name] for name in ("seller_name", "seller_id", "buyer_name", "buyer_id")}
    held = {plain(each) for each in around.names}
    yield Check("party", bool({plain(each) for each in parties if each} & held), ("seller_name", "buyer_name"))


def _numbers(values: Mapping[str, str]) -> Iterator[Check]:
    """Digits of the number and the code, and the check characters of the tax numbers."""
    number, code = values["number"], values["code"]
    if number:
        yield Check("number", bool(re.fullmatch(r"\d{20}|\d{8}", number)), ("number",), f"{len(number)}")
    if len(number) == 20 and values["issued_on"]:  # a number of 20 digits begins with its year (standards.md §7)
        yield Check("year", number[:2] == values["issued_on"].strip()[2:4], ("number", "issued_on"), f"{number[:2]}, {values['issued_on']}")
    if code or re.fullmatch(r"\d{8}", number):
        yield Check("code", bool(re.fullmatch(r"\d{12}|\d{10}", code)), ("code",), f"{len(code)}")
    for name in ("seller_id", "buyer_id"):
        if values[name]:
            wrong = uscc_faults(values[name]) if len(values[name]) == 18 else []
            fits = not wrong and re.fullmatch(r"[0-9A-Z]{15,20}", values[name])
            yield Check("tax_number", bool(fits), (name,), wrong[0].found if wrong else "")


def _of_statement(rows: Sequence[Mapping[str, str]], around: Circumstances) -> Iterator[Check]:
    """The checks of each movement: its day, one amount and no more, and the balance after it."""
    heads = _heads(rows)
    moved = movements(rows)
    broken = {each.position: each for each in breaks([(amount, balance) for amount, balance, _ in moved])}
    for position, (row, (_, balance, sides)) in enumerate(zip(rows, moved, strict=True)):
        number = position + 1
        day = heads.get("booked_on") or heads.get("booked_time")
        if day:
            yield _day(row.get(day, ""), f"{day}#{number}", around)
        keys = tuple(f"{heads[name]}#{number}" for name in ("amount_fen", "amount_in", "amount_out") if name in heads)
        yield Check("one_side", sides == 1, keys, str(sides))
        if balance is not None or "balance_fen" in heads:
            gap = broken.get(position)
            told = None if balance is None else gap is None
            found = f"{gap.expected_fen / 100:,.2f}" if gap else ""
            yield Check("balance", told, (f"{heads['balance_fen']}#{number}", *keys), found)


def movements(rows: Sequence[Mapping[str, str]]) -> list[tuple[int | None, int | None, int]]:
    """Of each row the amount in fen with its sign, the balance after it, and how many amounts are filled."""
    heads = _heads(rows)
    return [_movement(row, heads) for row in rows]


def _heads(rows: Sequence[Mapping[str, str]]) -> dict[str | None, str]:
    words = layout("account_flow").vocabulary()
    return {words.field_of(heading): heading for row in rows[:1] for heading in row}


def _movement(row: Mapping[str, str], heads: Mapping[str | None, str]) -> tuple[int | None, int | None, int]:
    """The amount with its sign, the balance, and how many amounts are filled."""
    values = {name: _fen(row.get(heads[name], "")) for name in ("amount_fen", "amount_in", "amount_out", "balance_fen") if name in heads}
    filled = {name: value for name, value in values.items() if name != "balance_fen" and value}
    if len(filled) != 1:
        return None, values.get("balance_fen"), len(filled)
    ((name, amount),) = filled.items()
    if name == "amount_fen":
        known = layout("account_flow").vocabulary().words["direction"]
        way = known.get(plain(row.get(heads.get("direction", ""), "")))
        return (None if way is None else amount if way == "in" else -amount), values.get("balance_fen"), 1 if way else 0
    return (amount if name == "amount_in" else -abs(amount)), values.get("balance_fen"), 1


def _day(text: str, key: str, around: Circumstances) -> Check:
    if not text.strip():
        return Check("day", None, (key,))
    day = parse_dates(pl.Series([text], dtype=pl.String))[0].values[0]
    return Check("day", day is not None and FIRST_DAY <= day <= around.today, (key,), text)


def _fen(text: str) -> int | None:
    value: int | None = parse_amounts(pl.Series([text.strip()], dtype=pl.String), "yuan").values[0]
    return value


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100
