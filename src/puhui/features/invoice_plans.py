"""The stages of invoices on polars, each prepared once for a date and materialised, because several later ones read it.

Online, one firm is computed at a time, and turning a hundred declarations into a plan costs more than running it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import polars as pl

from puhui.features import engines
from puhui.features.invoice_stages import by_partner, known_rows, measures, monthly, side_measures
from puhui.features.windows import AsOf

__all__ = ["InvoicePlans", "prepared_measures"]


class InvoicePlans:
    """From an invoice frame of these columns to the measures of each firm in it. `schema`: columns of the measures."""

    def __init__(self, as_of: AsOf, columns: pl.Schema) -> None:
        self._rows = engines.PreparedPlan(partial(known_rows, as_of=as_of), columns)
        self._months = engines.PreparedPlan(monthly, self._rows.schema)
        self._partners = engines.PreparedPlan(by_partner, self._rows.schema)
        self._by_side = engines.PreparedPlan(
            partial(side_measures, as_of=as_of), self._rows.schema, self._months.schema, self._partners.schema
        )
        firms = pl.Schema({"firm_id": columns["firm_id"]})
        self._measures = engines.PreparedPlan(measures, firms, self._by_side.schema, self._months.schema, self._partners.schema)
        self.schema = self._measures.schema

    def run(self, invoices: pl.DataFrame) -> pl.DataFrame:
        rows = self._rows.run(invoices)
        # In a set order, so that sums of fractions round alike on every run.
        months = self._months.run(rows).sort("firm_id", "side", "month")
        partners = self._partners.run(rows).sort("firm_id", "side", "counterparty")
        by_side = self._by_side.run(rows, months, partners)
        return self._measures.run(invoices.select(pl.col("firm_id").unique()), by_side, months, partners)


def _used_columns(invoices: pl.DataFrame) -> pl.DataFrame:
    """The columns that the stages read. Raises ValueError naming every one that is missing."""
    engines.require_columns(invoices.columns)
    return invoices.select([name for name in engines.COLUMNS_READ if name in invoices.columns])


@lru_cache(maxsize=8)
def _plans(as_of: AsOf, schema: tuple[tuple[str, Any], ...]) -> InvoicePlans:
    """The plans of a date for frames of these columns."""
    return InvoicePlans(as_of, pl.Schema(schema))


def prepared_measures(frames: Mapping[str, pl.DataFrame], as_of: AsOf) -> pl.DataFrame:
    """The measures of the invoices among `frames`."""
    used = _used_columns(frames["invoice"])
    return _plans(as_of, tuple(used.schema.items())).run(used)
