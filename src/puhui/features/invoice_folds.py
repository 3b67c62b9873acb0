"""Invoices of many firms, read once and folded to what is small: by month, by day, by partner.

Over many rows it is their passing through memory that costs, and the looking up of keys. So firms are numbered while the rows are read,
each stage groups by one number, and what is asked of a group is packed into few numbers. What a fold gives stands in
`puhui.features.invoice_stages` and `invoice_partners`; those that are written anew here, in the way of polars and numpy, are held against
the same folds on the other engines by tests.

A partner's number is the 63-bit hash of its text, set apart by firm, and the side as its last bit; two of them that share one would be
taken for one partner, the chance of which is one in three hundred thousand where all firms together have ten million partners.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from puhui.features.invoice_partners import mutual_measures, partner_counts, regular_partners
from puhui.features.invoice_stages import YEAR_SUMS, known_rows, rows_of_year, spread_of_tickets
from puhui.features.portable import month_of
from puhui.features.windows import STATISTICS_MONTHS, AsOf, day_number

__all__ = ["PAIR", "folds", "numbered", "pair"]

SPAN = 1 << 32
"""More months or days than dates can be apart, and more rows than a frame can have: with it two such numbers are packed into one."""

PAIR = ("counterparty",)
_SIDE = ("side",)
_KINDS = ("blue", "red", "void", "void of a red")  # of rows in a month; the last count nowhere
_MONTH_SCHEMA = {"side": pl.Int64, "month": pl.Int64} | {name: pl.Float64 for kind in _KINDS[:3] for name in (kind, f"{kind}_n")}
_CELLS = 1 << 25  # at most, of a table in memory; firms of more are taken one block after the other
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
    """What `puhui.features.invoice_stages.measures` asks for beside the firms, of rows from `numbered`.

    Half of it is polars on all cores and half numpy on one, so they run beside each other.
    """
    with ThreadPoolExecutor(1) as beside:
        others = beside.submit(lambda: (_month_sums(rows), _days(rows, as_of), *_last_year(rows)))
        mutual, regular, *of_partners = _partner_measures(rows)
        months, *of_sides = others.result()
    return [months, mutual, regular, *(_unpacked(side) for side in (*of_partners, *of_sides))]


def _partner_measures(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Of firms: mutual partners; of firm and side: regular ones; of numbers of sides: counts, and what the current ones account for."""
    partners = _partners(rows)
    by_pair = partners.lazy().with_columns(pl.col("counterparty") // 2)
    now = by_pair.filter(pl.col("net_12m") > 0).rename({"net_12m": "amount_12m"}).collect(engine="streaming")
    streamed = [
        mutual_measures(nw.from_native(now.lazy()), PAIR),
        regular_partners(nw.from_native(rows.lazy()), nw.from_native(partners.lazy()), PAIR),
        partner_counts(nw.from_native(by_pair), _SIDE),
    ]
    return [*pl.collect_all([frame.to_native() for frame in streamed], engine="streaming"), *_current_measures(now)]


def _unpacked(side: pl.DataFrame) -> pl.DataFrame:
    """Firm and side in place of the number `side`."""
    return side.with_columns(firm_id=pl.col("side") // 2, sold=pl.col("side") % 2 == 1).drop("side")


def _blocks(rows: pl.DataFrame, cells: int) -> Iterator[tuple[int, int, pl.LazyFrame]]:
    """First side, number of sides and rows of each block of sides, so that a table with so many cells for each side has room."""
    sides, most = rows["side"].max(), max(1, _CELLS // cells)
    end = sides + 1 if isinstance(sides, int) else 0
    for first in range(0, end, most):
        count = min(most, end - first)
        yield first, count, rows.lazy() if count == end else rows.lazy().filter(pl.col("side").is_between(first, first + count - 1))


def _month_sums(rows: pl.DataFrame) -> pl.DataFrame:
    """`puhui.features.invoice_stages.month_sums`: amounts and counts added up in a table of side × month × kind of row."""
    oldest = rows["month"].max()
    months = oldest + 1 if isinstance(oldest, int) else 1
    kind = pl.when("blue").then(0).when("red").then(1).when(pl.col("void") & (pl.col("amount") >= 0)).then(2).otherwise(3)
    found = [pl.DataFrame(schema=_MONTH_SCHEMA)]
    for first, count, part in _blocks(rows, months * len(_KINDS)):
        cell = ((pl.col("side") - first) * months + pl.col("month")) * len(_KINDS) + kind
        marked = part.select(cell=cell, amount=pl.when("red").then(pl.col("amount").abs()).otherwise("amount")).collect(engine="streaming")
        cells, size = marked["cell"].to_numpy(), count * months * len(_KINDS)
        amounts = np.bincount(cells, marked["amount"].to_numpy(), size).reshape(-1, len(_KINDS))
        counts = np.bincount(cells, minlength=size).reshape(-1, len(_KINDS))
        filled = np.flatnonzero(counts.any(axis=1))
        columns = {"side": filled // months + first, "month": filled % months}
        for place, name in enumerate(_KINDS[:3]):
            columns |= {name: amounts[filled, place], f"{name}_n": counts[filled, place]}
        found.append(pl.DataFrame(columns, _MONTH_SCHEMA))
    return _unpacked(pl.concat(found))


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
    """`puhui.features.invoice_stages.day_measures` of `blue_days`: side and day in one number, in order; windows are slices of it."""
    days = _blue_days(rows)
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


def _blue_days(rows: pl.DataFrame) -> NDArray[np.int64]:
    """Side × `SPAN` + day number + `_NO_DAY` of each day of a side with a blue invoice, in order: marked in a table of side × day."""
    days = rows["issued_on"].to_physical()
    earliest, latest = days.min(), days.max()
    if not isinstance(earliest, int) or not isinstance(latest, int):
        return np.zeros(0, np.int64)
    width, found = latest - earliest + 1, []
    for first, count, part in _blocks(rows, width):
        day = pl.col("issued_on").to_physical().cast(pl.Int64) - earliest
        cells = part.filter("blue").select((pl.col("side") - first) * width + day).collect(engine="streaming").to_series()
        marks = np.zeros(count * width, np.bool_)
        marks[cells.to_numpy()] = True
        marked = np.flatnonzero(marks)
        found.append((marked // width + first) * SPAN + marked % width + earliest + _NO_DAY)
    return np.concatenate(found)
