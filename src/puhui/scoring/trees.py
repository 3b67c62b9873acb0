"""A sum of decision trees, as numbers in a file: scored, and explained exactly, without the library that grew them.

Each tree asks a few questions (is `gr_appv` at most 50,000?) and ends in a leaf with an amount of log-odds; a case's score is the sum over
the trees. What each input contributed is its Shapley value (Lundberg and Lee 2017): the mean change of the score when the input becomes
known, over all orders in which the inputs could become known, with what is unknown averaged over the training cases. It is computed
leaf by leaf (the polynomial weights of TreeSHAP, Lundberg, Erion, Lee 2018) for all leaves at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEFT", "RIGHT", "ZERO", "Trees"]

FloatArray = NDArray[np.float64]
LEFT, RIGHT, ZERO = 0, 1, 2
"""Where null goes at a question: to the left, to the right, or read as zero (no null was met in training)."""


@dataclass(frozen=True)
class Tree:
    """Nodes as arrays. feature −1 marks a leaf; a case goes left where value ≤ threshold. cover: training cases that came by."""

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    null: tuple[int, ...]
    value: tuple[float, ...]
    cover: tuple[float, ...]


_FIELDS = ("feature", "threshold", "left", "right", "null", "value", "cover")


@dataclass(frozen=True)
class Trees:
    """Log-odds of default of a case = sum of the leaves it falls into."""

    trees: tuple[Tree, ...]

    @classmethod
    def from_dict(cls, body: Sequence[Mapping[str, Any]]) -> Trees:
        return cls(tuple(Tree(*(tuple(tree[name]) for name in _FIELDS)) for tree in body))

    def as_dict(self) -> list[dict[str, Any]]:
        return [{name: list(getattr(tree, name)) for name in _FIELDS} for tree in self.trees]

    @cached_property
    def _arrays(self) -> list[tuple[NDArray[Any], ...]]:
        return [tuple(np.array(getattr(tree, name)) for name in _FIELDS) for tree in self.trees]

    def log_odds(self, matrix: FloatArray) -> FloatArray:
        """n of n × inputs."""
        total = np.zeros(len(matrix))
        cases = np.arange(len(matrix))
        for feature, threshold, left, right, null, value, _ in self._arrays:
            node = np.zeros(len(matrix), dtype=np.int64)
            while (going := feature[node] >= 0).any():
                at = node[going]
                seen = matrix[cases[going], feature[at]]
                unknown = np.isnan(seen)
                goes_left = np.where(unknown & (null[at] != ZERO), null[at] == LEFT, np.where(unknown, 0.0, seen) <= threshold[at])
                node[going] = np.where(goes_left, left[at], right[at])
            total += value[node]
        return total

    def log_odds_of_one(self, row: FloatArray) -> float:
        """The same for one case, in plain steps."""
        values, total = row.tolist(), 0.0
        for tree in self.trees:
            node = 0
            while (feature := tree.feature[node]) >= 0:
                value = values[feature]
                if value != value and tree.null[node] != ZERO:
                    goes_left = tree.null[node] == LEFT
                else:
                    goes_left = (0.0 if value != value else value) <= tree.threshold[node]
                node = tree.left[node] if goes_left else tree.right[node]
            total += tree.value[node]
        return total

    def contributions(self, row: FloatArray) -> FloatArray:
        """What each input adds to `mean` for this case; together they are its log-odds."""
        shares = np.zeros(len(row))
        for leaves in self._leaves:
            known = leaves.holds(row).astype(float)
            np.add.at(shares, leaves.feature, leaves.value[:, None] * _shapley_weights(known, leaves.share) * (known - leaves.share))
        return shares

    @cached_property
    def _leaves(self) -> list[_Leaves]:
        """Leaves grouped by how many different inputs lead to them."""
        found: dict[int, list[tuple[list[tuple[Any, ...]], float]]] = {}
        for tree in self.trees:
            for path, value in _paths(tree):
                if path:
                    found.setdefault(len(path), []).append((path, value))
        return [_Leaves.of(rows) for _, rows in sorted(found.items())]

    @cached_property
    def mean(self) -> float:
        """Log-odds of the average training case: what contributions start from."""
        total = 0.0
        for tree in self.trees:
            leaves = [place for place, feature in enumerate(tree.feature) if feature < 0]
            total += sum(tree.value[leaf] * tree.cover[leaf] for leaf in leaves) / tree.cover[0]
        return total


def _paths(tree: Tree) -> list[tuple[list[tuple[Any, ...]], float]]:
    """Each leaf as conditions, one an input: (feature, above, up to, null may pass, share of cases that follow), and its value."""
    result = []
    stack: list[tuple[int, dict[int, tuple[float, float, bool, float]]]] = [(0, {})]
    while stack:
        node, conditions = stack.pop()
        feature = tree.feature[node]
        if feature < 0:
            result.append(([(name, *condition) for name, condition in conditions.items()], tree.value[node]))
            continue
        low, high, null, share = conditions.get(feature, (-np.inf, np.inf, True, 1.0))
        threshold, way = tree.threshold[node], tree.null[node]
        null_goes_left = threshold >= 0 if way == ZERO else way == LEFT
        for child, is_left in ((tree.left[node], True), (tree.right[node], False)):
            part = tree.cover[child] / tree.cover[node]
            bounds = (low, min(high, threshold)) if is_left else (max(low, threshold), high)
            stack.append((child, {**conditions, feature: (*bounds, null and null_goes_left == is_left, share * part)}))
    return result


@dataclass(frozen=True)
class _Leaves:
    """Leaves × conditions: arrays of feature, low, high, null and share; value by leaf."""

    feature: NDArray[np.int64]
    low: FloatArray
    high: FloatArray
    null: NDArray[np.bool_]
    share: FloatArray
    value: FloatArray

    @classmethod
    def of(cls, rows: list[tuple[list[tuple[Any, ...]], float]]) -> _Leaves:
        feature, low, high, null, share = (np.array([[one[place] for one in path] for path, _ in rows]) for place in range(5))
        return cls(feature.astype(np.int64), low, high, null, share, np.array([value for _, value in rows]))

    def holds(self, row: FloatArray) -> NDArray[np.bool_]:
        seen = row[self.feature]
        return np.where(np.isnan(seen), self.null, (seen > self.low) & (seen <= self.high))


def _shapley_weights(known: FloatArray, share: FloatArray) -> FloatArray:
    """leaves × conditions: how much the leaf's value counts for each condition, the others being known or averaged in all orders."""
    leaves, depth = known.shape
    weight = np.zeros((leaves, depth + 1))
    weight[:, 0] = 1.0
    for step in range(1, depth + 1):
        one, part = known[:, step - 1], share[:, step - 1]
        for place in range(step - 1, -1, -1):
            weight[:, place + 1] += one * weight[:, place] * (place + 1) / (step + 1)
            weight[:, place] *= part * (step - place) / (step + 1)
    result = np.empty((leaves, depth))
    for column in range(depth):
        is_known, part = known[:, column] > 0, share[:, column]
        following, with_it, without = weight[:, depth].copy(), np.zeros(leaves), np.zeros(leaves)
        for place in range(depth - 1, -1, -1):
            piece = following * (depth + 1) / (place + 1)
            with_it += piece
            following = weight[:, place] - piece * part * (depth - place) / (depth + 1)
            without += weight[:, place] * (depth + 1) / (part * (depth - place))
        result[:, column] = np.where(is_known, with_it, without)
    return result
