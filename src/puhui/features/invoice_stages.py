"""From invoice rows to the measures of a firm, in stages that are computed once and shared by every variable.

    rows       one invoice known at the as-of date, told apart as blue (a sale that stands), red (a reversal) or void
    months     firm × side × month: amounts and counts of each kind, and the mean month
    year       firm × side: of the last twelve months what is asked of no other window: tax and its rates, days of issue, single invoices
    days       firm × side × day with a blue invoice: regularity and gaps
    partners   firm × side × partner: what each buyer or supplier accounts for (`puhui.features.invoice_partners`)
    pairs      firm × month: sales beside purchases
    measures   one row per firm: every sum and count that a variable's formula may name

Only months, year, days and partners read the rows, each once; all windows are sums over what they fold them to. A stage that folds rows
groups them `by` the names of its keys, or by one number that stands for them (`puhui.features.invoice_plans`).
A side is sales (`sold`, measures named `out_…`) or purchases (`in_…`). Month 1 is the last closed month, month 2 the one before it, month 0
the one still running. Amounts are net of tax, in fen inside the stages, so that sums are exact and the same on every engine. The text is
Narwhals, so the same lines run on polars, DuckDB and Spark. Lazy engines allow no filter inside an aggregation, hence `when(…).then(…)`,
and no filtered distinct count on Spark, hence the stages by partner and by day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import narwhals as nw

from puhui.evidence.reading.invoices import BUYER_ISSUED_KINDS
from puhui.features.engines import shared
from puhui.features.invoice_partners import (
    SIDE,
    by_partner,
    current,
    current_measures,
    mutual_measures,
    partner_counts,
    regular_partners,
)
from puhui.features.portable import day_of, month_of
from puhui.features.windows import MONTHS_KEPT, STATISTICS_MONTHS, WINDOWS, AsOf, day_number

__all__ = [
    "SIDES", "YEAR_SUMS", "blue_days", "day_measures", "known_rows", "last_year", "measures", "measures_of_rows", "month_measures",
    "month_sums", "pair_measures", "rows_of_year", "spread_of_tickets", "with_mean_month",
]  # fmt: skip

Frame = nw.LazyFrame[Any]

SIDES = {"out": True, "in": False}
"""Side, as measures name it → `sold`."""

_MONTH_SUMS: dict[str, tuple[str, ...]] = {
    "net": tuple(WINDOWS),
    "blue": ("3m", "12m", "24m"),
    "red": ("3m", "12m", "24m"),
    "void": ("3m", "12m"),
    "blue_n": ("12m", "prev12m", "24m"),
    "red_n": ("12m", "24m"),
    "void_n": ("12m", "24m", "36m"),
}
"""What is summed over which windows; names ending in `_n` are counts, the others amounts."""

_WEEKEND = (6, 7, 0)
"""Sunday is day 7 on polars and DuckDB and day 0 on Spark."""

_ROLLING = {f"rolling_{start}": (start + 1, start + 12) for start in range(MONTHS_KEPT - 11)}

_WINDOWS_SUMMED = WINDOWS | _ROLLING


def measures_of_rows(invoices: Frame, as_of: AsOf) -> Frame:
    """One row per firm of the canonical invoice frame, as `measures` gives it."""
    rows = shared(known_rows(invoices, as_of))
    partners = shared(by_partner(rows))
    now = shared(current(partners))
    of_partners = (partner_counts(partners), current_measures(now), regular_partners(rows, partners))
    sides = (last_year(rows), day_measures(blue_days(rows), as_of), *of_partners)
    return measures(invoices.select("firm_id").unique(), month_sums(rows), mutual_measures(now), *sides)


def measures(firms: Frame, sums: Frame, mutual: Frame, *sides: Frame) -> Frame:
    """One row per firm of `firms` (column firm_id): `{side}_{measure}` for both sides, and the measures of the two together.

    `sums`: those of months; `mutual`: measures of both sides' partners; `sides`: further measures, firm × side. A firm without a known row
    has only nulls.
    """
    months = shared(with_mean_month(sums))
    by_side = month_measures(months)
    for stage in sides:
        by_side = by_side.join(stage, on=list(SIDE), how="left")
    by_side = shared(by_side)
    names = [name for name in by_side.collect_schema().names() if name not in SIDE]
    for side, sold in SIDES.items():
        wide = by_side.filter(nw.col("sold") if sold else ~nw.col("sold")).drop("sold").rename({name: f"{side}_{name}" for name in names})
        firms = firms.join(wide, on="firm_id", how="left")
    return firms.join(pair_measures(months), on="firm_id", how="left").join(mutual, on="firm_id", how="left")


def known_rows(invoices: Frame, as_of: AsOf) -> Frame:
    """Rows of the canonical invoice frame known at the as-of date, with the month that each lies in.

    Blank voids, exact repeats and sales that the buyer issued itself are left out. A void not yet known counts as the invoice it was.
    """
    schema = invoices.collect_schema()
    status, amount, issued, sold = nw.col("status"), nw.col("amount_fen"), nw.col("issued_on"), nw.col("direction") == "out"
    kept = _known_by("known_at", schema, as_of) & (issued <= as_of.day) & ~nw.col("duplicate") & (status != "blank")
    if "kind" in schema:
        kept = kept & ~(sold & nw.col("kind").is_in(BUYER_ISSUED_KINDS)).fill_null(False)
    void = status == "void"
    if "void_known_at" in schema:
        void = void & _known_by("void_known_at", schema, as_of).fill_null(True)
    return (
        invoices.filter(kept)
        .select(
            "firm_id",
            "counterparty",
            "issued_on",
            sold=sold,
            month=month_of("issued_on", as_of),
            void=void,
            red=(status == "red") | (amount < 0),
            amount=amount.cast(nw.Float64),
            tax=nw.col("tax_fen").cast(nw.Float64),
        )
        .with_columns(red=nw.col("red") & ~nw.col("void"), blue=~nw.col("void") & ~nw.col("red"))
    )


def _known_by(column: str, schema: nw.Schema, as_of: AsOf) -> nw.Expr:
    """`column` <= the as-of moment, compared as dates unless both sides carry a time of day."""
    timed = isinstance(schema[column], nw.Datetime)
    if timed and isinstance(as_of.at, datetime):
        return nw.col(column) <= as_of.at
    return (nw.col(column).cast(nw.Date) if timed else nw.col(column)) <= nw.lit(as_of.day)


def _only(condition: nw.Expr, value: nw.Expr) -> nw.Expr:
    """The value where the condition holds, else nothing to add."""
    return nw.when(condition).then(value).otherwise(0.0)


def month_sums(rows: Frame, by: Sequence[str] = (*SIDE, "month")) -> Frame:
    """firm × side × month: amounts and counts of each kind. Reds are positive in `red`; a voided red counts nowhere."""
    amount, blue, red, voided = nw.col("amount"), nw.col("blue"), nw.col("red"), nw.col("void") & (nw.col("amount") >= 0)
    return rows.group_by(*by).agg(
        blue=_only(blue, amount).sum(),
        red=_only(red, amount.abs()).sum(),
        void=_only(voided, amount).sum(),
        blue_n=blue.cast(nw.Float64).sum(),
        red_n=red.cast(nw.Float64).sum(),
        void_n=voided.cast(nw.Float64).sum(),
    )


def last_year(rows: Frame) -> Frame:
    """firm × side, twelve months: tax, amounts by its rate and by days of issue, and the spread (sample deviation) of single invoices."""
    return rows_of_year(rows, SIDE).group_by(*SIDE).agg(*(nw.col(name).sum() for name in YEAR_SUMS), *spread_of_tickets())


YEAR_SUMS = (
    "tax_12m", "rate_zero_12m", "rate_low_12m", "rate_middle_12m", "rate_high_12m", "quarter_end_12m", "weekend_12m", "unnamed_12m",
)  # fmt: skip
"""Columns of `rows_of_year` that are summed; of whole fen, so exact in any order."""


def rows_of_year(rows: Frame, keys: Sequence[str]) -> Frame:
    """The rows of twelve months that stand or reverse: what each adds to `YEAR_SUMS`, and `size`, the amount of a sale that stands."""
    amount, tax, blue = nw.col("amount"), nw.col("tax"), nw.col("blue")
    issued, month = nw.col("issued_on").dt, nw.col("issued_on").dt.month()
    last_five_days = issued.day() > nw.when((month == 6) | (month == 9)).then(25).otherwise(26)
    return rows.filter((blue | nw.col("red")) & _within(1, 12)).select(
        *keys,
        tax_12m=nw.when(blue).then(tax).otherwise(-tax.abs()),
        rate_zero_12m=_only(blue & (tax == 0), amount),
        rate_low_12m=_only(blue & (tax != 0) & (tax * 100 <= amount * 4), amount),
        rate_middle_12m=_only(blue & (tax * 100 > amount * 4) & (tax * 1000 <= amount * 75), amount),
        rate_high_12m=_only(blue & (tax * 1000 > amount * 75), amount),
        quarter_end_12m=_only(blue & (month % 3 == 0) & last_five_days, amount),
        weekend_12m=_only(blue & issued.weekday().is_in(_WEEKEND), amount),
        unnamed_12m=_only(blue & nw.col("counterparty").is_null(), amount),
        size=nw.when(blue).then(amount),
    )


def spread_of_tickets() -> tuple[nw.Expr, nw.Expr]:
    """Of `size`: the deviation, which depends on the order of the rows in its last digits, and the largest."""
    return nw.col("size").std().alias("ticket_deviation_12m"), nw.col("size").max().alias("ticket_max_12m")


def blue_days(rows: Frame) -> Frame:
    """firm × side × day with a blue invoice, and the days since the one before it."""
    days = rows.filter(nw.col("blue")).select(*SIDE, "issued_on").unique().with_columns(day=day_of("issued_on"))
    return days.with_columns(gap=nw.col("day") - nw.col("day").shift(1).over(*SIDE, order_by="day"))


def with_mean_month(sums: Frame) -> Frame:
    """Adds `net`, where a red counts below zero, `known_{n}`, months of the last n in the side's records, and `mean_{n}`, their mean net.

    Months before a side's first record are unknown, not empty: they do not pull the mean of a young firm down. The mean is null when no
    month is known. In a set order, so that sums of fractions round alike on every run.
    """
    months = sums.with_columns(net=nw.col("blue") - nw.col("red"), history_months=nw.col("month").max().over(*SIDE))
    history = nw.col("history_months")
    months = months.with_columns(
        **{f"known_{n}": nw.when(history >= n).then(float(n)).otherwise(history.cast(nw.Float64)) for n in STATISTICS_MONTHS},
        **{f"total_{n}": _only(_within(1, n), nw.col("net")).sum().over(*SIDE) for n in STATISTICS_MONTHS},
    )
    means = {f"mean_{n}": nw.when(history >= 1).then(nw.col(f"total_{n}") / nw.col(f"known_{n}")) for n in STATISTICS_MONTHS}
    return months.with_columns(**means).sort(*SIDE, "month")


def _within(first: int, last: int) -> nw.Expr:
    return (nw.col("month") >= first) & (nw.col("month") <= last)


def month_measures(months: Frame) -> Frame:
    """firm × side: sums over windows; statistics of monthly amounts; `rolling_{s}`, the twelve months after the last s."""
    month, net = nw.col("month"), nw.col("net")
    months = months.with_columns(**{f"in_{name}": _within(first, last) for name, (first, last) in _WINDOWS_SUMMED.items()})
    sums = {"history_months": month.max().cast(nw.Float64)}
    for name, windows in _MONTH_SUMS.items():
        for window in windows:
            sums[f"{name}_{window}"] = _only(nw.col(f"in_{window}"), nw.col(name)).sum()
    for n in STATISTICS_MONTHS:
        recent, mean = nw.col(f"in_{n}m"), nw.col(f"mean_{n}")
        sums[f"known_{n}m"] = nw.col(f"known_{n}").max()
        sums[f"mean_{n}m"] = mean.max()
        sums[f"recorded_{n}m"] = _only(recent, nw.lit(1.0)).sum()
        sums[f"squares_{n}m"] = _only(recent, (net - mean) * (net - mean)).sum()
        sums[f"month_moment_{n}m"] = _only(recent, net * month).sum()
        sums[f"positive_months_{n}m"] = _only(recent & (net > 0), nw.lit(1.0)).sum()
        sums[f"largest_month_{n}m"] = nw.when(recent).then(net).max()
    for name in _ROLLING:
        sums[name] = _only(nw.col(f"in_{name}"), net).sum()
    return months.group_by(*SIDE).agg(**sums)


def day_measures(days: Frame, as_of: AsOf) -> Frame:
    """firm × side: days since the last blue invoice, days with one, and the longest gap that ended inside a window."""
    day = nw.col("day")
    sums = {"last_days": (day_number(as_of.day) - day.max()).cast(nw.Float64)}
    for months in STATISTICS_MONTHS:
        inside = (day >= as_of.window_start_day(months)) & (day <= as_of.window_end_day)
        sums[f"gap_max_{months}m"] = nw.when(inside).then(nw.col("gap")).max().cast(nw.Float64)
        sums[f"active_days_{months}m"] = _only(inside, nw.lit(1.0)).sum()
    return days.group_by(*SIDE).agg(**sums)


def pair_measures(months: Frame) -> Frame:
    """firm: months with purchases above sales, and the summed products of both sides' differences from their mean month (24 months)."""
    sold, bought = nw.col("sold"), ~nw.col("sold")
    pairs = (
        months.with_columns(
            out_mean=nw.when(sold).then(nw.col("mean_24")).max().over("firm_id"),
            in_mean=nw.when(bought).then(nw.col("mean_24")).max().over("firm_id"),
        )
        .filter(_within(1, 24))
        .group_by("firm_id", "month")
        .agg(
            out_net=_only(sold, nw.col("net")).sum(),
            in_net=_only(bought, nw.col("net")).sum(),
            out_mean=nw.col("out_mean").max(),
            in_mean=nw.col("in_mean").max(),
        )
        .sort("firm_id", "month")
    )
    loss, one = nw.col("out_net") < nw.col("in_net"), nw.lit(1.0)
    return pairs.group_by("firm_id").agg(
        loss_months_12m=_only(loss & (nw.col("month") <= 12), one).sum(),
        loss_months_24m=_only(loss, one).sum(),
        paired_months_24m=nw.len().cast(nw.Float64),
        products_24m=((nw.col("out_net") - nw.col("out_mean")) * (nw.col("in_net") - nw.col("in_mean"))).sum(),
    )
