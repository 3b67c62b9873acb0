"""The words that an OFD draws, for invoices that enclose no XML: its pages are XML themselves (GB/T 33190-2016).

A page lays its own text over that of its template: there the labels of an invoice stand, here its values. A text object has a boundary on
the page in millimetres; within it each run of text begins at a point of its baseline, moved and scaled by the object's matrix (CTM).
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from puhui.evidence.documents.model import Word
from puhui.evidence.documents.xml_invoices import parsed

__all__ = ["ofd_words"]

Matrix = tuple[float, float, float, float, float, float]
UNMOVED: Matrix = (1, 0, 0, 1, 0, 0)
USUAL_SIZE = 3.175  # millimetres: nine points
WIDE = "\u2e80"  # from here on a character is as wide as it is high, before it about half


def ofd_words(archive: zipfile.ZipFile, file: str) -> list[Word]:
    """The words of all pages; none where the archive draws no text. Raises `RefusedFileError` for parts that are no plain XML."""
    there = set(archive.namelist())

    def part(path: str) -> Element | None:
        return parsed(archive.read(path), file) if path in there else None

    root = part("OFD.xml")
    where = next((each.text.strip("/ \n") for each in _named(root, "DocRoot") if each.text), "")
    document = part(where)
    if document is None:
        return []
    templates = {each.get("ID", ""): part(_beside(where, each)) for each in _named(document, "TemplatePage")}
    words: list[Word] = []
    for number, each in enumerate(_named(document, "Page"), start=1):
        page = part(_beside(where, each))
        layers = [templates.get(one.get("TemplateID", "")) for one in _named(page, "Template")] + [page]
        box = next((found for source in (page, document) for found in [_physical_box(source)] if found), None)
        if box:
            words += [word for layer in layers for word in _words(layer, box, number)]
    return words


def _named(element: Element | None, name: str) -> Iterator[Element]:
    """The elements of a name below one, whatever their namespace."""
    return (each for each in (element.iter() if element is not None else ()) if each.tag.rpartition("}")[2] == name)


def _beside(document: str, element: Element) -> str:
    """The path of a part that a document names from its own folder, or from the root."""
    place = element.get("BaseLoc", "").strip()
    return place.strip("/") if place.startswith("/") else posixpath.normpath(posixpath.join(posixpath.dirname(document), place))


def _numbers(text: str | None, count: int) -> tuple[float, ...] | None:
    try:
        found = tuple(float(each) for each in (text or "").split())
    except ValueError:
        return None
    return found if len(found) == count else None


def _physical_box(element: Element | None) -> tuple[float, ...] | None:
    boxes = (_numbers(each.text, 4) for each in _named(element, "PhysicalBox"))
    return next((box for box in boxes if box and box[2] > 0 and box[3] > 0), None)


def _words(layer: Element | None, page: tuple[float, ...], number: int) -> Iterator[Word]:
    left, top, width, height = page
    for each in _named(layer, "TextObject"):
        boundary = _numbers(each.get("Boundary"), 4)
        a, b, c, d, e, f = _numbers(each.get("CTM"), 6) or UNMOVED
        size = (_numbers(each.get("Size"), 1) or (USUAL_SIZE,))[0]
        if boundary is None:
            continue
        for run in _named(each, "TextCode"):
            text = (run.text or "").strip()
            x, y = ((_numbers(run.get(axis), 1) or (0.0,))[0] for axis in ("X", "Y"))
            if not text:
                continue
            begins = (boundary[0] + a * x + c * y + e - left) / width
            base = (boundary[1] + b * x + d * y + f - top) / height
            tall, broad = abs(d) * size / height, abs(a) * size / width
            ends = begins + broad * sum(1.0 if letter >= WIDE else 0.5 for letter in text)
            yield Word(text, (begins, base - tall, ends, base), 1.0, number)
