"""Values made of others while a case goes through: those that the product defines, and the facts that its form asks for.

Every value is added under its name, so that rules, bounds and later values may speak of it; the record keeps each with what it was made
of, a score table item by item.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from puhui.calculations.faults import Fault, check
from puhui.calculations.rules_python import Value
from puhui.decisions.case import Case, Stage
from puhui.products.terms import Derived, Product

__all__ = ["application_fact_faults", "application_facts", "derive"]


def application_facts(product: Product, given: Mapping[str, Any]) -> dict[str, Value]:
    """The facts of the form, all that the product asks for, null where not given; flags as 0 or 1.

    Raises FaultsError naming every fact that the product does not ask for, or that is of the wrong kind.
    """
    check(application_fact_faults(product, given))
    return {name: _plain(given.get(name), asked.unit) for name, asked in product.application.items()}


def application_fact_faults(product: Product, given: Mapping[str, Any]) -> Iterator[Fault]:
    """Facts that the product does not ask for, and those of the wrong kind."""
    for name, value in given.items():
        asked = product.application.get(name)
        if asked is None:
            likely = difflib.get_close_matches(name, product.application, n=1)
            known = ", ".join(product.application) or "none"
            yield Fault(
                f"fact {name}", repr(value), f"a fact that {product.code} asks for: {known}", f"Did you mean {likely[0]}?" if likely else ""
            )
        elif value is not None and not _fits(value, asked.unit):
            yield Fault(f"fact {name}", repr(value), _EXPECTED.get(asked.unit, f"a number in {asked.unit}"))


_EXPECTED = {"text": "a text", "boolean": "true or false", "flag": "true or false"}
_LARGEST = 1e15


def _fits(value: Any, unit: str) -> bool:
    if unit == "text":
        return isinstance(value, str)
    if unit == "boolean":
        return isinstance(value, bool)
    if unit == "flag":
        return value in (0, 1)
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


def _plain(value: Any, unit: str) -> Value:
    if value is None or unit in ("text", "boolean"):
        return value  # type: ignore[no-any-return]
    return int(value) if unit == "flag" else float(value)


def derive(case: Case, *, after_class: bool) -> list[Stage]:
    """Computes the product's values of one stage and adds them to the case; what the record keeps of each."""
    return [_derive(case, one) for one in case.product.derived if one.after_class == after_class]


def _derive(case: Case, one: Derived) -> Stage:
    tables = case.product.tables
    inputs = {name: case.values.get(name) for name in one.formula.expression.names}
    value = one.formula.evaluate(case.values, tables)
    case.values[one.name] = value
    told: Stage = {
        "id": one.name,
        "how": one.how,
        "text": one.texts,
        "expression": one.formula.text.strip(),
        "inputs": inputs,
        "value": value,
    }
    if one.items:
        told["items"] = [
            {
                "text": item.texts,
                "expression": item.value.text.strip(),
                "value": item.value.evaluate(case.values, tables),
                "points": item.formula.evaluate(case.values, tables),
            }
            for item in one.items
        ]
    return told
