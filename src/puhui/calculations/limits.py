"""The limit of a loan is the least of several bounds, and the one that held has a name. `docs/algorithms/limit.md` has an example."""

from __future__ import annotations

from collections.abc import Sequence

from puhui.calculations.faults import Fault, FaultsError

__all__ = ["least_bound"]


def least_bound(bounds: Sequence[tuple[str, int]]) -> tuple[str, int]:
    """The first of the least (name, amount in fen). Raises FaultsError where there is no bound at all."""
    if not bounds:
        raise FaultsError([Fault("bounds of the limit", "none", "at least one")])
    return min(bounds, key=lambda bound: bound[1])
