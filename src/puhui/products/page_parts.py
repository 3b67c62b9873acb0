"""Rows, lists and figures of the page of products, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["Body", "listed", "pairs", "row", "shown", "words"]

Body = Mapping[str, Any]


def listed(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    if title:
        yield f"\n### {title}\n"
    yield row(heads)
    yield "|" + "---|" * len(heads)
    yield from (row(cells) for cells in rows)


def row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def words(values: list[str]) -> str:
    return ", ".join(value.replace("_", " ") for value in values)


def pairs(values: Body) -> str:
    return ", ".join(f"{key} {shown(value)}" for key, value in values.items())


def shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({pairs(value)})"
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        return "; ".join(f"({pairs(item)})" for item in value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
