"""Where the boxes and the lines of a picture of firms stand: layers from top to bottom, each in the order that crosses fewest lines.

The firm that is asked about stands in the middle of its layer; who holds it stands above, what it holds below, and of those who stand in
for one another each as far below as it is removed. The picture is plain SVG (`parts/tree.html`): it needs no script, prints, and the table
beside it says the same. Pure: names and lines in, places in pixels out.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Box", "Line", "Picture", "draw", "layers_around"]

BOX_WIDTH, BOX_HEIGHT = 172, 46
GAP_X, GAP_Y = 26, 74
MARGIN = 12
MOST_BOXES = 40
LINE_UNITS = 22
"""A line of a box holds 11 Chinese characters, or 22 Latin ones."""


@dataclass(frozen=True)
class Line:
    """From one name to another, with what is written on it; `tone`: plain, control, cycle or late."""

    start: str
    end: str
    label: str
    tone: str = "plain"


@dataclass(frozen=True)
class Box:
    """A name at its place: left upper corner, and the text in one or two lines with the height at which each stands."""

    name: str
    x: float
    y: float
    lines: tuple[tuple[str, float], ...]

    @property
    def middle(self) -> float:
        return self.x + BOX_WIDTH / 2


@dataclass(frozen=True)
class Picture:
    """`left_out`: how many names are in the table only; `paths`: (line, path, x and y of its label)."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    paths: tuple[tuple[Line, str, float, float], ...]
    left_out: int

    box_width = BOX_WIDTH
    box_height = BOX_HEIGHT


def layers_around(centre: str, up: Mapping[str, Collection[str]], down: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Name → its layer: the firm 0, who is reached upwards −1, −2 …, who is reached downwards 1, 2 …, each by its shortest way."""
    found = {centre: 0}
    for links, step in ((up, -1), (down, 1)):
        waiting = deque([centre])
        while waiting:
            name = waiting.popleft()
            for other in sorted(links.get(name, ())):
                if other not in found:
                    found[other] = found[name] + step
                    waiting.append(other)
    return found


def draw(layers: Mapping[str, int], lines: Sequence[Line], labels: Mapping[str, str], most: int = MOST_BOXES) -> Picture:
    """The picture of the nearest `most` names; `labels`: name → the text of its box, the name itself where nothing is said."""
    near = sorted(layers, key=lambda name: (abs(layers[name]), layers[name], name))[:most]
    shown = [line for line in lines if line.start in near and line.end in near]
    rows = _in_order(near, layers, shown)
    widest = max((len(row) for row in rows), default=1)
    width = 2 * MARGIN + widest * BOX_WIDTH + (widest - 1) * GAP_X
    boxes = {}
    for number, row in enumerate(rows):
        left = (width - len(row) * BOX_WIDTH - (len(row) - 1) * GAP_X) / 2
        y = MARGIN + number * (BOX_HEIGHT + GAP_Y)
        for place, name in enumerate(row):
            boxes[name] = Box(name, left + place * (BOX_WIDTH + GAP_X), y, _text(labels.get(name, name), y))
    paths = tuple(_path(line, boxes[line.start], boxes[line.end], place) for place, line in enumerate(shown))
    height = 2 * MARGIN + len(rows) * BOX_HEIGHT + max(len(rows) - 1, 0) * GAP_Y
    return Picture(width, height, tuple(boxes.values()), paths, len(layers) - len(near))


def _in_order(names: Sequence[str], layers: Mapping[str, int], lines: Sequence[Line]) -> list[list[str]]:
    """The layers from above, each ordered by the middle of its neighbours' places in the layers that stand already (two rounds)."""
    neighbours = defaultdict(set)
    for line in lines:
        neighbours[line.start].add(line.end)
        neighbours[line.end].add(line.start)
    numbers = sorted({layers[name] for name in names})
    rows = {number: sorted(name for name in names if layers[name] == number) for number in numbers}
    for _ in range(2):
        for number in sorted(numbers, key=lambda each: (abs(each), each)):
            place = {name: (at + 0.5) / len(row) for row in rows.values() for at, name in enumerate(row)}
            rows[number].sort(key=lambda name, place=place: (_mean([place[each] for each in neighbours[name]]), name))  # type: ignore[misc]
    return [rows[number] for number in numbers]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.5


def _text(label: str, y: float) -> tuple[tuple[str, float], ...]:
    """One or two lines that fit a box; what does not fit ends with an ellipsis (the title has the whole name)."""
    first, rest = _cut(label)
    if not rest:
        return ((first, y + 28),)
    second, more = _cut(rest)
    return ((first, y + 20), (f"{second[:-1]}…" if more else second, y + 37))


def _cut(text: str) -> tuple[str, str]:
    units = 0
    for place, character in enumerate(text):
        units += 1 if character.isascii() else 2
        if units > LINE_UNITS:
            return text[:place], text[place:]
    return text, ""


def _path(line: Line, start: Box, end: Box, place: int) -> tuple[Line, str, float, float]:
    """A curve from box to box; upwards or along the layer it bows to the side, so that two ways between two boxes can be told apart."""
    share = 0.36 + 0.14 * (place % 3)
    if start.name == end.name:
        x, y = start.x + BOX_WIDTH, start.y + BOX_HEIGHT / 2
        return line, f"M{x:.0f} {y - 10:.0f}c30 -14 30 34 0 20", x + 16, y
    if end.y > start.y:
        x1, y1, x2, y2 = start.middle, start.y + BOX_HEIGHT, end.middle, end.y - 3
        bend = (y2 - y1) / 2
        return (
            line,
            f"M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2:.0f}",
            x1 + (x2 - x1) * share,
            y1 + (y2 - y1) * share + 5,
        )
    if end.y == start.y:
        way = 1 if end.x > start.x else -1
        x1, x2, y1 = start.middle + way * 40, end.middle - way * 40, start.y + BOX_HEIGHT
        return line, f"M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + 34:.0f} {x2:.0f} {y1 + 34:.0f} {x2:.0f} {y1 + 3:.0f}", (x1 + x2) / 2, y1 + 30
    x1, y1, x2, y2 = start.middle + 54, start.y, end.middle + 54, end.y + BOX_HEIGHT + 3
    side = max(x1, x2) + 26
    return (
        line,
        f"M{x1:.0f} {y1:.0f}C{side:.0f} {y1 - 26:.0f} {side:.0f} {y2 + 26:.0f} {x2:.0f} {y2:.0f}",
        (x1 + x2 + 6 * side) / 8,
        (y1 + y2) / 2 + 5,
    )
