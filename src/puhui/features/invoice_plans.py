"""The stages of invoices on polars: for one firm from plans that are prepared once for a date, for many firms in one pass over the rows.

Online, one firm is computed at a time, and turning a hundred declarations into a plan costs more than running it: so plans are kept, and
each stage that several later ones read is run once.

Over many firms the rows cost most. They are read once, as a stream of the few numbers that the stages need, and folded to what is small
(by day, by partner and month). Keys that are texts are folded by their 64-bit hash: grouping millions of texts takes longer than all
that is computed of them. Hashes of firms are checked to differ; two partners of one firm that share one would be taken for one partner, the
chance of which is one in three thousand million where a firm has a hundred thousand partners.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import narwhals as nw
import polars as pl

from puhui.features import engines
from puhui.features.invoice_stages import by_partner, daily, known_rows, measures, monthly, partner_months, side_measures, tickets
from puhui.features.windows import AsOf

__all__ = ["InvoicePlans", "measures_of_many", "prepared_measures"]


class InvoicePlans:
    """From an invoice frame of these columns to the measures of each firm in it. `schema`: columns of the measures."""

    def __init__(self, as_of: AsOf, columns: pl.Schema) -> None:
        self._rows = engines.PreparedPlan(partial(known_rows, as_of=as_of), columns)
        self._days = engines.PreparedPlan(partial(daily, as_of=as_of), self._rows.schema)
        self._tickets = engines.PreparedPlan(tickets, self._rows.schema)
        self._partner_months = engines.PreparedPlan(partner_months, self._rows.schema)
        self._of_folded = FoldedPlans(as_of, columns, self._days.schema, self._tickets.schema, self._partner_months.schema)
        self.schema = self._of_folded.schema

    def run(self, invoices: pl.DataFrame) -> pl.DataFrame:
        rows = self._rows.run(invoices)
        firms = invoices.select(pl.col("firm_id").unique())
        return self._of_folded.run(firms, self._days.run(rows), self._tickets.run(rows), self._partner_months.run(rows))


class FoldedPlans:
    """From what the rows were folded to, to the measures."""

    def __init__(self, as_of: AsOf, firms: pl.Schema, days: pl.Schema, tickets: pl.Schema, partner_months: pl.Schema) -> None:
        self._months = engines.PreparedPlan(monthly, days)
        self._partners = engines.PreparedPlan(by_partner, partner_months)
        self._by_side = engines.PreparedPlan(partial(side_measures, as_of=as_of), days, tickets, self._partners.schema, self._months.schema)
        keys = pl.Schema({"firm_id": firms["firm_id"]})
        self._measures = engines.PreparedPlan(measures, keys, self._by_side.schema, self._months.schema, self._partners.schema)
        self.schema = self._measures.schema

    def run(self, firms: pl.DataFrame, days: pl.DataFrame, tickets: pl.DataFrame, partner_months: pl.DataFrame) -> pl.DataFrame:
        # In a set order, so that sums of fractions round alike on every run.
        months = self._months.run(days).sort("firm_id", "sold", "month")
        partners = self._partners.run(partner_months).sort("amount_12m")
        by_side = self._by_side.run(days, tickets, partners, months)
        return self._measures.run(firms, by_side, months, partners)


def measures_of_many(invoices: pl.LazyFrame, as_of: AsOf) -> pl.DataFrame:
    """The measures of each firm, from one pass over the rows. Raises ValueError naming every missing column."""
    schema = invoices.collect_schema()
    engines.require_columns(schema.names())
    keyed = invoices.select([name for name in engines.COLUMNS_READ if name in schema])
    text_key = schema["firm_id"] == pl.String
    if text_key:
        keyed = keyed.with_columns(firm=pl.col("firm_id"), firm_id=pl.col("firm_id").hash())
    names = ["firm_id", "firm"] if text_key else ["firm_id"]
    partner = pl.when(pl.col("counterparty").is_not_null()).then(pl.col("counterparty").hash()).alias("counterparty")
    rows = known_rows(nw.from_native(keyed.with_columns(partner)), as_of).to_native()
    firms, known = pl.collect_all([keyed.select(names).unique(), rows], engine="streaming")
    stages = _folded(known, as_of)
    plans = _folded_plans(as_of, *(tuple(frame.schema.items()) for frame in (firms.select("firm_id"), *stages)))
    found = plans.run(firms.select("firm_id").unique(), *stages)
    if not text_key:
        return found
    if found.height < firms.height:
        raise ValueError("invoice frame: two texts of firm_id have one hash; number the firms instead")
    return firms.join(found, on="firm_id").drop("firm_id").rename({"firm": "firm_id"})


def _folded(known: pl.DataFrame, as_of: AsOf) -> list[pl.DataFrame]:
    """Days, tickets and months of partners. Sums of whole fen are exact in any order; the spread of tickets needs that of the rows."""
    rows = nw.from_native(known.lazy())
    days, months = pl.collect_all([daily(rows, as_of).to_native(), partner_months(rows).to_native()], engine="streaming")
    return [days, tickets(rows).to_native().collect(engine="in-memory"), months]


Schema = tuple[tuple[str, Any], ...]


@lru_cache(maxsize=8)
def _plans(as_of: AsOf, schema: Schema) -> InvoicePlans:
    """The plans of a date for frames of these columns."""
    return InvoicePlans(as_of, pl.Schema(schema))


@lru_cache(maxsize=8)
def _folded_plans(as_of: AsOf, *schemas: Schema) -> FoldedPlans:
    return FoldedPlans(as_of, *(pl.Schema(schema) for schema in schemas))


def prepared_measures(frames: Mapping[str, pl.DataFrame], as_of: AsOf) -> pl.DataFrame:
    """The measures of the invoices among `frames`."""
    invoices = frames["invoice"]
    if invoices.height > engines.FEW_ROWS:
        return measures_of_many(invoices.lazy(), as_of)
    engines.require_columns(invoices.columns)
    used = invoices.select([name for name in engines.COLUMNS_READ if name in invoices.columns])
    return _plans(as_of, tuple(used.schema.items())).run(used)
