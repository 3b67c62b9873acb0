"""What each variable told of the lender's own loans: its strength alone, against what came of those that were decided on it.

A variable is weighed as it stood when the loan was decided, in the snapshot that the decision read, never as it stands now: a firm in
default looks like one. Which loans count is what training counts (`reports.own_cases`): those in default, and of the rest those paid out
long enough ago. Only firms that were lent to are among them, so a variable that the policy itself screens by looks weaker than it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from puhui.decisions.models import Decision
from puhui.features.figures import Floats, information_value
from puhui.features.registry import catalogue
from puhui.parties.models import Institution
from puhui.reports.monitoring import limits_on
from puhui.reports.own_cases import MONTHS, settled_outcomes
from puhui.reports.score_alarms import LEAST_DEFAULTS

__all__ = ["Strengths", "strengths"]

MOST_WEIGHED = 5_000
"""Of the defaults, and of the others: of more, so many are drawn evenly. Strength compares shares within each, so it stays what it was."""


@dataclass(frozen=True)
class Strengths:
    """`loans` with an outcome that were weighed, `defaults` among them, and variable → information value of those with cases enough.

    `least_loans` with a number, and `least_defaults` (as many others, too), are enough.
    """

    loans: int
    defaults: int
    least_loans: int
    least_defaults: int
    values: Mapping[str, float]


def strengths(institution: Institution, as_of: date, months: int = MONTHS) -> Strengths:
    """Every variable of the catalogue against the outcomes known on a day; few statements, however many loans there are."""
    told = {decision: one for decision, one in settled_outcomes(institution, as_of, months).items() if one is not None}
    drawn = [number for bad in (0, 1) for number in _evenly([each for each, one in told.items() if one == bad])]
    names = [variable.name for variable in catalogue()]
    decisions, values = _values(institution, drawn, names)
    outcome = np.array([told[each] for each in decisions], dtype=np.float64)
    least = limits_on(as_of)[0].least_cases
    weighed = ((name, information_value(values[:, place], outcome, least, LEAST_DEFAULTS)) for place, name in enumerate(names))
    found = {name: one for name, one in weighed if one is not None}
    return Strengths(len(decisions), int(outcome.sum()), least, LEAST_DEFAULTS, found)


def _evenly(numbers: Sequence[int]) -> Sequence[int]:
    if len(numbers) <= MOST_WEIGHED:
        return numbers
    return [numbers[place * len(numbers) // MOST_WEIGHED] for place in range(MOST_WEIGHED)]


def _values(institution: Institution, numbers: Sequence[int], names: Sequence[str]) -> tuple[list[int], Floats]:
    """The decisions that read a snapshot, and a row of its numbers for each, NaN where null."""
    read = Decision.objects.filter(institution=institution, pk__in=numbers, snapshot__isnull=False)
    decisions: list[int] = []
    rows = np.full((len(numbers), len(names)), np.nan)
    for row, (decision, values) in zip(rows, read.values_list("pk", "snapshot__values").iterator(chunk_size=1_000), strict=False):
        decisions.append(decision)
        row[:] = [value if isinstance(value := values.get(name), (int, float)) else np.nan for name in names]
    return decisions, rows[: len(decisions)]
