"""A frame of applications brought into the shape that the engine for many works on: typed columns of all facts, faults named.

A column stands for each variable of the product and the model; the facts of the case and of the product's form may have columns too. A
fact without a column takes the value of `defaults`, as `puhui decide` does for one, or is null.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, Protocol

import polars as pl

from puhui.calculations.faults import Fault, check
from puhui.calculations.rule_units import Kind, kind_of_unit
from puhui.decisions.rules_polars import clean, column_type
from puhui.products import vocabulary
from puhui.products.terms import Product

__all__ = ["Scores", "cases_of", "defaults"]

LARGEST_YUAN = 1e13


class Scores(Protocol):
    """A model, whatever its kind: the columns that it reads, and the probability of default of many (and points, where it has them)."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    def score_frame(self, frame: pl.DataFrame, /) -> pl.DataFrame: ...


def defaults(product: Product) -> dict[str, Any]:
    """The facts of a case that a frame may leave out."""
    return {
        "firm_kind": product.borrower_kinds[0],
        "requested_amount": product.maximum_fen / 100,
        "term_months": product.maximum_months,
        "purpose": "working_capital",
        "channel": "batch",
        "evidence_age_days": 0,
        "existing_exposure": 0,
    }


def cases_of(frame: pl.DataFrame, product: Product, model: Scores | None, lender_kind: str) -> pl.DataFrame:
    """One column for every fact that rules may name, constants too, each of its type, without NaN.

    Raises FaultsError naming every absent column, every one whose values are of another kind, and amounts and terms that are none.
    """
    kinds = {name: kind_of_unit(unit) for name, unit in product.variables.items()}
    kinds |= {name: kind_of_unit(one.unit) for name, one in product.application.items()}
    kinds |= vocabulary.kinds(vocabulary.CASE_FACTS)
    check(_absent(frame, product, model))
    given = defaults(product) | {"lender_kind": lender_kind}
    columns, faults = [], []
    for name, kind in kinds.items():
        if name == "industry_division" and name not in frame.columns and "industry_code" in frame.columns:
            columns.append(pl.col("industry_code").cast(pl.String).str.slice(0, 2).alias(name))
        elif name not in frame.columns or name == "lender_kind":
            columns.append(pl.lit(given.get(name), dtype=column_type(kind)).alias(name))
        elif not _fits(frame.schema[name], kind):
            faults.append(Fault(f"column {name}", f"values of type {frame.schema[name]}", f"a {kind}"))
        else:
            columns.append(clean(name, kind))
    check(faults)
    columns += [pl.lit(value, dtype=pl.Float64).alias(name) for name, value in product.constants.items()]
    cases = frame.select(columns) if frame.width else pl.DataFrame()
    check(_bad_wishes(cases))
    return cases


def _absent(frame: pl.DataFrame, product: Product, model: Scores | None) -> Iterator[Fault]:
    for name in dict.fromkeys([*product.variables, *(model.columns if model else ())]):
        if name not in frame.columns:
            likely = difflib.get_close_matches(name, frame.columns, n=1)
            remedy = f"Did you mean {likely[0]}?" if likely else "Add it; a null value may stand in it."
            yield Fault(f"column {name}", "no such column", "a column for every variable of product and model", remedy)


def _fits(dtype: pl.DataType, kind: Kind) -> bool:
    if dtype == pl.Null:
        return True
    if kind.base == "number":
        return dtype.is_numeric() or dtype == pl.Boolean
    return dtype == pl.Boolean if kind.base == "boolean" else dtype in (pl.String, pl.Categorical, pl.Enum)


def _bad_wishes(cases: pl.DataFrame) -> Iterator[Fault]:
    """Rows whose wish is none: the first of each kind is named."""
    for name, least, expected in (
        ("requested_amount", 0.0, "yuan not below 0"),
        ("term_months", 1.0, "months, 1 or more"),
        ("existing_exposure", 0.0, "yuan not below 0"),
    ):
        column = pl.col(name)
        bad = cases.with_row_index("row").filter(column.is_null() | (column < least) | (column > LARGEST_YUAN))
        if bad.height:
            found = f"{bad[name][0]} in row {bad['row'][0] + 1}" + (f" and {bad.height - 1} more" if bad.height > 1 else "")
            yield Fault(f"column {name}", found, expected)
