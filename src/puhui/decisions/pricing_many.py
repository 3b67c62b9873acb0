"""The churn-aware rate for many at once: the same answer as `pricing.churn_aware_rate`, a million in a second.

For one rate the profit is a straight line in the probability of default, so a table of cases by rates is one product of small arrays. What
is earned is a whole number below 2^53, exact in floating point; the share kept is not. So the best rate is chosen with room for the last
digits, and where more than one rate lies within that room the whole numbers decide.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from puhui.calculations.pricing import PPM, churn_aware_rate, kept_share, most_profitable

__all__ = ["churn_aware_rates"]

Whole = NDArray[np.int64]
_CHUNK = 20_000  # cases priced together: some tens of megabytes
_ROOM = 1e-12  # of the profit; its floating point error is below 1e-15 of it


def churn_aware_rates(
    curve: Sequence[tuple[int, int]], pd_ppm: Whole, minimum_ppm: Whole, *, lgd_ppm: int, cost_ppm: int, maximum_ppm: int, multiple_ppm: int
) -> Whole:
    """The best rate of each case, whose lowest rate is `minimum_ppm`; arguments as in `churn_aware_rate`."""
    low, high = np.maximum(minimum_ppm, curve[0][0]), min(maximum_ppm, curve[-1][0])
    rates = np.arange(-(-max(curve[0][0], 0) // multiple_ppm) * multiple_ppm, high + 1, multiple_ppm, dtype=np.int64)
    found = np.zeros(len(pd_ppm), dtype=np.int64)
    inside = low <= (rates[-1] if len(rates) else -1)
    for place in np.flatnonzero(~inside):
        chosen = churn_aware_rate(
            curve,
            pd_ppm=int(pd_ppm[place]),
            lgd_ppm=lgd_ppm,
            cost_ppm=cost_ppm,
            minimum_ppm=int(minimum_ppm[place]),
            maximum_ppm=maximum_ppm,
            multiple_ppm=multiple_ppm,
        )
        found[place] = chosen.rate_ppm
    places = np.flatnonzero(inside)
    for start in range(0, len(places), _CHUNK):
        chunk = places[start : start + _CHUNK]
        found[chunk] = _chosen(curve, rates, pd_ppm[chunk], low[chunk], lgd_ppm, cost_ppm)
    return found


def _chosen(curve: Sequence[tuple[int, int]], rates: Whole, pd_ppm: Whole, low: Whole, lgd_ppm: int, cost_ppm: int) -> Whole:
    kept = np.array([share / span for share, span in (kept_share(curve, int(rate)) for rate in rates)])
    lost = pd_ppm * lgd_ppm + cost_ppm * PPM
    earned = (PPM - pd_ppm)[:, None] * rates[None, :] - lost[:, None]
    profit = np.where(rates[None, :] >= low[:, None], earned * kept[None, :], -np.inf)
    best = profit.max(axis=1)
    near = profit >= (best - np.abs(best) * _ROOM)[:, None]
    chosen: Whole = rates[near.argmax(axis=1)]
    for place in np.flatnonzero(near.sum(axis=1) > 1):
        candidates = [int(rate) for rate in rates[near[place]]]
        chosen[place] = most_profitable(curve, candidates, int(pd_ppm[place]), lgd_ppm, cost_ppm)
    return chosen
