"""Text as bytes: which encoding a Chinese export is in, and where the bytes stop making sense.

Spreadsheets in China save CSV as GBK, platforms as UTF-8 with or without a byte order mark. UTF-8 proves itself (random bytes almost
never pass), GB18030 does not: it accepts most byte pairs, so a text read that way still has to show headings that we know.
"""

from __future__ import annotations

import codecs
import io

from puhui.evidence.reading.faults import place, refuse

CHUNK = 1 << 22
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
SAVE_UTF8 = 'Save the file as "CSV UTF-8", or name its encoding in the mapping file under [format].'


def to_utf8(data: bytes, file: str, declared: str | None = None) -> tuple[memoryview, str]:
    """The same text as UTF-8 without a mark, and the encoding that was found.

    `declared` is the encoding named in the mapping file. Raises `RefusedFileError` naming the line of the first byte that does not fit.
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _transcoded(data, len(mark), encoding, file), encoding
    if declared:
        return _transcoded(data, 0, _known(declared, file), file), declared
    bad = first_bad_byte(data, "utf-8")
    if bad is None:
        return memoryview(data), "utf-8"
    if first_bad_byte(data, "gb18030") is None:
        return _transcoded(data, 0, "gb18030", file), "gb18030"
    raise _does_not_fit(data, bad, "UTF-8 or GB18030 text", file)


def _known(encoding: str, file: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise refuse(
            file, f"encoding {encoding!r} in the mapping file", "utf-8, gb18030, big5 or another known name", "Correct it."
        ) from error


def _transcoded(data: bytes, start: int, encoding: str, file: str) -> memoryview:
    bad = first_bad_byte(data, encoding, start)
    if bad is not None:
        raise _does_not_fit(data, bad, f"{encoding} text", file)
    if encoding == "utf-8":
        return memoryview(data)[start:]
    decoder = codecs.getincrementaldecoder(encoding)()
    text = io.BytesIO()
    for position in range(start, len(data), CHUNK):
        text.write(decoder.decode(data[position : position + CHUNK]).encode("utf-8"))
    return text.getbuffer()


def _does_not_fit(data: bytes, position: int, expected: str, file: str) -> Exception:
    line = data.count(b"\n", 0, position) + 1
    return refuse(place(file, row=line), f"byte 0x{data[position]:02X} at position {position:,}", expected, SAVE_UTF8)


def first_bad_byte(data: bytes, encoding: str, start: int = 0) -> int | None:
    """Position of the first byte that is not text in `encoding`, or None. Works in chunks, so memory stays small."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for position in range(start, len(data), CHUNK):
        held = len(decoder.getstate()[0])
        chunk = data[position : position + CHUNK]
        try:
            decoder.decode(chunk, position + CHUNK >= len(data))
        except UnicodeDecodeError as error:
            return min(position - held + error.start, len(data) - 1)
    return None
