"""Invoices of many firms, read once and folded to what is small: by month, by day, by partner.

Over many rows it is their passing through memory that costs, and the looking up of keys. So firms are numbered while the rows are read,
each stage groups by one number, and what is asked of a group is packed into few numbers. What a fold gives stands in
`puhui.features.invoice_stages` and `invoice_partners`; those that are written anew here, in the way of polars and numpy, are held against
the same folds on the other engines by tests.

A partner's number is the 63-bit hash of its text, set apart by firm, and the side as its last bit; two of them that share one would be
taken for one partner, the chance of which is one in three hundred thousand where all firms together have ten million partners.
"""

from __future__ import annotations

from datetime import date

import narwhals as nw
import numpy as np
import polars as pl

from puhui.features.invoice_partners import mutual_measures, partner_counts, regular_partners
from puhui.features.invoice_stages import YEAR_SUMS, known_rows, rows_of_year, spread_of_tickets
from puhui.features.portable import month_of
from puhui.features.windows import STATISTICS_MONTHS, AsOf, day_number

__all__ = ["PAIR", "folds", "numbered", "pair"]

SPAN = 1 << 32
"""More months or days than dates can be apart, and more rows than a frame can have: with it two such numbers are packed into one."""

PAIR = ("counterparty",)
_SIDE = ("side",)
_KINDS = 4  # of rows in a month: blue, red, void, and voids of reds, which count nowhere
_NO_DAY = 1 << 31  # added to a day to make it positive


def pair() -> pl.Expr:
    """The number of a named partner of a firm on a side; its last bit is the side, so that // 2 is the same on both."""
    number = (pl.col("counterparty").hash(1) + pl.col("firm_id").hash(0)) * 2 + (pl.col("direction") == "out")
    return pl.when(pl.col("counterparty").is_not_null()).then(number)


def numbered(invoices: pl.LazyFrame, as_of: AsOf) -> tuple[pl.Series, pl.DataFrame]:
    """The firms' keys, of which the place is the number; and the rows that are known, with `side` (number × 2 + sold) and `month`.

    The rows of `puhui.features.invoice_stages.known_rows`, `counterparty` being the number of the pair. A firm without a known row has a
    number too: so no row is left out before it was looked at.
    """
    categories = pl.Categories.random()
    kind = pl.Categorical(categories)
    hashed = invoices.with_columns(counterparty=pair(), firm_id=pl.col("firm_id").cast(pl.String).cast(kind))
    known = known_rows(nw.from_native(hashed), as_of).to_native().drop("month")
    rows = known.collect(engine="streaming", optimizations=pl.QueryOptFlags(predicate_pushdown=False))
    keys = categories.to_series().cast(invoices.collect_schema()["firm_id"])
    number = pl.col("firm_id").to_physical().cast(pl.Int64)
    return keys, rows.with_columns(number.alias("firm_id"), _months(rows["issued_on"], as_of), side=number * 2 + pl.col("sold"))


def _months(days: pl.Series, as_of: AsOf) -> pl.Series:
    """`month` of each date, found once for each day of the calendar."""
    first, last = days.min(), days.max()
    if not isinstance(first, date) or not isinstance(last, date):
        return pl.Series("month", [], pl.Int64)
    calendar = nw.from_native(pl.DataFrame({"issued_on": pl.date_range(first, last, eager=True)}))
    months = calendar.select(month=month_of("issued_on", as_of)).to_native()["month"]
    return months.gather(days.to_physical() - day_number(first))


