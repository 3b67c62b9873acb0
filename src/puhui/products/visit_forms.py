"""Forms for what a person sees on a visit, as dated files: `catalogue/visit-forms/*.toml`.

A form has sections, a section items. Kinds of item: `anchored` (one sentence for each of 0, 25, 50, 75, 100), `choice`, `flag`, `amount`
(yuan on the page, whole fen in an answer), `number` and `share`. Answers name items by code; what is not answered is absent. A visit keeps
the digest of the form that it was filled on, so that it can be read after the form has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.calculations.soft_information import ANCHORS
from puhui.products.documents import CATALOGUE, Document, read_document
from puhui.products.fields import Fields, Texts

__all__ = ["KINDS", "Form", "Item", "Section", "answer_faults", "form", "forms_on", "from_document"]

KINDS = ("anchored", "choice", "flag", "amount", "number", "share")
FOLDER = "visit-forms"
LARGEST = 1e13


@dataclass(frozen=True)
class Item:
    """`weight` in the score of its section (anchored items of scored sections); `options`: value → text, of anchored and choice items."""

    code: str
    kind: str
    texts: Texts
    weight: float
    options: Mapping[Any, Texts]
    least: float
    most: float


@dataclass(frozen=True)
class Section:
    code: str
    names: Texts
    is_scored: bool
    items: tuple[Item, ...]

    @property
    def weights(self) -> dict[str, float]:
        return {item.code: item.weight for item in self.items if item.kind == "anchored"}


@dataclass(frozen=True)
class Form:
    """`most_apart`: points by which two raters may differ before a third is needed; `fewest_share` of the weight that a score needs."""

    code: str
    names: Texts
    valid_from: date
    most_apart: float
    fewest_share: float
    sections: tuple[Section, ...]
    document: Document = field(repr=False, compare=False)

    @property
    def items(self) -> dict[str, Item]:
        return {item.code: item for section in self.sections for item in section.items}


def forms_on(day: date, folder: Path | None = None) -> list[Form]:
    """The forms in force on a day, by code; those of the institution's own catalogue `folder` go before ours. Raises FaultsError."""
    found: dict[str, Form] = {}
    for root in (CATALOGUE, folder):
        own: dict[str, Form] = {}
        for path in sorted((root / FOLDER).glob("*.toml")) if root else ():
            stood = path.stat()
            one = _read(path, stood.st_mtime_ns, stood.st_size)
            if one.valid_from <= day and (one.code not in own or own[one.code].valid_from < one.valid_from):
                own[one.code] = one
        found |= own
    return [found[code] for code in sorted(found)]


def form(code: str, day: date, folder: Path | None = None) -> Form:
    """The form of a code in force on a day. Raises FaultsError naming those there are."""
    known = {one.code: one for one in forms_on(day, folder)}
    if code not in known:
        raise FaultsError([Fault("form", repr(code), f"one of {', '.join(known)}")])
    return known[code]


@lru_cache(maxsize=32)
def _read(path: Path, changed_ns: int, size: int) -> Form:
    return from_document(read_document(path, FOLDER))


def from_document(document: Document) -> Form:
    """Raises FaultsError with every fault of the file."""
    faults: list[Fault] = []
    root = Fields(document, faults, document.body)
    head = root.table("form")
    sections = tuple(_section(each) for each in root.rows("sections"))
    found = Form(
        head.text("code"),
        head.texts("names"),
        head.day("valid_from"),
        head.number("most_apart", 1, 100),
        head.number("fewest_share", 0, 1),
        sections,
        document,
    )
    head.text("source")
    head.boolean("verified")
    head.finish()
    root.finish()
    codes = [item.code for section in sections for item in section.items]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        faults.append(Fault(document.where("sections"), f"the item {code} twice", "each item once"))
    check(faults)
    return found


def _section(fields: Fields) -> Section:
    scored = fields.boolean("scored", False)
    items = tuple(_item(each, is_scored=scored) for each in fields.rows("items"))
    found = Section(fields.text("code"), fields.texts("names"), scored, items)
    if scored and not found.weights:
        fields.fault("items", "no anchored item", "one at least in a section that is scored")
    fields.finish()
    return found


def _item(fields: Fields, *, is_scored: bool) -> Item:
    kind = fields.text("kind", choices=KINDS)
    anchored = kind == "anchored"
    options: dict[Any, Texts] = {}
    for row in fields.rows("anchors") if anchored else ():
        options[row.whole("points", 0, 100)] = row.texts("texts")
        row.finish()
    if anchored and tuple(options) != ANCHORS:
        fields.fault("anchors", list(options), "one sentence for each of 0, 25, 50, 75, 100, in this order")
    for row in fields.rows("choices") if kind == "choice" else ():
        options[row.text("code")] = row.texts("texts")
        row.finish()
    weight = fields.number("weight", 0.01, 100) if anchored and is_scored else 0.0
    least = fields.number("least", -LARGEST, LARGEST, 0.0)
    most = fields.number("most", -LARGEST, LARGEST, 1.0 if kind == "share" else LARGEST)
    found = Item(fields.text("code"), kind, fields.texts("texts"), weight, options, least, most)
    fields.finish()
    return found


def answer_faults(asked: Form, answers: Mapping[str, Any]) -> Iterator[Fault]:
    """Everything that is wrong with answers: items that the form does not have, and values that do not fit their kind."""
    for code, value in answers.items():
        item = asked.items.get(code)
        if item is None:
            yield Fault(f"item {code}", repr(value)[:40], f"an item of the form {asked.code}")
        elif not _fits(item, value):
            yield Fault(item.texts["en"], repr(value)[:40], _expected(item))
    if not answers:
        yield Fault("answers", "nothing", "an answer to one item or more")


def _fits(item: Item, value: Any) -> bool:
    if item.kind in ("anchored", "choice"):
        return not isinstance(value, bool) and value in item.options
    if item.kind == "flag":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, int if item.kind == "amount" else int | float):
        return False
    return item.least <= value <= item.most


def _expected(item: Item) -> str:
    if item.options:
        return f"one of {', '.join(str(value) for value in item.options)}"
    return {"flag": "yes or no", "amount": "an amount that is not below 0"}.get(item.kind, f"a number from {item.least:g} to {item.most:g}")
