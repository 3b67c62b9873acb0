"""The tree of a checked expression of a product file: its nodes, each with the kind of what it gives, and the walk over them.

How a text becomes such a tree, and what null does in it: `rules`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from puhui.calculations.rule_units import BOOLEAN, Kind

__all__ = [
    "Arithmetic",
    "Bands",
    "Call",
    "Choice",
    "Comparison",
    "Constant",
    "Expression",
    "IsNull",
    "Junction",
    "Lookup",
    "Membership",
    "Name",
    "Negation",
    "Node",
    "children",
    "expression_of",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Constant:
    value: float | str | bool | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: str
    left: Node
    right: Node
    kind: Kind


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    left: Node
    right: Node
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class Membership:
    item: Node
    members: tuple[float | str, ...]
    negated: bool
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class IsNull:
    item: Node
    negated: bool
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class Junction:
    """`and` / `or` of two or more."""

    operator: str
    items: tuple[Node, ...]
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class Negation:
    item: Node
    kind: Kind = BOOLEAN


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    items: tuple[Node, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Lookup:
    table: str
    key: Node
    kind: Kind


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision table: the value of the first row whose condition is true. A condition that is null does not match."""

    rows: tuple[tuple[Node, Node], ...]
    otherwise: Node
    kind: Kind


@dataclass(frozen=True, slots=True)
class Bands:
    """A score table's item: the points of the highest threshold that the value reaches; `bands` are (from, points), rising."""

    item: Node
    bands: tuple[tuple[float, float], ...]
    below: float  # points of a value that reaches none
    null: float
    kind: Kind


Node = Constant | Name | Arithmetic | Comparison | Membership | IsNull | Junction | Negation | Call | Lookup | Choice | Bands


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: its text, its tree, and the names and tables it uses, sorted."""

    text: str
    tree: Node
    names: tuple[str, ...]
    tables: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        return self.tree.kind


def expression_of(text: str, tree: Node) -> Expression:
    """An expression from a tree that is checked already."""
    used = [node for node in walk(tree) if isinstance(node, Name | Lookup)]
    names = sorted({node.name for node in used if isinstance(node, Name)})
    tables = sorted({node.table for node in used if isinstance(node, Lookup)})
    return Expression(text, tree, tuple(names), tuple(tables))


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case Arithmetic(left=left, right=right) | Comparison(left=left, right=right):
            return (left, right)
        case Membership(item=item) | IsNull(item=item) | Negation(item=item) | Bands(item=item):
            return (item,)
        case Choice(rows=rows, otherwise=otherwise):
            return (*(node for row in rows for node in row), otherwise)
        case Junction(items=items) | Call(items=items):
            return items
        case Lookup(key=key):
            return (key,)
        case _:
            return ()
