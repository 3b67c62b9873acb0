"""How well a score orders and how true its probabilities are.

A lender asks two things of a score. Does it put those who default below those who repay (order: AUC, KS)? And when it says 3%, do 3 of
a hundred default (truth: Brier score, calibration)? All figures take case weights, so that a sample that was drawn by outcome can speak
for the population it came from. The target is 1 for a default and 0 for a repaid case; probabilities are of default.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Figures",
    "area_under_curve",
    "auc_standard_error",
    "brier_score",
    "calibration_line",
    "evaluate",
    "kolmogorov_smirnov",
    "roc_curve",
]

FloatArray = NDArray[np.float64]

SMALLEST_PROBABILITY = 1e-6


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one set of scored cases.

    n, events                     cases and defaults, counted (not weighted)
    event_rate, mean_probability  weighted shares; equal when the level of the probabilities is right
    auc, ks, brier                0–1; auc and ks are None when only one outcome occurs
    calibration_intercept, _slope of the logistic regression of the outcome on the log-odds of the probability: 0 and 1 when true
    """

    n: int
    events: int
    event_rate: float
    mean_probability: float
    auc: float | None
    ks: float | None
    brier: float
    calibration_intercept: float | None
    calibration_slope: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def evaluate(target: FloatArray, probability: FloatArray, weight: FloatArray | None = None) -> Figures:
    """All figures of cases with known outcome. Arrays of one length n ≥ 1; weights positive, all 1 when None."""
    weights = np.ones(len(target)) if weight is None else np.asarray(weight, dtype=float)
    weights = weights / weights.max()  # of any scale: the largest that there are add up, too
    target = np.asarray(target, dtype=float)
    probability = np.asarray(probability, dtype=float)
    both = 0 < target.sum() < len(target)
    line = calibration_line(target, probability, weights) if both else (None, None)
    return Figures(
        n=len(target),
        events=int(target.sum()),
        event_rate=float(np.average(target, weights=weights)),
        mean_probability=float(np.average(probability, weights=weights)),
        auc=area_under_curve(target, probability, weights) if both else None,
        ks=kolmogorov_smirnov(target, probability, weights) if both else None,
        brier=brier_score(target, probability, weights),
        calibration_intercept=line[0],
        calibration_slope=line[1],
    )


def roc_curve(target: FloatArray, risk: FloatArray, weight: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Shares (of repaid, of defaulted) with at least each risk, from (0, 0) to (1, 1), one point per distinct risk."""
    weights = np.ones(len(target)) if weight is None else weight
    order = np.argsort(-risk, kind="stable")
    sorted_risk, sorted_target, sorted_weight = risk[order], target[order], weights[order]
    last_of_tie = np.append(np.diff(sorted_risk) != 0, True)
    bad = np.cumsum(sorted_weight * sorted_target)[last_of_tie]
    good = np.cumsum(sorted_weight * (1 - sorted_target))[last_of_tie]
    return np.append(0.0, good / good[-1]), np.append(0.0, bad / bad[-1])


def area_under_curve(target: FloatArray, risk: FloatArray, weight: FloatArray | None = None) -> float:
    """Chance that a defaulted case has the higher risk of a pair (a tie counts half)."""
    good, bad = roc_curve(target, risk, weight)
    return float(np.sum(np.diff(good) * (bad[1:] + bad[:-1]) / 2))


def kolmogorov_smirnov(target: FloatArray, risk: FloatArray, weight: FloatArray | None = None) -> float:
    """Largest distance between the shares of defaulted and of repaid cases above a cut."""
    good, bad = roc_curve(target, risk, weight)
    return float(np.max(np.abs(bad - good)))


def brier_score(target: FloatArray, probability: FloatArray, weight: FloatArray | None = None) -> float:
    """Mean squared distance between probability and outcome."""
    return float(np.average((probability - target) ** 2, weights=weight))


def log_odds(probability: FloatArray) -> FloatArray:
    clipped = np.clip(probability, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return np.asarray(np.log(clipped / (1 - clipped)))


def calibration_line(
    target: FloatArray, probability: FloatArray, weight: FloatArray | None = None
) -> tuple[float, float] | tuple[None, None]:
    """Intercept and slope of the logistic regression of outcome on log-odds (Cox 1958), or (None, None) without a finite answer."""
    return logistic_line(target, log_odds(probability), weight)


def logistic_line(target: FloatArray, x: FloatArray, weight: FloatArray | None = None) -> tuple[float, float] | tuple[None, None]:
    """Weighted logistic regression on one x by Newton's steps; (None, None) when x is constant or separates the outcomes."""
    weights = np.ones(len(target)) if weight is None else weight / np.mean(weight)
    if np.ptp(x) == 0:
        return None, None
    design = np.column_stack([np.ones(len(x)), x])
    line = np.zeros(2)
    for _ in range(100):
        fitted = 1 / (1 + np.exp(-np.clip(design @ line, -700, 700)))
        curvature = (design * (weights * fitted * (1 - fitted))[:, None]).T @ design
        try:
            step = np.linalg.solve(curvature, design.T @ (weights * (target - fitted)))
        except np.linalg.LinAlgError:
            return None, None
        line = line + np.clip(step, -5, 5)
        if np.max(np.abs(step)) < 1e-10:
            return float(line[0]), float(line[1])
    return None, None


def auc_standard_error(auc: float, events: int, non_events: int) -> float:
    """Sampling error of an AUC from so many cases (Hanley and McNeil 1982): what another sample of this size would scatter by."""
    pair_bad = auc / (2 - auc)
    pair_good = 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (events - 1) * (pair_bad - auc**2) + (non_events - 1) * (pair_good - auc**2)
    return float(np.sqrt(max(variance, 0.0) / (events * non_events)))
