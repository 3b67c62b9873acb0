"""Digital invoices as XML: platforms' files, the tax office's own, and the red-letter confirmations between them.

The file says whose it is nowhere but in its names of elements, so these are a table (`catalogue/documents/digital-invoice.toml`). An
invoice is the largest element that holds exactly one invoice number. XML is read without entities: a document type is refused outright.
"""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

from puhui.calculations.faults import Fault
from puhui.evidence.documents.model import Document, DocumentField, invoice_row
from puhui.evidence.reading.faults import refuse
from puhui.evidence.reading.invoices import BUYER_ISSUED_KINDS

MOST_ELEMENTS = 2_000_000
DEEPEST = 100
FORBIDDEN = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
RED_WORDS = ("1", "01", "红字", "负数", "Y")
STATES = {"00": "正常", "01": "红字", "02": "空白作废", "03": "作废", "04": "作废"}


@cache
def names() -> Mapping[str, Any]:
    """The table of elements."""
    return tomllib.loads((files("puhui") / "catalogue" / "documents" / "digital-invoice.toml").read_text("utf-8"))


@cache
def _field_of(section: str) -> Mapping[str, str]:
    return {_plain(tag): field for field, tags in names()[section].items() for tag in tags}


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2].replace("-", "").replace("_", "").lower()


def parsed(data: bytes, file: str) -> ElementTree.Element:
    """The root of an XML file. Raises `RefusedFileError` for a document type, entities, too many or too deep elements, or no XML."""
    decoded = data if not data.startswith((b"\xff\xfe", b"\xfe\xff")) else data.decode("utf-16").encode()
    if FORBIDDEN.search(decoded) or FORBIDDEN.search(data.replace(b"\0", b"")):
        raise refuse(file, "XML with a document type or entities", "plain XML", "Export it again: such files are never expanded here.")
    depth = count = 0
    root: ElementTree.Element | None = None
    try:
        for event, element in ElementTree.iterparse(io.BytesIO(data), ("start", "end")):
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            count += event == "start"
            if depth > DEEPEST or count > MOST_ELEMENTS:
                raise refuse(file, f"XML of more than {DEEPEST} levels or {MOST_ELEMENTS:,} elements", "invoices", "Split the file.")
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise refuse(file, f"no valid XML ({error})", "a whole XML file", "Export it again.") from error
    assert root is not None  # a file without an element is a parse error
    return root


def read_xml(root: ElementTree.Element, file: str) -> Document | None:
    """The invoices of an XML file as `parsed` gives it; None where it holds none."""
    found = [*_invoices(root), *_confirmations(root)]
    if not found:
        return None
    rows, faults, fields = [], [], []
    for number, (values, problem) in enumerate(found, start=1):
        if problem:
            faults.append(Fault(f"{file}, entry {number}", *problem))
            continue
        rows.append(invoice_row(values))
        fields += [DocumentField(name if len(found) == 1 else f"{name}#{number}", value) for name, value in values.items() if value]
    return Document("digital_invoice", tuple(fields), tuple(rows), tuple(faults))


def _invoices(root: ElementTree.Element) -> Iterator[tuple[dict[str, str], tuple[str, str, str] | None]]:
    for element in _holders(root, "elements", "number"):
        values = _values(element, "elements")
        if not values.get("seller_name") and not values.get("buyer_name"):
            continue  # a list of numbers, or a confirmation: no invoice
        red = values.pop("red", "") in RED_WORDS or values.get("amount", "").startswith("-")
        state = values.pop("state", "")
        values["state"] = STATES.get(state, state) or ("红字" if red else "正常")
        if red and values["state"] == "正常":
            values["state"] = "红字"
        if red and values["state"] == "红字":
            values |= {name: _negative(values[name]) for name in ("amount", "tax", "total") if values.get(name)}
        values["kind"] = values.get("kind") or values.pop("kind_name", "")
        if values.get("special") in BUYER_ISSUED_KINDS:
            values["kind"] = values["special"]
        values["issued_on"] = values.get("issued_on", "").replace("T", " ").strip()
        yield {name: value for name, value in values.items() if name not in ("kind_name", "special")}, None


def _confirmations(root: ElementTree.Element) -> Iterator[tuple[dict[str, str], tuple[str, str, str] | None]]:
    meanings = {code: name for name, codes in names()["confirmation_states"].items() for code in codes}
    for element in _holders(root, "confirmation", "number"):
        told, values = _values(element, "confirmation"), _values(element, "elements")
        state = meanings.get(told.get("state", ""), "unknown")
        if state not in ("confirmed", "needs_none") or not told.get("red_number"):
            found = f"red-letter confirmation {told['number']} ({state.replace('_', ' ')}) without a red invoice"
            yield {}, (found, "a confirmation from which a red invoice was issued", "Leave it out until the red invoice is there.")
            continue
        amount, tax = (_negative(told.get(name, "")) for name in ("amount", "tax"))
        parties = {name: values.get(name, "") for name in ("seller_id", "seller_name", "buyer_id", "buyer_name", "kind")}
        day = told.get("red_issued_on") or values.get("issued_on", "")
        yield {**parties, "number": told["red_number"], "issued_on": day, "amount": amount, "tax": tax, "state": "红字"}, None


def _negative(amount: str) -> str:
    return amount if amount.startswith("-") or not amount else f"-{amount}"


def _holders(root: ElementTree.Element, section: str, field: str) -> list[ElementTree.Element]:
    """The largest elements that hold exactly one element of that field (or several that say the same)."""
    known = _field_of(section)

    def said(element: ElementTree.Element) -> frozenset[str]:
        return frozenset(
            (each.text or "").strip() for each in element.iter() if known.get(_plain(each.tag)) == field and (each.text or "").strip()
        )

    found, waiting = [], [root]
    while waiting:
        element = waiting.pop()
        numbers = said(element)
        if len(numbers) == 1 and len(element):
            found.append(element)
        elif len(numbers) > 1:
            waiting += reversed(list(element))
    return found


def _values(element: ElementTree.Element, section: str) -> dict[str, str]:
    """Field → text of the first element that names it; the order of the table decides between two names of one field."""
    known = names()[section]
    texts: dict[str, str] = {}
    for each in element.iter():
        text = (each.text or "").strip()
        if text:
            texts.setdefault(_plain(each.tag), text)
    return {field: next((texts[_plain(tag)] for tag in tags if _plain(tag) in texts), "") for field, tags in known.items()}
