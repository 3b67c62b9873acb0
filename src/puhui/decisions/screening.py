"""Screening a list: every firm is answered by the engine in one pass, then the offers are shared out under budget and quotas.

Nothing is read of a firm without a consent that covers what the product reads: such a firm can only be invited to apply. The best risks
come first; an offer that would pass the budget, a quota or the lender's limit on an industry or region waits, and one further down that
still fits is made. A firm of which the list does not say all that the product's form asks is invited, and told what it will be asked for.
Every row tells why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from puhui.calculations.rules_python import Value
from puhui.decisions import batch, campaign_facts
from puhui.decisions.batch_parts import as_columns, decide_combined
from puhui.decisions.campaign_list import Listed
from puhui.decisions.concentration import Rooms, rooms_now
from puhui.decisions.deciding import frozen_facts
from puhui.decisions.derived import application_facts
from puhui.decisions.evidence import read_evidence
from puhui.decisions.exposures import exposure_of_firms
from puhui.decisions.factory_models import Invitee
from puhui.decisions.facts import case_facts
from puhui.decisions.strategy import Strategy, part_strategies
from puhui.decisions.texts import text, unknown
from puhui.parties.consents import standing
from puhui.parties.models import Consent, Institution
from puhui.products.terms import Product

CHANNEL = "campaign"


@dataclass
class Screened:
    """One firm of the list with its answer; reasons are codes with texts by language."""

    listed: Listed
    outcome: str
    risk_class: str = ""
    probability_ppm: int = 0
    amount_fen: int = 0
    rate_ppm: int | None = None
    reasons: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Quotas:
    """Fen that the offers may come to: in all, and by the beginning of a division code or an industry code."""

    budget_fen: int
    region: Mapping[str, int]
    industry: Mapping[str, int]


def screen(
    institution: Institution, strategy: Strategy, listed: Sequence[Listed], term_months: int, purpose: str, quotas: Quotas
) -> list[Screened]:
    """An answer for each firm of the list, in its order. Raises FaultsError where the product cannot be computed."""
    day = institution.business_date
    allowed = consented(institution, strategy, listed, day)
    readable = [one for one in listed if one.firm.pk in allowed]
    evidence = read_evidence(institution, [one.firm for one in readable], day)
    known = [one for one in readable if one.firm.pk in evidence.snapshots]
    answers = {one.listed.firm.pk: one for one in _answers(institution, strategy, known, evidence, term_months, purpose)}
    screened = [answers.get(one.firm.pk) or _unread(one, is_allowed=one.firm.pk in allowed) for one in listed]
    share_out(screened, quotas, rooms_now(institution, [one.firm for one in listed]))
    return screened


def consented(institution: Institution, strategy: Strategy, listed: Sequence[Listed], day: date) -> set[int]:
    """The firms whose consent covers, on the day, all that the product reads."""
    product = strategy.product
    live = Consent.objects.filter(standing(product.consent_purpose, day), institution=institution, firm__in=[one.firm.pk for one in listed])
    return set(live.filter(classes__contains=list(product.evidence_classes)).values_list("firm_id", flat=True))


def _unread(listed: Listed, *, is_allowed: bool) -> Screened:
    code = "no_snapshot" if is_allowed else "no_consent"
    return Screened(listed, Invitee.Outcome.INVITE, reasons=[{"code": code, "text": text(code)}])


def _answers(
    institution: Institution, strategy: Strategy, listed: Sequence[Listed], evidence: Any, term_months: int, purpose: str
) -> list[Screened]:
    """The engine's answers to firms whose evidence may be read, in one pass of the batch."""
    if not listed:
        return []
    exposures = exposure_of_firms([one.firm.pk for one in listed])
    rows = []
    for one in listed:
        facts = frozen_facts(institution, one.firm, strategy, evidence, exposures[one.firm.pk])
        request = {"amount_fen": one.wanted_fen, "term_months": term_months, "purpose": purpose, "channel": CHANNEL}
        rows.append(case_facts(facts, request) | application_facts(strategy.product, one.facts))
    day, lender_kind = institution.business_date, institution.kind
    parts = part_strategies(institution, strategy, day)
    for one, row in zip(listed, rows, strict=True):
        row.update({name: evidence.snapshots[one.firm.pk].values.get(name) for part in parts for name in part.wanted if name not in row})
    frame = pl.DataFrame(rows, infer_schema_length=None)
    if parts:
        found = as_columns(decide_combined(frame, strategy, parts, day=day, lender_kind=lender_kind))
    else:
        found = batch.decide_many(frame, strategy.product, strategy.model, strategy.parameters, day=day, lender_kind=lender_kind)
    answers = zip(listed, rows, found.iter_rows(named=True), strict=True)
    return [_screened(one, values, row, strategy.product, [part.product for part in parts]) for one, values, row in answers]


