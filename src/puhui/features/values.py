"""From measures to variables: the declared formulas, over many firms by an engine, over one firm by row functions.

Both read the one declaration of a variable (`puhui.features.variable`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import narwhals as nw
import polars as pl

from puhui.features import engines
from puhui.features.variable import Variable

__all__ = ["formulas", "values", "values_by_engine"]

_FOR_ENGINES = (ArithmeticError, TypeError, ValueError)
"""What Python refuses and engines answer, such as a division by zero."""


def values(measures: pl.DataFrame, variables: Sequence[Variable]) -> pl.DataFrame:
    """firm_id and each variable as Float64. `measures`: one row per firm, with every measure that the variables read."""
    if measures.height == 1:
        return _of_one(measures, variables)
    return values_by_engine(measures, variables)


def values_by_engine(measures: pl.DataFrame, variables: Sequence[Variable]) -> pl.DataFrame:
    """The same, whatever the number of firms."""
    return _plan(tuple(variables), tuple(measures.schema.items())).run(measures)


def formulas(measures: nw.LazyFrame[Any], variables: Sequence[Variable]) -> nw.LazyFrame[Any]:
    """The same on any engine."""
    return measures.select("firm_id", *(variable.value() for variable in variables))


@lru_cache(maxsize=32)
def _plan(variables: tuple[Variable, ...], schema: tuple[tuple[str, Any], ...]) -> engines.PreparedPlan:
    return engines.PreparedPlan(partial(formulas, variables=variables), pl.Schema(schema))


def _of_one(measures: pl.DataFrame, variables: Sequence[Variable]) -> pl.DataFrame:
    row = measures.row(0, named=True)
    found, left = _by_functions(row, variables)
    if left:
        read = set().union(*(variable.measures for variable in left))
        engine = values_by_engine(measures.select("firm_id", *(name for name in row if name in read)), left)
        found |= engine.drop("firm_id").row(0, named=True)
    numbers = pl.DataFrame([[found[each.name] for each in variables]], {each.name: pl.Float64 for each in variables}, orient="row")
    return measures.select("firm_id").hstack(numbers)


def _by_functions(row: Mapping[str, Any], variables: Sequence[Variable]) -> tuple[dict[str, float | None], list[Variable]]:
    """The values that row functions give, and the variables that are left to an engine: not a number compares otherwise in Python."""
    odd = {name for name, value in row.items() if value != value}
    found: dict[str, float | None] = {}
    left = []
    for variable in variables:
        function = variable.of_row
        if function is None or (odd and not odd.isdisjoint(variable.measures)):
            left.append(variable)
            continue
        try:
            found[variable.name] = function(row)
        except _FOR_ENGINES:
            left.append(variable)
    return found, left
