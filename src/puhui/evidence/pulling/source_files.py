"""Descriptions of sources read strictly: everything that is wrong with one is said at once, with the key that is wrong."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from puhui.calculations.faults import Fault, check
from puhui.evidence.layouts import layout_files
from puhui.evidence.pulling.sources import Asking, BreakerRule, Expected, Paging, Patience, RecordPull, Source
from puhui.evidence.reading.faults import refuse
from puhui.evidence.reading.mapping import IGNORED

JSON_TYPES = ("string", "number", "boolean")
HEADER = re.compile(r"^[A-Za-z][A-Za-z0-9-]*$")
HEAD: dict[str, type] = {
    "source": str, "verified": bool, "base_url": str, "base_url_from": str, "token_from": str, "plain_http": bool, "path": str,
    "consent_header": str,
}  # fmt: skip
SECTIONS = {"firm": Asking, "since": Asking, "paging": Paging, "patience": Patience, "breaker": BreakerRule}
# What a key of [firm] and [since] is called in `Asking`.
FIRM_KEYS = {"parameter": "firm_parameter", "scheme": "scheme", "column": "column"}
SINCE_KEYS = {"parameter": "since_parameter", "form": "since_form", "overlap_hours": "overlap_hours"}
CHOICES = {"kind": ("none", "page", "offset", "cursor"), "since_form": ("moment", "date")}
LEAST: dict[str, float] = {
    "size": 1, "first": 0, "most_pages": 1, "overlap_hours": 0, "timeout_seconds": 0.01, "retries": 0, "first_wait_seconds": 0.01,
    "longest_wait_seconds": 0.01, "jitter": 0, "requests_per_second": 0.001, "failures": 1, "open_seconds": 1,
}  # fmt: skip
MOST: dict[str, float] = {"size": 100_000, "most_pages": 100_000, "timeout_seconds": 600, "retries": 20, "jitter": 1}
MAPPED = ("words", "values", "format", "known_at")

Section = TypeVar("Section")


def load_source(path: Path) -> Source:
    """The source that a file describes. Raises `FaultsError` with everything that is wrong with it."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(str(path), f"no readable description ({error})", "a TOML file in UTF-8", "Look at the path.") from error
    except tomllib.TOMLDecodeError as error:
        raise refuse(path.name, f"no valid TOML ({error})", "a description of a source in TOML", "Correct that line.") from error
    return parse_source(document, path.stem, path.name)


def parse_source(document: Mapping[str, Any], name: str, file: str) -> Source:
    """The same from a parsed document."""
    reading = _Reading(file)
    head = {key: value for key, value in document.items() if not isinstance(value, dict)}
    reading.keys("", head, HEAD)
    known = (*SECTIONS, "records")
    for key in document:
        if isinstance(document[key], dict) and key not in known:
            reading.fault(f"[{key}]", "an unknown section", f"one of {', '.join(known)}", "Correct or delete it.")
    _check_head(reading, head)
    tables = {key: document.get(key, {}) for key in SECTIONS}
    asking = {
        own: tables[section][key]
        for section, keys in (("firm", FIRM_KEYS), ("since", SINCE_KEYS))
        for key, own in keys.items()
        if isinstance(tables[section], dict) and key in tables[section]
    }
    for section, keys in (("firm", FIRM_KEYS), ("since", SINCE_KEYS)):
        reading.known(f"[{section}]", tables[section], keys)
    records = document.get("records", {})
    pulls = {record: _record(reading, record, table) for record, table in (records.items() if isinstance(records, dict) else ())}
    if not records and not head.get("path"):
        reading.fault("path", "nothing", "where records are asked for, such as /evidence/{record}", "Add the line, or [records].")
    sections = {
        "asking": reading.section(Asking, "[firm], [since]", asking),
        **{key: reading.section(SECTIONS[key], f"[{key}]", tables[key]) for key in ("paging", "patience", "breaker")},
    }
    check(reading.faults)
    own = {key: value for key, value in head.items() if key not in ("source", "verified")}
    return Source(name, file, **own, **sections, records=pulls)  # type: ignore[arg-type]


