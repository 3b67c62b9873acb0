"""Reads of classes: the one held, today or on a past day as known then or as known now; its articles, clocks and forecast."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from puhui.calculations.classification import worst_class
from puhui.calculations.classification_articles import Held, floor_class, forecast, holding, is_non_performing, next_class_date
from puhui.loans.class_acts import clean_since, cured_on
from puhui.loans.class_facts import NOT_CLASSIFIED, facts_of, observations_on, rules_on
from puhui.loans.class_models import ClassChange, LoanClass
from puhui.loans.keeping import events_of, fold_loan
from puhui.loans.models import Loan
from puhui.parties.models import Institution

HORIZONS = (30, 60, 90)


def class_of(loan: Loan) -> str:
    """The class held today."""
    row = LoanClass.objects.filter(loan=loan).first()
    return row.risk_class if row else "normal"


def classes_of(loan_ids: list[int]) -> dict[int, str]:
    """Loan → class held today, one query."""
    held = dict(LoanClass.objects.filter(loan_id__in=loan_ids).values_list("loan_id", "risk_class"))
    return {loan_id: held.get(loan_id, "normal") for loan_id in loan_ids}


def class_changes(loan: Loan) -> QuerySet[ClassChange]:
    """Every change of a loan's class, newest first."""
    return ClassChange.objects.filter(loan=loan).order_by("-pk")


def class_as_known_then(loan: Loan, day: date) -> str:
    """The class that the loan held at the end of `day`, as it was told on that day."""
    last = ClassChange.objects.filter(loan=loan, day__lte=day).order_by("-pk").first()
    return last.after if last else "normal"


def classes_as_known_then(institution: Institution, day: date) -> dict[int, str]:
    """Loan → class at the end of `day`, of those that were not normal. One query."""
    rows = ClassChange.objects.filter(institution=institution, day__lte=day).order_by("loan_id", "-pk").distinct("loan_id")
    return {loan_id: after for loan_id, after in rows.values_list("loan_id", "after") if after != "normal"}


def class_as_known_now(loan: Loan, day: date) -> str:
    """The class that the articles give for a past day by what is known today (backdated payments, findings that came later), or what
    persons had given by then where that is worse."""
    rules = rules_on(day)
    folded = fold_loan(loan, events_of([loan.pk])[loan.pk], day)
    past = copy(loan)
    past.overdue_since = folded.overdue_since  # also what an observation failed by
    (facts,) = facts_of([past], day, rules, {}).values()
    holds = holding(facts, day, rules.articles, rules.technical)
    given = ClassChange.objects.filter(loan=loan, day__lte=day, source__in=("person", "workflow")).order_by("-pk").first()
    return worst_class(floor_class(holds), given.after if given and given.source == "person" else "normal")


@dataclass(frozen=True)
class ClockRunning:
    """A clock on a loan: overdue (strikes when the class gets worse), observation, cure (may rise from then on)."""

    clock: str
    since: date
    until: date | None


@dataclass(frozen=True)
class Outlook:
    """A loan's class with all that it rests on; `texts`: code → language → words."""

    risk_class: str
    floor: str
    holds: tuple[Held, ...]
    clocks: tuple[ClockRunning, ...]
    forecast: dict[int, str]
    texts: dict[str, Any]


def outlook(loan: Loan, day: date, held: str | None = None, dues: Sequence[date] | None = None) -> Outlook:
    """A loan's class on the open day, the articles that hold, the clocks that run, and the class after 30, 60 and 90 days unpaid.

    `held` and `dues` (of its coming rows): where the caller has read them.
    """
    rules = rules_on(day)
    held = class_of(loan) if held is None else held
    under = observations_on([loan.pk], day)
    (facts,) = facts_of([loan], day, rules, {}, under).values()
    holds = holding(facts, day, rules.articles, rules.technical) if loan.status not in NOT_CLASSIFIED else ()
    coming = loan.instalments.order_by("due").values_list("due", flat=True) if dues is None else sorted(dues)
    next_due = next((due for due in coming if due >= day), None)
    clocks = []
    if facts.overdue_since is not None:
        clocks.append(ClockRunning("overdue", facts.overdue_since, next_class_date(facts, day, rules.articles, rules.technical)))
    rows = under.get(loan.pk, [])
    if rows and day <= rows[-1].observed_until:
        clocks.append(ClockRunning("observation", rows[-1].observed_from, rows[-1].observed_until))
    if is_non_performing(held) and facts.overdue_since is None:
        clocks.append(ClockRunning("cure", clean_since(loan, day), cured_on(loan, day, rules)))
    ahead = forecast(facts, held, next_due, day, HORIZONS, rules.articles, rules.technical)
    return Outlook(
        held, floor_class(holds), holds, tuple(clocks), ahead, {each.article.code: rules.texts[each.article.code] for each in holds}
    )
