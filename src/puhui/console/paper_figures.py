"""What the page of a document shows: its fields with place, confidence and checks, those that a person must look at first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puhui.console.labels import LATE, OK, PLAIN, REFUSED, WATCH, State
from puhui.console.words import word
from puhui.evidence.documents.checks import Check
from puhui.evidence.documents.model import HEADINGS, Document, DocumentField
from puhui.evidence.documents.taking_apart import SURE
from puhui.evidence.models import PaperDocument

ROWS_TO_CORRECT = 100
LEFT_OUT_FIELDS = ("state", "goods")  # follow from the others, or are not read from paper
SCALE = 1000
WIDER = 1.15  # the width of letters in a PDF is estimated: a mark rather covers too much than cuts the last digit off

FIELDS = {
    "code": gettext_lazy("Invoice code"), "number": gettext_lazy("Invoice number"), "issued_on": gettext_lazy("Issued on"),
    "seller_id": gettext_lazy("Seller's tax number"), "seller_name": gettext_lazy("Seller"), "buyer_id": gettext_lazy("Buyer's tax number"),
    "buyer_name": gettext_lazy("Buyer"), "amount": gettext_lazy("Amount without tax"), "tax": gettext_lazy("Amount of tax"),
    "total": gettext_lazy("Total with tax"), "kind": gettext_lazy("Type of invoice"),
}  # fmt: skip
CHECKS = {
    "told": gettext_lazy("a field that every invoice has is empty"),
    "sum": gettext_lazy("amount + tax = total"),
    "words": gettext_lazy("the total in digits is the one in capitals"),
    "rate": gettext_lazy("the tax is one of the rates of the law"),
    "number": gettext_lazy("the number has 8 or 20 digits"),
    "year": gettext_lazy("the number begins with the year of its day"),
    "code": gettext_lazy("the code has 10 or 12 digits"),
    "tax_number": gettext_lazy("the tax number's check character"),
    "day": gettext_lazy("a day that exists and is not ahead"),
    "party": gettext_lazy("the firm is buyer or seller"),
    "one_side": gettext_lazy("one amount, received or paid"),
    "balance": gettext_lazy("balance before + movement = balance after"),
}
KINDS = {
    "vat_invoice": gettext_lazy("Invoice"), "digital_invoice": gettext_lazy("Invoice"), "bank_statement": gettext_lazy("Bank statement"),
}  # fmt: skip
WAITING = State(gettext_lazy("waits for correction"), WATCH, "user")
REVIEWED = {
    "taken_in": State(gettext_lazy("taken in"), OK, "circle-check"),
    "set_aside": State(gettext_lazy("set aside"), REFUSED, "ban"),
}
HOLDS = {
    True: State(gettext_lazy("holds"), OK, "check"),
    False: State(gettext_lazy("does not hold"), LATE, "alert-triangle"),
    None: State(gettext_lazy("cannot be told"), PLAIN, "help"),
}


@dataclass
class Cell:
    """A field as the page shows it. `rank`: 0 a check on it fails, 1 hard to read or missing, 2 mended by sums, 3 nothing to see."""

    key: str
    label: str
    value: str
    read: str
    confidence: float | None
    repaired: str
    rank: int
    fails: list[str] = field(default_factory=list)

    @property
    def tone(self) -> str:
        return ("late", "watch", "watch", "ok")[self.rank]


def state_of(paper: PaperDocument) -> State:
    review = getattr(paper, "review", None)
    return REVIEWED[review.outcome] if review else WAITING


def list_rows(papers: Iterable[PaperDocument]) -> list[dict[str, Any]]:
    """Documents for the list, with how much of each is to be looked at."""
    rows = []
    for paper in papers:
        document = Document.of_dict(paper.reading)
        doubtful = {each.name for each in document.fields if each.repaired or each.confidence < SURE}
        rows.append(
            {
                "paper": paper,
                "kind": word(KINDS, document.kind),
                "state": state_of(paper),
                "doubtful": len(doubtful),
                "faults": len(document.faults),
                "reviewed_by": paper.review.reviewed_by if hasattr(paper, "review") else "",
            }
        )
    return rows


def invoice_cells(document: Document, rows: Sequence[Mapping[str, str]], found: Sequence[Check]) -> list[Cell]:
    """The fields of the invoices, what must be looked at first."""
    names = [name for name in HEADINGS if name not in LEFT_OUT_FIELDS]
    cells = []
    for number, row in enumerate(rows, start=1):
        ending = f"#{number}" if len(rows) > 1 else ""
        for name in names:
            label = word(FIELDS, name) + (f" {number}" if ending else "")
            read = document.rows[number - 1].get(HEADINGS[name], "")
            cells.append(_cell(document, found, f"{name}{ending}", label, row.get(HEADINGS[name], ""), read))
    return sorted(cells, key=lambda cell: cell.rank)


def statement_rows(
    document: Document, rows: Sequence[Mapping[str, str]], found: Sequence[Check], opened: Collection[int]
) -> tuple[list[str], list[dict[str, Any]]]:
    """The headings, and each movement with its cells: those to be corrected (a check fails, a cell is hard to read, changed, or opened by
    the person) first, as many as a form can carry."""
    headings = list(rows[0]) if rows else []
    shown = []
    for number, row in enumerate(rows, start=1):
        was = document.rows[number - 1]
        cells = [_cell(document, found, f"{each}#{number}", each, row[each], was[each]) for each in headings]
        rank = min((cell.rank for cell in cells), default=3)
        edit = rank < 2 or number in opened or any(cell.value != cell.read for cell in cells)
        shown.append({"number": number, "cells": cells, "rank": rank, "edit": edit, "fails": _failing(found, f"#{number}")})
    shown.sort(key=lambda each: (not each["edit"], each["rank"]))
    for each in shown[ROWS_TO_CORRECT:]:
        each["edit"] = False
    return headings, shown


def _failing(found: Iterable[Check], ending: str) -> list[str]:
    """The checks of one row that fail, in words, each once."""
    return [_words(each) for each in found if each.holds is False and any(name.endswith(ending) for name in each.fields)]


def _cell(document: Document, found: Iterable[Check], key: str, label: str, value: str, read: str) -> Cell:
    places = [each for each in document.fields if each.name == key]
    confidence = min((each.confidence for each in places), default=None)
    repaired = next((each.repaired for each in places if each.repaired), "")
    fails = [_words(each) for each in found if each.holds is False and key in each.fields]
    is_read = value != read or confidence is None or confidence >= SURE
    rank = 0 if fails else 1 if not is_read else 2 if repaired and value == read else 3
    return Cell(key, label, value, read, confidence, repaired, rank, fails)


def check_rows(found: Sequence[Check]) -> list[dict[str, Any]]:
    """Each check once with its worst outcome, those that fail first; how many rows it fails in."""
    rows: dict[str, dict[str, Any]] = {}
    for each in found:
        row = rows.setdefault(each.name, {"name": word(CHECKS, each.name), "holds": each.holds, "count": 0, "found": ""})
        if each.holds is False:
            row |= {"holds": False, "count": row["count"] + 1, "found": row["found"] or each.found}
        elif each.holds is None and row["holds"] is True:
            row["holds"] = None
    ordered = sorted(rows.values(), key=lambda row: {False: 0, None: 1, True: 2}[row["holds"]])
    return [{**row, "state": HOLDS[row["holds"]]} for row in ordered]


def _words(check: Check) -> str:
    told = word(CHECKS, check.name)
    return _("%(check)s (%(found)s)") % {"check": told, "found": check.found} if check.found else told


def page_marks(fields: Sequence[DocumentField], pages: int, cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """Each page with the places of the fields that the form shows, in thousandths of its width and height."""
    tones = {cell.key: cell for cell in cells}
    marks: list[dict[str, Any]] = [{"number": number, "marks": []} for number in range(1, pages + 1)]
    for each in fields:
        cell = tones.get(each.name)
        if cell is None or each.box is None or not 1 <= each.page <= pages:
            continue
        left, top, right, bottom = (min(max(part, 0.0), 1.0) * SCALE for part in each.box)
        box = {"x": round(left), "y": round(top), "width": max(round((right - left) * WIDER), 4), "height": max(round(bottom - top), 4)}
        marks[each.page - 1]["marks"].append({**box, "key": each.name, "label": cell.label, "tone": cell.tone})
    return marks
