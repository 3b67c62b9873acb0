"""The day end: what a day's passing does to loans, once, whatever is cut off in the middle.

First the accounts that are new in the chart are opened. Then come the steps of the table `day-end-steps` (day_steps.py): dues compiled
ahead are settled by the database alone, all other loans on which something happens are folded with their debits, penalties and ageing,
then classes, notices and, on a month's last day, provisions. At the end, always:

  accrue   the night's interest of all quiet loans goes into the books, sub-ledger and ledger are compared, and the next day is opened,
           all at one moment (accruing.py)
  offers   offers whose last day is past are closed, and what they reserved is free again
  close    the books of the day are sealed, while others post to the next one

Only loans on which something happens are touched, and a step that has nothing to do (outlook.py) is not run. A step that is done is
recorded, so a day end that was killed goes on where it stopped when it is run again. The day is an argument of everything; institutions
end their days apart from each other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from puhui.books.actions import anchor_newest_day, close_day, open_books
from puhui.calculations.faults import Fault, FaultsError
from puhui.decisions.actions import expire_offers
from puhui.decisions.concentration import recount
from puhui.loans.accruing import accrue, recording_steps
from puhui.loans.day_steps import STEPS, Night, steps_on
from puhui.loans.models import DayEndStep
from puhui.loans.outlook import NOTHING, Outlook, look
from puhui.loans.standing import reckon_versions
from puhui.loans.workers import crew
from puhui.parties.models import Institution
from puhui.parties.statements import together

__all__ = ["Progress", "run", "run_day", "run_step"]

Progress = Callable[[date, str, int], None]
# A step whose work and record must stand or fall together.
TOGETHER = frozenset({"notices"})
NOT_DONE = {"loans": 0, "set_aside": 0, "amount_fen": 0}


def run(institution: Institution, until: date, actor: str, progress: Progress | None = None, *, workers: int = 1) -> list[dict[str, Any]]:
    """Close every open day up to and including `until`, by so many processes; one dict of figures a day.

    Raises FaultsError when `until` is before the open day and closed already or lies beyond 400 days.
    """
    institution.refresh_from_db()
    if not institution.business_date - timedelta(days=1) <= until < institution.business_date + timedelta(days=400):
        expected = f"{institution.business_date} or up to 400 days later"
        raise FaultsError([Fault("date", until.isoformat(), expected, f"The open day is {institution.business_date}.")])
    figures = []
    _close_what_was_left(institution, actor)
    with crew(workers):
        while institution.business_date <= until:
            figures.append(run_day(institution, actor, progress, workers=workers))
    anchor_newest_day(institution)  # where a run was killed between closing a day and anchoring it
    recount(institution)  # what is out by industry and region, for the decisions of the day that opens
    return figures


def run_day(institution: Institution, actor: str, progress: Progress | None = None, *, workers: int = 1) -> dict[str, Any]:
    """Carry the open day to its end, going on where an earlier run stopped. Figures by step; those of steps left out are zero."""
    day = institution.business_date
    tell = progress or (lambda day, step, count: None)
    figures: dict[str, Any] = {"date": day.isoformat(), **dict.fromkeys(("settle", "falls_due", "collect"), NOT_DONE)}
    night = Night(institution, day, workers)
    with crew(workers):
        quiet, outlook = _run_steps(night, actor, figures, tell)
    if outlook is None or "versions" in outlook.waiting:
        reckon_versions(institution)  # before the day is held, so that nobody waits for it
    figures["accrue"] = accrue(institution, day, actor, quiet)
    tell(day, "accrue", figures["accrue"]["loans"])
    institution.refresh_from_db(fields=["business_date"])
    # Not recorded as a step: a later day's end makes up for it.
    figures["expired_offers"] = 0 if outlook and "offers" not in outlook.waiting else expire_offers(institution, actor)
    _close(institution, day, actor)
    tell(day, "close", 0)
    return figures


def _run_steps(night: Night, actor: str, figures: dict[str, Any], tell: Progress) -> tuple[dict[str, Any], Outlook | None]:
    """Put the figures of all steps into `figures`. The quiet ones, still to be recorded, and the outlook where it is still good."""
    institution, day = night.institution, night.day
    done = dict(DayEndStep.objects.filter(institution=institution, date=day).values_list("step", "figures"))
    names = steps_on(day)
    outlook = look(institution, day, ["accounts", *names])
    if "accounts" in outlook.waiting:
        open_books(institution, actor)
    quiet, is_good = {}, True
    for place, name in enumerate(names):
        if name in done:
            figures[name] = done[name]
        else:
            outlook, is_good = outlook if is_good else look(institution, day, names[place:]), True
            if outlook.is_quiet(name):
                figures[name] = quiet[name] = NOTHING[name]
            else:
                figures[name] = run_step(night, name)
                is_good = False
        tell(day, name, figures[name].get("loans", 0))
    return quiet, outlook if is_good else None


def run_step(night: Night, name: str) -> dict[str, Any]:
    """One step of a day that is open, and its record; run again it does what is still to do."""
    if name in TOGETHER:
        with transaction.atomic():
            if DayEndStep.objects.filter(institution=night.institution, date=night.day, step=name).exists():
                return NOT_DONE
            return _finish(night.institution, night.day, name, STEPS[name](night))
    return _finish(night.institution, night.day, name, STEPS[name](night))


def _finish(institution: Institution, day: date, step: str, figures: dict[str, Any]) -> dict[str, Any]:
    together(recording_steps(institution, day, {step: figures}))
    return figures


def _close_what_was_left(institution: Institution, actor: str) -> None:
    """Seal the day before the open one, unless that is done: also after a run that was cut off between the two."""
    day = institution.business_date - timedelta(days=1)
    done = set(DayEndStep.objects.filter(institution=institution, date=day).values_list("step", flat=True))
    if "accrue" in done and "close" not in done:
        _close(institution, day, actor)


@transaction.atomic
def _close(institution: Institution, day: date, actor: str) -> None:
    closed = close_day(institution, day, actor)
    _finish(institution, day, "close", {"entries": closed.entry_count, "transfers": closed.transfer_count})
