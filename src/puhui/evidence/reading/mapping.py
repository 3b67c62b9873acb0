"""The mapping file: how one source's columns become the fields of an invoice or of another record, where its headings alone do not say.

It says which column is which field, whose records they are, in what unit and date format they are written, what the source's words mean,
and since when a lender could know a row; for invoices also whether they are sales or purchases. Since when decides what a past decision
may see: `now` (we learn it by this import), a column, or the date of the invoice plus a lag, which is then marked as assumed.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from puhui.calculations.faults import Fault
from puhui.evidence.reading.faults import RefusedFileError, refuse
from puhui.evidence.reading.words import Vocabulary

UNITS = {"yuan": 100, "fen": 1, "wan_yuan": 1_000_000}  # fen in one unit
STATUSES = ("normal", "red", "void", "blank")
IGNORED = "ignore"
FOLDINGS = ("count", "silence", "mean", "max", "sum")  # the last three take a column
FREE = ("columns", "only")  # sections whose keys are columns of the file


@dataclass(frozen=True)
class KnownAt:
    """`origin` is now, column or observed; a void becomes known at its own day or at the end of the month (`void_from`)."""

    origin: str = "now"
    lag_days: int = 0
    void_from: str = "day"


@dataclass(frozen=True)
class Mapping:
    """What a mapping file says; the default is what holds without one. `columns` maps column → field.

    For records other than invoices: `words` gives the source's own words a meaning (field → word → canonical value), and `values` is what
    fields hold for which the file has no column, or an empty cell; `only` says which rows are meant, `fold` how readings become days."""

    source: str = "file"
    record: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    firm_scheme: str = ""
    firm_column: str = ""
    firm_value: str = ""
    direction: str = ""
    direction_words: dict[str, str] = field(default_factory=dict)
    status_words: dict[str, str] = field(default_factory=dict)
    status_default: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    date_format: str = ""
    amount_unit: str = ""
    rounding: str = "exact"
    known_at: KnownAt = KnownAt()
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    only: dict[str, str] = field(default_factory=dict)
    fold: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For the record of the batch."""
        return asdict(self)


Keys = dict[str, tuple[type, tuple[str, ...] | None]]

# Section → key → (kind of value, allowed values or None). `columns` and the tables of words are free.
SHARED: dict[str, Keys] = {
    "": {"class": (str, None), "source": (str, None)},
    "firm": {"scheme": (str, None), "column": (str, None), "value": (str, None)},
    "format": {
        "encoding": (str, None),
        "delimiter": (str, None),
        "sheet": (str, None),
        "date": (str, None),
        "amount_unit": (str, tuple(UNITS)),
        "rounding": (str, ("exact", "half_up")),
    },
    "known_at": {"from": (str, ("now", "column", "observed")), "lag_days": (int, None)},
}
INVOICE_SECTIONS: dict[str, Keys] = {
    **SHARED,
    "direction": {"value": (str, ("out", "in")), "words": (dict, None)},
    "status": {"default": (str, STATUSES), "words": (dict, None)},
    "known_at": {**SHARED["known_at"], "void_from": (str, ("day", "month_end"))},
}


def _sections(vocabulary: Vocabulary) -> dict[str, Keys]:
    """The sections that a mapping file of a class may have: those of invoices, or those of the record that a layout describes."""
    if not vocabulary.record:
        return INVOICE_SECTIONS
    return {
        **SHARED,
        "": {**SHARED[""], "record": (str, (vocabulary.record,))},
        "words": dict.fromkeys(vocabulary.words, (dict, None)),
        "values": dict.fromkeys(vocabulary.titles, (str, None)),
        "fold": {"fields": (dict, None)},
    }


def named_mapping(name: str, own: Path | None = None) -> Path:
    """A mapping file by its path, or by the name under which one is kept: in `mappings/` of the institution's `own` catalogue folder, or as
    one that comes with Puhui (`cumcm2020-output`)."""
    if "/" in name or Path(name).exists():
        return Path(name)
    shipped = Path(str(files("puhui") / "catalogue"))
    kept = (folder / "mappings" / f"{name}.toml" for folder in ([own] if own else []) + [shipped])
    return next((file for file in kept if file.is_file()), Path(name))


def load_mapping(path: Path, vocabulary: Vocabulary, known_at: KnownAt | None = None) -> Mapping:
    """Read a mapping file; `known_at` holds where it says nothing of that. Raises `RefusedFileError` with every fault in it."""
    return parse_mapping(read_document(path), path.name, vocabulary, known_at)


