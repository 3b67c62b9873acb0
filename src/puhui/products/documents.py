"""A file of the catalogue as data: what it says, as JSON values, and the digest by which a decision will find it again.

The canonical form is RFC 8785 (keys sorted, numbers in one spelling), so the same content has the same digest however it was typed.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import rfc8785

from puhui.calculations.canonical import canonical, digest_of, normalised
from puhui.calculations.faults import Fault, FaultsError
from puhui.products.positions import Positions

__all__ = ["CATALOGUE", "Document", "canonical", "digest_of", "normalised", "read_document", "stored_document"]

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
    try:
        body = _json(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FaultsError([Fault(str(path), str(error), "TOML")]) from error
    section, key = _HEADS[kind]
    head = body.get(section)
    name = str(head.get(key, path.stem)) if isinstance(head, dict) else path.stem
    return Document(kind, name, body, _digest(body, path), Positions(text, path.name))


def stored_document(kind: str, name: str, body: dict[str, Any]) -> Document:
    """A document from its body alone, as it was stored."""
    return Document(kind, name, body, digest_of(body))


_HEADS = {"product": ("product", "code"), "parameters": ("table", "name")}


def _digest(body: dict[str, Any], path: Path) -> str:
    try:
        return digest_of(body)
    except (ValueError, rfc8785.CanonicalizationError) as error:
        raise FaultsError([Fault(str(path), str(error), "numbers that JSON can hold exactly")]) from error


def _json(value: Any) -> Any:
    """TOML's dates as ISO texts, the rest as it is."""
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return value
