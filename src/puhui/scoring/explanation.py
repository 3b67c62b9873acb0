"""One case's score in rows a person can follow: value, bin, points, points lost, and the reasons in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from puhui.scoring.loading import AnyModel
from puhui.scoring.model import Model

__all__ = ["explain_case"]


def explain_case(model: AnyModel, values: Mapping[str, object]) -> dict[str, Any]:
    """Points, probability, a row per variable and the reasons. The rows' points and the base points add up to the total (of trees and
    curves to within a point a row, each being rounded), and `best_points` is told where a variable has a best bin."""
    score = model.score(values)
    best = {each.name: {"best_points": each.best_points} for each in model.document.variables} if isinstance(model, Model) else {}
    rows = [
        {
            "variable": name,
            "value": score.values[name],
            "bin": place.label,
            "points": place.points,
            **best.get(name, {}),
            "points_lost": score.contributions[name],
        }
        for name, place in score.bins.items()
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
