"""A formula of a product in words: `min(0.5 * crop, 0.7 * cost)` becomes "the least of (50% × income of the crop; 70% × cost)".

Variables are called by their titles, constants by their value, tables by their rows, named values by what the file says of them. The same
formula gives the same words in each language on any day.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from puhui.calculations.rule_tree import (
    Arithmetic,
    Bands,
    Call,
    Choice,
    Comparison,
    Constant,
    IsNull,
    Junction,
    Lookup,
    Membership,
    Name,
    Negation,
    Node,
)
from puhui.products.terms import Product

__all__ = ["Titles", "Wording", "phrase"]

Titles = Mapping[str, Mapping[str, str]]
_SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}
_YUAN = (("CNY", 1),)
_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}


@cache
def _phrases() -> Mapping[str, Titles]:
    return tomllib.loads(Path(__file__).with_name("explaining.toml").read_text(encoding="utf-8"))


def phrase(part: str, key: str, language: str, **fill: object) -> str:
    """A phrase of `explaining.toml` in a language, filled in; a term that it lacks is given as it is spelt."""
    texts = _phrases()[part].get(key)
    return texts[language].format(**fill) if texts else key.replace("_", " ")


class Wording:
    """Puts the values and formulas of one product into words of one language. `titles`: variable → title by language."""

    def __init__(self, product: Product, language: str, titles: Titles) -> None:
        self.product = product
        self.language = language
        self.titles = titles
        self.chinese = language != "en"
        self.constants: Mapping[str, Any] = product.document.body.get("constants", {})
        self.tables: Mapping[str, Any] = product.document.body.get("tables", {})
        self.named = {one.name: one for one in product.derived}
        self.observed = {name: fact for link in product.linkage for name, fact in link.observed.items()}

    def say(self, key: str, **fill: object) -> str:
        return phrase("words", key, self.language, **fill)

    def term(self, key: str) -> str:
        return phrase("terms", key, self.language)

    def listed(self, items: Iterable[str]) -> str:
        return ("；" if self.chinese else "; ").join(items)

    def joined(self, items: Iterable[str]) -> str:
        return ("、" if self.chinese else ", ").join(items)

    def bracketed(self, text: str) -> str:
        return f"（{text}）" if self.chinese else f"({text})"

    def terms(self, keys: Iterable[str]) -> str:
        return self.joined(self.term(key) for key in keys)

    def amount(self, yuan: float) -> str:
        """Yuan; in Chinese ten thousands where they come out even to a hundred."""
        if self.chinese and yuan >= 10_000 and yuan % 100 == 0:
            return self.say("ten_thousand", n=f"{yuan / 10_000:,.2f}".rstrip("0").rstrip("."))
        return self.say("yuan", n=f"{yuan:,.0f}" if yuan == int(yuan) else f"{yuan:,.2f}")

    def share(self, share: float) -> str:
        return f"{share * 100:.4f}".rstrip("0").rstrip(".").replace("-", "−") + "%"

    def figure(self, value: float | str | bool, unit: str) -> str:
        """A value with its unit: yuan, percent, months, days, or bare."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            return self.term(value)
        if unit == "CNY":
            return self.amount(value)
        if unit in ("months", "days"):
            return self.say(f"unit_{unit}", n=f"{value:g}")
        return self.share(value) if unit == "ratio" and value not in (0, 1) and abs(value) <= 2 else f"{value:,.10g}".replace("-", "−")

    def name(self, name: str) -> str:
        """What a name of a formula is called."""
        if name in self.constants:
            return self.figure(self.constants[name]["value"], self.constants[name]["unit"])
        if name in self.product.application:
            return self.product.application[name].texts[self.language]
        if name in self.observed:
            return self.observed[name].texts[self.language]
        if name in self.named and self.named[name].texts:
            return self.say("quoted", what=self.named[name].texts[self.language])
        if name in self.titles:
            return self.titles[name][self.language]
        return phrase("facts", name, self.language)

    def formula(self, node: Node, strength: int = 0) -> str:
        """The node in words. `strength`: how tightly what stands around it binds, for brackets."""
        match node:
            case Constant(value=value):
                return self._constant(value)
            case Name(name=name):
                return self.name(name)
            case Arithmetic(operator=operator, left=left, right=right):
                own = _STRENGTH[operator]
                if own == 2 and isinstance(right, Name) and self.constants.get(right.name, {}).get("value") == 1:
                    return self.formula(left, strength)  # one month, one person: there for the unit
                side = self._beside if operator in "+-" else lambda node, _, strength: self.formula(node, strength)
                text = f"{side(left, right, own)} {_SIGNS[operator]} {side(right, left, own + (operator in '-/'))}"
                return self.bracketed(text) if own < strength else text
            case Comparison():
                return self._comparison(node)
            case Membership(item=item, members=members, negated=negated):
                return self.say("not_in" if negated else "in", what=self.formula(item), list=self.terms(map(str, members)))
            case IsNull(item=item, negated=negated):
                return self.say("is_known" if negated else "is_null", what=self.formula(item))
            case Junction(operator=operator, items=items):
                text = self.say(operator).join(self.formula(item, 1) for item in items)
                return self.bracketed(text) if strength else text
            case Negation(item=item):
                return self.say("not", what=self.formula(item))
            case Call():
                return self._call(node)
            case Lookup(table=table):
                return self.table(table)
            case Choice(rows=rows, otherwise=otherwise):
                lines = [self.say("pick_line", then=self.formula(then), when=self.formula(when)) for when, then in rows]
                return self.listed([*lines, self.say("pick_else", then=self.formula(otherwise))])
            case Bands(item=item, bands=bands):
                return f"{self.formula(item)}: " + self.listed(f"{least:g} → {points:g}" for least, points in reversed(bands))

    def table(self, name: str) -> str:
        """A table as what it gives for each key: "15% for A; 12% for B"."""
        unit, values = self.tables[name]["unit"], self.tables[name]["values"]
        rows = (self.say("keyed", value=self.figure(value, unit), which=self.term(key)) for key, value in values.items())
        return f"[{self.listed(rows)}]"

    def _constant(self, value: float | str | bool | None) -> str:
        if value is None:
            return "–"
        share = isinstance(value, float) and 0 < abs(value) < 1
        return self.figure(value, "ratio" if share else "1")

    def _comparison(self, node: Comparison) -> str:
        left, right = node.left, node.right
        flag = isinstance(left, Name) and isinstance(right, Constant) and right.value in (0, 1) and node.operator in ("==", "!=")
        if flag and self._is_flag(left.name if isinstance(left, Name) else ""):
            yes = (isinstance(right, Constant) and right.value == 1) == (node.operator == "==")
            return self.say("yes" if yes else "no", a=self.formula(left))
        return self.say(node.operator, a=self._beside(left, right), b=self._beside(right, left))

    def _beside(self, node: Node, other: Node, strength: int = 0) -> str:
        """A side of a sum or comparison: a bare figure beside an amount is an amount."""
        if isinstance(node, Constant) and isinstance(node.value, int | float) and node.value and other.kind.powers == _YUAN:
            return self.amount(float(node.value))
        return self.formula(node, strength)

    def _is_flag(self, name: str) -> bool:
        asked = self.product.application.get(name)
        return self.product.variables.get(name) == "0/1" or (asked is not None and asked.unit == "flag")

    def _call(self, node: Call) -> str:
        items = list(dict.fromkeys(self.formula(item) for item in node.items))  # a table and its row for all others are one
        if node.function == "coalesce" and len(items) == 1:
            return items[0]
        if node.function == "coalesce":
            return self.say("coalesce", first=items[0], rest=self.listed(items[1:]))
        return self.say(node.function, list=self.listed(items))
