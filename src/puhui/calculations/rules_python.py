"""Rules for one application: a checked tree becomes a few plain Python statements, and those a function.

Every part of the expression is one assignment, with its null case written out; so the text can be read (`source`) and runs in some
microseconds. Only figures, texts and names that the checker has seen get into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from puhui.calculations.rule_tree import (
    Arithmetic,
    Bands,
    Call,
    Choice,
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
)

Value = float | str | bool | None
Evaluate = Callable[[Mapping[str, Value], Mapping[str, Mapping[str | float, Value]]], Value]

_LARGEST = 1.7976931348623157e308


def compile_python(expression: Expression) -> Evaluate:
    """A function of facts (name → value or None) and tables (name → key → value) that gives the value of the expression, or None."""
    space: dict[str, object] = {"__builtins__": {"min": min, "max": max, "float": float}}
    exec(compile(source(expression), f"<rule {expression.text[:40]}>", "exec"), space)
    return space["rule"]  # type: ignore[return-value]


def source(expression: Expression) -> str:
    """The Python text of the expression as a function `rule(facts, tables)`."""
    writer = _Writer()
    result = writer.write(expression.tree)
    body = "\n".join(f"    {line}" for line in writer.lines)
    return f"def rule(facts, tables):\n{body}\n    return {result}\n"


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def put(self, text: str) -> str:
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return name

    def write(self, node: Node) -> str:
        match node:
            case Constant(value=value):
                return self.put(repr(value))
            case Name(name=name):
                return self.put(f"facts.get({name!r})")
            case Arithmetic():
                return self.arithmetic(node)
            case Comparison(operator=operator, left=left, right=right):
                a, b = self.write(left), self.write(right)
                return self.put(f"None if {a} is None or {b} is None else {a} {operator} {b}")
            case Membership(item=item, members=members, negated=negated):
                a = self.write(item)
                return self.put(f"None if {a} is None else {a} {'not in' if negated else 'in'} {members!r}")
            case IsNull(item=item, negated=negated):
                return self.put(f"{self.write(item)} is {'not ' if negated else ''}None")
            case Junction():
                return self.junction(node)
            case Negation(item=item):
                a = self.write(item)
                return self.put(f"None if {a} is None else not {a}")
            case Call():
                return self.call(node)
            case Lookup(table=table, key=key):
                a = self.write(key)
                return self.put(f"None if {a} is None else tables[{table!r}].get({a})")
            case Choice(rows=rows, otherwise=otherwise):
                written = [(self.write(condition), self.write(value)) for condition, value in rows]
                last = self.write(otherwise)
                return self.put("".join(f"{value} if {condition} is True else " for condition, value in written) + last)
            case Bands(item=item, bands=bands, below=below, null=null):
                a = self.write(item)
                chosen = "".join(f"{points!r} if {a} >= {least!r} else " for least, points in reversed(bands))
                return self.put(f"{null!r} if {a} is None else {chosen}{below!r}")

    def arithmetic(self, node: Arithmetic) -> str:
        a, b = self.write(node.left), self.write(node.right)
        unknown = f"{a} is None or {b} is None" + (f" or {b} == 0" if node.operator == "/" else "")
        # float(): whole numbers of any size must behave like the fractions they are compared with.
        raw = self.put(f"None if {unknown} else float({a}) {node.operator} {b}")
        return self.put(f"{raw} if {raw} is None or {-_LARGEST!r} <= {raw} <= {_LARGEST!r} else None")

    def junction(self, node: Junction) -> str:
        items = [self.write(item) for item in node.items]
        decisive = "False" if node.operator == "and" else "True"
        decided = " or ".join(f"{item} is {decisive}" for item in items)
        unknown = " or ".join(f"{item} is None" for item in items)
        return self.put(f"{decisive} if {decided} else None if {unknown} else {'True' if decisive == 'False' else 'False'}")

    def call(self, node: Call) -> str:
        items = [self.write(item) for item in node.items]
        if node.function == "coalesce":
            choice = " else ".join(f"{item} if {item} is not None" for item in items[:-1])
            return self.put(f"{choice} else {items[-1]}")
        unknown = " or ".join(f"{item} is None" for item in items)
        return self.put(f"None if {unknown} else {node.function}({', '.join(items)})")
