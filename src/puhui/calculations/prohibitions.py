"""What no loan may carry, whatever its product says: the seven don'ts (七不准) and interest taken in advance.

The rows of the dated table `seven-donts` tell each by words in the names of fees and in the conditions. One of the seven is told by the
price itself: a product whose lowest rate is already the highest that the law permits charges everybody the most (一浮到顶).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from puhui.calculations.faults import Fault

__all__ = ["fee_names", "prohibition_faults", "top_rate_fault"]


def prohibition_faults(
    rows: Iterable[Mapping[str, Any]], terms: Mapping[str, Any], conditions: Iterable[str] = (), where: str = "terms"
) -> list[Fault]:
    """A fault for each fee and condition that one of the rows forbids, with its article."""
    texts = {"fees": list(fee_names(terms)), "conditions": [(f"condition {text[:40]!r}", text) for text in conditions]}
    return [
        Fault(f"{where}: {place}", text, f"{row['expected']} ({row['article']})", "Take it out: no product and no authority may allow it.")
        for row in rows
        for kind in row.get("found_in", ())
        for place, text in texts[kind]
        if any(word in text.lower() for word in row.get("words", ()))
    ]


def fee_names(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """(where, name) of everything in a document of terms that is named: fees, deductions, margins, at whatever depth."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("name", "kind", "code") and isinstance(inner, str):
                yield f"{path}{key}", inner
            else:
                yield from fee_names(inner, f"{path}{key}.")
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value, start=1):
            yield from fee_names(inner, f"{path}{number}.")


def top_rate_fault(lowest_ppm: int, highest_ppm: int, cap_ppm: int, where: str = "price") -> list[Fault]:
    """A fault where every borrower would pay the highest permitted rate."""
    if lowest_ppm < min(highest_ppm, cap_ppm) or highest_ppm < cap_ppm:
        return []
    found = f"a lowest rate of {lowest_ppm / 1e6:.2%}, the highest permitted being {cap_ppm / 1e6:.2%}"
    return [Fault(where, found, "rates by the risk of each borrower (七不准 6, 一浮到顶)", "Lower the lowest rate.")]
