"""A model of trees or curves at work: the same questions asked of it as of a scorecard, the same kind of answers.

Its file is JSON like a scorecard's and holds everything that a raw row needs: the steps of preparation, the rates of categories, the trees
or curves, and the calibration that makes its probabilities true. Points are the calibrated log-odds on the lender's scale, so that one
product may be decided by either kind. Reasons are the inputs that made the score worse than that of the average case, by their exact
share of it, told in points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.scoring.additive import Curves
from puhui.scoring.document import Bin, Calibration, Scaling, digest, read_calibration, read_steps
from puhui.scoring.group_calibration import probabilities_in, probability_in
from puhui.scoring.inputs import Input, case_row, frame_matrix
from puhui.scoring.model import Reason, Score, absent_faults
from puhui.scoring.preparation import Step, columns_read, prepare, prepare_frame
from puhui.scoring.trees import Trees

__all__ = ["CORES", "Ensemble", "EnsembleDocument", "read_ensemble"]

FloatArray = NDArray[np.float64]
CORES: dict[str, Any] = {"puhui/trees/1": Trees, "puhui/curves/1": Curves}
"""Format of the file → what computes the log-odds."""


@dataclass(frozen=True)
class EnsembleDocument:
    """The whole model as its file holds it. `calibration`: log-odds → intercept + slope × log-odds, or a rising curve of (log-odds, p)."""

    format: str
    name: str
    title: str
    target: dict[str, Any]
    raw: dict[str, str]
    preparation: tuple[Step, ...]
    inputs: tuple[Input, ...]
    core: Trees | Curves
    calibration: Calibration
    scaling: Scaling
    reasons_count: int
    training: dict[str, Any]

    @property
    def intercept_points(self) -> int:
        """Points of the average training case: what contributions start from."""
        return self.points_of(self.core.mean)

    def points_of(self, log_odds: float) -> int:
        """Calibrated log-odds of default on the lender's scale; more is safer."""
        factor = self.scaling.points_to_double_odds / math.log(2)
        calibrated = self.calibration.intercept + self.calibration.slope * log_odds
        return round(self.scaling.base_points - factor * (math.log(self.scaling.base_odds) + calibrated))

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": self.format,
            "name": self.name,
            "title": self.title,
            "target": self.target,
            "columns": [{"name": name, "kind": kind} for name, kind in self.raw.items()],
            "preparation": [step.as_dict() for step in self.preparation],
            "inputs": [each.as_dict() for each in self.inputs],
            "core": self.core.as_dict(),
            "calibration": self.calibration.as_dict(),
            "scaling": asdict(self.scaling),
            "reasons": {"count": self.reasons_count},
            "training": self.training,
        }


