"""Reads of day ends: which steps of a day are done and what they came to, and which loans were set aside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet

from puhui.loans.day_steps import steps_on
from puhui.loans.models import DayEndStep, SetAside
from puhui.parties.models import Institution

__all__ = ["ALWAYS", "DayEnd", "day_ends", "set_aside"]

ALWAYS = ("accrue", "close")  # after the steps of the table


@dataclass(frozen=True)
class DayEnd:
    """The end of one day: the steps that its table asks for, in order, and those that are done with their figures."""

    date: date
    asked: tuple[str, ...]
    done: dict[str, DayEndStep] = field(default_factory=dict)

    @property
    def done_count(self) -> int:
        return sum(1 for name in self.asked if name in self.done)

    @property
    def has_begun(self) -> bool:
        return bool(self.done)

    @property
    def has_ended(self) -> bool:
        """The night is booked and the next day is open."""
        return "accrue" in self.done

    @property
    def figures(self) -> dict[str, Any]:
        """What the night came to: interest, penalty, control totals that differ."""
        return self.done["accrue"].figures if "accrue" in self.done else {}


def day_ends(institution: Institution, since: date, until: date) -> dict[date, DayEnd]:
    """The day ends of the days from `since` to `until` of which any step is done. One query."""
    done: dict[date, dict[str, DayEndStep]] = {}
    for step in DayEndStep.objects.filter(institution=institution, date__range=(since, until)).order_by("finished_at", "pk"):
        done.setdefault(step.date, {})[step.step] = step
    return {day: day_end(day, steps) for day, steps in done.items()}


def day_end(day: date, done: dict[str, DayEndStep]) -> DayEnd:
    """The end of a day with some steps done; a step that was done and is no longer asked for is told too."""
    asked = steps_on(day)
    return DayEnd(day, (*asked, *(name for name in done if name not in (*asked, *ALWAYS)), *ALWAYS), done)


def set_aside(institution: Institution, since: date, until: date) -> QuerySet[SetAside]:
    """Loans that day ends could not process, with their reasons, by day and loan."""
    rows = SetAside.objects.filter(institution=institution, date__range=(since, until))
    return rows.select_related("loan__firm").order_by("-date", "loan_id")
