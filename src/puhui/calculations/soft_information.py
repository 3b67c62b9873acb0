"""What people saw and judged, put together: scores of anchored items, and whether two who looked at the same firm saw the same.

An anchored item has one sentence for each of 0, 25, 50, 75 and 100, so that a number means the same to two officers. A section's score is
the mean of its answered items by weight, and null where too little of the weight is answered: a person who did not look is no zero. Two
raters who lie far apart do not average to something in the middle; they need a third, and then the one in the middle counts. Pure.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["ANCHORS", "Agreed", "agreed", "differences", "section_score"]

ANCHORS = (0, 25, 50, 75, 100)


@dataclass(frozen=True, slots=True)
class Agreed:
    """`score` that counts, null where nobody scored, or where two lie `apart` by too much and a third is needed."""

    score: float | None
    raters: int
    apart: float | None
    needs_third: bool


def section_score(weights: Mapping[str, float], answers: Mapping[str, float | None], fewest_share: float) -> float | None:
    """The mean of the answered items by weight, 0 to 100; null where less than `fewest_share` of the weight is answered."""
    answered = {name: answers[name] for name in weights if answers.get(name) is not None}
    whole, told = sum(weights.values()), sum(weights[name] for name in answered)
    if not whole or told < fewest_share * whole - 1e-9 or not told:
        return None
    return sum(weights[name] * float(value or 0) for name, value in answered.items()) / told


def agreed(scores: Iterable[float | None], most_apart: float) -> Agreed:
    """What the raters' scores of one section come to: of one or two the mean, of more the middle one."""
    told = [score for score in scores if score is not None]
    if not told:
        return Agreed(None, 0, None, needs_third=False)
    apart = max(told) - min(told) if len(told) > 1 else None
    if len(told) == 2 and apart is not None and apart >= most_apart:
        return Agreed(None, 2, apart, needs_third=True)
    return Agreed(statistics.median(told), len(told), apart, needs_third=False)


def differences(sheets: Sequence[Mapping[str, object]], names: Iterable[str]) -> frozenset[str]:
    """Of some items those that were answered by two sheets or more, and not alike."""
    return frozenset(
        name for name in names if len({repr(sheet[name]) for sheet in sheets if sheet.get(name) is not None}) > 1
    )  # fmt: skip
