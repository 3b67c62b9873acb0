"""Firms: found by name or identifier; persons and households who borrow are registered with their people."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any, Literal

from ninja import Field, Query, Router, Schema

from puhui.api.access import Request, acts, reads
from puhui.api.shapes import REFUSALS, Number, PageQuery, PageShape, page_of
from puhui.loans.parting import drafts_naming_who_left
from puhui.parties import borrowers, leaving, queries
from puhui.parties.models import Firm

router = Router(tags=["firms"])


class FirmShape(Schema):
    id: int
    name: str
    kind: str
    industry_code: str
    division_code: str
    founded_on: date | None
    identifiers: list[dict[str, str]]  # scheme, value


class FirmsShape(PageShape):
    firms: list[FirmShape]


class FirmsQuery(PageQuery):
    search: str = ""


class PersonAsked(Schema):
    part: Literal["borrower", "head", "spouse", "member"]
    name: str = Field(min_length=1, max_length=100)
    identity_number: str = Field(max_length=24)
    phone: str | None = Field(None, max_length=24)


class BorrowerAsked(Schema):
    """A person who borrows (part `borrower`, perhaps a `spouse`), or a household: one `head`; `spouse` and `member`s owe with it."""

    kind: Literal["person", "household"]
    people: list[PersonAsked] = Field(min_length=1, max_length=30)
    household_number: str = Field("", max_length=64)
    industry_code: str = ""
    division_code: str = ""


class LeavingAsked(Schema):
    """Who leaves a household, known by identity number, on which day and why; where it is the head, who of the members is the head then."""

    identity_number: str = Field(max_length=24)
    day: date
    reason: str = Field(min_length=1, max_length=leaving.LONGEST_REASON)
    successor_identity_number: str | None = Field(None, max_length=24)


class LeavingShape(Schema):
    parts: list[str]
    consents_ended: int
    stale_drafts: list[str] = Field(description="Numbers of drafted contracts that name who left: they cannot be signed as they are.")


@router.post("/{firm}/leavings", auth=acts("people"), response={200: LeavingShape, **REFUSALS}, summary="Somebody leaves a household")
def leave(request: Request, firm: Number, asked: LeavingAsked) -> dict[str, Any]:
    """Who leaves owes what was lent before, and nothing that is lent later. Sent twice, the second is refused: nobody is left to leave."""
    household = queries.firm(request.user, firm)
    person = leaving.one_of(household, asked.identity_number)
    number = asked.successor_identity_number
    successor = leaving.one_of(household, number, "successor_identity_number") if number else None
    left = leaving.leave_household(household, person, asked.day, asked.reason, request.user.username, successor=successor)
    return {**asdict(left), "stale_drafts": [one.number for one in drafts_naming_who_left(household)]}


@router.post("/borrowers", auth=acts("people"), response={200: FirmShape, **REFUSALS}, summary="Register a person or household")
def register(request: Request, asked: BorrowerAsked) -> dict[str, Any]:
    """All of it or nothing. Identity numbers are never answered; whoever borrows already is refused, so sending twice registers once."""
    (firm,) = borrowers.register_borrowers(request.institution, [asked.dict()], request.user.username)
    return _told(firm)


@router.get("", auth=reads("firm"), response={200: FirmsShape, **REFUSALS}, summary="Firms by name or identifier")
def firms(request: Request, query: Query[FirmsQuery]) -> dict[str, Any]:
    """Every firm of the lender; with `search` those whose name holds it or one of whose identifiers begins with it."""
    rows = queries.firms(request.user)
    if query.search.strip():
        rows = rows.filter(pk__in=queries.find_firms(request.institution, query.search).values("pk"))
    shown, found = page_of(rows.prefetch_related("identifiers"), query.page)
    return {**shown, "firms": [_told(each) for each in found]}


@router.get("/{firm}", auth=reads("firm"), response={200: FirmShape, **REFUSALS}, summary="One firm")
def firm(request: Request, firm: Number) -> dict[str, Any]:
    return _told(queries.firm(request.user, firm))


def _told(firm: Firm) -> dict[str, Any]:
    identifiers = [{"scheme": each.scheme, "value": each.value} for each in firm.identifiers.all()]
    names = ("id", "name", "kind", "industry_code", "division_code", "founded_on")
    return {**{name: getattr(firm, name) for name in names}, "identifiers": identifiers}
