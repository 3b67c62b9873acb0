"""What a firm gets back of its unemployment insurance for keeping its people (稳岗返还), and how many jobs stand behind it.

Entitled is who paid in full for the months that the scheme asks, and laid off no larger part of the insured than the limit: the year's
target for unemployment, or for small firms a limit of their own. The refund is a part of the year's premium, less for large firms. People
who left are an upper bound of those laid off: who is entitled by that is entitled for certain; who is not, may still be. Pure; whole fen,
rounded down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from puhui.calculations.faults import Fault, check

__all__ = ["Refund", "refund"]


@dataclass(frozen=True, slots=True)
class Refund:
    """`jobs`: insured people behind the refund; both nothing where the firm is not entitled, for the reasons in `because`."""

    premium_fen: int
    refund_fen: int
    jobs: float
    limit: float
    because: tuple[str, ...] = ()

    @property
    def is_entitled(self) -> bool:
        return not self.because


def refund(base_fen: int, heads: float, left: float, months_paid: int, rule: Mapping[str, Any], target: float) -> Refund:
    """The refund for a year.

    base_fen     contribution bases of all insured over the year
    heads, left  mean number of insured; people who left, or were laid off where that is known
    rule         the row of `unemployment-refund` in force; `target`: of `unemployment-target` for the year before

    Raises FaultsError for figures below nought, and where nobody is insured.
    """
    figures = {"base": base_fen, "left": left, "months paid": months_paid}
    faults = [Fault(name, str(value), "no less than 0") for name, value in figures.items() if value < 0]
    check([*faults, *([] if heads > 0 else [Fault("heads", str(heads), "one insured person or more")])])
    limit = float(rule["small_limit"]) if heads <= rule["small_heads"] else target
    share = rule["large_share"] if heads >= rule["large_from_heads"] else rule["other_share"]
    premium = base_fen * Fraction(str(rule["premium_share"]))
    because = (
        *(["months"] if months_paid < rule["least_months"] else []),
        *(["laid_off"] if left / heads > limit + 1e-12 else []),
    )
    if because:
        return Refund(int(premium), 0, 0.0, limit, because)
    return Refund(int(premium), int(premium * Fraction(str(share))), heads, limit)
