"""What overdue money costs, night by night: penalty, compound interest, and contract interest where it goes on.

Overdue principal bears penalty where one is agreed (`Penalty`), else the contract rate where `interest_recalculation.overdue` says so.
Money misused bears the whole penalty rate and no interest. Costs stand in the row of the period in which the nights fall.

Within the days of grace overdue principal bears contract interest; once they have passed without payment it bears penalty from its due
date, and the contract interest of those days is taken back.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from puhui.calculations.calendar import add_months
from puhui.calculations.day_count import year_share
from puhui.calculations.faults import Fault
from puhui.calculations.interest import SCALE, overdue_interest, slices_interest
from puhui.calculations.money import Exact, round_exact
from puhui.calculations.periods import unsettled
from puhui.calculations.term_records import COMPOUND, INTEREST, MARKUP_SCALE, PENALTY, PRINCIPAL, Penalty

if TYPE_CHECKING:
    from puhui.calculations.running import RunningLoan, RunningRow

__all__ = ["count_misuse", "count_overdue", "in_grace"]


def count_overdue(loan: RunningLoan, day: date) -> None:
    """Count what overdue and misused money costs from `loan.day` to `day`; periods due before `loan.day` are closed."""
    first = loan.day
    if first >= day or loan.written_off_on is not None:
        loan.day = day
        return
    if loan.misuses:
        count_misuse(loan, day)
    loan.day = day
    if loan.oldest >= loan.index:
        return
    late = [row for row in loan.rows[loan.oldest : loan.index] if row.outstanding > 0 and row.period.payable < day]
    if not late:
        return
    penalty = loan.terms.penalty
    if penalty is None:
        _count_late(loan, late, first, day)
        return
    if loan.line.pauses and loan.line.paused_within(first, day):
        raise unsettled("events", f"a pause between {first} and {day} with a penalty running", "nothing overdue: not settled")
    if penalty.compound_on_penalty:
        raise unsettled("penalty.compound_on_penalty", "true, with money overdue", "false: what bears it is not settled")
    for row in late:
        begin = max(first, row.period.payable)
        if principal := row.owed(PRINCIPAL):
            _count_principal(loan, row, principal, begin, day, penalty)
        if interest := row.owed(INTEREST):
            _count_compound(loan, row, interest, begin, day, penalty)


def _add_penalty(loan: RunningLoan, row: RunningRow, exact: Exact) -> None:
    row.penalty_exact += exact
    row.due[PENALTY] = round_exact(row.penalty_exact, SCALE, loan.terms.rounding) + row.charged_penalty


def _count_principal(loan: RunningLoan, row: RunningRow, principal: int, first: date, day: date, penalty: Penalty) -> None:
    count, line, target, flat = loan.terms.day_count, loan.line, loan.current, loan.terms.method == "flat"
    if penalty.grace_days and in_grace(row, day, penalty):
        row.grace_nights = (*row.grace_nights, (target, first, day))
        if flat:  # its interest is of the first amount already
            return
        if count not in ("M/360", "ACT/360", "ACT/365") or penalty.grace_days > 27:
            expected = "M/360 up to 27 days, ACT/360 or ACT/365: contract interest on overdue money is not settled otherwise"
            loan.unsettled.append(Fault("penalty.grace_days", f"days of grace used under {count}", expected))
        if loan.terms.method in ("equal_instalment", "stepped") and target.period.due == day and not target.closed:
            found = f"days of grace that go on past the due date {day}, with whole instalments"
            expected = "days of grace that end before the next due date: how that instalment is divided is not settled"
            loan.unsettled.append(Fault("penalty.grace_days", found, expected))
        _add_contract_interest(loan, target, overdue_interest(principal, line, first, day, 0, count))
        return
    for earlier, begin, end in row.grace_nights:  # none where no days of grace are agreed
        if not flat:
            _add_contract_interest(loan, earlier, -overdue_interest(principal, line, begin, end, 0, count))
        _add_penalty(loan, earlier, overdue_interest(principal, line, begin, end, penalty.markup_overdue, count))
    row.grace_nights = ()
    _add_penalty(loan, target, overdue_interest(principal, line, first, day, penalty.markup_overdue, count))


def in_grace(row: RunningRow, day: date, penalty: Penalty) -> bool:
    """Whether money due in the row may still be paid on `day` without penalty."""
    payable = row.period.payable
    return day <= (payable + timedelta(days=penalty.grace_days) if penalty.grace_days else payable)


def _count_compound(loan: RunningLoan, row: RunningRow, interest: int, first: date, day: date, penalty: Penalty) -> None:
    in_term = loan.index < len(loan.rows)
    if not (penalty.compound_in_term if in_term else penalty.compound_overdue):
        return
    target, markup = loan.current, 0 if in_term else penalty.markup_overdue
    if penalty.grace_days and in_grace(row, day, penalty):
        row.grace_interest = max(row.grace_interest, interest)
        row.grace_compound = (*row.grace_compound, (target, interest, first, day, markup))
        return
    if row.grace_compound:  # unpaid within the days of grace: from the due date
        row.grace_interest = 0 if row.grace_interest == interest else row.grace_interest
        for earlier, amount, begin, end, rate in row.grace_compound:
            _add_compound(loan, earlier, overdue_interest(amount, loan.line, begin, end, rate, loan.terms.day_count))
        row.grace_compound = ()
    last = loan.periods[-1]
    if last.payable != last.due and first < last.payable and not in_term:
        found = f"false, with compound interest between {last.due} and {last.payable}"
        raise unsettled("business_days.interest_moves", found, "true: which of the two ends the term is not settled")
    _add_compound(loan, target, overdue_interest(interest, loan.line, first, day, markup, loan.terms.day_count))


def _add_compound(loan: RunningLoan, row: RunningRow, exact: Exact) -> None:
    row.compound_exact += exact
    row.due[COMPOUND] = round_exact(row.compound_exact, SCALE, loan.terms.rounding)


def count_misuse(loan: RunningLoan, day: date) -> None:
    """Count what misused money costs from `loan.day` to `day`."""
    penalty, line, first = loan.terms.penalty, loan.line, loan.day
    loan.day = day
    for misuse in loan.misuses:
        assert penalty is not None
        begin, end = max(first, misuse.first), min(day, misuse.last)
        if begin >= end:
            continue
        if line.paused_within(begin, end):
            raise unsettled("events", f"a pause between {begin} and {end} with money misused", "one or the other: not settled")
        if misuse.amount > loan.undue:
            found = f"more than the principal not yet due on {begin}"
            raise unsettled("events.amount", found, "a part of it: what is overdue and misused bears the higher rate, not settled here")
        exact = overdue_interest(misuse.amount, line, begin, end, penalty.markup_misuse, loan.terms.day_count)
        _add_penalty(loan, loan.current, exact)


def _add_contract_interest(loan: RunningLoan, row: RunningRow, exact: Exact) -> None:
    """Contract interest on overdue money joins the interest of a row, at once where that is closed."""
    if not row.closed:
        row.late_exact += exact
        return
    before = round_exact(row.own_exact + row.late_exact, SCALE, loan.terms.rounding)
    row.late_exact += exact
    more = round_exact(row.own_exact + row.late_exact, SCALE, loan.terms.rounding) - before
    row.due[INTEREST] += more
    row.interest_since_due += more
    if row.owed(INTEREST) < 0:
        raise unsettled("penalty.grace_days", "interest of the days of grace paid, and the principal not", "a payment of the whole")


def _count_late(loan: RunningLoan, late: list[RunningRow], first: date, day: date) -> None:
    """Overdue money that goes on bearing the contract rate: principal, and interest where it is compounded."""
    recalculation = loan.terms.recalculation
    if recalculation is None or not (recalculation.overdue or recalculation.compounds):
        return
    if any(row.period.payable > first for row in late):
        raise unsettled("business_days.interest_moves", "false, with overdue money bearing interest", "true: not settled otherwise")
    amount = 0
    if recalculation.overdue:
        amount += sum(row.owed(PRINCIPAL) for row in late)
    if recalculation.compounds:  # what came to the last row after its due date bears nothing itself
        amount += sum(max(row.owed(INTEREST) - row.interest_since_due, 0) for row in late)
    if not amount:
        return
    if recalculation.payoff_interest == "to_rest" and loan.index < len(loan.rows):
        found = f"payoff_interest to_rest, with money overdue on {first} that bears interest"
        raise unsettled("interest_recalculation", found, "to_date: whether it bears interest to the rest is not settled")
    if loan.terms.method == "flat" or not loan.plan.bears_interest(min(loan.index, len(loan.rows) - 1)):
        found = f"true, with money overdue on {first} of a flat loan or in a period free of interest"
        raise unsettled("interest_recalculation.overdue", found, "false: not settled")
    row = loan.current
    _extend(row, amount, first, day)
    exact = _late_interest(loan, row)
    _add_contract_interest(loan, row, exact - row.late_exact)


def _extend(row: RunningRow, amount: int, first: date, day: date) -> None:
    """`amount` bears interest on the nights from `first` to `day`: what bore it before goes on, what was paid meanwhile has ended."""
    going_on = [slice_ for slice_ in row.late_slices if slice_[2] == first]
    kept = [slice_ for slice_ in row.late_slices if slice_[2] != first]
    for before, begun, _ in going_on:
        part = min(before, amount)
        if part:
            kept.append((part, begun, day))
        if before > part:
            kept.append((before - part, begun, first))
        amount -= part
    if amount:
        kept.append((amount, first, day))
    row.late_slices = kept


def _late_interest(loan: RunningLoan, row: RunningRow) -> Exact:
    """Interest of the late slices of a row: by its period's rule, after the last due date by day count."""
    if not row.closed:
        return slices_interest(row.period, loan.line, row.late_slices)
    count = loan.terms.day_count
    in_first_month = row.period.due.day <= 28 and loan.day <= add_months(row.period.due, 1)
    if count == "30/360" and not in_first_month:
        raise unsettled("day_count", f"{count} with principal overdue after the last due date", "another day count: not settled")
    due = row.period.due
    inside = [(amount, first, min(last, due)) for amount, first, last in row.late_slices if first < due]
    total = slices_interest(row.period, loan.line, inside)
    for amount, first, last in row.late_slices:
        for begin, end, rate in loan.line.pieces(max(first, due), last):
            if loan.line.pauses and loan.line.paused_within(begin, end):
                raise unsettled("events", "a pause with money overdue after the last due date", "nothing overdue: not settled")
            total += amount * rate * year_share(count, begin, end, loan.terms.day_label) * MARKUP_SCALE
    return total
