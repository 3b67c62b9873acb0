"""Writing a fitted score as points.

Log-odds of default become points on a scale the lender knows: `base_points` at `base_odds` repaid cases to one default, and a fixed number
of points for each doubling of the odds. The calibration is folded in first, so the promise of the scale is true. The worst bin of each
variable earns 0, its others more, and what remains goes to the base that every case starts from. Each entry is rounded to a whole point,
once, here.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from puhui.scoring.binning import POOLED, Binned
from puhui.scoring.configuration import Configuration
from puhui.scoring.document import Bin, Calibration, Document, ScoredVariable
from puhui.scoring.fitting import Fitted, isotonic, platt
from puhui.scoring.population import Population
from puhui.scoring.preparation import needed

__all__ = ["scorecard_document"]

FloatArray = NDArray[np.float64]


def scorecard_document(
    population: Population, fitted: Fitted, unseen_log_odds: FloatArray, configuration: Configuration, training: dict[str, Any]
) -> Document:
    """The document of a fitted scorecard. `unseen_log_odds` (repeats × n) are the out-of-fold scores that calibrate it."""
    repeats = len(unseen_log_odds)
    target, weight = np.tile(population.target, repeats), np.tile(population.weight / repeats, repeats)
    intercept, slope = (0.0, 1.0) if configuration.calibration == "none" else platt(target, unseen_log_odds.ravel(), weight)
    scaling = configuration.scaling
    factor = scaling.points_to_double_odds / math.log(2)
    offset = scaling.base_points - factor * math.log(scaling.base_odds)
    base = offset - factor * (intercept + slope * fitted.intercept)
    variables = []
    for binned, coefficient in zip(fitted.binned, fitted.coefficients, strict=True):
        earned = factor * slope * coefficient * binned.woe
        lowest = float(np.min(earned[_met(binned)]))
        base += lowest
        variables.append(_scored(binned, float(coefficient), earned - lowest, configuration))
    names = {binned.candidate.name for binned in fitted.binned}
    steps = needed(configuration.preparation, set(names))
    document = Document(
        name=configuration.name,
        title=configuration.title,
        target={
            "column": configuration.target.column,
            "positive": list(configuration.target.positive),
            "negative": list(configuration.target.negative),
        },
        raw={name: kind for name, kind in population.raw.items() if name in names},
        preparation=steps,
        variables=tuple(variables),
        intercept_points=round(base),
        scaling=scaling,
        calibration=Calibration(configuration.calibration, intercept, slope),
        reasons_against=configuration.reasons_against,
        reasons_count=configuration.reasons_count,
        training=training,
    )
    if configuration.calibration == "isotonic":
        return _with_curve(document, target, offset - factor * (intercept + slope * unseen_log_odds.ravel()), weight)
    return document


def _met(binned: Binned) -> NDArray[np.bool_]:
    """The bins that training cases fell into, and all bins of known values."""
    met = (binned.repaid + binned.defaulted) > 0
    met[: binned.bins] = True
    return np.asarray(met)


def _scored(binned: Binned, coefficient: float, earned: FloatArray, configuration: Configuration) -> ScoredVariable:
    mass = binned.repaid + binned.defaulted
    share = mass / mass.sum()
    labels, uppers, levels = _labels(binned)
    rows = []
    for position in range(len(mass)):
        rate = float(binned.defaulted[position] / mass[position]) if mass[position] > 0 else None
        rows.append(
            Bin(
                label=labels[position],
                points=round(float(earned[position])),
                woe=float(binned.woe[position]),
                share=float(share[position]),
                event_rate=rate,
                upper=uppers[position],
                levels=levels[position],
            )
        )
    known, rest = rows[: binned.bins], rows[binned.bins :]
    return ScoredVariable(
        name=binned.candidate.name,
        kind=binned.candidate.kind,
        sign=binned.candidate.sign,
        coefficient=coefficient,
        information_value=binned.information_value,
        bins=tuple(known),
        missing=rest[0],
        unseen=rest[1] if len(rest) > 1 else None,
        neutral_points=round(float(np.sum(share * np.array([row.points for row in rows])))),
    )


def _labels(binned: Binned) -> tuple[list[str], list[float | None], list[tuple[str, ...]]]:
    """Label, upper bound and levels of each bin, then of null (and unseen)."""
    if binned.level_bin is None:
        cuts = list(binned.splits)
        bounds = [(None if i == 0 else cuts[i - 1], None if i == len(cuts) else cuts[i]) for i in range(len(cuts) + 1)]
        labels = [_range_label(low, high) for low, high in bounds]
        return [*labels, "missing"], [*(high for _, high in bounds), None], [()] * (len(labels) + 1)
    names = np.array(binned.candidate.levels, dtype=object)
    levels = [tuple(str(name) for name in names[binned.level_bin == position]) for position in range(binned.bins)]
    labels = [_levels_label(members) for members in levels]
    return [*labels, "missing", POOLED], [None] * (len(labels) + 2), [*levels, (), ()]


def _range_label(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "any value"
    if low is None:
        return f"below {_number(high)}"
    return f"{_number(low)} or more" if high is None else f"{_number(low)} to below {_number(high)}"


def _number(value: float | None) -> str:
    """A bound as a person writes it: six digits, large numbers whole with commas. The exact bound stands beside the label."""
    assert value is not None
    return f"{value:,.0f}" if abs(value) >= 100_000 else f"{value:,.6g}"


def _levels_label(levels: tuple[str, ...]) -> str:
    shown = ", ".join(levels[:6])
    return shown if len(levels) <= 6 else f"{shown} and {len(levels) - 6} more"


def _with_curve(document: Document, target: FloatArray, points: FloatArray, weight: FloatArray) -> Document:
    """The document with a calibration curve in place of the scale's own probability."""
    rates: dict[int, float] = {}
    lowest = 1.0
    for place, rate in isotonic(target, points, weight):
        lowest = min(lowest, rate)
        rates[round(place)] = lowest
    curve = tuple(sorted(rates.items()))
    return replace(document, calibration=replace(document.calibration, curve=curve))
