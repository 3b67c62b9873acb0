"""A sum of curves: each input adds an amount of log-odds that is read from a table, and some pairs of inputs add one of their own.

The glass box (explainable boosting machine, Lou, Caruana, Gehrke, Hooker 2013): as free as trees in the shape of each curve, and yet every
case can be added up on paper. What an input contributed is its entry, no more and no less; half of a pair's entry is told for each of two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Curves", "Term"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """One or two inputs, the rising cuts of each, and the amounts: first of null, then of each bin, along every input.

    A value falls into the bin above the cuts that it reaches. amounts: nested by input, cuts + 2 entries each.
    """

    inputs: tuple[int, ...]
    cuts: tuple[tuple[float, ...], ...]
    amounts: Any

    def as_dict(self) -> dict[str, Any]:
        return {"inputs": list(self.inputs), "cuts": [list(cuts) for cuts in self.cuts], "amounts": self.amounts}


@dataclass(frozen=True)
class Curves:
    """Log-odds of default of a case = intercept + one amount a term."""

    intercept: float
    terms: tuple[Term, ...]

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> Curves:
        terms = tuple(Term(tuple(term["inputs"]), tuple(map(tuple, term["cuts"])), term["amounts"]) for term in body["terms"])
        return cls(float(body["intercept"]), terms)

    def as_dict(self) -> dict[str, Any]:
        return {"intercept": self.intercept, "terms": [term.as_dict() for term in self.terms]}

    @cached_property
    def _tables(self) -> list[tuple[tuple[int, ...], list[FloatArray], FloatArray]]:
        return [(term.inputs, [np.array(cuts) for cuts in term.cuts], np.array(term.amounts)) for term in self.terms]

    def amounts(self, matrix: FloatArray) -> FloatArray:
        """n × terms."""
        columns = [amounts[_places(inputs, cuts, matrix)] for inputs, cuts, amounts in self._tables]
        return np.column_stack(columns) if columns else np.zeros((len(matrix), 0))

    def log_odds(self, matrix: FloatArray) -> FloatArray:
        """n of n × inputs."""
        return np.asarray(self.intercept + self.amounts(matrix).sum(axis=1))

    def log_odds_of_one(self, row: FloatArray) -> float:
        return float(self.log_odds(row[None, :])[0])

    @property
    def mean(self) -> float:
        """Where contributions start from: the terms are centred on the training cases, so that zero is the average of each."""
        return self.intercept

    def contributions(self, row: FloatArray) -> FloatArray:
        """What each input adds to `mean` for this case; together they are its log-odds."""
        shares = np.zeros(len(row))
        for term, amount in zip(self.terms, self.amounts(row[None, :])[0], strict=True):
            shares[list(term.inputs)] += amount / len(term.inputs)
        return shares


def _places(inputs: Sequence[int], cuts: Sequence[FloatArray], matrix: FloatArray) -> tuple[NDArray[np.int64], ...]:
    places = []
    for column, bounds in zip(inputs, cuts, strict=True):
        values = matrix[:, column]
        places.append(np.where(np.isnan(values), 0, np.searchsorted(bounds, values, side="right") + 1))
    return tuple(places)
