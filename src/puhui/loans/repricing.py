"""Rates that follow an index: on the agreed days the rate becomes the latest published value plus the spread.

The value that counts is the one published on the day before (practice.md 7). A repricing is an event `rate_change` like any other; one
that finds the same rate is none. The index is the dated table `loan-prime-rate`. Where the rate also follows jobs, carbon or targets the
spread is a dated list, told by the looks at them (`linked_rates`).
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from puhui.calculations.calendar import parse_step
from puhui.calculations.faults import Fault, check
from puhui.calculations.money import decimal_fraction
from puhui.calculations.term_records import RATE_SCALE
from puhui.loans.credit_models import RateLink
from puhui.loans.keeping import Change, NewEvent, events_of
from puhui.loans.linked_rates import Link, courses_of, is_repriced_on
from puhui.loans.models import Event, Loan
from puhui.loans.rate_setting import rate_before
from puhui.parties.models import Institution

__all__ = ["INDEXES", "RUNNING", "due_for_repricing", "read_link", "repricings"]

INDEXES = ("LPR1Y", "LPR5Y")
STEPS_MONTHS = (1, 3, 6, 12)
RUNNING = ("performing", "overdue", "non_accrual")


def read_link(document: Mapping[str, Any]) -> Link:
    """The link of a plan: `index`, `spread`, `every` and `on` as in `quote.md`. Raises FaultsError naming every fault."""
    step, spread = parse_step(document.get("every")), decimal_fraction(document.get("spread"))
    check(_faults(document, step.months if step else None, spread))
    assert step is not None and step.months is not None and spread is not None
    return Link(document["index"], int(spread * RATE_SCALE), step.months, document["on"])


def _faults(document: Mapping[str, Any], months: int | None, spread: Any) -> Iterator[Fault]:
    known, remedies = ("index", "spread", "every", "on"), {"spreads": "One is agreed; others come with the looks at what the rate follows."}
    for name in sorted(document.keys() - set(known)):
        remedy = remedies.get(name, "Values come from the dated table.")
        yield Fault(f"rate_link.{name}", str(document[name])[:40], ", ".join(known), remedy)
    if document.get("index") not in INDEXES:
        yield Fault("rate_link.index", str(document.get("index")), " or ".join(INDEXES))
    if spread is None or abs(spread) > 1 or (spread * RATE_SCALE).denominator != 1:
        yield Fault("rate_link.spread", str(document.get("spread")), 'a decimal string such as "0.005", at most 8 decimals')
    if months not in STEPS_MONTHS:
        yield Fault("rate_link.every", str(document.get("every")), "1 month, 3 month, 6 month or 12 month")
    if document.get("on") not in RateLink.On.values:
        yield Fault("rate_link.on", str(document.get("on")), " or ".join(RateLink.On.values))


def due_for_repricing(institution: Institution, day: date) -> QuerySet[Loan]:
    """Loans whose day of repricing this is, as far as a query can tell: their links say the rest (`repricings`)."""
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    anniversary = Q(start__day__gte=day.day) if is_last else Q(start__day=day.day)
    wanted = Q(contract__rate_link__on=RateLink.On.ANNIVERSARY) & anniversary
    if day.day == 1:
        wanted |= Q(contract__rate_link__on=RateLink.On.NEW_YEAR)
    done = Event.objects.filter(institution=institution, known_on=day, key__endswith=f":reprice:{day}").values("loan_id")
    running = Loan.objects.filter(wanted, institution=institution, status__in=RUNNING, start__lt=day)
    return running.exclude(pk__in=done)


def repricings(day: date, loans: Sequence[Loan]) -> list[Change]:
    """What the index brings to locked loans on `day`: a new rate for each whose day it is and whose rate differs."""
    links = RateLink.objects.in_bulk([loan.contract_id for loan in loans])
    due = [loan for loan in loans if is_repriced_on(links[loan.contract_id], loan.start, day)]
    history = events_of(loan.pk for loan in due)
    courses = courses_of({loan: links[loan.contract_id] for loan in due})
    changes = []
    for loan in due:
        rate = courses[loan.pk].rate_e8(day)
        if rate == rate_before(loan, history[loan.pk], day + timedelta(days=1)):
            continue
        detail = {"rate_e8": rate, "note_index": courses[loan.pk].link.index}
        changes.append(Change(loan, "rate_change", NewEvent("rate_change", day, f"{loan.pk}:reprice:{day}", None, detail)))
    return changes
