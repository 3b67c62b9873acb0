"""What a product costs, class by class: the engine's own price stage and quote on an ordinary amount, from the file as it stands.

No applicant is made up: a price needs the class alone. Whether a firm gets there is told by rules and class table beside it. For a class
that a score gives, its highest probability is taken, the dearest loan of the class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from puhui.calculations.faults import FaultsError
from puhui.calculations.net_margin import Costs, net_margin
from puhui.decisions.case import Case
from puhui.decisions.offering import cost_of, quote_terms
from puhui.decisions.price import price_stage
from puhui.products.parameters import Table
from puhui.products.terms import Product, RiskClass

__all__ = ["Example", "examples"]

_ORDINARY_FEN = 10_000_000
_ORDINARY_MONTHS = 12


@dataclass(frozen=True)
class Example:
    """A loan of one class. `rate_ppm` is None where no permitted rate covers what the loan costs; margin before value added tax."""

    risk_class: RiskClass
    amount_fen: int
    months: int
    probability_ppm: int
    floor_ppm: int
    cap_ppm: int
    rate_ppm: int | None
    first_fen: int = 0
    interest_fen: int = 0
    annual_ppm: int | None = None
    margin_ppm: int = 0


def examples(product: Product, tables: Mapping[str, Table], day: date, lender_kind: str) -> list[Example]:
    """One for each class that is lent to, the safest first; none where the tables have no row for this lender or day."""
    amount = min(max(_ORDINARY_FEN, product.minimum_fen), product.maximum_fen)
    months = min(max(_ORDINARY_MONTHS, product.minimum_months), product.maximum_months)
    found = []
    for one in product.classes:
        if one.is_lent:
            try:
                found.append(_example(product, tables, day, lender_kind, one, amount, months))
            except FaultsError:
                return []
    return found


def _example(
    product: Product, tables: Mapping[str, Table], day: date, lender_kind: str, risk_class: RiskClass, amount_fen: int, months: int
) -> Example:
    probability = max(risk_class.probability_ppm or risk_class.probability_below_ppm or 0, product.probability_minimum_ppm)
    facts = {"business_date": day.isoformat(), "lender": {"kind": lender_kind}}
    case = Case(facts, {}, product, None, tables, {}, probability_ppm=probability, risk_class=risk_class.code, is_lent=True)
    stage = price_stage(case)
    told = (risk_class, amount_fen, months, probability, case.floor_ppm, case.cap_ppm)
    if case.rate_ppm is None:
        return Example(*told, None)
    cost = cost_of(quote_terms(product, amount_fen, case.rate_ppm, months, day), day)
    margin = net_margin(case.rate_ppm, amount_fen, Costs(pd_ppm=probability, **stage["costs"])).margin_ppm
    return Example(*told, case.rate_ppm, cost["first_instalment_fen"], cost["interest_fen"], cost["effective_ppm"], margin)
