"""How the equal instalment (等额本息) is found.

`annuity`: P r ÷ (1 − (1+r)⁻ⁿ) with one rate per step, whatever the days. `solved`: from each period's own factor, then brought once
closer so that the last instalment differs least. All in whole numbers: powers of fractions are exact, only the level is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from puhui.calculations.day_count import YEAR
from puhui.calculations.interest import SCALE, RateLine, slices_interest
from puhui.calculations.money import Exact, round_exact, round_quotient
from puhui.calculations.periods import Period, unsettled
from puhui.calculations.term_records import RATE_SCALE, Terms

__all__ = ["annuity_level", "round_to_multiple", "solved_level"]


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
    if terms.day_count in ("M/360", "ACT/360"):
        return rate_e8 * step.days, RATE_SCALE * 360
    if terms.day_count == "ACT/365":
        return rate_e8 * step.days, RATE_SCALE * 365
    shares = {Fraction(period.share, YEAR) / period.days for period in periods}
    if terms.day_count == "ACT/ACT" and len(shares) == 1:
        share = shares.pop() * step.days
        return rate_e8 * share.numerator, RATE_SCALE * share.denominator
    raise unsettled("day_count", f"{terms.day_count} with a step of days", "another day count: the rate of a step is not settled")


def annuity_level(terms: Terms, periods: Sequence[Period], outstanding: int, rate_e8: int) -> int:
    """The equal instalment that repays `outstanding` over `periods`."""
    numerator, denominator = _annuity_factor(*_step_rate(terms, rate_e8, periods), len(periods))
    return round_to_multiple(outstanding * numerator, denominator, terms)


def solved_level(terms: Terms, periods: Sequence[Period], outstanding: int, line: RateLine) -> int:
    """The equal instalment found from each period's factor."""
    if len(line.rates) > 1:
        raise unsettled("level", "solved with rates that change", "annuity: not settled")
    factors = [slices_interest(period, line, [(1, period.start, period.due)]) for period in periods]
    level = _first_level(terms, outstanding, factors)
    last = _last_instalment(terms, outstanding, factors, level)
    nearer = level + round_quotient(last - level, len(periods), terms.rounding)
    if terms.multiple != 1 and nearer != level:
        raise unsettled("rounding.instalment_multiple", "level solved", "none: how the second level is rounded is not settled")
    if nearer != level and abs(_last_instalment(terms, outstanding, factors, nearer) - nearer) < abs(last - level):
        return nearer
    return level


def _first_level(terms: Terms, outstanding: int, factors: Sequence[Exact]) -> int:
    """P × Π(1+f) ÷ Σ of the products of (1+f) still to come, rounded."""
    growth, weights = Fraction(1), Fraction(0)
    for factor in factors:
        grown = 1 + Fraction(factor) / SCALE
        growth, weights = growth * grown, weights * grown + 1
    level = outstanding * growth / weights
    return round_to_multiple(level.numerator, level.denominator, terms)


def _last_instalment(terms: Terms, outstanding: int, factors: Sequence[Exact], level: int) -> int:
    """What the last instalment comes to when all before it are `level`; interest above the level waits for the next."""
    waiting = 0
    for factor in factors[:-1]:
        waiting += round_exact(outstanding * factor, SCALE, terms.rounding)
        paid = min(waiting, level)
        waiting -= paid
        outstanding -= level - paid
    return outstanding + waiting + round_exact(outstanding * factors[-1], SCALE, terms.rounding)
