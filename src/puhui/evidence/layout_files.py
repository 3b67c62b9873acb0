"""Layout files read strictly: everything that is wrong with one is said at once, with the key that is wrong.

Whoever writes a layout is a person who knows a register, not this code. A misspelt key that was passed over would lose a column.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence.codes import table_exists
from puhui.evidence.layouts import FILE_NAME, FRAME_HEAD, KINDS, NUMERIC, EvidenceClass, Field, Layout, Side, classes
from puhui.evidence.reading.mapping import KnownAt
from puhui.evidence.reading.words import common, plain

LANGUAGES = ("en", "zh-hans", "zh-hant")
LONGEST_TEXT = 200
LONGEST_CODE = 64
NAME = re.compile(r"^[a-z][a-z0-9_]*$")
# Names of columns that every frame of records has beside its fields, and of those the readers add.
RESERVED = {*FRAME_HEAD, "firm", "firm_name", "row", "known_at_assumed", "content_key", "identity_key", "occurrence", "duplicate"}
TOP: dict[str, type] = {
    "class": str, "record": str, "source": str, "verified": bool, "identity": list, "observed": str, "earliest": dt.date, "future": bool,
    "series": bool, "repeats_left_out": bool, "title": dict, "known_at": dict, "fields": dict,
    "sides": dict, "totals": list, "above": dict, "notices": bool, "firm": dict, "holder": list,
}  # fmt: skip
TOP_NEEDED = ("class", "record", "source", "verified", "identity", "observed", "title", "fields")
FIELD: dict[str, type] = {"type": str, "needed": bool, "headings": list, "personal": bool, "or_from": str, "either": bool}
BY_TYPE: dict[str, dict[str, type]] = {
    "text": {"longest": int, "joined": bool},
    "word": {"words": dict},
    "code": {"longest": int, "table": str},
    "amount": {"least_fen": int, "most_fen": int},
    **{kind: {"least": float, "most": float} for kind in ("number", "whole", "share")},
}
CLASS_KEYS: dict[str, type] = {
    "title": dict, "provider": str, "refresh": str, "legal_basis": str, "consent": str, "fresh_days": int, "keep_days": int,
}  # fmt: skip
CONSENTS = ("public", "firm", "written")


class _Checking:
    """Faults of one file, gathered."""

    def __init__(self, file: str) -> None:
        self.file, self.faults = file, list[Fault]()

    def fault(self, where: str, found: object, expected: str, remedy: str = "Correct it.") -> None:
        self.faults.append(Fault(f"{self.file}, {where}", str(found), expected, remedy))

    def keys(self, where: str, table: Mapping[str, Any], known: Mapping[str, type], needed: Iterable[str] = ()) -> None:
        """Unknown keys, values of another type, and keys that are missing."""
        for key, value in table.items():
            place = f"{where}{key}"
            if key not in known:
                self.fault(place, "an unknown key", f"one of {', '.join(known)}", "Correct or delete it.")
            elif not _is(value, known[key]):
                self.fault(place, repr(value), f"a {known[key].__name__}")
        for key in needed:
            if key not in table:
                self.fault(f"{where}{key}", "nothing", f"a {known[key].__name__}", "Add the line.")

    def titles(self, where: str, title: object) -> None:
        if (
            not isinstance(title, dict)
            or set(title) != set(LANGUAGES)
            or not all(isinstance(each, str) and each for each in title.values())
        ):
            self.fault(where, title, f"a text for each of {', '.join(LANGUAGES)}", "Add the missing languages.")


def _is(value: object, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is dt.date:
        return isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return isinstance(value, kind)


def read_layout(document: dict[str, Any], file: str) -> Layout:
    """The layout of a parsed file. Raises `FaultsError` with everything that is wrong with it."""
    check = _Checking(file)
    check.keys("", document, TOP, TOP_NEEDED)
    _check_name(check, document, file)
    fields = document.get("fields", {}) if isinstance(document.get("fields"), dict) else {}
    for name, table in fields.items():
        _check_field(check, name, table)
    _check_sides(check, document.get("sides", {}), fields)
    _check_above(check, document, fields)
    _check_headings(check, {**fields, **_side_columns(document.get("sides", {}))})
    if isinstance(document.get("firm"), dict):
        check.keys("[firm] ", document["firm"], {"names": list, "codes": list})
    check.titles("[title]", document.get("title"))
    _check_roles(check, document, fields)
    known = document.get("known_at", {})
    _check_known_at(check, known)
    if check.faults:
        raise FaultsError(check.faults)
    return Layout(
        document["class"],
        document["record"],
        document["source"],
        document["verified"],
        document["title"],
        tuple(document["identity"]),
        document["observed"],
        document.get("earliest", common()["earliest"]),
        document.get("future", False),
        document.get("series", False),
        document.get("repeats_left_out", False),
        KnownAt(known.get("from", "now"), known.get("lag_days", 0)),
        {name: _field(name, table) for name, table in fields.items()},
        document.get("sides", {}).get("direction", ""),
        tuple(_side(name, table) for name, table in document.get("sides", {}).items() if name != "direction"),
        tuple(document.get("totals", ())),
        {name: tuple(labels) for name, labels in document.get("above", {}).items()},
        document.get("notices", False),
        tuple(document.get("holder", ())),
        {"firm": tuple(document.get("firm", {}).get("codes", ())), "firm_name": tuple(document.get("firm", {}).get("names", ()))},
    )


def _side(name: str, table: dict[str, Any]) -> Side:
    stem = name.removesuffix("_fen")
    return Side(name, f"{stem}_in", f"{stem}_out", tuple(table["in"]), tuple(table["out"]))


def _side_columns(sides: object) -> dict[str, Any]:
    """The two columns of each field as if they were fields, so that no heading means two things."""
    tables = {name: table for name, table in sides.items() if isinstance(table, dict)} if isinstance(sides, dict) else {}
    return {f"{name}, {side}": {"headings": table.get(side, [])} for name, table in tables.items() for side in ("in", "out")}


def _check_sides(check: _Checking, sides: object, fields: dict[str, Any]) -> None:
    """`[sides]` names a field of the words in and out, and tables of headings for fields that are there."""
    if not isinstance(sides, dict) or not sides:
        return
    words = fields.get(str(sides.get("direction")), {}).get("words", {})
    if set(words) != {"in", "out"}:
        check.fault("[sides] direction", sides.get("direction"), "a field of type word with the words in and out")
    for name, table in sides.items():
        if name == "direction":
            continue
        where = f"[sides.{name}] "
        if name not in fields:
            check.fault(where.strip(), name, f"one of {', '.join(fields)}")
        if not isinstance(table, dict):
            check.fault(where.strip(), repr(table), "a table with in and out")
            continue
        check.keys(where, table, {"in": list, "out": list}, ("in", "out"))


def _check_above(check: _Checking, document: dict[str, Any], fields: dict[str, Any]) -> None:
    """Labels above the table belong to fields, and a field is read from another one's column only where that field is there."""
    above = document.get("above", {})
    for name, labels in above.items() if isinstance(above, dict) else ():
        if name not in fields or not isinstance(labels, list) or not all(isinstance(each, str) for each in labels):
            check.fault(f"[above] {name}", labels, f"labels of one of {', '.join(fields)}")
    for name, table in fields.items():
        other = table.get("or_from") if isinstance(table, dict) else None
        if other is not None and other not in fields:
            check.fault(f"[fields.{name}] or_from", other, f"one of {', '.join(fields)}")