def folds(rows: pl.DataFrame, as_of: AsOf) -> list[pl.DataFrame]:
    """What `puhui.features.invoice_stages.measures` asks for beside the firms, of rows from `numbered`."""
    partners = _partners(rows)
    by_pair = partners.lazy().with_columns(pl.col("counterparty") // 2)
    now = by_pair.filter(pl.col("net_12m") > 0).rename({"net_12m": "amount_12m"}).collect(engine="streaming")
    streamed = [
        mutual_measures(nw.from_native(now.lazy()), PAIR),
        regular_partners(nw.from_native(rows.lazy()), nw.from_native(partners.lazy()), PAIR),
        partner_counts(nw.from_native(by_pair), _SIDE),
    ]
    mutual, regular, counts = pl.collect_all([frame.to_native() for frame in streamed], engine="streaming")
    of_sides = (counts, *_current_measures(now), _days(rows, as_of), *_last_year(rows))
    return [_month_sums(rows), mutual, regular, *(_unpacked(side) for side in of_sides)]


def _unpacked(side: pl.DataFrame) -> pl.DataFrame:
    """Firm and side in place of the number `side`."""
    return side.with_columns(firm_id=pl.col("side") // 2, sold=pl.col("side") % 2 == 1).drop("side")


def _month_sums(rows: pl.DataFrame) -> pl.DataFrame:
    """`puhui.features.invoice_stages.month_sums`: first by kind of row too, so that there are two sums instead of six."""
    kind = pl.when("blue").then(0).when("red").then(1).when(pl.col("void") & (pl.col("amount") >= 0)).then(2).otherwise(3)
    packed = ((pl.col("side") * SPAN + pl.col("month")) * _KINDS + kind).alias("packed")
    amount = pl.when("red").then(pl.col("amount").abs()).otherwise("amount")
    sums = rows.lazy().select(packed, amount).group_by("packed").agg(pl.col("amount").sum(), count=pl.len().cast(pl.Float64))
    of_month = pl.col("packed") // _KINDS
    columns = {}
    for place, name in enumerate(("blue", "red", "void")):
        is_kind = pl.col("packed") % _KINDS == place
        columns[name] = pl.when(is_kind).then("amount").otherwise(0.0).sum()
        columns[f"{name}_n"] = pl.when(is_kind).then("count").otherwise(0.0).sum()
    months = sums.collect(engine="streaming").lazy().group_by(of_month.alias("packed")).agg(**columns)
    return _unpacked(months.select(*columns, month=pl.col("packed") % SPAN, side=pl.col("packed") // SPAN).collect())


def _partners(rows: pl.DataFrame) -> pl.DataFrame:
    """`puhui.features.invoice_partners.by_partner` with the `side` of each: the firm rides on its month, one count on another."""
    month, is_red = pl.col("month"), pl.col("red")
    now, before = month <= 12, month.is_between(13, 24)
    net = pl.when(is_red).then(-pl.col("amount").abs()).otherwise("amount")
    is_blue = pl.col("blue")
    named = rows.lazy().filter(~pl.col("void") & pl.col("counterparty").is_not_null() & (month >= 1))
    marked = named.select(
        "counterparty",
        net_12m=pl.when(now).then(net).otherwise(0.0),
        net_prev12m=pl.when(before).then(net).otherwise(0.0),
        blue=(is_blue & now).cast(pl.Int64) + pl.when(is_blue & before).then(SPAN).otherwise(0),
        red=is_red & now,
        side_month=pl.col("side") * SPAN + month,
    )
    sums = marked.group_by("counterparty").agg(pl.col("net_12m", "net_prev12m", "blue", "red").sum(), pl.col("side_month").max())
    side = pl.col("side_month") // SPAN
    return sums.select(
        "counterparty",
        "net_12m",
        "net_prev12m",
        side=side,
        firm_id=side // 2,
        sold=side % 2 == 1,
        blue_n_12m=(pl.col("blue") % SPAN).cast(pl.Float64),
        blue_n_prev12m=(pl.col("blue") // SPAN).cast(pl.Float64),
        red_n_12m=pl.col("red").cast(pl.Float64),
        first_month=(pl.col("side_month") % SPAN).cast(pl.Float64),
    ).collect(engine="streaming")


def _current_measures(partners: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`puhui.features.invoice_partners.current_measures`, without an order: squares are summed as whole numbers, so exact in any."""
    amount, then = pl.col("amount_12m"), pl.col("blue_n_prev12m") > 0
    parts = partners.lazy().select(
        "side",
        partner_amount=amount,
        partner_amount_squares=amount.cast(pl.Int128) * amount.cast(pl.Int128),
        partner_new6=pl.when(pl.col("first_month") <= 6).then(amount).otherwise(0.0),
        partner_loyal=pl.when(then).then(amount).otherwise(0.0),
        partner_tenure=amount * pl.col("first_month"),
    )
    sums = parts.group_by("side").agg(pl.exclude("side").sum(), partner_top1=pl.col("partner_amount").max())
    largest = partners.lazy().group_by("side").agg(partner_top5=amount.top_k(5).sum())
    return sums.with_columns(pl.col("partner_amount_squares").cast(pl.Float64)).collect(engine="streaming"), largest.collect()


def _last_year(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`puhui.features.invoice_stages.last_year`: sums of a stream, and the spread of invoices in the order of the rows."""
    marked = rows_of_year(nw.from_native(rows.lazy()), _SIDE).to_native().collect(engine="streaming").lazy()
    spread = nw.from_native(marked).group_by(*_SIDE).agg(*spread_of_tickets()).to_native()
    return marked.group_by("side").agg(pl.col(*YEAR_SUMS).sum()).collect(engine="streaming"), spread.collect(engine="in-memory")


def _days(rows: pl.DataFrame, as_of: AsOf) -> pl.DataFrame:
    """`puhui.features.invoice_stages.day_measures` of `blue_days`: side and day in one number, sorted; windows are slices of it."""
    day = pl.col("issued_on").to_physical().cast(pl.Int64)
    days = np.sort(rows.lazy().filter("blue").select(pl.col("side") * SPAN + day + _NO_DAY).collect()["side"].to_numpy())
    days = days[np.diff(days, prepend=-1) != 0]
    first = np.flatnonzero(np.diff(days >> 32, prepend=-1))
    side = days[first] >> 32
    gap = np.append(np.diff(days, prepend=0), 0)  # the last stands for slices that begin behind the end
    gap[first] = 0
    last = days[np.append(first[1:], days.size)[: first.size] - 1]
    columns = {"side": side, "last_days": day_number(as_of.day) + _NO_DAY - (last - side * SPAN).astype(np.float64)}
    for months in STATISTICS_MONTHS:
        begin = np.searchsorted(days, side * SPAN + as_of.window_start_day(months) + _NO_DAY)
        end = np.searchsorted(days, side * SPAN + as_of.window_end_day + _NO_DAY, side="right")
        longest = np.maximum.reduceat(gap, np.column_stack([begin, end]).ravel())[::2] if days.size else begin
        columns[f"gap_max_{months}m"] = np.where((begin < end) & (longest > 0), longest, np.nan)
        columns[f"active_days_{months}m"] = (end - begin).astype(np.float64)
    return pl.DataFrame(columns).with_columns(pl.col("^gap_max_.*$").fill_nan(None))
