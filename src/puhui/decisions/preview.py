"""What the engine would say, on any day and for any wish, without keeping anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from puhui.calculations.faults import check
from puhui.decisions import engine
from puhui.decisions.credit_view import credit_views
from puhui.decisions.deciding import frozen_facts
from puhui.decisions.evidence import read_evidence
from puhui.decisions.strategy import in_force
from puhui.decisions.submitting import application_faults
from puhui.parties.models import Firm, Institution


def preview(
    institution: Institution,
    firm: Firm,
    product_code: str,
    amount_fen: int,
    term_months: int,
    purpose: str,
    day: date,
    facts: Mapping[str, Any] | None = None,
) -> engine.Record:
    """The record of a decision as of `day`: its product, its snapshot; consent and exposure as they are now. `facts`: those of the form.

    Raises FaultsError.
    """
    strategy = in_force(institution, product_code, day)
    row = {"firm": firm, "product_code": product_code, "amount_fen": amount_fen, "term_months": term_months, "purpose": purpose}
    row |= {"channel": "preview", "key": "preview", "facts": dict(facts or {})}
    check(application_faults(institution, row, {product_code: strategy.product}))
    evidence = read_evidence(institution, [firm], day, institution.business_date)
    views = credit_views(institution, [firm.pk])
    frozen = frozen_facts(institution, firm, strategy, evidence, views.exposures[firm.pk], views.facts(firm.pk))
    return engine.decide(frozen, strategy.product, strategy.model, strategy.parameters, row)
