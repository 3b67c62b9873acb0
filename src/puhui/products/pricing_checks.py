"""Rates of a product file against the caps of law and against what its own loans cost, for every kind of lender whose costs are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from puhui.calculations.caps import caps_on_cost, law_from_rows
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.pricing import required_rate
from puhui.products.parameters import Table
from puhui.products.terms import FIXED, Product

__all__ = ["price_findings"]


def price_findings(product: Product, tables: Mapping[str, Table], day: date) -> Iterator[tuple[bool, Fault]]:
    """(whether it is a contradiction, what was found) for the price as of `day`."""
    where = product.document.where
    price = product.price
    try:
        prime = tables["prime_rate"].row(day)
    except FaultsError as error:
        yield from ((True, fault) for fault in error.faults)
        return
    rows = [row for row in tables["costs"].valid_on(day) if row["security"] == price.security]
    if not rows:
        yield True, Fault(where("price", "security"), price.security, f"a security that {tables['costs'].name} has costs of on {day}")
    law = law_from_rows(tables["rate_caps"].valid_on(day), (), (), prime["LPR1Y"])
    dear: dict[str, list[tuple[str, int, int]]] = {}
    for lender in sorted({str(row["lender_kind"]) for row in rows or tables["costs"].valid_on(day)}):
        caps = caps_on_cost(law, lender)
        if not caps:
            yield True, Fault(where("price"), f"no cap for a {lender} on {day}", f"a row of {tables['rate_caps'].name}")
            continue
        cap = round(caps[0][0] * 1_000_000)
        if price.minimum_ppm > cap:
            yield (
                True,
                Fault(where("price", "rate_minimum"), _percent(price.minimum_ppm), f"at most the cap of a {lender}, {_percent(cap)}"),
            )
        elif price.maximum_ppm > cap:
            yield (
                True,
                Fault(where("price", "rate_maximum"), _percent(price.maximum_ppm), f"at most the cap of a {lender}, {_percent(cap)}"),
            )
        costs = tables["costs"].row(day, lender_kind=lender, security=price.security) if rows else None
        for code, floor in (_floors(product, costs) if costs else {}).items():
            dear.setdefault(code, []).append((lender, floor, min(cap, price.maximum_ppm)))
    yield from _class_findings(product, dear)
    yield from _tier_findings(product, prime)


def _floors(product: Product, costs: Mapping[str, Any]) -> dict[str, int]:
    """What a loan to the safest firm of each class that is lent to costs at least."""
    least, floors = product.probability_minimum_ppm, {}
    for one in product.classes:
        probability = max(one.probability_ppm or 0, least)
        if not product.policy_class:
            least = max(least, one.probability_below_ppm or 0)
        if one.is_lent:
            floors[one.code] = required_rate(
                funding_ppm=_ppm(costs["funding"]),
                operations_ppm=_ppm(costs["operations"]),
                pd_ppm=probability,
                lgd_ppm=_ppm(costs["loss_given_default"]) * product.support.bank_share_ppm // 1_000_000,
                hurdle_ppm=_ppm(costs["hurdle"]),
                capital_ppm=_ppm(costs["capital"]),
            )
    return floors


def _class_findings(product: Product, floors: Mapping[str, list[tuple[str, int, int]]]) -> Iterator[tuple[bool, Fault]]:
    """Classes whose loans cost more than the highest rate: a contradiction where that is so for every kind of lender."""
    for number, one in enumerate(product.classes):
        found = floors.get(one.code, [])
        for lender, floor, highest in found:
            if floor > highest:
                place = product.document.where("classes", number, "lent")
                told = f"class {one.code} of a {lender}, whose loans cost {_percent(floor)} or more"
                expected = f"costs within the highest rate, {_percent(highest)}"
                yield all(cost > most for _, cost, most in found), Fault(place, told, expected, "Nobody in this class can get a loan.")


def _tier_findings(product: Product, prime: Mapping[str, Any]) -> Iterator[tuple[bool, Fault]]:
    price = product.price
    base = 0.0 if price.tier_base == FIXED else prime.get(price.tier_base)
    if base is None:
        yield (
            True,
            Fault(product.document.where("price", "tiers", "base"), price.tier_base, f"a series of the prime rate table, or {FIXED}"),
        )
        return
    for code, spread in price.tier_spread_ppm.items():
        rate = _ppm(base) + spread
        place = product.document.where("price", "tiers", "spread", code)
        if rate + price.dearest_step_ppm > price.maximum_ppm:
            dearest = _percent(rate + price.dearest_step_ppm) + (" on its dearest days" if price.steps else "")
            yield True, Fault(place, f"{dearest} for class {code}", f"at most the highest rate, {_percent(price.maximum_ppm)}")
        elif rate < price.minimum_ppm:
            yield (
                False,
                Fault(
                    place,
                    f"{_percent(rate)} for class {code}",
                    f"at least the lowest rate, {_percent(price.minimum_ppm)}, which holds instead",
                ),
            )


def _ppm(share: float) -> int:
    return round(share * 1_000_000)


def _percent(rate_ppm: int) -> str:
    return f"{rate_ppm / 10_000:.2f}%"
