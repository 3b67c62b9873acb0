"""A workbook is a ZIP archive: opened with care, and looked through for what must never be trusted.

Before any parser sees it, every part is unpacked once without keeping it, and counted: an archive that grows beyond the limit, or
whose parts are larger than they claim, is refused. Formulas are found in the same files. Their results are whatever the last program
left there, so a sheet that holds formulas is refused with the cells named; nothing is ever calculated here.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

from puhui.evidence.reading.faults import refuse
from puhui.evidence.reading.limits import MEGABYTE, Deadline, Limits

CHUNK = 1 << 20
MAXIMUM_ENTRIES = 10_000
RATIO_IS_ASKED_ABOVE = 10 * MEGABYTE
OVERLAP = 4096
FORMULA = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3}[0-9]+)"[^>]*>\s*<(?:\w+:)?f\b')
RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class WorkbookArchive:
    """The parts of an XLSX file that we look at ourselves. Raises `RefusedFileError` when it is damaged, too large or no workbook."""

    def __init__(self, data: bytes, file: str, limits: Limits, deadline: Deadline) -> None:
        self.data, self.file, self.limits, self.deadline = data, file, limits, deadline
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
            names = set(self.zip.namelist())
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise self._damaged(str(error)) from error
        if "xl/workbook.xml" not in names:
            raise refuse(
                file, _archive_kind(names), "an Excel workbook (XLSX)", "Unpack it and send the table inside, or save the table as XLSX."
            )
        self._check_sizes()
        self.date_1904, self.sheet_parts = self._sheets()

    def _damaged(self, reason: str) -> Exception:
        return refuse(self.file, f"a damaged workbook ({reason})", "a whole workbook", "Save it again and send it again.")

    def _check_sizes(self) -> None:
        entries = self.zip.infolist()
        if len(entries) > MAXIMUM_ENTRIES:
            raise refuse(
                self.file, f"an archive of {len(entries):,} parts", f"at most {MAXIMUM_ENTRIES:,}", "Save the table alone as XLSX."
            )
        claimed = sum(entry.file_size for entry in entries)
        if claimed > self._largest():
            raise self._too_large(claimed)
        unpacked = 0
        for entry in entries:
            if entry.flag_bits & 1:
                raise refuse(self.file, "a protected archive", "a workbook that opens without a password", "Save it without a password.")
            for size in self._unpack_sizes(entry):
                unpacked += size
                if unpacked > self._largest():
                    raise self._too_large(unpacked)
            self.deadline.check()

    def _largest(self) -> int:
        return min(self.limits.unpacked_bytes, max(RATIO_IS_ASKED_ABOVE, len(self.data) * self.limits.unpacked_ratio))

    def _too_large(self, size: int) -> Exception:
        return refuse(
            self.file,
            f"an archive of {len(self.data):,} bytes that unpacks to {size:,} bytes or more",
            f"at most {self._largest():,} bytes unpacked",
            "Copy the rows into a new workbook, or save them as CSV.",
        )

    def _unpack_sizes(self, entry: zipfile.ZipInfo) -> Iterator[int]:
        """Sizes of the pieces a part really unpacks to, whatever its directory entry claims."""
        header = self.data[entry.header_offset : entry.header_offset + 30]
        if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
            raise self._damaged(f"part {entry.filename!r} is not where the archive says")
        name_length, extra_length = struct.unpack("<HH", header[26:30])
        start = entry.header_offset + 30 + name_length + extra_length
        packed = self.data[start : start + entry.compress_size]
        if entry.compress_type == zipfile.ZIP_STORED:
            yield len(packed)
            return
        if entry.compress_type != zipfile.ZIP_DEFLATED:
            raise self._damaged(f"part {entry.filename!r} is packed by method {entry.compress_type}")
        unpacker = zlib.decompressobj(-15)
        try:
            piece = unpacker.decompress(packed, CHUNK)
            while piece:
                yield len(piece)
                piece = unpacker.decompress(unpacker.unconsumed_tail, CHUNK)
        except zlib.error as error:
            raise self._damaged(f"part {entry.filename!r}: {error}") from error

    def _part(self, name: str) -> ElementTree.Element:
        try:
            data = self.zip.read(name)
            if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
                raise self._damaged(f"part {name!r} declares entities")
            return ElementTree.fromstring(data)
        except (KeyError, zipfile.BadZipFile, zlib.error, ElementTree.ParseError) as error:
            raise self._damaged(f"part {name!r}: {error}") from error

    def _sheets(self) -> tuple[bool, dict[str, str]]:
        """Whether day numbers count from 1904, and the part that holds each sheet."""
        workbook = self._part("xl/workbook.xml")
        targets = {}
        if "xl/_rels/workbook.xml.rels" in self.zip.namelist():
            for relation in self._part("xl/_rels/workbook.xml.rels"):
                target = relation.get("Target", "")
                targets[relation.get("Id", "")] = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        date_1904, parts = False, {}
        for element in workbook.iter():
            if element.tag.endswith("}workbookPr"):
                date_1904 = element.get("date1904", "0") in ("1", "true")
            elif element.tag.endswith("}sheet"):
                parts[element.get("name", "")] = targets.get(element.get(RELATIONSHIP, ""), "")
        return date_1904, parts

    def formula_cells(self, sheet: str) -> list[str]:
        """Addresses of the cells of `sheet` that hold a formula, in the order of the file."""
        name = self.sheet_parts.get(sheet, "")
        if name not in self.zip.namelist():
            return []
        cells: dict[str, None] = {}
        carried = b""
        with self.zip.open(name) as part:
            while chunk := part.read(CHUNK):
                text = carried + chunk
                if b"<f" in text or b":f" in text:
                    cells.update((match.decode(), None) for match in FORMULA.findall(text))
                carried = text[-OVERLAP:]
                self.deadline.check()
        return list(cells)


def _archive_kind(names: set[str]) -> str:
    if "word/document.xml" in names:
        return "a Word document"
    if any(name.startswith("ppt/") for name in names):
        return "a PowerPoint presentation"
    if "content.xml" in names:
        return "an OpenDocument file"
    if "xl/workbook.bin" in names:
        return "a binary workbook (XLSB)"
    return "a ZIP archive"
