"""The price of a loan: the least that covers its costs, and the rate that earns most when dearer offers lose borrowers.

    required      funding + operations + p × LGD + hurdle × capital − fees
    churn-aware   the rate r with the highest (1 − churn(r)) × ((1 − p) r − p × LGD − c)

All rates and shares are integers in millionths of the amount lent and year (ppm). `docs/algorithms/price.md` has a worked example.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from puhui.calculations.faults import Fault, check

__all__ = ["ChurnAwareRate", "churn_at", "churn_aware_rate", "required_rate"]

_ONE = 1_000_000


@dataclass(frozen=True, slots=True)
class ChurnAwareRate:
    """The rate, the share of borrowers lost at it, and the expected profit a year per unit offered; in ppm, the last two rounded."""

    rate_ppm: int
    churn_ppm: int
    profit_ppm: int


def required_rate(
    *, funding_ppm: int, operations_ppm: int, pd_ppm: int, lgd_ppm: int, hurdle_ppm: int, capital_ppm: int, fees_ppm: int = 0
) -> int:
    """The least yearly rate that covers the costs, rounded up; never below 0."""
    exact = funding_ppm + operations_ppm - fees_ppm + Fraction(pd_ppm * lgd_ppm + hurdle_ppm * capital_ppm, _ONE)
    return max(0, -(-exact.numerator // exact.denominator))


def churn_aware_rate(
    curve: Sequence[tuple[int, int]],
    *,
    pd_ppm: int,
    lgd_ppm: int,
    cost_ppm: int,
    minimum_ppm: int,
    maximum_ppm: int,
    multiple_ppm: int,
) -> ChurnAwareRate:
    """The best multiple of `multiple_ppm` from `minimum_ppm` to `maximum_ppm`; of equals the lowest.

    Args:
        curve: (rate, share lost), rates rising; straight between its points, level beyond its ends
    Raises:
        FaultsError: the curve is empty or not rising in the rate, a share is outside 0…1, or no multiple lies in the range.
    """
    first = -(-minimum_ppm // multiple_ppm) * multiple_ppm
    check(_curve_faults(curve, first, maximum_ppm))
    best, best_span, best_ppm = 0, 0, first
    for rate_ppm in range(first, maximum_ppm + 1, multiple_ppm):
        kept, span = _kept(curve, rate_ppm)
        profit = kept * ((_ONE - pd_ppm) * rate_ppm - pd_ppm * lgd_ppm - cost_ppm * _ONE)
        if not best_span or profit * best_span > best * span:  # of profit ÷ span, without dividing
            best, best_span, best_ppm = profit, span, rate_ppm
    churn = churn_at(curve, best_ppm)
    return ChurnAwareRate(best_ppm, round(churn * _ONE), round(Fraction(best, best_span * _ONE * _ONE)))


def churn_at(curve: Sequence[tuple[int, int]], rate_ppm: int) -> Fraction:
    """The share of borrowers lost at a rate, exactly."""
    kept, span = _kept(curve, rate_ppm)
    return 1 - Fraction(kept, span * _ONE)


def _kept(curve: Sequence[tuple[int, int]], rate_ppm: int) -> tuple[int, int]:
    """The share kept at a rate in ppm, as numerator and denominator."""
    if rate_ppm <= curve[0][0]:
        return _ONE - curve[0][1], 1
    for (left, low), (right, high) in pairwise(curve):
        if rate_ppm <= right:
            span = right - left
            return _ONE * span - (low * span + (high - low) * (rate_ppm - left)), span
    return _ONE - curve[-1][1], 1


def _curve_faults(curve: Sequence[tuple[int, int]], first_ppm: int, maximum_ppm: int) -> list[Fault]:
    faults = []
    if not curve:
        faults.append(Fault("churn curve", "nothing", "at least one point"))
    for (left, _), (right, _) in pairwise(curve):
        if right <= left:
            faults.append(Fault("churn curve", f"the rate {right} after {left}", "rates that rise"))
    faults.extend(
        Fault("churn curve", f"a share of {share} ppm at {rate}", "0 to 1,000,000") for rate, share in curve if not 0 <= share <= _ONE
    )
    if first_ppm > maximum_ppm:
        faults.append(Fault("rate", f"no multiple from {first_ppm} to {maximum_ppm}", "a range that holds one"))
    return faults
