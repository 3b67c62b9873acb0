"""A bank's statement as ISO 20022 camt.053 (BankToCustomerStatement, 001.02 to 001.14) becomes movements under the headings of class C15.

Booked entries are movements; pending ones are no money yet and are left out. An entry without amount, direction or day, or in another
currency, is a fault. That the opening balance and all booked entries make the closing one, and that no statement of a sequence lacks, is
looked at and told. The file tells no balance after each entry; where the two balances agree with the entries, it follows and is given.

Source: ISO 20022 message definition camt.053.001 (standards.md §8).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from puhui.calculations.faults import Fault
from puhui.evidence.documents.model import Document, DocumentField

__all__ = ["is_camt", "read_camt"]

MARK = "camt.053"
CURRENCY = "CNY"
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
SIGN = {"CRDT": 1, "DBIT": -1}
WORDS = {1: "贷", -1: "借"}


def is_camt(root: Element) -> bool:
    """Whether the XML is a statement of this kind, by its namespace or its first element."""
    return MARK in root.tag or any(_name(each) == "BkToCstmrStmt" for each in (root, *root))


def read_camt(root: Element, file: str) -> Document:
    """All statements of a message: rows, and every fault that is left for the importer to refuse."""
    rows: list[dict[str, str]] = []
    faults: list[Fault] = []
    notes: list[str] = []
    statements = list(_all(root, "Stmt"))
    for number, statement in enumerate(statements, start=1):
        _read(statement, f"{file}, statement {number}", rows, faults, notes)
    notes += _holes(statements)
    if not rows and not faults:
        remedy = "Export a period in which money moved."
        faults.append(Fault(file, "no booked entry", "at least one entry with the state BOOK", remedy))
    return Document("bank_statement", (DocumentField("statements", str(len(statements))),), tuple(rows), tuple(faults), tuple(notes))


def _read(statement: Element, where: str, rows: list[dict[str, str]], faults: list[Fault], notes: list[str]) -> None:
    """The rows of one statement, and what is wrong with it."""
    account, currency = _account(statement)
    booked: list[tuple[dict[str, str], Decimal]] = []
    for number, entry in enumerate(_children(statement, "Ntry"), start=1):
        if _state(entry) != "BOOK":
            continue
        place = f"{where}, entry {number}"
        amount, wrong = _amount(entry, place, currency)
        faults += wrong
        if not wrong:
            booked += [({"账号": account, **row}, signed) for row, signed in _movements(entry, amount)]
    opening, closing = (_balance(statement, codes) for codes in (OPENING, CLOSING))
    moved = sum((signed for _, signed in booked), Decimal(0))
    ties = opening is not None and closing is not None and opening + moved == closing
    if opening is not None and closing is not None and not ties:
        told = f"an opening balance of {opening:,.2f} and entries of {moved:+,.2f} do not make the closing balance of {closing:,.2f}"
        notes.append(f"{where}, account {account or '–'}: {told}")
    for row, signed in booked:
        opening = opening + signed if ties and opening is not None else None
        rows.append({**row, "余额": f"{opening:.2f}" if opening is not None else ""})


def _movements(entry: Element, amount: Decimal) -> Iterator[tuple[dict[str, str], Decimal]]:
    """The entry as one row; a batch whose transactions tell amounts that make its own is as many rows."""
    sign = _sign(entry)
    details = [each for group in _children(entry, "NtryDtls") for each in _children(group, "TxDtls")]
    parts = [_decimal(_text(each, "AmtDtls/TxAmt/Amt") or _text(each, "Amt")) for each in details]
    if len(details) > 1 and None not in parts and sum((part for part in parts if part is not None), Decimal(0)) == abs(amount):
        for each, part in zip(details, parts, strict=True):
            assert part is not None
            yield _row(entry, each, part, sign), sign * part
        return
    yield _row(entry, details[0] if details else entry, abs(amount), sign), sign * abs(amount)


def _row(entry: Element, detail: Element, amount: Decimal, sign: int) -> dict[str, str]:
    """One movement under the headings of class C15. The other side is the debtor of what comes in, the creditor of the rest."""
    other = "Dbtr" if sign > 0 else "Cdtr"
    parties, agents = _child(detail, "RltdPties"), _child(detail, "RltdAgts")
    account = _text(parties, f"{other}Acct/Id/IBAN") or _text(parties, f"{other}Acct/Id/Othr/Id")
    serial = _text(detail, "Refs/AcctSvcrRef") or _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef")
    moment = _text(entry, "BookgDt/DtTm")
    return {
        "流水号": serial,
        "交易日期": _text(entry, "BookgDt/Dt") or moment[:10],
        "交易时间": moment[11:19],
        "借贷标志": WORDS[sign],
        "交易金额": f"{amount:.2f}",
        "对方户名": _text(parties, f"{other}/Nm") or _text(parties, f"{other}/Pty/Nm"),
        "对方账号": account,
        "对方开户行": _text(agents, f"{other}Agt/FinInstnId/Nm") or _text(agents, f"{other}Agt/FinInstnId/BICFI"),
        "摘要": (_text(entry, "AddtlNtryInf") or _text(entry, "BkTxCd/Prtry/Cd"))[:200],
        "用途": " ".join(_text(each) for each in _all(detail, "Ustrd"))[:200],
    }


def _amount(entry: Element, place: str, currency: str) -> tuple[Decimal, list[Fault]]:
    """The amount of an entry, and what is wrong with it: no number, below zero, no direction, another currency."""
    faults = []
    element = _child(entry, "Amt")
    amount, told = _decimal(_text(element)), (element.get("Ccy", "") if element is not None else "")
    if amount is None or amount < 0:
        faults.append(Fault(f"{place}, Amt", repr(_text(element)), "an amount such as 1234.50", "Correct it in the source."))
    elif amount != round(amount, 2):
        faults.append(Fault(f"{place}, Amt", repr(_text(element)), "whole fen (two decimals)", "Round it in the source."))
    if (told or currency or CURRENCY) != CURRENCY or (currency and told and told != currency):
        expected = f"amounts in {CURRENCY}, the currency of the account"
        faults.append(Fault(f"{place}, Amt", f"the currency {told or currency}", expected, "Leave accounts in other currencies out."))
    if _text(entry, "CdtDbtInd") not in SIGN:
        faults.append(Fault(f"{place}, CdtDbtInd", repr(_text(entry, "CdtDbtInd")), "CRDT or DBIT", "Correct it in the source."))
    if not (_text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm")):
        faults.append(Fault(f"{place}, BookgDt", "nothing", "the day of booking", "Fill it in the source."))
    return amount or Decimal(0), faults


def _sign(entry: Element) -> int:
    """+1 for money in; the indicator tells of the entry itself, a reversal is booked with its own."""
    return SIGN[_text(entry, "CdtDbtInd")]


def _state(entry: Element) -> str:
    """A code element in the first versions, a choice in later ones; an entry without one is booked."""
    return _text(entry, "Sts/Cd") or _text(entry, "Sts/Prtry") or _text(entry, "Sts") or "BOOK"


def _account(statement: Element) -> tuple[str, str]:
    account = _child(statement, "Acct")
    return _text(account, "Id/IBAN") or _text(account, "Id/Othr/Id"), _text(account, "Ccy")


def _balance(statement: Element, codes: tuple[str, ...]) -> Decimal | None:
    """The first balance of one of the kinds, with its sign."""
    for code in codes:
        for balance in _children(statement, "Bal"):
            if (_text(balance, "Tp/CdOrPrtry/Cd") or _text(balance, "Tp/Cd")) == code:
                value = _decimal(_text(balance, "Amt"))
                return None if value is None else value * SIGN.get(_text(balance, "CdtDbtInd"), 1)
    return None


def _holes(statements: list[Element]) -> list[str]:
    """Numbers that lack between the statements of one account, in words."""
    found, last = [], dict[str, int]()
    for statement in statements:
        account, number = _account(statement)[0], _text(statement, "ElctrncSeqNb")
        if number.isdecimal():
            if int(number) != last.get(account, int(number) - 1) + 1:
                found.append(f"account {account or '–'}: statement {number} follows statement {last[account]}; those between lack")
            last[account] = int(number)
    return found


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: Element | None, name: str) -> list[Element]:
    return [each for each in element if _name(each) == name] if element is not None else []


def _child(element: Element | None, path: str) -> Element | None:
    for name in path.split("/"):
        element = next(iter(_children(element, name)), None)
    return element


def _text(element: Element | None, path: str = "") -> str:
    found = _child(element, path) if path else element
    return (found.text or "").strip() if found is not None else ""


def _all(element: Element, name: str) -> Iterator[Element]:
    return (each for each in element.iter() if _name(each) == name)
