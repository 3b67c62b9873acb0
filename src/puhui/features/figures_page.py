"""How the variables look over many firms, as a page: spread, missing share, strength and stability beside what each is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from puhui.evidence.layouts import classes
from puhui.features import registry
from puhui.features.figures import FEWEST_FIRMS

__all__ = ["class_order", "figures_page", "shown"]

_READING = f"""**Missing**: share of the firms without a number. **5 %, middle, 95 %**: the values that so many firms do not exceed.
**Strength**: information value against the outcome; below 0.02 it tells nothing, to 0.1 little, to 0.3 something, above 0.5 look for the
mistake. **Stability**: population stability index against the earlier day; below 0.1 the firms look alike, above 0.25 they are others. A
dash: fewer than {FEWEST_FIRMS} firms have a number, or too few of either outcome.
"""


def class_order(evidence_class: str) -> tuple[bool, str]:
    """C01 to C18, then S1 and S2."""
    return evidence_class.startswith("S"), evidence_class


def figures_page(found: pl.DataFrame, title: str, about: str) -> str:
    """The whole page, Markdown. `found`: frame of `puhui.features.figures.figures`."""
    rows = {row["variable"]: row for row in found.iter_rows(named=True)}
    return "\n".join([f"# {title}", "", about.strip(), "", _READING, *_tables(rows)]) + "\n"


def _tables(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    variables = [each for each in registry.catalogue() if each.name in rows]
    for evidence_class in sorted({each.evidence_class for each in variables}, key=class_order):
        mine = [each for each in variables if each.evidence_class == evidence_class]
        yield f"## {evidence_class} {classes()[evidence_class].title['en']} ({len(mine)})\n"
        yield "| Name | Title | Unit | Sign | Missing | 5 % | Middle | 95 % | Strength | Stability |"
        yield "|---|---|---|---|---:|---:|---:|---:|---:|---:|"
        for variable in mine:
            row = rows[variable.name]
            numbers = (shown(row[name]) for name in ("p05", "median", "p95"))
            cells = (f"`{variable.name}`", variable.titles["en"], variable.unit, variable.sign, f"{row['missing']:.0%}", *numbers)
            yield f"| {' | '.join(cells)} | {_index(row['strength'])} | {_index(row['stability'])} |"
        yield ""


def shown(value: float | None) -> str:
    """A figure with three digits that count."""
    if value is None:
        return "–"
    if value and abs(value) < 0.001:
        return f"{value:.1e}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _index(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
