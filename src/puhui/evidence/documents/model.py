"""A document read: its kind, its fields each with their place on the page and how sure the reading is, and the rows that an import takes.

A person who corrects a field needs to see where it was read; a program that trusts one needs to know how sure it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from puhui.calculations.faults import Fault

Box = tuple[float, float, float, float]  # left, top, right, bottom as parts of the page's width and height, 0 to 1


@dataclass(frozen=True)
class Word:
    """A piece of text on a page: a line that OCR found, or a run of text of a PDF. `confidence` 0 to 1; 1 where nothing was guessed.

    `box`: where it would lie on a straight page, by which it is read; `place`: where it lies on the page as it is shown, if not there."""

    text: str
    box: Box
    confidence: float = 1.0
    page: int = 1
    place: Box | None = None
    look: int = 1  # a picture is looked at twice
    turn: int = 0  # degrees clockwise by which the sheet was turned to stand upright

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


@dataclass(frozen=True)
class DocumentField:
    """One field: `value` as text, `box` None where it stands nowhere on a page (XML). `repaired`: what was read before sums mended it."""

    name: str
    value: str
    box: Box | None = None
    confidence: float = 1.0
    page: int = 1
    repaired: str = ""


@dataclass(frozen=True)
class Document:
    """`kind`: digital_invoice, vat_invoice, bank_statement. `rows`: heading → cell, as an import reads them. `faults`: what a person must
    look at; a document with faults is not imported without corrections."""

    kind: str
    fields: tuple[DocumentField, ...] = ()
    rows: tuple[dict[str, str], ...] = ()
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()  # what is odd and hinders nothing
    turns: Mapping[int, int] = field(default_factory=dict)  # page → degrees clockwise by which it was turned to stand upright

    def value(self, name: str) -> str:
        """The value of a field, empty where it was not found."""
        return next((each.value for each in self.fields if each.name == name), "")

    @property
    def evidence_class(self) -> str:
        return "C15" if self.kind == "bank_statement" else "C07"

    def as_dict(self) -> dict[str, Any]:
        """For storage; `of_dict` gives the same document again. Rows are pairs: a stored object forgets the order of the columns."""
        return {**asdict(self), "rows": [list(row.items()) for row in self.rows], "faults": [fault.as_dict() for fault in self.faults]}

    @staticmethod
    def of_dict(stored: Mapping[str, Any]) -> Document:
        """A document as it was read first."""
        fields = (DocumentField(**{**each, "box": tuple(each["box"]) if each["box"] else None}) for each in stored["fields"])
        faults = (Fault(**each) for each in stored["faults"])
        return Document(
            stored["kind"], tuple(fields), tuple(dict(row) for row in stored["rows"]), tuple(faults), tuple(stored.get("notes", ())),
            {int(page): turn for page, turn in stored.get("turns", {}).items()},
        )  # fmt: skip


HEADINGS = {
    "code": "发票代码", "number": "发票号码", "issued_on": "开票日期", "seller_id": "销方识别号", "seller_name": "销方名称",
    "buyer_id": "购方识别号", "buyer_name": "购方名称", "amount": "金额", "tax": "税额", "total": "价税合计", "state": "发票状态",
    "kind": "发票类型", "goods": "项目名称",
}  # fmt: skip
"""Field of an invoice → heading of class C07."""


def invoice_row(values: dict[str, str]) -> dict[str, str]:
    """The row of an invoice under the headings that the import of invoices knows."""
    return {heading: values.get(name, "") for name, heading in HEADINGS.items()}
