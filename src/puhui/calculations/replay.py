"""A loan is the fold of its events: from its terms and what happened, to its rows and where it stands.

`replay` is the only truth; quotes, contracts, previews and the day end all come from it. Nothing is stored here and no clock is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from puhui.calculations.allocation import (
    NON_ACCRUAL_AFTER_DAYS,
    Receipt,
    amount_to_close,
    days_past_due,
    pay_off,
    repay,
    take_dues,
    within_grace_days,
)
from puhui.calculations.events import Event, in_effect
from puhui.calculations.faults import Fault
from puhui.calculations.interest import SCALE, RateLine
from puhui.calculations.line_pooled import PooledLine, new_loan
from puhui.calculations.money import round_exact
from puhui.calculations.periods import unsettled
from puhui.calculations.position import Allocation, Flow, Position, Row
from puhui.calculations.running import COMPOUND, FEE, INTEREST, PENALTY, PRINCIPAL, RunningLoan, RunningRow
from puhui.calculations.term_records import Fee, Terms

__all__ = ["Event", "Position", "Row", "pay_up_to", "payoff_amount", "replay", "rows_of", "walk"]

_ALL = 10**30


def replay(terms: Terms, events: Sequence[Event], as_of: date) -> Position:
    """The loan on the morning after the events of `as_of`. Nights before `as_of` count, that of `as_of` does not.

    `overdue` is all that fell due before `as_of` and is unpaid, running penalty and compound interest included; `accrued_interest` is
    not yet due; coming rows are as they stand today, all paid when due. `unsettled` names figures that the quote contract leaves open.
    Raises FaultsError where a figure is not settled, an event is out of its time, or a payment is more than is owed.
    """
    if as_of < terms.start:
        raise unsettled("as_of", as_of, f"a date from the start {terms.start} on")
    loan, allocations, payments = walk(terms, events, as_of)
    loan.advance(as_of)
    overdue = sum(row.outstanding for row in loan.rows[loan.oldest : loan.index] if row.period.due < as_of)
    late, running_cost = days_past_due(loan, as_of), _running_cost(loan, as_of)
    principal = loan.drawn - sum(row.paid[PRINCIPAL] for row in loan.rows)
    running = loan.running_period() if loan.index < len(loan.rows) else None
    if running is not None and terms.method == "flat" and terms.flat_interest == "term" and as_of > running.period.start and loan.drawn:
        raise unsettled("as_of", as_of, "a due date: how interest of the whole term accrues inside a period is not settled")
    exact = running.exact(as_of) if running is not None else 0
    _note_under_way(loan, as_of)
    status = _status(loan, principal, late)
    if isinstance(loan, PooledLine):
        status = loan.status(status, as_of)
    loan.advance(loan.last_due, count_overdue=False)
    rows = rows_of(loan)
    next_due = next((row.due for row in rows if row.due > as_of and row.outstanding), None)
    return Position(
        as_of=as_of,
        rows=rows,
        principal=principal,
        accrued_exact=exact,
        accrued_interest=round_exact(exact, SCALE, terms.rounding),
        overdue=overdue + running_cost,
        running_cost=running_cost,
        days_past_due=late,
        status=status,
        next_due=next_due,
        allocations=tuple(allocations),
        payments=tuple(payments),
        unsettled=tuple(loan.unsettled),
        running=running,
        rounding=terms.rounding,
    )


def payoff_amount(terms: Terms, events: Sequence[Event], day: date) -> int:
    """Exactly what closes the loan on `day`, after the events up to that day."""
    loan, _, _ = walk(terms, [event for event in events if event.date <= day], day)
    loan.advance(day)
    return amount_to_close(loan, day)


def walk(
    terms: Terms, events: Sequence[Event], as_of: date | None, pay_when_due: bool = False
) -> tuple[RunningLoan, list[Allocation], list[Flow]]:
    """Move a loan through its events. With `pay_when_due` all dues are paid on their day. Returns loan, allocations and flows of cash."""
    ordered = in_effect(events)
    late = [event for _, event in ordered if as_of is not None and event.date > as_of]
    if late:
        raise unsettled("events.date", late[0].date, f"a date up to as_of, {as_of}")
    loan = new_loan(terms, _rate_line(terms, [event for _, event in ordered]))
    drawn = any(event.type == "drawdown" for _, event in ordered)
    if not drawn and any(event.type == "drawdown" for event in events):
        raise unsettled("events", "every drawdown reversed", "a drawdown that stands: without any, the whole amount counts as drawn")
    if not drawn:
        ordered.insert(0, (-1, Event(terms.start, "drawdown", terms.amount)))
    ordered = _with_dated_fees(terms, ordered, as_of)
    allocations: list[Allocation] = []
    payments: list[Flow] = []
    for index, event in ordered:
        if pay_when_due:
            pay_up_to(loan, event.date, payments)
        loan.advance(event.date)
        if pay_when_due:
            pay_up_to(loan, event.date, payments)
        _apply(loan, index, event, allocations, payments)
        if pay_when_due and event.type == "fee":
            _pay_dues(loan, event.date, payments)
    return loan, allocations, payments


def pay_up_to(loan: RunningLoan, day: date, payments: list[Flow]) -> None:
    """Pay each row on its due date, up to and including `day`."""
    while loan.index < len(loan.rows) and loan.rows[loan.index].period.due <= day:
        due = loan.rows[loan.index].period.due
        loan.advance(due)
        _pay_dues(loan, due, payments)


def _pay_dues(loan: RunningLoan, day: date, payments: list[Flow]) -> None:
    receipt = Receipt(-1, None, _ALL)
    take_dues(loan, day, receipt)
    payments.append((day, _ALL - receipt.left))


def _apply(loan: RunningLoan, index: int, event: Event, allocations: list[Allocation], payments: list[Flow]) -> None:
    day, terms = event.date, loan.terms
    if event.type == "drawdown":
        first = not loan.drawn
        loan.draw(day, event.amount)
        payments.append((day, -event.amount))
        if first:
            payments.extend((day, loan.fee_amount(fee)) for fee in terms.fees if fee.when == "drawdown")
    elif event.type in ("rate_change", "pause"):
        if day >= loan.last_due or loan.closed_on is not None:
            raise unsettled("events.date", day, f"a {event.type} before the last due date of a loan that is not closed")
    elif event.type == "fee":
        if loan.closed_on is not None:
            raise unsettled("events.date", day, "a fee before the loan is closed")
        loan.charge(day, FEE, event.amount)
    else:
        if not loan.drawn or loan.closed_on is not None:
            raise unsettled("events.date", day, "a payment after the first drawdown, of a loan that is not closed")
        receipt = Receipt(index, event.id, event.amount)
        if event.type == "payoff":
            pay_off(loan, day, receipt, event.amount)
        else:
            repay(loan, day, receipt)
        allocations.extend(receipt.allocations)
        payments.append((day, sum(part.amount for part in receipt.allocations)))


def _rate_line(terms: Terms, events: Sequence[Event]) -> RateLine:
    """The contract rate with the new rates that events brought."""
    pauses = [(event.date, event.until) for event in events if event.type == "pause" and event.until is not None]
    if pauses and (terms.method == "flat" or terms.level == "solved"):
        raise unsettled("events", f"a pause with method {terms.method}, level {terms.level}", "another method: not settled")
    if any(second[0] <= first[1] for first, second in pairwise(sorted(pauses))):
        raise unsettled("events", "pauses that overlap", "each day paused once")
    changes = [(event.date, event.rate_e8) for event in events if event.type == "rate_change" and event.rate_e8 is not None]
    if not changes:
        return RateLine(terms.rates, terms.day_label, pauses)
    if len(terms.rates) > 1:
        raise unsettled("events", "rate_change beside rate_changes or rate_link", "one of them: together they are not settled")
    rates = list(terms.rates)
    for day, rate in changes:
        if day <= rates[-1][0] or rate == rates[-1][1]:
            expected = "a rate that differs from the one before, each on its own day after the start"
            raise unsettled("events", f"a new rate on {day}", expected)
        rates.append((day, rate))
    return RateLine(rates, terms.day_label, pauses)


def _with_dated_fees(terms: Terms, ordered: list[tuple[int, Event]], as_of: date | None) -> list[tuple[int, Event]]:
    """Fees agreed for a date join the events, before those of the same day."""
    fees = [(-1, Event(fee.when, "fee", _dated_amount(terms, fee))) for fee in terms.fees if isinstance(fee.when, date)]
    fees = [pair for pair in fees if as_of is None or pair[1].date <= as_of]
    if any(pair[1].date == terms.start for pair in fees):
        raise unsettled("fees.when", terms.start, "drawdown, for a fee of the first day")
    return sorted([*fees, *ordered], key=lambda pair: pair[1].date) if fees else ordered


def _dated_amount(terms: Terms, fee: Fee) -> int:
    if fee.rate is None:
        return fee.amount
    return round_exact(terms.amount * fee.rate, 1, terms.rounding)


def _running_cost(loan: RunningLoan, day: date) -> int:
    """Unpaid penalty and compound interest that stand in a row not due before `day`."""
    rows = [row for row in loan.rows[max(loan.index - 1, 0) : loan.index + 1] if row.period.due >= day]
    return sum(row.due[place] - row.paid[place] for row in rows for place in (PENALTY, COMPOUND))


def _note_under_way(loan: RunningLoan, day: date) -> None:
    """Note a state inside a period whose row holds what the contract does not place: late interest, a charge, interest paid ahead."""
    if within_grace_days(loan, day):
        loan.unsettled.append(Fault("as_of", f"{day}, within the grace_days of overdue principal", "another day: not supported yet"))
    if loan.index >= len(loan.rows):
        return
    row = loan.rows[loan.index]
    if loan.terms.part_periods == "whole" and row.period.start < day < row.period.due and loan.open:
        loan.unsettled.append(Fault("part_periods", f"whole, with as_of {day} inside a period", "days: whole is not supported"))
    if row.period.exceeds(row.period.start, day):
        loan.unsettled.append(Fault("as_of", f"{day}, a month and odd days into a period of a month", "a due date: not settled"))
    if row.late_exact:
        found = f"{day}, while overdue principal bears contract interest"
        loan.unsettled.append(Fault("as_of", found, "a due date: not settled inside a period"))
    if row.due[FEE] > row.paid[FEE]:
        found = f"{day}, with a charge unpaid in the period under way"
        loan.unsettled.append(Fault("as_of", found, "a due date: not settled inside a period"))
    if row.paid[INTEREST] and day < row.period.due:
        found = f"{day}, with interest paid in advance"
        loan.unsettled.append(Fault("as_of", found, "a due date: accrued interest is not settled"))


def _status(loan: RunningLoan, principal: int, late: int) -> str:
    if not loan.drawn:
        return "undrawn"
    if principal == 0 and all(row.outstanding == 0 for row in loan.rows[loan.oldest : loan.index + 1]) and not loan.open and not loan.ended:
        return "closed"
    if late > NON_ACCRUAL_AFTER_DAYS:
        return "non_accrual"
    return "overdue" if late else "performing"


def rows_of(loan: RunningLoan) -> tuple[Row, ...]:
    """The rows as frozen data, with the principal outstanding after each."""
    rows = []
    repaid = drawn = told = 0
    for row in loan.rows:
        while told < len(loan.draws) and loan.draws[told][0] < row.period.due:
            drawn += loan.draws[told][1]
            told += 1
        repaid += row.due[PRINCIPAL]
        rows.append(_row(row, drawn - repaid))
    return tuple(rows)


def _row(row: RunningRow, balance: int) -> Row:
    period, due, paid = row.period, row.due, row.paid
    return Row(
        period.number, period.start, period.due, (period.due - period.start).days,
        due[PRINCIPAL], due[INTEREST], due[FEE], due[PENALTY], due[COMPOUND],
        paid[PRINCIPAL], paid[INTEREST], paid[FEE], paid[PENALTY], paid[COMPOUND], balance,
    )  # fmt: skip
