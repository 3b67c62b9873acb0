"""The kinds of model that can be trained, each as one function: fitted on some of the cases, it gives log-odds for any.

All are judged by the same folds (`resampling`), so that a scorecard, trees and curves stand side by side. What is fitted here looks at
the given rows alone; the rest of the population is only ever scored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from puhui.scoring.additive import Curves
from puhui.scoring.configuration import Configuration
from puhui.scoring.document import Calibration
from puhui.scoring.ensemble import EnsembleDocument
from puhui.scoring.fitting import fit_scorecard, isotonic, platt
from puhui.scoring.inputs import Input, inputs_of, population_matrix, training_matrix
from puhui.scoring.population import Population
from puhui.scoring.preparation import needed
from puhui.scoring.trees import Trees

__all__ = ["FITTERS", "FORMATS", "Fitted", "FittedEnsemble", "ensemble_document"]

FloatArray = NDArray[np.float64]


class Fitted(Protocol):
    """A fitted model of any kind."""

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that it uses."""
        ...

    def log_odds(self, rows: NDArray[Any]) -> FloatArray:
        """Of cases of the population, by their positions."""
        ...


Fitter = Callable[[Population, NDArray[Any], Configuration], Fitted]


@dataclass(frozen=True)
class FittedEnsemble:
    """Trees or curves over the inputs of a population."""

    population: Population
    inputs: tuple[Input, ...]
    core: Trees | Curves

    @property
    def names(self) -> tuple[str, ...]:
        used = _used(self.core)
        return tuple(each.name for place, each in enumerate(self.inputs) if place in used)

    def log_odds(self, rows: NDArray[Any]) -> FloatArray:
        candidates = {each.name: each for each in self.population.candidates}
        return self.core.log_odds(population_matrix(self.inputs, candidates, rows))


def _used(core: Trees | Curves) -> set[int]:
    if isinstance(core, Trees):
        return {feature for tree in core.trees for feature in tree.feature if feature >= 0}
    return {place for term in core.terms for place in term.inputs}


def _fit_trees(population: Population, rows: NDArray[Any], configuration: Configuration) -> FittedEnsemble:
    from puhui.scoring.boosting import grow

    return _fit(population, rows, configuration, grow, configuration.lightgbm)


def _fit_curves(population: Population, rows: NDArray[Any], configuration: Configuration) -> FittedEnsemble:
    from puhui.scoring.glass_box import bend

    return _fit(population, rows, configuration, bend, configuration.ebm)


def _fit(population: Population, rows: NDArray[Any], configuration: Configuration, learn: Any, options: Any) -> FittedEnsemble:
    candidates, target, weight = population.candidates, population.target, population.weight
    prior, seed = configuration.category_prior, configuration.split.seed
    inputs = inputs_of(candidates, rows, target, weight, prior)
    matrix = training_matrix(candidates, rows, target, weight, prior, seed)
    core = learn(matrix, target[rows], weight[rows], [_sign(each) for each in inputs], options, seed)
    return FittedEnsemble(population, inputs, core)


def _sign(each: Input) -> str:
    """A rate of default is riskier the higher it is, whatever the category's own sign."""
    return "-" if each.kind == "category" else each.sign


FITTERS: dict[str, Fitter] = {"scorecard": fit_scorecard, "lightgbm": _fit_trees, "ebm": _fit_curves}
FORMATS = {"lightgbm": "puhui/trees/1", "ebm": "puhui/curves/1"}


def ensemble_document(
    kind: str,
    population: Population,
    fitted: FittedEnsemble,
    unseen_log_odds: FloatArray,
    configuration: Configuration,
    training: dict[str, Any],
) -> EnsembleDocument:
    """The document of fitted trees or curves. `unseen_log_odds` (repeats × n) are the out-of-fold scores that calibrate it."""
    repeats = len(unseen_log_odds)
    target, weight = np.tile(population.target, repeats), np.tile(population.weight / repeats, repeats)
    calibration = Calibration(configuration.calibration)
    if configuration.calibration != "none":
        calibration = Calibration(configuration.calibration, *platt(target, unseen_log_odds.ravel(), weight))
    if configuration.calibration == "isotonic":
        steps = isotonic(target, -unseen_log_odds.ravel(), weight)
        rates = np.minimum.accumulate([rate for _, rate in steps])
        curve = tuple((-place, float(rate)) for (place, _), rate in zip(steps, rates, strict=True))[::-1]
        calibration = Calibration("isotonic", calibration.intercept, calibration.slope, curve)
    names = {each.name for each in fitted.inputs}
    return EnsembleDocument(
        format=FORMATS[kind],
        name=configuration.name,
        title=configuration.title,
        target={
            "column": configuration.target.column,
            "positive": list(configuration.target.positive),
            "negative": list(configuration.target.negative),
        },
        raw={name: how for name, how in population.raw.items() if name in names},
        preparation=needed(configuration.preparation, names),
        inputs=fitted.inputs,
        core=fitted.core,
        calibration=calibration,
        scaling=configuration.scaling,
        reasons_count=configuration.reasons_count,
        training=training,
    )
