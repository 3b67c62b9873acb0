"""Values of variables that cannot be: a share above one, a count below zero, a grade that there is not.

The layouts of evidence hold bounds for each field, and a row beyond them is refused. What rows make together can be impossible all the
same: reds that came without their invoices make a share of a buyer larger than one. Such a value is kept as it was computed, for a decision
must replay, and is told where the health of sources is looked at. The bounds stand where the variable is declared (`Variable.bounds`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from puhui.features.registry import catalogue
from puhui.features.variable import Bounds, Variable

__all__ = ["Beyond", "beyond_bounds", "is_beyond"]

ROUNDING = 1e-9


@dataclass(frozen=True)
class Beyond:
    """A variable with values that cannot be: of how many firms, of how many that have a value, and the value furthest out with its firm."""

    variable: Variable
    firms: int
    valued: int
    furthest: float
    firm_id: int


def is_beyond(value: float, bounds: Bounds) -> bool:
    """Whether a value lies below the least or above the most, or is no number at all."""
    least, most = bounds
    return not math.isfinite(value) or (least is not None and value < least - ROUNDING) or (most is not None and value > most + ROUNDING)


def beyond_bounds(snapshots: Iterable[tuple[int, Mapping[str, float | None]]]) -> list[Beyond]:
    """Of pairs of firm and variable → value: the variables with impossible values, those of most firms first."""
    told = list(snapshots)
    found = []
    for variable in catalogue():
        values = [(firm_id, value) for firm_id, row in told for value in [row.get(variable.name)] if value is not None]
        out = [(firm_id, value) for firm_id, value in values if is_beyond(value, variable.bounds)]
        if out:
            firm_id, furthest = max(out, key=lambda pair: _distance(pair[1], variable.bounds))
            found.append(Beyond(variable, len(out), len(values), furthest, firm_id))
    return sorted(found, key=lambda each: (-each.firms, each.variable.name))


def _distance(value: float, bounds: Bounds) -> float:
    """How far out a value lies."""
    if not math.isfinite(value):
        return math.inf
    least, most = bounds
    return max(least - value if least is not None else 0.0, value - most if most is not None else 0.0)
