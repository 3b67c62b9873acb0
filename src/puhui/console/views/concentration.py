"""Where the book stands by industry and region, beside the limits that decisions keep to."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from puhui.console.access import Request, page
from puhui.console.report_files import report_file
from puhui.reports import tables
from puhui.reports.concentration import concentration as concentration_report

FORMS = ("csv", "xlsx", "json")
NEAR = 0.8
"""The share of a limit from which on a row is told in the tone of a warning."""


def _report(request: Request) -> tables.Report:
    return concentration_report(request.institution, request.institution.business_date, get_language() or "en")


@page("portfolio")
def concentration(request: Request) -> HttpResponse:
    """The tables of the report, as they are now."""
    found = _report(request)
    context = {"as_of": found.as_of, "tables": [_table(each) for each in found.tables], "notes": found.notes, "forms": list(FORMS)}
    return render(request, "console/concentration.html", context)


def _table(table: tables.Table) -> dict[str, Any]:
    columns = [{"title": one.title, "is_text": one.kind in tables.LEFT} for one in table.columns]
    place = next(number for number, one in enumerate(table.columns) if one.name == "share_of_limit")
    rows = [
        {
            "cells": [
                (tables.shown(value, column.kind), column.kind in tables.LEFT) for column, value in zip(table.columns, row, strict=True)
            ],
            "tone": "late" if (row[place] or 0) >= 1 else "watch" if (row[place] or 0) >= NEAR else "",
        }
        for row in table.rows
    ]
    return {"title": table.title, "columns": columns, "rows": rows, "marked": place}


@page("portfolio")
def concentration_file(request: Request, form: str) -> HttpResponse:
    """The same figures as a file."""
    return report_file(lambda: _report(request), form, f"concentration-{request.institution.business_date}", FORMS)
