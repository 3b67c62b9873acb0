"""Cases that show their `working` are reckoned by it: each sum is done again here with fractions, and each figure expected stands in one.

A line of working is a sum and its result, `100,000 × 3.6% × (2026-02-15 to 2026-03-07) ÷ 360 = 200.00`: two dates stand for the nights
between them, `^` for a power, and the result is rounded as the terms agree (half up) to the decimals that it shows. Nothing of Puhui is
imported.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.oracle.days import rounded

FOLDER = Path(__file__).parent.parent / "cases"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['title']}")
    for file in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    if "working" in case
]
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
NIGHTS = re.compile(r"(\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d)")
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def nights(found: re.Match[str]) -> str:
    return str((date.fromisoformat(found[2]) - date.fromisoformat(found[1])).days)


def plain(text: str) -> str:
    """The sum as Python would write it, without the commas of thousands."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", NIGHTS.sub(nights, text))
    text = re.sub(r"(\d+(?:\.\d+)?)%", r"(\1/100)", text)
    return text.replace("×", "*").replace("÷", "/").replace("−", "-").replace("^", "**")


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


def done_again(line: str, mode: str) -> tuple[str, str]:
    """(the result as the line shows it, the result as it comes out here), both without commas."""
    expression, _, result = line.partition(" = ")
    shown = NUMBER.match(result.replace(",", ""))
    assert shown, line
    decimals = len(shown[0].partition(".")[2])
    units = rounded(value(ast.parse(plain(expression), mode="eval")) * 10**decimals, mode)
    return shown[0], str(Decimal(int(units)).scaleb(-decimals))


def figures(expected: Any) -> Iterator[str]:
    """Every amount expected (a text of digits) that is not nothing."""
    if isinstance(expected, dict):
        for key, item in expected.items():
            if key != "annual_cost":
                yield from figures(item)
    elif isinstance(expected, list):
        for item in expected:
            yield from figures(item)
    elif isinstance(expected, str) and NUMBER.fullmatch(expected) and Fraction(expected):
        yield expected


@pytest.mark.parametrize("case", CASES)
def test_the_working_comes_out(case: dict[str, Any]) -> None:
    mode = case["terms"].get("rounding", {}).get("money", "half_up")
    for line in case["working"]:
        shown, found = done_again(line, mode)
        assert shown == found, line


@pytest.mark.parametrize("case", CASES)
def test_every_figure_expected_stands_in_the_working(case: dict[str, Any]) -> None:
    given = " ".join([*map(plain, case["working"]), str(case["terms"]), str(case.get("events", ""))])
    known = {Fraction(number) for number in NUMBER.findall(given)}
    assert [figure for figure in figures(case["expect"]) if Fraction(figure) not in known] == []


def test_there_are_workings() -> None:
    assert len(CASES) >= 100
