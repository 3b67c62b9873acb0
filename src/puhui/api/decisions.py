"""Decisions: one firm, one product, one answer with its reasons; the same function as the console's and the command's."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from ninja import Field, Header, Router, Schema

from puhui.api.access import Request, acts, reads
from puhui.api.shapes import REFUSALS, Number
from puhui.decisions import actions, queries
from puhui.decisions.models import Decision
from puhui.decisions.preview import preview
from puhui.decisions.shares import is_split
from puhui.evidence.queries import firm_named

router = Router(tags=["decisions"])


class Asked(Schema):
    """What a firm asks for."""

    firm: str = Field(description="An identifier of the firm, or its exact name")
    product: str
    amount_fen: int = Field(gt=0, lt=10**15)
    term_months: int = Field(gt=0, lt=1_000)
    purpose: str = Field("working_capital", min_length=1, max_length=200)
    facts: dict[str, float | str | bool | None] = Field({}, description="Those of the product's form")


class AskedAsOf(Asked):
    as_of: date | None = Field(None, description="What would have been decided on that day; today where it is left out")


class Part(Schema):
    """One of the loans that an application for a combined product became, decided by its own product."""

    decision: int
    application: int
    product: str
    outcome: str
    asked_fen: int
    amount_fen: int
    rate_ppm: int | None
    authority: str


class Decided(Schema):
    decision: int
    application: int
    digest: str
    record: dict[str, Any]
    parts: list[Part] = Field([], description="Of a combined product: its loans, in the order in which they were filled")


class Foreseen(Schema):
    record: dict[str, Any]


@router.post("", auth=acts("case"), response={200: Decided, **REFUSALS}, summary="Apply and decide")
def decide(request: Request, asked: Asked, key: Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=100)]) -> Any:
    """Takes the application and decides on it, in one transaction with its record. The same key again gives the same decision."""
    firm = firm_named(request.institution, asked.firm)
    application = actions.submit(
        request.institution, firm, asked.product, asked.amount_fen, asked.term_months, asked.purpose,
        channel="api", key=key, actor=request.user.username, facts=asked.facts,
    )  # fmt: skip
    decision = actions.decide(application, request.user.username)
    return _told(decision)


@router.post("/preview", auth=reads("case"), response={200: Foreseen, **REFUSALS}, summary="What would be decided")
def foresee(request: Request, asked: AskedAsOf) -> dict[str, Any]:
    """The record of a decision without keeping anything: no application, no limit reserved."""
    day = asked.as_of or request.institution.business_date
    firm = firm_named(request.institution, asked.firm)
    record = preview(request.institution, firm, asked.product, asked.amount_fen, asked.term_months, asked.purpose, day, asked.facts)
    return {"record": record}


@router.get("/{decision}", auth=reads("decision"), response={200: Decided, **REFUSALS}, summary="One decision")
def decision(request: Request, decision: Number) -> dict[str, Any]:
    return _told(queries.decision(request.user, decision))


def _told(found: Decision) -> dict[str, Any]:
    parts = queries.part_decisions(found.application_id) if is_split(found.record) else []
    return {
        "decision": found.pk, "application": found.application_id, "digest": found.digest, "record": found.record, "parts": parts,
    }  # fmt: skip
