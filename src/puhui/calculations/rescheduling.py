"""Changing the plan of a loan under way: more instalments, a moved due date, time without principal, a new plan (展期, 调整还款计划, 重组).

What has fallen due stays as it is. `begin` decides from which instalment on the change holds: the one whose period holds that day.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from puhui.calculations.calendar import Step, add_step, parse_step
from puhui.calculations.events import Event
from puhui.calculations.periods import Period, periods_from, unsettled
from puhui.calculations.running import RunningLoan, RunningRow
from puhui.calculations.term_records import INTEREST, Grace

__all__ = ["reschedule"]


def reschedule(loan: RunningLoan, event: Event) -> None:
    """Apply a reschedule event. Raises FaultsError where the loan is past it, or what the change means is not settled."""
    if loan.ended_already or loan.terminated_on is not None or loan.index >= len(loan.rows) or not loan.drawn:
        raise unsettled("events.date", event.date, "a reschedule of a loan under way, before its last due date")
    moves = event.due is not None and event.new_due is not None
    unequal = loan.terms.method in ("custom", "stepped") and not (moves or event.every)
    if loan.terms.method == "flat" or unequal or loan.terms.line is not None:
        raise unsettled("events", f"a reschedule under method {loan.terms.method}", "another method: not settled")
    if loan.plan.shortened:
        raise unsettled("events", "a reschedule after an early repayment that shortened the term", "one or the other: not settled")
    if event.extra_instalments:
        _extra_instalments(loan, event)
    elif event.due is not None and event.new_due is not None:
        _move_due(loan, event.due, event.new_due, event.later == "follow")
    elif event.grace or event.interest_put_off or event.interest_free:
        _grace(loan, event)
    else:
        _new_plan(loan, event)


def _place(loan: RunningLoan, begin: date | None) -> int:
    """The index of the instalment whose period holds `begin`, among those not yet due."""
    for place in range(loan.index, len(loan.rows)):
        period = loan.periods[place]
        if begin is not None and period.start <= begin < period.due:
            return place
    expected = f"a date from {loan.periods[loan.index].start} up to before the last due date {loan.last_due}"
    raise unsettled("events.from", begin, expected)


def _step(loan: RunningLoan) -> Step:
    step = loan.terms.step
    if step is None or loan.terms.settlement_day is not None or loan.terms.method == "bullet":
        raise unsettled("events", "a reschedule of a loan without instalments", "a moved due date: others are not settled")
    return step


def _replace_from(loan: RunningLoan, place: int, dues: list[tuple[date, Step | None]]) -> None:
    """New periods from the one at `place` on; what its row under way has taken so far stays in it."""
    start = loan.periods[place].start
    fresh = periods_from(loan.terms, place + 1, start, dues)
    loan.periods[place:] = fresh
    rows = []
    for offset, period in enumerate(fresh):
        row = loan.rows[place + offset] if place + offset < len(loan.rows) else RunningRow(period)
        row.period = period
        rows.append(row)
    loan.rows[place:] = rows


def _extra_instalments(loan: RunningLoan, event: Event) -> None:
    place, step = _place(loan, event.begin), _step(loan)
    origin, number = loan.anchor
    count = len(loan.periods)
    start = loan.last_due
    numbers = range(count + 1, count + event.extra_instalments + 1)
    dues = [(add_step(origin, step, each - number, loan.terms.month_end), step) for each in numbers]
    fresh = periods_from(loan.terms, count + 1, start, dues)
    loan.periods.extend(fresh)
    loan.rows.extend(RunningRow(period) for period in fresh)
    _level_from(loan, place)


def _level_from(loan: RunningLoan, place: int) -> None:
    """The level is new from the row at `place` on, skipping those paid in advance."""
    while place < len(loan.rows) - 1 and loan.rows[place].settled is not None:
        place += 1
    if not loan.plan.has_level:
        return
    if place == loan.index and loan.rows[place].ahead:
        raise unsettled("events", "a new level in an instalment of which a part is paid in advance", "the next one: not settled")
    if place == loan.index:
        loan.rows[place].kept = None
        loan.renew()
    else:
        loan.renew_at.add(place)


def _move_due(loan: RunningLoan, due: date, new_due: date, follow: bool) -> None:
    place = next((each for each in range(loan.index, len(loan.rows)) if due in (loan.periods[each].due, loan.periods[each].payable)), None)
    if place is None:
        raise unsettled("events.due", due, "a due date that has not come")
    period, last = loan.periods[place], place == len(loan.periods) - 1
    if new_due <= max(period.start, loan.day) or new_due == due:
        raise unsettled("events.new_due", new_due, f"another date after {max(period.start, loan.day)}")
    if loan.terms.settlement_day is not None:
        if not last:
            raise unsettled("events.due", due, "the maturity, of a loan with a settlement_day: its settlements are not moved")
        _extend_settlements(loan, place, new_due)
        return
    step = loan.terms.step
    if loan.terms.method == "custom" and follow and not last:
        raise unsettled("events.later", "follow, of dues agreed one by one", "keep: what their usual distance is, is not settled")
    if not follow or step is None:
        if not last and new_due >= loan.periods[place + 1].due:
            raise unsettled("events.new_due", new_due, f"a date before the next due date {loan.periods[place + 1].due}, or later: follow")
        dues: list[tuple[date, Step | None]] = [(new_due, None)]
        if not last:
            dues.append((loan.periods[place + 1].due, None))
            dues += [(each.due, step if _is_whole(each, step) else None) for each in loan.periods[place + 2 :]]
    else:
        dues = [(new_due, None)]
        dues += [(add_step(new_due, step, each, loan.terms.month_end), step) for each in range(1, len(loan.periods) - place)]
        loan.anchor = (new_due, place + 1)
    _replace_from(loan, place, dues)
    if place == loan.index:
        _rates_follow(loan, period.due, new_due)


def _rates_follow(loan: RunningLoan, due: date, new_due: date) -> None:
    """A new rate that has come into the period under way sets the level anew from it; one that has left it is not settled."""
    if loan.terms.level == "solved" and loan.line.changes_within(loan.day, max(due, new_due)):
        raise unsettled("level", f"solved, with a new rate in the period whose due date moved to {new_due}", "annuity: not settled")
    if loan.line.changes_within(max(new_due, loan.day), due):
        raise unsettled("events.new_due", new_due, f"a day after the new rate that was to come before {due}: not settled")
    if loan.line.changes_within(due, new_due) and loan.terms.method == "equal_instalment":
        loan.renew()


def _is_whole(period: Period, step: Step | None) -> bool:
    return step is not None and (period.months == step.months if step.months else period.days == step.days)


def _extend_settlements(loan: RunningLoan, place: int, maturity: date) -> None:
    """A maturity moved past further settlement days gets their rows."""
    from puhui.calculations.periods import build_periods

    loan.terms = loan.plan.terms = replace(loan.terms, maturity=maturity)
    begun = loan.periods[place].start
    fresh = [period for period in build_periods(loan.terms) if period.start >= begun]
    loan.periods[place:] = fresh
    rows = [loan.rows[place], *(RunningRow(period) for period in fresh[1:])]
    for row, period in zip(rows, fresh, strict=True):
        row.period = period
    loan.rows[place:] = rows


def _grace(loan: RunningLoan, event: Event) -> None:
    """Instalments without principal, with interest put off or free of interest, from the one that holds `from`."""
    place = _place(loan, event.begin)
    longest = max(event.grace, event.interest_put_off, event.interest_free)
    if place + longest >= len(loan.rows):
        raise unsettled("events.grace", longest, f"fewer than the {len(loan.rows) - place} instalments left")
    if event.interest_put_off or event.interest_free:
        _grace_of_interest(loan, event, place)
    if event.grace:
        _grace_of_principal(loan, event, place, place + event.grace)


def _grace_of_interest(loan: RunningLoan, event: Event, place: int) -> None:
    """Interest put off comes on top of the first instalment after it, as at the start of a loan; the level stays."""
    terms, plan, put_off, free = loan.terms, loan.plan, event.interest_put_off, event.interest_free
    periods = put_off or free
    if terms.method == "bullet":
        raise unsettled("events.grace", "method bullet", "a method that pays interest in instalments")
    if put_off and free:
        raise unsettled("events.grace", "both interest_payment and interest_free", "one of them: together they are not settled")
    if terms.method == "equal_instalment" and 0 < put_off < event.grace:
        expected = f"0, or at least the {event.grace} periods without principal: what is on top of interest alone is not settled"
        raise unsettled("events.grace.interest_payment", put_off, expected)
    if terms.method == "equal_instalment" and terms.level == "solved" and periods > event.grace:
        raise unsettled("level", "solved, with interest put off or free from a later day on", "annuity: not settled")
    if free and event.begin != loan.periods[place].start:
        found = f"interest_free from {event.begin}"
        raise unsettled("events.from", found, f"a due date, such as {loan.periods[place].start}: inside a period it is not settled")
    if plan.carried or any(each >= place - 1 for each in plan.put_off | plan.free):
        raise unsettled(
            "events.grace", periods, "a time after the interest put off is paid: whether a grace adds to another is not settled"
        )
    rows = loan.rows[place : place + periods]
    if any(row.kept is not None or row.ahead or row.settled is not None or row.paid[INTEREST] for row in rows):
        raise unsettled("events.grace", periods, "instalments of which nothing is paid in advance: not settled")
    plan.put_off |= frozenset(range(place, place + put_off))
    plan.free |= frozenset(range(place, place + free))


def _grace_of_principal(loan: RunningLoan, event: Event, place: int, end: int) -> None:
    """The level is new on the instalments that are left."""
    if place < loan.plan.grace_principal or any(begun < end and place < until for begun, until in loan.graces.items()):
        raise unsettled("events.grace", end - place, "a period that repays principal: whether a grace adds to another is not settled")
    if loan.terms.method in ("interest_only", "bullet"):
        raise unsettled("events.grace", f"method {loan.terms.method}", "a method that repays principal in instalments")
    if place > loan.index:
        loan.graces[place] = end
        return
    if loan.rows[place].kept is not None or loan.rows[place].ahead:
        raise unsettled("events.from", event.begin, "a period without money repaid early: not settled")
    loan.plan.grace_principal = end
    loan.renew()


def _new_plan(loan: RunningLoan, event: Event) -> None:
    step = parse_step(event.every)
    place = _place(loan, event.begin)
    assert step is not None and event.begin is not None
    if loan.periods[place].start != event.begin:
        raise unsettled("events.from", event.begin, f"a due date, such as {loan.periods[place].start}: inside a period it is not settled")
    if event.method not in ("equal_instalment", "equal_principal", "interest_only"):
        raise unsettled("events.method", event.method, "equal_instalment, equal_principal or interest_only: others are not settled")
    terms = replace(
        loan.terms, method=event.method, step=step, instalments=event.instalments, first_due=None, maturity=None, settlement_day=None,
        grace=Grace(), balloon=0, principal_share=None,
    )  # fmt: skip
    before, loan.terms = loan.terms, terms
    dues = [(add_step(event.begin, step, each, terms.month_end), step) for each in range(1, event.instalments + 1)]
    _replace_from(loan, place, [*dues])
    del loan.rows[place + event.instalments :]
    del loan.periods[place + event.instalments :]
    loan.anchor = (event.begin, place)
    if place == loan.index:
        loan.plan.terms = terms
        loan.plan.grace_principal, loan.plan.put_off, loan.plan.free = 0, frozenset(), frozenset()
        loan.rows[place].kept = None
        loan.renew()
    else:
        loan.terms = before
        loan.switches[place] = terms
