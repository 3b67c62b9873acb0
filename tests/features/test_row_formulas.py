"""A variable of one firm and of many is the same number: row functions against an engine, over measures of every trouble."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import narwhals as nw
import polars as pl

from puhui.features import registry
from puhui.features.compute import compute
from puhui.features.profiles import measure_owners, measure_schema
from puhui.features.row_formulas import row_function
from puhui.features.values import formulas, values, values_by_engine
from puhui.features.variable import Variable

from .frames import frame, row
from .test_parity import differences

ROWS = 120
NUMBERS = (None, 0, 1, 2, 6, 12, 13, 24, 36, -1, 7, 100)
HISTORIES = (None, 3, 13, 24, 36, 40)
FRACTIONS = (*NUMBERS, 0.5, -0.25, 1e-9, 3.7e11, -8.1e6)


def made_up_measures(seed: int) -> pl.DataFrame:
    """Firms with every measure of every class: nulls, zeros, ties, numbers below zero and large ones; the last knows nothing at all."""
    dice = random.Random(seed)
    schema = {name: measure_schema(module.name)[name] for name, module in measure_owners().items()}
    made: dict[str, Any] = {}
    for name, dtype in schema.items():
        choices = HISTORIES if name.endswith("history_months") else _choices(dtype)
        made[name] = pl.Series(name, [dice.choice(choices) for _ in range(ROWS)] + [None], dtype)
    return pl.DataFrame(made).select(pl.int_range(ROWS + 1).alias("firm_id"), *schema)


def _choices(dtype: Any) -> tuple[Any, ...]:
    if dtype == pl.Boolean:
        return (None, True, False)
    if dtype == pl.Date:
        return (None, date(2019, 1, 1), date(2020, 2, 29))
    if dtype == pl.String:
        return (None, "", "A", "B")
    if dtype.is_unsigned_integer():
        return (None, 0, 1, 12)
    return NUMBERS if dtype.is_integer() else FRACTIONS


def test_every_formula_is_a_row_function() -> None:
    assert [variable.name for variable in registry.catalogue() if variable.of_row is None] == []


def test_one_row_equals_many() -> None:
    measures, variables = made_up_measures(seed=1), registry.catalogue()
    together = values_by_engine(measures, variables)
    alone = pl.concat([values(measures[place], variables) for place in range(measures.height)])
    assert together.schema == alone.schema
    assert _differences(together, alone) == []
    told = [name for name in together.columns[1:] if together[name].null_count() < together.height]
    assert len(told) > 0.97 * len(variables), sorted({each.name for each in variables} - set(told))


def _differences(one: pl.DataFrame, other: pl.DataFrame) -> list[str]:
    """As `differences`, but measures made up at random may give NaN or infinity, which must be the same too."""
    alike = one.select(
        pl.col(name).eq_missing(other[name]) | ((pl.col(name) - other[name]).abs() <= 1e-9 * pl.col(name).abs().clip(1e-6))
        for name in one.columns
    )
    return [name for name in alike.columns if not alike[name].fill_null(False).all()]


def test_what_python_refuses_an_engine_answers() -> None:
    by_nothing = Variable("by_nothing", "ratio", "n", "all", nw.col("a") / nw.col("b"))
    root = Variable("root", "ratio", "n", "all", nw.col("a").sqrt())
    large = Variable("large", "0/1", "n", "all", nw.when(nw.col("a") > 5).then(1.0).otherwise(0.0))
    measures = pl.DataFrame({"firm_id": [1, 2, 3], "a": [-4.0, 9.0, float("nan")], "b": [0.0, 0.0, 0.0]})
    for place in (0, 1, 2):
        expected = formulas(nw.from_native(measures[place].lazy()), [by_nothing, root, large]).to_native().collect()
        assert values(measures[place], [by_nothing, root, large]).equals(expected, null_equal=True)


def test_an_operation_unknown_to_rows_stays_with_the_engine() -> None:
    assert row_function(nw.col("a").round(2)) is None
    rounded = Variable("rounded", "ratio", "n", "all", nw.col("a").round(2))
    assert values(pl.DataFrame({"firm_id": [1], "a": [2.346]}), [rounded])["rounded"].to_list() == [2.35]


def test_purchases_long_ago_bring_no_tax() -> None:
    rows = frame([row("out", date(2020, 2, 10), "B", 1000, 130), row("in", date(2018, 6, 1), "S", 500, 65)])
    for found in (compute(rows, date(2020, 3, 31)), compute(rows.lazy(), date(2020, 3, 31))):
        assert found["inv_vat_burden_12m"].to_list() == [0.13]
        assert differences(found, compute(rows, date(2020, 3, 31), engine="duckdb")) == []
