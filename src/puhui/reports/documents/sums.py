"""Sums that must agree before a document is rendered: what does not add up is never printed."""

from __future__ import annotations

from collections.abc import Iterable

from puhui.calculations.faults import Fault, FaultsError
from puhui.reports.tables import shown

__all__ = ["DoesNotAddUpError", "check_equal"]


class DoesNotAddUpError(FaultsError):
    """Figures of a document that contradict each other: something is wrong with the books or the code, not with what was asked."""


def check_equal(document: str, pairs: Iterable[tuple[str, int, int]]) -> None:
    """Each pair (what, found_fen, expected_fen) must be equal. Raises DoesNotAddUpError naming every one that is not."""
    faults = [
        Fault(f"{document}: {what}", shown(found, "fen"), shown(expected, "fen"), "Run puhui books verify and puhui loans rebuild.")
        for what, found, expected in pairs
        if found != expected
    ]
    if faults:
        raise DoesNotAddUpError(faults)
