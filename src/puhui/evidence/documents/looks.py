"""A picture read so that its lines lie straight, and twice.

Scans come on their side, upside down, askew, in perspective; a red stamp lies over the text, a sheet fills half of the glass. The first
look tells which way up the page is and how its lines slope. The second is at the same page made straight, cut to what is written on it,
without red ink and with full contrast. What both read alike is sure; what they read otherwise is for a person (`agreeing`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from puhui.evidence.documents.model import Box, Word
from puhui.evidence.documents.pictures import turned

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Line", "two_looks"]

LONG_LINE = 4.0  # so many times as long as high: its slope is that of the page
MANY_LINES = 8  # so many long lines tell how the slope changes from top to bottom
UPRIGHT_SCORE = 0.92  # mean score of a page that stands upright; upside down, letters are guessed at
LARGEST_TILT = 0.3
READ_WIDTH = 1900  # points across the written part at the second look
LARGEST_SCALE = 2.5
MARGIN = 0.02
CUT_OFF = 1  # percent of the darkest and the lightest points that full contrast gives up


@dataclass(frozen=True)
class Line:
    """A line that OCR found: four corners (4×2, points of the picture, from the upper left clockwise), its text and score."""

    corners: Any
    text: str
    score: float

    @property
    def width(self) -> float:
        return float(math.dist(self.corners[0], self.corners[1]))

    @property
    def height(self) -> float:
        return float(math.dist(self.corners[0], self.corners[3]))

    @property
    def slope(self) -> float:
        (x0, y0), (x1, y1) = self.corners[0], self.corners[1]
        return float((y1 - y0) / (x1 - x0)) if x1 > x0 else 0.0


@dataclass(frozen=True)
class Slope:
    """How the lines of a page lie: `tilt` at its middle, `change` for each point down from there (perspective)."""

    centre: tuple[float, float]
    tilt: float = 0.0
    change: float = 0.0

    def straight(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies when the page is laid straight."""
        angle = math.atan(self.tilt)
        dx, dy = x - self.centre[0], y - self.centre[1]
        across, down = dx * math.cos(angle) + dy * math.sin(angle), dy * math.cos(angle) - dx * math.sin(angle)
        return self.centre[0] + across, self.centre[1] + down - self.change * down * across


Read = Callable[["Image"], list[Line]]


def two_looks(picture: Image, read: Read, page: int = 1) -> list[Word]:
    """The words of a picture: those of the first look, and those of the second, each with its straight box and its place."""
    turn, lines = _upright(picture, read)
    upright = turned(picture, turn)
    slope = _slope(lines, upright.size)
    words = _words(lines, slope, upright.size, page, 1, turn)
    if not lines:
        return words
    return words + _words(_second(upright, lines, slope, read), slope, upright.size, page, 2, turn)


def _upright(picture: Image, read: Read) -> tuple[int, list[Line]]:
    """By how much the sheet is turned clockwise to stand upright, and its lines then. Text on its side lies in tall boxes; text upside down
    is read with low scores."""
    lines = read(picture)
    if not lines:
        return 0, lines
    letters = sum(len(line.text) for line in lines)
    wide = sum(len(line.text) for line in lines if line.width >= line.height or len(line.text) < 3) / letters
    if wide > 0.5 and sum(len(line.text) * line.score for line in lines) / letters >= UPRIGHT_SCORE:
        return 0, lines
    others = (180,) if wide > 0.5 else (90, 270)
    found = [(0, lines), *((turn, read(turned(picture, turn))) for turn in others)]
    return max(found, key=lambda pair: _merit(pair[1]))


def _merit(lines: Sequence[Line]) -> float:
    """How much of it is read and how surely: letters of lines that lie across, the doubtful ones counted for little."""
    return sum(len(line.text) * line.score**4 for line in lines if line.width >= line.height)


def _slope(lines: Sequence[Line], size: tuple[int, int]) -> Slope:
    centre = (size[0] / 2, size[1] / 2)
    long = [line for line in lines if line.width > LONG_LINE * line.height and abs(line.slope) < LARGEST_TILT]
    if not long:
        return Slope(centre)
    slopes = sorted(line.slope for line in long)
    tilt = slopes[len(slopes) // 2]
    near = [(float(line.corners[:, 1].mean()) - centre[1], line.slope - tilt) for line in long if abs(line.slope - tilt) < LARGEST_TILT / 5]
    if len(near) < MANY_LINES:
        return Slope(centre, tilt)
    import numpy as np

    change, offset = np.polyfit([down for down, _ in near], [rest for _, rest in near], 1)
    return Slope(centre, tilt + float(offset), float(change))


def _second(upright: Image, lines: Sequence[Line], slope: Slope, read: Read) -> list[Line]:
    """The lines of the page laid straight, cut to what is written and without red ink, in the points of the upright picture."""
    import numpy as np
    from PIL import Image as Images
    from PIL import ImageOps

    degrees = math.degrees(math.atan(slope.tilt))
    flat = upright.getchannel("R").rotate(degrees, Images.Resampling.BICUBIC, center=slope.centre, fillcolor=255)
    points = [slope.straight(*corner) for line in lines for corner in line.corners]
    margin = MARGIN * max(upright.size)
    left, top = (max(min(point[axis] for point in points) - margin, 0.0) for axis in (0, 1))
    right, bottom = (min(max(point[axis] for point in points) + margin, upright.size[axis]) for axis in (0, 1))
    part = flat.crop((int(left), int(top), math.ceil(right), math.ceil(bottom)))
    scale = min(READ_WIDTH / max(part.size), LARGEST_SCALE)
    part = part.resize((max(round(part.width * scale), 1), max(round(part.height * scale), 1)), Images.Resampling.LANCZOS)
    found = read(ImageOps.autocontrast(part, cutoff=CUT_OFF).convert("RGB"))
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    back = np.array([[cos, sin], [-sin, cos]])  # rows are points
    centre = np.array(slope.centre)
    start = np.array([int(left), int(top)])
    return [Line((line.corners / scale + start - centre) @ back + centre, line.text, line.score) for line in found]


def _words(lines: Sequence[Line], slope: Slope, size: tuple[int, int], page: int, look: int, turn: int) -> list[Word]:
    width, height = size
    words = []
    for line in lines:
        x, y = slope.straight(float(line.corners[:, 0].mean()), float(line.corners[:, 1].mean()))
        half, high = line.width / 2, line.height / 2
        box = ((x - half) / width, (y - high) / height, (x + half) / width, (y + high) / height)
        words.append(Word(line.text, box, line.score, page, _place(line, size), look, turn))
    return words


def _place(line: Line, size: tuple[int, int]) -> Box:
    """Left, top, right, bottom of a line on the upright picture, within it."""
    xs, ys = line.corners[:, 0] / size[0], line.corners[:, 1] / size[1]
    left, top, right, bottom = (min(max(float(each), 0.0), 1.0) for each in (xs.min(), ys.min(), xs.max(), ys.max()))
    return left, top, right, bottom