def _screened(listed: Listed, values: Mapping[str, Value], row: Mapping[str, Any], product: Product, parts: Sequence[Product]) -> Screened:
    """The engine's answer to one firm. Where the list leaves a fact of the form out, only what does not rest on it speaks.

    `parts`: of a combined product, which is refused where each of them is.
    """
    missing = campaign_facts.absent(product, listed.facts)
    resting = campaign_facts.resting_on(product, missing)
    vetoes = [code for code in batch.reasons_of(row["vetoes"], product) if code not in resting]
    outcome = Invitee.Outcome.OFFER if row["outcome"] == "approve" and not missing else Invitee.Outcome.INVITE
    of_parts = [(part, batch.reasons_of(row[f"{part.code}:reasons"], part)) for part in parts if row[f"{part.code}:outcome"] == "refuse"]
    if vetoes or (row["outcome"] == "refuse" and of_parts and not missing):
        outcome = Invitee.Outcome.NONE
    codes = [code for code in batch.reasons_of(row["reasons"], product) if code not in resting]
    reasons = _told(codes, values, product)
    for part, against in of_parts:
        reasons += [one for one in _told(against, values, part) if one not in reasons]
    if outcome == Invitee.Outcome.INVITE:
        asked = {"code": "asked_for", "text": campaign_facts.asked_for(product, missing)}
        reasons.append(asked if missing else {"code": "person_decides", "text": text("person_decides")})
    is_offered = outcome == Invitee.Outcome.OFFER
    risk_class = "" if "risk_class" in resting else row["risk_class"] or ""
    return Screened(
        listed, outcome, risk_class, row["probability_ppm"], row["amount_fen"] if is_offered else 0,
        row["rate_ppm"] if is_offered else None, reasons,
    )  # fmt: skip


def _told(codes: Sequence[str], values: Mapping[str, Value], product: Product) -> list[dict[str, Any]]:
    """Reasons against with their texts; a rule that cannot be told for want of evidence says so."""
    rules = {rule.code: rule for rule in product.rules}
    known = dict(values)
    if rules.keys() & set(codes):
        known |= {one.name: None for one in product.derived}
        for one in product.derived:
            if not one.after_class:
                known[one.name] = one.formula.evaluate(known, product.tables)
    told = []
    for code in codes:
        rule = rules.get(code)
        if rule is None:
            words: Mapping[str, str] = text(code)
        else:
            words = unknown(rule.names) if rule.require.evaluate(known, product.tables) is None else rule.against
        told.append({"code": code, "text": dict(words)})
    return told


def share_out(screened: Sequence[Screened], quotas: Quotas, rooms: Rooms) -> None:
    """Offers under budget, quotas and limits of industry and region: the least probability of default first, then the order of the list.

    What does not fit waits.
    """
    left = quotas.budget_fen
    region, industry = dict(quotas.region), dict(quotas.industry)
    offers = [one for one in screened if one.outcome == Invitee.Outcome.OFFER]
    for one in sorted(offers, key=lambda each: (each.probability_ppm, each.listed.row_number)):
        firm, amount = one.listed.firm, one.amount_fen
        held = [
            *(["quota_budget"] if amount > left else []),
            *(["quota_region"] if any(amount > region[code] for code in _held(region, firm.division_code)) else []),
            *(["concentration"] if (room := rooms.headroom_fen(firm.pk)) is not None and amount > room else []),
            *(["quota_industry"] if any(amount > industry[code] for code in _held(industry, firm.industry_code)) else []),
        ]
        if held:
            one.outcome = Invitee.Outcome.WAITING
            one.reasons = [{"code": code, "text": text(code)} for code in held]
            continue
        left -= amount
        rooms.take(firm.pk, amount)
        for quota, code in ((region, firm.division_code), (industry, firm.industry_code)):
            for each in _held(quota, code):
                quota[each] -= amount


def _held(quota: Mapping[str, int], code: str) -> list[str]:
    """The quotas that a firm of this code counts against."""
    return [each for each in quota if code.startswith(each)]
