"""The files that loans move in by: notes, events and balances, as three CSV files of a folder or three sheets of a workbook.

Columns are in docs/moving-in.md. Every value is read as text; whatever does not fit is a fault with file, row and column, and nothing of
the files is used. Reads files only, knows no database.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import python_calamine

from puhui.calculations.classification import CLASSES
from puhui.calculations.events import EVENT_TYPES
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.calculations.terms import read_terms

__all__ = ["COMPONENTS", "MovedBalance", "MovedEvent", "MovedNote", "Moving", "read_moving"]

COMPONENTS = ("principal", "interest_due", "accrued_interest", "penalty", "fee")
TERM_COLUMNS = ("start", "maturity", "rate_annual", "method", "every", "day_count", "settlement_day", "instalments", "first_due")
SHEETS: dict[str, tuple[str, ...]] = {
    "notes": ("number", "firm", "product", "amount", "start", "rate_annual"),
    "events": ("number", "date", "type"),
    "balances": ("number", "as_of", *COMPONENTS),
}
TAXED = {"": None, "taxed": True, "exempt": False}
LARGEST_BYTES = 200_000_000
MOST_FAULTS = 200


@dataclass(frozen=True, slots=True)
class MovedNote:
    number: str
    firm: tuple[str, str]  # scheme and value of an identifier
    product_code: str
    risk_class: str
    amount_fen: int
    terms: Mapping[str, Any]  # as `puhui loans quote` takes them, with `start`
    where: str
    branch_code: str = ""  # head office where empty
    five_class: str = ""  # the class held there; by days past due where empty
    observed_until: date | None = None  # of a note that was restructured: the last day of its observation
    is_taxed: bool | None = None  # whether its interest holds value added tax; None: as the table of exemptions says


@dataclass(frozen=True, slots=True)
class MovedEvent:
    number: str
    id: str
    date: date
    type: str
    amount_fen: int | None
    detail: Mapping[str, Any]
    where: str


@dataclass(frozen=True, slots=True)
class MovedBalance:
    """What the other system says at the end of a day, by component, in fen."""

    number: str
    as_of: date
    amounts_fen: Mapping[str, int]
    days_past_due: int | None
    where: str


@dataclass(frozen=True)
class Moving:
    notes: tuple[MovedNote, ...]
    events: tuple[MovedEvent, ...]
    balances: tuple[MovedBalance, ...]


def read_moving(path: Path) -> Moving:
    """The files at a path. Raises FaultsError naming every fault, up to 200."""
    faults: list[Fault] = []
    rows = {sheet: list(_rows(path, sheet, faults)) for sheet in SHEETS}
    check(faults)
    notes = [_note(row, where, faults) for row, where in rows["notes"]]
    events = [_event(row, where, faults) for row, where in rows["events"]]
    balances = [_balance(row, where, faults) for row, where in rows["balances"]]
    _check_together(notes, events, balances, faults)
    check(faults[:MOST_FAULTS])
    return Moving(tuple(notes), tuple(events), tuple(balances))


def _rows(path: Path, sheet: str, faults: list[Fault]) -> Iterable[tuple[dict[str, str], str]]:
    try:
        table = _workbook(path, sheet) if path.is_file() else _csv(path / f"{sheet}.csv")
    except (OSError, ValueError, csv.Error, python_calamine.CalamineError, python_calamine.WorksheetNotFound) as error:
        faults.append(Fault(f"{path.name}, {sheet}", str(error) or type(error).__name__, f"a sheet {sheet}, or a file {sheet}.csv"))
        return
    headings = [heading.strip() for heading in table[0]] if table else []
    for missing in [column for column in SHEETS[sheet] if column not in headings]:
        faults.append(Fault(f"{sheet}, headings", ", ".join(headings) or "none", f"a column {missing}"))
    for number, cells in enumerate(table[1:], 2):
        if any(cell.strip() for cell in cells):
            yield dict(zip(headings, (cell.strip() for cell in cells), strict=False)), f"{sheet}, row {number}"


def _csv(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    if len(content) > LARGEST_BYTES:
        raise ValueError(f"{len(content)} bytes, more than {LARGEST_BYTES}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    return list(csv.reader(io.StringIO(text, newline="")))


def _workbook(path: Path, sheet: str) -> list[list[str]]:
    rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat()[:10] if isinstance(cell, date | datetime) else str(cell)


def _note(row: Mapping[str, str], where: str, faults: list[Fault]) -> MovedNote:
    scheme, _, value = row.get("firm", "").partition(":")
    if not scheme or not value:
        faults.append(Fault(f"{where}, firm", row.get("firm") or "nothing", "scheme:value of an identifier, such as uscc:9133…"))
    for column in ("number", "product"):
        if not row.get(column):
            faults.append(Fault(f"{where}, {column}", "nothing", "a value"))
    terms: dict[str, Any] = {"amount": row.get("amount", "")}
    terms |= {column: row[column] for column in TERM_COLUMNS if row.get(column)}
    for column in ("instalments", "settlement_day"):
        if str(terms.get(column, "")).isdigit():
            terms[column] = int(terms[column])
    terms |= _json(row.get("terms", ""), f"{where}, terms", faults)
    try:
        read_terms(terms)
    except FaultsError as error:
        faults += [Fault(f"{where}, {fault.where}", fault.found, fault.expected, fault.remedy) for fault in error.faults]
    amount = _fen(row.get("amount", ""), f"{where}, amount", faults)
    if (five_class := row.get("five_class", "")) not in ("", *CLASSES):
        faults.append(Fault(f"{where}, five_class", five_class, ", ".join(CLASSES)))
    if (tax := row.get("interest_tax", "")) not in TAXED:
        faults.append(Fault(f"{where}, interest_tax", tax, "taxed, exempt or nothing"))
    observed = row.get("observed_until", "")
    return MovedNote(
        row.get("number", ""), (scheme, value), row.get("product", ""), row.get("risk_class") or "B", amount or 0, terms, where,
        row.get("branch", ""), five_class, _day(observed, f"{where}, observed_until", faults) if observed else None, TAXED.get(tax),
    )  # fmt: skip


def _event(row: Mapping[str, str], where: str, faults: list[Fault]) -> MovedEvent:
    if row.get("type") not in EVENT_TYPES:
        faults.append(Fault(f"{where}, type", row.get("type") or "nothing", ", ".join(EVENT_TYPES)))
    amount = _fen(row["amount"], f"{where}, amount", faults) if row.get("amount") else None
    detail = _json(row.get("detail", ""), f"{where}, detail", faults)
    when = _day(row.get("date", ""), f"{where}, date", faults)
    return MovedEvent(row.get("number", ""), row.get("id", ""), when, row.get("type", ""), amount, detail, where)


def _balance(row: Mapping[str, str], where: str, faults: list[Fault]) -> MovedBalance:
    amounts = {each: _fen(row.get(each) or "0", f"{where}, {each}", faults, signed=True) or 0 for each in COMPONENTS}
    days = row.get("days_past_due", "")
    if days and not days.isdigit():
        faults.append(Fault(f"{where}, days_past_due", days, "a whole number of days"))
    when = _day(row.get("as_of", ""), f"{where}, as_of", faults)
    return MovedBalance(row.get("number", ""), when, amounts, int(days) if days.isdigit() else None, where)


def _check_together(notes: list[MovedNote], events: list[MovedEvent], balances: list[MovedBalance], faults: list[Fault]) -> None:
    numbers: dict[str, MovedNote] = {}
    for note in notes:
        if note.number in numbers:
            faults.append(Fault(f"{note.where}, number", f"{note.number} a second time", "each note once"))
        numbers[note.number] = note
    seen: set[tuple[str, str]] = set()
    drawn = {event.number for event in events if event.type == "drawdown"}
    for event in events:
        if event.number not in numbers:
            faults.append(Fault(f"{event.where}, number", event.number or "nothing", "a note of the file"))
        if event.id and (event.number, event.id) in seen:
            faults.append(Fault(f"{event.where}, id", f"{event.id} a second time", "each event once"))
        seen.add((event.number, event.id))
    days: set[tuple[str, date]] = set()
    for balance in balances:
        if balance.number not in numbers:
            faults.append(Fault(f"{balance.where}, number", balance.number or "nothing", "a note of the file"))
        if (balance.number, balance.as_of) in days:
            faults.append(Fault(f"{balance.where}, as_of", f"{balance.as_of} a second time", "each day of a note once"))
        days.add((balance.number, balance.as_of))
    told = {number for number, _ in days}
    for note in notes:
        if note.number not in drawn:
            faults.append(Fault(f"{note.where}, number", "no drawdown among the events", "one or more"))
        if note.number not in told:
            faults.append(Fault(f"{note.where}, number", "no row among the balances", "one a month end"))


def _fen(text: str, where: str, faults: list[Fault], signed: bool = False) -> int | None:
    try:
        fen = Decimal(text.replace(",", "")) * 100
        if fen.is_finite() and fen == fen.to_integral_value() and abs(fen) < 10**15 and (signed or fen > 0):
            return int(fen)
    except InvalidOperation:
        pass
    faults.append(Fault(where, text or "nothing", "an amount with at most two decimals" + ("" if signed else ", above 0")))
    return None


def _day(text: str, where: str, faults: list[Fault]) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.append(Fault(where, text or "nothing", "a date such as 2026-03-31"))
        return date.min


def _json(text: str, where: str, faults: list[Fault]) -> dict[str, Any]:
    if not text:
        return {}
    try:
        value = json.loads(text)
        if isinstance(value, dict):
            return value
    except (ValueError, RecursionError):
        pass
    faults.append(Fault(where, text[:60], "a JSON object"))
    return {}
