"""From invoice rows to the measures of a firm, in stages that are computed once and shared by every variable.

    rows       one invoice known at the as-of date, told apart as blue (a sale that stands), red (a reversal) or void
    days       firm × side × day: amounts and counts of each kind
    tickets    firm × side: spread of single blue invoices
    partners   firm × side × partner × month, and of these buyer or supplier accounts for in each window
    months     firm × side × month: the days added up, and the mean month
    pairs      firm × month: sales beside purchases
    measures   one row per firm: every sum and count that a variable's formula may name

Only days, tickets and partners read the rows, each once; all windows are sums over what they fold them to, a fifth of the rows and less.
A side is sales (`sold`, measures named `out_…`) or purchases (`in_…`). Month 1 is the last closed month, month 2 the one before it, month 0
the one still running. Amounts are net of tax, in fen inside the stages, so that sums are exact and the same on every engine. The text is
Narwhals, so the same lines run on polars, DuckDB and Spark. Lazy engines allow no filter inside an aggregation, hence `when(…).then(…)`,
and no filtered distinct count on Spark, hence the stages by partner and by day.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import narwhals as nw

from puhui.features.portable import day_of, month_of
from puhui.features.windows import MONTHS_KEPT, WINDOWS, AsOf, day_number

__all__ = [
    "REGULAR_MONTHS", "REPEATED_RED", "SIDES", "by_partner", "daily", "known_rows", "measures", "monthly", "partner_months",
    "side_measures", "tickets",
]  # fmt: skip

Frame = nw.LazyFrame[Any]

SIDES = {"out": True, "in": False}
"""Side, as measures name it → `sold`."""

SIDE = ("firm_id", "sold")

BUYER_ISSUED_KINDS = ("16", "24")
"""Farm-produce and scrap purchase invoices are issued by the buyer, so they are never the issuer's sales (digital invoice standard)."""

REGULAR_MONTHS = 6
"""A partner is regular when invoices passed in at least so many of the last 24 closed months."""

REPEATED_RED = 3
"""A partner reverses repeatedly from so many red invoices in twelve months on."""

_MONTH_SUMS: dict[str, tuple[str, ...]] = {
    "net": tuple(WINDOWS),
    "blue": ("3m", "12m", "24m"),
    "red": ("3m", "12m", "24m"),
    "void": ("3m", "12m"),
    "tax": ("12m",),
    "rate_zero": ("12m",),
    "rate_low": ("12m",),
    "rate_middle": ("12m",),
    "rate_high": ("12m",),
    "quarter_end": ("12m",),
    "weekend": ("12m",),
    "unnamed": ("12m",),
    "blue_n": ("12m", "prev12m", "24m"),
    "red_n": ("12m", "24m"),
    "void_n": ("12m", "24m", "36m"),
}
"""What is summed over which windows; names ending in `_n` are counts, the others amounts."""

_STATISTICS_MONTHS = (12, 24)


def side_measures(days: Frame, tickets: Frame, partners: Frame, months: Frame, as_of: AsOf) -> Frame:
    """firm × side with every sum and count of that side; amounts in fen."""
    by_side = _month_measures(months)
    for stage in (tickets, _day_measures(days, as_of), _partner_measures(partners)):
        by_side = by_side.join(stage, on=list(SIDE), how="left")
    return by_side


def measures(firms: Frame, by_side: Frame, months: Frame, partners: Frame) -> Frame:
    """One row per firm of `firms` (column firm_id): `{side}_{measure}` for both sides, and the measures of the two together.

    A firm without a known row has only nulls.
    """
    names = [name for name in by_side.collect_schema().names() if name not in SIDE]
    for side, sold in SIDES.items():
        wide = by_side.filter(nw.col("sold") if sold else ~nw.col("sold")).drop("sold").rename({name: f"{side}_{name}" for name in names})
        firms = firms.join(wide, on="firm_id", how="left")
    return firms.join(_pair_measures(months), on="firm_id", how="left").join(_mutual_measures(partners), on="firm_id", how="left")


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


