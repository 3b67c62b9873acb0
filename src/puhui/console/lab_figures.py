"""A comparison as its page shows it: figures, charts drawn from the tables beside them, and the tables of the report."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.console.templatetags.figures import choose_unit, money, rate
from puhui.console.words import in_language
from puhui.products.strategy_models import Comparison
from puhui.reports import tables
from puhui.reports.lab_optimum import optimum_report
from puhui.reports.policy_lab import in_order, lab_report

__all__ = ["charts", "optimum_of", "report_of", "tables_of"]

TONES = ("grey", "accent", "amber", "late")


def report_of(row: Comparison) -> tables.Report:
    """The report of a comparison in the reader's language."""
    language = get_language() or "en"
    texts: Mapping[str, Any] = row.found.get("texts", {})

    def reason(code: str) -> str:
        return in_language(texts.get(code), language) or code

    day = datetime.date.fromisoformat(row.asked["business_date"])
    return lab_report(row.found, row.institution.name, day, language, row.asked.get("scenarios", {}), reason)


def optimum_of(row: Comparison) -> tables.Report:
    """The report of an optimum in the reader's language."""
    day = datetime.date.fromisoformat(row.asked["business_date"])
    return optimum_report(row.found, row.institution.name, day, get_language() or "en")


def tables_of(report: tables.Report) -> list[dict[str, Any]]:
    """Heads and cells; amounts in the unit of each column, which stands in its head."""
    return [_table(each) for each in report.tables]


def _table(table: tables.Table) -> dict[str, Any]:
    units = {place: choose_unit(row[place] for row in table.rows) for place, column in enumerate(table.columns) if column.kind == "fen"}
    heads = [
        {"title": _plain(column.title), "unit": units.get(place, ""), "is_text": column.kind in tables.LEFT}
        for place, column in enumerate(table.columns)
    ]
    rows = [
        [
            {"text": _cell(value, column.kind, units.get(place, "")), "is_text": column.kind in tables.LEFT}
            for place, (value, column) in enumerate(zip(row, table.columns, strict=True))
        ]
        for row in table.rows
    ]
    return {"name": table.name, "title": table.title, "heads": heads, "rows": rows}


def _plain(title: str) -> str:
    """A title without the unit that the report puts in brackets: pages choose the unit themselves."""
    return title.removesuffix(" (yuan)").removesuffix("（元）")


def _cell(value: Any, kind: tables.Kind, unit: str) -> str:
    if kind == "fen":
        return str(money(value, unit))
    return str(rate(value)) if kind == "ppm" and value is not None else tables.shown(value, kind)


def charts(row: Comparison) -> list[dict[str, Any]]:
    """Profit by threshold, profit by month, profit in each scenario: a line or bar for each policy."""
    found = in_order(row.found)
    labels = list(found["figures"])
    made = []
    if found.get("frontier"):
        points = found["frontier"]["points"]
        at = {(each["strategy"], each["value"]): each for each in points}
        mine = [label for label in labels if any(label == each["strategy"] for each in points)]
        values = sorted({each["value"] for each in points})
        rows = [{"label": f"{value:g}", "values": [at[label, value]["expected_profit_fen"] for label in mine]} for value in values]
        made.append(_chart(_("Profit expected as the threshold moves"), found["frontier"]["threshold"], "bars", mine, rows, "bar"))
        best = sorted({(int(each["expected_loss_fen"]), int(each["expected_profit_fen"])) for each in points if each["efficient"]})
        rows = [{"label": str(money(loss_fen, "yuan")), "values": [profit_fen]} for loss_fen, profit_fen in best]
        title = _("Efficient frontier: profit expected by loss expected, yuan")
        made.append(_chart(title, _("Loss expected"), "bars", [_("profit")], rows, "line"))
    if found.get("months"):
        months = sorted({each["month"] for rows in found["months"].values() for each in rows})
        profit = {(label, each["month"]): each["expected_profit_fen"] for label in labels for each in found["months"][label]}
        rows = [{"label": month, "values": [profit.get((label, month)) for label in labels]} for month in months]
        made.append(_chart(_("Profit expected by month of decision"), _("Month"), "bars", labels, rows, "bar"))
    if found.get("stress"):
        names = {code: in_language(each, get_language() or "en") or code for code, each in row.asked.get("scenarios", {}).items()}
        rows = [{"label": _("as it is"), "values": [found["figures"][label]["expected_profit_fen"] for label in labels]}]
        for code in dict.fromkeys(each["scenario"] for each in found["stress"]):
            by = {each["strategy"]: each["expected_profit_fen"] for each in found["stress"] if each["scenario"] == code}
            rows.append({"label": names.get(code, code), "values": [by[label] for label in labels]})
        made.append(_chart(_("Profit expected under stress"), _("Scenario"), "bars", labels, rows, "bar"))
    return made


def _chart(title: str, category: str, kind: str, labels: list[str], rows: list[dict[str, Any]], drawn: str) -> dict[str, Any]:
    series = [{"label": label, "kind": drawn, "tone": TONES[place % len(TONES)]} for place, label in enumerate(labels)]
    if len(labels) == 1:
        series[0]["tone"] = "accent"
    unit = choose_unit((value for row in rows for value in row["values"]), chart=True)
    return {"title": title, "category": category, "kind": kind, "series": series, "rows": rows, "unit": unit}
