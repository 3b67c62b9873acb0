"""What moved the score: for each variable the mean points that it brings now, against those that it brought in training.

A mean score falls because firms have come to differ in something. Points add up, so the fall of the mean is the sum of the falls of the
variables' means, exactly: of a scorecard the points of the bins, of curves the entries of their tables, of trees the Shapley values (which
add up to the score, too), all on the lender's scale. What training saw stands in the model's file (`training.mean_points`); of older files
it is known for scorecards, whose bins keep their shares, and is nothing for curves and trees, which are told against the average case.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from puhui.scoring.ensemble import Ensemble
from puhui.scoring.inputs import population_matrix
from puhui.scoring.loading import AnyModel
from puhui.scoring.model import Model
from puhui.scoring.population import Population

__all__ = ["Mover", "mean_points", "movers", "points_then"]

MOST_CASES = 500
"""Of trees and curves so many training cases are explained, spread evenly over the table."""


@dataclass(frozen=True)
class Mover:
    """A variable with the mean points of training and of now. share: of all movement, whichever way; they add up to 1."""

    variable: str
    cases: int
    then: float
    now: float
    share: float

    @property
    def change(self) -> float:
        return self.now - self.then


def mean_points(model: AnyModel, population: Population) -> dict[str, float]:
    """Variable → mean points that it brings to a training case (weighted), against the average case for trees and curves."""
    document = model.document
    if not isinstance(model, Ensemble):
        assert isinstance(model, Model)
        return points_then(document.as_dict())
    rows = np.unique(np.linspace(0, len(population.target) - 1, MOST_CASES).round().astype(int))
    candidates = {each.name: each for each in population.candidates}
    matrix = population_matrix(model.document.inputs, candidates, rows)
    shares = np.array([model.document.core.contributions(row) for row in matrix])
    factor = -model.document.calibration.slope * document.scaling.points_to_double_odds / math.log(2)
    means = np.average(shares, axis=0, weights=population.weight[rows]) * factor
    return {each.name: round(float(mean), 4) for each, mean in zip(model.document.inputs, means, strict=True)}


def points_then(body: Mapping[str, Any]) -> dict[str, float]:
    """The same of a model's file: as it tells, or by the shares of a scorecard's bins, or nothing."""
    told = body.get("training", {}).get("mean_points")
    if told:
        return dict(told)
    found = {}
    for variable in body.get("variables", []):
        bins = [*variable["bins"], *(each for each in (variable.get("missing"), variable.get("unseen")) if each)]
        total = sum(each["share"] for each in bins)
        found[variable["name"]] = round(sum(each["share"] * each["points"] for each in bins) / total, 4) if total else 0.0
    return found | {each["name"]: 0.0 for each in body.get("inputs", [])}


def movers(then: Mapping[str, float], now: Mapping[str, tuple[int, float]]) -> list[Mover]:
    """The variables of both, those that moved the score most first. now: variable → (cases, mean points)."""
    known = [name for name in now if name in then]
    total = sum(abs(now[name][1] - then[name]) for name in known)
    found = [
        Mover(name, now[name][0], then[name], now[name][1], abs(now[name][1] - then[name]) / total if total else 0.0) for name in known
    ]
    return sorted(found, key=lambda each: (-abs(each.change), each.variable))