def daily(rows: Frame, as_of: AsOf) -> Frame:
    """firm × side × day, with its month and day number: amounts and counts of each kind.

    Reds are positive in `red`; a voided red counts nowhere.
    """
    amount, tax, blue_amount = nw.col("amount"), nw.col("tax"), nw.col("blue_amount")
    voided = nw.col("void") & (amount >= 0)
    marked = rows.with_columns(blue_amount=_only(nw.col("blue"), amount), red_size=_only(nw.col("red"), amount.abs()))
    days = marked.group_by(*SIDE, "issued_on").agg(
        blue=blue_amount.sum(),
        red=nw.col("red_size").sum(),
        void=_only(voided, amount).sum(),
        tax=(_only(nw.col("blue"), tax) - _only(nw.col("red"), tax.abs())).sum(),
        rate_zero=_only(tax == 0, blue_amount).sum(),
        rate_low=_only((tax != 0) & (tax * 100 <= amount * 4), blue_amount).sum(),
        rate_middle=_only((tax * 100 > amount * 4) & (tax * 1000 <= amount * 75), blue_amount).sum(),
        rate_high=_only(tax * 1000 > amount * 75, blue_amount).sum(),
        unnamed=_only(nw.col("counterparty").is_null(), blue_amount).sum(),
        blue_n=nw.col("blue").cast(nw.Float64).sum(),
        red_n=nw.col("red").cast(nw.Float64).sum(),
        void_n=voided.cast(nw.Float64).sum(),
    )
    return days.with_columns(month=month_of("issued_on", as_of), day=day_of("issued_on"))


def monthly(days: Frame) -> Frame:
    """firm × side × month, with the side's known months and mean month beside each. A red counts below zero in `net`."""
    issued, blue = nw.col("issued_on").dt, nw.col("blue")
    month = issued.month()
    last_five_days = issued.day() > nw.when((month == 6) | (month == 9)).then(25).otherwise(26)
    marked = days.with_columns(
        net=blue - nw.col("red"),
        quarter_end=_only((month % 3 == 0) & last_five_days, blue),
        weekend=_only((nw.col("day") + 3) % 7 >= 5, blue),
    )
    return _with_mean_month(marked.group_by(*SIDE, "month").agg(**{name: nw.col(name).sum() for name in _MONTH_SUMS}))


def _with_mean_month(months: Frame) -> Frame:
    """Adds `known_{n}`, months of the last n within the side's records, and `mean_{n}`, their mean net amount; null when there are none.

    Months before a side's first record are unknown, not empty: they do not pull the mean of a young firm down.
    """
    months = months.with_columns(history_months=nw.col("month").max().over(*SIDE))
    history = nw.col("history_months")
    months = months.with_columns(
        **{f"known_{n}": nw.when(history >= n).then(float(n)).otherwise(history.cast(nw.Float64)) for n in _STATISTICS_MONTHS},
        **{f"total_{n}": _only(_within(1, n), nw.col("net")).sum().over(*SIDE) for n in _STATISTICS_MONTHS},
    )
    return months.with_columns(
        **{f"mean_{n}": nw.when(history >= 1).then(nw.col(f"total_{n}") / nw.col(f"known_{n}")) for n in _STATISTICS_MONTHS}
    )


def _within(first: int, last: int) -> nw.Expr:
    return (nw.col("month") >= first) & (nw.col("month") <= last)


def _month_measures(months: Frame) -> Frame:
    """firm × side: sums over windows; statistics of monthly amounts; `rolling_{s}`, the twelve months after the last s."""
    month, net = nw.col("month"), nw.col("net")
    sums = {"history_months": month.max().cast(nw.Float64)}
    for name, windows in _MONTH_SUMS.items():
        for window in windows:
            sums[f"{name}_{window}"] = _only(_within(*WINDOWS[window]), nw.col(name)).sum()
    for n in _STATISTICS_MONTHS:
        recent, mean = _within(1, n), nw.col(f"mean_{n}")
        sums[f"known_{n}m"] = nw.col(f"known_{n}").max()
        sums[f"mean_{n}m"] = mean.max()
        sums[f"recorded_{n}m"] = _only(recent, nw.lit(1.0)).sum()
        sums[f"squares_{n}m"] = _only(recent, (net - mean) * (net - mean)).sum()
        sums[f"month_moment_{n}m"] = _only(recent, net * month).sum()
        sums[f"positive_months_{n}m"] = _only(recent & (net > 0), nw.lit(1.0)).sum()
        sums[f"largest_month_{n}m"] = nw.when(recent).then(net).max()
    for start in range(MONTHS_KEPT - 11):
        sums[f"rolling_{start}"] = _only(_within(start + 1, start + 12), net).sum()
    return months.group_by(*SIDE).agg(**sums)


def tickets(rows: Frame) -> Frame:
    """firm × side: sample deviation and maximum of single blue invoices in twelve months."""
    recent = rows.filter(nw.col("blue") & _within(1, 12))
    return recent.group_by(*SIDE).agg(ticket_deviation_12m=nw.col("amount").std(), ticket_max_12m=nw.col("amount").max())


