"""The form of an application, made from what the product's file asks: one field for each fact, and what was typed read into values.

Amounts are typed in yuan, shares in per cent, flags chosen as yes or no. The same fields serve the borrower, who states, and the officer,
who looks at the papers; an officer may leave out what could not be found out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.console.decision_figures import language
from puhui.console.forms import FULL_WIDTH, amount_fen
from puhui.console.templatetags.figures import EMPTY, number, share
from puhui.console.words import LOAN_PURPOSES, UNITS, in_language, word
from puhui.decisions.models import Application
from puhui.products.queries import product as product_in_force
from puhui.products.terms import Product

__all__ = ["FactField", "checked_rows", "fact_fields", "fact_text", "purposes_of", "read_facts", "terms_of_months", "typed_facts"]

_PREFIX = "fact-"
_USUAL_MONTHS = (3, 6, 9, 12, 18, 24, 36, 48, 60, 84, 120)


@dataclass(frozen=True)
class FactField:
    """A field of the form. `kind`: yes_no, number or text; `unit` in words; `entered` as typed; `paper` of an officer's form."""

    name: str
    label: str
    kind: str
    unit: str
    entered: str
    paper: str = ""
    stated: str = ""

    @property
    def key(self) -> str:
        return _PREFIX + self.name


def fact_fields(
    product: Product, names: Iterable[str], sent: Mapping[str, str], stated: Mapping[str, Any] | None = None
) -> list[FactField]:
    """The fields of some facts, filled with what was sent, else with what was `stated` before."""
    stated = stated or {}
    fields = []
    for name in names:
        asked = product.application[name]
        kind = "yes_no" if asked.unit in ("flag", "boolean") else "text" if asked.unit == "text" else "number"
        before = _typed(stated.get(name), asked.unit)
        entered = sent.get(_PREFIX + name, before)
        said = fact_text(stated[name], asked.unit) if name in stated else ""
        unit = "" if kind != "number" else word(UNITS, asked.unit)
        label = in_language(asked.texts, language())
        fields.append(FactField(name, label, kind, str(unit), entered, sent.get(f"paper-{name}", ""), said))
    return fields


def fact_text(value: Any, unit: str) -> str:
    """A value of the form in words."""
    if value is None:
        return EMPTY
    if unit in ("flag", "boolean"):
        return _("yes") if value else _("no")
    if unit == "ratio":
        return share(value)
    if unit == "text":
        return str(value)
    return f"{number(value, 0 if float(value).is_integer() else 2)} {word(UNITS, unit)}"


def _typed(value: Any, unit: str) -> str:
    """A value as a person would type it."""
    if value is None:
        return ""
    if unit in ("flag", "boolean"):
        return "yes" if value else "no"
    if unit == "text":
        return str(value)
    return f"{value * 100 if unit == 'ratio' else value:.10g}"


def typed_facts(product: Product, facts: Mapping[str, Any], papers: Mapping[str, str]) -> dict[str, str]:
    """Facts and their papers as the fields of the form would be sent."""
    asked = product.application
    typed = {_PREFIX + name: _typed(value, asked[name].unit) for name, value in facts.items() if name in asked}
    return typed | {f"paper-{name}": papers[name] for name in facts if name in papers and name in asked}


def read_facts(product: Product, names: Iterable[str], sent: Mapping[str, str], *, complete: bool) -> dict[str, Any]:
    """Fact → value of what was typed. Raises FaultsError naming each field that cannot be read, or is empty where it must be `complete`."""
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for name in names:
        asked, typed = product.application[name], sent.get(_PREFIX + name, "").strip()
        if not typed:
            if complete:
                faults.append(Fault(in_language(asked.texts, language()), _("nothing"), _("an answer")))
            continue
        try:
            found[name] = _value(typed, asked.unit)
        except (ValueError, OverflowError, FaultsError):
            expected = _("yes or no") if asked.unit in ("flag", "boolean") else _("a number that is not below 0")
            faults.append(Fault(in_language(asked.texts, language()), typed[:40], expected))
    check(faults)
    return found


def _value(typed: str, unit: str) -> Any:
    """Raises ValueError or FaultsError where the text is no value of the unit."""
    if unit in ("flag", "boolean"):
        if typed not in ("yes", "no"):
            raise ValueError(typed)
        return typed == "yes"
    if unit == "text":
        return typed[:200]
    if unit.startswith("CNY"):
        return 0.0 if typed.translate(FULL_WIDTH) in ("0", "0.00") else amount_fen(typed) / 100
    value = float(typed.translate(FULL_WIDTH).replace(",", "").removesuffix("%").removesuffix("％"))
    if not 0 <= value <= 1e12:
        raise ValueError(typed)
    return value / 100 if unit == "ratio" else value


def checked_rows(application: Application) -> list[dict[str, Any]]:
    """What was stated, what was found and which paper shows it; empty where nothing was checked."""
    check = getattr(application, "fact_check", None)
    if check is None:
        return []
    asked = product_in_force(application.product_code, application.business_date).application
    return [
        {
            "label": in_language(asked[name].texts, language()) if name in asked else name,
            "stated": fact_text(check.stated[name], asked[name].unit) if name in check.stated and name in asked else "",
            "found": fact_text(value, asked[name].unit) if name in asked else str(value),
            "differs": name in check.stated and check.stated[name] != value,
            "paper": check.papers.get(name, ""),
        }
        for name, value in check.found.items()
    ]


def purposes_of(product: Product) -> list[tuple[str, str]]:
    """The purposes of the list that the product's own rules about the purpose let through."""
    rules = [rule for rule in product.rules if set(rule.require.expression.names) == {"purpose"}]
    allowed = [code for code in LOAN_PURPOSES if all(rule.require.evaluate({"purpose": code}, product.tables) for rule in rules)]
    return [(code, word(LOAN_PURPOSES, code)) for code in allowed]


def terms_of_months(product: Product) -> list[int]:
    """Usual terms that the product lends for, with its shortest and its longest."""
    least, most = product.minimum_months, product.maximum_months
    return sorted({least, most, *(months for months in _USUAL_MONTHS if least <= months <= most)})
