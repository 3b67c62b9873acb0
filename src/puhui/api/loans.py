"""Loans: what is owed and why, and quotes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Body, Field, Query, Router, Schema

from puhui.api.access import Request, reads
from puhui.api.shapes import REFUSALS, Number, PageQuery, PageShape, page_of
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.quote import answer_text
from puhui.loans import queries
from puhui.loans.links import rate_link_of
from puhui.products.law import law_on

router = Router(tags=["loans"])


class LoanShape(Schema):
    id: int
    number: str
    firm: int = Field(alias="firm_id")
    product_code: str
    amount_fen: int
    rate_ppm: int
    start: date
    maturity: date
    status: str
    overdue_since: date | None


class LoansShape(PageShape):
    loans: list[LoanShape]


class LoanDetail(LoanShape):
    owed: dict[str, Any]  # of the day: by component, next due, to close the loan
    schedule: list[dict[str, Any]]
    events: list[dict[str, Any]]
    rate_link: dict[str, Any] | None  # of a quote, with the spreads up to the day, where the rate follows an index


class LoansQuery(PageQuery):
    status: str = ""
    text: str = ""


class DayQuery(Schema):
    as_of: date | None = Field(None, description="A past day; the open day where it is left out")


@router.get("", auth=reads("loans"), response={200: LoansShape, **REFUSALS}, summary="Loans, those past due first")
def loans(request: Request, query: Query[LoansQuery]) -> dict[str, Any]:
    shown, found = page_of(queries.loans(request.user, {"status": query.status, "text": query.text}), query.page)
    return {**shown, "loans": found}


@router.post(
    "/quotes", auth=reads("loans"), response={200: dict[str, Any], **REFUSALS}, summary="Terms and events in, schedule and state out"
)
def quote(request: HttpRequest, document: Body[dict[str, Any]]) -> dict[str, Any]:
    """As `puhui loans quote`; what cannot be answered with certainty is refused by name."""
    # The body as it was sent: figures that went through floating point would not be those that were asked about.
    answer, answered = answer_text(request.body, law_on)
    if not answered:
        raise FaultsError(Fault(each["field"], each["found"], each["expected"]) for each in answer["error"])
    return answer


@router.get("/{loan}", auth=reads("loans"), response={200: LoanDetail, **REFUSALS}, summary="One loan with what is owed")
def loan(request: Request, loan: Number, query: Query[DayQuery]) -> dict[str, Any]:
    """What is owed on the day by the events that are known now, the schedule, and what happened."""
    found = queries.loan(request.user, loan)
    day = query.as_of or max(found.institution.business_date, found.start)
    if not found.start <= day <= max(found.institution.business_date, found.start):
        raise FaultsError([Fault("as_of", str(day), f"a day from {found.start} to {found.institution.business_date}")])
    told = queries.dossier(found, day)
    events = [
        {"number": each.number, "type": each.type, "date": each.date, "known_on": each.known_on, "amount_fen": each.amount_fen}
        for each in told.events
    ]
    return {
        **{name: getattr(found, name) for name in LoanShape.model_fields if name != "firm"},
        "firm_id": found.firm_id,
        "owed": asdict(told.owed),
        "schedule": [row._asdict() for row in told.fold.position.rows],
        "events": events,
        "rate_link": rate_link_of(found, day),
    }
