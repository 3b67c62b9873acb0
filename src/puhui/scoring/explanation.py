"""One case's score in rows a person can follow: value, bin, points, points lost, and the reasons in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from puhui.scoring.model import Model

__all__ = ["explain_case"]


def explain_case(model: Model, values: Mapping[str, object]) -> dict[str, Any]:
    """Points, probability, a row per variable and the reasons. The rows' points and the base points add up to the total."""
    score = model.score(values)
    rows = [
        {
            "variable": variable.name,
            "value": score.values[variable.name],
            "bin": score.bins[variable.name].label,
            "points": score.bins[variable.name].points,
            "best_points": variable.best_points,
            "points_lost": score.contributions[variable.name],
        }
        for variable in model.document.variables
    ]
    return {
        "model": model.document.name,
        "digest": model.digest,
        "points": score.points,
        "probability": score.probability,
        "base_points": model.document.intercept_points,
        "variables": rows,
        "reasons": [
            {"variable": reason.variable, "points_lost": reason.points_lost, "value": reason.value, "bin": reason.bin}
            for reason in score.reasons
        ],
    }
