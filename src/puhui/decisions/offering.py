"""What would be offered: the terms as `puhui loans quote` takes them, what the loan costs in all, and the conditions before payout.

The figures are reckoned as if the money went out on the day of the decision; the contract has its own start.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from puhui.calculations.calendar import add_months, parse_step
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.quote import answer as quote_answer
from puhui.calculations.rate_steps import started
from puhui.decisions.case import VETO, Case, Stage
from puhui.decisions.texts import text
from puhui.products.price_steps import days_wanted, steps_of_quote
from puhui.products.seasons import seasonal_dues
from puhui.products.terms import Product

ROUNDING_PPM = 100  # instalments rounded to the fen move the annual cost of a small loan by less than this


def offer_stage(case: Case) -> Stage:
    """Terms, cost and conditions of the proposal; nothing where there is none."""
    if case.is_refused() or case.rate_ppm is None:
        return {"skipped": "refused"}
    terms = quote_terms(case.product, case.amount_fen, case.rate_ppm, case.request["term_months"], case.day, case.values)
    cost = cost_of(terms, case.day)
    if cost["nominal_ppm"] is not None and cost["nominal_ppm"] > case.cap_ppm + ROUNDING_PPM:
        case.speak_against("above_cap", "offer", VETO, text("above_cap"), nominal_ppm=cost["nominal_ppm"], cap_ppm=case.cap_ppm)
    return {
        "terms": terms,
        "cost": cost,
        "conditions": conditions(case.product),
        "expires_on": (case.day + timedelta(days=case.product.offer_days)).isoformat(),
    }


def quote_terms(
    product: Product, amount_fen: int, rate_ppm: int, term_months: int, day: date, facts: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The document of `puhui loans quote` without `start`; where the rate steps up by days, with `rate_steps` (`rate_steps.started`).

    `day` and `facts` (those of the form) decide when the instalments of a loan that follows the harvest fall due, or for how many days the
    money is lent, and nothing else.
    """
    return {
        **product.terms,
        "currency": product.currency,
        "amount": str(Decimal(amount_fen) / 100),
        "rate_annual": str(Decimal(rate_ppm) / 1_000_000),
        **({"rate_steps": steps} if (steps := steps_of_quote(product.price, rate_ppm)) else {}),
        **_dues(product, amount_fen, term_months, day, facts or {}),
    }


def _dues(product: Product, amount_fen: int, term_months: int, day: date, facts: Mapping[str, Any]) -> dict[str, Any]:
    """When it falls due: with the season, after the days that the form asks for, or by the step of the terms."""
    if product.season:
        return {"dues": seasonal_dues(product.season, amount_fen, day, term_months, facts)}
    if days := days_wanted(product, term_months, day, facts):
        return {"instalments": 1, "every": f"{days} day"}
    return _instalments(product.terms, term_months)


def _instalments(terms: Mapping[str, Any], term_months: int) -> dict[str, Any]:
    """How often is paid: as the step of the terms divides the months of the loan, the last part rounded up; a bullet once."""
    if terms.get("method") == "bullet":
        return {"instalments": 1, "every": f"{term_months} month"}
    step = parse_step(terms.get("every"))
    months = step.months if step and step.months else 1
    return {"instalments": -(-term_months // months)}


def terms_faults(product: Product, day: date) -> list[Fault]:
    """What the quote finds wrong in a product's terms, for its shortest and its longest loan from a day on; each once."""
    found: dict[str, Fault] = {}
    starts = [add_months(day, later) for later in range(12)] if product.season else [day]  # a season may fall anywhere in the term
    for months, start in itertools.product((product.minimum_months, product.maximum_months), starts):
        try:
            highest_ppm = product.price.maximum_ppm - product.price.dearest_step_ppm
            cost_of(quote_terms(product, product.minimum_fen, highest_ppm, months, start), start)
        except FaultsError as error:
            where = product.document.where("repayment", "terms")
            found |= {one.where: Fault(f"{where}.{one.where}", one.found, one.expected, one.remedy) for one in error.faults}
    return list(found.values())


def cost_of(terms: Mapping[str, Any], start: date) -> dict[str, Any]:
    """First instalment, all interest, and the annual cost, nominal and effective, of terms that start on a day."""
    answer = quote_answer(started(terms, start))
    return {
        "start": start.isoformat(),
        "first_instalment_fen": _fen(answer["instalments"][0]["total"]),
        "interest_fen": _fen(answer["totals"]["interest"]),
        "total_fen": _fen(answer["totals"]["total"]),
        "nominal_ppm": _ppm(answer["annual_cost"]["nominal"]),
        "effective_ppm": _ppm(answer["annual_cost"]["effective"]),
    }


def conditions(product: Product) -> list[dict[str, Any]]:
    """Conditions precedent to payout: the product's own, and one for each unknown that asks for one."""
    own = [{"code": code, "text": dict(texts)} for code, texts in product.conditions]
    return own + [{"code": one.code, "text": dict(one.condition)} for one in product.unknowns if one.condition]


def _fen(amount: str) -> int:
    return int(Decimal(amount) * 100)


def _ppm(rate: str | None) -> int | None:
    return None if rate is None else round(Decimal(rate) * 1_000_000)
