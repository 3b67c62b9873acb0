"""Calibration of each group beside the common one: the same score may mean another probability in another region or trade.

A score that is true on the whole may promise one region too little and another too much. Where a group has enough cases, its own intercept
and slope (or its own rising curve) are laid over the common probability: p → log-odds → the group's. Groups with fewer cases, groups that
training did not meet and cases whose group is not known keep the common one. Points and reasons stay what they are.

A group must be something that a lender may decide by. Sex, marriage, origin, belief and health are not (personal information law of China,
articles 24 and 28: no unreasonable difference by automated decision; sensitive information needs its own consent): such columns are refused
here. That the score is true of them may be checked all the same (`groups` in the configuration).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from puhui.calculations.faults import Fault

__all__ = ["LEAST", "MOST", "Group", "group_of", "personal_fault", "probabilities_in", "probability_in"]

LEAST, MOST = 0.000001, 0.999999
PERSONAL = {
    "sex", "gender", "male", "female", "marriage", "marital", "race", "ethnic", "ethnicity", "nationality", "origin", "religion", "belief",
    "health", "disability", "pregnant", "性别", "婚姻", "民族", "宗教", "健康",
}  # fmt: skip
_SEXES = {"m", "f", "male", "female", "man", "woman", "men", "women", "男", "女", "先生", "女士"}


@dataclass(frozen=True, slots=True)
class Group:
    """A group's own calibration over the log-odds of the common probability: intercept and slope, or a rising curve of (log-odds, p)."""

    name: str
    cases: int
    intercept: float = 0.0
    slope: float = 1.0
    curve: tuple[tuple[float, float], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name, "cases": self.cases, "intercept": self.intercept, "slope": self.slope,
            "curve": [list(point) for point in self.curve],
        }  # fmt: skip


def group_of(body: Mapping[str, Any]) -> Group:
    """A group of a model's file."""
    curve = tuple((float(at), float(p)) for at, p in body["curve"])
    return Group(str(body["name"]), int(body["cases"]), float(body["intercept"]), float(body["slope"]), curve)


def personal_fault(column: str, names: Sequence[str]) -> list[Fault]:
    """What forbids a calibration by this column, whose groups are called so."""
    words = set(re.split(r"[^a-z\u4e00-\u9fff]+", column.lower()))
    is_named = bool(words & PERSONAL) or any(word in column for word in PERSONAL if not word.isascii())
    known = {name.strip().lower() for name in names}
    if not is_named and not (known and known <= _SEXES):
        return []
    remedy = "Check the score by it with groups = […] instead; a probability must not be made by it."
    return [
        Fault(f"calibration.by: {column}", "a mark of the person", "a group that a lender may decide by, such as region or trade", remedy)
    ]


def probability_in(groups: Mapping[str, Group], name: object, common: float) -> float:
    """One case's probability by its group's calibration, rounded as the common one is; the common one where the group has none."""
    own = groups.get(str(name)) if name is not None else None
    if own is None:
        return common
    kept = min(max(common, LEAST), MOST)
    log_odds = math.log(kept / (1 - kept))
    if own.curve:
        probability = _along(own.curve, log_odds)
    else:
        probability = 1 / (1 + math.exp(-min(700.0, max(-700.0, own.intercept + own.slope * log_odds))))
    return min(max(round(probability, 6), LEAST), MOST)


def probabilities_in(groups: Mapping[str, Group], names: Sequence[object], common: Sequence[float]) -> list[float]:
    """The same of many, by the same arithmetic."""
    return [probability_in(groups, name, each) for name, each in zip(names, common, strict=True)]


def _along(curve: tuple[tuple[float, float], ...], at: float) -> float:
    if at <= curve[0][0]:
        return curve[0][1]
    for (left, low), (right, high) in pairwise(curve):
        if at <= right:
            return low + (high - low) * ((at - left) / (right - left)) if right > left else high
    return curve[-1][1]
