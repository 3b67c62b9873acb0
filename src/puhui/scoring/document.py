"""The file of a scorecard: what it reads, its bins with their points, and how points become a probability.

A scorecard is a table a person can check with a pencil: find the bin of each value, add its points to the base points, and read the
probability of default from the total. The file is JSON, holds nothing that runs, and is known by the digest of its content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from puhui.calculations.canonical import digest_of as digest
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.scoring.group_calibration import Group, group_of
from puhui.scoring.preparation import KINDS, Step

__all__ = [
    "FORMAT",
    "Bin",
    "Calibration",
    "Document",
    "Scaling",
    "ScoredVariable",
    "digest",
    "parse",
    "read_calibration",
    "read_document",
    "read_steps",
]

FORMAT = "puhui/scorecard/1"


@dataclass(frozen=True, slots=True)
class Bin:
    """A row of the table: which values fall in, what they showed in training, and the points they earn.

    upper       numbers below it (and not below the bin before) fall in; None for the last bin, and for categories
    levels      the categories that fall in
    share, event_rate    weighted, in training; woe: ln(share of repaid / share of defaulted cases), shrunk; more is safer
    """

    label: str
    points: int
    woe: float
    share: float
    event_rate: float | None
    upper: float | None = None
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredVariable:
    """One variable of the card: `kind` is `number` or `category`; `sign` as in the catalogue of variables, "" when unknown.

    missing     the bin of null values; unseen: the bin of categories that training did not know (categories only)
    neutral_points    what the average case of the training population earns, rounded
    """

    name: str
    kind: str
    sign: str
    coefficient: float
    information_value: float
    bins: tuple[Bin, ...]
    missing: Bin
    unseen: Bin | None
    neutral_points: int

    @property
    def best_points(self) -> int:
        """The most that a known value can earn."""
        return max(row.points for row in self.bins)


@dataclass(frozen=True, slots=True)
class Scaling:
    """`base_points` stand for odds of `base_odds` repaid to one default, and every `points_to_double_odds` more double the odds."""

    base_points: float
    base_odds: float
    points_to_double_odds: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How points were made true: `platt` is folded into the points (intercept and slope kept to read); `isotonic` holds a curve
    from points (of trees and curves: from log-odds) to probability, straight between its points. `by` names a column or step whose groups
    have calibrations of their own over it, where they had enough cases."""

    method: str
    intercept: float = 0.0
    slope: float = 1.0
    curve: tuple[tuple[float, float], ...] = ()
    by: str = ""
    groups: Mapping[str, Group] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Files without groups are as they were before there were any."""
        body: dict[str, Any] = {"method": self.method, "intercept": self.intercept, "slope": self.slope}
        body["curve"] = [list(point) for point in self.curve]
        return body | ({"by": self.by, "groups": [each.as_dict() for each in self.groups.values()]} if self.by else {})


def read_calibration(body: Mapping[str, Any], place: type = float) -> Calibration:
    """The calibration of a model's file. place: of the curve's points, `int` for those of a scorecard."""
    groups = {each.name: each for each in map(group_of, body.get("groups", []))}
    curve = tuple((place(at), float(probability)) for at, probability in body["curve"])
    return Calibration(body["method"], float(body["intercept"]), float(body["slope"]), curve, body.get("by", ""), groups)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole scorecard as its file holds it. `raw` maps input columns to `number`, `text` or `date`."""

    name: str
    title: str
    target: dict[str, Any]
    raw: dict[str, str]
    preparation: tuple[Step, ...]
    variables: tuple[ScoredVariable, ...]
    intercept_points: int
    scaling: Scaling
    calibration: Calibration
    reasons_against: str
    reasons_count: int
    training: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """The JSON object, ready to be written."""
        return {
            "format": FORMAT,
            "name": self.name,
            "title": self.title,
            "target": self.target,
            "columns": [{"name": name, "kind": kind} for name, kind in self.raw.items()],
            "preparation": [step.as_dict() for step in self.preparation],
            "variables": [_variable_as_dict(variable) for variable in self.variables],
            "intercept_points": self.intercept_points,
            "scaling": asdict(self.scaling),
            "calibration": self.calibration.as_dict(),
            "reasons": {"against": self.reasons_against, "count": self.reasons_count},
            "training": self.training,
        }


