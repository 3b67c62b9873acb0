"""From binned variables to weights, and from scores to true probabilities.

The weights come from a logistic regression on the weights of evidence. Two restraints make it fit for few cases: ridge (a penalty on the
squares of the weights, which draws them together and towards zero) and sign (no weight may turn a safe bin into a risky one, so that
points always rise with the evidence). Calibration then corrects the level and the spread on cases the fit has not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from puhui.scoring.binning import Binned, bin_variable
from puhui.scoring.configuration import Configuration
from puhui.scoring.evaluation import area_under_curve, logistic_line
from puhui.scoring.population import Candidate, Population

__all__ = ["Fitted", "area_alone", "fit_ridge", "fit_scorecard", "isotonic", "platt"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """Log-odds of default of a case = intercept − Σ coefficient × weight of evidence; coefficients ≥ 0."""

    binned: tuple[Binned, ...]
    intercept: float
    coefficients: FloatArray

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that it uses."""
        return tuple(each.candidate.name for each in self.binned)

    def log_odds(self, rows: NDArray[Any]) -> FloatArray:
        """Of cases of the population, by their positions."""
        total = np.full(len(rows), self.intercept)
        for binned, coefficient in zip(self.binned, self.coefficients, strict=True):
            total -= coefficient * binned.woe[binned.places(rows)]
        return total


def fit_scorecard(population: Population, rows: NDArray[Any], configuration: Configuration) -> Fitted:
    """Bin, select and weigh on the given rows alone (positions into the population)."""
    target, weight = population.target, population.weight
    least = configuration.selection.minimum_area
    able = [c for c in population.candidates if least <= 0.5 or area_alone(c, rows, target, weight) >= least]
    binned = [bin_variable(candidate, rows, target, weight, configuration.bins) for candidate in able]
    selected = _selected(binned, rows, configuration)
    evidence = np.column_stack([b.woe[b.places(rows)] for b in selected]) if selected else np.zeros((len(rows), 0))
    intercept, coefficients = fit_ridge(-evidence, target[rows], weight[rows], configuration.ridge)
    kept = coefficients > 1e-6
    return Fitted(tuple(b for b, keep in zip(selected, kept, strict=True) if keep), intercept, coefficients[kept])


def _selected(binned: list[Binned], rows: NDArray[Any], configuration: Configuration) -> list[Binned]:
    """The strongest by information value, none too much like a stronger one, in the order of strength."""
    rules = configuration.selection
    strong = sorted((b for b in binned if b.information_value >= rules.minimum_information_value), key=lambda b: -b.information_value)
    chosen: list[Binned] = []
    directions = np.zeros((0, len(rows)))  # centred, length 1: their products are correlations
    for candidate in strong:
        if len(chosen) >= rules.maximum_variables:
            break
        values = candidate.woe[candidate.places(rows)]
        centred = values - values.mean()
        length = float(np.sqrt(centred @ centred))
        if length < 1e-9:
            continue
        direction = centred / length
        if np.all(np.abs(directions @ direction) <= rules.maximum_correlation):
            chosen.append(candidate)
            directions = np.vstack([directions, direction])
    return chosen


def area_alone(candidate: Candidate, rows: NDArray[Any], target: FloatArray, weight: FloatArray) -> float:
    """AUC of a number alone on the given rows, in its known direction or else the better one; or of being null, if that orders better.

    Categories count as able: their order is not known before they are cut.
    """
    if candidate.kind == "category":
        return 1.0
    values = candidate.values[rows]
    missing = np.isnan(values)
    flagged = _either_way(target[rows], missing.astype(float), weight[rows]) if 0 < missing.sum() < len(rows) else 0.5
    known = rows[~missing]
    if len(known) == 0 or not 0 < target[known].sum() < len(known):
        return flagged
    area = area_under_curve(target[known], candidate.values[known], weight[known])
    directed = {"ascending": area, "descending": 1 - area}.get(candidate.trend, max(area, 1 - area))
    return max(directed, flagged)


def _either_way(target: FloatArray, risk: FloatArray, weight: FloatArray) -> float:
    area = area_under_curve(target, risk, weight)
    return max(area, 1 - area)


def fit_ridge(risk: FloatArray, target: FloatArray, weight: FloatArray, ridge: float) -> tuple[float, FloatArray]:
    """Weighted logistic regression with weights ≥ 0 and penalty ridge / 2 × Σ weight²; the intercept is free.

    risk: n × k, larger is riskier; weight: n, mean about 1. Returns intercept and k weights.
    """
    count = risk.shape[1]

    def loss(line: FloatArray) -> tuple[float, FloatArray]:
        score = line[0] + risk @ line[1:]
        residual = weight * (1 / (1 + np.exp(-np.clip(score, -700, 700))) - target)
        value = np.sum(weight * (np.logaddexp(0, score) - target * score)) + ridge / 2 * np.sum(line[1:] ** 2)
        return float(value), np.append(residual.sum(), risk.T @ residual + ridge * line[1:])

    rate = np.average(target, weights=weight)
    start = np.append(np.log(rate / (1 - rate)), np.full(count, 0.1))
    bounds = [(None, None), *[(0.0, None)] * count]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-8})
    return float(found.x[0]), np.asarray(found.x[1:])


def platt(target: FloatArray, log_odds: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Intercept and slope that make log-odds true (Platt 1999); (mean log-odds, 0) when the score does not order the cases at all."""
    intercept, slope = logistic_line(target, log_odds, weight)
    if intercept is None or slope is None or slope <= 0:
        rate = float(np.average(target, weights=weight))
        return float(np.log(rate / (1 - rate))), 0.0
    return intercept, slope


def isotonic(target: FloatArray, score: FloatArray, weight: FloatArray) -> list[tuple[float, float]]:
    """The falling step curve of default rate along `score` (more is safer) that fits best, as (mean score, rate) of each step.

    Pool adjacent violators. An imaginary half case of each outcome keeps a pure step off 0 and 1.
    """
    order = np.argsort(score, kind="stable")
    rate = float(np.average(target, weights=weight))
    steps: list[list[float]] = []  # weight, defaulted, weight × score
    for value, outcome, mass in zip(score[order], target[order], weight[order], strict=True):
        steps.append([mass, mass * outcome, mass * value])
        while len(steps) > 1 and steps[-2][1] / steps[-2][0] <= steps[-1][1] / steps[-1][0]:
            last = steps.pop()
            steps[-1] = [a + b for a, b in zip(steps[-1], last, strict=True)]
    return [(scores / mass, (events + rate) / (mass + 1)) for mass, events, scores in steps]
