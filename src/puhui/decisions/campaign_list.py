"""The list of a campaign: a CSV or XLSX file that names firms and, where it wants to, what each may be offered and what the form asks.

Headings in English or Chinese. A firm is named by an identifier (unified social credit code first) or, where it has none in the list, by
its exact name. A column named after a fact of the product's form says it of each firm (`campaign_facts`). Every fault of every row is told
at once, and a list with a fault makes no campaign.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import python_calamine as calamine

from puhui.calculations.faults import Fault, check
from puhui.decisions import campaign_facts
from puhui.parties import identifiers
from puhui.parties.models import Firm, FirmIdentifier, Institution
from puhui.products.terms import Product

LARGEST_BYTES = 5_000_000
MOST_ROWS = 20_000
MOST_FAULTS = 200
_FACT = "form:"  # before the name of a fact, so that one named like a column of every list stays apart
HEADINGS = {
    "identifier": (
        "identifier",
        "uscc",
        "unified social credit code",
        "统一社会信用代码",
        "統一社會信用代碼",
        "信用代码",
        "农户编号",
        "農戶編號",
        "编号",
    ),
    "name": ("name", "firm", "企业名称", "企業名稱", "名称", "商户名称"),
    "amount": ("amount", "amount_yuan", "金额", "金額", "金额（元）", "申请金额"),
}


@dataclass(frozen=True)
class Listed:
    """A firm of the list: its row in the file, what it may be offered at most, and what the list says of the product's form."""

    row_number: int
    firm: Firm
    wanted_fen: int
    facts: Mapping[str, Any] = field(default_factory=dict)  # fact → value; a fact that the row leaves empty is not there


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read(institution: Institution, data: bytes, file_name: str, amount_fen: int, product: Product) -> list[Listed]:
    """The firms of a list, in its order; `amount_fen` where a row names no amount; facts of the form of `product`.

    Raises:
        FaultsError: an unreadable file, headings that are missing or nobody's, and for each row: no firm, a firm unknown, one named twice,
            no amount, a fact of the wrong kind.
    """
    rows = _rows(data, file_name)
    columns = _columns(rows[0] if rows else [], product, file_name)
    cells = [
        (number, {name: row[place].strip() if place < len(row) else "" for name, place in columns.items()})
        for number, row in enumerate(rows[1:], 2)
        if any(cell.strip() for cell in row)
    ]
    if not 0 < len(cells) <= MOST_ROWS:
        check([Fault(file_name, f"{len(cells)} rows", f"1 to {MOST_ROWS}")])
    firms = _firms(institution, [row for _, row in cells])
    faults: list[Fault] = []
    listed, seen = [], dict[int, int]()
    for number, row in cells:
        where = f"{file_name}, row {number}"
        firm = _firm(firms, row, where, faults)
        wanted_fen = _amount(row.get("amount", ""), amount_fen, where, faults)
        facts = _facts(row, product, where, faults)
        if firm is None:
            continue
        if firm.pk in seen:
            faults.append(Fault(where, f"{firm.name}, which stands in row {seen[firm.pk]} already", "each firm once"))
        seen.setdefault(firm.pk, number)
        listed.append(Listed(number, firm, wanted_fen, facts))
    check(faults[:MOST_FAULTS])
    return listed


def _rows(data: bytes, file_name: str) -> list[list[str]]:
    if not 0 < len(data) <= LARGEST_BYTES:
        check([Fault(file_name, f"{len(data):,} bytes", f"1 to {LARGEST_BYTES:,}")])
    if data[:2] == b"PK":
        try:
            return [
                [_text(cell) for cell in row]
                for row in calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
            ]
        except (calamine.CalamineError, ValueError, OSError, IndexError) as error:
            check([Fault(file_name, f"a damaged workbook ({error})", "a whole workbook", "Save it again and send it again.")])
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return list(csv.reader(io.StringIO(data.decode(encoding), newline=""), strict=True))
        except (UnicodeDecodeError, csv.Error):
            continue
    check([Fault(file_name, "neither text nor a workbook", "CSV in UTF-8 or GB 18030, or XLSX")])
    return []


def _text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _columns(headings: Sequence[str], product: Product, file_name: str) -> dict[str, int]:
    """The columns of every list by `HEADINGS`, and those of the product's form by the name of the fact."""
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        for name, known in HEADINGS.items():
            if heading.strip().lower() in known:
                found.setdefault(name, place)
    facts = {name: place for name, place in campaign_facts.columns_of(headings, product).items() if place not in found.values()}
    faults = list(campaign_facts.heading_faults(headings, {*found.values(), *facts.values()}, product, HEADINGS, file_name))
    if not {"identifier", "name"} & found.keys():
        expected = f"a column {HEADINGS['identifier'][0]} ({HEADINGS['identifier'][3]}) or {HEADINGS['name'][0]} ({HEADINGS['name'][2]})"
        faults.insert(0, Fault(f"{file_name}, headings", ", ".join(headings) or "none", expected))
    check(faults)
    return found | {_FACT + name: place for name, place in facts.items()}


def _facts(row: Mapping[str, str], product: Product, where: str, faults: list[Fault]) -> dict[str, Any]:
    """Fact → value of the cells that are not empty."""
    found: dict[str, Any] = {}
    for name, asked in product.application.items():
        text = row.get(_FACT + name, "")
        try:
            value = campaign_facts.cell_value(text, asked.unit)
        except ValueError as error:
            faults.append(Fault(f"{where}, {name}", text[:40], str(error)))
            continue
        if value is not None:
            found[name] = value
    return found


def _firms(institution: Institution, rows: Sequence[Mapping[str, str]]) -> dict[tuple[str, str], list[Firm]]:
    """("identifier" or "name", text) → firms of the institution, in two queries."""
    wanted = {identifiers.normalise(row["identifier"]) for row in rows if row.get("identifier")}
    names = {row["name"] for row in rows if row.get("name") and not row.get("identifier")}
    found: dict[tuple[str, str], list[Firm]] = {}
    for one in FirmIdentifier.objects.filter(institution=institution, value__in=wanted).select_related("firm"):
        found.setdefault(("identifier", one.value), []).append(one.firm)
    for firm in Firm.objects.filter(institution=institution, name__in=names):
        found.setdefault(("name", firm.name), []).append(firm)
    return found


def _firm(firms: Mapping[tuple[str, str], list[Firm]], row: Mapping[str, str], where: str, faults: list[Fault]) -> Firm | None:
    text = row.get("identifier") or row.get("name", "")
    key = ("identifier", identifiers.normalise(text)) if row.get("identifier") else ("name", text)
    found = {firm.pk: firm for firm in firms.get(key, ())}
    if len(found) == 1:
        return next(iter(found.values()))
    if not text:
        faults.append(Fault(where, "no firm", "an identifier or a name"))
    elif found:
        faults.append(Fault(where, f"{text}, the name of {len(found)} firms", "one firm", "Name it by its identifier."))
    else:
        faults.append(Fault(where, f"{text}, which is no firm here", "a registered firm", "Register it first, or take the row out."))
    return None


def _amount(text: str, otherwise_fen: int, where: str, faults: list[Fault]) -> int:
    if not text:
        return otherwise_fen
    try:
        yuan = Decimal(text.replace(",", "").replace("，", ""))
        if yuan.is_finite() and 0 < yuan < Decimal(10) ** 11 and yuan * 100 == int(yuan * 100):
            return int(yuan * 100)
    except InvalidOperation:
        pass
    faults.append(Fault(f"{where}, amount", text, "an amount in yuan above 0"))
    return otherwise_fen
