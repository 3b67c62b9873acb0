"""The factory in figures: speed against its targets, why firms are refused, where persons hesitate, how often policy was left."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from puhui.console.access import Request, page
from puhui.console.kept_reports import Kept, kept
from puhui.console.labels import STANDING, state
from puhui.console.report_files import report_file
from puhui.console.words import FACTS, product_name, word
from puhui.reports import tables
from puhui.reports.factory import factory as factory_report
from puhui.reports.titles import title

FORMS = ("csv", "xlsx", "json")
KEPT_SECONDS = 600


def _report(request: Request) -> Kept[tables.Report]:
    institution, day, language = request.institution, request.institution.business_date, get_language() or "en"
    return kept(("factory", institution.pk, day, language), lambda: factory_report(institution, day, language), KEPT_SECONDS)


@page("factory")
def factory(request: Request) -> HttpResponse:
    """The tables of the report, up to now."""
    told = _report(request)
    report = told.made
    context = {
        "made_at": told.made_at,
        "as_of": report.as_of,
        "tables": [_table(each) for each in report.tables],
        "notes": report.notes,
        "forms": list(FORMS),
    }
    return render(request, "console/factory.html", context)


def _table(table: tables.Table) -> dict[str, Any]:
    columns = [{"title": one.title, "is_text": one.kind in tables.LEFT} for one in table.columns]
    rows = [[_cell(column, value) for column, value in zip(table.columns, row, strict=True)] for row in table.rows]
    return {"title": table.title, "columns": columns, "rows": rows}


def _cell(column: tables.Column, value: Any) -> dict[str, Any]:
    text = tables.shown(value, column.kind)
    if column.name == "product":
        text = str(product_name(value))
    elif column.name == "channel":
        text = word(FACTS, value)
    cell = {"text": text, "is_text": column.kind in tables.LEFT, "state": None, "url": ""}
    if column.name == "standing":
        code = next(code for code in STANDING if title(f"standing_{code}", get_language() or "en") == value)
        cell["state"] = state(STANDING, code)
    if column.name == "application":
        cell["url"] = reverse("console:case", args=[value])
    return cell


@page("factory")
def factory_file(request: Request, form: str) -> HttpResponse:
    """The same figures as a file."""
    return report_file(lambda: _report(request).made, form, f"factory-{request.institution.business_date}", FORMS)