def _check_name(check: _Checking, document: dict[str, Any], file: str) -> None:
    match = FILE_NAME.match(file)
    named = (document.get("class"), document.get("record"))
    if not match or named != (match["evidence_class"], match["record"].replace("-", "_")):
        check.fault("class, record", named, "what the name of the file says: <CLASS>-<record-with-hyphens>.toml")
    if document.get("class") not in classes():
        check.fault("class", document.get("class"), f"one of {', '.join(classes())}, the classes of classes.toml")


def _check_field(check: _Checking, name: str, table: object) -> None:
    where = f"[fields.{name}] "
    if not NAME.match(name) or name in RESERVED:
        check.fault(where.strip(), name, "a name of small letters, digits and underscores that no column of every record has")
    if not isinstance(table, dict):
        check.fault(where.strip(), repr(table), "a table with type and headings")
        return
    kind = table.get("type")
    if kind not in KINDS:
        check.fault(f"{where}type", kind, f"one of {', '.join(KINDS)}")
        return
    check.keys(where, table, FIELD | BY_TYPE.get(kind, {}), ("type", "headings", *(("words",) if kind == "word" else ())))
    if (kind == "amount") != name.endswith("_fen"):
        check.fault(where.strip(), f"type {kind}", "a name that ends in _fen for an amount, and for nothing else")
    headings = table.get("headings", [])
    if isinstance(headings, list) and not (headings and all(isinstance(each, str) and plain(each) for each in headings)):
        check.fault(f"{where}headings", headings, "at least one heading, each a text")
    if kind == "word" and isinstance(table.get("words"), dict):
        _check_words(check, where, table["words"])
    if table.get("table") and not table_exists(str(table["table"])):
        check.fault(f"{where}table", table["table"], "the name of a file in catalogue/codes")
    least, most = (table.get(f"{bound}{'_fen' if kind == 'amount' else ''}") for bound in ("least", "most"))
    if least is not None and most is not None and least > most:
        check.fault(f"{where}least", least, f"at most {most}")


