"""The stages of invoices on polars: for one firm from a plan that is prepared once for a date, for many firms in one pass over the rows.

Online, one firm is computed at a time, and turning a hundred declarations into a plan costs more than running it: so plans are kept, and
each stage that several later ones read is run once.

Over many firms the rows cost most. They are read once, as a stream of the few numbers that the stages need, and folded to what is small
(by month, by day, by partner). Grouping millions of rows by several keys, some of them texts, takes longer than all that is computed of
them: so firms are numbered, and each stage groups by one number. Firm, side and month or day are packed into it and taken out again. A
partner's is the 63-bit hash of its text, set apart by firm and side; two of them that share one would be taken for one partner, the chance
of which is one in three hundred thousand where all firms together have ten million partners.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import narwhals as nw
import polars as pl

from puhui.features import engines
from puhui.features.invoice_partners import by_partner, current, partner_counts, regular_partners
from puhui.features.invoice_stages import day_measures, known_rows, last_year, measures, measures_of_rows, month_sums
from puhui.features.windows import AsOf

__all__ = ["measures_of_many", "prepared_measures"]

MONTHS_SPAN = 1 << 16
DAYS_SPAN = 1 << 22
"""More months and days than dates of invoices can be apart; packed into one number beside firm and side."""

FIRST_DAY = -(DAYS_SPAN // 2)

Schema = tuple[tuple[str, Any], ...]


def prepared_measures(frames: Mapping[str, pl.DataFrame], as_of: AsOf) -> pl.DataFrame:
    """The measures of the invoices among `frames`."""
    invoices = frames["invoice"]
    if invoices.height > engines.FEW_ROWS:
        return measures_of_many(invoices.lazy(), as_of)
    engines.require_columns(invoices.columns)
    used = invoices.select([name for name in engines.COLUMNS_READ if name in invoices.columns])
    return _plan(as_of, tuple(used.schema.items())).run(used)


@lru_cache(maxsize=8)
def _plan(as_of: AsOf, schema: Schema) -> engines.PreparedPlan:
    """From an invoice frame of these columns to the measures of each firm in it."""
    return engines.PreparedPlan(partial(measures_of_rows, as_of=as_of), pl.Schema(schema))


def measures_of_many(invoices: pl.LazyFrame, as_of: AsOf) -> pl.DataFrame:
    """The measures of each firm, from one pass over the rows. Raises ValueError naming every missing column."""
    schema = invoices.collect_schema()
    engines.require_columns(schema.names())
    firms, rows = _numbered(invoices.select([name for name in engines.COLUMNS_READ if name in schema]), as_of)
    stages = (firms.select("firm_id"), *_folded(rows, as_of))
    found = _plan_of_folds(*(tuple(frame.schema.items()) for frame in stages)).run(*stages)
    return firms.join(found, on="firm_id").drop("firm_id").rename({"firm": "firm_id"})


def _numbered(invoices: pl.LazyFrame, as_of: AsOf) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`firm`, each key once, with its number as `firm_id`; and the known rows with that number and that of the partner on that side.

    Raises ValueError where two keys of firms share one hash.
    """
    firm, partner = pl.col("firm_id").hash(0), pl.col("counterparty").hash(1)
    pair = (partner + firm) // 2 * 2 + (pl.col("direction") == "out")
    hashed = invoices.with_columns(
        firm=pl.col("firm_id"), firm_id=firm, counterparty=pl.when(pl.col("counterparty").is_not_null()).then(pair)
    )
    rows = known_rows(nw.from_native(hashed), as_of).to_native()
    firms, known = pl.collect_all([hashed.select("firm", "firm_id").unique(), rows], engine="streaming")
    if firms.get_column("firm_id").n_unique() < firms.height:
        raise ValueError("invoice frame: two keys of firms have one hash; number the firms instead")
    numbers = firms.with_row_index("number").with_columns(pl.col("number").cast(pl.Int64))
    numbered = known.lazy().join(numbers.lazy().select("firm_id", "number"), on="firm_id").drop("firm_id").rename({"number": "firm_id"})
    return numbers.select("firm", firm_id="number"), numbered.collect(engine="streaming")


def _folded(known: pl.DataFrame, as_of: AsOf) -> list[pl.DataFrame]:
    """Sums of months, the current partners, and the measures of sides that read rows, days or all partners.

    Sums of whole fen are exact in any order, so they are made of a stream; the spread of single invoices needs the order of the rows.
    """
    side = pl.col("firm_id") * 2 + pl.col("sold")
    rows = nw.from_native(known.lazy().with_columns(packed_month=side * MONTHS_SPAN + pl.col("month")))
    by_month = _unpacked(month_sums(rows, ("packed_month",)).to_native(), "packed_month", MONTHS_SPAN, "month")
    months, days, partners = pl.collect_all(
        [by_month, _blue_days(known.lazy(), side), by_partner(rows, ("counterparty",)).to_native()], engine="streaming"
    )
    in_pairs = nw.from_native(partners.lazy().with_columns(pl.col("counterparty") // 2))
    streamed = (
        current(in_pairs),
        day_measures(nw.from_native(days.lazy()), as_of),
        partner_counts(in_pairs),
        regular_partners(rows, nw.from_native(partners.lazy()), ("counterparty",)),
    )
    folds = pl.collect_all([frame.to_native() for frame in streamed], engine="streaming")
    return [months, *folds, last_year(rows).to_native().collect(engine="in-memory")]


def _blue_days(rows: pl.LazyFrame, side: pl.Expr) -> pl.LazyFrame:
    """What `puhui.features.invoice_stages.blue_days` gives: neighbours in the order of packed days are neighbours in time."""
    day = pl.col("issued_on").to_physical().cast(pl.Int64) - FIRST_DAY
    packed = rows.filter("blue").select(packed=side * DAYS_SPAN + day).unique().sort("packed")
    same_side = pl.col("packed") // DAYS_SPAN == pl.col("packed").shift(1) // DAYS_SPAN
    gaps = packed.with_columns(gap=pl.when(same_side).then(pl.col("packed").diff()))
    return _unpacked(gaps, "packed", DAYS_SPAN, "day").with_columns(pl.col("day") + FIRST_DAY)


def _unpacked(frame: pl.LazyFrame, packed: str, span: int, name: str) -> pl.LazyFrame:
    """Firm and side, and what was packed beside them, in place of the packed number."""
    side = pl.col(packed) // span
    return frame.with_columns((pl.col(packed) % span).alias(name), firm_id=side // 2, sold=side % 2 == 1).drop(packed)


@lru_cache(maxsize=8)
def _plan_of_folds(*schemas: Schema) -> engines.PreparedPlan:
    return engines.PreparedPlan(measures, *(pl.Schema(schema) for schema in schemas))
