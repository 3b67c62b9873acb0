"""Refused cases in training: what is done about outcomes that nobody has seen.

A score learns from those who were lent to, and is used on everybody who asks. If refusals followed what the score sees, accepted cases of
the same score stand for refused ones, and nothing is gained by guessing. If whoever refused knew more, refused cases are worse than
accepted ones of the same score, and no method can learn by how much from accepted cases alone: `factor` is an assumption of the lender's,
and the card says so. Every method starts from a model of the accepted cases, cuts all cases into bands of equal numbers by it, and fits
again:

    parcelling      each refused case gets an outcome by lot, with the rate of default of the accepted in its band times the factor
    fuzzy           each refused case enters twice, as default and as repaid, weighted by the model's probability times the factor
    reweighting     refused cases stay out; the accepted of a band weigh as much as all who asked in it

It is done inside each fold, with the accepted cases of the other folds; only accepted cases are ever judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from puhui.scoring.population import Candidate, Population

if TYPE_CHECKING:
    from puhui.scoring.configuration import Configuration, Rejects
    from puhui.scoring.fitters import Fitted, Fitter

__all__ = ["with_rejects"]

FloatArray = NDArray[np.float64]
MOST = 0.999


def with_rejects(fit: Fitter) -> Fitter:
    """A fitter that uses refused cases as the configuration says; the fitter itself where it says nothing or there are none."""

    def fitted(population: Population, rows: NDArray[Any], configuration: Configuration) -> Fitted:
        rules = configuration.rejects
        if rules.method == "none" or not len(population.refused):
            return fit(population, rows, configuration)
        everybody = _everybody(population)
        refused = np.arange(len(population.target), len(everybody.target))
        first = fit(everybody, rows, configuration)
        joined, used = _METHODS[rules.method](everybody, rows, refused, first, rules)
        return fit(joined, used, configuration)

    return fitted


def _everybody(population: Population) -> Population:
    """Accepted cases in their places, refused ones behind them (outcome 0 until one is given)."""
    candidates = tuple(
        replace(each, values=np.concatenate([each.values, other]))
        for each, other in zip(population.candidates, population.refused_values, strict=True)
    )
    target = np.concatenate([population.target, np.zeros(len(population.refused))])
    return replace(population, candidates=candidates, target=target, weight=np.concatenate([population.weight, population.refused]))


def _parcelling(
    everybody: Population, rows: NDArray[Any], refused: NDArray[Any], first: Fitted, rules: Rejects
) -> tuple[Population, NDArray[Any]]:
    band_of_accepted, band_of_refused = _bands(first.log_odds(rows), first.log_odds(refused), rules.bands)
    target, weight = everybody.target, everybody.weight
    average = float(np.average(target[rows], weights=weight[rows]))
    known = np.bincount(band_of_accepted, weights=weight[rows], minlength=rules.bands)
    bad = np.bincount(band_of_accepted, weights=weight[rows] * target[rows], minlength=rules.bands)
    rate = np.minimum(MOST, rules.factor * (bad + average) / (known + 1))
    drawn = np.random.default_rng(rules.seed).random(len(refused)) < rate[band_of_refused]
    given = target.copy()
    given[refused] = drawn
    return replace(everybody, target=given), np.concatenate([rows, refused])


def _fuzzy(
    everybody: Population, rows: NDArray[Any], refused: NDArray[Any], first: Fitted, rules: Rejects
) -> tuple[Population, NDArray[Any]]:
    probability = np.clip(rules.factor / (1 + np.exp(-first.log_odds(refused))), 1 - MOST, MOST)
    twice = _repeated(everybody, refused)
    target = np.concatenate([everybody.target, np.ones(len(refused))])
    weight = twice.weight.copy()
    weight[refused] *= 1 - probability
    weight[len(everybody.target) :] *= probability
    again = np.arange(len(everybody.target), len(target))
    return replace(twice, target=target, weight=weight), np.concatenate([rows, refused, again])


def _reweighting(
    everybody: Population, rows: NDArray[Any], refused: NDArray[Any], first: Fitted, rules: Rejects
) -> tuple[Population, NDArray[Any]]:
    band_of_accepted, band_of_refused = _bands(first.log_odds(rows), first.log_odds(refused), rules.bands)
    known = np.bincount(band_of_accepted, weights=everybody.weight[rows], minlength=rules.bands)
    unknown = np.bincount(band_of_refused, weights=everybody.weight[refused], minlength=rules.bands)
    weight = everybody.weight.copy()
    weight[rows] *= ((known + unknown) / np.maximum(known, 1e-9))[band_of_accepted]
    return replace(everybody, weight=weight), rows


def _bands(accepted: FloatArray, refused: FloatArray, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bands that hold equal numbers of accepted cases, by rising score."""
    cuts = np.quantile(accepted, np.linspace(0, 1, count + 1)[1:-1])
    return np.searchsorted(cuts, accepted, side="right"), np.searchsorted(cuts, refused, side="right")


def _repeated(population: Population, rows: NDArray[Any]) -> Population:
    """The population with some of its cases once more at its end."""
    candidates: tuple[Candidate, ...] = tuple(
        replace(each, values=np.concatenate([each.values, each.values[rows]])) for each in population.candidates
    )
    return replace(population, candidates=candidates, weight=np.concatenate([population.weight, population.weight[rows]]))


_METHODS: dict[str, Callable[..., tuple[Population, NDArray[Any]]]] = {
    "parcelling": _parcelling,
    "fuzzy": _fuzzy,
    "reweighting": _reweighting,
}
