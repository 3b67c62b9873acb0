"""Rules for many applications at once: the same checked tree as a polars expression over columns named like the facts.

What null does is that of `calculations.rules`, and polars happens to mean the same by `and`, `or` and comparison; what it does otherwise is
written out here: the least of a null is null, a division by zero is null, and so is what lies beyond the largest number. Number columns
are Float64 and hold no NaN (`column_type`, `clean` say how a frame is brought into that shape).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

import polars as pl

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
from puhui.calculations.rule_units import Kind

__all__ = ["clean", "column_type", "compile_polars"]

Tables = Mapping[str, Mapping[str | float, Any]]
_FEW = 12
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_WORDS: Mapping[int, Any] = {1: pl.UInt8, 2: pl.UInt16, 4: pl.UInt32, 8: pl.UInt64}
"""Length of a text in bytes → the whole numbers of that length."""
_TYPES: Mapping[str, Any] = {"number": pl.Float64, "boolean": pl.Boolean, "text": pl.String}


def column_type(kind: Kind) -> Any:
    """The polars type of a fact of this kind."""
    return _TYPES[kind.base]


def clean(name: str, kind: Kind) -> pl.Expr:
    """The column as rules need it: of its type, NaN and infinity as null."""
    column = pl.col(name).cast(column_type(kind))
    return _known(column).alias(name) if kind.base == "number" else column


def compile_polars(expression: Expression, tables: Tables) -> pl.Expr:
    """The expression over columns named like its facts; null where `compile_python` gives None."""
    return _write(expression.tree, tables)


def _write(node: Node, tables: Tables) -> pl.Expr:
    match node:
        case Constant(value=value, kind=kind):
            return pl.lit(value, dtype=column_type(kind))
        case Name(name=name):
            return pl.col(name)
        case Arithmetic():
            return _arithmetic(node, tables)
        case Comparison(operator=operator, left=left, right=right):
            return _compare(operator, _write(left, tables), _write(right, tables))
        case Membership(item=item, members=members, negated=negated):
            found = _is_among(_write(item, tables), members, item.kind)
            return found.not_() if negated else found
        case IsNull(item=item, negated=negated):
            written = _write(item, tables)
            return written.is_not_null() if negated else written.is_null()
        case Junction(operator=operator, items=items):
            parts = [_write(item, tables) for item in items]
            return reduce(lambda left, right: left & right if operator == "and" else left | right, parts)
        case Negation(item=item):
            return _write(item, tables).not_()
        case Call():
            return _call(node, tables)
        case Lookup(table=table, key=key, kind=kind):
            return _looked_up(_write(key, tables), key.kind, tables[table], kind)
        case Choice():
            return _choice(node, tables)
        case Bands():
            return _bands(node, tables)


def _is_among(item: pl.Expr, members: tuple[float | str, ...], kind: Kind) -> pl.Expr:
    """A few comparisons are many times quicker than looking up in a set; and codes of two letters are quicker compared as numbers."""
    if len(members) > _FEW:
        return item.is_in(pl.Series(list(members), dtype=column_type(kind)).implode())
    texts = [member.encode() for member in members if isinstance(member, str)]
    word = _WORDS.get(len(texts[0])) if texts and len({len(text) for text in texts}) == 1 else None
    if word is None:
        return _any(item == pl.lit(member, dtype=column_type(kind)) for member in members)
    number = item.cast(pl.Binary).bin.reinterpret(dtype=word, endianness="little")  # null for a text of another length
    found = number.is_in(pl.Series([int.from_bytes(text, "little") for text in texts], dtype=word).implode())
    return pl.when(item.is_not_null()).then(found.fill_null(False))


def _any(conditions: Iterable[pl.Expr]) -> pl.Expr:
    return reduce(lambda left, right: left | right, conditions)


def _known(number: pl.Expr) -> pl.Expr:
    return pl.when(number.is_finite()).then(number)


def _arithmetic(node: Arithmetic, tables: Tables) -> pl.Expr:
    left, right = _write(node.left, tables), _write(node.right, tables)
    match node.operator:
        case "+":
            return _known(left + right)
        case "-":
            return _known(left - right)
        case "*":
            return _known(left * right)
        case _:
            return _known(left / right)  # by zero: infinite or not a number, so null


def _compare(operator: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    if not left.meta.root_names():  # polars takes a figure compared with a column that is the same in all rows for a single row
        operator, left, right = _MIRRORED[operator], right, left
    match operator:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case _:
            return left >= right


def _call(node: Call, tables: Tables) -> pl.Expr:
    items = [_write(item, tables) for item in node.items]
    if node.function == "coalesce":
        return pl.coalesce(items)
    chosen = pl.min_horizontal(items) if node.function == "min" else pl.max_horizontal(items)
    unknown = [item.is_null() for item, tree in zip(items, node.items, strict=True) if not isinstance(tree, Constant)]
    return pl.when(pl.any_horizontal(unknown).not_()).then(chosen) if unknown else chosen


def _looked_up(key: pl.Expr, kind: Kind, table: Mapping[str | float, Any], result: Kind) -> pl.Expr:
    known = {one: value for one, value in table.items() if value is not None}
    dtype = column_type(result)
    if not known:
        return pl.lit(None, dtype=dtype)
    keys = pl.Series(list(known), dtype=column_type(kind))
    values = pl.Series(list(known.values()), dtype=dtype)
    return key.replace_strict(keys, values, default=None, return_dtype=dtype)


def _choice(node: Choice, tables: Tables) -> pl.Expr:
    result = _write(node.otherwise, tables)
    for condition, value in reversed(node.rows):
        result = pl.when(_write(condition, tables)).then(_write(value, tables)).otherwise(result)
    return result


def _bands(node: Bands, tables: Tables) -> pl.Expr:
    value = _write(node.item, tables)
    result = pl.lit(float(node.below))
    for least, points in node.bands:
        result = pl.when(value >= least).then(pl.lit(float(points))).otherwise(result)
    return pl.when(value.is_null()).then(pl.lit(float(node.null))).otherwise(result)
