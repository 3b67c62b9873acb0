"""What happens when one threshold of a product moves: the frontier of profit and loss.

A threshold is a number of the product file that somebody chose: the cut of a class (`classes.B`), a constant (`constants.NAME`), or the
only number in the condition of a rule (`rules.CODE`). At each of its values the whole population is decided on again. A point is efficient
where no other earns as much or more at an expected loss as low or lower.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from puhui.calculations.faults import Fault, FaultsError
from puhui.products import reading
from puhui.products.terms import Product

__all__ = ["LARGEST_STEPS", "around", "marked_efficient", "possible", "thresholds", "with_threshold"]

LARGEST_STEPS = 50
_NUMBER = re.compile(r"(?<![\w.'])-?\d[\d_]*(?:\.\d+)?(?![\w.'])")


def thresholds(product: Product) -> dict[str, float]:
    """Where each threshold stands → its value now."""
    body = product.document.body
    found = {f"classes.{row['code']}": float(row["probability_below"]) for row in body.get("classes", []) if "probability_below" in row}
    found |= {f"constants.{name}": float(row["value"]) for name, row in body.get("constants", {}).items()}
    for row in body.get("rules", []):
        numbers = _NUMBER.findall(row["require"])
        if len(numbers) == 1 and "'" not in row["require"]:
            found[f"rules.{row['code']}"] = float(numbers[0])
    return found


def with_threshold(product: Product, where: str, value: float) -> Product:
    """The product with one threshold moved. Raises FaultsError for one that it lacks, or a value that it cannot have."""
    known = thresholds(product)
    if where not in known:
        raise FaultsError([Fault("threshold", repr(where), f"one of {product.code}: {', '.join(known)}")])
    body = copy.deepcopy(product.document.body)
    part, _, name = where.partition(".")
    if part == "constants":
        body["constants"][name]["value"] = value
    elif part == "classes":
        next(row for row in body["classes"] if row["code"] == name)["probability_below"] = value
    else:
        row = next(row for row in body["rules"] if row["code"] == name)
        row["require"] = _NUMBER.sub(repr(float(value)), row["require"])
    return reading.from_body(product.code, body)


def possible(products: Sequence[Product], where: str, values: Sequence[float]) -> list[float]:
    """The values that every product with this threshold can have: a cut stays between its neighbours."""

    def fits(value: float) -> bool:
        try:
            for one in products:
                if where in thresholds(one):
                    with_threshold(one, where, value)
        except FaultsError:
            return False
        return True

    return [value for value in values if fits(value)]


def around(value: float, least: float = 0.5, most: float = 1.5, steps: int = 9) -> list[float]:
    """Values about the one that holds, which is among them."""
    spread = [value * share for share in np.linspace(least, most, steps)] if value else [each / 10 for each in range(steps)]
    return sorted({float(f"{each:.6g}") for each in [*spread, value]})


def marked_efficient(points: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The points, each with `efficient`: no other has as much profit or more at as little loss or less, and is better in one of them."""

    def beats(other: Mapping[str, Any], one: Mapping[str, Any]) -> bool:
        profit = int(other["expected_profit_fen"]) - int(one["expected_profit_fen"])
        loss = int(one["expected_loss_fen"]) - int(other["expected_loss_fen"])
        return profit >= 0 and loss >= 0 and (profit > 0 or loss > 0)

    return [{**one, "efficient": not any(beats(other, one) for other in points)} for one in points]
