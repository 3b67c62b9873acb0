"""Variables that know too much: the outcome in disguise, or written after it.

A lender who trains on what was written down later gets a wonderful score that fails on the first real applicant. Three signs give such a
variable away, and each is looked for in every variable:

order       alone it orders the cases almost perfectly (a rating that was given in knowledge of the default);
certainty   single values of it mean default for nearly everybody who has them, and many defaults carry such values (a term of 47 months is
            no term that anybody grants: the loan ended when it failed);
lateness    it is counted from a day after the decision.

A sign is a suspicion with its reason, not a proof: a person says when the column was written.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from puhui.scoring.configuration import Configuration
from puhui.scoring.evaluation import area_under_curve
from puhui.scoring.population import Candidate, Population
from puhui.scoring.preparation import columns_read, needed, read_column, read_kinds

__all__ = ["suspicions"]

LEAK_AREA = 0.95
"""A single variable with an AUC above this is called out."""
LEAST_OUTCOMES = 10
"""Of the rarer outcome: one default among thirty is ordered perfectly by many variables, by chance."""
CERTAIN_RATE, CERTAIN_CASES, CERTAIN_EVENTS = 0.95, 20, 0.10
"""Values that at least so many cases share, of which such a share defaulted, and which together hold such a share of all defaults."""
LATE_SHARE = 0.05
"""A date that lies after the decision in more than this share of the cases was not known at it."""


def suspicions(population: Population, frame: pl.DataFrame, configuration: Configuration) -> dict[str, str]:
    """Variable → why it is suspected, in words. `frame` is the table that the population was made of."""
    found: dict[str, str] = {}
    late = _late_columns(frame, configuration)
    for candidate in population.candidates:
        reasons = [_order(candidate, population), _certainty(candidate, population)]
        steps = needed(configuration.preparation, {candidate.name})
        reasons += [late[column] for column in columns_read({} if steps else {candidate.name: ""}, steps) if column in late]
        words = "; ".join(reason for reason in reasons if reason)
        if words:
            found[candidate.name] = words
    return found


def _order(candidate: Candidate, population: Population) -> str:
    events = int(population.target.sum())
    if min(events, len(population.target) - events) < LEAST_OUTCOMES:
        return ""
    areas = [_area(population, risk) for risk in _risks(candidate, population)]
    return f"alone reaches an AUC of {max(areas):.3f}" if areas and max(areas) > LEAK_AREA else ""


def _certainty(candidate: Candidate, population: Population) -> str:
    """Rates are of cases as counted: a sample drawn by outcome keeps its certain values certain."""
    target, values = population.target, candidate.values
    known = ~np.isnan(values) if candidate.kind == "number" else values >= 0
    if not known.any() or target.mean() > 0.9:
        return ""
    distinct, place = np.unique(values[known], return_inverse=True)
    cases = np.bincount(place)
    events = np.bincount(place, weights=target[known])
    certain = (cases >= CERTAIN_CASES) & (events >= CERTAIN_RATE * cases)
    share = float(events[certain].sum() / target.sum())
    if share < CERTAIN_EVENTS:
        return ""
    most = distinct[certain][np.argsort(-events[certain])[:3]]
    told = ", ".join(candidate.levels[int(one)] if candidate.kind == "category" else f"{one:g}" for one in most)
    return f"has {int(certain.sum())} value(s) that all but settle the outcome (such as {told}), with {share:.0%} of all defaults"


def _late_columns(frame: pl.DataFrame, configuration: Configuration) -> dict[str, str]:
    """Columns of dates that lie after the day of decision (`split.date`, where that is a day)."""
    decided = configuration.split.date
    if not decided or decided not in frame.columns or frame[decided].dtype != pl.Date:
        return {}
    found: dict[str, str] = {}
    read_as_dates = {
        column for step in configuration.preparation for column, kind in zip(step.columns, read_kinds(step), strict=True) if kind == "date"
    }
    for column in sorted(read_as_dates - {decided}):
        if column not in frame.columns:
            continue
        later = (read_column(frame[column], "date", []) > frame[decided]).mean()
        if isinstance(later, float) and later > LATE_SHARE:
            found[column] = f"rests on {column}, which lies after {decided} in {later:.0%} of the cases that have it"
    return found


def _risks(candidate: Candidate, population: Population) -> list[NDArray[np.float64]]:
    if candidate.kind == "number":
        missing = np.isnan(candidate.values)
        if missing.all():
            return []
        lowest, highest = np.nanmin(candidate.values), np.nanmax(candidate.values)
        return [np.where(missing, lowest, candidate.values), np.where(missing, highest, candidate.values), missing.astype(float)]
    events = np.bincount(candidate.values + 1, weights=population.target, minlength=len(candidate.levels) + 1)
    cases = np.bincount(candidate.values + 1, minlength=len(candidate.levels) + 1)
    rate: NDArray[Any] = (events + population.target.mean()) / (cases + 1)
    return [rate[candidate.values + 1]] if (cases > 0).sum() < 0.2 * len(population.target) else []


def _area(population: Population, risk: NDArray[np.float64]) -> float:
    area = area_under_curve(population.target, risk, population.weight)
    return max(area, 1 - area)
