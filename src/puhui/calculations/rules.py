"""The language of a product file: `inv_out_active_months_12m >= 9 and not inv_circular_flag`, read, checked and kept as a tree.

A small part of Python's expression grammar: figures, texts, names of facts, `+ - * /`, comparison, `and or not`, `in (…)`,
`is null`, `min`, `max`, `coalesce`, and look-up in a table, `sales_share[risk_class]`. Nothing else; no calls, no attributes.

Null is a value of its own, "not known", and stays so: any arithmetic or comparison with it is null; `and`, `or`, `not` follow
Kleene (`null and false` is false, `null or true` is true, otherwise null); `min` and `max` of a null are null; only `is null` and
`coalesce` (the first that is known) end it. Division by zero and numbers out of range are null, and so is a key that a table lacks.
What a rule whose result is null means (pass, fail, refer) is said beside the rule in the product file.

A text is checked whole: unknown names (with the likely one), wrong units, wrong kinds are all named with file, line and column.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.rule_tree import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Expression,
    IsNull,
    Junction,
    Lookup,
    Membership,
    Name,
    Negation,
    Node,
    expression_of,
)
from puhui.calculations.rule_units import BARE, BOOLEAN, TEXT, Kind, common, product, unit_text

FUNCTIONS = ("coalesce", "max", "min")
_ARITHMETIC: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISON: Mapping[type[ast.cmpop], str] = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_GRAMMAR = "figures, texts, names, + - * /, comparison, and/or/not, in, is null, min, max, coalesce, table[key]"
_FALLBACK = Kind("number", None)  # by identity: the kind given to a part that was faulty, so that one fault does not bring ten


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression stands in a file; `column` is that of its first character."""

    file: str = "expression"
    line: int = 1
    column: int = 1

    def at(self, text: str, offset: int) -> str:
        """The place of the character `offset` (from 0) of the expression `text`, which may run over lines."""
        before = text[:offset]
        line = before.count("\n")
        column = len(before) - before.rfind("\n") if line else self.column + offset
        return f"{self.file}:{self.line + line}:{column}"