def read_document(source: Mapping[str, Any] | str | bytes | Path) -> Document:
    """A document from its JSON object, text or file. FaultsError names what is missing or wrong."""
    where = str(source) if isinstance(source, Path) else "model"
    body = source if isinstance(source, Mapping) else parse(source, where)
    if not isinstance(body, Mapping) or body.get("format") != FORMAT:
        found = repr(body.get("format")) if isinstance(body, Mapping) else type(body).__name__
        raise FaultsError([Fault(f"{where}: format", found, repr(FORMAT), "give a file that `puhui score train` wrote")])
    try:
        document = _document(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise FaultsError([Fault(where, what, "a complete scorecard", "train the model again or take the file from its origin")]) from error
    check(_document_faults(document, where))
    return document


def parse(source: str | bytes | Path, where: str) -> Any:
    """The JSON of a model's file or text. FaultsError where there is none."""
    try:
        text = source.read_bytes() if isinstance(source, Path) else source
        return json.loads(text)
    except OSError as error:
        raise FaultsError([Fault(where, error.strerror or str(error), "a readable model file")]) from error
    except ValueError as error:
        raise FaultsError([Fault(where, f"no JSON ({error})", "a model file", "give a file that `puhui score train` wrote")]) from error


def read_steps(body: list[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps of preparation of a model's file."""
    reserved = {"name", "kind", "columns"}
    return tuple(
        Step(step["name"], step["kind"], tuple(step["columns"]), {key: step[key] for key in step.keys() - reserved}) for step in body
    )


def _document(body: Mapping[str, Any]) -> Document:
    return Document(
        name=body["name"],
        title=body["title"],
        target=dict(body["target"]),
        raw={column["name"]: column["kind"] for column in body["columns"]},
        preparation=read_steps(body["preparation"]),
        variables=tuple(_variable(variable) for variable in body["variables"]),
        intercept_points=int(body["intercept_points"]),
        scaling=Scaling(**{key: float(value) for key, value in body["scaling"].items()}),
        calibration=read_calibration(body["calibration"], int),
        reasons_against=body["reasons"]["against"],
        reasons_count=int(body["reasons"]["count"]),
        training=dict(body["training"]),
    )


def _variable(body: Mapping[str, Any]) -> ScoredVariable:
    return ScoredVariable(
        name=body["name"],
        kind=body["kind"],
        sign=body["sign"],
        coefficient=float(body["coefficient"]),
        information_value=float(body["information_value"]),
        bins=tuple(_bin(row) for row in body["bins"]),
        missing=_bin(body["missing"]),
        unseen=None if body["unseen"] is None else _bin(body["unseen"]),
        neutral_points=int(body["neutral_points"]),
    )


def _bin(body: Mapping[str, Any]) -> Bin:
    return Bin(
        label=body["label"],
        points=int(body["points"]),
        woe=float(body["woe"]),
        share=float(body["share"]),
        event_rate=None if body["event_rate"] is None else float(body["event_rate"]),
        upper=None if body.get("upper") is None else float(body["upper"]),
        levels=tuple(body.get("levels", ())),
    )


def _variable_as_dict(variable: ScoredVariable) -> dict[str, Any]:
    rows = [_bin_as_dict(row, variable.kind) for row in variable.bins]
    return {
        "name": variable.name,
        "kind": variable.kind,
        "sign": variable.sign,
        "coefficient": variable.coefficient,
        "information_value": variable.information_value,
        "bins": rows,
        "missing": _bin_as_dict(variable.missing, ""),
        "unseen": None if variable.unseen is None else _bin_as_dict(variable.unseen, ""),
        "neutral_points": variable.neutral_points,
    }


def _bin_as_dict(row: Bin, kind: str) -> dict[str, Any]:
    body = {"label": row.label, "points": row.points, "woe": row.woe, "share": row.share, "event_rate": row.event_rate}
    if kind == "number":
        body["upper"] = row.upper
    if kind == "category":
        body["levels"] = list(row.levels)
    return body


def _document_faults(document: Document, where: str) -> list[Fault]:
    faults = []
    if not document.variables:
        faults.append(Fault(f"{where}: variables", "none", "at least one"))
    for step in document.preparation:
        if step.kind not in KINDS:
            faults.append(Fault(f"{where}: preparation {step.name}", f"kind {step.kind!r}", f"one of {', '.join(KINDS)}"))
    known = set(document.raw) | {step.name for step in document.preparation}
    for variable in document.variables:
        if variable.name not in known:
            faults.append(
                Fault(f"{where}: variable {variable.name}", "no column or step of that name", "an entry in columns or preparation")
            )
        uppers = [row.upper for row in variable.bins]
        ordered = variable.kind != "number" or (uppers[-1] is None and uppers[:-1] == sorted(u for u in uppers[:-1] if u is not None))
        if not ordered:
            faults.append(Fault(f"{where}: variable {variable.name}", f"upper bounds {uppers}", "rising bounds, the last one null"))
    if document.scaling.points_to_double_odds <= 0 or document.scaling.base_odds <= 0:
        faults.append(Fault(f"{where}: scaling", f"{document.scaling}", "odds and points to double them above 0"))
    return faults
