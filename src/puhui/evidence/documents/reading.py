"""A document, whatever it is: told by its first bytes, read into fields and rows."""

from __future__ import annotations

import io
import zipfile
from itertools import groupby
from pathlib import Path

from puhui.evidence.documents.bank_table import read_bank_statement
from puhui.evidence.documents.camt import is_camt, read_camt
from puhui.evidence.documents.model import Document, DocumentField, Word
from puhui.evidence.documents.pages import pdf_words, picture_words
from puhui.evidence.documents.vat_invoice import read_invoice
from puhui.evidence.documents.xml_invoices import parsed, read_xml
from puhui.evidence.reading.faults import RefusedFileError, refuse
from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.recognise import read_bytes

PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"GIF8", b"II*\0", b"MM\0*")
WEB_PAGES = (b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")
MOST_PARTS = 2_000
HEAD_BYTES = 512


def kind_of(path: Path) -> str:
    """`xml`, `ofd`, `pdf`, `picture`, or nothing for what is no document or cannot be read: the reader of tables says why."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as handle:
            start = handle.read(HEAD_BYTES)
        if start.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(path) as archive:
                return "ofd" if "OFD.xml" in archive.namelist() else ""
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return ""
    if start.startswith(b"%PDF"):
        return "pdf"
    if start.startswith(PICTURES):
        return "picture"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    marked = start.startswith((b"\xff\xfe<\0", b"\xfe\xff\0<"))
    return "xml" if marked or (text.startswith(b"<") and not text.startswith(WEB_PAGES)) else ""


def read_document(path: Path, limits: Limits | None = None, name: str = "") -> Document:
    """The document in a file. Raises `RefusedFileError` where it is none that we know, damaged, or unsafe."""
    limits, file = limits or Limits(), name or path.name
    kind = kind_of(path)
    data = read_bytes(path, limits, name)
    found: Document | None = None
    if kind == "xml":
        root = parsed(data, file)
        found = read_camt(root, file) if is_camt(root) else read_xml(root, file)
    elif kind == "ofd":
        found = _ofd(data, file, limits)
    elif kind in ("pdf", "picture"):
        found = of_words(pdf_words(data, file) if kind == "pdf" else picture_words(data, file), file)
    if found is None:
        raise refuse(
            file, "no invoice and no bank statement that could be recognised", "a digital invoice (XML, OFD, PDF), or a clear scan of one",
            "Export a table from the source and send that.",
        )  # fmt: skip
    return found


def of_words(words: list[Word], file: str) -> Document | None:
    """Each page an invoice, or the whole a bank statement."""
    statement = read_bank_statement(words)
    pages = [list(each) for _, each in groupby(sorted(words, key=lambda word: word.page), key=lambda word: word.page)]
    invoices = [each for each in (read_invoice(page, file) for page in pages) if each]
    if not invoices:
        return statement
    if len(invoices) == 1:
        return invoices[0]
    fields = tuple(
        DocumentField(f"{field.name}#{number}", field.value, field.box, field.confidence, field.page, field.repaired)
        for number, each in enumerate(invoices, start=1)
        for field in each.fields
    )
    rows, faults = tuple(row for each in invoices for row in each.rows), tuple(fault for each in invoices for fault in each.faults)
    return Document("vat_invoice", fields, rows, faults)


def _ofd(data: bytes, file: str, limits: Limits) -> Document | None:
    """The invoice in an OFD: the XML that issuers enclose. The drawn pages are not interpreted."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            largest = min(limits.unpacked_bytes, max(10 << 20, len(data) * limits.unpacked_ratio))
            if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > largest:
                raise refuse(file, "an OFD of too many or too large parts", "an invoice", "Send the invoice alone.")
            for entry in sorted(entries, key=lambda each: "invoice" not in each.filename.lower()):
                if entry.filename.lower().endswith(".xml") and not entry.flag_bits & 1:
                    with archive.open(entry) as part:
                        content = part.read(entry.file_size + 1)
                    try:
                        found = read_xml(parsed(content, file), file)
                    except RefusedFileError:
                        if "invoice" in entry.filename.lower():
                            raise
                        continue
                    if found and found.rows:
                        return found
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        raise refuse(file, f"a damaged OFD ({type(error).__name__})", "a whole OFD", "Download it again.") from error
    return None
