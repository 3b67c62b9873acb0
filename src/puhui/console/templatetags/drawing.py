"""Small drawings made on the server: icons, sparklines and the bars of a waterfall.

They are plain SVG with attributes only (the content security policy allows no style attribute), so they stand on the
page before any script has run, print, and read as text where a text is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from puhui.console.words import HELP

register = template.Library()

ICON_FOLDER = Path(__file__).resolve().parent.parent / "static" / "vendor" / "tabler-icons-3.52.0"
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 92, 28, 3
BAR_WIDTH = 100.0


@lru_cache(maxsize=128)
def _icon_body(name: str) -> str:
    text = (ICON_FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    return text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One of the vendored icons, hidden from screen readers unless it has a label of its own."""
    who = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return mark_safe(  # the icon files are ours and the label is escaped
        f'<svg class="icon" {who} width="18" height="18" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        f'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">{_icon_body(name)}</svg>'
    )


@register.simple_tag
def term(label: str, key: str) -> SafeString:
    """A term of the trade with what it means, for the pointer, the keyboard and the screen reader."""
    return format_html('<span class="term" tabindex="0" title="{}">{}</span>', HELP[key], label)


@register.simple_tag
def spark(values: Sequence[float | None], label: str = "") -> SafeString | str:
    """A line of at least two values with its last point marked; zero belongs to the scale. Missing values break the line."""
    points = [None if value is None else float(value) for value in values or []]
    known = [value for value in points if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(0.0, *known), max(0.0, *known)
    span = (high - low) or 1.0

    def place(index: int, value: float) -> str:
        x = SPARK_MARGIN + index * (SPARK_WIDTH - 2 * SPARK_MARGIN) / (len(points) - 1)
        y = SPARK_HEIGHT - SPARK_MARGIN - (value - low) / span * (SPARK_HEIGHT - 2 * SPARK_MARGIN)
        return f"{x:.1f} {y:.1f}"

    path, pen_down = [], False
    for index, value in enumerate(points):
        if value is not None:
            path.append(("L" if pen_down else "M") + place(index, value))
        pen_down = value is not None
    last = max(index for index, value in enumerate(points) if value is not None)
    end_x, end_y = place(last, points[last] or 0.0).split()
    zero_y = place(0, 0.0).split()[1]
    return format_html(
        '<svg class="spark" role="img" aria-label="{}" viewBox="0 0 {} {}"><line class="spark-zero" x1="0" x2="{}" y1="{}" y2="{}"/>'
        '<path class="spark-line" d="{}"/><circle class="spark-end" cx="{}" cy="{}" r="2.2"/></svg>',
        label, SPARK_WIDTH, SPARK_HEIGHT, SPARK_WIDTH, zero_y, zero_y, " ".join(path), end_x, end_y,
    )  # fmt: skip


@register.simple_tag
def bar(value: float | None, largest: float | None, tone: str = "", start: float = 0.0, mark: float | None = None) -> SafeString | str:
    """A horizontal bar from ``start`` to ``start + value`` on a scale that ends at ``largest``; ``mark`` draws a dashed line there."""
    if value is None or not largest:
        return ""
    scale = BAR_WIDTH / float(largest)
    left = max(0.0, min(BAR_WIDTH, min(float(start), float(start) + float(value)) * scale))
    width = max(0.4, min(BAR_WIDTH - left, abs(float(value)) * scale))
    line: Any = ""
    if mark is not None:
        at = f"{min(BAR_WIDTH - 0.2, float(mark) * scale):.2f}"
        line = format_html('<line class="bar-mark" x1="{}" x2="{}" y1="0" y2="12" vector-effect="non-scaling-stroke"/>', at, at)
    if float(start) + float(value) > float(largest) * 1.001:
        # The bar goes on beyond the scale: a gap near its end says so.
        line = format_html('{}<rect class="bar-break" x="91" y="0" width="2.4" height="12"/>', line)
    return format_html(
        '<svg class="bar" aria-hidden="true" viewBox="0 0 100 12" preserveAspectRatio="none">'
        '<rect class="bar-fill {}" x="{}" y="2" width="{}" height="8"/>{}</svg>',
        tone, f"{left:.2f}", f"{width:.2f}", line,
    )  # fmt: skip
