"""The cases a score is trained on: which rows, which outcome, which columns may speak.

A scorecard learns whatever tells the outcome, and some columns tell it because they were written after it. Columns that are only known
later, identifiers, weights and the outcome itself are left out by name; dates are left out unless a preparation turns them into
something that a new case has too. What still knows too much is looked for afterwards (`leakage`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.scoring.cells import is_unknown
from puhui.scoring.configuration import Configuration, Target
from puhui.scoring.group_calibration import personal_fault
from puhui.scoring.headings import nearest
from puhui.scoring.preparation import KINDS, as_text, columns_read, needed, prepare_frame, read_column
from puhui.scoring.spoilt import spoilt_numbers

__all__ = ["Candidate", "Population", "population_of", "read_target", "read_weight", "unusable"]

NEVER_SCORED = ("V", "P")
"""Signs in the catalogue of variables that mark a veto or a matter of policy."""

IDENTIFYING = {"id", "ids", "nr", "no", "num", "number", "key", "code", "row", "index", "uuid", "编号", "序号", "代码"}
YES, NO = {"1", "true", "yes", "y", "t", "是"}, {"0", "false", "no", "n", "f", "否"}
DEFAULTED = {"chgoff", "chargeoff", "chargedoff", "default", "defaulted", "bad", "bankrupt", "违约", "已违约"}
REPAID = {
    "pif",
    "paidinfull",
    "fullypaid",
    "paid",
    "repaid",
    "good",
    "nodefault",
    "nondefault",
    "notdefaulted",
    "healthy",
    "正常",
    "结清",
    "未违约",
}
"""Outcomes in words that need not be named, without case, spaces and signs."""


@dataclass(frozen=True)
class Candidate:
    """A variable that may enter. Numbers: float64, NaN where null. Categories: positions in `levels`, -1 where null."""

    name: str
    kind: str
    sign: str
    trend: str
    values: NDArray[Any]
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Population:
    """Cases with known outcome. `target` 1 for default; `weight` with mean 1; `time` for the out-of-time split or None.

    notes: what was left out and why, in words, for the card.
    groups: column → the group of each case, None where not known; for checks, never for the score.
    by: the group whose calibration a case has, "" where not known; empty where all have the common one.
    refused: weights of the refused cases, whose outcome is not known; refused_values: theirs, in the order of the candidates.
    """

    candidates: tuple[Candidate, ...]
    target: NDArray[np.float64]
    weight: NDArray[np.float64]
    weighted: bool
    raw: dict[str, str]
    time: NDArray[Any] | None
    notes: tuple[str, ...]
    rows_read: int
    groups: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    by: NDArray[Any] = field(default_factory=lambda: np.array([]))
    refused: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    refused_values: tuple[NDArray[Any], ...] = ()


def population_of(frame: pl.DataFrame, configuration: Configuration, signs: dict[str, str]) -> Population:
    """The population of a table under a configuration. `signs` are the known directions of variables by name (`+` more is safer)."""
    check(_column_faults(frame, configuration))
    rows_read, notes = len(frame), []
    if configuration.population:
        frame = _filtered(frame, configuration.population)
        notes.append(f"population: {configuration.population} ({len(frame)} of {rows_read} rows)")
    frame, refused = _parted(frame, configuration)
    target, known = read_target(frame[configuration.target.column], configuration.target, is_named=True)
    if len(refused):
        notes.append(f"{len(refused)} refused cases; used by the method {configuration.rejects.method!r}")
    if not known.all():
        notes.append(f"{int((~known).sum())} rows without a known outcome are left out")
        frame, target = frame.filter(pl.Series(known)), target[known]
    if len(frame) < 2 * configuration.split.folds or not 0 < target.sum() < len(target):
        found = f"{len(frame)} cases with {int(target.sum())} defaults"
        raise FaultsError([Fault(f"target {configuration.target.column}", found, "cases of both outcomes, at least two for each fold")])
    weight = read_weight(frame, configuration.weight)
    check(spoilt_numbers(frame, configuration))
    columns, raw, left_out = _usable_columns(frame, configuration)
    faults: list[Fault] = []
    everybody = pl.concat([frame, refused]) if len(refused) else frame
    prepared = prepare_frame(everybody, raw, configuration.preparation, faults)
    check(faults)
    candidates = [
        _candidate(prepared[name], configuration, signs) for name in (*columns, *(step.name for step in configuration.preparation))
    ]
    barred = [candidate.name for candidate in candidates if candidate.sign in NEVER_SCORED]
    left_out += [f"{name}: serves rules of admission only, never a score" for name in barred]
    candidates = [candidate for candidate in candidates if candidate.name not in barred]
    time = _time(frame, configuration.split.date)
    groups = {name: _groups(frame[name]) for name in configuration.groups}
    by = _by(frame, prepared[: len(frame)], configuration)
    n, mean = len(frame), weight.mean()
    return Population(
        tuple(replace(each, values=each.values[:n]) for each in candidates),
        target,
        weight / mean,
        bool(configuration.weight),
        raw,
        time,
        (*notes, *left_out),
        rows_read,
        groups,
        by,
        read_weight(refused, configuration.weight) / mean if len(refused) else np.zeros(0),
        tuple(each.values[n:] for each in candidates),
    )


def _parted(frame: pl.DataFrame, configuration: Configuration) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Accepted and refused cases. An outcome that a refused case may carry is not looked at."""
    rules = configuration.rejects
    if not rules.column:
        return frame, frame.clear()
    named = {as_text(value) for value in rules.refused}
    is_refused = pl.Series([as_text(value) in named for value in frame[rules.column].to_list()], dtype=pl.Boolean)
    return frame.filter(~is_refused), frame.filter(is_refused)


