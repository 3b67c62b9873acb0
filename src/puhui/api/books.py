"""The vouchers of a day for the bank's own general ledger."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any, Literal

from ninja import Query, Router, Schema

from puhui.api.access import Request, acts, reads
from puhui.api.shapes import REFUSALS
from puhui.books import queries
from puhui.books.vouchers import VoucherLine, content_digest, deliver_vouchers, voucher_faults, vouchers

router = Router(tags=["books"])


class VoucherQuery(Schema):
    date: date
    reversals: Literal["red", "blue"] = "red"


class LineShape(Schema):
    voucher: str
    date: date
    branch: str
    currency: str
    account: str
    name: str
    kind: str
    colour: str
    debit_fen: int
    credit_fen: int
    transfers: int


class VouchersShape(Schema):
    """`faults`: where the lines do not come to the day's sealed totals; empty in sound books. `digest`: SHA-256 over all lines."""

    date: date
    is_closed: bool
    digest: str
    lines: list[LineShape]
    faults: list[str]


@router.get("", auth=reads("books"), response={200: VouchersShape, **REFUSALS}, summary="The vouchers of a day")
def day_vouchers(request: Request, query: Query[VoucherQuery]) -> dict[str, Any]:
    """One voucher for each branch and currency, proved against the totals of a closed day; of an open day as they stand."""
    lines = vouchers(request.institution, query.date, query.reversals)
    return _told(request, query, lines)


@router.post("/deliveries", auth=acts("books"), response={200: VouchersShape, **REFUSALS}, summary="Take over the vouchers of a closed day")
def take(request: Request, query: VoucherQuery) -> dict[str, Any]:
    """The same lines, with a record that they were handed over; asked again, the same lines."""
    lines = deliver_vouchers(request.institution, query.date, request.user.username, query.reversals)
    return _told(request, query, lines)


def _told(request: Request, query: VoucherQuery, lines: list[VoucherLine]) -> dict[str, Any]:
    return {
        "date": query.date,
        "is_closed": queries.closed_days(request.institution).filter(date=query.date).exists(),
        "digest": content_digest(lines).hex(),
        "lines": [asdict(line) for line in lines],
        "faults": [str(fault) for fault in voucher_faults(request.institution, query.date, lines)],
    }
