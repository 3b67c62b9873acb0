"""Judging a score by cases it has not seen: repeated folds, and the newest cases by a model of the older ones.

A scorecard that is judged by the cases it was fitted on flatters itself, the more so the fewer they are. So the cases are dealt into folds
with equal default rates; each fold is scored by a model that was cut, chosen and weighed on the others; and the dealing is repeated with
other seeds, because with few cases the luck of the deal is large.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from puhui.calculations.faults import Fault, FaultsError
from puhui.scoring.configuration import Configuration
from puhui.scoring.evaluation import Figures, evaluate
from puhui.scoring.fitters import Fitter
from puhui.scoring.fitting import fit_scorecard, isotonic, platt
from puhui.scoring.group_fitting import by_groups, groups_of
from puhui.scoring.population import Population

__all__ = ["OutOfFold", "OutOfTime", "calibrated_by", "older_and_newer", "out_of_fold", "out_of_time"]

FloatArray = NDArray[np.float64]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class OutOfFold:
    """Scores of unseen cases, one set per repeat.

    log_odds                repeats × n, as fitted; raw_figures are theirs
    calibrated              repeats × n probabilities after a calibration that did not see the case's fold either; figures are theirs
    fold_aucs               of each fold of each repeat
    chosen                  share of the fits that each variable entered
    """

    seeds: tuple[int, ...]
    folds: int
    log_odds: FloatArray
    calibrated: FloatArray
    figures: tuple[Figures, ...]
    raw_figures: tuple[Figures, ...]
    fold_aucs: tuple[float, ...]
    chosen: dict[str, float]


@dataclass(frozen=True)
class OutOfTime:
    """The newest cases judged by a model of the older ones."""

    since: str
    trained_on: int
    figures: Figures


def out_of_fold(
    population: Population, configuration: Configuration, advance: Progress = lambda count: None, fit: Fitter = fit_scorecard
) -> OutOfFold:
    """Score every case by models that did not see it, once per repeat, in stratified folds."""
    target, weight, split = population.target, population.weight, configuration.split
    seeds = tuple(range(split.seed, split.seed + split.repeats))
    scores, calibrated, fold_aucs = [], [], []
    chosen: dict[str, int] = {}
    for seed in seeds:
        folds = _folds(target, split.folds, seed)
        unseen = np.zeros(len(target))
        for fold in range(split.folds):
            inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            fitted = fit(population, inside, configuration)
            unseen[outside] = fitted.log_odds(outside)
            area = evaluate(target[outside], _logistic(unseen[outside]), weight[outside]).auc
            fold_aucs += [] if area is None else [area]
            for name in fitted.names:
                chosen[name] = chosen.get(name, 0) + 1
            advance(1)
        scores.append(unseen)
        calibrated.append(_cross_calibrated(population, unseen, folds, configuration))
    return OutOfFold(
        seeds,
        split.folds,
        np.array(scores),
        np.array(calibrated),
        tuple(evaluate(target, probability, weight) for probability in calibrated),
        tuple(evaluate(target, _logistic(score), weight) for score in scores),
        tuple(fold_aucs),
        {name: count / (len(seeds) * split.folds) for name, count in sorted(chosen.items(), key=lambda item: -item[1])},
    )


def _folds(target: FloatArray, count: int, seed: int) -> NDArray[np.int64]:
    """The fold of each case, by scikit-learn's StratifiedKFold, so that others can repeat the figures."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sklearn.model_selection import StratifiedKFold
    fewest = int(min(target.sum(), (1 - target).sum()))
    if fewest < count:
        raise FaultsError(
            [Fault("split.folds", f"{count} folds for {fewest} cases of the rarer outcome", f"at most {fewest}", "use fewer folds")]
        )
    folds = np.zeros(len(target), dtype=np.int64)
    for fold, (_, outside) in enumerate(StratifiedKFold(count, shuffle=True, random_state=seed).split(target, target)):
        folds[outside] = fold
    return folds


def _cross_calibrated(population: Population, score: FloatArray, folds: NDArray[np.int64], configuration: Configuration) -> FloatArray:
    """Probabilities whose calibration, of all and of each group, was learnt on the other folds."""
    target, weight, by, method = population.target, population.weight, population.by, configuration.calibration
    if method == "none":
        return _logistic(score)
    result = np.zeros(len(target))
    for fold in np.unique(folds):
        inside, outside = folds != fold, folds == fold
        told = calibrated_by(method, target[inside], score[inside], weight[inside])
        result[outside] = told(score[outside])
        if len(by):
            common = told(score[inside])
            groups = groups_of(by[inside], target[inside], common, weight[inside], method, configuration.calibration_least_cases)
            result[outside] = by_groups(groups, by[outside], result[outside])
    return result


def calibrated_by(method: str, target: FloatArray, score: FloatArray, weight: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """From a score to its probability, learnt on these cases."""
    if method == "platt":
        intercept, slope = platt(target, score, weight)
        return lambda other: _logistic(intercept + slope * other)
    steps = isotonic(target, -score, weight)
    places, rates = [place for place, _ in steps], np.minimum.accumulate([rate for _, rate in steps])
    return lambda other: np.asarray(np.interp(-other, places, rates))


def older_and_newer(population: Population, configuration: Configuration) -> tuple[NDArray[np.int64], NDArray[np.int64], str]:
    """Rows before the cut and from it on; rows without a date belong to neither."""
    split, time = configuration.split, population.time
    assert time is not None
    known = time[~np.isnan(time)] if time.dtype.kind == "f" else time[~np.isnat(time)] if time.dtype.kind == "M" else time
    if not len(known):
        raise FaultsError([Fault(f"split.date {split.date}", "no row with a date", "a date in most rows")])
    since: Any
    if split.since is not None:
        since = split.since.year if time.dtype.kind in "if" else np.datetime64(split.since)
    else:
        since = np.sort(known)[int(len(known) * (1 - split.share))]
    return np.flatnonzero(time < since), np.flatnonzero(time >= since), str(since)[:10]


def check_split(population: Population, configuration: Configuration) -> None:
    """FaultsError where the cases before and after the date of the configuration are not enough, before anything is fitted."""
    if population.time is None:
        return
    older, newer, since = older_and_newer(population, configuration)
    target = population.target
    if min(target[older].sum(), (1 - target[older]).sum(), len(newer)) < configuration.split.folds:
        found = f"{len(older)} cases with {int(target[older].sum())} defaults before {since}, {len(newer)} from then on"
        raise FaultsError(
            [Fault(f"split.date {configuration.split.date}", found, "both outcomes before, cases after", "choose another split.since")]
        )


def out_of_time(population: Population, configuration: Configuration, advance: Progress, fit: Fitter = fit_scorecard) -> OutOfTime | None:
    """The newest cases scored by a model of the older ones; None without a date."""
    if population.time is None:
        return None
    older, newer, since = older_and_newer(population, configuration)
    target, weight = population.target, population.weight
    fitted = fit(population, older, configuration)
    advance(1)
    return OutOfTime(since, len(older), evaluate(target[newer], _logistic(fitted.log_odds(newer)), weight[newer]))


def _logistic(score: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-np.clip(score, -700, 700))))
