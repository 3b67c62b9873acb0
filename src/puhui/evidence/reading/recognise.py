"""What a file really is, told by its first bytes and never by the ending of its name.

Borrowers rename things: a picture becomes `发票.xlsx`, a web page becomes `.xls`. Each gets an answer that says what was sent and what
to send instead.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from puhui.evidence.reading.faults import RefusedFileError, refuse
from puhui.evidence.reading.limits import Limits

SAVE_AS = "Save it as CSV, XLSX, Parquet or JSON and send that."

# First bytes of things that are not evidence, what they are called, and how to mend it.
FOREIGN = (
    (b"\x89PNG", "a PNG picture", "Send the table itself, not a picture of it."),
    (b"\xff\xd8\xff", "a JPEG picture", "Send the table itself, not a picture of it."),
    (b"GIF8", "a GIF picture", "Send the table itself, not a picture of it."),
    (b"BM", "a bitmap picture", "Send the table itself, not a picture of it."),
    (b"%PDF", "a PDF document", "Export the table from the source as CSV or XLSX."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and send the file inside."),
    (b"BZh", "a bzip2 archive", "Unpack it and send the file inside."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it and send the file inside."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it and send the file inside."),
    (b"Rar!", "a RAR archive", "Unpack it and send the file inside."),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it and send the file inside."),
    (b"SQLite format 3", "an SQLite database", SAVE_AS),
    (b"\x7fELF", "a program", SAVE_AS),
    (b"MZ", "a program", SAVE_AS),
)
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PROTECTED_STREAM = "EncryptedPackage".encode("utf-16-le")


def read_bytes(path: Path, limits: Limits, name: str = "") -> bytes:
    """The whole content of a regular file that is not too large. Raises `RefusedFileError` with what is in the way."""
    file = name or path.name
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a directory" if stat.S_ISDIR(status.st_mode) else "a device or a pipe"
            raise refuse(file, kind, "a file", "Name the file itself.")
        if status.st_size > limits.file_bytes:
            raise refuse(
                file,
                f"a file of {status.st_size:,} bytes",
                f"at most {limits.file_bytes:,} bytes",
                "Split it into several files; they may overlap.",
            )
        with path.open("rb") as handle:
            data = handle.read(limits.file_bytes + 1)
    except OSError as error:
        raise _unreadable(file, error) from error
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise refuse(file, f"an empty file ({len(data)} bytes)", "headings and at least one row", "Export it again.")
    return data


def _unreadable(file: str, error: OSError) -> RefusedFileError:
    reasons = {
        errno.ENOENT: ("no such file", "Look at the spelling of the path."),
        errno.EACCES: ("a file that this program may not read", "Give the program's user the right to read it (chmod u+r)."),
        errno.ELOOP: ("a symbolic link that leads back to itself", "Name the file itself."),
        errno.ENAMETOOLONG: ("a file name that is too long", "Shorten the name."),
        errno.EISDIR: ("a directory", "Name the file itself."),
        errno.ENOTDIR: ("a path that leads through a file", "Look at the spelling of the path."),
    }
    found, remedy = reasons.get(error.errno or 0, (os.strerror(error.errno) if error.errno else str(error), "Look at the path."))
    return refuse(file, found, "a readable file", remedy)


def file_kind(data: bytes, file: str) -> str:
    """`xlsx`, `parquet`, `json` or `csv`. Raises `RefusedFileError` for everything that is none of them."""
    if data.startswith(b"PK\x03\x04") or data.startswith(b"PK\x05\x06"):
        return "xlsx"
    if data.startswith(b"PAR1"):
        return "parquet"
    if data.startswith(COMPOUND_FILE):
        raise _compound_file(data, file)
    for magic, name, remedy in FOREIGN:
        # Two letters could begin an honest text: they count only together with a NUL byte soon after.
        if data.startswith(magic) and (len(magic) > 2 or magic == b"\x1f\x8b" or b"\0" in data[:64]):
            raise refuse(file, name, "CSV, XLSX, Parquet or JSON", remedy)
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")):
        raise refuse(
            file,
            "a web page (HTML), whatever its name ends in",
            "CSV, XLSX, Parquet or JSON",
            "Open it in a spreadsheet program and save it as XLSX.",
        )
    if start.startswith((b"<?xml", b"<workbook")):
        raise refuse(
            file,
            "an XML document, whatever its name ends in",
            "CSV, XLSX, Parquet or JSON",
            "Open it in a spreadsheet program and save it as XLSX.",
        )
    return "json" if start.startswith((b"[", b"{")) else "csv"


def _compound_file(data: bytes, file: str) -> RefusedFileError:
    if PROTECTED_STREAM in data:
        return refuse(
            file, "a workbook protected by a password", "a workbook that opens without one", "Save it without a password and send it again."
        )
    return refuse(
        file,
        "an old Excel file (.xls) or another old Office document",
        "a workbook of the present format",
        "Open it and save it as XLSX or CSV.",
    )
