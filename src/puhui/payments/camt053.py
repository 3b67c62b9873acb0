"""Reading a bank statement as ISO 20022 camt.053 (001.02 to 001.14).

The file comes from outside: no document type, no entities, bounded size and depth; nothing outside the file is ever looked up. Entries
that are not booked (PDNG, INFO) are not money and are left out. Names of elements are read without their namespace, so versions do not
matter; `Sts` is a text in .02 and an element with `Cd` later. Source: domain/standards.md 9.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.payments.statement_lines import Line, Statement, with_keys

__all__ = ["read_camt053"]

LARGEST_BYTES = 50_000_000
DEEPEST = 40
MOST_ELEMENTS = 5_000_000


class Element:
    """An element: name without namespace, attributes, text, children, and the line on which it begins."""

    __slots__ = ("attributes", "children", "line", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str], line: int) -> None:
        self.name, self.attributes, self.line = name, attributes, line
        self.text, self.children = "", list[Element]()

    def find(self, path: str) -> Element | None:
        found: Element | None = self
        for name in path.split("/"):
            found = next((child for child in found.children if child.name == name), None) if found else None
        return found

    def all(self, name: str) -> Iterator[Element]:
        return (child for child in self.children if child.name == name)

    def value(self, *paths: str) -> str:
        """The text at the first of some paths that is there."""
        for path in paths:
            if (found := self.find(path)) is not None and found.text.strip():
                return found.text.strip()
        return ""


def parse(content: bytes, name: str) -> Element:
    """The tree of an XML file. Raises FaultsError with line and column: not XML, a document type or entity, too large or too deep."""
    if len(content) > LARGEST_BYTES:
        raise FaultsError([Fault(name, f"{len(content)} bytes", f"at most {LARGEST_BYTES}")])
    reader = expat.ParserCreate(namespace_separator=" ")
    root = Element("", {}, 0)
    open_elements, count = [root], 0

    def refuse(found: str, expected: str) -> FaultsError:
        return FaultsError([Fault(f"{name}, line {reader.CurrentLineNumber}, column {reader.CurrentColumnNumber}", found, expected)])

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(open_elements) > DEEPEST or count > MOST_ELEMENTS:
            raise refuse("too many elements within each other, or in all", "a statement")
        element = Element(tag.rsplit(" ", 1)[-1], attributes, reader.CurrentLineNumber)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def text(data: str) -> None:
        open_elements[-1].text += data

    def forbidden(*_: object) -> None:
        raise refuse("a document type or an entity", "a statement without them")

    reader.StartElementHandler = start
    reader.EndElementHandler = lambda tag: open_elements.pop()
    reader.CharacterDataHandler = text
    reader.StartDoctypeDeclHandler = forbidden
    reader.EntityDeclHandler = forbidden
    reader.ExternalEntityRefHandler = lambda *_: 0
    try:
        reader.Parse(content, True)
    except expat.ExpatError as error:
        raise refuse(expat.errors.messages.get(error.code, str(error)), "XML") from error
    except (ValueError, LookupError) as error:  # an encoding that is not known
        raise refuse(str(error), "XML in UTF-8") from error
    return root


def read_camt053(content: bytes, name: str, currency: str) -> list[Statement]:
    """The statements of a file, each with its booked entries. Raises FaultsError naming every fault by line."""
    message = parse(content, name).find("Document/BkToCstmrStmt")
    if message is None:
        raise FaultsError([Fault(name, "another document", "Document/BkToCstmrStmt: camt.053")])
    faults: list[Fault] = []
    statements = [_statement(each, name, currency, faults) for each in message.all("Stmt")]
    if not statements:
        faults.append(Fault(name, "no Stmt", "one or more"))
    check(faults[:50])
    return statements


def _statement(element: Element, name: str, currency: str, faults: list[Fault]) -> Statement:
    account = element.value("Acct/Id/Othr/Id", "Acct/Id/IBAN")
    balances = {each.value("Tp/CdOrPrtry/Cd"): _amount(each, name, currency, faults) for each in element.all("Bal")}
    lines: list[Line] = []
    for entry in element.all("Ntry"):
        if entry.value("Sts/Cd", "Sts") == "BOOK":
            lines += _lines(entry, len(lines) + 1, name, currency, faults)
    return Statement(account, with_keys(lines), balances.get("OPBD", balances.get("PRCD")), balances.get("CLBD"))


def _lines(entry: Element, number: int, name: str, currency: str, faults: list[Fault]) -> Iterator[Line]:
    """An entry as one line; one that stands for several payments with amounts of their own as several (a batch booked as one sum)."""
    where = f"{name}, line {entry.line}"
    amount = _amount(entry, name, currency, faults)
    booked = _day(entry, "BookgDt", where, faults)
    valued = _day(entry, "ValDt", where, []) or booked
    details = [detail for group in entry.all("NtryDtls") for detail in group.all("TxDtls")]
    reference = entry.value("AcctSvcrRef")
    parts = [_amount_at(each, name, currency, faults) for each in details] if len(details) > 1 else []
    if parts and all(part is not None for part in parts):
        signed = [int(part or 0) * (1 if amount >= 0 else -1) for part in parts]
        if sum(signed) != amount:
            faults.append(Fault(where, f"parts of {sum(signed) / 100:.2f} in all", f"{amount / 100:.2f}, the entry"))
        for place, (detail, part) in enumerate(zip(details, signed, strict=True)):
            own = detail.value("Refs/AcctSvcrRef", "Refs/TxId") or (f"{reference}/{place + 1}" if reference else "")
            yield _line(detail, number + place, booked, valued, part, own)
        return
    yield _line(details[0] if details else entry, number, booked, valued, amount, reference)


def _line(detail: Element, number: int, booked: date, valued: date, amount_fen: int, bank_reference: str) -> Line:
    side = "Dbtr" if amount_fen >= 0 else "Cdtr"
    remittance = detail.find("RmtInf")
    texts = [each.text.strip() for each in remittance.all("Ustrd")] if remittance else []
    ours = detail.value("Refs/EndToEndId")
    return Line(
        number, booked, valued, amount_fen, bank_reference[:100], "" if ours == "NOTPROVIDED" else ours[:100],
        detail.value(f"RltdPties/{side}/Pty/Nm", f"RltdPties/{side}/Nm")[:200],
        detail.value(f"RltdPties/{side}Acct/Id/Othr/Id", f"RltdPties/{side}Acct/Id/IBAN")[:40],
        " ".join(texts)[:500],
    )  # fmt: skip


def _amount(element: Element, name: str, currency: str, faults: list[Fault]) -> int:
    found = _amount_at(element, name, currency, faults)
    where, sign = f"{name}, line {element.line}", element.value("CdtDbtInd")
    if found is None:
        faults.append(Fault(f"{where}, Amt", "nothing", f"an amount in {currency}"))
    if sign not in ("CRDT", "DBIT"):
        faults.append(Fault(f"{where}, CdtDbtInd", sign or "nothing", "CRDT or DBIT"))
    return (found or 0) * (-1 if sign == "DBIT" else 1)


def _amount_at(element: Element, name: str, currency: str, faults: list[Fault]) -> int | None:
    amount = element.find("Amt") or element.find("AmtDtls/TxAmt/Amt")
    if amount is None:
        return None
    where = f"{name}, line {amount.line}, Amt"
    if amount.attributes.get("Ccy") != currency:
        faults.append(Fault(where, amount.attributes.get("Ccy", "no currency"), currency))
    try:
        fen = Decimal(amount.text.strip()) * 100
        if fen.is_finite() and fen == fen.to_integral_value() and 0 <= fen < 10**15:
            return int(fen)
    except InvalidOperation:
        pass
    faults.append(Fault(where, amount.text.strip()[:40], "an amount from 0 with at most two decimals"))
    return 0


def _day(entry: Element, field: str, where: str, faults: list[Fault]) -> date:
    text = entry.value(f"{field}/Dt", f"{field}/DtTm")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        faults.append(Fault(f"{where}, {field}", text or "nothing", "a date"))
        return date.min