def _check_words(check: _Checking, where: str, words: dict[str, Any]) -> None:
    meanings: dict[str, str] = {}
    for meaning, spelled in words.items():
        if not isinstance(spelled, list) or not spelled or not all(isinstance(each, str) for each in spelled):
            check.fault(f"{where}words.{meaning}", spelled, "a list of words")
            continue
        for word in spelled:
            if meanings.setdefault(plain(word), meaning) != meaning:
                check.fault(f"{where}words.{meaning}", word, f"a word that does not mean {meanings[plain(word)]!r} as well")


def _check_headings(check: _Checking, fields: dict[str, Any]) -> None:
    """No heading may mean two fields."""
    owners: dict[str, str] = {}
    for name, table in fields.items():
        headings = table.get("headings", []) if isinstance(table, dict) else []
        for heading in headings if isinstance(headings, list) else []:
            if isinstance(heading, str) and owners.setdefault(plain(heading), name) != name:
                check.fault(f"[fields.{name}] headings", heading, f"a heading that is not one of {owners[plain(heading)]}'s as well")


def _check_roles(check: _Checking, document: dict[str, Any], fields: dict[str, Any]) -> None:
    """`identity` and `observed` name fields that are there and fit."""
    identity = document.get("identity", []) if isinstance(document.get("identity"), list) else []
    for name in identity:
        if name not in fields:
            check.fault("identity", name, f"fields of this layout: {', '.join(fields)}")
    observed = document.get("observed")
    table = fields.get(observed, {}) if isinstance(observed, str) else {}
    if not isinstance(table, dict) or table.get("type") not in ("date", "month") or not table.get("needed"):
        check.fault("observed", observed, "a field of type date or month with needed = true")
    if document.get("series") is True:
        if observed not in identity:
            check.fault("identity", identity, f"the day of the reading, {observed}, among the fields that name it (series = true)")
        measured = [name for name, each in fields.items() if name not in identity and isinstance(each, dict)]
        wrong = [name for name in measured if fields[name].get("type") not in NUMERIC]
        if wrong or not measured:
            found = ", ".join(wrong) or "nothing measured"
            check.fault("fields", found, f"measured fields of the types {', '.join(NUMERIC)} (series = true)")
        if isinstance(table, dict) and table.get("type") == "month":
            check.fault("observed", observed, "a date: a time series holds days (series = true)")


def _check_known_at(check: _Checking, known: object) -> None:
    if not isinstance(known, dict):
        check.fault("[known_at]", repr(known), "a table with from and lag_days")
        return
    check.keys("[known_at] ", known, {"from": str, "lag_days": int})
    if known.get("from", "now") not in ("now", "column", "observed"):
        check.fault("[known_at] from", known["from"], "now, column or observed")
    if isinstance(known.get("lag_days", 0), int) and known.get("lag_days", 0) < 0:
        check.fault("[known_at] lag_days", known["lag_days"], "a number of days not below 0")


def _field(name: str, table: dict[str, Any]) -> Field:
    kind = table["type"]
    end = "_fen" if kind == "amount" else ""
    return Field(
        name,
        kind,
        table.get("needed", False),
        tuple(table["headings"]),
        {meaning: tuple(words) for meaning, words in table.get("words", {}).items()},
        table.get("longest", LONGEST_CODE if kind == "code" else LONGEST_TEXT),
        table.get(f"least{end}"),
        table.get(f"most{end}"),
        table.get("table", ""),
        table.get("personal", False),
        table.get("joined", False),
        table.get("or_from", ""),
        table.get("either", False),
    )


def read_classes(document: dict[str, Any], file: str) -> Mapping[str, EvidenceClass]:
    """The classes of a parsed file. Raises `FaultsError` with everything that is wrong with it."""
    check = _Checking(file)
    tables = {code: table for code, table in document.items() if isinstance(table, dict)}
    for code, table in tables.items():
        check.keys(f"[{code}] ", table, CLASS_KEYS, CLASS_KEYS)
        check.titles(f"[{code}] title", table.get("title"))
        if table.get("consent") not in CONSENTS:
            check.fault(f"[{code}] consent", table.get("consent"), f"one of {', '.join(CONSENTS)}")
    if check.faults:
        raise FaultsError(check.faults)
    return {code: EvidenceClass(code, **table) for code, table in tables.items()}
