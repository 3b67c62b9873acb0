"""A document as data: sections of facts, rows, sentences and places to sign, which two renderers turn into PDF and XLSX.

A document tells the figures of a day as they were known at the end of that day. It is put together from queries only, says by itself
whose it is, of which day, and when it was made, and carries a digest of its content: two copies with the same digest tell the same,
whenever they were made. Equal content made at the same moment gives equal bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from puhui.parties.models import Institution
from puhui.reports.documents.words import word
from puhui.reports.tables import Column, Kind, Report, Table, render

__all__ = ["Document", "Fact", "Facts", "Paper", "Rows", "Section", "Signatures", "Text", "with_total"]

DIGEST_SHOWN = 16


@dataclass(frozen=True)
class Fact:
    """One line of a form: a label and its value."""

    name: str
    label: str
    value: Any
    kind: Kind = "text"


@dataclass(frozen=True)
class Facts:
    """Lines of a form under one title."""

    name: str
    title: str
    facts: tuple[Fact, ...]

    def table(self) -> Table:
        """The same as a table of one row."""
        columns = tuple(Column(fact.name, fact.label, fact.kind) for fact in self.facts)
        return Table(self.name, self.title, columns, (tuple(fact.value for fact in self.facts),))


@dataclass(frozen=True)
class Rows:
    """A table; `strong` are the numbers of rows that stand out: openings, closings, totals. `empty`: what is told where there is no row."""

    table: Table
    strong: frozenset[int] = frozenset()
    empty: str = ""


@dataclass(frozen=True)
class Text:
    """Sentences, each a paragraph."""

    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Signatures:
    """Who signs or seals, each with room to do so."""

    places: tuple[str, ...]


Section = Facts | Rows | Text | Signatures


@dataclass(frozen=True)
class Document:
    """`number`: of the loan, contract, account or day that it is about. `made_at` is not part of the digest."""

    name: str
    title: str
    language: str
    institution: str
    number: str
    as_of: date
    made_at: datetime
    sections: tuple[Section, ...]
    landscape: bool = False

    def tables(self) -> Iterator[Table]:
        """Facts and rows as tables, in their order."""
        for section in self.sections:
            if isinstance(section, Facts):
                yield section.table()
            elif isinstance(section, Rows):
                yield section.table

    def table(self, name: str) -> Table:
        return next(table for table in self.tables() if table.name == name)

    def facts(self, name: str) -> dict[str, Any]:
        """The values of a section of facts, by their names."""
        return self.table(name).records()[0]

    def as_report(self) -> Report:
        """The document in the form that reports are written as CSV, JSON, HTML and text."""
        notes = tuple(text for section in self.sections if isinstance(section, Text) for text in section.paragraphs)
        return Report(self.name, f"{self.title} {self.number}", self.institution, self.as_of, tuple(self.tables()), notes)

    @property
    def digest(self) -> str:
        """The beginning of the SHA-256 of the content, in hexadecimal digits."""
        return hashlib.sha256(render(self.as_report(), "json")).hexdigest()[:DIGEST_SHOWN]

    @property
    def heading(self) -> tuple[Fact, ...]:
        """What every page says: institution, day, the moment it was made, and the digest."""
        return (
            Fact("institution", word("institution", self.language), self.institution),
            Fact("as_of", word("as_of", self.language), self.as_of, "date"),
            Fact("made_at", word("made_at", self.language), moment(self.made_at)),
            Fact("digest", word("digest", self.language), self.digest),
        )


def moment(made_at: datetime) -> str:
    """A moment in the time of the platform, to the minute."""
    return f"{made_at.astimezone(ZoneInfo(settings.TIME_ZONE)):%Y-%m-%d %H:%M}"


def with_total(
    name: str, title: str, columns: tuple[Column, ...], rows: Sequence[tuple[Any, ...]], label: str, left_out: Sequence[str] = ()
) -> Rows:
    """A table with the sums of its amounts in a last row that stands out; `label` takes the place of the first column.

    `left_out`: columns of amounts that it makes no sense to add up.
    """
    summed = [column.kind == "fen" and column.name not in left_out for column in columns]
    sums = [sum(row[index] or 0 for row in rows) if is_summed else None for index, is_summed in enumerate(summed)]
    return Rows(Table(name, title, columns, (*rows, (label, *sums[1:]))), frozenset({len(rows)}))


@dataclass(frozen=True)
class Paper:
    """What every document is told: whose it is, of which day, when it is made, and in which language."""

    institution: Institution
    as_of: date
    made_at: datetime
    language: str = "en"

    def word(self, name: str, **values: Any) -> str:
        """A word or sentence of the documents, with values put in."""
        return word(name, self.language).format(**values) if values else word(name, self.language)

    def fact(self, name: str, value: Any, kind: Kind = "text", label: str = "") -> Fact:
        """A line of a form; the label is the word of `label`, or else of `name`."""
        return Fact(name, self.word(label or name), value, kind)

    def columns(self, *named: tuple[str, Kind]) -> tuple[Column, ...]:
        """Columns with their titles; a name that ends in _fen is told without it."""
        return tuple(Column(name, self.word(name.removesuffix("_fen")), kind) for name, kind in named)

    def document(self, name: str, number: str, sections: list[Section], *, title: str = "", landscape: bool = False) -> Document:
        """The document with what this paper knows. `title`: the word of its title, where it is not the name."""
        told = self.word(title or name.replace("-", "_"))
        return Document(name, told, self.language, self.institution.name, number, self.as_of, self.made_at, tuple(sections), landscape)
