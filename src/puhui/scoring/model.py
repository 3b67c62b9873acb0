"""Scoring: one case in plain Python, many with polars, and the same answer both ways.

Points are whole numbers, so that they add up on paper and in any order. The probability is read from the total by plain arithmetic on
Python floats and rounded to six decimals: a decision that is recomputed years later, on another machine, gives the same bits. For many
cases the table work is done by polars and the probability is looked up for each total that occurs.

Reasons: a case loses points on a variable against the best bin of that variable (or, where the model says `neutral`, against what the
average case earns). The variables with the most points lost are the reasons, at most four, none that lost nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.scoring.document import Bin, Document, ScoredVariable, digest, read_document
from puhui.scoring.group_calibration import probabilities_in, probability_in
from puhui.scoring.preparation import columns_read, prepare, prepare_frame

__all__ = ["Model", "Reason", "Score", "absent_faults", "probability_of_points"]

Value = float | str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a case did not score higher: the variable, the points it lost, the case's value and the bin it fell into."""

    variable: str
    points_lost: int
    value: Value
    bin: str


@dataclass(frozen=True, slots=True)
class Score:
    """Points (more is safer), probability of default, points lost by variable, the reasons (most points first), bins by variable."""

    points: int
    probability: float
    contributions: dict[str, int]
    reasons: tuple[Reason, ...]
    bins: dict[str, Bin]
    values: dict[str, Value]


