"""Writing a bank statement as ISO 20022 camt.053.001.08: what the simulated bank hands out. Reading is `camt053`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree as ET

__all__ = ["Booking", "write_statement"]

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@dataclass(frozen=True, slots=True)
class Booking:
    """One line of an account: money in is above zero. `our_reference` is the one that we gave (EndToEndId)."""

    amount_fen: int
    on: date
    bank_reference: str
    our_reference: str = ""
    other_name: str = ""
    other_account: str = ""
    text: str = ""


def write_statement(account: str, day: date, opening_fen: int, bookings: Sequence[Booking], currency: str = "CNY") -> bytes:
    """A statement of one account over one day, with opening and closing balance."""
    root = ET.Element("Document", xmlns=NAMESPACE)
    message = ET.SubElement(root, "BkToCstmrStmt")
    head = ET.SubElement(message, "GrpHdr")
    _add(head, "MsgId", f"S{day:%Y%m%d}{account[-4:]}")
    _add(head, "CreDtTm", f"{day}T23:00:00+08:00")
    statement = ET.SubElement(message, "Stmt")
    _add(statement, "Id", f"{account}-{day:%Y%m%d}")
    _add(statement, "ElctrncSeqNb", str(day.toordinal()))
    _add(statement, "CreDtTm", f"{day}T23:00:00+08:00")
    _add(statement, "FrToDt/FrDtTm", f"{day}T00:00:00+08:00")
    ET.SubElement(statement.find("FrToDt"), "ToDtTm").text = f"{day}T23:00:00+08:00"  # type: ignore[arg-type]
    _add(statement, "Acct/Id/Othr/Id", account)
    _balance(statement, "OPBD", opening_fen, day, currency)
    _balance(statement, "CLBD", opening_fen + sum(each.amount_fen for each in bookings), day, currency)
    for booking in bookings:
        _entry(statement, booking, currency)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written


def _entry(statement: ET.Element, booking: Booking, currency: str) -> None:
    entry = ET.SubElement(statement, "Ntry")
    _add(entry, "Amt", _yuan(booking.amount_fen)).set("Ccy", currency)
    _add(entry, "CdtDbtInd", "CRDT" if booking.amount_fen >= 0 else "DBIT")
    _add(entry, "Sts/Cd", "BOOK")
    _add(entry, "BookgDt/Dt", booking.on.isoformat())
    _add(entry, "ValDt/Dt", booking.on.isoformat())
    _add(entry, "AcctSvcrRef", booking.bank_reference)
    detail = ET.SubElement(ET.SubElement(entry, "NtryDtls"), "TxDtls")
    if booking.our_reference:
        _add(detail, "Refs/EndToEndId", booking.our_reference)
    side = "Dbtr" if booking.amount_fen >= 0 else "Cdtr"
    parties = ET.SubElement(detail, "RltdPties")
    _add(parties, f"{side}/Pty/Nm", booking.other_name or "-")
    if booking.other_account:
        _add(parties, f"{side}Acct/Id/Othr/Id", booking.other_account)
    if booking.text:
        _add(detail, "RmtInf/Ustrd", booking.text)


def _balance(statement: ET.Element, code: str, amount_fen: int, day: date, currency: str) -> None:
    balance = ET.SubElement(statement, "Bal")
    _add(balance, "Tp/CdOrPrtry/Cd", code)
    _add(balance, "Amt", _yuan(amount_fen)).set("Ccy", currency)
    _add(balance, "CdtDbtInd", "CRDT" if amount_fen >= 0 else "DBIT")
    _add(balance, "Dt/Dt", day.isoformat())


def _yuan(amount_fen: int) -> str:
    amount = abs(amount_fen)
    return f"{amount // 100}.{amount % 100:02d}"


def _add(parent: ET.Element, path: str, text: str) -> ET.Element:
    """The element at a path below `parent`, made anew, with its text."""
    for name in path.split("/"):
        parent = ET.SubElement(parent, name)
    parent.text = text
    return parent