def read_ensemble(body: Mapping[str, Any], where: str = "model") -> EnsembleDocument:
    """The document of a parsed file. FaultsError names what is missing or wrong."""
    try:
        return EnsembleDocument(
            format=body["format"],
            name=body["name"],
            title=body["title"],
            target=dict(body["target"]),
            raw={column["name"]: column["kind"] for column in body["columns"]},
            preparation=read_steps(body["preparation"]),
            inputs=tuple(
                Input(one["name"], one["kind"], one["sign"], float(one.get("base", math.nan)), dict(one.get("rates", {})))
                for one in body["inputs"]
            ),
            core=CORES[body["format"]].from_dict(body["core"]),
            calibration=read_calibration(body["calibration"]),
            scaling=Scaling(**body["scaling"]),
            reasons_count=int(body["reasons"]["count"]),
            training=dict(body["training"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise FaultsError([Fault(where, what, "a complete model", "train the model again or take the file from its origin")]) from error


@dataclass(frozen=True)
class Ensemble:
    """A model of trees or curves, ready to score; `model.Model` is its brother for scorecards."""

    document: EnsembleDocument

    @cached_property
    def digest(self) -> str:
        """sha-256 of the canonical JSON (RFC 8785)."""
        return digest(self.document.as_dict())

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every input column that scoring reads."""
        return columns_read(self.document.raw, self.document.preparation)

    def answer(self, values: Mapping[str, object]) -> tuple[int, float]:
        """Points and probability of one case, without asking what each input added to them."""
        prepared = self._prepared(values)
        return self._answer(self.document.core.log_odds_of_one(case_row(self.document.inputs, prepared)), prepared)

    def score(self, values: Mapping[str, object]) -> Score:
        """Score one case. `values` holds every input column, null as None; FaultsError when one is absent or unreadable."""
        document = self.document
        prepared = self._prepared(values)
        row = case_row(document.inputs, prepared)
        factor = document.calibration.slope * document.scaling.points_to_double_odds / math.log(2)
        lost = document.core.contributions(row) * factor
        names = [each.name for each in document.inputs]
        contributions = {name: round(float(points)) for name, points in zip(names, lost, strict=True)}
        kept: dict[str, Any] = {name: prepared[name] for name in names}
        bins = {
            each.name: Bin(_told(each, kept[each.name], value), -contributions[each.name], 0.0, 0.0, None)
            for each, value in zip(document.inputs, row.tolist(), strict=True)
        }
        reasons = tuple(
            Reason(name, contributions[name], kept[name], bins[name].label)
            for name in sorted(contributions, key=lambda name: -contributions[name])[: document.reasons_count]
            if contributions[name] > 0
        )
        return Score(*self._answer(document.core.log_odds_of_one(row), prepared), contributions, reasons, bins, kept)

    def _prepared(self, values: Mapping[str, object]) -> dict[str, Any]:
        check(absent_faults([name for name in self.columns if name not in values]))
        try:
            return prepare(values, self.document.raw, self.document.preparation)
        except (ValueError, TypeError) as error:
            raise FaultsError([Fault("values", str(error), "numbers, dates and categories as in training")]) from error

    def _answer(self, log_odds: float, prepared: Mapping[str, Any]) -> tuple[int, float]:
        common, calibration = float(self._probability(np.array([log_odds]))[0]), self.document.calibration
        probability = probability_in(calibration.groups, prepared[calibration.by], common) if calibration.by else common
        return self.document.points_of(log_odds), probability

    def score_frame(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Score many: one row per row of `frame` with `points` and `probability`. FaultsError names every absent or unreadable column."""
        faults = absent_faults([name for name in self.columns if name not in frame.columns])
        check(faults)
        prepared = prepare_frame(frame, self.document.raw, self.document.preparation, faults)
        check(faults)
        log_odds = self.document.core.log_odds(frame_matrix(self.document.inputs, prepared))
        points = [self.document.points_of(each) for each in log_odds.tolist()]
        probability, calibration = self._probability(log_odds).tolist(), self.document.calibration
        if calibration.by:
            probability = probabilities_in(calibration.groups, prepared[calibration.by].to_list(), probability)
        return pl.DataFrame({"points": points, "probability": probability}, schema={"points": pl.Int64, "probability": pl.Float64})

    def _probability(self, log_odds: FloatArray) -> FloatArray:
        """Probability of default, rounded to six decimals and kept off 0 and 1."""
        calibration = self.document.calibration
        if calibration.curve:
            places, rates = zip(*calibration.curve, strict=True)
            probability = np.interp(log_odds, places, rates)
        else:
            exponent = np.clip(calibration.intercept + calibration.slope * log_odds, -700, 700)
            probability = np.array([1 / (1 + math.exp(-each)) for each in exponent.tolist()])
        return np.asarray(np.clip(np.round(probability, 6), 0.000001, 0.999999))


def _told(each: Input, value: Any, number: float) -> str:
    if value is None:
        return "missing"
    if each.kind == "category":
        return (
            f"{value}: default rate {number:.1%}"
            if value in each.rates
            else f"{value}: not met in training, taken as average ({number:.1%})"
        )
    return f"{number:,.6g}"
