"""What each buyer or supplier accounts for: the stages of invoices by partner, and the measures of a side that are made of them.

    partners   firm × side × named partner: net amounts and counts of twelve months and the twelve before
    current    of these, the partners with an amount above zero in the last twelve months: concentration, tenure, and who is on both sides
    regular    firm × side: partners with whom invoices passed in many months

A partner who trades often is looked at month by month, and only those can be regular; so the months of the many who came once or twice
are never told apart. How the stages are written: `puhui.features.invoice_stages`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from puhui.features.portable import only, within

__all__ = [
    "PARTNER", "REGULAR_MONTHS", "REPEATED_RED", "SIDE", "by_partner", "current", "current_measures", "mutual_measures", "partner_counts",
    "regular_partners",
]  # fmt: skip

Frame = nw.LazyFrame[Any]

SIDE = ("firm_id", "sold")
PARTNER = (*SIDE, "counterparty")

REGULAR_MONTHS = 6
"""A partner is regular when invoices passed in at least so many of the last 24 closed months."""

REPEATED_RED = 3
"""A partner reverses repeatedly from so many red invoices in twelve months on."""


def by_partner(rows: Frame, by: Sequence[str] = PARTNER) -> Frame:
    """firm × side × named partner: net and counts by window, months since the first invoice. The month still running is left out."""
    amount, month, one = nw.col("amount"), nw.col("month"), nw.lit(1.0)
    named = rows.filter(~nw.col("void") & ~nw.col("counterparty").is_null() & (month >= 1))
    signed = named.with_columns(net=nw.when(nw.col("red")).then(-amount.abs()).otherwise(amount))
    now, before = within("12m"), within("prev12m")
    return _grouped(
        signed,
        by,
        net_12m=only(now, "net").sum(),
        net_prev12m=only(before, "net").sum(),
        blue_n_12m=only(now & nw.col("blue"), one).sum(),
        blue_n_prev12m=only(before & nw.col("blue"), one).sum(),
        red_n_12m=only(now & nw.col("red"), one).sum(),
        first_month=month.max().cast(nw.Float64),
    )


def _grouped(rows: Frame, by: Sequence[str], **sums: nw.Expr) -> Frame:
    """Grouped by keys that tell firm, side and partner apart; those that are not among the keys are the same all over a group."""
    return rows.group_by(*by).agg(**{name: nw.col(name).max() for name in PARTNER if name not in by}, **sums)


def regular_partners(rows: Frame, partners: Frame, by: Sequence[str] = PARTNER) -> Frame:
    """firm × side: number of partners with a blue invoice in at least `REGULAR_MONTHS` of 24 months."""
    often = partners.filter(nw.col("blue_n_12m") + nw.col("blue_n_prev12m") >= REGULAR_MONTHS).select(*by)
    months = _grouped(rows.filter(nw.col("blue") & within("24m")).join(often, on=list(by), how="semi"), (*by, "month"))
    regular = _grouped(months, by, months_n=nw.len()).filter(nw.col("months_n") >= REGULAR_MONTHS)
    return regular.group_by(*SIDE).agg(partner_regular_n=nw.len().cast(nw.Float64))


def partner_counts(partners: Frame, by: Sequence[str] = SIDE) -> Frame:
    """firm × side: numbers of partners, and the amounts of twelve months before that stayed away. A partner below zero counts as zero."""
    one, now, then = nw.lit(1.0), nw.col("blue_n_12m") > 0, nw.col("blue_n_prev12m") > 0
    before = _above_zero("net_prev12m")
    return partners.group_by(*by).agg(
        partner_n_12m=only(now, one).sum(),
        partner_n_prev12m=only(then, one).sum(),
        partner_kept_n=only(now & then, one).sum(),
        partner_red_repeat_n=only(nw.col("red_n_12m") >= REPEATED_RED, one).sum(),
        partner_amount_prev12m=before.sum(),
        partner_lost=only(~now, before).sum(),
    )


def _above_zero(amount: str) -> nw.Expr:
    return only(nw.col(amount) > 0, amount)


def current(partners: Frame) -> Frame:
    """The partners with an amount above zero in twelve months, in a set order, so that sums of fractions round alike on every run."""
    kept = partners.filter(nw.col("net_12m") > 0).rename({"net_12m": "amount_12m"})
    return kept.select(*PARTNER, "amount_12m", "blue_n_prev12m", "first_month").sort("amount_12m")


def current_measures(partners: Frame) -> Frame:
    """firm × side: the amounts behind concentration, churn and tenure."""
    amount, then = nw.col("amount_12m"), nw.col("blue_n_prev12m") > 0
    ranked = partners.with_columns(place=amount.rank("ordinal", descending=True).over(*SIDE))
    return ranked.group_by(*SIDE).agg(
        partner_amount=amount.sum(),
        partner_amount_squares=(amount * amount).sum(),
        partner_top1=amount.max(),
        partner_top5=only(nw.col("place") <= 5, amount).sum(),
        partner_new6=only(nw.col("first_month") <= 6, amount).sum(),
        partner_loyal=only(then, amount).sum(),
        partner_tenure=(amount * nw.col("first_month")).sum(),
    )


def mutual_measures(partners: Frame, by: Sequence[str] = ("firm_id", "counterparty")) -> Frame:
    """firm: sales of twelve months to partners from whom it also bought in them (fen). `by`: what a partner is known by on both sides."""
    bought = partners.filter(~nw.col("sold")).select(*by)
    both = partners.filter(nw.col("sold")).join(bought, on=list(by), how="semi")
    return both.group_by("firm_id").agg(mutual_amount=nw.col("amount_12m").sum())
