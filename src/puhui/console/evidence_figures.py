"""What the pages on a firm's evidence show: classes with their freshness and trust, cross-checks with their words, events."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from django.utils.translation import gettext as _

from puhui.console.decision_figures import language, variable_title, variable_value
from puhui.console.labels import CHECK, FRESHNESS, TRUST
from puhui.evidence.layouts import EvidenceClass, Field, Layout, classes, layout, layouts
from puhui.evidence.statements.checks import line_title
from puhui.features import registry
from puhui.features.cross_checks import checks_on, outcomes, trust_grades

#: records that tell of something that happened, for the timeline, with the field that says what
EVENTS = {
    "registration_change": "item", "penalty": "kind", "court_case": "cause", "enforcement": "case_number", "court_measure": "kind",
    "list_entry": "list", "honour": "name", "tax_arrear": "tax", "procurement_award": "buyer", "movable_registration": "kind",
}  # fmt: skip
EVENTS_SHOWN = 30
INVOICE = "invoice"


def title_of(titles: Mapping[str, str]) -> str:
    """A title in the reader's language."""
    return titles.get(language()) or titles["en"]


def record_title(record: str) -> str:
    return _("Invoices") if record == INVOICE else title_of(layout(record).title)


def class_rows(
    known: Sequence[Mapping[str, Any]], open_classes: Collection[str], grades: Mapping[str, str], day: datetime.date
) -> list[dict[str, Any]]:
    """Each class of evidence in its order: its kinds of record with counts and days, freshness, trust, and whether it may be looked at."""
    by_class: dict[str, list[Mapping[str, Any]]] = {}
    for row in known:
        by_class.setdefault(row["evidence_class"], []).append(row)
    return [
        _class_row(each, by_class.get(each.code, []), each.code in open_classes, grades.get(each.code), day) for each in classes().values()
    ]


def _class_row(
    evidence_class: EvidenceClass, known: Sequence[Mapping[str, Any]], is_open: bool, grade: str | None, day: datetime.date
) -> dict[str, Any]:
    newest = max((row["last"] for row in known), default=None)
    if not is_open:
        fresh = FRESHNESS["closed"]
    elif newest is None:
        fresh = FRESHNESS["nothing"]
    else:
        fresh = FRESHNESS["fresh" if (day - newest).days <= evidence_class.fresh_days else "stale"]
    return {
        "code": evidence_class.code,
        "title": title_of(evidence_class.title),
        "provider": evidence_class.provider,
        "freshness": fresh,
        "newest": newest,
        "trust": TRUST[grade] if grade and is_open else None,
        "records": [{**row, "title": record_title(row["record"])} for row in known] if is_open else [],
    }


