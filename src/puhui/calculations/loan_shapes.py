"""What loans of one start, shape and course of rates have in common, compiled once: their periods, and what each asks of a principal.

Only the commonest terms have such a shape: months, one annuity or equal parts or interest only, no fees, no grace, nothing rounded
otherwise. A new rate, agreed ahead or brought by an event, belongs to the shape: it divides the interest of the period that it falls into,
and an equal instalment is set anew from that period on. Loans without a shape, and what a shape does not know of a loan, are left to
`running`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from puhui.calculations.events import Event
from puhui.calculations.interest import SCALE, RateLine, slices_interest
from puhui.calculations.levels import annuity_factor
from puhui.calculations.money import Exact, round_quotient
from puhui.calculations.periods import Period, periods_of
from puhui.calculations.rates import Rates
from puhui.calculations.term_records import Grace, Terms

__all__ = ["Shape", "Share", "equal_principal", "shape_of"]

_METHODS = ("equal_instalment", "equal_principal", "interest_only")
_NO_GRACE = Grace()
_MOST_SHAPES = 16_384

Share = tuple[int, int, int]
"""(times, half, over): what is due of a principal is (principal × times + half) ÷ over, rounded down, which rounds halves up."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What loans of one start, shape and course of rates have in common.

    `rows`: number, start, due and days of each, the three numbers of its interest (see `Share`) and, where the equal instalment is set
    anew with it, the share of that. `exact`: the interest of each on a principal of one, over SCALE.
    """

    periods: tuple[Period, ...]
    line: RateLine
    dues: tuple[date, ...]
    rows: tuple[tuple[int, date, date, int, int, int, int, Share | None], ...]
    exact: tuple[Exact, ...]


_SHAPES: dict[tuple[object, ...], Shape | None] = {}
"""Shapes compiled so far: what is kept depends on the key alone."""


def shape_of(terms: Terms, changes: Sequence[Event]) -> Shape | None:
    """The shape of terms that may be an ordinary loan's, with the new rates that events brought."""
    step = terms.step
    if (
        terms.method not in _METHODS
        or step is None
        or not step.months
        or terms.line is not None
        or terms.fees
        or terms.rounding != "half_up"
        or terms.multiple != 1
        or terms.balloon
        or terms.level != "annuity"
        or terms.part_periods != "days"
        or terms.principal_share is not None
        or terms.business_days is not None
        or terms.allocation.sequence
        or terms.grace != _NO_GRACE
    ):
        return None
    rates = terms.rates
    if changes:
        rates = tuple(sorted([*rates, *((change.date, change.rate_e8 or 0) for change in changes)]))
    key = (
        terms.start, step.months, terms.instalments, terms.first_due, terms.maturity, terms.settlement_day, terms.month_end,
        terms.day_count, terms.interest_basis, terms.day_label, terms.method == "interest_only", rates,
    )  # fmt: skip
    try:
        return _SHAPES[key]
    except KeyError:
        pass
    if len(_SHAPES) >= _MOST_SHAPES:
        _SHAPES.clear()
    shape = _SHAPES[key] = _compiled(terms, rates)
    return shape


def _compiled(terms: Terms, rates: Rates) -> Shape | None:
    """The shape; None where two rates are of one day or the same, or a part of a period is longer than the period: the walk refuses it."""
    if any(day == before or rate == new_rate for (before, rate), (day, new_rate) in pairwise(rates)):
        return None
    line, periods = RateLine(rates, terms.day_label), periods_of(terms)
    if any(period.exceeds(first, last) for period in periods for first, last, _ in line.pieces(period.start, period.due)):
        return None
    rows = []
    exact = tuple(slices_interest(period, line, [(1, period.start, period.due)]) for period in periods)
    for index, period in enumerate(periods):
        interest = _share(Fraction(exact[index]) / SCALE)
        level = None
        if index == 0 or line.changes_within(period.start, period.due):
            level = _share(Fraction(*annuity_factor(terms, periods[index:], line.rate_on_last_night(period))))
        rows.append((period.number, period.start, period.due, period.days, *interest, level))
    return Shape(periods, line, tuple(period.due for period in periods), tuple(rows), exact)


def _share(exact: Fraction) -> Share:
    return 2 * exact.numerator, exact.denominator, 2 * exact.denominator


def equal_principal(terms: Terms, shape: Shape) -> int | None:
    """The equal principal, 0 by the other methods; None where it leaves nothing to the last instalment."""
    if terms.method != "equal_principal":
        return 0
    count = len(shape.rows)
    part = round_quotient(terms.amount, count, terms.rounding)
    return part if part * (count - 1) < terms.amount else None
