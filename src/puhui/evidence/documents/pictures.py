"""A page of a document as a picture: for a person who compares it with what was read, and for OCR where a page carries no text.

PDF is drawn by PDFium, which may be used by one thread at a time. Pictures of any format come out as JPEG, which every browser shows.
"""

from __future__ import annotations

import io
from threading import Lock
from typing import TYPE_CHECKING, Any

from puhui.evidence.reading.faults import refuse

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["drawn_page", "opened_picture", "page_count", "page_picture", "turned"]

PDF = b"%PDF"
SHOWN_POINTS = 1400  # width of the picture that a page shows
READ_POINTS = 2200  # width at which OCR reads small print
JPEG_QUALITY = 82
MOST_PIXELS = 60_000_000
ONE_AT_A_TIME = Lock()


def page_count(data: bytes) -> int:
    """How many pages there are to be shown; a picture is one."""
    if not data.startswith(PDF):
        return 1
    with ONE_AT_A_TIME:
        return len(_opened(data))


def page_picture(data: bytes, page: int, turn: int = 0) -> bytes:
    """A page, counted from 1, as JPEG, turned clockwise by so many degrees (0, 90, 180, 270). Raises `RefusedFileError` where it cannot be
    drawn, `IndexError` where there is none."""
    if not 1 <= page <= page_count(data):
        raise IndexError(page)
    if data.startswith(PDF):
        image = drawn_page(data, page, SHOWN_POINTS)
    else:
        image = opened_picture(data)
    image = turned(image, turn)
    image.thumbnail((SHOWN_POINTS, SHOWN_POINTS * 4))
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def drawn_page(data: bytes, page: int, width: int = READ_POINTS) -> Image:
    """A page of a PDF drawn so many points wide, upright as its text is written. Raises `RefusedFileError`."""
    from pypdfium2 import PdfiumError

    try:
        with ONE_AT_A_TIME:
            drawing = _opened(data)[page - 1]
            drawing.set_cropbox(*drawing.get_mediabox())  # places are told as parts of the whole sheet
            drawing.set_rotation(0)
            image: Image = drawing.render(scale=width / max(drawing.get_width(), 1.0)).to_pil()
            return image
    except (PdfiumError, ValueError, MemoryError) as error:
        raise refuse(f"page {page}", f"a page that cannot be drawn ({type(error).__name__})", "a whole PDF", "Save it again.") from error


def _opened(data: bytes) -> Any:
    from pypdfium2 import PdfDocument

    return PdfDocument(data)


def turned(image: Image, degrees: int) -> Image:
    """The picture turned clockwise by quarters."""
    from PIL.Image import Transpose

    ways = {90: Transpose.ROTATE_270, 180: Transpose.ROTATE_180, 270: Transpose.ROTATE_90}
    return image.transpose(ways[degrees]) if degrees else image


def opened_picture(data: bytes, file: str = "picture") -> Image:
    """A picture from its bytes, the way up that the camera says. Raises `RefusedFileError` where it is damaged or too large."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MOST_PIXELS:
                found = f"a picture of {image.width:,} × {image.height:,} points"
                raise refuse(file, found, f"at most {MOST_PIXELS:,}", "Scan it at 300 dpi.")
            return ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise refuse(file, f"a damaged picture ({type(error).__name__})", "a whole picture", "Scan it again.") from error
