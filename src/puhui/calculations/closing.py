"""The end of a loan: what closes it on a day, payoff, termination (提前到期), and writing off."""

from __future__ import annotations

from datetime import date

from puhui.calculations.allocation import Receipt, take_dues
from puhui.calculations.faults import Fault
from puhui.calculations.interest import SCALE
from puhui.calculations.money import amount_text, round_exact
from puhui.calculations.periods import unsettled
from puhui.calculations.running import RunningLoan
from puhui.calculations.scheduled import rest_as_scheduled
from puhui.calculations.term_records import INTEREST, PRINCIPAL

__all__ = ["amount_to_close", "pay_off", "terminate", "write_off"]


def amount_to_close(loan: RunningLoan, day: date) -> int:
    """Exactly what closes the loan on `day`: dues, what runs, interest to the day and all principal."""
    dues = sum(row.outstanding for row in loan.rows[loan.oldest :])
    if loan.extra_row is not None:
        dues += loan.extra_row.outstanding
    if loan.index >= len(loan.rows):
        return dues
    return dues + loan.undue + _interest_to_close(loan, day)


def _interest_to_close(loan: RunningLoan, day: date, terminated: bool = False) -> int:
    """Interest not yet due that the end of the loan on `day` takes.

    A payoff: to the day, to the rest, or, never recalculated, all that was scheduled. A termination: to the day, whatever is agreed.
    """
    terms = loan.terms
    if not loan.undue and not loan.open and not loan.ended:
        return loan.plan.carried
    if terms.recalculation is None and not terminated:
        return rest_as_scheduled(loan)
    if terms.recalculation is None and any(row.paid[INTEREST] or row.paid[PRINCIPAL] for row in loan.rows[loan.index :]):
        found = f"null, with a termination on {day} after money that was paid in advance"
        raise unsettled("interest_recalculation", found, "recalculation: where that money then goes is not settled")
    on_due_day = loan.index > 0 and loan.rows[loan.index - 1].period.due == day
    if on_due_day:
        return loan.plan.carried
    to_rest = not terminated and terms.recalculation is not None and terms.recalculation.payoff_interest == "to_rest"
    if to_rest and terms.recalculation is not None and terms.recalculation.rest == "daily":
        raise unsettled("interest_recalculation", "payoff_interest to_rest with rest daily", "rest period: to which day is not settled")
    end = loan.periods[loan.index].due if to_rest else day
    loan.part_settled(loan.periods[loan.index], loan.periods[loan.index].start, end)
    return loan.plan.carried + round_exact(_interest(loan, end), SCALE, terms.rounding)


def _interest(loan: RunningLoan, end: date) -> int:
    if loan.terms.method == "flat":
        raise unsettled("method", f"flat, ended on {end}", "an end from the last due date on: not settled before")
    exact = loan.interest_to(end) + loan.rows[loan.index].late_exact
    return exact  # type: ignore[return-value]  # a fraction at most, rounded by the caller


def pay_off(loan: RunningLoan, day: date, receipt: Receipt, agreed: int) -> None:
    """Close the loan on `day`; later rows vanish. `agreed` is the amount that the event names, 0 for none."""
    needed = amount_to_close(loan, day)
    if needed == 0 and not loan.drawn:
        raise unsettled("events", f"a payoff on {day}", "a loan that owes something")
    if agreed and agreed != needed:
        exponent = loan.terms.exponent
        expected = f"{amount_text(needed, exponent)}, exactly what closes the loan on {day}"
        raise unsettled("events.amount", amount_text(agreed, exponent), expected)
    receipt.left = needed
    close_with(loan, day, receipt)


def close_with(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """Take all that closes the loan out of a receipt that holds at least that."""
    take_dues(loan, day, receipt)
    if loan.index < len(loan.rows):
        if any(fee.when == "instalment" for fee in loan.terms.fees) and loan.periods[loan.index].start < day:
            expected = "no fee of the instalments: whether that of the period under way is owed is not settled"
            loan.unsettled.append(Fault("fees", f"a loan closed on {day} inside a period", expected))
        row = loan.rows[_fall_due(loan, day)]
        receipt.pay(row, INTEREST, row.owed(INTEREST))
        receipt.pay(row, PRINCIPAL, row.owed(PRINCIPAL), early=True)
    loan.oldest = loan.index
    loan.closed_on = day


def _fall_due(loan: RunningLoan, day: date, terminated: bool = False) -> int:
    """All principal and the interest to the day fall due in the row of the day; later rows vanish. Returns the row's index."""
    on_due_day = loan.index > 0 and loan.rows[loan.index - 1].period.due == day
    if any(drawn == day for drawn, _ in loan.draws[1:]):  # the first one comes before any end
        raise unsettled("events", f"the end of the loan and a drawdown on {day}", "another day: before which of the two is not settled")
    interest = _interest_to_close(loan, day, terminated)
    exact = loan.interest_to(day) if terminated and not on_due_day else 0
    place = loan.index - 1 if on_due_day else loan.index
    row = loan.rows[place]
    row.due[INTEREST] += interest
    row.due[PRINCIPAL] += loan.undue
    for later in loan.rows[place + 1 :]:
        for each in range(len(row.due)):
            row.due[each] += later.due[each]
            row.paid[each] += later.paid[each]
            row.waived[each] += later.waived[each]
    row.closed = True
    if not on_due_day:  # what overdue principal bore in the row so far stays in `late_exact`, and may go on
        row.own_exact = exact
    del loan.rows[place + 1 :]
    del loan.periods[place + 1 :]
    loan.index, loan.undue = place + 1, 0
    loan.open, loan.ended = [], []
    loan.plan.carried = 0
    return place


def terminate(loan: RunningLoan, day: date) -> None:
    """Everything falls due on `day`, with the interest to it; what stays unpaid bears what overdue money costs after the last due date."""
    if loan.index >= len(loan.rows):
        raise unsettled("events.date", day, f"a termination before the last due date {loan.last_due}")
    place = _fall_due(loan, day, terminated=True)
    row = loan.rows[place]
    if row.period.due != day:
        share = row.period.part(row.period.start, day) if row.late_slices else 0  # else nothing asks for it any more
        row.period = row.period._replace(due=day, payable=day, share=share, months=None)
        loan.periods[place] = row.period
    loan.oldest = min(loan.oldest, place)
    loan.terminated_on = day


def write_off(loan: RunningLoan, day: date) -> None:
    """Nothing runs any more from `day` on; what is owed stays owed (账销案存) and may still be recovered."""
    if loan.index < len(loan.rows):
        terminate(loan, day)
    loan.written_off_on = day
