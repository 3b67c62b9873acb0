"""Expected loss: exposure × probability of default × loss given default, discounted where a lifetime is asked for.

Stage 1 looks twelve months ahead, stages 2 and 3 over the whole life (CAS 22). Probabilities and losses are ppm (1% is 10,000).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from puhui.calculations.money import round_quotient

__all__ = ["PPM", "YearOfLife", "expected_loss", "lifetime_expected_loss"]

PPM = 1_000_000


def expected_loss(exposure: int, pd_ppm: int, lgd_ppm: int) -> int:
    """`exposure × PD × LGD` in smallest units, rounded half up. Raises ValueError for shares outside 0 to 1,000,000 ppm."""
    _share(pd_ppm, "PD")
    _share(lgd_ppm, "LGD")
    return round_quotient(exposure * pd_ppm * lgd_ppm, PPM * PPM)


@dataclass(frozen=True, slots=True)
class YearOfLife:
    """One year ahead: the exposure in it, the probability of default in it (not cumulative) and the loss then."""

    exposure: int
    pd_ppm: int
    lgd_ppm: int


def lifetime_expected_loss(years: Sequence[YearOfLife], effective_rate_ppm: int) -> int:
    """Σ PD_t × LGD_t × EAD_t ÷ (1 + effective rate)^t, t = 1, 2, …, rounded once half up. Raises ValueError for shares out of range."""
    total = Fraction(0)
    discount = Fraction(1)
    for year in years:
        _share(year.pd_ppm, "PD")
        _share(year.lgd_ppm, "LGD")
        discount *= Fraction(PPM, PPM + effective_rate_ppm)
        total += Fraction(year.exposure * year.pd_ppm * year.lgd_ppm, PPM * PPM) * discount
    return round_quotient(total.numerator, total.denominator)


def _share(value: int, name: str) -> None:
    if not 0 <= value <= PPM:
        raise ValueError(f"{name} of {value} ppm is not between 0 and {PPM}")
