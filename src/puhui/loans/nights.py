"""How interest runs night by night inside one period, in a form that the database can go on with alone.

Inside a period the interest of a principal after k nights is principal × rate × a share of the year that depends on the dates and the
day count only. So the shares of all nights of a period are kept once, as whole numbers (a `Shape`), and shared by every loan whose
period begins and ends on the same days under the same day count; a loan adds two numbers, `product` and `denominator`, and what it had
earned before (`offset`, where part of the principal was repaid inside the period). Interest after k nights is

    round((offset + product × units[k]) / denominator)

in whole numbers, halves up: exactly what `calculations.replay` finds on that morning. A rate that changes inside the period is part of
the shape. Where this form does not hold (several slices of principal, other rounding, numbers too large) there is no `Run`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import NamedTuple

from puhui.calculations.faults import FaultsError
from puhui.calculations.interest import SCALE, RateLine, slices_interest
from puhui.calculations.periods import Period
from puhui.calculations.position import RunningPeriod

__all__ = ["Run", "Shape", "course", "courses", "run_ending_in", "run_of_running", "shape_id"]

# Twice the largest product must fit into the database's eight bytes.
_MOST = 2**61
_ONE_DAY = timedelta(days=1)


class Shape(NamedTuple):
    """Shares of the nights from `first`: `units[k]` after k nights. `id` follows from the content."""

    id: int
    first: date
    units: tuple[int, ...]

    @property
    def last(self) -> date:
        """The morning after the last night: the due date."""
        return self.first + timedelta(days=len(self.units) - 1)


class Run(NamedTuple):
    """The interest of one loan along a shape, in the smallest unit of its currency."""

    shape: Shape
    offset: int
    product: int
    denominator: int

    @property
    def whole(self) -> int:
        """Interest of all its nights."""
        _, offset, product, denominator = self
        return (2 * (offset + product * self.shape.units[-1]) + denominator) // (2 * denominator)

    def on(self, day: date) -> int:
        """Interest on the morning of `day`; before the first night and after the last it stands still."""
        units = self.shape.units[min(max((day - self.shape.first).days, 0), len(self.shape.units) - 1)]
        return (2 * (self.offset + self.product * units) + self.denominator) // (2 * self.denominator)

    def along(self, first: date, mornings: int) -> list[int]:
        """The same on so many mornings from `first` on."""
        (_, begin, units), offset, product, denominator = self
        place, last = (first - begin).days, len(units) - 1
        if 0 <= place <= last + 1 - mornings:
            asked = units[place : place + mornings]
        else:
            asked = tuple(units[min(max(each, 0), last)] for each in range(place, place + mornings))
        twice, half = 2 * denominator, 2 * offset + denominator
        return [(2 * product * each + half) // twice for each in asked]


def shape_id(first: date, units: Sequence[int]) -> int:
    """The key of a shape: equal content has equal keys, so no two processes ever make two of one."""
    text = f"{first.isoformat()}:{','.join(map(str, units))}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


Course = tuple[Shape, int, int]
"""A shape of nights, and interest per unit of principal and of shape as a fraction."""


_COURSES: dict[RateLine, tuple[tuple[Period, ...], tuple[Course | None, ...]]] = {}
_MOST_COURSES = 4096


def courses(plan: tuple[Period, ...], line: RateLine) -> tuple[Course | None, ...]:
    """The course of interest over each whole period of a plan; None where there is none. Loans of one shape share plan and line: kept."""
    kept = _COURSES.get(line)
    if kept is None or kept[0] is not plan:
        if len(_COURSES) >= _MOST_COURSES:
            _COURSES.clear()
        kept = _COURSES[line] = plan, tuple(course(period, line) for period in plan)
    return kept[1]


def course(period: Period, line: RateLine) -> Course | None:
    """The course of interest over a whole period; None where there is none."""
    return None if line.pauses else _along(period, period.start, line)


def run_ending_in(found: Course | None, principal: int, interest: int) -> Run | None:
    """The run of a principal along the course of a whole coming period, where it comes to this interest at the end."""
    if found is None:
        return None
    shape, times, over = found
    common = gcd(times * principal, over)
    product, denominator = times * principal // common, over // common
    largest = 2 * product * shape.units[-1] + denominator
    fits = largest // (2 * denominator) == interest and largest < _MOST
    return Run(shape, 0, product, denominator) if fits else None


def run_of_running(running: RunningPeriod, rounding: str) -> Run | None:
    """The run of the period under way, with what was earned on principal that is repaid since."""
    if rounding != "half_up" or running.line.pauses or len(running.open) != 1:
        return None
    ((principal, first),) = running.open
    before = running.exact(first) if first > running.period.start or running.ended or running.waiting else 0
    whole = running.plan and first == running.period.start
    found = courses(running.plan, running.line)[running.period.number - 1] if whole else _along(running.period, first, running.line)
    return _run(found, principal if running.bears_interest else 0, before)


def _run(found: Course | None, principal: int, before: int | Fraction) -> Run | None:
    if found is None:
        return None
    shape, times, over = found
    common = gcd(times * principal, over)
    offset, product, denominator = 0, times * principal // common, over // common
    if before:
        exact = Fraction(before, SCALE)
        whole = lcm(denominator, exact.denominator)
        offset, product, denominator = exact.numerator * (whole // exact.denominator), product * (whole // denominator), whole
    largest = 2 * (offset + product * shape.units[-1]) + denominator
    return Run(shape, offset, product, denominator) if offset >= 0 and largest < _MOST else None


@lru_cache(maxsize=20_000)
def _along(period: Period, first: date, line: RateLine) -> Course | None:
    """As `_shape`, by the course of rates itself, which loans share; None where a part of the period is not settled: whoever needs its
    figure will say so."""
    try:
        return _shape(period, first, tuple(line.pieces(first, period.due)))
    except FaultsError:
        return None


@lru_cache(maxsize=20_000)
def _shape(period: Period, first: date, pieces: tuple[tuple[date, date, int], ...]) -> Course:
    """The shape of the nights from `first` to the period's end, and interest per unit of principal and of shape, as a fraction."""
    line = RateLine([(begin, rate) for begin, _, rate in pieces])
    nights = (period.due - first).days
    exact = [slices_interest(period, line, [(1, first, first + k * _ONE_DAY)]) for k in range(nights + 1)]
    common = lcm(*(value.denominator for value in exact))
    whole = [value.numerator * (common // value.denominator) for value in exact]
    step = gcd(*whole) or 1
    units = tuple(value // step for value in whole)
    each = Fraction(step, common * SCALE)
    return Shape(shape_id(first, units), first, units), each.numerator, each.denominator
