"""Tables that are looked up by a key whose values are known, such as the class: a value without a row is a gap, a row without a value idle.

A gap gives null. Where a bound of the limit then says zero, nobody with that value gets a loan, which is a contradiction; where it refers
or is left out, and in values made of others, it may be meant and is a remark. A table looked up by what may be anything (an industry) is
left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from puhui.calculations.domains import Box
from puhui.calculations.faults import Fault
from puhui.calculations.rule_tree import Call, Constant, Lookup, Name, Node, children, walk
from puhui.products.terms import Product

__all__ = ["look_up_findings"]


def look_up_findings(product: Product, domains: Box) -> Iterator[tuple[bool, Fault]]:
    """(whether it is a contradiction, what was found) for each table. `domains`: what each fact can be."""
    for table in product.tables:
        yield from _gaps(product, table, domains)
        yield from _idle_rows(product, table, domains)


def _gaps(product: Product, table: str, domains: Box) -> Iterator[tuple[bool, Fault]]:
    for where_null, tree in _formulas(product):
        missed = sorted({value for one in _unguarded(tree, table) for value in _values(one, domains) - product.tables[table].keys()})
        if missed:
            found = f"a table without a row for {', '.join(missed)}"
            remedy = "Nobody there gets a loan." if where_null == "zero" else "It is null there."
            yield where_null == "zero", Fault(product.document.where("tables", table, "values"), found, "a row for each value", remedy)
            return


def _idle_rows(product: Product, table: str, domains: Box) -> Iterator[tuple[bool, Fault]]:
    keys = [node.key for _, tree in _formulas(product) for node in walk(tree) if isinstance(node, Lookup) and node.table == table]
    if not all(isinstance(key, Constant) or _texts(key, domains) is not None for key in keys):
        return
    reached = {key.value for key in keys if isinstance(key, Constant)}.union(*(_texts(key, domains) or () for key in keys))
    for row in product.tables[table]:
        if row not in reached:
            where = product.document.where("tables", table, "values", str(row))
            expected = f"one of {', '.join(sorted(map(str, reached)))}" if reached else "a table that some formula looks up"
            yield False, Fault(where, f"a row that nothing looks up: {row}", expected)


def _formulas(product: Product) -> Iterator[tuple[str, Node]]:
    """What may look tables up: (what null means, tree), the bounds of the limit first."""
    for bound in product.bounds:
        yield bound.when_null, bound.formula.expression.tree
    for one in product.derived:
        yield "null", one.formula.expression.tree
    for rule in product.rules:
        yield "null", rule.require.expression.tree
    for part in product.parts:
        yield part.when_null, part.formula.expression.tree
    for link in product.linkage:
        if link.formula is not None:
            yield "null", link.formula.expression.tree


def _unguarded(tree: Node, table: str) -> Iterator[Lookup]:
    """Where the table is looked up and no `coalesce` catches its null."""
    if isinstance(tree, Lookup) and tree.table == table:
        yield tree
    if not (isinstance(tree, Call) and tree.function == "coalesce"):
        for child in children(tree):
            yield from _unguarded(child, table)


def _values(one: Lookup, domains: Box) -> frozenset[str]:
    return _texts(one.key, domains) or frozenset()


def _texts(key: Node, domains: Box) -> frozenset[str] | None:
    """The texts that a key can be, where that is known."""
    domain = domains.get(key.name) if isinstance(key, Name) else None
    return domain.texts if domain else None
