"""The few formulas that the declarations of variables are made of, over a firm's measures.

A ratio to nothing is null, never zero or infinity. Statistics over months look at the *known* months only: those since the side's
first record, so that the months before a young firm began do not count as months without sales. Measures are in fen; `yuan` ends a variable
that is an amount of money.
"""

from __future__ import annotations

import narwhals as nw

from puhui.features.windows import MONTHS_KEPT

__all__ = [
    "best_twelve_months",
    "cancelled",
    "change",
    "correlation_24m",
    "count",
    "deviation",
    "largest_month",
    "loss_months",
    "mean",
    "measure",
    "mutual_share",
    "of_blue",
    "positive_months",
    "ratio",
    "share",
    "slope",
    "total",
    "yuan",
]


def measure(side: str, name: str) -> nw.Expr:
    """A measure of one side, null where its stage had no row."""
    return nw.col(f"{side}_{name}")


def count(side: str, name: str) -> nw.Expr:
    """A measure that counts or adds up: nothing found is zero."""
    return measure(side, name).fill_null(0.0)


def yuan(amount_fen: nw.Expr) -> nw.Expr:
    """The amount in yuan."""
    return amount_fen / 100


def ratio(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    """part / whole where the whole is above zero, else null."""
    return nw.when(whole > 0).then(part / whole)


def share(part: nw.Expr, rest: nw.Expr) -> nw.Expr:
    """part / (part + rest)."""
    return ratio(part, part + rest)


def change(now: nw.Expr, before: nw.Expr) -> nw.Expr:
    """now / before - 1."""
    return ratio(now, before) - 1


def of_blue(side: str, name: str, window: str = "12m") -> nw.Expr:
    """An amount against the amount of the blue invoices of the same window."""
    return ratio(measure(side, f"{name}_{window}"), measure(side, f"blue_{window}"))


def cancelled(side: str, window: str) -> nw.Expr:
    """Void and red amounts against all that was invoiced: the rate that survives where invoices can only be reversed."""
    void = measure(side, f"void_{window}")
    return ratio(measure(side, f"red_{window}") + void, measure(side, f"blue_{window}") + void)


def mutual_share() -> nw.Expr:
    """Sales to partners it also bought from, against sales to all named partners."""
    return ratio(nw.col("mutual_amount").fill_null(0.0), measure("out", "partner_amount"))


def total(side: str, window: str) -> nw.Expr:
    """Net amount of a window of closed months."""
    return measure(side, f"net_{window}")


def mean(side: str, months: int) -> nw.Expr:
    """Mean net amount of the known months among the last `months` (12 or 24)."""
    return measure(side, f"mean_{months}m")


def deviation(side: str, months: int) -> nw.Expr:
    """Sample deviation of the known monthly net amounts."""
    known = measure(side, f"known_{months}m")
    return nw.when(known > 1).then((_squares(side, months) / (known - 1)).sqrt())


def slope(side: str, months: int) -> nw.Expr:
    """Least-squares slope of the known monthly net amounts over time, relative to their mean; positive is growth."""
    known = measure(side, f"known_{months}m")
    leaning = (known + 1) / 2 * measure(side, f"net_{months}m") - measure(side, f"month_moment_{months}m")
    return ratio(leaning / (known * (known * known - 1) / 12), mean(side, months))


def positive_months(side: str, months: int) -> nw.Expr:
    """Months with a net amount above zero."""
    return measure(side, f"positive_months_{months}m")


def largest_month(side: str, months: int) -> nw.Expr:
    """The largest monthly net amount."""
    return measure(side, f"largest_month_{months}m")


def best_twelve_months(side: str) -> nw.Expr:
    """The largest net amount of twelve consecutive months within the 36 kept."""
    return nw.max_horizontal(*(measure(side, f"rolling_{start}") for start in range(MONTHS_KEPT - 11)))


def loss_months(months: int) -> nw.Expr:
    """Months in which purchases exceeded sales."""
    return nw.col(f"loss_months_{months}m").fill_null(0.0)


def correlation_24m() -> nw.Expr:
    """Pearson correlation of the net sales and purchases of the last 24 months, all of them known on both sides."""
    empty = 24 - nw.col("paired_months_24m")
    together = nw.col("products_24m") + empty * mean("out", 24) * mean("in", 24)
    return ratio(together, _squares("out", 24).sqrt() * _squares("in", 24).sqrt())


def _squares(side: str, months: int) -> nw.Expr:
    """Sum of squared differences from the mean month; a known month without a record differs by the whole mean."""
    average = mean(side, months)
    empty = measure(side, f"known_{months}m") - measure(side, f"recorded_{months}m")
    return measure(side, f"squares_{months}m") + empty * average * average
