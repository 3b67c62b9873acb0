"""The variables of invoices of all firms as of a date, on one machine or many: the same text on polars, DuckDB and Spark.

All classes of evidence together: `puhui.features.profiles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import narwhals as nw
import polars as pl

from puhui.features import engines, invoices, registry
from puhui.features.invoice_plans import measures_of_many, prepared_measures
from puhui.features.profiles import measure_schema
from puhui.features.values import formulas, values
from puhui.features.variable import Variable
from puhui.features.windows import AsOf

__all__ = ["compute", "null_reasons"]

Frame = nw.LazyFrame[Any]


def compute(rows: Any, as_of: date | datetime, engine: str = "polars", variables: Sequence[str] | None = None) -> pl.DataFrame:
    """One row per firm: `firm_id` and each variable as Float64, null where the variable is null, sorted by firm.

    rows       canonical invoice frame (columns in `puhui.features.sources`): a polars frame (a lazy one is read
               once, and only the columns that are needed), or a native frame of the engine
    as_of      date (its end) or moment; no row known later is used
    engine     `polars`, `duckdb` or `spark`
    variables  names to compute, in this order; all that invoices alone can give when None

    Raises ValueError naming every variable that is unknown or needs more than invoices, an unknown engine, and every missing column.
    """
    wanted = _wanted(variables)
    if engine == "polars" and isinstance(rows, (pl.DataFrame, pl.LazyFrame)):
        found = _on_polars(rows, AsOf(as_of), wanted)
    else:
        found = _on_any_engine(engines.lazy_frame(rows, engine), AsOf(as_of), wanted)
    return found.sort("firm_id")


def null_reasons(found: pl.DataFrame) -> pl.DataFrame:
    """Why each null of a frame from `compute` is null: columns firm_id, variable, reason (of `NULL_REASONS`), one row per null.

    `too_short_history` where the side's known months do not reach what the variable needs, or nothing is known of that side at all; else
    the variable's own reason. Raises ValueError unless the frame holds inv_out_history_months and inv_in_history_months.
    """
    missing = [f"inv_{side}_history_months" for side in ("out", "in") if f"inv_{side}_history_months" not in found.columns]
    if missing:
        raise ValueError(f"null_reasons: the frame lacks {', '.join(missing)}; compute them with the others")
    reasons = []
    for variable in registry.select([name for name in found.columns if name != "firm_id"]):
        short = pl.any_horizontal(
            (pl.col(f"inv_{side}_history_months") < variable.history_months).fill_null(True) for side in variable.sides
        )
        reasons.append(
            found.filter(pl.col(variable.name).is_null()).select(
                "firm_id",
                variable=pl.lit(variable.name),
                reason=pl.when(short).then(pl.lit("too_short_history")).otherwise(pl.lit(variable.null_reason)),
            )
        )
    return pl.concat(reasons)


def _wanted(names: Sequence[str] | None) -> tuple[Variable, ...]:
    ours = measure_schema("invoices")
    alone = [variable for variable in registry.select(names) if variable.measures <= ours.keys()]
    if names is not None and len(alone) < len(names):
        crossing = set(names) - {variable.name for variable in alone}
        raise ValueError(f"variables: need more than invoices: {', '.join(sorted(crossing))}; compute them with puhui.features.profiles")
    return tuple(alone)


def _on_any_engine(frame: Frame, as_of: AsOf, wanted: tuple[Variable, ...]) -> pl.DataFrame:
    with engines.shared_stages():
        found = nw.from_native(invoices.measures({"invoice": frame.to_native()}, as_of))
        return engines.collect(formulas(found, wanted))


def _on_polars(rows: pl.DataFrame | pl.LazyFrame, as_of: AsOf, wanted: tuple[Variable, ...]) -> pl.DataFrame:
    found = measures_of_many(rows, as_of) if isinstance(rows, pl.LazyFrame) else prepared_measures({"invoice": rows}, as_of)
    return values(found, wanted)
