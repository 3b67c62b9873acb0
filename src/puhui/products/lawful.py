"""The checks of law on a product, an offer and a contract that no product file can switch off: `calculations.prohibitions`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from puhui.calculations.faults import Fault, check
from puhui.calculations.prohibitions import prohibition_faults, top_rate_fault
from puhui.products.parameters import table
from puhui.products.terms import Product

__all__ = ["check_terms", "product_faults"]

_CAP_PPM = 240_000
"""Red line of the courts on the whole cost (regulation.md §4 [P48]): only a product that charges everybody this much is told of here."""


def product_faults(product: Product, folder: Path | None = None) -> list[Fault]:
    """What a product carries that no loan may carry, by the table in force when it begins."""
    rows = table("seven-donts", folder).valid_on(product.valid_from)
    price, place = product.price, product.document.where
    found = prohibition_faults(rows, product.terms, where="")
    faults = [replace(one, where=place("repayment", "terms", *_path(one.where.removeprefix(": ")))) for one in found]
    for number, (_, texts) in enumerate(product.conditions):
        for language, text in texts.items():
            where = place("offer", "conditions", number, "texts", language)
            faults += [replace(one, where=where) for one in prohibition_faults(rows, {}, [text])]
    return faults + top_rate_fault(price.minimum_ppm, price.maximum_ppm, _CAP_PPM, place("price", "rate_minimum"))


def _path(told: str) -> tuple[str | int, ...]:
    """Keys and places, from 0 on, of `fees.2.name`."""
    return tuple(int(part) - 1 if part.isdigit() else part for part in told.split("."))


def check_terms(terms: Mapping[str, Any], day: date, where: str, conditions: Iterable[str] = (), folder: Path | None = None) -> None:
    """Raises FaultsError where the terms of an offer or a contract of `day` carry what no loan may carry."""
    check(prohibition_faults(table("seven-donts", folder).valid_on(day), terms, conditions, where))
