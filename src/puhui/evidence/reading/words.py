"""The words of a class of evidence: headings, states and kinds as tax exports, programs and platforms write them.

They stand in `catalogue/mappings/C07.toml`, so a new export needs a new word there and no new code.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

REMARK = re.compile(r"[(\[{【〔](.*?)[)\]}】〕]")
LOOSE = re.compile(r"[\s*_\-:/、.]+")


def plain(text: str) -> str:
    """A heading or word as it is compared: half-width, lower case, without blanks, stars, dashes and stops."""
    return LOOSE.sub("", unicodedata.normalize("NFKC", text)).lower()


def heading_and_remark(text: str) -> tuple[str, str]:
    """`金额（元）` → (`金额`, `元`): the heading as it is compared, and the last remark in brackets."""
    normal = unicodedata.normalize("NFKC", text)
    remarks = REMARK.findall(normal)
    return plain(REMARK.sub("", normal)), plain(remarks[-1]) if remarks else ""


@dataclass(frozen=True)
class Vocabulary:
    """`headings` and each table of `words` map a plain word to the field or canonical value it means."""

    evidence_class: str
    earliest_issued_on: dt.date
    headings: dict[str, str]
    words: dict[str, dict[str, str]]
    units: dict[str, str]
    titles: dict[str, list[str]]  # field → headings as written, for messages
    no_tax: frozenset[str]  # what stands in the tax column of exempt supplies

    def field_of(self, heading: str) -> str | None:
        name = heading_and_remark(heading)[0]
        # A bracketed remark may be part of the name: `invoice (number)`.
        return self.headings.get(name) or self.headings.get(plain(heading))

    def unit_of(self, heading: str) -> str | None:
        return self.units.get(heading_and_remark(heading)[1])


@cache
def vocabulary(evidence_class: str) -> Vocabulary:
    """The words of one class. Raises `KeyError` for a class that has no file yet."""
    source = files("puhui") / "catalogue" / "mappings" / f"{evidence_class}.toml"
    if not source.is_file():
        raise KeyError(evidence_class)
    document = tomllib.loads(source.read_text("utf-8"))
    no_tax = frozenset(document["words"].pop("amount")["none"])
    return Vocabulary(
        evidence_class,
        document["earliest_issued_on"],
        _inverted(document["headings"]),
        {name: _inverted(table) for name, table in document["words"].items()},
        _inverted(document["unit"]),
        document["headings"],
        no_tax,
    )


def _inverted(table: dict[str, list[str]]) -> dict[str, str]:
    """word → meaning; a word that means two things is a mistake in the file."""
    meanings: dict[str, str] = {}
    for meaning, words in table.items():
        for word in words:
            if meanings.setdefault(plain(word), meaning) != meaning:
                raise ValueError(f"{word!r} means both {meanings[plain(word)]!r} and {meaning!r}")
    return meanings
