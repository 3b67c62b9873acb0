"""Cutting a variable into bins, and what each bin says: its weight of evidence.

The weight of evidence of a bin is ln(share of the repaid cases that fall in / share of the defaulted cases that fall in): above zero is
safer than average. Cuts are the optimal ones of optbinning, with the default rate rising or falling along the variable where its direction
is known. Null is a bin of its own. Thin bins are drawn towards zero by `prior_cases` imaginary average cases, so that three firms cannot
shout. Categories are put in the order of their (equally shrunk) default rates and then cut like a number.

Only training imports this module: optbinning takes seconds to load.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from puhui.scoring.configuration import Bins
from puhui.scoring.evaluation import area_under_curve
from puhui.scoring.population import Candidate

__all__ = ["Binned", "bin_variable"]

FloatArray = NDArray[np.float64]
POOLED = "(other)"
MANY_DEFAULTS = 300
"""With so many, the default rate may turn once along a variable of unknown direction; with fewer it goes the way that orders better."""


@dataclass(frozen=True)
class Binned:
    """A variable cut on a training set.

    woe, repaid, defaulted   one per bin, then null, then (categories) unseen; counts are weighted
    splits                   rising cuts of numbers, or of the categories' places in the order of risk
    level_bin                categories: the bin of each level; -1 for a level that the training set did not hold
    """

    candidate: Candidate
    splits: tuple[float, ...]
    level_bin: NDArray[np.int64] | None
    repaid: FloatArray
    defaulted: FloatArray
    woe: FloatArray
    information_value: float

    @property
    def bins(self) -> int:
        return len(self.splits) + 1

    def places(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """Position of each of the rows in `woe`."""
        return _places(self.candidate, rows, self.splits, self.level_bin)


def bin_variable(candidate: Candidate, rows: NDArray[Any], target: FloatArray, weight: FloatArray, bins: Bins) -> Binned:
    """Cut `candidate` on the given rows (positions); `target` and `weight` are those of all cases."""
    level_bin = None
    if candidate.kind == "number":
        splits = _splits(candidate.values[rows], target[rows], weight[rows], candidate.trend, bins)
    else:
        splits, level_bin = _category_splits(candidate, rows, target, weight, bins)
    places = _places(candidate, rows, splits, level_bin)
    size = len(splits) + 1 + (1 if candidate.kind == "number" else 2)
    defaulted = np.bincount(places, weights=weight[rows] * target[rows], minlength=size).astype(float)
    repaid = np.bincount(places, weights=weight[rows] * (1 - target[rows]), minlength=size).astype(float)
    woe = weight_of_evidence(repaid, defaulted, bins.prior_cases)
    value = np.sum((repaid / repaid.sum() - defaulted / defaulted.sum()) * woe)
    return Binned(candidate, splits, level_bin, repaid, defaulted, woe, float(value))


def weight_of_evidence(repaid: FloatArray, defaulted: FloatArray, prior_cases: float) -> FloatArray:
    """ln(share of repaid / share of defaulted) per bin after adding `prior_cases` (≥ 0) average cases; 0 for an empty bin.

    Without prior cases a bin that holds only one outcome has no finite answer.
    """
    rate = defaulted.sum() / (defaulted.sum() + repaid.sum())
    good, bad = repaid + prior_cases * (1 - rate), defaulted + prior_cases * rate
    filled = (repaid + defaulted) > 0
    ratio = np.ones(len(repaid))
    with np.errstate(divide="ignore"):
        ratio[filled] = (good[filled] / bad[filled]) / ((1 - rate) / rate)
        return np.asarray(np.log(ratio))


def _places(candidate: Candidate, rows: NDArray[Any], splits: tuple[float, ...], level_bin: NDArray[np.int64] | None) -> NDArray[np.int64]:
    values = candidate.values[rows]
    null = len(splits) + 1
    if level_bin is None:
        places = np.searchsorted(np.array(splits), values, side="right")
        return np.where(np.isnan(values), null, places)
    places = level_bin[values]
    return np.where(values < 0, null, np.where(places < 0, null + 1, places))


def _splits(values: FloatArray, target: FloatArray, weight: FloatArray, trend: str, bins: Bins) -> tuple[float, ...]:
    known = ~np.isnan(values)
    x, y = values[known], target[known].astype(int)
    if len(np.unique(x)) < 2 or not 0 < y.sum() < len(y):
        return ()
    monotonic: str | None = None if trend == "any" else trend
    if trend == "auto" and y.sum() < MANY_DEFAULTS:
        monotonic = "ascending" if area_under_curve(target[known], x, weight[known]) >= 0.5 else "descending"
    search = _optimal_binning()(
        dtype="numerical",
        solver="cp",
        monotonic_trend=monotonic,
        max_n_prebins=bins.fine,
        min_prebin_size=min(bins.minimum_share, 0.5),
        max_n_bins=bins.maximum,
        min_bin_size=bins.minimum_share,
        time_limit=10,
    )
    weighted = None if np.all(weight == weight[0]) else weight[known]
    with _unchecked():
        search.fit(x, y, sample_weight=weighted, check_input=False)
    return tuple(float(cut) for cut in search.splits)


def _category_splits(
    candidate: Candidate, rows: NDArray[Any], target: FloatArray, weight: FloatArray, bins: Bins
) -> tuple[tuple[float, ...], NDArray[np.int64]]:
    """Cuts in the order of risk, and the bin of each level. Levels too rare to judge share one place."""
    values = candidate.values[rows]
    known = values >= 0
    if not candidate.levels or not known.any():
        return (), np.full(max(len(candidate.levels), 1), -1)
    codes, outcome, mass = values[known], target[rows][known], weight[rows][known]
    size = len(candidate.levels)
    cases = np.bincount(codes, weights=mass, minlength=size)
    events = np.bincount(codes, weights=mass * outcome, minlength=size)
    rare = (cases > 0) & (cases < bins.level_share * cases.sum())
    rate = events.sum() / cases.sum()
    risk = (events + bins.prior_cases * rate) / (cases + bins.prior_cases)
    if rare.any():
        risk[rare] = (events[rare].sum() + bins.prior_cases * rate) / (cases[rare].sum() + bins.prior_cases)
    splits = _splits(risk[codes], outcome, mass, "ascending", bins)
    level_bin = np.where(cases > 0, np.searchsorted(np.array(splits), risk, side="right"), -1)
    if rare.any():  # a level never met is most like the rare ones
        level_bin[cases == 0] = level_bin[rare][0]
    return splits, level_bin


def _unchecked() -> Any:
    """scikit-learn without its checks of input that is clean already: with few cases they take most of the time."""
    import sklearn

    return sklearn.config_context(assume_finite=True, skip_parameter_validation=True)


@lru_cache(maxsize=1)
def _optimal_binning() -> Any:
    """optbinning's class, loaded on first use, its chatter about a coming change in scikit-learn kept quiet."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from optbinning import OptimalBinning
    return OptimalBinning
