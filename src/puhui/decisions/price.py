"""At what price: the method the product uses and the one shown beside it, over the floor that the costs set and under the caps.

    floor        funding + operations + p × LGD + hurdle × capital
    churn-aware  the rate at which (1 − churn(r)) × ((1 − p) r − p × LGD − c) is highest; the class picks the churn curve, the firm has
                 its own p, and c is funding, operations and capital charge
    tiers        the prime rate and a spread by class, or a fixed rate by class
    steps        what is added to either from some day of the loan on; the dearest day, too, stays under the caps

A floor above the cap means that the loan cannot be made: the price that it needs is not permitted.
"""

from __future__ import annotations

from typing import Any

from puhui.calculations.caps import caps_on_cost, law_from_rows
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.pricing import churn_aware_rate, required_rate
from puhui.decisions.case import VETO, Case, Stage, ppm
from puhui.decisions.texts import text
from puhui.products.terms import FIXED, Price


def price_stage(case: Case) -> Stage:
    """The build-up of the floor, both methods, the caps, and the rate."""
    if not case.is_lent:
        return {"skipped": "class_not_lent", "parts": [], "rate_ppm": None}
    price = case.product.price
    costs = costs_of(case)
    case.floor_ppm = required_rate(**costs, pd_ppm=case.probability_ppm)
    caps = caps_of(case)
    case.cap_ppm = min(caps.values())
    low = max(price.minimum_ppm, rounded_up(case.floor_ppm, price.multiple_ppm))
    high = highest_rate(case.cap_ppm, price)
    stage: Stage = {
        "costs": costs,
        "floor_ppm": case.floor_ppm,
        "caps": caps,
        "lowest_ppm": low,
        "highest_ppm": high,
        "method": price.method,
    }
    if price.steps:
        stage["dearest_step_ppm"] = price.dearest_step_ppm
    if low > high:
        more = {"floor_ppm": case.floor_ppm, "cap_ppm": case.cap_ppm}
        case.speak_against("no_rate", "price", VETO, text("no_rate"), **more)
        return stage | {"parts": _parts(case, costs), "rate_ppm": None}
    methods = {name: _METHODS[name](case, costs, low, high) for name in sorted({price.method, price.beside})}
    case.rate_ppm = methods[price.method]["rate_ppm"]
    return stage | {"methods": methods, "parts": _parts(case, costs), "rate_ppm": case.rate_ppm}


def _parts(case: Case, costs: dict[str, int]) -> list[dict[str, Any]]:
    """What the rate is made of; the margin is what stands above the floor, and takes the rounding."""
    parts = {
        "funding": costs["funding_ppm"],
        "operations": costs["operations_ppm"],
        "expected_loss": case.probability_ppm * costs["lgd_ppm"] // 1_000_000,
        "capital": costs["hurdle_ppm"] * costs["capital_ppm"] // 1_000_000,
    }
    if case.rate_ppm is not None:
        parts["margin"] = case.rate_ppm - sum(parts.values())
    return [{"id": name, "text": text(f"price_{name}"), "rate_ppm": rate_ppm} for name, rate_ppm in parts.items()]


def costs_of(case: Case) -> dict[str, int]:
    row = case.row("costs", lender_kind=case.lender_kind, security=case.product.price.security)
    return {
        "funding_ppm": ppm(row["funding"]),
        "operations_ppm": ppm(row["operations"]),
        "lgd_ppm": ppm(row["loss_given_default"]) * case.product.support.bank_share_ppm // 1_000_000,
        "hurdle_ppm": ppm(row["hurdle"]),
        "capital_ppm": ppm(row["capital"]),
    }


def caps_of(case: Case) -> dict[str, int]:
    """Every cap on the yearly rate that holds for this lender on this day, and the product's own. The lowest binds."""
    caps = {"product": case.product.price.maximum_ppm}
    law = law_from_rows(case.parameters["rate_caps"].valid_on(case.day), (), (), case.row("prime_rate")["LPR1Y"])
    for share, cap in reversed(caps_on_cost(law, case.lender_kind)):
        caps["annual_cost" if share == cap.annual_cost else "prime_rate_multiple"] = round(share * 1_000_000)
    return caps


def highest_rate(cap_ppm: int, price: Price) -> int:
    """The highest first rate whose dearest day is within the lowest cap, on the grid of the product's rates."""
    return (cap_ppm - price.dearest_step_ppm) // price.multiple_ppm * price.multiple_ppm


def prime_rate_ppm(case: Case, series: str) -> int:
    """The rate that spreads stand on: the prime rate of the day, or nothing where the product's rate is fixed."""
    return 0 if series == FIXED else ppm(case.row("prime_rate")[series])


def _churn_aware(case: Case, costs: dict[str, int], low: int, high: int) -> dict[str, Any]:
    curve = curve_of(case)
    cost_ppm = costs["funding_ppm"] + costs["operations_ppm"] + costs["hurdle_ppm"] * costs["capital_ppm"] // 1_000_000
    best = churn_aware_rate(
        curve,
        pd_ppm=case.probability_ppm,
        lgd_ppm=costs["lgd_ppm"],
        cost_ppm=cost_ppm,
        minimum_ppm=low,
        maximum_ppm=high,
        multiple_ppm=case.product.price.multiple_ppm,
    )
    return {
        "rate_ppm": best.rate_ppm,
        "curve": [list(point) for point in curve],
        "cost_ppm": cost_ppm,
        "churn_ppm": best.churn_ppm,
        "profit_ppm": best.profit_ppm,
    }


def curve_of(case: Case) -> list[tuple[int, int]]:
    rows = [row for row in case.parameters["churn"].valid_on(case.day) if row.get(case.risk_class) is not None]
    if not rows:
        where = f"parameter table {case.parameters['churn'].name}"
        raise FaultsError([Fault(where, f"no churn for class {case.risk_class}", "a column for every class that is lent to")])
    return sorted((ppm(row["rate"]), ppm(row[case.risk_class])) for row in rows)


def _tiers(case: Case, costs: dict[str, int], low: int, high: int) -> dict[str, Any]:
    price = case.product.price
    base_ppm, spread_ppm = prime_rate_ppm(case, price.tier_base), price.tier_spread_ppm[case.risk_class]
    table_ppm = base_ppm + spread_ppm
    return {
        "rate_ppm": min(max(rounded_up(table_ppm, price.multiple_ppm), low), high),
        "base": price.tier_base,
        "base_ppm": base_ppm,
        "spread_ppm": spread_ppm,
        "table_ppm": table_ppm,
    }


_METHODS = {"churn_aware": _churn_aware, "tiers": _tiers}


def rounded_up(rate_ppm: int, multiple_ppm: int) -> int:
    return -(-rate_ppm // multiple_ppm) * multiple_ppm
