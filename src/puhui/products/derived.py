"""Values that a product makes of others: definitions, score tables and decision tables, each named and used like a fact after it.

A definition is one expression. A score table adds up points, each item giving the points of the highest threshold that its value
reaches. A decision table gives the outcome of its first row whose condition is true; a condition that is null does not match. They are
read in that order, and each may speak of all before it. What speaks of the score or the class is computed after it, and is known to the
bounds of the limit only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from puhui.calculations.rule_tree import Arithmetic, Bands, Choice, Constant, Node
from puhui.calculations.rule_units import BARE, BOOLEAN, TEXT, Kind, kind_of_unit, number
from puhui.products.fields import Fields
from puhui.products.formulas import Formulas
from puhui.products.terms import Derived, ScoreItem

__all__ = ["read_derived"]

_POINTS = number("points")


def read_derived(root: Fields, formulas: Formulas) -> tuple[Derived, ...]:
    """Everything under [[definitions]], [[score_tables]] and [[decision_tables]], in the order in which it is computed."""
    readers: dict[str, Callable[[Fields, Formulas], Derived]] = {
        "definitions": _definition,
        "score_tables": _score_table,
        "decision_tables": _decision_table,
    }
    found: dict[str, Derived] = {}
    for part, reader in readers.items():
        for row in root.rows(part, required=False):
            one = reader(row, formulas)
            row.take("source", "")
            row.finish()
            if one.name in found or one.name in formulas.scored.names or not one.name.isidentifier():
                row.fault("name", one.name, "a name of letters, digits and _ that nothing else has", "Rename it.")
                continue
            found[one.name] = one
            formulas.add(one.name, kind_of_unit(one.unit), after_class=one.after_class)
    return tuple(found.values())


def _definition(row: Fields, formulas: Formulas) -> Derived:
    name, unit = row.text("name"), row.text("unit")
    formula = formulas.read(row, "expression", unit or BARE, scored=True)
    return Derived(name, "definition", unit, formula, row.texts("texts"), formulas.is_after_class(formula.expression.names))


def _score_table(row: Fields, formulas: Formulas) -> Derived:
    name = row.text("name")
    unit = row.text("unit", "points")
    items = tuple(_item(item, formulas) for item in row.rows("items"))
    trees = [item.formula.expression.tree for item in items] or [Constant(0.0, _POINTS)]
    whole = reduce(lambda left, right: Arithmetic("+", left, right, _POINTS), trees)
    formula = formulas.of_tree(" + ".join(f"points of ({item.value.text.strip()})" for item in items), whole)
    return Derived(name, "score_table", unit, formula, row.texts("texts", None), formulas.is_after_class(formula.expression.names), items)


def _item(row: Fields, formulas: Formulas) -> ScoreItem:
    value = formulas.read(row, "value", BARE, scored=True)
    bands = []
    for band in row.rows("bands"):
        bands.append((band.number("from", -1e15, 1e15), band.number("points", -1e6, 1e6)))
        band.finish()
        if sum(least == bands[-1][0] for least, _ in bands) > 1:
            band.fault("from", bands[-1][0], "each threshold once", "The band cannot be reached.")
    null, below = row.number("null_points", -1e6, 1e6, 0), row.number("below_points", -1e6, 1e6, 0)
    row.take("source", "")
    tree = Bands(value.expression.tree, tuple(sorted((float(least), float(points)) for least, points in bands)), below, null, _POINTS)
    texts = row.texts("texts", None)
    row.finish()
    return ScoreItem(formulas.of_tree(f"points of ({value.text.strip()})", tree), value, texts)


def _decision_table(row: Fields, formulas: Formulas) -> Derived:
    name, unit = row.text("name"), row.text("unit")
    kind = kind_of_unit(unit)
    rows: list[tuple[Node, Node]] = []
    words = []
    for line in row.rows("rows"):
        condition = formulas.read(line, "when", BOOLEAN, scored=True)
        then = _outcome(line, "then", kind, formulas)
        line.take("source", ""), line.texts("texts", None)
        line.finish()
        rows.append((condition.expression.tree, then))
        words.append(f"{_shown(then, line.body.get('then'))} when {condition.text.strip()}")
    otherwise = _outcome(row, "otherwise", kind, formulas) if "otherwise" in row.body else Constant(None, kind)
    formula = formulas.of_tree(
        "; ".join([*words, f"otherwise {_shown(otherwise, row.body.get('otherwise'))}"]), Choice(tuple(rows), otherwise, kind)
    )
    written = [node.value for node in (*(then for _, then in rows), otherwise) if isinstance(node, Constant) and node.value is not None]
    after_class = formulas.is_after_class(formula.expression.names)
    return Derived(name, "decision_table", unit, formula, row.texts("texts", None), after_class, outcomes=tuple(dict.fromkeys(written)))


def _outcome(row: Fields, key: str, kind: Kind, formulas: Formulas) -> Node:
    """A figure, text or flag as it stands; in a table of figures a text is an expression."""
    value = row.take(key)
    if isinstance(value, str) and kind.base != "text":
        return formulas.read(row, key, kind, scored=True).expression.tree
    if isinstance(value, bool):
        found = BOOLEAN
    elif isinstance(value, int | float):
        found = BARE
        value = float(value)
    else:
        found = TEXT
    if value is not None and (found.base != kind.base or not isinstance(value, str | float)):
        row.fault(key, row.body[key], f"a {kind.base}")
        value = None
    return Constant(value, kind)


def _shown(node: Node, written: object) -> str:
    return "null" if isinstance(node, Constant) and node.value is None else str(written)
