"""The stages of invoices on polars: for one firm from a plan that is prepared once for a date, for many firms in one pass over the rows.

Grouping rows by several keys, some of them texts, takes longer than all that is computed of them: so firms and partners are numbered, and
each stage groups by one number. Firm, side and month or day are packed into it and taken out again.

Online, one firm is computed at a time, and turning a hundred declarations into a plan costs more than running it: so plans are kept, and
each stage that several later ones read is run once. Over many firms the rows cost most: they are read once, and folded to what is small
(`puhui.features.invoice_folds`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import narwhals as nw
import polars as pl

from puhui.features import engines
from puhui.features.invoice_folds import PAIR, folds, numbered, pair
from puhui.features.invoice_partners import by_partner, current, current_measures, mutual_measures, partner_counts, regular_partners
from puhui.features.invoice_stages import day_measures, known_rows, last_year, measures, month_sums
from puhui.features.windows import AsOf

__all__ = ["measures_of_many", "prepared_measures"]

MONTHS_SPAN = 1 << 16
DAYS_SPAN = 1 << 22
"""More months and days than dates of invoices can be apart; packed into one number beside firm and side."""

FIRST_DAY = -(DAYS_SPAN // 2)
Frame = nw.LazyFrame[Any]
Schema = tuple[tuple[str, Any], ...]


def prepared_measures(frames: Mapping[str, pl.DataFrame], as_of: AsOf) -> pl.DataFrame:
    """The measures of the invoices among `frames`."""
    invoices = frames["invoice"]
    if invoices.height > engines.FEW_ROWS:
        return measures_of_many(invoices.lazy(), as_of)
    engines.require_columns(invoices.columns)
    firms = _numbers(invoices.select(firm=pl.col("firm_id").unique()))
    numbered = invoices.select([name for name in engines.COLUMNS_READ if name in invoices.columns])
    if firms.height == 1:
        numbered = numbered.with_columns(firm_id=firms.item(0, "firm_id"))
    else:
        numbered = numbered.rename({"firm_id": "firm"}).join(firms, on="firm").drop("firm")
    found = _plan(as_of, tuple(numbered.schema.items())).run(firms.select("firm_id"), numbered)
    return _named(firms, found)


def _numbers(firms: pl.DataFrame) -> pl.DataFrame:
    return firms.with_row_index("firm_id").with_columns(pl.col("firm_id").cast(pl.Int64))


def _named(firms: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The measures by the firms' own keys; a number is the place of its firm."""
    return found.with_columns(firms.get_column("firm").gather(found.get_column("firm_id")).alias("firm_id"))


@lru_cache(maxsize=8)
def _plan(as_of: AsOf, schema: Schema) -> engines.PreparedPlan:
    """From numbered firms and an invoice frame of these columns to the measures of each firm in it."""

    def build(firms: Frame, invoices: Frame) -> Frame:
        rows = engines.shared(known_rows(nw.from_native(invoices.to_native().with_columns(counterparty=pair())), as_of))
        return measures(firms, *_stages(rows, engines.shared(by_partner(rows, PAIR)), as_of))

    return engines.PreparedPlan(build, pl.Schema({"firm_id": pl.Int64}), pl.Schema(schema))


def measures_of_many(invoices: pl.LazyFrame, as_of: AsOf) -> pl.DataFrame:
    """The measures of each firm, from one pass over the rows. Raises ValueError naming every missing column."""
    schema = invoices.collect_schema()
    engines.require_columns(schema.names())
    keys, rows = numbered(invoices.select([name for name in engines.COLUMNS_READ if name in schema]), as_of)
    firms = pl.DataFrame({"firm": keys}).with_row_index("firm_id").with_columns(pl.col("firm_id").cast(pl.Int64))
    stages = (firms.select("firm_id"), *folds(rows, as_of))
    return _named(firms, _plan_of_folds(*(tuple(frame.schema.items()) for frame in stages)).run(*stages))


def _stages(rows: Frame, partners: Frame, as_of: AsOf) -> tuple[Frame, ...]:
    """What `measures` asks for beside the firms. `rows`: known, of numbered firms and partners."""
    native = rows.to_native()
    side = pl.col("firm_id") * 2 + pl.col("sold")
    by_month = nw.from_native(native.with_columns(packed=side * MONTHS_SPAN + pl.col("month")))
    months = _unpacked(month_sums(by_month, ("packed",)).to_native(), MONTHS_SPAN, "month")
    in_pairs = nw.from_native(partners.to_native().with_columns(pl.col("counterparty") // 2))
    now = engines.shared(current(in_pairs))
    return (
        nw.from_native(months),
        mutual_measures(now),
        day_measures(nw.from_native(_blue_days(native, side)), as_of),
        partner_counts(in_pairs),
        current_measures(now),
        regular_partners(rows, partners, PAIR),
        last_year(rows),
    )


def _blue_days(rows: pl.LazyFrame, side: pl.Expr) -> pl.LazyFrame:
    """What `puhui.features.invoice_stages.blue_days` gives: neighbours in the order of packed days are neighbours in time."""
    day = pl.col("issued_on").to_physical().cast(pl.Int64) - FIRST_DAY
    packed = rows.select(packed=(side * DAYS_SPAN + day).filter("blue").unique().sort())
    number, its_side = pl.col("packed"), pl.col("packed") // DAYS_SPAN
    gap = pl.when(its_side == its_side.shift(1)).then(number.diff())
    return packed.select(firm_id=its_side // 2, sold=its_side % 2 == 1, day=number % DAYS_SPAN + FIRST_DAY, gap=gap)


def _unpacked(frame: pl.LazyFrame, span: int, name: str) -> pl.LazyFrame:
    """Firm and side, and what was packed beside them, in place of the number `packed`."""
    side = pl.col("packed") // span
    return frame.with_columns((pl.col("packed") % span).alias(name), firm_id=side // 2, sold=side % 2 == 1).drop("packed")


@lru_cache(maxsize=8)
def _plan_of_folds(*schemas: Schema) -> engines.PreparedPlan:
    return engines.PreparedPlan(measures, *(pl.Schema(schema) for schema in schemas))
