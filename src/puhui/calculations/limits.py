"""A limit is the least of several named bounds; the record says which one bound. What the firm owes already comes off.

Bounds are amounts in smallest units: a share of twelve months' net invoices, a tax multiple, the working-capital need, what the debt
service allows, the product's cap. A bound that cannot be known is None and is reported as missing: null is not zero, and not infinity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Limit", "least_bound", "limit_under"]


def least_bound(bounds: Sequence[tuple[str, int]]) -> tuple[str, int]:
    """(name, amount) of the least of named bounds, the first of equals. Raises ValueError when there is none or one is below 0."""
    if not bounds:
        raise ValueError("no bound is known: a limit needs at least one")
    if any(amount < 0 for _, amount in bounds):
        raise ValueError(f"bounds must not be below 0: {list(bounds)}")
    return min(bounds, key=lambda bound: bound[1])


@dataclass(frozen=True, slots=True)
class Limit:
    """`amount`: what may still be lent; `bound`: the least bound before `exposure` and rounding; `binding`: its name (first of equals)."""

    amount: int
    bound: int
    binding: str
    exposure: int
    bounds: tuple[tuple[str, int], ...]
    missing: tuple[str, ...]


def limit_under(bounds: Mapping[str, int | None], *, exposure: int = 0, multiple: int = 1, least: int = 0) -> Limit:
    """The limit under `bounds` (name → amount, None where unknown) less `exposure`, rounded down to `multiple`; below `least` it is 0.

    Raises ValueError when no bound is known, or for amounts below 0 or a multiple below 1.
    """
    known = [(name, amount) for name, amount in bounds.items() if amount is not None]
    binding, bound = least_bound(known)
    if min(exposure, least) < 0 or multiple < 1:
        raise ValueError(f"exposure {exposure} and least {least} must not be below 0, multiple {multiple} not below 1")
    amount = max(bound - exposure, 0) // multiple * multiple
    return Limit(
        amount=amount if amount >= least else 0,
        bound=bound,
        binding=binding,
        exposure=exposure,
        bounds=tuple(known),
        missing=tuple(name for name, value in bounds.items() if value is None),
    )
