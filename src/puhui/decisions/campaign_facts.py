"""The facts of a product's form in a campaign's list: which column is which, what a cell says, and what rests on a fact nobody stated.

A village is filed household by household before anybody applies: the panel's scores and incomes stand in the list. A list that lacks such
a fact has not asked for it, so nothing that follows from its absence may refuse a firm: the firm is asked.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from puhui.calculations.faults import Fault
from puhui.products.terms import Product

__all__ = ["absent", "asked_for", "cell_value", "columns_of", "heading_faults", "resting_on"]

_LARGEST = Decimal(10) ** 13
_LONGEST_TEXT = 200
_YES = ("yes", "true", "1", "y", "是", "有")
_NO = ("no", "false", "0", "n", "否", "无", "無")
_OF_CLASS = ("risk_class", "probability", "points")
_EXPECTED = {"flag": "yes or no", "boolean": "yes or no", "ratio": "a share: 0.3, or 30%"}
_RANGE = re.compile(r"(\d+)-(\d+)")  # a unit that is a scale, such as 1-5


def columns_of(headings: Sequence[str], product: Product) -> dict[str, int]:
    """Fact of the form → its column. A heading is the fact's name, or its text in one of the languages."""
    known = {word.strip().lower(): name for name, fact in product.application.items() for word in (name, *fact.texts.values())}
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        if heading.strip().lower() in known:
            found.setdefault(known[heading.strip().lower()], place)
    return found


def heading_faults(
    headings: Sequence[str], taken: Collection[int], product: Product, own: Iterable[str], file_name: str
) -> Iterator[Fault]:
    """Headings that are nobody's, or a column that stands twice. `taken`: the columns that are read; `own`: headings of every list."""
    known = [*own, *product.application]
    for place, heading in enumerate(headings):
        if place not in taken and heading.strip():
            likely = difflib.get_close_matches(heading.strip().lower(), known, n=1)
            remedy = f"Did you mean {likely[0]}?" if likely else "Take the column out."
            found = f"{heading.strip()}, which nobody reads or which stands twice"
            yield Fault(f"{file_name}, column {place + 1}", found, f"one of {', '.join(known)}, each once", remedy)


def cell_value(text: str, unit: str) -> Any:
    """What a cell says, as `derived.application_facts` takes it; None for an empty one. Raises ValueError, saying what was expected."""
    typed = text.strip()
    if not typed:
        return None
    if unit in ("flag", "boolean"):
        if typed.lower() not in (*_YES, *_NO):
            raise ValueError(_EXPECTED[unit])
        return typed.lower() in _YES
    if unit == "text":
        if len(typed) > _LONGEST_TEXT:
            raise ValueError(f"a text of at most {_LONGEST_TEXT} characters")
        return typed
    scale = _RANGE.fullmatch(unit)
    least, most = (Decimal(scale[1]), Decimal(scale[2])) if scale else (Decimal(0), _LARGEST)
    expected = f"{least} to {most}" if scale else _EXPECTED.get(unit, f"a number in {unit} that is not below 0")
    is_percent = typed.endswith(("%", "％"))
    try:
        value = Decimal(typed.rstrip("%％").replace(",", "").replace("，", ""))
    except InvalidOperation as error:
        raise ValueError(expected) from error
    if not value.is_finite() or not least <= value <= most or (is_percent and unit != "ratio"):
        raise ValueError(expected)
    return float(value / 100 if is_percent else value)


def absent(product: Product, facts: Mapping[str, Any]) -> list[str]:
    """The facts of the form without a value."""
    return [name for name in product.application if facts.get(name) is None]


def asked_for(product: Product, names: Iterable[str]) -> dict[str, str]:
    """What a firm would be asked for, by language."""
    words = {"en": ("Asked for: ", ", "), "zh-hans": ("待提供：", "、"), "zh-hant": ("待提供：", "、")}
    facts = [product.application[name].texts for name in names]
    return {language: before + between.join(one[language] for one in facts) for language, (before, between) in words.items()}


def resting_on(product: Product, missing: Iterable[str]) -> set[str]:
    """Every value, rule and reason of the engine's own that a missing fact could change, and the missing facts themselves."""
    resting = set(missing)
    if not resting:
        return resting
    for of_class in (False, True):
        for one in product.derived:
            if one.after_class == of_class and resting & set(one.formula.expression.names):
                resting.add(one.name)
        if product.policy_class in resting:
            resting |= {*_OF_CLASS, "class_not_lent"}
    resting |= {rule.code for rule in product.rules if resting & set(rule.require.expression.names)}
    if "class_not_lent" in resting or any(resting & set(bound.formula.expression.names) for bound in product.bounds):
        resting |= {"bound_unknown", "limit_below_minimum", "less_than_asked", "no_rate", "above_cap", "no_authority"}
    return resting
