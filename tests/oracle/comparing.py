"""Two answers laid side by side, figure by figure."""

from __future__ import annotations

from typing import Any

Difference = tuple[str, str, Any, Any]


def differences(found: dict[str, Any], clerk: dict[str, Any]) -> list[Difference]:
    """(place, key, found, the clerk's figure) for every figure of instalments, totals, cost and state that is not the clerk's.

    None of the clerk's: a figure that the text leaves open.
    """
    rows, expected = found["instalments"], clerk["instalments"]
    wrong: list[Difference] = []
    if len(rows) != len(expected):
        wrong.append(("instalments", "rows", len(rows), len(expected)))
    places = [(f"row {row['number']}", got, row) for got, row in zip(rows, expected, strict=False)]
    places.append(("totals", found["totals"], clerk["totals"]))
    places.append(("annual cost", found["annual_cost"] or {}, clerk["annual_cost"] or {}))
    places.append(("state", found["state"] or {}, clerk["state"] or {}))
    for place, got, want in places:
        wrong += [(place, key, got.get(key), value) for key, value in want.items() if value is not None and got.get(key) != value]
    return wrong
