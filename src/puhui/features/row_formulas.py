"""The declared formulas for one firm at a time: the same Narwhals expressions, turned into Python functions of a row of measures.

A variable is declared once, as a Narwhals expression. Over many firms an engine evaluates it, column by column. For one firm that is the
long way round: an engine looks through hundreds of formulas before it runs them over a single row, and the looking takes nearly all of
the time. So each expression is read once, node by node, into a function that takes a row and gives a number or None; null behaves as on
the engines (nothing comes of nothing; `and` and `or` in three values). What Python would treat otherwise than the engines do, such as a
division by zero, raises ArithmeticError or ValueError, and whoever runs the formulas lets an engine answer instead.

Narwhals keeps the nodes of an expression to itself, so nothing is assumed of them: an operation that is not listed here, or a Narwhals that
keeps its expressions in another shape, makes `row_function` return None, and the expression stays with the engine.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any

import narwhals as nw

__all__ = ["Row", "RowFunction", "row_function"]

Row = Mapping[str, Any]
RowFunction = Callable[[Row], Any]


class _Unknown(Exception):
    """An operation that only engines can do."""


def row_function(expression: nw.Expr) -> RowFunction | None:
    """The function that gives the value of the expression from a row of its columns; None where an engine is needed."""
    try:
        return _function(expression)
    except (_Unknown, AttributeError, KeyError):
        return None


def _function(expression: Any, text_is_column: bool = True) -> RowFunction:
    """`text_is_column`: whether a bare text names a column, as in most arguments, or stands for itself."""
    if isinstance(expression, str) and text_is_column:
        return operator.itemgetter(expression)
    if not isinstance(expression, nw.Expr):
        return lambda row: expression
    first, *rest = expression._nodes
    function = _SOURCES[first.name](first)
    for node in rest:
        function = _step(function, node)
    return function


def _step(value: RowFunction, node: Any) -> RowFunction:
    """What a node makes of the value before it."""
    if node.name in _SINGLE:
        return _single(_SINGLE[node.name], value)
    if node.name in _PAIRS:
        (other,) = node.exprs
        constant = not isinstance(other, nw.Expr)
        return _with_constant(_PAIRS[node.name], value, other) if constant else _pair(_PAIRS[node.name], value, _function(other))
    if node.name in _STEPS:
        return _STEPS[node.name](value, node)
    raise _Unknown(node.name)


def _single(work: Callable[[Any], Any], value: RowFunction) -> RowFunction:
    def function(row: Row) -> Any:
        found = value(row)
        return None if found is None else work(found)

    return function


def _pair(work: Callable[[Any, Any], Any], one: RowFunction, other: RowFunction) -> RowFunction:
    def function(row: Row) -> Any:
        left = one(row)
        if left is None:
            return None
        right = other(row)
        return None if right is None else work(left, right)

    return function


def _with_constant(work: Callable[[Any, Any], Any], value: RowFunction, constant: Any) -> RowFunction:
    if constant is None:
        return lambda row: None

    def function(row: Row) -> Any:
        found = value(row)
        return None if found is None else work(found, constant)

    return function


def _column(node: Any) -> RowFunction:
    (name,) = _one(node.kwargs["names"])
    return operator.itemgetter(name)


def _one(names: Any) -> tuple[str]:
    if len(names) != 1:
        raise _Unknown("several columns")
    return (names[0],)


def _literal(node: Any) -> RowFunction:
    value, dtype = node.kwargs["value"], node.kwargs["dtype"]
    if dtype is not None and value is not None:
        value = _converter(dtype)(value)
    return lambda row: value


def _when_then(node: Any) -> RowFunction:
    condition, value, *otherwise = (_function(each) for each in node.exprs)
    other = otherwise[0] if otherwise else lambda row: None
    return lambda row: value(row) if condition(row) else other(row)


def _all_of(node: Any) -> RowFunction:
    return _in_order(_both, node)


def _any_of(node: Any) -> RowFunction:
    return _in_order(_either, node)


def _in_order(join: Callable[[RowFunction, RowFunction], RowFunction], node: Any) -> RowFunction:
    if node.kwargs["ignore_nulls"]:
        raise _Unknown("ignore_nulls")
    function, *rest = (_function(each) for each in node.exprs)
    for other in rest:
        function = join(function, other)
    return function


def _both(one: RowFunction, other: RowFunction) -> RowFunction:
    """And: false where either is false, else null where either is null."""

    def function(row: Row) -> Any:
        left = one(row)
        if left is False:
            return False
        right = other(row)
        if right is False:
            return False
        return None if left is None or right is None else True

    return function


def _either(one: RowFunction, other: RowFunction) -> RowFunction:
    """Or: true where either is true, else null where either is null."""

    def function(row: Row) -> Any:
        left = one(row)
        if left is True:
            return True
        right = other(row)
        if right is True:
            return True
        return None if left is None or right is None else False

    return function


def _chosen(choose: Callable[[list[Any]], Any]) -> Callable[[Any], RowFunction]:
    """The largest or smallest of the values that there are."""

    def source(node: Any) -> RowFunction:
        functions = [_function(each) for each in node.exprs]

        def function(row: Row) -> Any:
            found = [value for each in functions if (value := each(row)) is not None]
            return choose(found) if found else None

        return function

    return source


def _coalesce(node: Any) -> RowFunction:
    functions = [_function(each) for each in node.exprs]
    return lambda row: next((value for each in functions if (value := each(row)) is not None), None)


def _filled(value: RowFunction, node: Any) -> RowFunction:
    if node.kwargs["strategy"] is not None:
        raise _Unknown("strategy")
    (other,) = (_function(each, text_is_column=False) for each in node.exprs)

    def function(row: Row) -> Any:
        found = value(row)
        return other(row) if found is None else found

    return function


def _is_in(value: RowFunction, node: Any) -> RowFunction:
    members = frozenset(node.kwargs["other"])
    return _single(members.__contains__, value)


def _cast(value: RowFunction, node: Any) -> RowFunction:
    return _single(_converter(node.kwargs["dtype"]), value)


def _converter(dtype: Any) -> Callable[[Any], Any]:
    for known, convert in ((nw.Float64, float), (nw.Int64, int), (nw.Boolean, bool)):
        if dtype == known:
            return convert
    raise _Unknown(str(dtype))


def _is_null(value: RowFunction, node: Any) -> RowFunction:
    return lambda row: value(row) is None


def _same(value: RowFunction, node: Any) -> RowFunction:
    return value


def _logical(
    join: Callable[[RowFunction, RowFunction], RowFunction],
) -> Callable[[RowFunction, Any], RowFunction]:
    return lambda value, node: join(value, _function(node.exprs[0], text_is_column=False))


_SOURCES: dict[str, Callable[[Any], RowFunction]] = {
    "col": _column, "lit": _literal, "when_then": _when_then, "all_horizontal": _all_of, "any_horizontal": _any_of,
    "max_horizontal": _chosen(max), "min_horizontal": _chosen(min), "coalesce": _coalesce,
}  # fmt: skip
"""What an expression may begin with."""

_SINGLE: dict[str, Callable[[Any], Any]] = {"__neg__": operator.neg, "__invert__": operator.not_, "abs": abs, "sqrt": sqrt}

_PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "__add__": operator.add, "__sub__": operator.sub, "__rsub__": lambda one, other: other - one, "__mul__": operator.mul,
    "__truediv__": operator.truediv, "__rtruediv__": lambda one, other: other / one, "__eq__": operator.eq, "__ne__": operator.ne,
    "__lt__": operator.lt, "__le__": operator.le, "__gt__": operator.gt, "__ge__": operator.ge,
    "clip_lower": max,
}  # fmt: skip

_STEPS: dict[str, Callable[[RowFunction, Any], RowFunction]] = {
    "__and__": _logical(_both), "__or__": _logical(_either), "fill_null": _filled, "is_in": _is_in, "cast": _cast, "is_null": _is_null,
    "alias": _same,
}  # fmt: skip
