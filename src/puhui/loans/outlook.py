"""What the end of a day finds to do, told by one look before its steps.

On most nights most steps have nothing to do, on a small book often all of them. Finding that out step by step takes several statements
and a commit each; here one statement tells it of all. The answer is good until a step has changed something, and asked for again then. A
step that is told to have nothing to do is not run, and is recorded with the night's interest. What a clerk brings about between the look
and the night is found by the next one, as what came after the step always was.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg import Cursor
from psycopg.rows import dict_row

from puhui.books.chart import chart
from puhui.calculations.classification import CLASSES
from puhui.calculations.classification_articles import is_non_performing
from puhui.loans.class_facts import NOT_CLASSIFIED, rules_on
from puhui.loans.classifying import CANDIDATES
from puhui.loans.lines import undrawn_booked_fen
from puhui.loans.repricing import RUNNING
from puhui.parties.models import Institution
from puhui.products.parameters import table

__all__ = ["Outlook", "end_of_day", "look", "notice_days"]

# Of steps that find nothing to do.
NOTHING: dict[str, dict[str, Any]] = {
    "lines": {"expired": 0, "commitments_fen": 0},
    "settle": {"loans": 0, "amount_fen": 0, "refused": []},
    "falls_due": {"loans": 0, "set_aside": 0},
    "collect": {"loans": 0, "set_aside": 0, "amount_fen": 0},
    "reprice": {"loans": 0, "set_aside": 0},
    "classify": {"looked_at": 0, "changed": 0, "contagion": 0},
    "notices": {"fall_due": 0, "overdue": 0},
    "escalate": {"escalated": 0},
}


@dataclass(frozen=True)
class Outlook:
    """What is to do: names of steps, and besides them `accounts` to open, `offers` that run out, `versions` of many loans to add up."""

    waiting: frozenset[str]
    asked: frozenset[str]

    def is_quiet(self, step: str) -> bool:
        """Whether a step has nothing to do; steps of which no look can tell, or none was asked, are never quiet."""
        return step in NOTHING and step in self.asked and step not in self.waiting


def look(institution: Institution, day: date, asked: Iterable[str]) -> Outlook:
    """What the end of the open day `day` would do now, of the steps `asked` and besides: `offers`, `versions`, and `accounts` if asked."""
    asked = frozenset(asked)
    rules, notices = rules_on(day), notice_days(day)
    values: dict[str, Any] = {
        "institution": institution.pk,
        "day": day,
        "asked": list(asked),
        "is_month_end": day.day == calendar.monthrange(day.year, day.month)[1],
        "codes": list(chart(institution.kind, day).accounts),
        "undrawn_booked_fen": undrawn_booked_fen(institution, day) if "lines" in asked else 0,
        "debits": f"%:debit:{day}",
        "running": list(RUNNING),
        "not_classified": list(NOT_CLASSIFIED),
        "non_performing": [each for each in CLASSES if is_non_performing(each)],
        "end_of_day": end_of_day(day),
        "retail_else": rules.retail_else,
        "non_retail_products": list(rules.non_retail_products),
        **notices,
    }
    row = _prepared(values)
    return Outlook(frozenset(name for name, is_waiting in row.items() if is_waiting), asked)


def _prepared(values: dict[str, Any]) -> dict[str, Any]:
    """The row of the look, through a statement that the connection keeps: its plan over all partitions takes longer than its work."""
    connection.ensure_connection()
    with Cursor(connection.connection, row_factory=dict_row) as cursor:
        cursor.connection.prepare_threshold = 0  # Django's connections prepare nothing
        try:
            return cursor.execute(_text(), values, prepare=True).fetchone() or {}
        finally:
            cursor.connection.prepare_threshold = None


def notice_days(day: date) -> dict[str, list[date]]:
    """Due dates of which borrowers are told on `day` (`falls_due`), and first days of arrears (`overdue`), by the table `notice-days`."""
    days = [(row["notice"], timedelta(days=int(row["days"]))) for row in table("notice-days", settings.PUHUI_CATALOGUE).valid_on(day)]
    return {
        "falls_due": [day + span for notice, span in days if notice == "falls_due"],
        "overdue": [day - span for notice, span in days if notice == "overdue"],
    }


def end_of_day(day: date) -> datetime:
    """The moment at which a business day is over."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


@cache
def _text() -> str:
    text = files("puhui.loans").joinpath("sql/outlook.sql").read_text(encoding="utf-8")
    return text.replace("{class_candidates}", CANDIDATES)