def _by(frame: pl.DataFrame, prepared: pl.DataFrame, configuration: Configuration) -> NDArray[Any]:
    """Groups of the calibration. FaultsError for what is no category, or a mark of the person."""
    name = configuration.calibration_by
    if not name:
        return np.array([])
    step = next((each for each in configuration.preparation if each.name == name), None)
    faults: list[Fault] = []
    if step is not None and KINDS[step.kind].gives != "text":
        faults.append(Fault(f"calibration.by: {name}", f"a step that gives a {KINDS[step.kind].gives}", "a column or step of categories"))
    series = prepared[name] if step is not None else read_column(frame[name], "text", faults)
    sources = columns_read({} if step else {name: "text"}, needed(configuration.preparation, {name}))
    for column in (name, *sources):
        faults += personal_fault(column, series.drop_nulls().unique().to_list() if column == name and not faults else [])
    check(dict.fromkeys(faults))
    return series.fill_null("").to_numpy()


def _groups(series: pl.Series) -> tuple[str | None, ...]:
    """Categories as they are; numbers of more than ten values in quarters."""
    if series.dtype.is_numeric() and series.n_unique() > 10:
        cuts = [float(series.quantile(share) or 0.0) for share in (0.25, 0.5, 0.75)]
        labels = [f"below {cuts[0]:g}", *(f"{low:g} to below {high:g}" for low, high in pairwise(cuts)), f"{cuts[2]:g} or more"]
        return tuple(None if value is None or value != value else labels[bisect_right(cuts, value)] for value in series.to_list())
    return tuple(as_text(value) for value in series.to_list())


def _time(frame: pl.DataFrame, column: str) -> NDArray[Any] | None:
    """The column that orders cases in time: dates, or numbers such as a year."""
    if not column:
        return None
    series = frame[column]
    if not (series.dtype.is_numeric() or series.dtype.is_temporal()):
        faults: list[Fault] = []
        series = read_column(series, "date", faults)
        check(faults)
    return series.to_numpy()


