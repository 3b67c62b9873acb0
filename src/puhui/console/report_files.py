"""A report as a file that the browser keeps."""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.http import Http404, HttpResponse

from puhui.reports import tables

__all__ = ["TYPES", "report_file"]

TYPES = {
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


def report_file(make: Callable[[], tables.Report], form: str, name: str, forms: Collection[str] = tuple(TYPES)) -> HttpResponse:
    """The report under `name` and the ending of its form. Raises Http404, and makes no report, for a form that is none of `forms`."""
    if form not in forms:
        raise Http404
    response = HttpResponse(tables.render(make(), form), content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response
