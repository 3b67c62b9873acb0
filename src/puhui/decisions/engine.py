"""The engine: facts → rules → score → class → limit → price → authority → offer, and the record of it all.

It is a function of what it is handed: the frozen facts, the product, the model, the parameter tables and the request. It knows no
clock, no database and no chance, so the same inputs give the same record, bit for bit, on any day: that is what replay rests on.

The record is JSON and holds every input by value or by digest, every stage with its inputs, rule text and result, and the reasons for
and against in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.decisions.admission import class_stage, facts_stage, rules_stage, score_stage
from puhui.decisions.authority import STRAIGHT_THROUGH, authority_stage
from puhui.decisions.case import Case
from puhui.decisions.derived import application_facts
from puhui.decisions.facts import Facts, case_facts
from puhui.decisions.limit import limit_stage
from puhui.decisions.offering import offer_stage
from puhui.decisions.price import price_stage
from puhui.decisions.shares import shares_stage
from puhui.products.documents import digest_of
from puhui.products.parameters import Table
from puhui.products.terms import Product
from puhui.products.vocabulary import PARTS
from puhui.scoring.loading import AnyModel
from puhui.scoring.trials import Trial

FORMAT = "puhui/decision/1"
STAGES = {
    "facts": facts_stage,
    "rules": rules_stage,
    "score": score_stage,
    "class": class_stage,
    "limit": limit_stage,
    "price": price_stage,
    "authority": authority_stage,
    "offer": offer_stage,
}
SHARING = "limit"
"""The stage after which the whole of a combined product is shared out among its parts."""

Record = dict[str, Any]


def decide(
    facts: Facts,
    product: Product,
    model: AnyModel | None,
    parameters: Mapping[str, Table],
    request: Mapping[str, Any],
    trial: Trial | None = None,
) -> Record:
    """The record of a decision.

    Args:
        facts: as `facts.freeze` makes them
        model: None where a decision table of the product gives the class
        parameters: part it plays (`products.vocabulary.PARTS`) → table
        request: `amount_fen`, `term_months`, `purpose`, `channel`, and `facts`, those of the application form that the product asks for
        trial: which other models give their scores beside, where champion and challengers are tried
    Raises:
        FaultsError: a table lacks the row that the case needs, a fact that the model reads is absent, or the form says what nobody asked.
    """
    if model is None and not product.policy_class:
        raise FaultsError([Fault("model", "nothing", f"a model named {product.model}, which product {product.code} names")])
    check(Fault(f"parameters: {part}", "nothing", "a table") for part in PARTS if part not in parameters)
    asked = application_facts(product, request.get("facts") or {})
    request = {key: request[key] for key in ("amount_fen", "term_months", "purpose", "channel")} | ({"facts": asked} if asked else {})
    values = case_facts(facts, request) | asked | dict(product.constants)
    case = Case(facts, request, product, None if product.policy_class else model, parameters, values)
    stages: dict[str, Any] = {}
    for name, stage in STAGES.items():
        stages[name] = stage(case)
        if product.parts and name == SHARING:
            stages["parts"] = shares_stage(case)
    record = {
        "format": FORMAT,
        "facts": facts,
        "request": request,
        "versions": _versions(product, case.model, parameters),
        "stages": stages,
        "reasons": case.reasons,
        "result": _result(case, stages["offer"]),
    }
    return record | {"trial": trial.recorded(facts["variables"])} if trial and case.model else record


def digest(record: Record) -> str:
    """SHA-256 of the record's canonical JSON (RFC 8785)."""
    return digest_of(record)


def _versions(product: Product, model: AnyModel | None, parameters: Mapping[str, Table]) -> dict[str, Any]:
    return {
        "product": {"code": product.code, "valid_from": product.valid_from.isoformat(), "digest": product.digest},
        "model": {"name": model.document.name, "digest": model.digest} if model else {"name": "", "digest": ""},
        "parameters": {part: {"name": parameters[part].name, "digest": parameters[part].digest} for part in PARTS},
    }


def _result(case: Case, offer: dict[str, Any]) -> dict[str, Any]:
    refused = case.is_refused()
    outcome = "refuse" if refused else "approve" if case.authority == STRAIGHT_THROUGH else "refer"
    return {
        "outcome": outcome,
        "risk_class": case.risk_class,
        "probability_ppm": case.probability_ppm,
        "points": case.score.points if case.score else None,
        "limit_fen": 0 if refused else case.limit_fen,
        "amount_fen": 0 if refused else case.amount_fen,
        "rate_ppm": None if refused else case.rate_ppm,
        "annual_cost_ppm": None if refused else offer["cost"]["effective_ppm"],
        "authority": "" if refused else case.authority,
    }