def read_document(path: Path) -> dict[str, Any]:
    """A mapping file before anybody asks what it means. Raises `RefusedFileError`."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(
            path.name, f"no readable mapping file ({error})", "a TOML file in UTF-8", "Look at the path given by --map."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise refuse(path.name, f"no valid TOML ({error})", "a mapping file in TOML", "Correct that line.") from error


def parse_mapping(document: dict[str, Any], file: str, vocabulary: Vocabulary, known_at: KnownAt | None = None) -> Mapping:
    """The same from a parsed document."""
    faults = [*_section_faults(document, file, _sections(vocabulary)), *_column_faults(document.get("columns", {}), file, vocabulary)]
    if document.get("class", vocabulary.evidence_class) != vocabulary.evidence_class:
        faults.append(Fault(f"{file}, class", repr(document["class"]), repr(vocabulary.evidence_class), "Use the mapping of this class."))
    faults += _row_faults(document, file, vocabulary)
    faults += _record_word_faults(document, file, vocabulary) if vocabulary.record else _word_faults(document, file)
    if faults:
        raise RefusedFileError(faults)
    firm, direction, status = (document.get(name, {}) for name in ("firm", "direction", "status"))
    form, known, default = document.get("format", {}), document.get("known_at", {}), known_at or KnownAt()
    return Mapping(
        source=document.get("source", file),
        record=vocabulary.record,
        columns=document.get("columns", {}),
        firm_scheme=firm.get("scheme", ""),
        firm_column=firm.get("column", ""),
        firm_value=firm.get("value", ""),
        direction=direction.get("value", ""),
        direction_words=direction.get("words", {}),
        status_words=status.get("words", {}),
        status_default=status.get("default", ""),
        encoding=form.get("encoding", ""),
        delimiter=form.get("delimiter", ""),
        sheet=form.get("sheet", ""),
        date_format=form.get("date", ""),
        amount_unit=form.get("amount_unit", ""),
        rounding=form.get("rounding", "exact"),
        known_at=KnownAt(known.get("from", default.origin), known.get("lag_days", default.lag_days), known.get("void_from", "day")),
        words=document.get("words", {}),
        values=document.get("values", {}),
        only=document.get("only", {}),
        fold=document.get("fold", {}).get("fields", {}),
    )


def _section_faults(document: dict[str, Any], file: str, known: dict[str, Keys]) -> list[Fault]:
    faults = []
    top = {key: value for key, value in document.items() if not isinstance(value, dict)}
    sections = {"": top, **{key: value for key, value in document.items() if isinstance(value, dict) and key not in FREE}}
    for section, table in sections.items():
        allowed = known.get(section)
        if allowed is None:
            faults.append(
                Fault(
                    f"{file}, [{section}]",
                    "an unknown section",
                    f"one of {', '.join(filter(None, known))}, columns",
                    "Correct or delete it.",
                )
            )
            continue
        for key, value in table.items():
            where = f"{file}, [{section}] {key}" if section else f"{file}, {key}"
            if key not in allowed:
                faults.append(Fault(where, "an unknown key", f"one of {', '.join(allowed)}", "Correct or delete it."))
                continue
            kind, values = allowed[key]
            if not isinstance(value, kind) or isinstance(value, bool) or (isinstance(value, int) and value < 0):
                faults.append(
                    Fault(where, repr(value), "a whole number not below 0" if kind is int else f"a {kind.__name__}", "Correct it.")
                )
            elif values and value not in values:
                faults.append(Fault(where, repr(value), f"one of {', '.join(values)}", "Correct it."))
    return faults


def _column_faults(columns: Any, file: str, vocabulary: Vocabulary) -> list[Fault]:
    if not isinstance(columns, dict):
        return [Fault(f"{file}, [columns]", repr(columns), 'lines of the form "column in the file" = "field"', "Correct it.")]
    fields = {*vocabulary.titles, "known_at", IGNORED}
    faults = [
        Fault(f"{file}, [columns] {column}", repr(name), f"one of {', '.join(sorted(fields))}", "Correct it.")
        for column, name in columns.items()
        if not isinstance(name, str) or name not in fields
    ]
    named = [name for name in columns.values() if name != IGNORED]
    for name in dict.fromkeys(str(name) for name in named if named.count(name) > 1):
        faults.append(Fault(f"{file}, [columns]", f"two columns for {name!r}", "one column for each field", 'Set the other to "ignore".'))
    return faults


def _row_faults(document: dict[str, Any], file: str, vocabulary: Vocabulary) -> list[Fault]:
    """`[only]` gives texts, and is for records; `[fold.fields]` says of fields how they are made."""
    only, fold = document.get("only", {}), document.get("fold", {})
    faults = [
        Fault(f"{file}, [only] {column}", repr(value), "a text", "Write it in quotation marks.")
        for column, value in (only.items() if isinstance(only, dict) else ())
        if not isinstance(value, str)
    ]
    if only and not vocabulary.record:
        faults.append(Fault(f"{file}, [only]", "rows of invoices chosen", "a file of which all rows are meant", "Delete it."))
    fields = fold.get("fields", {}) if isinstance(fold, dict) else {}
    for name, told in fields.items() if isinstance(fields, dict) else ():
        words = told.split(" ", 1) if isinstance(told, str) else [""]
        if name not in vocabulary.titles or words[0] not in FOLDINGS or (len(words) == 2) != (words[0] in FOLDINGS[2:]):
            expected = "a field of the record with count, silence, or mean, max or sum and a column"
            faults.append(Fault(f"{file}, [fold.fields] {name}", repr(told), expected, "Correct it."))
    return faults


def _word_faults(document: dict[str, Any], file: str) -> list[Fault]:
    faults = []
    for section, values in (("status", STATUSES), ("direction", ("out", "in"))):
        words = document.get(section, {}).get("words", {}) if isinstance(document.get(section, {}), dict) else {}
        if isinstance(words, dict):
            faults += [
                Fault(f"{file}, [{section}.words] {word}", repr(value), f"one of {', '.join(values)}", "Correct it.")
                for word, value in words.items()
                if value not in values
            ]
    return faults


def _record_word_faults(document: dict[str, Any], file: str, vocabulary: Vocabulary) -> list[Fault]:
    """Words of a record's fields must mean one of the values that its layout knows."""
    tables = document.get("words", {})
    return [
        Fault(f"{file}, [words.{name}] {word}", repr(value), f"one of {', '.join(meanings)}", "Correct it.")
        for name, words in (tables.items() if isinstance(tables, dict) else ())
        if isinstance(words, dict) and name in vocabulary.words
        for meanings in [dict.fromkeys(vocabulary.words[name].values())]
        for word, value in words.items()
        if value not in meanings
    ]
