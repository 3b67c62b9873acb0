"""What a condition asks of each fact, seen alone: ranges of numbers, sets of texts, known or not.

A condition is true for a union of boxes; a box names for each fact the values that it may have. `sales > 3 and (grade == 'A' or age < 2)`
is true in two boxes. What compares two facts, or reckons, asks nothing of either alone and is left open, so an empty union means for
certain that nothing can make the condition true; the reverse is not claimed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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
    walk,
)

__all__ = ["Box", "Domain", "described", "false_in", "holds_nowhere", "meets", "not_true_in", "range_of", "true_in"]

MOST_BOXES = 256


@dataclass(frozen=True, slots=True)
class Domain:
    """Values of one fact: numbers between two ends, or texts; `known` False: only null, None: null or any of the values."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    texts: frozenset[str] | None = None  # None: any
    without: frozenset[str | float] = frozenset()
    known: bool | None = True

    @property
    def is_empty(self) -> bool:
        if self.known is not True:
            return False
        if self.texts is not None:
            return not self.texts - self.without
        if self.low > self.high or (self.low == self.high and (self.low_open or self.high_open)):
            return True
        return self.low == self.high and self.low in self.without

    def meet(self, other: Domain) -> Domain:
        """What lies in both."""
        known = other.known if self.known is None else self.known
        if self.known is not None and other.known is not None and self.known != other.known:
            return Domain(1.0, 0.0)
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, high_closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        texts = other.texts if self.texts is None else self.texts if other.texts is None else self.texts & other.texts
        return Domain(low, high, low_open, not high_closed, texts, self.without | other.without, known)


Box = Mapping[str, Domain]
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPEN: list[Box] = [{}]
_NULL = Domain(known=False)


def true_in(node: Node) -> list[Box]:
    """The boxes in which the condition may be true."""
    match node:
        case Constant(value=value):
            return _OPEN if value is True else []
        case Name(name=name):
            return [{name: Domain(texts=frozenset({"true"}))}]
        case Negation(item=item):
            return false_in(item)
        case Junction(operator="and", items=items):
            return meets([true_in(item) for item in items])
        case Junction(items=items):
            return _joined([true_in(item) for item in items])
        case IsNull(item=Name(name=name), negated=negated):
            return [{name: Domain() if negated else _NULL}]
        case Membership(item=Name(name=name), members=members, negated=negated):
            return _members(name, members, negated)
        case Comparison(operator=operator, left=left, right=right):
            return _compared(operator, left, right)
    return _OPEN


def false_in(node: Node) -> list[Box]:
    """The boxes in which the condition may be false (not null)."""
    match node:
        case Constant(value=value):
            return _OPEN if value is False else []
        case Name(name=name):
            return [{name: Domain(texts=frozenset({"false"}))}]
        case Negation(item=item):
            return true_in(item)
        case Junction(operator="and", items=items):
            return _joined([false_in(item) for item in items])
        case Junction(items=items):
            return meets([false_in(item) for item in items])
        case IsNull(item=item, negated=negated):
            return true_in(IsNull(item, not negated))
        case Membership(item=item, members=members, negated=negated):
            return true_in(Membership(item, members, not negated))
        case Comparison(operator=operator, left=left, right=right):
            return true_in(Comparison(_NEGATED[operator], left, right))
    return _OPEN


def not_true_in(node: Node) -> list[Box]:
    """The boxes in which the condition may be false or null."""
    match node:
        case Negation(item=item):
            return _not_false_in(item)
        case Junction(operator="and", items=items):
            return _joined([not_true_in(item) for item in items])
        case Junction(items=items):
            return meets([not_true_in(item) for item in items])
    return _joined([false_in(node), _null_in(node)])


def _not_false_in(node: Node) -> list[Box]:
    match node:
        case Negation(item=item):
            return not_true_in(item)
        case Junction(operator="or", items=items):
            return _joined([_not_false_in(item) for item in items])
        case Junction(items=items):
            return meets([_not_false_in(item) for item in items])
    return _joined([true_in(node), _null_in(node)])


def _null_in(node: Node) -> list[Box]:
    """The boxes in which a condition that is no junction may be null: those in which one of its names is."""
    if isinstance(node, IsNull | Constant):
        return []
    return [{part.name: _NULL} for part in walk(node) if isinstance(part, Name)]


def meets(unions: Sequence[list[Box]]) -> list[Box]:
    """The boxes that lie in all of the unions; open where they grow too many."""
    found: list[Box] = [{}]
    for union in unions:
        found = [met for box in found for other in union if (met := _meet(box, other)) is not None]
        if len(found) > MOST_BOXES:
            return _OPEN
    return found


def holds_nowhere(boxes: Iterable[Box], domains: Box) -> bool:
    """Whether no box has anything in common with what the facts can be."""
    return all(_meet(box, {name: domains[name] for name in box if name in domains}) is None for box in boxes)


def _joined(unions: Sequence[list[Box]]) -> list[Box]:
    found = [box for union in unions for box in union]
    return found if len(found) <= MOST_BOXES else _OPEN