def _day_measures(days: Frame, as_of: AsOf) -> Frame:
    """firm × side: days since the last blue invoice, days with one, and the longest gap that ended inside a window."""
    day = nw.col("day")
    gaps = days.filter(nw.col("blue_n") > 0).select(*SIDE, "day").with_columns(gap=day - day.shift(1).over(*SIDE, order_by="day"))
    sums = {"last_days": (day_number(as_of.day) - day.max()).cast(nw.Float64)}
    for months in _STATISTICS_MONTHS:
        inside = (day >= as_of.window_start_day(months)) & (day <= as_of.window_end_day)
        sums[f"gap_max_{months}m"] = nw.when(inside).then(nw.col("gap")).max().cast(nw.Float64)
        sums[f"active_days_{months}m"] = _only(inside, nw.lit(1.0)).sum()
    return gaps.group_by(*SIDE).agg(**sums)


def partner_months(rows: Frame) -> Frame:
    """firm × side × named partner × closed month: net amount, numbers of blue and red invoices."""
    amount, month = nw.col("amount"), nw.col("month")
    named = rows.filter(~nw.col("void") & ~nw.col("counterparty").is_null() & (month >= 1))
    signed = named.with_columns(
        net=nw.when(nw.col("red")).then(-amount.abs()).otherwise(amount),
        blue_n=nw.col("blue").cast(nw.Float64),
        red_n=nw.col("red").cast(nw.Float64),
    )
    months = signed.group_by(*SIDE, "counterparty", "month")
    return months.agg(net=nw.col("net").sum(), blue_n=nw.col("blue_n").sum(), red_n=nw.col("red_n").sum())


def by_partner(months: Frame) -> Frame:
    """firm × side × named partner: net and counts by window, months with a blue invoice, months since the first one."""
    month, net = nw.col("month"), nw.col("net")
    recent, previous = month <= 12, (month >= 13) & (month <= 24)
    partners = months.group_by(*SIDE, "counterparty").agg(
        net_12m=_only(recent, net).sum(),
        net_prev12m=_only(previous, net).sum(),
        blue_n_12m=_only(recent, nw.col("blue_n")).sum(),
        blue_n_prev12m=_only(previous, nw.col("blue_n")).sum(),
        red_n_12m=_only(recent, nw.col("red_n")).sum(),
        months_24m=_only((month <= 24) & (nw.col("blue_n") > 0), nw.lit(1.0)).sum(),
        first_month=month.max().cast(nw.Float64),
    )
    positive = {f"amount_{window}": _only(nw.col(f"net_{window}") > 0, nw.col(f"net_{window}")) for window in ("12m", "prev12m")}
    return partners.with_columns(**positive)


def _partner_measures(partners: Frame) -> Frame:
    """firm × side: numbers of partners and the amounts behind concentration, churn and tenure. A partner below zero counts as zero."""
    amount, before, one = nw.col("amount_12m"), nw.col("amount_prev12m"), nw.lit(1.0)
    ranked = partners.with_columns(place=amount.rank("ordinal", descending=True).over(*SIDE))
    now, then = nw.col("blue_n_12m") > 0, nw.col("blue_n_prev12m") > 0
    return ranked.group_by(*SIDE).agg(
        partner_n_12m=_only(now, one).sum(),
        partner_n_prev12m=_only(then, one).sum(),
        partner_kept_n=_only(now & then, one).sum(),
        partner_regular_n=_only(nw.col("months_24m") >= REGULAR_MONTHS, one).sum(),
        partner_red_repeat_n=_only(nw.col("red_n_12m") >= REPEATED_RED, one).sum(),
        partner_amount=amount.sum(),
        partner_amount_squares=(amount * amount).sum(),
        partner_top1=amount.max(),
        partner_top5=_only(nw.col("place") <= 5, amount).sum(),
        partner_new6=_only(nw.col("first_month") <= 6, amount).sum(),
        partner_loyal=_only(then, amount).sum(),
        partner_tenure=(amount * nw.col("first_month")).sum(),
        partner_amount_prev12m=before.sum(),
        partner_lost=_only(~now, before).sum(),
    )


def _pair_measures(months: Frame) -> Frame:
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


def _mutual_measures(partners: Frame) -> Frame:
    """firm: sales of twelve months to partners from whom it also bought in them (fen)."""
    recent = partners.filter(nw.col("amount_12m") > 0)
    bought = recent.filter(~nw.col("sold")).select("firm_id", "counterparty")
    sold = recent.filter(nw.col("sold")).select("firm_id", "counterparty", "amount_12m")
    both = sold.join(bought, on=["firm_id", "counterparty"], how="inner")
    return both.group_by("firm_id").agg(mutual_amount=nw.col("amount_12m").sum())