def _check_head(reading: _Reading, head: Mapping[str, Any]) -> None:
    if bool(head.get("base_url")) == bool(head.get("base_url_from")):
        found = "both" if head.get("base_url") else "neither"
        reading.fault("base_url, base_url_from", found, "one of the two: the address, or the environment variable that holds it")
    header = head.get("consent_header", "X-Consent-Id")
    if not (isinstance(header, str) and HEADER.match(header)):
        reading.fault("consent_header", repr(header), "the name of a header, such as X-Consent-Id")


def _record(reading: _Reading, record: str, table: Any) -> RecordPull:
    where = f"[records.{record}]"
    if record not in layout_files() and record != "invoice":
        reading.fault(where, "a kind of record that has no layout", "the name of a layout, such as tax_return; see docs/record-layouts.md")
    if not isinstance(table, dict):
        reading.fault(where, repr(table), "a table")
        return RecordPull()
    reading.known(where, table, ("path", "fields", *MAPPED))
    fields = table.get("fields", {})
    expected = {}
    for name, each in fields.items() if isinstance(fields, dict) else ():
        found = reading.section(Expected, f"{where[:-1]}.fields.{name}]", each, needed=("means",))
        if found:
            expected[name] = found
            if found.type not in JSON_TYPES and found.means != IGNORED:
                reading.fault(f"{where[:-1]}.fields.{name}] type", repr(found.type), f"one of {', '.join(JSON_TYPES)}")
    return RecordPull(str(table.get("path", "")), expected, {key: table[key] for key in MAPPED if key in table})


class _Reading:
    """Faults of one file, gathered."""

    def __init__(self, file: str) -> None:
        self.file, self.faults = file, list[Fault]()

    def fault(self, where: str, found: str, expected: str, remedy: str = "Correct it.") -> None:
        self.faults.append(Fault(f"{self.file}, {where}", found, expected, remedy))

    def known(self, where: str, table: Any, keys: Any) -> None:
        """Faults for keys that mean nothing."""
        for key in table if isinstance(table, dict) else ():
            if key not in keys:
                self.fault(f"{where} {key}".strip(), "an unknown key", f"one of {', '.join(keys)}", "Correct or delete it.")

    def keys(self, where: str, table: Mapping[str, Any], kinds: Mapping[str, type]) -> None:
        """`known`, and faults for values of another type."""
        self.known(where, table, kinds)
        for key, value in table.items():
            kind = kinds.get(key)
            number = kind is float and isinstance(value, int | float) and not isinstance(value, bool)
            if kind and not (number or type(value) is kind):
                self.fault(f"{where} {key}".strip(), repr(value), f"a {kind.__name__}")

    def section(self, kind: type[Section], where: str, table: Any, needed: tuple[str, ...] = ()) -> Section | None:
        """A dataclass from a table, whose keys are its fields; None where that cannot be."""
        if not isinstance(table, dict):
            self.fault(where, repr(table), "a table")
            return None
        before = len(self.faults)
        types = {"str": str, "int": int, "float": float, "bool": bool}
        fields = {each.name: types[str(each.type)] for each in dataclasses.fields(kind)}  # type: ignore[arg-type]
        self.keys(where, table, fields)
        for key in needed:
            if key not in table:
                self.fault(f"{where} {key}", "nothing", f"a {fields[key].__name__}", "Add the line.")
        for key, value in table.items() if len(self.faults) == before else ():
            if key in CHOICES and value not in CHOICES[key]:
                self.fault(f"{where} {key}", repr(value), f"one of {', '.join(CHOICES[key])}")
            elif key in LEAST and not LEAST[key] <= value <= MOST.get(key, float("inf")):
                self.fault(f"{where} {key}", repr(value), f"at least {LEAST[key]}" + (f", at most {MOST[key]}" if key in MOST else ""))
        return kind(**table) if len(self.faults) == before else None
