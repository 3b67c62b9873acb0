"""The frontier of profit and loss as a drawing: expected loss to the right, expected profit upwards, the efficient points joined."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

__all__ = ["frontier_figure"]

_WIDTH, _HEIGHT = 640, 360
_LEFT, _BOTTOM, _TOP, _RIGHT = 90, 50, 20, 20
_TONES = ("#1f6feb", "#8a929e", "#d98a3d", "#2f8f5b")


def frontier_figure(frontier: Mapping[str, Any], across: str, up: str) -> str:
    """SVG of the points of a frontier (`expected_loss_fen`, `expected_profit_fen`, `strategy`, `value`, `efficient`); yuan on both axes."""
    points = frontier["points"]
    if not points:
        return ""
    losses, profits = ([float(row[name]) / 100 for row in points] for name in ("expected_loss_fen", "expected_profit_fen"))
    low, high = (0.0, max(*losses, 1.0)), (min(0.0, *profits), max(*profits, 1.0))
    places = [(_across(loss, low), _up(profit, high)) for loss, profit in zip(losses, profits, strict=True)]
    labels = list(dict.fromkeys(row["strategy"] for row in points))
    best = sorted({place for place, row in zip(places, points, strict=True) if row["efficient"]})
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in best)
    parts = [_axes(low, high, across, up), f'<polyline points="{line}" fill="none" stroke="{_TONES[0]}"/>']
    tone = {label: _TONES[place % len(_TONES)] for place, label in enumerate(labels)}
    parts += [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{5 if row["efficient"] else 3}" fill="{tone[row["strategy"]]}">'
        f"<title>{html.escape(row['strategy'])}: {html.escape(frontier['threshold'])} = {row['value']:g}</title></circle>"
        f'<text x="{x + 7:.1f}" y="{y - 5:.1f}" font-size="11">{row["value"]:g}</text>'
        for (x, y), row in zip(places, points, strict=True)
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img"'
    return f'{head} font-family="sans-serif"><title>{html.escape(frontier["threshold"])}</title>{"".join(parts)}{_legend(labels)}</svg>'


def _across(value: float, ends: tuple[float, float]) -> float:
    return _LEFT + (value - ends[0]) / (ends[1] - ends[0]) * (_WIDTH - _LEFT - _RIGHT)


def _up(value: float, ends: tuple[float, float]) -> float:
    return _HEIGHT - _BOTTOM - (value - ends[0]) / (ends[1] - ends[0]) * (_HEIGHT - _BOTTOM - _TOP)


def _axes(low: tuple[float, float], high: tuple[float, float], across: str, up: str) -> str:
    base = _up(0.0, high)
    lines = f'<path d="M{_LEFT} {_TOP}V{_HEIGHT - _BOTTOM}M{_LEFT} {base:.1f}H{_WIDTH - _RIGHT}" stroke="#b9c0c9" fill="none"/>'
    marks = [
        f'<text x="{_across(low[1] * part / 4, low):.1f}" y="{_HEIGHT - _BOTTOM + 16}" font-size="11" text-anchor="middle">'
        f"{low[1] * part / 4:,.0f}</text>"
        for part in range(5)
    ]
    marks += [
        f'<text x="{_LEFT - 6}" y="{_up(value, high) + 4:.1f}" font-size="11" text-anchor="end">{value:,.0f}</text>'.replace(">-", ">−")
        for value in (high[0] + (high[1] - high[0]) * part / 4 for part in range(5))
    ]
    names = f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 10}" font-size="12" text-anchor="end">{html.escape(across)}</text>'
    return lines + "".join(marks) + names + f'<text x="{_LEFT}" y="14" font-size="12">{html.escape(up)}</text>'


def _legend(labels: list[str]) -> str:
    parts = []
    for place, label in enumerate(labels[:3]):
        at, tone = _LEFT + 10 + 160 * place, _TONES[place % len(_TONES)]
        parts.append(f'<text x="{at}" y="{_HEIGHT - 10}" font-size="12" fill="{tone}">● {html.escape(label)}</text>')
    return "".join(parts)