def read_target(series: pl.Series, target: Target, is_named: bool = False) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Outcomes as 1 and 0, and which rows have one. FaultsError when the values cannot be told apart without being named.

    is_named: somebody named the values for this very table, so others than these do not mean default.
    """
    distinct = {value: _known_outcome(value, target) for value in series.unique().to_list()}
    named = {text for text in distinct.values() if text is not None}
    positive, negative = _sides(series.name, named, target)
    meant = {_outcome_text(value) for value in target.positive}
    if is_named and meant and positive - meant:
        found = ", ".join(sorted(named)[:8])
        raise FaultsError([Fault(f"target {series.name}", found, f"some {' or '.join(target.positive)}, which is named as default")])
    outcome = {value: 1.0 if text in positive else 0.0 if text in negative else np.nan for value, text in distinct.items()}
    values = np.array([outcome[value] for value in series.to_list()], dtype=float)
    return values, ~np.isnan(values)


def _known_outcome(value: object, target: Target) -> str | None:
    """An outcome as text, None where a cell says that nothing is known and nobody named that very word as an outcome."""
    text = _outcome_text(value)
    return None if text is None or (is_unknown(text) and text not in (*target.positive, *target.negative)) else text


def _outcome_text(value: object) -> str | None:
    """An outcome as text; `1.0` is 1, `?` is not known."""
    text = as_text(value)
    if text is None or text == "?":
        return None
    return text.partition(".")[0] if re.fullmatch(r"-?\d+\.0+", text) else text


def _sides(column: str, named: set[str], target: Target) -> tuple[set[str], set[str]]:
    positive = {text for value in target.positive if (text := _outcome_text(value))}
    negative = {text for value in target.negative if (text := _outcome_text(value))}
    if positive and named & positive:
        return positive, negative or named - positive
    lowered = {text.lower(): text for text in named}
    if set(lowered) <= YES | NO:
        return {text for low, text in lowered.items() if low in YES}, {text for low, text in lowered.items() if low in NO}
    plain = {re.sub(r"[\W_]+", "", low): text for low, text in lowered.items()}
    if set(plain) <= DEFAULTED | REPAID:
        return {text for word, text in plain.items() if word in DEFAULTED}, {text for word, text in plain.items() if word in REPAID}
    found = ", ".join(sorted(named)[:8]) or "only nulls"
    raise FaultsError(
        [Fault(f"target {column}", found, "0/1, true/false, yes/no, or values named as positive", "name the values that mean default")]
    )


def read_weight(frame: pl.DataFrame, column: str) -> NDArray[np.float64]:
    """Case weights, all 1 without a column. FaultsError when a weight is null, not finite, or not above 0."""
    if not column:
        return np.ones(len(frame))
    if column not in frame.columns:
        raise FaultsError([Fault(f"weight {column}", "no such column", f"one of {', '.join(frame.columns[:40])}")])
    weight = frame[column].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    wrong = ~(np.isfinite(weight) & (weight > 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise FaultsError(
            [Fault(f"weight {column}, row {row}", f"{frame[column][row]!r} ({int(wrong.sum())} such rows)", "a number above 0")]
        )
    return np.asarray(weight, dtype=float)


def _column_faults(frame: pl.DataFrame, configuration: Configuration) -> list[Fault]:
    named = {
        "target": [configuration.target.column],
        "weight": [configuration.weight] if configuration.weight else [],
        "id": list(configuration.id),
        "split.date": [configuration.split.date] if configuration.split.date else [],
        "prepare": _columns_of_steps(configuration),
        "groups": list(configuration.groups),
        "calibration.by": [by] if (by := configuration.calibration_by) and by not in {s.name for s in configuration.preparation} else [],
        "rejects": [configuration.rejects.column] if configuration.rejects.column else [],
    }
    known = set(frame.columns)
    faults = [
        Fault(f"{key}: column {column}", "no such column", f"one of {', '.join(frame.columns[:60])}", _meant(column, frame.columns))
        for key, columns in named.items()
        for column in columns
        if column not in known
    ]
    names = known | {step.name for step in configuration.preparation}
    patterns = {"variables": configuration.variables, "categories": configuration.categories, "exclusions": tuple(configuration.exclusions)}
    for key, wanted in patterns.items():
        faults += [
            Fault(f"{key}: {p}", "no column of that name", "a column or step", _meant(p, frame.columns))
            for p in wanted
            if not _matching(p, names)
        ]
    faults += [
        Fault(f"prepare: {step.name}", "a column has that name", "a new name") for step in configuration.preparation if step.name in known
    ]
    return faults


def _meant(name: str, columns: list[str]) -> str:
    """The nearest column to a name or pattern, as a question; a table from elsewhere spells them otherwise."""
    near = nearest(name, columns)
    return f"is {near!r} meant?" if near else ""


def _columns_of_steps(configuration: Configuration) -> list[str]:
    """What the steps read beside what steps before them give."""
    made: set[str] = set()
    names: list[str] = []
    for step in configuration.preparation:
        names += [column for column in step.columns if column not in made]
        made.add(step.name)
    return names


def _matching(pattern: str, names: set[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)


def _filtered(frame: pl.DataFrame, condition: str) -> pl.DataFrame:
    try:
        return frame.filter(pl.sql_expr(condition))
    except pl.exceptions.PolarsError as error:
        first_line = str(error).splitlines()[0]
        raise FaultsError([Fault("population", f"{condition!r} ({first_line})", "an SQL condition over the columns")]) from error


def _usable_columns(frame: pl.DataFrame, configuration: Configuration) -> tuple[list[str], dict[str, str], list[str]]:
    """Raw columns that enter as they are, how each is read, and notes on those that do not."""
    service = {configuration.target.column, configuration.weight, configuration.split.date, configuration.rejects.column, *configuration.id}
    columns, raw, notes = [], {}, []
    for name in frame.columns:
        if name in service:
            continue
        excluded = [pattern for pattern in configuration.exclusions if fnmatchcase(name, pattern)]
        if excluded:
            reason = configuration.exclusions[excluded[0]]
            notes.append(f"{name}: excluded by the configuration" + (f" ({reason})" if reason else ""))
        elif configuration.variables:
            if any(fnmatchcase(name, pattern) for pattern in configuration.variables):
                columns.append(name)
        elif reason := unusable(frame[name]):
            notes.append(f"{name}: {reason}")
        else:
            columns.append(name)
    for name in columns:
        dtype = frame[name].dtype
        category = any(fnmatchcase(name, pattern) for pattern in configuration.categories)
        number = (dtype.is_numeric() or dtype == pl.Boolean or dtype == pl.Null) and not category
        raw[name] = "number" if number else "text"
    return columns, raw, notes


def unusable(series: pl.Series) -> str:
    """Why a column does not enter by itself, as category or as number, or "" when it does. The form of a training asks the same."""
    if series.dtype.is_temporal():
        return "a date, left out; name a preparation (days_between, year) to use it"
    if series.dtype.is_nested() or series.dtype == pl.Binary:
        return f"holds {series.dtype}, left out"
    distinct = series.n_unique()
    if distinct < 2:
        return "the same value in every row, left out"
    is_text = series.dtype in (pl.String, pl.Categorical) or isinstance(series.dtype, pl.Enum)
    if is_text and distinct > 0.5 * len(series):
        return "hardly ever the same twice, left out as an identifier"
    words = set(re.split(r"[^0-9a-z\u4e00-\u9fff]+", series.name.lower()))
    if series.dtype.is_integer() and distinct == len(series) and words & IDENTIFYING:
        return "different in every row, left out as an identifier"
    return ""


def _candidate(series: pl.Series, configuration: Configuration, signs: dict[str, str]) -> Candidate:
    name = series.name
    sign = configuration.signs.get(name, signs.get(name, ""))
    trend = configuration.trends.get(name, {"+": "descending", "-": "ascending"}.get(sign, "auto"))
    if series.dtype == pl.Float64:
        return Candidate(name, "number", sign, trend, series.fill_null(float("nan")).to_numpy())
    levels = tuple(sorted(series.drop_nulls().unique().to_list()))
    if not levels:
        return Candidate(name, "category", "", "ascending", np.full(len(series), -1))
    codes = series.replace_strict(list(levels), list(range(len(levels))), return_dtype=pl.Int64, default=None).fill_null(-1)
    return Candidate(name, "category", "", "ascending", codes.to_numpy(), levels)
