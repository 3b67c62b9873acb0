"""How the equal instalment (等额本息) is found.

`annuity`: P r ÷ (1 − (1+r)⁻ⁿ) with one rate per step, whatever the days. `solved`: from each period's own factor, then brought once
closer so that the last instalment differs least. All in whole numbers: powers of fractions are exact, only the level is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache

from puhui.calculations.day_count import year_share
from puhui.calculations.interest import SCALE, RateLine, slices_interest
from puhui.calculations.money import round_quotient
from puhui.calculations.periods import Period, unsettled
from puhui.calculations.term_records import RATE_SCALE, Terms

__all__ = ["annuity_factor", "annuity_level", "nearer_level", "round_to_multiple", "solved_level"]


def round_to_multiple(numerator: int, denominator: int, terms: Terms) -> int:
    """The amount rounded to the agreed multiple of the smallest unit."""
    return round_quotient(numerator, denominator * terms.multiple, terms.rounding) * terms.multiple


@lru_cache(maxsize=4096)
def _annuity_factor(numerator: int, denominator: int, count: int) -> tuple[int, int]:
    """r ÷ (1 − (1+r)⁻ⁿ) as a fraction, for r = numerator ÷ denominator."""
    if numerator == 0:
        return 1, count
    grown = (denominator + numerator) ** count
    return numerator * grown, denominator * (grown - denominator**count)


def _step_rate(terms: Terms, rate_e8: int, periods: Sequence[Period]) -> tuple[int, int]:
    """The rate of one step as a fraction: months ÷ 12, weeks ÷ 52, days by day count."""
    step = terms.step
    assert step is not None
    if step.months:
        return rate_e8 * step.months, RATE_SCALE * 12
    if step.weeks:
        return rate_e8 * step.weeks, RATE_SCALE * 52
    if terms.day_count in ("M/360", "30E/360", "ACT/360"):
        return rate_e8 * step.days, RATE_SCALE * 360
    if terms.day_count == "ACT/365":
        return rate_e8 * step.days, RATE_SCALE * 365
    if terms.day_count == "ACT/ACT" and all(period.share == year_share("ACT/365", period.start, period.due) for period in periods):
        return rate_e8 * step.days, RATE_SCALE * 365
    raise unsettled("day_count", f"{terms.day_count} with a step of days", "another day count: the rate of a step is not settled")


def annuity_factor(terms: Terms, periods: Sequence[Period], rate_e8: int) -> tuple[int, int]:
    """What the equal instalment is of a principal that it repays over `periods`, as a fraction."""
    return _annuity_factor(*_step_rate(terms, rate_e8, periods), len(periods))


def annuity_level(terms: Terms, periods: Sequence[Period], outstanding: int, rate_e8: int) -> int:
    """The equal instalment that repays `outstanding` over `periods`, but for a balloon, whose interest it pays."""
    numerator, denominator = annuity_factor(terms, periods, rate_e8)
    if not terms.balloon:
        return round_to_multiple(outstanding * numerator, denominator, terms)
    rate, base = _step_rate(terms, rate_e8, periods)
    exact = Fraction((outstanding - terms.balloon) * numerator, denominator) + Fraction(terms.balloon * rate, base)
    return round_to_multiple(exact.numerator, exact.denominator, terms)


def solved_level(terms: Terms, periods: Sequence[Period], outstanding: int, line: RateLine) -> int:
    """P × Π(1+f), less a balloon, ÷ Σ of the products of (1+f) still to come, rounded: before it is brought closer (`nearer_level`)."""
    growth, weights = Fraction(1), Fraction(0)
    for period in periods:
        bears = period.number > terms.grace.interest_free
        grown = 1 + Fraction(slices_interest(period, line, [(1, period.start, period.due)]) if bears else 0) / SCALE
        growth, weights = growth * grown, weights * grown + 1
    level = (outstanding * growth - terms.balloon) / weights
    return round_to_multiple(level.numerator, level.denominator, terms)


def nearer_level(terms: Terms, level: int, count: int, last_of: Callable[[int], int]) -> int:
    """The level once brought closer: `last_of` tells what the last of `count` instalments comes to, a balloon apart, under a level."""
    last = last_of(level)
    shift = Fraction(level) + Fraction(last - level, count)
    nearer = round_to_multiple(shift.numerator, shift.denominator, terms)
    return nearer if nearer != level and abs(last_of(nearer) - nearer) < abs(last - level) else level
