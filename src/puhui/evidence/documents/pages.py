"""The words of a document with their places: the text of a PDF, or what OCR reads in a picture.

OCR is an extra (`pip install puhui[ocr]`): its models weigh more than the rest of the platform, and most lenders get tables. Without it a
picture is refused with that advice. A PDF that carries its text never needs it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from puhui.evidence.documents.looks import Line, two_looks
from puhui.evidence.documents.model import Word
from puhui.evidence.documents.pictures import drawn_page, opened_picture
from puhui.evidence.reading.faults import refuse

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PAGES = 200
WIDE_LETTERS = 0x2E7F
LEAST_TEXT = 20  # fewer letters on a page are a stamp or a page number: the page is a picture


def pdf_words(data: bytes, file: str) -> list[Word]:
    """The words of every page, by OCR where a page is a picture. Raises `RefusedFileError`."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise refuse(file, "a PDF protected by a password", "a PDF that opens without one", "Save it without a password.")
        if len(reader.pages) > MOST_PAGES:
            raise refuse(file, f"{len(reader.pages):,} pages", f"at most {MOST_PAGES}", "Split it.")
        words: list[Word] = []
        for number, page in enumerate(reader.pages, start=1):
            found = _page_words(page, number)
            if sum(len(word.text) for word in found) < LEAST_TEXT:
                found = picture_words(drawn_page(data, number), file, number)
            words += found
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, OSError, RecursionError) as error:
        raise refuse(file, f"a damaged PDF ({type(error).__name__})", "a whole PDF", "Save it again and send it again.") from error
    return words


def _page_words(page: Any, number: int) -> list[Word]:
    left, bottom, right, top = (float(each) for each in page.mediabox)
    width, height = max(right - left, 1.0), max(top - bottom, 1.0)
    runs: list[tuple[float, float, float, str]] = []

    def visit(text: str, matrix: Sequence[float], text_matrix: Sequence[float], font: Any, size: float) -> None:
        x = text_matrix[4] * matrix[0] + text_matrix[5] * matrix[2] + matrix[4]
        y = text_matrix[4] * matrix[1] + text_matrix[5] * matrix[3] + matrix[5]
        high = abs(float(size or 10) * (text_matrix[3] or 1) * (matrix[3] or 1)) or 10.0
        for line, part in enumerate(text.split("\n")):
            if part.strip():
                runs.append((float(x), float(y) - line * high * 1.2, high, part))

    page.extract_text(visitor_text=visit)
    words = []
    for x, y, high, text in _joined(runs):
        start = x + (len(text) - len(text.lstrip())) * high / 2
        box = ((start - left) / width, 1 - (y + high - bottom) / height, (start + _long(text.strip(), high) - left) / width)
        words.append(Word(text.strip(), (*box, 1 - (y - bottom) / height), 1.0, number))
    return words


def _long(text: str, high: float) -> float:
    """How long a text is about, in points: Chinese letters are square, others half as wide."""
    return sum(high if ord(each) > WIDE_LETTERS else high / 2 for each in text)


def _joined(runs: Sequence[tuple[float, float, float, str]]) -> list[tuple[float, float, float, str]]:
    """Runs that follow each other on a line made one: a change of font cuts `2025年` in two, and both are told the place of the first."""
    joined: list[tuple[float, float, float, str]] = []
    for x, y, high, text in runs:
        if joined:
            before_x, before_y, before_high, before = joined[-1]
            gap = x - before_x - _long(before, before_high)
            if abs(y - before_y) < 1 and (x == before_x or abs(gap) < before_high / 4):
                joined[-1] = (before_x, before_y, max(high, before_high), before + text)
                continue
        joined.append((x, y, high, text))
    return joined


@cache
def engine() -> Any:
    """The OCR engine, made once. Raises `ImportError` where the extra is not installed."""
    import logging

    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR()


def picture_words(data: bytes | Image, file: str, page: int = 1) -> list[Word]:
    """The lines that OCR finds in a picture at two looks. Raises `RefusedFileError` where it is damaged, too large, or there is no OCR."""
    picture = opened_picture(data, file) if isinstance(data, bytes) else data.convert("RGB")
    try:
        reader = engine()
    except ImportError as error:
        raise refuse(
            file, "a picture, and no program here that reads pictures", "a table, a PDF with text, or XML",
            'Send the file of the invoice itself; or install the extra: pip install "puhui[ocr]".',
        ) from error  # fmt: skip
    import numpy as np

    def read(image: Image) -> list[Line]:
        """The lines as they lie; which way up the page is, is not asked of single lines: that misreads short figures."""
        found = reader(np.asarray(image)[:, :, ::-1], use_cls=False)
        if found.boxes is None:
            return []
        told = zip(found.boxes, found.txts, found.scores, strict=True)
        return [Line(np.asarray(corners, dtype=float), str(text), float(score)) for corners, text, score in told]

    return two_looks(picture, read, page)
