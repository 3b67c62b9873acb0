"""The portfolio: how is the book, and what changed? The same report as on the command line, drawn."""

from __future__ import annotations

import datetime
import re
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.console.access import Request, page
from puhui.console.forms import day as day_of
from puhui.console.kept_reports import Kept, kept
from puhui.console.score_alarms import alarm_count
from puhui.console.templatetags.figures import choose_unit, money, number, rate, share, unit_name, with_unit
from puhui.console.words import BUCKETS, product_name, word
from puhui.loans.margins import BookMargin, margins_of_book
from puhui.reports.queries import report
from puhui.reports.tables import Column, Report, Table
from puhui.reports.tables import render as written

FILES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
#: figure of the summary that turns the tone to late when above nought
LATE = {"overdue_balance", "overdue_30", "overdue_90"}
LEFT_OUT = {"lent", "repaid", "penalty_income", "firms", "decisions", "approved_share"}
BUCKET_TONES = ("watch", "amber", "late", "dark", "darker", "darkest", "darkest")


KEPT_SECONDS = 3600


def _report(request: Request) -> Kept[tuple[Report, list[BookMargin]]]:
    """The report of the day that was asked for, at most the last that is ended, and the margins of today's book."""
    institution, language = request.institution, get_language() or "en"
    last_ended = institution.business_date - datetime.timedelta(days=1)
    as_of = min(day_of(request.GET.get("as_of", ""), last_ended), last_ended)

    def made() -> tuple[Report, list[BookMargin]]:
        return report("portfolio", institution, as_of, language), margins_of_book(institution, institution.business_date)

    return kept(("portfolio", institution.pk, institution.business_date, as_of, language), made, KEPT_SECONDS)


@page("portfolio")
def portfolio(request: Request) -> HttpResponse:
    """Figures, charts with their tables, and the book by days past due and by class."""
    told = _report(request)
    found, rows = told.made
    context: dict[str, Any] = {"as_of": found.as_of, "made_at": told.made_at, "score_alarms": alarm_count(request)}
    summary = found.table("summary")
    if summary.records()[0]["loans"]:
        context |= {
            "figures": _figures(summary, found.table("months")),
            "charts": _charts(found.table("months")),
            "tables": [_table(found.table(name)) for name in ("buckets", "classes")],
        }
        context |= {
            "margins": [(product_name(row.product_code), row) for row in rows],
            "margin_unit": choose_unit(row.principal_fen for row in rows), "margin_fen": sum(row.yearly_fen for row in rows),
        }  # fmt: skip
    return render(request, "console/portfolio.html", context)


@page("portfolio")
def portfolio_file(request: Request, form: str) -> HttpResponse:
    """The report as a file."""
    if form not in FILES:
        raise Http404
    found, _margins = _report(request).made
    response = HttpResponse(written(found, form), content_type=FILES[form])
    response["Content-Disposition"] = f'attachment; filename="portfolio-{found.as_of}.{form}"'
    return response


def shown(value: Any, kind: str, unit: str) -> str:
    """A value of a report as pages write it, amounts in the table's unit."""
    if kind == "fen":
        return money(value, unit)
    return {"ppm": rate, "share": share, "count": number, "hours": lambda hours: number(hours, 2)}.get(kind, str)(value)


def _plain(title: str) -> str:
    """A title without the unit that the report puts in brackets: pages choose the unit themselves."""
    return re.sub(r"\s*[（(][^（()）]*[）)]$", "", title)


def _cell(value: Any, column: Column, unit: str) -> str:
    return word(BUCKETS, str(value)) if column.name == "bucket" else shown(value, column.kind, unit)


def _figures(summary: Table, months: Table) -> list[dict[str, Any]]:
    values = summary.records()[0]
    unit = choose_unit(values[column.name] for column in summary.columns if column.kind == "fen")
    balances = [row["balance_fen"] for row in months.records()]
    return [
        {
            "label": _plain(column.title) if column.kind == "fen" else column.title,
            "value": shown(values[column.name], column.kind, unit),
            "unit": unit_name(unit) if column.kind == "fen" else "",
            "tone": "text-late" if column.name in LATE and values[column.name] else "",
            "trend": balances if column.name == "balance" else (),
            "note": share(values[column.name] / values["balance"]) if column.name in LATE and values["balance"] else "",
        }
        for column in summary.columns
        if column.name not in LEFT_OUT
    ]


def _charts(months: Table) -> list[dict[str, Any]]:
    records = months.records()
    buckets = [column for column in months.columns if column.name.endswith("_fen") and column.name != "balance_fen"]
    late = [column for column in buckets[1:] if any(record[column.name] for record in records)] or buckets[1:2]
    balance = [{"label": record["date"], "values": [record["balance_fen"]]} for record in records]
    overdue = [{"label": record["date"], "values": [record[column.name] for column in late]} for record in records]
    title = _plain(next(column.title for column in months.columns if column.name == "balance_fen"))
    return [
        {
            "title": _("Balance at month's end"),
            "kind": "bars",
            "rows": balance,
            "category": months.columns[0].title,
            "series": [{"label": title, "kind": "bar", "tone": "accent"}],
            "unit": _unit(balance),
        },
        {
            "title": _("Balance past due, by days"),
            "kind": "stacked",
            "rows": overdue,
            "category": months.columns[0].title,
            "series": [
                {"label": word(BUCKETS, column.name.removesuffix("_fen")), "kind": "bar", "tone": tone}
                for column, tone in zip(late, _tones(late, buckets), strict=True)
            ],
            "unit": _unit(overdue),
        },
    ]


def _tones(late: list[Column], buckets: list[Column]) -> list[str]:
    """A bucket keeps its tone whichever others are shown: the later, the darker."""
    return [BUCKET_TONES[min(buckets.index(column) - 1, len(BUCKET_TONES) - 1)] for column in late]


def _unit(rows: list[dict[str, Any]]) -> str:
    return choose_unit((value for row in rows for value in row["values"]), chart=True)


def _table(table: Table) -> dict[str, Any]:
    unit = choose_unit(value for row in table.rows for value, column in zip(row, table.columns, strict=True) if column.kind == "fen")
    heads = [with_unit(_plain(column.title), unit) if column.kind == "fen" else column.title for column in table.columns]
    rows = [[_cell(value, column, unit) for value, column in zip(row, table.columns, strict=True)] for row in table.rows]
    return {"title": table.title, "heads": heads, "rows": rows}
