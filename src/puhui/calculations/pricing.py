"""What a loan must earn, and the rate that earns most when dear offers lose good customers.

The floor: rate ≥ funding + operations + PD × LGD + hurdle × capital − fees, each a yearly share of the amount. The churn-aware rate
maximises (1 − churn(r)) × ((1 − p) r − p × LGD − c) over the points of a table of how many customers leave at which rate; between the
points the curve is straight where that is asked for. All rates, shares and costs are ppm; figures are exact, rounded at the end only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from puhui.calculations.money import round_quotient

__all__ = ["PPM", "ChurnPoint", "PricedRate", "churn_aware_rate", "profit_per_unit", "required_rate"]

PPM = 1_000_000


def required_rate(*, funding: int, operations: int, pd: int, lgd: int, hurdle: int, capital: int, fees: int = 0) -> int:
    """The least yearly rate in ppm that covers all costs, rounded up. `capital` is the share of the amount held as capital, `hurdle` its
    yearly return. Raises ValueError for shares outside 0 to 1,000,000 ppm."""
    parts = {"funding": funding, "operations": operations, "pd": pd, "lgd": lgd, "hurdle": hurdle, "capital": capital, "fees": fees}
    wrong = {name: value for name, value in parts.items() if not 0 <= value <= PPM}
    if wrong:
        raise ValueError(f"not between 0 and {PPM} ppm: {wrong}")
    exact = (funding + operations - fees) * PPM + pd * lgd + hurdle * capital
    return max(round_quotient(exact, PPM, "up"), 0)


@dataclass(frozen=True, slots=True)
class ChurnPoint:
    """At this yearly rate this share of customers leaves (both ppm)."""

    rate_ppm: int
    churn_ppm: int


@dataclass(frozen=True, slots=True)
class PricedRate:
    """The rate chosen, the churn there, and the expected profit a year per unit offered (ppm of the amount, rounded half up)."""

    rate_ppm: int
    churn_ppm: int
    profit_ppm: int


def profit_per_unit(rate_ppm: int | Fraction, churn_ppm: int | Fraction, pd_ppm: int, lgd_ppm: int, cost_ppm: int) -> Fraction:
    """(1 − churn) × ((1 − p) r − p × LGD − c), exact, as a share of the amount."""
    pd = Fraction(pd_ppm, PPM)
    earned = (1 - pd) * Fraction(rate_ppm) / PPM - pd * Fraction(lgd_ppm, PPM) - Fraction(cost_ppm, PPM)
    return (1 - Fraction(churn_ppm) / PPM) * earned


def churn_aware_rate(
    points: Sequence[ChurnPoint],
    *,
    pd_ppm: int,
    lgd_ppm: int,
    cost_ppm: int,
    floor_ppm: int = 0,
    cap_ppm: int = PPM,
    interpolate: bool = False,
) -> PricedRate | None:
    """The best rate from `floor_ppm` to `cap_ppm`, or None when none of them can be offered. Of equals the lower rate.

    Without `interpolate` only the published points are looked at; with it, every whole ppm between them, the curve being straight.
    Raises ValueError when the points do not rise in rate.
    """
    if not points or any(first.rate_ppm >= second.rate_ppm for first, second in zip(points, points[1:], strict=False)):
        raise ValueError("the churn table needs points that rise in rate")
    candidates: dict[int, Fraction] = {point.rate_ppm: Fraction(point.churn_ppm) for point in points}
    if interpolate:
        for first, second in zip(points, points[1:], strict=False):
            candidates |= _inside(first, second, pd_ppm, lgd_ppm, cost_ppm, floor_ppm, cap_ppm)
    offered = sorted((rate, churn) for rate, churn in candidates.items() if floor_ppm <= rate <= cap_ppm)
    if not offered:
        return None
    rate, churn = max(offered, key=lambda pair: (profit_per_unit(*pair, pd_ppm, lgd_ppm, cost_ppm), -pair[0]))
    profit = profit_per_unit(rate, churn, pd_ppm, lgd_ppm, cost_ppm) * PPM
    return PricedRate(rate, round_quotient(churn.numerator, churn.denominator), round_quotient(profit.numerator, profit.denominator))


def _inside(
    first: ChurnPoint, second: ChurnPoint, pd_ppm: int, lgd_ppm: int, cost_ppm: int, floor_ppm: int, cap_ppm: int
) -> dict[int, Fraction]:
    """Rates worth looking at on the straight piece between two points: its bounds and the whole ppm around its top.

    There profit is the product of two straight lines in r, a parabola; its top is half-way between the rates at which the lines are 0.
    """
    slope = Fraction(second.churn_ppm - first.churn_ppm, second.rate_ppm - first.rate_ppm)
    low, high = max(first.rate_ppm, floor_ppm), min(second.rate_ppm, cap_ppm)
    if low > high:
        return {}
    rates = {low, high}
    if slope > 0 and pd_ppm < PPM:
        all_leave = first.rate_ppm + (PPM - first.churn_ppm) / slope
        break_even = Fraction(pd_ppm * lgd_ppm + cost_ppm * PPM, PPM - pd_ppm)
        top = (all_leave + break_even) / 2
        below = top.numerator // top.denominator
        rates |= {min(max(rate, low), high) for rate in (below, below + 1)}
    return {rate: first.churn_ppm + slope * (rate - first.rate_ppm) for rate in rates}
