"""The words of a PDF put together letter by letter, for pages whose text the order of drawing does not cut into cells.

Programs that print web pages draw a whole row of a table in one go, and others draw a page lying on its side and turn it by a note in the
file. Here every letter has its own place: letters that follow each other closely on a line are a word; a gap of more than half a letter
ends it, and so does a blank between two figures or after an amount of money. A page whose letters run up, down or backwards is read as if
it were turned upright, whatever the note says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from puhui.evidence.documents.model import Box, Word

__all__ = ["glyph_words"]

WIDEST_GAP = 0.5  # of the height of a letter with its line; a blank between words is about a quarter of it
BACKWARDS = -0.5
SAME_LINE = 0.5
MOST_LETTERS = 400_000
FIGURE = re.compile(r"^[-+¥￥(]*\d[\d,.\-/:年月日)]*$")
MONEY = re.compile(r"^[-+¥￥(]*[\d,]+\.\d{2}\)?$")
TIME = re.compile(r"^\d{1,2}:\d{2}")


@dataclass(frozen=True)
class _Letter:
    """In points from the upper left corner of the sheet; `blank`: a space stands before it."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    blank: bool

    @property
    def height(self) -> float:
        return max(self.bottom - self.top, 0.1)


def glyph_words(data: bytes) -> list[Word]:
    """The words of all pages that carry their text; none of a file that cannot be opened, of which others say what is wrong."""
    from pypdfium2 import PdfDocument, PdfiumError

    words: list[Word] = []
    try:
        document = PdfDocument(data)
        for number in range(1, len(document) + 1):
            page = document[number - 1]
            left, bottom, right, top = page.get_mediabox()
            size = (max(right - left, 1.0), max(top - bottom, 1.0))
            words += _page_words(_letters(page, left, top), size, number)
    except PdfiumError:
        return []
    return words


def _letters(page: Any, left: float, top: float) -> list[_Letter]:
    """The letters of a page in the order of its text."""
    text = page.get_textpage()
    letters, blank = [], False
    for position in range(min(text.count_chars(), MOST_LETTERS)):
        letter = text.get_text_range(position, 1)
        if not letter.strip() or letter == "\ufffe":
            blank = True
            continue
        x0, y0, x1, y1 = text.get_charbox(position, loose=True)
        letters.append(_Letter(letter, x0 - left, top - y1, x1 - left, top - y0, blank))
        blank = False
    return letters


def _page_words(letters: Sequence[_Letter], size: tuple[float, float], page: int) -> list[Word]:
    turn = _turn(letters)
    width, height = size if turn in (0, 180) else size[::-1]
    words = []
    for part in _parts([(_turned(letter, size, turn), letter) for letter in letters]):
        upright, drawn = [pair[0] for pair in part], [pair[1] for pair in part]
        text = "".join((" " if each.blank and number else "") + each.text for number, each in enumerate(upright))
        place = _around(drawn, *size) if turn else None
        words.append(Word(text, _around(upright, width, height), 1.0, page, place, turn=turn))
    return words


def _turn(letters: Sequence[_Letter]) -> int:
    """Degrees clockwise by which the sheet stands upright, by the way in which most letters follow each other."""
    ways: Counter[int] = Counter()
    for before, after in pairwise(letters):
        across, down = after.left - before.left, after.top - before.top
        if abs(across) + abs(down) < 3 * max(before.height, before.right - before.left):
            ways[(0 if across > 0 else 180) if abs(across) > abs(down) else (270 if down > 0 else 90)] += 1
    return ways.most_common(1)[0][0] if ways else 0


def _turned(letter: _Letter, size: tuple[float, float], turn: int) -> _Letter:
    width, height = size
    left, top, right, bottom = {
        0: (letter.left, letter.top, letter.right, letter.bottom),
        90: (height - letter.bottom, letter.left, height - letter.top, letter.right),
        180: (width - letter.right, height - letter.bottom, width - letter.left, height - letter.top),
        270: (letter.top, width - letter.right, letter.bottom, width - letter.left),
    }[turn]
    return _Letter(letter.text, left, top, right, bottom, letter.blank)


def _parts(letters: Sequence[tuple[_Letter, _Letter]]) -> list[list[tuple[_Letter, _Letter]]]:
    """The letters cut into words."""
    parts: list[list[tuple[_Letter, _Letter]]] = []
    for pair in letters:
        after, before = pair[0], parts[-1][-1][0] if parts else None
        if before is not None and _follows(before, after):
            parts[-1].append(pair)
        else:
            parts.append([pair])
    return [piece for part in parts for piece in _without_two_figures(part)]


def _follows(before: _Letter, after: _Letter) -> bool:
    high = max(before.height, after.height)
    gap = (after.left - before.right) / high
    return abs(after.bottom - before.bottom) < SAME_LINE * high and BACKWARDS < gap < WIDEST_GAP


def _without_two_figures(part: list[tuple[_Letter, _Letter]]) -> list[list[tuple[_Letter, _Letter]]]:
    """A word cut at the blanks between two figures or after an amount, which are two cells; a day and its time of day are one."""
    cuts = [number for number, (letter, _) in enumerate(part) if letter.blank and number]
    pieces = [part[begin:end] for begin, end in pairwise([0, *cuts, len(part)])]
    joined = [pieces[0]]
    for piece in pieces[1:]:
        before, after = ("".join(letter.text for letter, _ in each) for each in (joined[-1], piece))
        if MONEY.match(before) or (FIGURE.match(before) and FIGURE.match(after) and not TIME.match(after)):
            joined.append(piece)
        else:
            joined[-1] = joined[-1] + piece
    return joined


def _around(letters: Sequence[_Letter], width: float, height: float) -> Box:
    return (
        min(each.left for each in letters) / width,
        min(each.top for each in letters) / height,
        max(each.right for each in letters) / width,
        max(each.bottom for each in letters) / height,
    )