def found_checks(
    firm_id: int, values: Mapping[str, Any], industry: str, day: datetime.date, peers: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Outcomes of all cross-checks of one firm, from the values of a snapshot; `peers` as `cross_checks.outcomes` takes them."""
    named = {row["variable"] for row in checks_on(day)} | {row["explained_by"] for row in checks_on(day) if row.get("explained_by")}
    profile = pl.DataFrame(
        [{"firm_id": firm_id, **{name: values.get(name) for name in sorted(named)}}],
        schema={"firm_id": pl.Int64, **dict.fromkeys(sorted(named), pl.Float64)},
    )
    return outcomes(profile, day, {firm_id: industry}, peers=peers)


def grades_of(found: pl.DataFrame, firm_id: int, held: Iterable[str]) -> dict[str, str]:
    """Class → its trust grade."""
    return dict(trust_grades(found, {firm_id: tuple(held)}).select("evidence_class", "grade").iter_rows())


def check_rows(found: pl.DataFrame, day: datetime.date) -> list[dict[str, Any]]:
    """Cross-checks as the page shows them, what a person must look at first."""
    suffix = {"en": "en", "zh-hans": "zh_hans", "zh-hant": "zh_hant"}[language()]
    words = {row["code"]: row for row in checks_on(day)}
    order = {"stop": 0, "refer": 1, "explain": 2, "pass": 3, "unknown": 4}
    rows = []
    for each in sorted(found.iter_rows(named=True), key=lambda row: (order[row["outcome"]], row["code"])):
        text = words[each["code"]]
        rows.append(
            {
                "code": each["code"],
                "name": text[f"name_{suffix}"],
                "state": CHECK[each["outcome"]],
                "value": variable_value(each["variable"], each["value"]) if each["value"] is not None else None,
                "variable": each["variable"],
                "variable_title": variable_title(each["variable"]) if _declared(each["variable"]) else each["variable"],
                "bounds": _bounds(each),
                "gap": text[f"gap_{suffix}"] if each["outcome"] not in ("pass", "unknown") else "",
                "innocent": text[f"innocent_{suffix}"] if each["outcome"] not in ("pass", "unknown") else "",
                "explained": each["explained"],
                "records": _records_behind(each["variable"]),
            }
        )
    return rows


def _declared(name: str) -> bool:
    try:
        registry.variable(name)
    except KeyError:
        return False
    return True


def _bounds(row: Mapping[str, Any]) -> str:
    least, most = (None if row[side] is None else variable_value(row["variable"], row[side]) for side in ("least", "most"))
    if least is not None and most is not None:
        return f"{least} … {most}"
    return f"≥ {least}" if least is not None else f"≤ {most}"


def _records_behind(variable: str) -> list[dict[str, str]]:
    """The kinds of record that the module of a variable reads, to be opened."""
    for module in registry.modules():
        if any(each.name == variable for each in module.variables):
            return [{"record": name, "title": record_title(name)} for name in module.records if name != "counterparty"]
    return []


def event_rows(frames: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """What happened to the firm as its evidence tells it, the newest first."""
    rows = []
    for record, frame in frames.items():
        form, what = layout(record), EVENTS[record]
        for each in frame.select("observed_on", what).iter_rows(named=True):
            rows.append(
                {"day": each["observed_on"], "title": title_of(form.title), "what": _word(form.fields[what], each[what]), "record": record}
            )
    return sorted(rows, key=lambda row: row["day"], reverse=True)[:EVENTS_SHOWN]


def _word(field: Field, value: Any) -> str:
    """A canonical value in the words of its source where the reader reads Chinese."""
    if field.type != "word" or value is None:
        return str(value or "")
    if language() == "en":
        return str(value).replace("_", " ")
    return next((word for word in field.words.get(value, ()) if not word.isascii()), str(value))


def columns_of(form: Layout) -> list[dict[str, Any]]:
    """The fields of a record as columns: heading in the reader's language, and whether they are figures."""
    chinese = language() != "en"
    columns = []
    for name, field in form.fields.items():
        heading = next((each for each in field.headings if each.isascii() != chinese), name.replace("_", " "))
        columns.append(
            {"name": name, "heading": heading, "figure": field.type in ("amount", "whole", "number", "share"), "type": field.type}
        )
    return columns


def cell_rows(frame: pl.DataFrame, form: Layout) -> list[dict[str, Any]]:
    """Rows of a record as text cells beside their day and when they became known."""
    columns = columns_of(form)
    rows = []
    for each in frame.iter_rows(named=True):
        cells = [
            {"text": _cell(form.fields[column["name"]], _named(each, column["name"])), "figure": column["figure"]} for column in columns
        ]
        rows.append({"record_id": each["record_id"], "observed_on": each["observed_on"], "known_at": each["known_at"], "cells": cells})
    return rows


def _named(row: Mapping[str, Any], name: str) -> Any:
    """A value as it stands; the line of a statement by its title."""
    return line_title(row["statement"], row["line"], language()) if name == "line" and "statement" in row else row[name]


def _cell(field: Field, value: Any) -> str:
    if value is None:
        return "–"
    if field.type == "amount":
        return f"{value / 100:,.2f}".replace("-", "−")
    if field.type == "share":
        return f"{value * 100:.2f}%"
    if field.type == "whole":
        return f"{value:,}".replace("-", "−") if not field.name.endswith("year") else str(value)
    if field.type == "number":
        return f"{value:,.2f}".replace("-", "−")
    if field.type == "month":
        return f"{value:%Y-%m}"
    if field.type == "flag":
        return _("yes") if value else _("no")
    return _word(field, value)


def importable() -> list[dict[str, str]]:
    """Every kind of record that can be imported, for the form: value `C06 tax_return`, label."""
    rows = [{"value": "C07 invoice", "label": f"C07 {_('Invoices')}"}]
    rows += [
        {"value": f"{each.evidence_class} {each.record}", "label": f"{each.evidence_class} {title_of(each.title)}"} for each in layouts()
    ]
    return sorted(rows, key=lambda row: row["label"])
