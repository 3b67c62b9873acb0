"""All variables of all firms as of a date, on one machine or many: the same text on polars, DuckDB and Spark.

Online, one firm is computed at a time, and turning a hundred declarations into a plan costs more than running it. On polars the plan for a
date is therefore prepared once and then run over whichever frame is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any

import narwhals as nw
import polars as pl

from puhui.features import engines, registry
from puhui.features.invoice_stages import by_partner, known_rows, measures, monthly, side_measures
from puhui.features.variable import Variable
from puhui.features.windows import AsOf

__all__ = ["compute", "null_reasons"]

Frame = nw.LazyFrame[Any]


def compute(invoices: Any, as_of: date | datetime, engine: str = "polars", variables: Sequence[str] | None = None) -> pl.DataFrame:
    """One row per firm: `firm_id` and each variable as Float64, null where the variable is null, sorted by firm.

    invoices   canonical invoice frame (columns in `puhui.features.sources`): a polars frame, or a native frame of the engine
    as_of      date (its end) or moment; no row known later is used
    engine     `polars`, `duckdb` or `spark`
    variables  names to compute, in this order; all of the catalogue when None

    Raises ValueError naming every unknown variable, an unknown engine, and every missing column.
    """
    wanted = tuple(registry.select(variables))
    if engine == "polars" and isinstance(invoices, (pl.DataFrame, pl.LazyFrame)):
        values = _on_polars(invoices.lazy().collect(), AsOf(as_of), wanted)
    else:
        values = _on_any_engine(engines.lazy_frame(invoices, engine), AsOf(as_of), wanted)
    return values.sort("firm_id")


def null_reasons(values: pl.DataFrame) -> pl.DataFrame:
    """Why each null of a frame from `compute` is null: columns firm_id, variable, reason (of `NULL_REASONS`), one row per null.

    `too_short_history` where the side's known months do not reach what the variable needs, or nothing is known of that side at all; else
    the variable's own reason. Raises ValueError unless the frame holds inv_out_history_months and inv_in_history_months.
    """
    missing = [f"inv_{side}_history_months" for side in ("out", "in") if f"inv_{side}_history_months" not in values.columns]
    if missing:
        raise ValueError(f"null_reasons: the frame lacks {', '.join(missing)}; compute them with the others")
    reasons = []
    for variable in registry.select([name for name in values.columns if name != "firm_id"]):
        short = pl.any_horizontal(
            (pl.col(f"inv_{side}_history_months") < variable.history_months).fill_null(True) for side in variable.sides
        )
        reasons.append(
            values.filter(pl.col(variable.name).is_null()).select(
                "firm_id",
                variable=pl.lit(variable.name),
                reason=pl.when(short).then(pl.lit("too_short_history")).otherwise(pl.lit(variable.null_reason)),
            )
        )
    return pl.concat(reasons)


def _on_any_engine(frame: Frame, as_of: AsOf, wanted: tuple[Variable, ...]) -> pl.DataFrame:
    with engines.SharedStages() as stages:
        rows = stages.keep(known_rows(frame, as_of))
        months, partners = stages.keep(monthly(rows)), stages.keep(by_partner(rows))
        by_side = stages.keep(side_measures(rows, months, partners, as_of))
        return engines.collect(_values(frame.select("firm_id").unique(), by_side, months, partners, wanted))


def _values(firms: Frame, by_side: Frame, months: Frame, partners: Frame, wanted: tuple[Variable, ...]) -> Frame:
    return measures(firms, by_side, months, partners).select("firm_id", *(variable.value() for variable in wanted))


def _on_polars(invoices: pl.DataFrame, as_of: AsOf, wanted: tuple[Variable, ...]) -> pl.DataFrame:
    """The same stages, each materialised because several later ones read it."""
    engines.require_columns(invoices.columns)
    used = invoices.select([name for name in engines.COLUMNS_READ if name in invoices.columns])
    plans = _plans(as_of, tuple(used.schema.items()), wanted)
    rows = plans["rows"].run(used)
    # In a set order, so that sums of fractions round alike on every run.
    months = plans["months"].run(rows).sort("firm_id", "side", "month")
    partners = plans["partners"].run(rows).sort("firm_id", "side", "counterparty")
    by_side = plans["by_side"].run(rows, months, partners)
    return plans["values"].run(used.select(pl.col("firm_id").unique()), by_side, months, partners)


@lru_cache(maxsize=8)
def _plans(as_of: AsOf, schema: tuple[tuple[str, Any], ...], wanted: tuple[Variable, ...]) -> dict[str, engines.PreparedPlan]:
    invoices = pl.Schema(schema)
    firms = pl.Schema({"firm_id": invoices["firm_id"]})
    rows = engines.PreparedPlan(partial(known_rows, as_of=as_of), invoices)
    months = engines.PreparedPlan(monthly, rows.schema)
    partners = engines.PreparedPlan(by_partner, rows.schema)
    by_side = engines.PreparedPlan(partial(side_measures, as_of=as_of), rows.schema, months.schema, partners.schema)
    values = engines.PreparedPlan(partial(_values, wanted=wanted), firms, by_side.schema, months.schema, partners.schema)
    return {"rows": rows, "months": months, "partners": partners, "by_side": by_side, "values": values}
