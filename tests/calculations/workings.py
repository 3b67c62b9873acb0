"""Sums as people write them, done again with fractions: `100,000 × 3.6% × (2026-02-15 to 2026-03-07) ÷ 360 = 200.00`.

Two dates stand for the nights between them, `^` for a power; the result is rounded as the terms agree (half up) to the decimals that it
shows. Nothing of Puhui is imported.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.days import rounded

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
NIGHTS = re.compile(r"(\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d)")
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def wrong_sums(case: dict[str, Any]) -> list[str]:
    """The lines of a case's `working` that do not come out."""
    mode = case["terms"].get("rounding", {}).get("money", "half_up")
    return [line for line in case["working"] if len(set(done_again(line, mode))) > 1]


def unexplained(case: dict[str, Any]) -> list[str]:
    """The amounts that a case expects and that stand in none of its sums, terms and events."""
    given = " ".join([*map(as_python, case["working"]), str(case["terms"]), str(case.get("events", ""))])
    known = {Fraction(number) for number in NUMBER.findall(given)}
    return [figure for figure in amounts(case["expect"]) if Fraction(figure) not in known]


def done_again(line: str, mode: str) -> tuple[str, str]:
    """(the result as the line shows it, the result as it comes out here), both without commas."""
    expression, _, result = line.partition(" = ")
    shown = NUMBER.match(result.replace(",", ""))
    assert shown, line
    decimals = len(shown[0].partition(".")[2])
    units = rounded(value(ast.parse(as_python(expression), mode="eval")) * 10**decimals, mode)
    return shown[0], str(Decimal(int(units)).scaleb(-decimals))


def as_python(text: str) -> str:
    """A sum as Python would write it, without the commas of thousands."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", NIGHTS.sub(nights, text))
    text = re.sub(r"(\d+(?:\.\d+)?)%", r"(\1/100)", text)
    return text.replace("×", "*").replace("÷", "/").replace("−", "-").replace("^", "**")


def nights(found: re.Match[str]) -> str:
    return str((date.fromisoformat(found[2]) - date.fromisoformat(found[1])).days)


def value(node: ast.AST) -> Fraction:
    if isinstance(node, ast.Expression):
        return value(node.body)
    if isinstance(node, ast.Constant):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -value(node.operand)
    assert isinstance(node, ast.BinOp)
    if isinstance(node.op, ast.Pow):
        return value(node.left) ** int(value(node.right))
    found = OPERATORS[type(node.op)](value(node.left), value(node.right))
    assert isinstance(found, Fraction)
    return found


def amounts(expected: Any) -> Iterator[str]:
    """Every amount expected (a text of digits) that is not nothing; rates of cost are not amounts."""
    if isinstance(expected, dict):
        for key, item in expected.items():
            if key != "annual_cost":
                yield from amounts(item)
    elif isinstance(expected, list):
        for item in expected:
            yield from amounts(item)
    elif isinstance(expected, str) and NUMBER.fullmatch(expected) and Fraction(expected):
        yield expected
