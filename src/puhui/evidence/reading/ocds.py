"""Procurement as the Open Contracting Data Standard publishes it: release packages and record packages become plain tables.

Each contracting process is taken as its releases leave it (`ocds_releases`). What comes out are the rows of three records, one row per
supplier: awards, contracts, payments. Each is known since the release that last spoke of its process, which is late rather than early.
Numbers of processes are put before ids, which are unique within one process only.

Left out, and said in the notes: awards and contracts that are not dated, contracts that name no award of the process (whose they are is
not proven), and contracts and amounts of awards made jointly to several suppliers (how they share them is not told). Source: OCDS 1.1
release schema and merging rules; standards.md §10.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from puhui.evidence.reading.encodings import to_utf8
from puhui.evidence.reading.faults import LISTED_FAULTS, RefusedFileError, refuse
from puhui.evidence.reading.ocds_releases import RELEASE_PARTS, Findings, objects, processes

__all__ = ["OCDS_COLUMNS", "OcdsTables", "is_ocds", "read_ocds", "tables_of"]

DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})([T ].*)?$")
NUMBER = re.compile(r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$")
SHAPE = "an OCDS release package (releases) or record package (records)"

OCDS_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "procurement_award": ("firm", "notice", "awarded_on", "buyer", "title", "amount_fen", "currency", "status", "known_at"),
    "procurement_contract": (
        "firm", "contract", "award", "signed_on", "buyer", "amount_fen", "first_amount_fen", "currency", "starts_on", "ends_on", "status",
        "known_at",
    ),
    "contract_payment": ("firm", "contract", "paid_on", "amount_fen", "currency", "buyer", "reference", "known_at"),
}  # fmt: skip
"""Record → the columns of its table: fields of the layout by their own names (amounts in yuan, as text), the supplier and `known_at`."""

CONTRACT_STATUS = {"terminated": "terminated as planned"}
"""In OCDS `terminated` says that a contract came to its end; one that was broken off is `cancelled`."""


@dataclass
class OcdsTables:
    """`frames`: record → text columns of `OCDS_COLUMNS`; `notes` say what was left out and how often."""

    frames: dict[str, pl.DataFrame]
    notes: list[str]


@dataclass
class _Reading(Findings):
    """With the rows of each record as they are found."""

    known_firms: frozenset[str] = frozenset()
    rows: dict[str, list[dict[str, str]]] = field(default_factory=lambda: {name: [] for name in OCDS_COLUMNS})

    def add(self, record: str, **cells: str) -> None:
        self.rows[record].append(dict.fromkeys(OCDS_COLUMNS[record], "") | cells)


def is_ocds(data: bytes) -> bool:
    """Whether JSON looks like OCDS, a package, a list or one release to a line: `ocid` and a part of a release stand in it."""
    start = data[:100_000]
    return (
        start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"["))
        and b'"ocid"' in start
        and any(f'"{part}"'.encode() in start for part in ("releases", "records", "compiledRelease", *RELEASE_PARTS))
    )


def read_ocds(data: bytes, file: str, known_firms: Collection[str] = ()) -> OcdsTables:
    """The tables of a package. A supplier goes by whichever of its identifier and names is among `known_firms`, else by the first it has.

    Raises `RefusedFileError` with every fault: where (release and path), found, expected, how to mend it."""
    return tables_of(_document(data, file), file, known_firms)


def tables_of(document: dict[str, Any], file: str, known_firms: Collection[str] = ()) -> OcdsTables:
    """The same of a document that is parsed already: `releases` and `records`, and optionally `places`, where each release stands."""
    reading = _Reading(file, known_firms=frozenset(known_firms))
    for process in processes(document, reading):
        _read_process(reading, process.where, process.merged, process.first_amounts)
    if reading.faults:
        raise RefusedFileError(reading.faults[:LISTED_FAULTS], len(reading.faults))
    frames = {name: pl.DataFrame(rows, schema=dict.fromkeys(OCDS_COLUMNS[name], pl.String)) for name, rows in reading.rows.items()}
    notes = [f"left out: {count:,} {reason}" for reason, count in sorted(reading.left_out.items())]
    untold = sum(frame.filter((pl.col("amount_fen") != "") & (pl.col("currency") == "")).height for frame in frames.values())
    return OcdsTables(frames, notes + ([f"{untold:,} amounts without a currency count as yuan"] if untold else []))


def _document(data: bytes, file: str) -> dict[str, Any]:
    """All releases and records of a file: a package, several, or the releases themselves, as a list or one to a line."""
    text = str(to_utf8(data, file, None)[0], "utf-8").lstrip("\ufeff")
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
    values: list[Any] = []
    try:
        position = len(text) - len(text.lstrip())
        while position < len(text):
            value, position = decoder.raw_decode(text, position)
            values.append(value)
            position += len(text[position:]) - len(text[position:].lstrip()) if text[position : position + 1].isspace() else 0
    except (ValueError, RecursionError) as error:
        raise refuse(file, f"no valid JSON ({error})", SHAPE, "Fetch it again; the transfer may have broken off.") from error
    if len(values) == 1 and isinstance(values[0], dict) and {"releases", "records"} & values[0].keys():
        return dict(values[0])
    parts = [part for value in values for part in (value if isinstance(value, list) else [value])]
    document = _gathered(parts)
    if document is None:
        kind = type(values[0]).__name__ if len(values) == 1 else f"{len(values):,} values"
        raise refuse(file, f"a {kind} without releases or records", SHAPE, "Send the package as it was published.")
    return document


def _gathered(parts: list[Any]) -> dict[str, Any] | None:
    """Packages, records and releases that stand beside each other as one document; None where one of them is none of these."""
    releases: list[Any] = []
    records: list[Any] = []
    for part in parts:
        if not isinstance(part, dict):
            return None
        if {"releases", "records"} & part.keys() and "compiledRelease" not in part and "ocid" not in part:
            releases += part.get("releases") or []
            records += part.get("records") or []
        elif {"compiledRelease", "releases"} & part.keys():
            records.append(part)
        elif "ocid" in part and part.keys() & set(RELEASE_PARTS):
            releases.append(part)
        else:
            return None
    return {"releases": releases, "records": records} if parts else None


def _read_process(reading: _Reading, where: str, process: dict[str, Any], first: dict[str, str]) -> None:
    suppliers = {str(award.get("id")): _suppliers(reading, process, award) for award in objects(process.get("awards"))}
    for number, award in enumerate(_list(reading, where, process, "awards")):
        _read_award(reading, f"{where}.awards[{number}]", process, award)
    for number, contract in enumerate(_list(reading, where, process, "contracts")):
        place = f"{where}.contracts[{number}]"
        if reading.is_told(place, contract, "id"):
            owners = suppliers.get(str(contract.get("awardID")), [])
            _read_contract(reading, place, process, contract, owners, first.get(str(contract["id"]), ""))


def _read_award(reading: _Reading, where: str, process: dict[str, Any], award: dict[str, Any]) -> None:
    if not reading.is_told(where, award, "id"):
        return
    awarded_on = _day(reading, f"{where}.date", award.get("date"))
    amount, currency = _value(reading, f"{where}.value", award.get("value"))
    suppliers = _suppliers(reading, process, award)
    if not awarded_on or not suppliers:
        reading.left_out["awards without a date" if suppliers else "awards without a supplier"] += 1
        return
    if len(suppliers) > 1 and amount:
        reading.left_out["amounts of joint awards"] += 1
        amount = ""
    title = award.get("title") or _inner(process, "tender", "title") or ""
    for supplier in suppliers:
        reading.add(
            "procurement_award", firm=supplier, notice=f"{process['ocid']}/{award['id']}", awarded_on=awarded_on, amount_fen=amount,
            buyer=_buyer(reading, where, process), title=str(title)[:1000], currency=currency, status=str(award.get("status") or ""),
            known_at=process["date"],
        )  # fmt: skip


def _read_contract(reading: _Reading, where: str, process: dict[str, Any], contract: dict[str, Any], owners: list[str], first: str) -> None:
    signed_on = _day(reading, f"{where}.dateSigned", contract.get("dateSigned"))
    amount, currency = _value(reading, f"{where}.value", contract.get("value"))
    starts, ends = (_day(reading, f"{where}.period.{name}", _inner(contract, "period", name)) for name in ("startDate", "endDate"))
    paid = _payments(reading, where, contract, currency)
    reason = "contracts without an award of the process" if not owners else "contracts of joint awards" if len(owners) > 1 else ""
    reason = reason or (
        "contracts without the day they were signed" if not signed_on else "contracts without a value" if not amount else ""
    )
    if reason:
        reading.left_out[reason] += 1
        return
    shared = {"firm": owners[0], "contract": f"{process['ocid']}/{contract['id']}", "known_at": process["date"]}
    shared["buyer"] = _buyer(reading, where, process)
    status = str(contract.get("status") or "")
    reading.add(
        "procurement_contract", **shared, award=f"{process['ocid']}/{contract['awardID']}", signed_on=signed_on, amount_fen=amount,
        first_amount_fen=first, currency=currency, starts_on=starts, ends_on=ends, status=CONTRACT_STATUS.get(status, status),
    )  # fmt: skip
    for cells in paid:
        reading.add("contract_payment", **shared, **cells)


def _payments(reading: _Reading, where: str, contract: dict[str, Any], currency: str) -> list[dict[str, str]]:
    """Transactions of a contract; one in another currency than the contract is a fault, for the unpaid rest could not be said."""
    found = []
    carried_out = {"transactions": _inner(contract, "implementation", "transactions")}
    for number, each in enumerate(_list(reading, f"{where}.implementation", carried_out, "transactions")):
        place = f"{where}.implementation.transactions[{number}]"
        day = _day(reading, f"{place}.date", each.get("date"))
        amount, paid_in = _value(reading, f"{place}.value", each.get("value", each.get("amount")))
        if paid_in and currency and paid_in != currency:
            reading.fault(f"{place}.value.currency", paid_in, f"{currency}, the currency of the contract")
        if not day or not amount:
            reading.left_out["payments without a day or an amount"] += 1
            continue
        found.append({"paid_on": day, "amount_fen": amount, "currency": paid_in, "reference": str(each.get("id") or "")})
    return found


def _suppliers(reading: _Reading, process: dict[str, Any], award: dict[str, Any]) -> list[str]:
    """Each supplier by the name that is known, or by its official identifier, or by its name."""
    parties = {str(party.get("id")): party for party in objects(process.get("parties"))}
    found = []
    for supplier in objects(award.get("suppliers")):
        party = parties.get(str(supplier.get("id")), {})
        told = [_inner(party, "identifier", "id"), supplier.get("name"), party.get("name"), _inner(party, "identifier", "legalName")]
        names = [str(name) for name in told if name]
        found += [name for name in names if name in reading.known_firms][:1] or names[:1]
    return list(dict.fromkeys(found))


def _buyer(reading: _Reading, where: str, process: dict[str, Any]) -> str:
    name = _inner(process, "buyer", "name") or _inner(process, "tender", "procuringEntity", "name")
    name = name or next((party.get("name") for party in objects(process.get("parties")) if "buyer" in (party.get("roles") or [])), None)
    if not name:
        reading.fault(where, "no buyer", "buyer.name, tender.procuringEntity.name or a party with the role buyer")
    return str(name or "")[:400]


def _inner(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _list(reading: _Reading, where: str, value: dict[str, Any], key: str) -> list[dict[str, Any]]:
    several = value.get(key) or []
    if not isinstance(several, list) or not all(isinstance(each, dict) for each in several):
        reading.fault(f"{where}.{key}", several, "a list of objects")
        return []
    return several


def _day(reading: _Reading, where: str, value: Any) -> str:
    """The day of a date or moment, empty where there is none."""
    if value in (None, ""):
        return ""
    match = DAY.match(value) if isinstance(value, str) else None
    if match is None:
        reading.fault(where, value, "a date such as 2024-03-31 or 2024-03-31T09:00:00Z")
        return ""
    return match[1]


def _value(reading: _Reading, where: str, value: Any) -> tuple[str, str]:
    """Amount and currency as they are written, empty where there are none."""
    if value is None:
        return "", ""
    if not isinstance(value, dict):
        reading.fault(where, value, "an object with amount and currency")
        return "", ""
    amount, currency = value.get("amount"), value.get("currency") or ""
    if amount is not None and not (isinstance(amount, str) and NUMBER.match(amount)):
        reading.fault(f"{where}.amount", amount, "a number")
        amount = None
    if not isinstance(currency, str) or (currency and len(currency) != 3):
        reading.fault(f"{where}.currency", currency, "a currency of ISO 4217, such as CNY")
        currency = ""
    return f"{Decimal(amount):f}" if amount else "", currency
