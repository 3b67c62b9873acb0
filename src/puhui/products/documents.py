"""A file of the catalogue as data: what it says, as JSON values, and the digest by which a decision will find it again.

The canonical form is RFC 8785 (keys sorted, numbers in one spelling), so the same content has the same digest however it was typed.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import rfc8785

from puhui.calculations.canonical import canonical, digest_of, normalised
from puhui.calculations.faults import Fault, FaultsError
from puhui.products.positions import Positions

__all__ = ["CATALOGUE", "Document", "canonical", "digest_of", "normalised", "read_document", "stored_document", "text_document"]

CATALOGUE = Path(__file__).parent.parent / "catalogue"
LARGEST_FILE_BYTES = 1_000_000


@dataclass(frozen=True)
class Document:
    """The body of a catalogue file. `kind` is `product` or `parameters`; `positions` is None for one that was stored."""

    kind: str
    name: str
    body: dict[str, Any]
    digest: str
    positions: Positions | None = None

    def where(self, *path: str | int) -> str:
        """The place of a key for a fault."""
        if self.positions:
            return self.positions.where(path)
        return f"{self.kind} {self.name}: " + ".".join(str(part) for part in path)


def read_document(path: Path, kind: str) -> Document:
    """The document in a TOML file. Raises FaultsError when the file is missing, too long, not UTF-8 or not TOML."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FaultsError([Fault(str(path), error.strerror or "nothing readable", "a TOML file")]) from error
    if len(raw) > LARGEST_FILE_BYTES:
        raise FaultsError([Fault(str(path), f"{len(raw)} bytes", f"at most {LARGEST_FILE_BYTES} bytes")])
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        fault = Fault(str(path), f"a byte that is not UTF-8 at offset {error.start}", "UTF-8", "Save the file as UTF-8.")
        raise FaultsError([fault]) from error
    return text_document(text, kind, path.name, str(path))


def text_document(text: str, kind: str, file_name: str, where: str = "") -> Document:
    """The document in a text of TOML. `where`: what faults call it. Raises FaultsError when it is not TOML."""
    try:
        body = _json(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FaultsError([Fault(_broken_at(str(error), where or file_name), str(error), "TOML")]) from error
    section, key = _HEADS[kind]
    head = body.get(section)
    stem = file_name.removesuffix(".toml")
    name = str(head.get(key, stem)) if isinstance(head, dict) else stem
    return Document(kind, name, body, _digest(body, where or file_name), Positions(text, file_name))


def _broken_at(told: str, where: str) -> str:
    """The place with line and column, where the reader of TOML tells them."""
    place = re.search(r"at line (\d+), column (\d+)", told)
    return f"{where}:{place[1]}:{place[2]}" if place else where


def stored_document(kind: str, name: str, body: dict[str, Any]) -> Document:
    """A document from its body alone, as it was stored."""
    return Document(kind, name, body, digest_of(body))


_HEADS = {"product": ("product", "code"), "parameters": ("table", "name"), "visit-forms": ("form", "code")}


def _digest(body: dict[str, Any], where: str) -> str:
    try:
        return digest_of(body)
    except (ValueError, rfc8785.CanonicalizationError) as error:
        raise FaultsError([Fault(where, str(error), "numbers that JSON can hold exactly")]) from error


def _json(value: Any) -> Any:
    """TOML's dates as ISO texts, the rest as it is."""
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return value
