"""What stands beside what on a page: the words of a line, those to the right of a label, the page without its margins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from puhui.evidence.documents.model import Box, DocumentField, Word

__all__ = ["field_of", "on_line", "right_of", "without_margins"]

SAME_LINE = 0.7
LEAST_HEIGHT = 0.004
OVERLAP = 0.03  # boxes of neighbours may overlap by so much of the width


def field_of(name: str, value: str, word: Word, repaired: str = "", most_sure: float = 1.0) -> DocumentField:
    """A field as a word says it, with the word's place on the sheet."""
    return DocumentField(name, value, word.place or word.box, round(min(word.confidence, most_sure), 3), word.page, repaired)


def on_line(one: Word, other: Word) -> bool:
    return abs(one.middle - other.middle) < SAME_LINE * max(min(one.height, other.height), LEAST_HEIGHT)


def right_of(anchor: Word, page: Iterable[Word]) -> list[Word]:
    """Words on the anchor's line that begin to its right, the nearest first."""
    there = [word for word in page if word is not anchor and word.box[0] >= anchor.box[2] - OVERLAP and on_line(anchor, word)]
    return sorted(there, key=lambda word: word.box[0])


def without_margins(page: Sequence[Word]) -> list[Word]:
    """The words with boxes told as parts of what is written on: an invoice may fill half of a sheet."""
    left, top = (min(word.box[axis] for word in page) for axis in (0, 1))
    right, bottom = (max(word.box[axis] for word in page) for axis in (2, 3))
    width, height = max(right - left, 1e-6), max(bottom - top, 1e-6)

    def within(box: Box) -> Box:
        return (box[0] - left) / width, (box[1] - top) / height, (box[2] - left) / width, (box[3] - top) / height

    return [replace(word, box=within(word.box), place=word.place or word.box) for word in page]
