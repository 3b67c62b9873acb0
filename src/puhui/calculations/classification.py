"""Ageing buckets and the five classes of credit risk, by days past due.

A bucket is found in a table of upper bounds (0, 30, 60, 90, 180 …: not overdue, 1–30, 31–60 …) that the caller takes from the dated
parameters. The class by days is a floor: what a person or another rule finds may only be worse (《商业银行金融资产风险分类办法》).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["CLASSES", "bucket_label", "bucket_of", "class_by_days", "worst_class"]

CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
"""正常, 关注, 次级, 可疑, 损失, from the best to the worst."""


def bucket_of(days_past_due: int, upper_bounds: Sequence[int]) -> int:
    """Index of the bucket that holds `days_past_due`; bounds are inclusive and rise, beyond the last is one bucket more.

    `bucket_of(31, (0, 30, 60, 90))` is 2. Raises ValueError for negative days or bounds that do not rise.
    """
    if days_past_due < 0:
        raise ValueError(f"days past due {days_past_due} are below 0")
    if any(first >= second for first, second in pairwise(upper_bounds)):
        raise ValueError(f"upper bounds {tuple(upper_bounds)} do not rise")
    return bisect_left(upper_bounds, days_past_due)


def bucket_label(index: int, upper_bounds: Sequence[int]) -> str:
    """`0`, `1-30`, `31-60`, … and `91+` for the last."""
    low = 0 if index == 0 else upper_bounds[index - 1] + 1
    if index == len(upper_bounds):
        return f"{low}+"
    high = upper_bounds[index]
    return str(high) if low == high else f"{low}-{high}"


def class_by_days(days_past_due: int, more_than: Sequence[int]) -> str:
    """The floor class: `more_than` holds the days beyond which each worse class begins, e.g. (0, 90, 270, 360).

    Raises ValueError for negative days, or when there is not one bound for each class after the first.
    """
    if days_past_due < 0:
        raise ValueError(f"days past due {days_past_due} are below 0")
    if len(more_than) != len(CLASSES) - 1 or list(more_than) != sorted(set(more_than)):
        raise ValueError(f"{tuple(more_than)} is not one rising bound for each of {CLASSES[1:]}")
    return CLASSES[bisect_right(more_than, days_past_due - 1)]


def worst_class(*classes: str) -> str:
    """The worst of several classes (floor by days, by flags, by debtor, by a person)."""
    return max(classes, key=CLASSES.index)