def _meet(box: Box, other: Box) -> Box | None:
    met = dict(box)
    for name, domain in other.items():
        met[name] = met[name].meet(domain) if name in met else domain
        if met[name].is_empty:
            return None
    return met


def _members(name: str, members: tuple[float | str, ...], negated: bool) -> list[Box]:
    if negated:
        return [{name: Domain(without=frozenset(members))}]
    if all(isinstance(member, str) for member in members):
        return [{name: Domain(texts=frozenset(str(member) for member in members))}]
    return [{name: Domain(float(member), float(member))} for member in members]


def _compared(operator: str, left: Node, right: Node) -> list[Box]:
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _constants(operator, left, right)
    if isinstance(left, Constant) and isinstance(right, Name):
        return _compared(_TURNED[operator], right, left)
    if not isinstance(left, Name) or not isinstance(right, Constant) or right.value is None:
        return _OPEN
    name, value = left.name, right.value
    if isinstance(value, bool):
        wanted = value == (operator == "==")
        return [{name: Domain(texts=frozenset({str(wanted).lower()}))}]
    if isinstance(value, str):
        return _members(name, (value,), operator == "!=")
    return [{name: _range(operator, float(value))}]


def _constants(operator: str, left: Constant, right: Constant) -> list[Box]:
    known = left.value is not None and right.value is not None
    true = known and {
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }[operator](left.value, right.value)
    return _OPEN if true else []


def _range(operator: str, value: float) -> Domain:
    match operator:
        case "<" | "<=":
            return Domain(high=value, high_open=operator == "<")
        case ">" | ">=":
            return Domain(low=value, low_open=operator == ">")
        case "==":
            return Domain(value, value)
        case _:
            return Domain(without=frozenset({value}))


def described(box: Box) -> str:
    """A box in signs: `age in [3, 5), grade in A, B, sales null`."""
    return ", ".join(f"{name} {_described(domain)}" for name, domain in sorted(box.items())) or "any firm"


def _described(domain: Domain) -> str:
    if domain.known is False:
        return "null"
    if domain.texts is not None:
        return "in " + ", ".join(sorted(domain.texts - domain.without, key=str)[:6])
    apart = ", ".join(sorted(str(one) for one in domain.without)[:6])
    if apart and math.isinf(domain.low) and math.isinf(domain.high):
        return f"not in {apart}"
    ends = f"in {'(' if domain.low_open else '['}{domain.low:g}, {domain.high:g}{')' if domain.high_open else ']'}"
    return f"{ends} except {apart}" if apart else ends


Range = tuple[float, float]


def range_of(node: Node, domains: Box, tables: Mapping[str, Mapping[str | float, float]]) -> Range:
    """(least, most) that a number can be where it is known, from what its facts can be."""
    match node:
        case Constant(value=value):
            return (float(value), float(value)) if isinstance(value, int | float) else (-math.inf, math.inf)
        case Name(name=name):
            domain = domains.get(name, Domain())
            return (domain.low, domain.high)
        case Arithmetic(operator=operator, left=left, right=right):
            return _arithmetic(operator, range_of(left, domains, tables), range_of(right, domains, tables))
        case Call(function=function, items=items):
            return _called(function, [range_of(item, domains, tables) for item in items])
        case Lookup(table=table):
            values = list(tables[table].values())
            return (min(values), max(values)) if values else (-math.inf, math.inf)
        case Choice(rows=rows, otherwise=otherwise):
            values_of = [value for _, value in rows] + ([] if isinstance(otherwise, Constant) and otherwise.value is None else [otherwise])
            ranges = [range_of(value, domains, tables) for value in values_of]
            return (min(low for low, _ in ranges), max(high for _, high in ranges))
        case Bands(bands=bands, below=below, null=null):
            points = [below, null, *(points for _, points in bands)]
            return (min(points), max(points))
    return (-math.inf, math.inf)


def _arithmetic(operator: str, left: Range, right: Range) -> Range:
    if operator == "+":
        return (left[0] + right[0], left[1] + right[1])
    if operator == "-":
        return (left[0] - right[1], left[1] - right[0])
    if operator == "/" and right[0] <= 0 <= right[1]:
        return (0.0, math.inf) if left[0] >= 0 and right[0] >= 0 else (-math.inf, math.inf)
    pairs = [_product(a, b) if operator == "*" else _quotient(a, b) for a in left for b in right]
    return (min(pairs), max(pairs))


def _product(left: float, right: float) -> float:
    return 0.0 if left == 0 or right == 0 else left * right


def _quotient(left: float, right: float) -> float:
    return 0.0 if math.isinf(right) and math.isinf(left) else left / right


def _called(function: str, ranges: list[Range]) -> Range:
    if function == "coalesce":
        return (min(low for low, _ in ranges), max(high for _, high in ranges))
    chosen = min if function == "min" else max
    return (chosen(low for low, _ in ranges), chosen(high for _, high in ranges))
