"""Is a score true of every group? Calibration on unseen cases by region, size, age of the firm, sex of the owner where known.

A score may be true on the whole and still tell one group too little and another too much. For each group the defaults that the
probabilities of unseen cases promise are held against those seen; the difference in units of its own chance (z) says whether it can be
luck. The columns that groups are made of need not enter the score, and those of which the law forbids it must not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from puhui.scoring.evaluation import area_under_curve
from puhui.scoring.population import Population

__all__ = ["LIMIT", "by_group", "departures"]

LIMIT = 2.58  # z: one group of a hundred lies beyond it by luck
LEAST_CASES = 30


def by_group(population: Population, probability: np.ndarray) -> list[dict[str, Any]]:
    """A row a group: dimension, group, cases, events, mean probability, event rate (weighted), z, auc (None for one outcome only).

    probability: of unseen cases, calibrated without them. z: None under 30 cases.
    """
    rows = []
    for dimension, told in population.groups.items():
        names = np.array([each if each is not None else "" for each in told])
        for name in sorted(set(names)):
            chosen = names == name
            rows.append({"dimension": dimension, "group": name or None, **_figures(population, probability, chosen)})
    return rows


def _figures(population: Population, probability: np.ndarray, chosen: np.ndarray) -> dict[str, Any]:
    outcome, weight, told = population.target[chosen], population.weight[chosen], probability[chosen]
    spread = float(np.sqrt(np.sum(weight**2 * told * (1 - told))))
    both = 0 < outcome.sum() < len(outcome)
    return {
        "cases": int(chosen.sum()),
        "events": int(outcome.sum()),
        "mean_probability": round(float(np.average(told, weights=weight)), 6),
        "event_rate": round(float(np.average(outcome, weights=weight)), 6),
        "z": round(float(np.sum(weight * (outcome - told)) / spread), 3) if spread > 0 and chosen.sum() >= LEAST_CASES else None,
        "auc": round(area_under_curve(outcome, told, weight), 4) if both else None,
    }


def departures(rows: list[dict[str, Any]]) -> list[str]:
    """In words, the groups that the score tells too little or too much."""
    return [
        f"In {row['dimension']} {row['group'] or 'not known'}, {row['cases']} cases, the score promises {row['mean_probability']:.2%} and "
        f"{row['event_rate']:.2%} defaulted (z {row['z']:+.1f}): it is not true of this group."
        for row in rows
        if row["z"] is not None and abs(row["z"]) > LIMIT
    ]