@dataclass(frozen=True, slots=True)
class TableKind:
    """What a look-up table takes and gives; `keys` are those it has, for checking keys written out in a rule."""

    key: Kind
    value: Kind
    keys: frozenset[str | float]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names and tables that an expression may use."""

    names: Mapping[str, Kind]
    tables: Mapping[str, TableKind]


def parse(text: str, vocabulary: Vocabulary, expected: Kind, place: Place | None = None) -> Expression:
    """The checked expression of `text`, whose result must be of the kind `expected`. Raises FaultsError naming every fault."""
    reader = _Reader(vocabulary, place or Place())
    tree = reader.read(text, expected)
    if reader.faults:
        raise FaultsError(reader.faults)
    return expression_of(text, tree)


class _Reader:
    """Turns Python's tree into ours, checking kinds on the way and collecting faults."""

    def __init__(self, vocabulary: Vocabulary, place: Place) -> None:
        self.vocabulary = vocabulary
        self.place = place
        self.faults: list[Fault] = []
        self.text = ""
        self.margin = 0

    def read(self, text: str, expected: Kind) -> Node:
        # An expression may be written over several lines; Python's parser is given one, of the same length.
        self.text = text
        self.margin = len(text) - len(text.lstrip())
        flat = text.strip().replace("\n", " ")
        try:
            parsed = ast.parse(flat, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            offset = max(0, min((getattr(error, "offset", None) or 1) - 1, len(flat)))
            message = getattr(error, "msg", None) or "no expression"
            where = self.place.at(text, self.margin + offset)
            self.faults.append(Fault(where, f"{shortened(flat)!r} ({message})", "one expression", "Brackets and quotes must be closed."))
            return Constant(None, _FALLBACK)
        node = self.node(parsed)
        if not self.faults and common(node.kind, expected) is None:
            self.fault(parsed, f"a result that is a {node.kind}", f"a {expected}")
        return node

    def fault(self, at: ast.AST, found: str, expected: str, remedy: str = "") -> None:
        # Python counts columns in bytes of UTF-8.
        column = len(self.text.strip().encode()[: getattr(at, "col_offset", 0)].decode(errors="ignore"))
        self.faults.append(Fault(self.place.at(self.text, self.margin + column), found, expected, remedy))

    def node(self, at: ast.expr) -> Node:
        match at:
            case ast.Constant():
                return self.constant(at)
            case ast.Name():
                return self.name(at)
            case ast.UnaryOp():
                return self.unary(at)
            case ast.BinOp():
                return self.arithmetic(at)
            case ast.BoolOp():
                items = tuple(self.of_kind(value, BOOLEAN) for value in at.values)
                return Junction("and" if isinstance(at.op, ast.And) else "or", items)
            case ast.Compare():
                return self.comparison(at)
            case ast.Call():
                return self.call(at)
            case ast.Subscript():
                return self.lookup(at)
        self.fault(at, f"{ast.unparse(at)!r}", _GRAMMAR)
        return Constant(None, _FALLBACK)

    def of_kind(self, at: ast.expr, kind: Kind) -> Node:
        node = self.node(at)
        if node.kind.base != kind.base and node.kind is not _FALLBACK:
            self.fault(at, f"{ast.unparse(at)!r}, a {node.kind}", f"a {kind.base}")
        return node

    def constant(self, at: ast.Constant) -> Node:
        value = at.value
        if isinstance(value, bool):
            return Constant(value, BOOLEAN)
        if isinstance(value, int | float) and abs(value) <= 1e300:
            return Constant(float(value), BARE)
        if isinstance(value, str):
            return Constant(value, TEXT)
        self.fault(at, f"{ast.unparse(at)!r}", "a figure, a text in quotes, true or false")
        return Constant(None, _FALLBACK)

    def name(self, at: ast.Name) -> Node:
        if at.id in ("true", "false"):
            return Constant(at.id == "true", BOOLEAN)
        kind = self.vocabulary.names.get(at.id)
        if kind is None:
            known = [*self.vocabulary.names, *self.vocabulary.tables]
            likely = difflib.get_close_matches(at.id, known, n=1, cutoff=0.6)
            remedy = f"Did you mean {likely[0]}?" if likely else "Names must be declared under [variables], or be facts of the case."
            self.fault(at, f"the unknown name {at.id!r}", "a declared variable or a fact", remedy)
            return Name(at.id, _FALLBACK)
        return Name(at.id, kind)

    def unary(self, at: ast.UnaryOp) -> Node:
        if isinstance(at.op, ast.Not):
            return Negation(self.of_kind(at.operand, BOOLEAN))
        item = self.of_kind(at.operand, BARE)
        if isinstance(at.op, ast.USub):
            if isinstance(item, Constant) and isinstance(item.value, float):
                return Constant(-item.value, item.kind)
            return Arithmetic("-", Constant(0.0, item.kind), item, item.kind)
        if not isinstance(at.op, ast.UAdd):
            self.fault(at, f"{ast.unparse(at)!r}", "not or -")
        return item

    def arithmetic(self, at: ast.BinOp) -> Node:
        operator = _ARITHMETIC.get(type(at.op))
        if operator is None:
            self.fault(at, f"{ast.unparse(at)!r}", "one of + - * /")
            return Constant(None, _FALLBACK)
        left, right = self.of_kind(at.left, BARE), self.of_kind(at.right, BARE)
        if left.kind.base != "number" or right.kind.base != "number":
            return Arithmetic(operator, left, right, _FALLBACK)
        if operator in "*/":
            return Arithmetic(operator, left, right, product(left.kind, right.kind, divide=operator == "/"))
        return Arithmetic(operator, left, right, self.shared(at, left.kind, right.kind))

    def shared(self, at: ast.expr, left: Kind, right: Kind) -> Kind:
        kind = common(left, right)
        if kind is None:
            self.unlike(at, left, right)
        return kind or _FALLBACK

    def unlike(self, at: ast.expr, left: Kind, right: Kind) -> None:
        if left.base == right.base:
            found = f"{unit_text(left.powers)} and {unit_text(right.powers)} together in {ast.unparse(at)!r}"
            self.fault(at, found, "the same unit on both sides", "Convert one of them, or compare with another variable.")
        else:
            self.fault(at, f"a {left.base} and a {right.base} together in {ast.unparse(at)!r}", "the same kind on both sides")

    def comparison(self, at: ast.Compare) -> Node:
        parts: list[Node] = []
        left = at.left
        for operator, right in zip(at.ops, at.comparators, strict=True):
            parts.append(self.one_comparison(at, left, operator, right))
            left = right
        return parts[0] if len(parts) == 1 else Junction("and", tuple(parts))

    def one_comparison(self, at: ast.Compare, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Node:
        if isinstance(operator, ast.Is | ast.IsNot):
            if not (_is_null(right)):
                self.fault(right, f"{ast.unparse(right)!r} after is", "null")
            return IsNull(self.node(left), isinstance(operator, ast.IsNot))
        if isinstance(operator, ast.In | ast.NotIn):
            item = self.node(left)
            return Membership(item, self.members(right, item.kind), isinstance(operator, ast.NotIn))
        a, b = self.node(left), self.node(right)
        if a.kind is not _FALLBACK or b.kind is not _FALLBACK:
            self.shared(at, a.kind, b.kind)
        symbol = _COMPARISON[type(operator)]
        if symbol not in ("==", "!=") and "number" not in (a.kind.base, b.kind.base):
            self.fault(at, f"{ast.unparse(at)!r}", "== or != between texts and booleans")
        return Comparison(symbol, a, b)

    def members(self, at: ast.expr, kind: Kind) -> tuple[float | str, ...]:
        if not isinstance(at, ast.Tuple | ast.List | ast.Set) or not at.elts:
            self.fault(at, f"{ast.unparse(at)!r} after in", "values in brackets, such as ('A', 'B')")
            return ()
        members: list[float | str] = []
        for element in at.elts:
            node = self.node(element)
            if not isinstance(node, Constant) or node.value is None or isinstance(node.value, bool):
                self.fault(element, f"{ast.unparse(element)!r}", "a figure or a text")
            elif common(kind, node.kind) is None:
                self.unlike(element, kind, node.kind)
            elif node.value in members:
                self.fault(element, f"{ast.unparse(element)!r} twice", "each value once")
            else:
                members.append(node.value)
        return tuple(members)

    def call(self, at: ast.Call) -> Node:
        function = at.func.id if isinstance(at.func, ast.Name) else ast.unparse(at.func)
        if function not in FUNCTIONS:
            likely = difflib.get_close_matches(function, FUNCTIONS, n=1)
            remedy = f"Did you mean {likely[0]}?" if likely else ""
            self.fault(at, f"the unknown function {function!r}", f"one of {', '.join(FUNCTIONS)}", remedy)
            return Constant(None, _FALLBACK)
        if len(at.args) < 2 or at.keywords or any(isinstance(argument, ast.Starred) for argument in at.args):
            self.fault(at, f"{ast.unparse(at)!r}", f"two or more values in {function}(…)")
            return Constant(None, _FALLBACK)
        items = tuple(self.node(argument) if function == "coalesce" else self.of_kind(argument, BARE) for argument in at.args)
        kind = items[0].kind
        for argument, item in zip(at.args[1:], items[1:], strict=True):
            kind = self.shared(argument, kind, item.kind)
        return Call(function, items, kind)

    def lookup(self, at: ast.Subscript) -> Node:
        table = at.value.id if isinstance(at.value, ast.Name) else ast.unparse(at.value)
        found = self.vocabulary.tables.get(table)
        if found is None:
            likely = difflib.get_close_matches(table, self.vocabulary.tables, n=1, cutoff=0.6)
            self.fault(at, f"the unknown table {table!r}", "a declared table", f"Did you mean {likely[0]}?" if likely else "")
            return Constant(None, _FALLBACK)
        key = self.node(at.slice)
        if common(found.key, key.kind) is None:
            self.unlike(at.slice, found.key, key.kind)
        elif isinstance(key, Constant) and key.value not in found.keys:
            self.fault(at.slice, f"the key {key.value!r}", f"one of {', '.join(sorted(map(repr, found.keys)))}")
        return Lookup(table, key, found.value)


def shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"


def _is_null(at: ast.expr) -> bool:
    return (isinstance(at, ast.Constant) and at.value is None) or (isinstance(at, ast.Name) and at.id == "null")
