"""Decisions: one firm, one product, one answer with its reasons; the same function as the console's and the command's."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from ninja import Field, Header, Router, Schema

from puhui.api.access import Request, acts, reads
from puhui.api.shapes import REFUSALS, Number
from puhui.decisions import actions, queries
from puhui.decisions.preview import preview
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


class Decided(Schema):
    decision: int
    application: int
    digest: str
    record: dict[str, Any]


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
    return {"decision": decision.pk, "application": application.pk, "digest": decision.digest, "record": decision.record}


@router.post("/preview", auth=reads("case"), response={200: Foreseen, **REFUSALS}, summary="What would be decided")
def foresee(request: Request, asked: AskedAsOf) -> dict[str, Any]:
    """The record of a decision without keeping anything: no application, no limit reserved."""
    day = asked.as_of or request.institution.business_date
    firm = firm_named(request.institution, asked.firm)
    record = preview(request.institution, firm, asked.product, asked.amount_fen, asked.term_months, asked.purpose, day, asked.facts)
    return {"record": record}


@router.get("/{decision}", auth=reads("decision"), response={200: Decided, **REFUSALS}, summary="One decision")
def decision(request: Request, decision: Number) -> dict[str, Any]:
    found = queries.decision(request.user, decision)
    return {"decision": found.pk, "application": found.application_id, "digest": found.digest, "record": found.record}
