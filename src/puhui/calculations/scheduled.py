"""Loans whose interest is never recalculated: the schedule is fixed until money is drawn, whatever is paid when.

A copy of the loan is carried to its end to tell what each coming row will be.
"""

from __future__ import annotations

from copy import copy
from datetime import date
from typing import TYPE_CHECKING

from puhui.calculations.periods import unsettled
from puhui.calculations.term_records import COMPOUND, INTEREST, PENALTY, PRINCIPAL

if TYPE_CHECKING:
    from puhui.calculations.interest import RateLine
    from puhui.calculations.running import RunningLoan, RunningRow

__all__ = ["carried_to_the_end", "coming", "copied", "draw_anew", "last_instalment", "rest_as_scheduled"]


def carried_to_the_end(loan: RunningLoan) -> RunningLoan:
    """A copy of the loan at its last due date, nothing more paid and no cost of overdue money counted. The loan itself stays."""
    ahead = copied(loan, loan.index)
    ahead.carried_from = loan.index if loan.carried_from is None else loan.carried_from
    ahead.advance(ahead.last_due, count=False)
    return ahead


def copied(loan: RunningLoan, first: int) -> RunningLoan:
    """A copy of the loan that shares the rows before `first`, for whoever moves it on in a way that changes only those from there on."""
    other = copy(loan)
    other.rows = [*loan.rows[:first], *(row.copied() for row in loan.rows[first:])]
    other.periods, other.open, other.ended = list(loan.periods), list(loan.open), list(loan.ended)
    other.plan = copy(loan.plan)
    other.plan.periods = other.periods
    other.renew_at, other.switches, other.graces = set(loan.renew_at), dict(loan.switches), dict(loan.graces)
    return other


def last_instalment(loan: RunningLoan, level: int, line: RateLine) -> int:
    """What the last instalment comes to, a balloon apart, if all before it are `level` and the rates of `line` stay."""
    trial = copy(loan)
    trial.plan = copy(loan.plan)
    trial.plan.level, trial.line, trial.plan.line = level, line, line
    trial.renew_at, trial.switches, trial.graces, trial.renew_next = set(), {}, {}, False
    last = carried_to_the_end(trial).rows[-1]
    return last.due[PRINCIPAL] + last.due[INTEREST] - loan.terms.balloon


def rest_as_scheduled(loan: RunningLoan) -> int:
    """Interest of all rows not yet due, as scheduled."""
    ahead = carried_to_the_end(loan)
    return sum(row.due[INTEREST] - before.due[INTEREST] for row, before in zip(ahead.rows, loan.rows, strict=True))


def coming(loan: RunningLoan) -> list[tuple[RunningRow, int, int]]:
    """Of each row not yet due: the row, its scheduled principal and interest."""
    ahead = carried_to_the_end(loan)
    pairs = zip(loan.rows[loan.index :], ahead.rows[loan.index :], strict=True)
    return [(row, scheduled.due[PRINCIPAL], scheduled.due[INTEREST]) for row, scheduled in pairs]


def _paid_in_turn(loan: RunningLoan, day: date) -> None:
    """Refuse money that lies in a later row than one that a drawdown left unpaid in part."""
    unpaid = False
    for row in loan.rows:
        if unpaid and any(row.paid):
            found = f"null, with a later drawdown on {day} after money that passed an instalment which it makes larger"
            raise unsettled("interest_recalculation", found, "recalculation: which of them the money pays is not settled")
        unpaid = unpaid or (row.closed and row.outstanding > 0)


def draw_anew(loan: RunningLoan) -> None:
    """A later drawdown on a schedule that is never recalculated: the level is new on the sum of all drawdowns, from the first instalment.

    The loan's `draws` hold the new one already; rows that fell due before are made anew as well.
    """
    from puhui.calculations.running import RunningLoan as Fresh

    terms = loan.terms
    if any(sum(row.due[place] for place in (PENALTY, COMPOUND)) for row in loan.rows) or loan.mixed_rates or loan.misuses:
        raise unsettled("interest_recalculation", "null, with a later drawdown after penalty or a new rate", "recalculation: not settled")
    if loan.draws[0][0] >= loan.rows[0].period.due:
        found = f"null, with a first drawdown on {loan.draws[0][0]}, after the first due date"
        raise unsettled("interest_recalculation", found, "recalculation: on which day the instalment of that date is paid is not settled")
    day, amount = loan.draws[-1]
    if any(any(row.paid) for row in loan.rows[loan.index :]):
        found = f"null, with a later drawdown on {day} after money paid in advance"
        raise unsettled("interest_recalculation", found, "recalculation: what that instalment then owes is not settled")
    fresh = Fresh(terms, loan.line)
    fresh.drawn = fresh.undue = loan.drawn
    fresh.plan.renew(0, loan.drawn)
    fresh.drawn = fresh.undue = 0
    for on, part in loan.draws:
        fresh.advance(on, count=False)
        fresh.drawn += part
        fresh.undue += part
        fresh.add_slice(part, fresh.periods[fresh.index].start if terms.part_periods == "whole" else on)
    fresh.advance(day, count=False)
    for row, other in zip(loan.rows[: fresh.index], fresh.rows, strict=False):
        row.due[PRINCIPAL], row.due[INTEREST] = other.due[PRINCIPAL], other.due[INTEREST]
        if row.owed(PRINCIPAL) < 0 or row.owed(INTEREST) < 0:
            found = f"null, with a later drawdown on {day} that leaves instalment {row.period.number} less than was paid of it"
            raise unsettled("interest_recalculation", found, "recalculation: where the rest goes is not settled")
    _paid_in_turn(loan, day)
    loan.undue, loan.open, loan.ended = fresh.undue, fresh.open, fresh.ended
    loan.plan.level, loan.plan.carried = fresh.plan.level, fresh.plan.carried
    loan.oldest = 0
    assert amount
