"""What a model of trees or curves looks at: a row of numbers per case, null as NaN.

A number enters as it is. A category (bank, town, trade) enters as the default rate that training saw in it, drawn towards the average by
`prior` imaginary average cases, so that a bank of three loans says little. In training each case gets the rate of the others (five parts,
each told by the other four), or the model would read its own answer; the model's file keeps the rates of all training cases. A category
that training never met has the average rate; null is a category of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from puhui.scoring.population import Candidate

__all__ = ["PARTS", "Input", "case_row", "frame_matrix", "inputs_of", "training_matrix"]

FloatArray = NDArray[np.float64]
PARTS = 5
NULL = ""
"""Name of null among the categories: a category's own name is never empty."""


@dataclass(frozen=True)
class Input:
    """A column of the matrix. kind `number`; or `category` with its `rates` (category → default rate) and the average, `base`."""

    name: str
    kind: str
    sign: str = ""
    base: float = math.nan
    rates: Mapping[str, float] = field(default_factory=dict)

    def number(self, value: Any) -> float:
        """The number that a prepared value stands for."""
        if self.kind == "category":
            return self.rates.get(NULL if value is None else value, self.base)
        return math.nan if value is None else float(value)

    def as_dict(self) -> dict[str, Any]:
        body: dict[str, Any] = {"name": self.name, "kind": self.kind, "sign": self.sign}
        return body if self.kind == "number" else {**body, "base": self.base, "rates": dict(self.rates)}


def inputs_of(
    candidates: Sequence[Candidate], rows: NDArray[Any], target: FloatArray, weight: FloatArray, prior: float
) -> tuple[Input, ...]:
    """The inputs as training on the given rows (positions into the population) makes them."""
    base = float(np.average(target[rows], weights=weight[rows]))
    result = []
    for candidate in candidates:
        if candidate.kind == "number":
            result.append(Input(candidate.name, "number", candidate.sign))
            continue
        rates, met = _rates(candidate, rows, target, weight, prior, base)
        names = (NULL, *candidate.levels)
        table = {names[place]: float(rates[place]) for place in range(len(names)) if met[place]}
        result.append(Input(candidate.name, "category", candidate.sign, base, table))
    return tuple(result)


def _rates(
    candidate: Candidate, rows: NDArray[Any], target: FloatArray, weight: FloatArray, prior: float, base: float
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Shrunk default rate of null and of each level, and which of them the rows hold."""
    codes, size = candidate.values[rows] + 1, len(candidate.levels) + 1
    mass = np.bincount(codes, weights=weight[rows], minlength=size)
    events = np.bincount(codes, weights=weight[rows] * target[rows], minlength=size)
    return (events + prior * base) / (mass + prior), mass > 0


def training_matrix(
    candidates: Sequence[Candidate], rows: NDArray[Any], target: FloatArray, weight: FloatArray, prior: float, seed: int
) -> FloatArray:
    """rows × inputs for fitting: each case's categories carry rates that the case itself did not help to make."""
    base = float(np.average(target[rows], weights=weight[rows]))
    part = np.random.default_rng(seed).integers(0, PARTS, len(rows))
    columns = []
    for candidate in candidates:
        if candidate.kind == "number":
            columns.append(candidate.values[rows])
            continue
        column = np.full(len(rows), base)
        for place in range(PARTS):
            here, others = part == place, rows[part != place]
            rates, met = _rates(candidate, others, target, weight, prior, base)
            column[here] = np.where(met, rates, base)[candidate.values[rows[here]] + 1]
        columns.append(column)
    return np.column_stack(columns) if columns else np.zeros((len(rows), 0))


def population_matrix(inputs: Sequence[Input], candidates: Mapping[str, Candidate], rows: NDArray[Any]) -> FloatArray:
    """rows × inputs as a new case would be read."""
    columns = []
    for each in inputs:
        candidate = candidates[each.name]
        if each.kind == "number":
            columns.append(candidate.values[rows])
        else:
            names = (NULL, *candidate.levels)
            columns.append(np.array([each.rates.get(name, each.base) for name in names])[candidate.values[rows] + 1])
    return np.column_stack(columns) if columns else np.zeros((len(rows), 0))


def frame_matrix(inputs: Sequence[Input], prepared: pl.DataFrame) -> FloatArray:
    """n × inputs of prepared columns (`preparation.prepare_frame`)."""
    columns = []
    for each in inputs:
        series = prepared[each.name]
        if each.kind == "number":
            columns.append(series.cast(pl.Float64).fill_null(math.nan).to_numpy())
        else:
            names = series.fill_null(NULL)
            known = names.replace_strict(list(each.rates), list(each.rates.values()), default=each.base, return_dtype=pl.Float64)
            columns.append(known.to_numpy())
    return np.column_stack(columns) if columns else np.zeros((len(prepared), 0))


def case_row(inputs: Sequence[Input], prepared: Mapping[str, Any]) -> FloatArray:
    """One case's row."""
    return np.array([each.number(prepared[each.name]) for each in inputs])
