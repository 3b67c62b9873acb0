"""What a loan must earn, and the rate that earns most when dear offers lose good customers.

The floor: rate ≥ funding + operations + PD × LGD + hurdle × capital − fees, each a yearly share of the amount. The churn-aware rate
maximises (1 − churn(r)) × ((1 − p) r − p × LGD − c) over a published table of how many customers leave at which rate: over its points,
or, where rates come in steps, over every step, the curve being straight between the points. All rates, shares and
costs are ppm a year; figures are exact fractions and rounded at the end only.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from puhui.calculations.money import round_quotient

__all__ = [
    "PPM",
    "PricedRate",
    "churn_at",
    "churn_aware_rate",
    "kept_share",
    "most_profitable",
    "profit_per_unit",
    "required_rate",
]

PPM = 1_000_000


def required_rate(
    *, funding_ppm: int, operations_ppm: int, pd_ppm: int, lgd_ppm: int, hurdle_ppm: int, capital_ppm: int, fees_ppm: int = 0
) -> int:
    """The least yearly rate in ppm that covers all costs, rounded up, not below 0.

    `capital_ppm` is the share of the amount held as capital, `hurdle_ppm` its yearly return. Raises ValueError for shares outside
    0 to 1,000,000 ppm.
    """
    shares = (funding_ppm, operations_ppm, pd_ppm, lgd_ppm, hurdle_ppm, capital_ppm, fees_ppm)
    if min(shares) < 0 or max(shares) > PPM:
        raise ValueError(f"costs and shares {shares} must be between 0 and {PPM} ppm")
    exact = (funding_ppm + operations_ppm - fees_ppm) * PPM + pd_ppm * lgd_ppm + hurdle_ppm * capital_ppm
    return max(round_quotient(exact, PPM, "up"), 0)


@dataclass(frozen=True, slots=True)
class PricedRate:
    """The rate chosen, the churn there, the expected yearly profit per unit offered (ppm, rounded half up), and whether the rate lies
    outside the published table, where the churn of its nearest point was taken."""

    rate_ppm: int
    churn_ppm: int
    profit_ppm: int
    outside_table: bool


def profit_per_unit(rate_ppm: int, churn_ppm: int | Fraction, pd_ppm: int, lgd_ppm: int, cost_ppm: int) -> Fraction:
    """(1 − churn) × ((1 − p) r − p × LGD − c), exact, as a share of the amount."""
    earned = (PPM - pd_ppm) * rate_ppm - pd_ppm * lgd_ppm - cost_ppm * PPM
    return (PPM - Fraction(churn_ppm)) * earned / PPM**3


def churn_at(curve: Sequence[tuple[int, int]], rate_ppm: int) -> Fraction:
    """Churn in ppm at a rate: straight between the published points (rate_ppm, churn_ppm), that of the nearest beyond them."""
    return PPM - Fraction(*kept_share(curve, rate_ppm))


def kept_share(curve: Sequence[tuple[int, int]], rate_ppm: int) -> tuple[int, int]:
    """1 − `churn_at` in ppm, as numerator and denominator."""
    place = bisect_left(curve, (rate_ppm,))
    if place in (0, len(curve)):
        return PPM - curve[0 if place == 0 else -1][1], 1
    (low, churn_low), (high, churn_high) = curve[place - 1], curve[place]
    return (PPM - churn_low) * (high - low) - (churn_high - churn_low) * (rate_ppm - low), high - low


def churn_aware_rate(
    curve: Sequence[tuple[int, int]],
    *,
    pd_ppm: int,
    lgd_ppm: int,
    cost_ppm: int,
    minimum_ppm: int = 0,
    maximum_ppm: int = PPM,
    multiple_ppm: int | None = None,
) -> PricedRate:
    """The best rate from `minimum_ppm` to `maximum_ppm`; of equals the lower, which more customers accept.

    `curve` holds the published points (rate_ppm, churn_ppm). Without `multiple_ppm` only they are looked at (or the limits, where none
    lies between them); with it, every multiple of it. Rates beyond the table are looked at only where the limits leave no other: then
    the nearest limit. Raises ValueError when points do not rise, or no rate is left.
    """
    if not curve or any(first[0] >= second[0] for first, second in pairwise(curve)):
        raise ValueError("the churn table needs points that rise in rate")
    low, high = max(minimum_ppm, curve[0][0]), min(maximum_ppm, curve[-1][0])
    if low > high:
        low, high = (minimum_ppm, minimum_ppm) if minimum_ppm > high else (maximum_ppm, maximum_ppm)
    if multiple_ppm is None:
        rates = [rate for rate, _ in curve if low <= rate <= high] or sorted({low, high})
    else:
        rates = list(range(-(-low // multiple_ppm) * multiple_ppm, high + 1, multiple_ppm))
    rates = [rate for rate in rates if minimum_ppm <= rate <= maximum_ppm]
    if not rates:
        raise ValueError(f"no rate from {minimum_ppm} to {maximum_ppm} ppm in steps of {multiple_ppm}")
    rate = most_profitable(curve, rates, pd_ppm, lgd_ppm, cost_ppm)
    churn = churn_at(curve, rate)
    profit = profit_per_unit(rate, churn, pd_ppm, lgd_ppm, cost_ppm)
    return PricedRate(
        rate_ppm=rate,
        churn_ppm=round_quotient(churn.numerator, churn.denominator),
        profit_ppm=round_quotient(profit.numerator * PPM, profit.denominator),
        outside_table=not curve[0][0] <= rate <= curve[-1][0],
    )


def most_profitable(curve: Sequence[tuple[int, int]], rates: Sequence[int], pd_ppm: int, lgd_ppm: int, cost_ppm: int) -> int:
    """The first of the rates with the highest profit, compared as products of whole numbers."""
    best, best_span, best_rate = 0, 0, rates[0]
    known = _shares_of(tuple(curve))
    for rate in rates:
        kept, span = known.get(rate) or known.setdefault(rate, kept_share(curve, rate))
        profit = kept * ((PPM - pd_ppm) * rate - pd_ppm * lgd_ppm - cost_ppm * PPM)
        if not best_span or profit * best_span > best * span:
            best, best_span, best_rate = profit, span, rate
    return best_rate


@lru_cache(maxsize=64)
def _shares_of(curve: tuple[tuple[int, int], ...]) -> dict[int, tuple[int, int]]:
    """What `kept_share` has found on a curve so far, by rate: the same steps are asked for each loan that is priced on it."""
    return {}
