"""What a line of a statement is called: labels of the standards' forms and of databases, mapped to canonical lines by a dated table.

A label is compared without blanks, stars, numbering and the words that only place it in its group (其中：, 加：, 减：). A label that no
list knows is kept under `unmapped` with its own words, and is reported: a figure that was dropped in silence could be the one that matters.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from puhui.evidence.reading.words import simplify

STATEMENTS = ("balance", "income", "cash_flow")
UNMAPPED = "unmapped"
NUMBERING = re.compile(r"^(?:[一二三四五六七八九十]+[、.．]|\([一二三四五六七八九十\d]+\)|\d+[、.．])")
LEADING = re.compile(r"^(?:其中|加|减|以及)[::]")
NOISE = re.compile(r"[\s*\-_—]+")
SIGN_NOTE = re.compile(r"\([^()]*填列\)")
QUOTES = str.maketrans("", "", "“”\"'‘’")


@dataclass(frozen=True)
class Lines:
    """`labels`: statement → plain label → canonical line; `numbers`: statement → line number of 小企业会计准则 → line; `columns`: words."""

    valid_from: dt.date
    labels: Mapping[str, Mapping[str, str]]
    hong_kong: Mapping[str, Mapping[str, str]]
    english: Mapping[str, Mapping[str, str]]
    numbers: Mapping[str, Mapping[int, str]]
    groups: frozenset[str]
    per_share: frozenset[str]
    columns: Mapping[str, frozenset[str]]

    def line(self, statement: str, label: str, layout: str = "") -> str | None:
        """The canonical line of a label, or None where no list knows it."""
        name = plain_label(label)
        own, other = self.labels[statement], self.hong_kong[statement]
        found = (other.get(name) or own.get(name)) if layout == "hong_kong" else (own.get(name) or other.get(name))
        return found or self.english[statement].get(name)

    def is_english(self, label: str) -> bool:
        """Whether a label is known as a translation."""
        return any(plain_label(label) in self.english[statement] for statement in STATEMENTS)

    def known(self, label: str) -> set[str]:
        """The statements in which a label stands."""
        return {statement for statement in STATEMENTS if self.line(statement, label)}

    def is_group(self, label: str) -> bool:
        name = plain_label(label)
        return not name or name in self.groups or name in self.per_share


@lru_cache(maxsize=20_000)
def plain_label(label: str) -> str:
    """`其中：应收票据 ` → `应收票据`; `六、期末现金及现金等价物余额` → `期末现金及现金等价物余额`."""
    text = simplify(NOISE.sub("", unicodedata.normalize("NFKC", label).translate(QUOTES)))
    before = None
    while before != text:
        before, text = text, LEADING.sub("", NUMBERING.sub("", text))
    return SIGN_NOTE.sub("", text).rstrip(":：").lower()


def layout_document(name: str) -> dict[str, Any]:
    """A table of `catalogue/statements`."""
    return tomllib.loads((files("puhui") / "catalogue" / "statements" / f"{name}.toml").read_text("utf-8"))


@cache
def lines() -> Lines:
    """The table of labels. Raises `ValueError` where one label of a statement means two lines."""
    document = layout_document("lines")
    none = document["none"]
    return Lines(
        document["valid_from"],
        {statement: _labels(document[statement], "names") for statement in STATEMENTS},
        {statement: _labels(document[statement], "hong_kong") for statement in STATEMENTS},
        {statement: _labels(document[statement], "english") for statement in STATEMENTS},
        {statement: {entry["small"]: line for line, entry in document[statement].items() if "small" in entry} for statement in STATEMENTS},
        frozenset(map(plain_label, none["headings"])),
        frozenset(map(plain_label, none["per_share"])),
        {kind: frozenset(map(plain_label, words)) for kind, words in document["columns"].items()},
    )


def _labels(table: Mapping[str, Mapping[str, Any]], key: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line, entry in table.items():
        for label in entry.get(key, ()):
            if found.setdefault(plain_label(label), line) != line:
                raise ValueError(f"{label!r} means both {found[plain_label(label)]!r} and {line!r}")
    return found
