"""What a record of each class of evidence looks like: fields, types, units, bounds, what names it and when it was true.

A kind of record is a file, `catalogue/evidence/<CLASS>-<record>.toml`, and no code: a new register, or a column that a register adds,
needs lines there. Readers, storage, variables and pages all take the layout from here. How a file is written: docs/evidence.md.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import polars as pl

from puhui.evidence.reading.mapping import KnownAt
from puhui.evidence.reading.words import Vocabulary, common, inverted, plain

FILE_NAME = re.compile(r"^(?P<evidence_class>[CS]\d{1,2})-(?P<record>[a-z0-9-]+)\.toml$")
KINDS: dict[str, Any] = {
    "text": pl.String,
    "word": pl.String,
    "code": pl.String,
    "date": pl.Date,
    "month": pl.Date,
    "amount": pl.Int64,
    "whole": pl.Int64,
    "number": pl.Float64,
    "share": pl.Float64,
    "flag": pl.Boolean,
}
FRAME_HEAD: dict[str, Any] = {"firm_id": pl.Int64, "record_id": pl.Int64, "observed_on": pl.Date, "known_at": pl.Datetime("us", "UTC")}
NUMERIC = ("amount", "whole", "number", "share", "flag")
LEAST_RECOGNISED = 3


@dataclass(frozen=True)
class Field:
    """One field. `least` and `most` are in the stored unit (fen for amounts); `words` maps a canonical value to the words of files."""

    name: str
    type: str
    needed: bool
    headings: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    longest: int
    least: float | None
    most: float | None
    table: str
    personal: bool
    joined: bool  # a text that files spread over several columns: what stands in them is put together
    or_from: str  # the field whose column is read where no column is headed so
    either: bool = False  # of several columns headed so the one counts whose heading stands first; the others are told as not read


@dataclass(frozen=True)
class Side:
    """A field that files may give in two columns, one for each direction: an amount received and one paid, a payer and a payee.

    `column_in` and `column_out` are the names under which a mapping file speaks of the two columns."""

    field: str
    column_in: str
    column_out: str
    headings_in: tuple[str, ...]
    headings_out: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Layout:
    """One kind of record. `identity` names the fields that, with the firm, say which fact a row speaks of; `observed` when it was true."""

    evidence_class: str
    record: str
    source: str
    verified: bool
    title: Mapping[str, str]  # language → title
    identity: tuple[str, ...]
    observed: str
    earliest: dt.date
    future: bool
    series: bool
    repeats_left_out: bool
    known_at: KnownAt
    fields: Mapping[str, Field]
    direction: str  # the field that says which of two columns is filled; "" where no field has two
    sides: tuple[Side, ...]
    totals: tuple[str, ...]  # words of lines that are no rows: sums, balances brought forward, remarks below the table
    above: Mapping[str, tuple[str, ...]]  # field → labels that stand above the table with its value
    notices: bool = False  # public notices: several firms in one cell, ten thousands in the heading or the cell (`reading.notices`)
    holder: tuple[str, ...] = ()  # headings and labels of the name of who holds an account: another name than the firm's is told
    firm_headings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # firm, firm_name → headings of its own

    def schema(self) -> dict[str, Any]:
        """Columns of `queries.records_as_of` with their polars types."""
        return FRAME_HEAD | {name: KINDS[field.type] for name, field in self.fields.items()}

    def empty(self) -> pl.DataFrame:
        """The frame of a firm of which nothing is known."""
        return pl.DataFrame(schema=self.schema())

    def vocabulary(self) -> Vocabulary:
        """The words of this record for the reading package: the layout's own headings, and those that name the firm."""
        return _vocabulary(self)

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(name for name, field in self.fields.items() if field.needed)

    @property
    def keys(self) -> tuple[str, ...]:
        """For a time series: the fields that tell one series from another (a meter, a machine)."""
        return tuple(name for name in self.identity if name != self.observed)

    @property
    def values(self) -> tuple[str, ...]:
        """For a time series: the fields that are measured."""
        return tuple(name for name in self.fields if name not in self.identity)


@dataclass(frozen=True)
class EvidenceClass:
    """A class of evidence: who provides it, how often, on what legal basis, and what kind of consent it takes."""

    code: str
    title: Mapping[str, str]
    provider: str
    refresh: str
    legal_basis: str
    consent: str  # public, firm, written
    fresh_days: int
    keep_days: int


def folder() -> Traversable:
    return files("puhui") / "catalogue" / "evidence"


def layout_files() -> dict[str, Traversable]:
    """Record → its file. Raises `ValueError` where two classes claim one name."""
    found: dict[str, Traversable] = {}
    for file in sorted(folder().iterdir(), key=lambda each: each.name):
        match = FILE_NAME.match(file.name)
        if match:
            record = match["record"].replace("-", "_")
            if record in found:
                raise ValueError(f"{file.name} and {found[record].name}: two layouts of one record; a name is used once over all classes")
            found[record] = file
    return found


@cache
def layout(record: str) -> Layout:
    """The layout of one record. Raises `KeyError` for a name nobody has written a layout for, `FaultsError` for a layout with faults."""
    from puhui.evidence.layout_files import read_layout

    file = layout_files().get(record)
    if file is None:
        raise KeyError(record)
    return read_layout(tomllib.loads(file.read_text("utf-8")), file.name)


def layouts(evidence_class: str | None = None) -> tuple[Layout, ...]:
    """All layouts, or those of one class, in the order of their files. Only those asked for are read."""
    names = [
        record for record, file in layout_files().items() if evidence_class is None or file.name.startswith(f"{evidence_class.upper()}-")
    ]
    return tuple(layout(record) for record in names)


@cache
def classes() -> Mapping[str, EvidenceClass]:
    """Code → class, in the order of the file. Raises `FaultsError` for a file with faults."""
    from puhui.evidence.layout_files import read_classes

    file = folder() / "classes.toml"
    return read_classes(tomllib.loads(file.read_text("utf-8")), file.name)


@cache
def _vocabulary(layout: Layout) -> Vocabulary:
    titles = {name: list(field.headings) for name, field in layout.fields.items()}
    for side in layout.sides:
        titles |= {side.column_in: list(side.headings_in), side.column_out: list(side.headings_out)}
    shared = common()
    own = inverted(titles)
    firms = {name: [*layout.firm_headings.get(name, ()), *shared["headings"][name]] for name in shared["headings"]}
    firm = {word: field for word, field in inverted(firms).items() if word not in own}
    needed = layout.needed
    return Vocabulary(
        layout.evidence_class,
        layout.earliest,
        firm | own,
        {name: inverted(field.words) for name, field in layout.fields.items() if field.type == "word"},
        inverted(shared["unit"]),
        firms | titles,
        frozenset(),
        record=layout.record,
        repeatable=frozenset(name for name, field in layout.fields.items() if field.joined),
        either=frozenset(name for name, field in layout.fields.items() if field.either),
        least_recognised=min(LEAST_RECOGNISED, max(2, len(needed))),
        examples=tuple(layout.fields[name].headings[0] for name in needed),
    )


@cache
def flag_words() -> Mapping[str, bool]:
    return {plain(word): meaning == "true" for meaning, words in common()["flag"].items() for word in words}


@cache
def nothing_words() -> frozenset[str]:
    """What stands in a cell that holds no value, lower case."""
    return frozenset(common()["nothing"]["words"])
