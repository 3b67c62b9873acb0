"""Fitting a calibration for each group over the common one (`group_calibration`). Only training imports this module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from puhui.scoring.configuration import Configuration
from puhui.scoring.document import Document
from puhui.scoring.ensemble import EnsembleDocument
from puhui.scoring.fitting import isotonic, platt
from puhui.scoring.group_calibration import LEAST, MOST, Group
from puhui.scoring.population import Population
from puhui.scoring.preparation import Step, needed

__all__ = ["by_groups", "groups_of", "with_groups"]

FloatArray = NDArray[np.float64]
AnyDocument = TypeVar("AnyDocument", Document, EnsembleDocument)
LEAST_EVENTS = 20
"""Defaults, and repaid cases, that a group must have beside its least number of cases."""


def groups_of(
    names: NDArray[Any], target: FloatArray, common: FloatArray, weight: FloatArray, method: str, least: int, repeats: int = 1
) -> tuple[Group, ...]:
    """Own calibrations of the groups that have enough cases. The arrays hold each case `repeats` times; `names` is "" where not known."""
    if method == "none":
        return ()
    log_odds = _log_odds(common)
    found = []
    for name in sorted(set(names.tolist()) - {""}):
        chosen = names == name
        cases, events = int(chosen.sum()) // repeats, int(target[chosen].sum()) // repeats
        if cases < least or min(events, cases - events) < LEAST_EVENTS:
            continue
        intercept, slope = platt(target[chosen], log_odds[chosen], weight[chosen])
        if slope <= 0:  # inside the group the score does not order: the common calibration says no less
            continue
        curve = _curve(target[chosen], log_odds[chosen], weight[chosen]) if method == "isotonic" else ()
        found.append(Group(name, cases, intercept, slope, curve))
    return tuple(found)


def _curve(target: FloatArray, log_odds: FloatArray, weight: FloatArray) -> tuple[tuple[float, float], ...]:
    steps = isotonic(target, -log_odds, weight)
    rates = np.minimum.accumulate([rate for _, rate in steps])
    return tuple((-float(place), float(rate)) for (place, _), rate in zip(steps, rates, strict=True))[::-1]


def _log_odds(probability: FloatArray) -> FloatArray:
    kept = np.clip(probability, LEAST, MOST)
    return np.asarray(np.log(kept / (1 - kept)))


def by_groups(groups: Sequence[Group], names: NDArray[Any], common: FloatArray) -> FloatArray:
    """Probabilities in training, not rounded."""
    result, log_odds = common.copy(), _log_odds(common)
    for each in groups:
        chosen = names == each.name
        if each.curve:
            places, rates = zip(*each.curve, strict=True)
            result[chosen] = np.interp(log_odds[chosen], places, rates)
        else:
            result[chosen] = 1 / (1 + np.exp(-np.clip(each.intercept + each.slope * log_odds[chosen], -700, 700)))
    return result


def with_groups(document: AnyDocument, population: Population, common: FloatArray, configuration: Configuration) -> AnyDocument:
    """The document with a calibration of each group that has enough cases; `training.calibration_groups` tells which have.

    common: repeats × n probabilities of unseen cases by the common calibration. A column is read by a step of its own, since the model may
    read it otherwise too.
    """
    by, repeats = configuration.calibration_by, len(common)
    names, target = np.tile(population.by, repeats), np.tile(population.target, repeats)
    weight = np.tile(population.weight / repeats, repeats)
    least = configuration.calibration_least_cases
    own = groups_of(names, target, common.ravel(), weight, configuration.calibration, least, repeats)
    is_step = any(step.name == by for step in configuration.preparation)
    step = None if is_step else Step(f"group of {by}", "category", (by,))
    known = {each.name for each in document.preparation}
    steps = (step,) if step else needed(configuration.preparation, {by})
    more = tuple(each for each in steps if each.name not in known)
    met, counts = np.unique(population.by, return_counts=True)
    document.training["calibration_groups"] = [
        {"group": str(name) or None, "cases": int(count), "own": any(each.name == name for each in own)}
        for name, count in zip(met, counts, strict=True)
    ]
    calibration = replace(document.calibration, by=step.name if step else by, groups={each.name: each for each in own})
    return replace(document, calibration=calibration, preparation=document.preparation + more)
