"""A document, whatever it is: told by its first bytes, read into fields and rows."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

from puhui.evidence.documents.agreeing import agreed_fields, agreed_statement
from puhui.evidence.documents.bank_table import read_bank_statement
from puhui.evidence.documents.camt import is_camt, read_camt
from puhui.evidence.documents.glyphs import glyph_words
from puhui.evidence.documents.model import Document, Word
from puhui.evidence.documents.ofd_pages import ofd_words
from puhui.evidence.documents.pages import pdf_words, picture_words
from puhui.evidence.documents.vat_invoice import invoice_fields, invoice_of
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
    elif kind == "pdf":
        found = _of_pdf(data, file)
    elif kind == "picture":
        found = of_words(picture_words(data, file), file)
    if found is None:
        raise refuse(
            file, "no invoice and no bank statement that could be recognised", "a digital invoice (XML, OFD, PDF), or a clear scan of one",
            "Export a table from the source and send that.",
        )  # fmt: skip
    return found


def _of_pdf(data: bytes, file: str) -> Document | None:
    """The document in a PDF: by the runs of its text, and where these make none, or a doubtful one, by its letters."""
    found = of_words(pdf_words(data, file), file)
    if found is not None and not found.faults and found.kind != "bank_statement":
        return found
    letters = glyph_words(data)
    other = of_words(letters, file) if letters else None
    if other is None or found is None:
        return found or other
    return max((found, other), key=lambda each: (-len(each.faults), sum(bool(cell) for row in each.rows for cell in row.values())))


def of_words(words: list[Word], file: str) -> Document | None:
    """Each page an invoice, or the whole a bank statement; of pages that were looked at twice, what both looks say."""
    second = {word.page for word in words if word.look == 2}
    looks = [[word for word in words if word.look == 1]]
    looks += [[word for word in words if word.look == 2 or word.page not in second]] if second else []
    found = _invoices(looks, file) or _statement(looks)
    turns = {word.page: word.turn for word in words if word.turn}
    return replace(found, turns=turns) if found else None


def _statement(looks: list[list[Word]]) -> Document | None:
    read = [found for found in (read_bank_statement(words) for words in looks) if found]
    return agreed_statement(*read) if len(read) == 2 else read[0] if read else None


def _invoices(looks: list[list[Word]], file: str) -> Document | None:
    """The invoices of all pages; where there are several, each field is numbered."""
    fields = []
    for page in sorted({word.page for words in looks for word in words}):
        read = [found for found in (invoice_fields([word for word in words if word.page == page]) for words in looks) if found]
        fields += [agreed_fields(*read) if len(read) == 2 else read[0]] if read else []
    invoices = [invoice_of(each, file) for each in fields]
    if len(invoices) < 2:
        return invoices[0] if invoices else None
    numbered = tuple(
        replace(field, name=f"{field.name}#{number}") for number, each in enumerate(invoices, start=1) for field in each.fields
    )
    rows, faults = tuple(row for each in invoices for row in each.rows), tuple(fault for each in invoices for fault in each.faults)
    return Document("vat_invoice", numbered, rows, faults)


def _ofd(data: bytes, file: str, limits: Limits) -> Document | None:
    """The invoice in an OFD: the XML that issuers enclose, else what its pages draw."""
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
            return of_words(ofd_words(archive, file), file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        raise refuse(file, f"a damaged OFD ({type(error).__name__})", "a whole OFD", "Download it again.") from error