@dataclass(frozen=True)
class Model:
    """A scorecard ready to score. Build it with `Model.load`."""

    document: Document

    @classmethod
    def load(cls, source: Mapping[str, Any] | str | bytes | Path) -> Model:
        """From the JSON object, its text, or a file. FaultsError names what is wrong with it."""
        return cls(read_document(source))

    @cached_property
    def digest(self) -> str:
        """sha-256 of the canonical JSON (RFC 8785)."""
        return digest(self.document.as_dict())

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every input column that scoring reads."""
        return columns_read(self.document.raw, self.document.preparation)

    @cached_property
    def _rows(self) -> tuple[_Row, ...]:
        return tuple(_Row.of(variable, self.document.reasons_against) for variable in self.document.variables)

    def score(self, values: Mapping[str, object]) -> Score:
        """Score one case. `values` holds every input column, null as None; FaultsError when one is absent or unreadable."""
        absent = [name for name in self.columns if name not in values]
        if absent:
            raise FaultsError(absent_faults(absent))
        try:
            prepared = prepare(values, self.document.raw, self.document.preparation)
        except (ValueError, TypeError) as error:
            raise FaultsError([Fault("values", str(error), "numbers, dates and categories as in training")]) from error
        points, contributions, bins = self.document.intercept_points, {}, {}
        for row in self._rows:
            place = row.all_bins[row.position(prepared[row.name])]
            bins[row.name] = place
            points += place.points
            contributions[row.name] = row.reference - place.points
        kept: dict[str, Any] = {row.name: prepared[row.name] for row in self._rows}
        reasons = tuple(
            Reason(name, contributions[name], kept[name], bins[name].label)
            for name in sorted(contributions, key=lambda name: -contributions[name])[: self.document.reasons_count]
            if contributions[name] > 0
        )
        return Score(points, self._probability(points, prepared), contributions, reasons, bins, kept)

    def _probability(self, points: int, prepared: Mapping[str, Any]) -> float:
        common, calibration = probability_of_points(self.document, points), self.document.calibration
        return probability_in(calibration.groups, prepared[calibration.by], common) if calibration.by else common

    def answer(self, values: Mapping[str, object]) -> tuple[int, float]:
        """Points and probability of one case: for a table they cost no less than with their reasons."""
        score = self.score(values)
        return score.points, score.probability

    def score_frame(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Score many: one row per row of `frame` with `points`, `probability`, and `reason_1`, `reason_1_points_lost`, … (null when fewer).

        FaultsError names every absent column and every column with values that cannot be read.
        """
        scored, points = self._scored(frame)
        return pl.concat([scored, self._reasons_frame(points)], how="horizontal")

    def points_frame(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Points and probability of many, without the reasons: what a run over millions wants."""
        return self._scored(frame)[0]

    def _scored(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """(points and probability, points by variable) of many."""
        absent = [name for name in self.columns if name not in frame.columns]
        faults = absent_faults(absent)
        check(faults)
        prepared = prepare_frame(frame, self.document.raw, self.document.preparation, faults)
        check(faults)
        points = pl.DataFrame([row.points_of(prepared[row.name]) for row in self._rows])
        total = points.sum_horizontal() + self.document.intercept_points
        distinct = total.unique()
        probability = {value: probability_of_points(self.document, value) for value in distinct.to_list()}
        scored = pl.DataFrame({"points": total}).with_columns(
            pl.col("points").replace_strict(list(probability), list(probability.values()), return_dtype=pl.Float64).alias("probability")
        )
        if by := self.document.calibration.by:
            told = probabilities_in(self.document.calibration.groups, prepared[by].to_list(), scored["probability"].to_list())
            scored = scored.with_columns(pl.Series("probability", told, dtype=pl.Float64))
        return scored, points

    def _reasons_frame(self, points: pl.DataFrame) -> pl.DataFrame:
        """The reasons of many cases, sorted as for one: most points lost first, ties in the order of the card."""
        lost = points.select((pl.lit(row.reference, dtype=pl.Int64) - pl.col(row.name)).alias(row.name) for row in self._rows).to_numpy()
        order = (-lost).argsort(axis=1, kind="stable")
        names = [row.name for row in self._rows]
        columns = []
        for place in range(min(self.document.reasons_count, len(names))):
            chosen = order[:, place]
            amount = pl.Series(lost[range(len(lost)), chosen], dtype=pl.Int64)
            name = pl.Series([names[position] for position in chosen], dtype=pl.String)
            counts = amount > 0
            columns.append(name.set(~counts, None).alias(f"reason_{place + 1}"))
            columns.append(amount.set(~counts, None).alias(f"reason_{place + 1}_points_lost"))
        return pl.DataFrame(columns)


@dataclass(frozen=True, slots=True)
class _Row:
    """A variable made quick to look up: positions 0… are its bins, then missing, then unseen."""

    name: str
    splits: list[float]
    levels: dict[str, int]
    all_bins: tuple[Bin, ...]
    missing: int
    is_number: bool
    reference: int

    @classmethod
    def of(cls, variable: ScoredVariable, against: str) -> _Row:
        levels = {level: position for position, row in enumerate(variable.bins) for level in row.levels}
        rows = (*variable.bins, variable.missing, *([variable.unseen] if variable.unseen else []))
        splits = [row.upper for row in variable.bins if row.upper is not None]
        reference = variable.neutral_points if against == "neutral" else variable.best_points
        return cls(variable.name, splits, levels, rows, len(variable.bins), variable.kind == "number", reference)

    def position(self, value: Any) -> int:
        if value is None:
            return self.missing
        if self.is_number:
            return bisect_right(self.splits, value)
        return self.levels.get(value, self.missing + 1)

    def points_of(self, values: pl.Series) -> pl.Series:
        """Points of many prepared values, by the same rules as `position`."""
        points = [row.points for row in self.all_bins]
        if self.is_number:
            place = pl.Series(self.splits, dtype=pl.Float64).search_sorted(values.fill_null(0.0), side="right").cast(pl.Int64)
            place = place.set(values.is_null(), self.missing)
        else:
            known = values.replace_strict(list(self.levels), list(self.levels.values()), default=self.missing + 1, return_dtype=pl.Int64)
            place = known.set(values.is_null(), self.missing)
        return pl.Series(points, dtype=pl.Int64).gather(place).alias(self.name)


def probability_of_points(document: Document, points: int) -> float:
    """Probability of default of a total, in plain float arithmetic, rounded to six decimals and kept off 0 and 1."""
    curve = document.calibration.curve
    if curve:
        probability = _along(curve, points)
    else:
        scaling = document.scaling
        doublings = (points - scaling.base_points) / scaling.points_to_double_odds
        odds = scaling.base_odds * math.pow(2.0, max(-200.0, min(200.0, doublings)))
        probability = 1.0 / (1.0 + odds)
    return min(max(round(probability, 6), 0.000001), 0.999999)


def _along(curve: tuple[tuple[float, float], ...], points: int) -> float:
    """The curve's probability at a total: straight between its points, level beyond its ends."""
    if points <= curve[0][0]:
        return curve[0][1]
    for (left, low), (right, high) in pairwise(curve):
        if points <= right:
            return low + (high - low) * ((points - left) / (right - left))
    return curve[-1][1]


def absent_faults(names: list[str]) -> list[Fault]:
    """A fault for each column that a model reads and a table lacks."""
    return [
        Fault(f"column {name}", "no such column", "every column the model reads", "add it; a null value may stand in it") for name in names
    ]
