"""One case's score in rows a person can follow: value, bin, points, points lost, and the reasons in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from puhui.scoring.loading import AnyModel
from puhui.scoring.model import Model

__all__ = ["explain_case", "in_words", "readable"]


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


def readable(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of an explanation for people: most points lost first, whole numbers without a point, nothing said twice."""
    found = []
    for row in sorted(rows, key=lambda each: -each["points_lost"]):
        value = _figure(row["value"])
        found.append({**row, "value": value, "bin": "" if row["bin"].replace(",", "") == value.replace(",", "") else row["bin"]})
    return found


def in_words(nearest: Mapping[str, Any]) -> list[str]:
    """What would change the answer, in sentences. `nearest`: an `Answer` as a table, with `tried` and `points_without`."""
    if not nearest["tried"]:
        return ["The model reads no variable that the table lets a firm change: name what can be changed with --can."]
    if nearest["reaches"] and not nearest["changes"]:
        return [f"Nothing: it is {nearest['without']:.2%} as it stands."]
    if not nearest["changes"]:
        return [f"None of {', '.join(nearest['tried'])} helps: it stays at {nearest['without']:.2%}."]
    when = f", in {nearest['months']} months at the earliest" if nearest["months"] else ""
    verdict = "Reached" if nearest["reaches"] else "Not reached; the nearest to it"
    lines = [
        f"{each['variable']} from {_figure(each['before'])} to {_figure(each['after'])}"
        + (f" (takes {each['months']} months or more)" if each["months"] else "")
        for each in nearest["changes"]
    ]
    moved = f"{nearest['without']:.2%} → {nearest['probability']:.2%}, {nearest['points_without']} → {nearest['points']} points"
    return [f"{verdict} with {' and '.join(lines)}{when}: {moved}.", f"Tried: {', '.join(nearest['tried'])}. All else stays as it is."]


def _figure(value: Any) -> str:
    """A number as a person writes it; other values as they are."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,.6g}" if abs(value) < 100_000 and value != round(value) else f"{value:.0f}" if abs(value) < 10_000 else f"{value:,.0f}"
