"""A sum of decision trees, as numbers in a file: scored, and explained exactly, without the library that grew them.

Each tree asks a few questions (is `gr_appv` at most 50,000?) and ends in a leaf with an amount of log-odds; a case's score is the sum over
the trees. What each input contributed is its Shapley value (Lundberg and Lee 2017): the mean change of the score when the input becomes
known, over all orders in which the inputs could become known, with what is unknown averaged over the training cases.

To draw an order is to draw for each input a moment between 0 and 1. A leaf counts with the product of its conditions, each 1 or 0 once its
input is known and its share of the training cases before; at moment t the others multiply to the product of share + t (known − share) on
average. That is a polynomial in t, so its mean over all moments is exact with half as many points as it has factors (Gauss and Legendre):
a few multiplications for all leaves of all trees at once. It agrees with the weights of TreeSHAP (Lundberg, Erion, Lee 2018).
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

_LEAST_SHARE = 1e-30  # of a condition that no training case met: it counts as none, and can be divided by


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
        """The same for one case, all trees at once: the leaves are added in the order of the trees, as there."""
        feature, threshold, children, null, value, node = self._forest
        while (asked := feature[node]).max(initial=-1) >= 0:
            seen = row[asked]
            seen = np.where(np.isnan(seen), null[node], seen)
            node = children[node, (seen > threshold[node]).view(np.int8)]
        return float(np.cumsum(value[node])[-1]) if len(node) else 0.0

    def contributions(self, row: FloatArray) -> FloatArray:
        """What each input adds to `mean` for this case; together they are its log-odds."""
        shares = np.zeros(len(row))
        for leaves in self._leaves:
            shares += leaves.contributions(row)
        return shares

    @cached_property
    def _forest(self) -> tuple[NDArray[Any], ...]:
        """Nodes of all trees in one table: feature, threshold, children, what null is read as, value; and the roots.

        A leaf is its own child. Null is read as a number that goes where null goes.
        """
        sizes = [len(tree.feature) for tree in self.trees]
        roots = np.concatenate([[0], np.cumsum(sizes)])[: len(sizes)].astype(np.int64)
        feature, threshold, left, right, null, value = (
            np.concatenate([np.array(getattr(tree, name)) for tree in self.trees]) if self.trees else np.zeros(0) for name in _FIELDS[:6]
        )
        children = np.stack([left, right], axis=1).astype(np.int64) + np.repeat(roots, sizes)[:, None]
        is_leaf = feature < 0
        children[is_leaf] = np.flatnonzero(is_leaf)[:, None]
        read_as = np.where(null == LEFT, -np.inf, np.where(null == RIGHT, np.inf, 0.0))
        return feature.astype(np.int64), threshold.astype(float), children, read_as, value.astype(float), roots

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
        return cls(feature.astype(np.int64), low, high, null, np.maximum(share, _LEAST_SHARE), np.array([value for _, value in rows]))

    @cached_property
    def _moments(self) -> tuple[FloatArray, FloatArray]:
        """Points between 0 and 1, and their weights, at which the mean of the others' product is exact."""
        places, weights = np.polynomial.legendre.leggauss((self.feature.shape[1] + 1) // 2)
        return (places + 1) / 2, weights / 2

    def contributions(self, row: FloatArray) -> FloatArray:
        """By input: what these leaves add, over all orders in which the inputs could become known."""
        seen = row[self.feature]
        known = np.where(np.isnan(seen), self.null, (seen > self.low) & (seen <= self.high))
        step = known - self.share
        others = np.zeros_like(step)
        for moment, weight in zip(*self._moments, strict=True):
            factors = self.share + moment * step
            others += weight * factors.prod(axis=1, keepdims=True) / factors
        amounts: FloatArray = np.bincount(self.feature.ravel(), (self.value[:, None] * step * others).ravel(), len(row)).astype(float)
        return amounts
