"""The schedule: the rows of a loan of which nothing happens but what was agreed, all paid when due."""

from __future__ import annotations

from collections.abc import Sequence

from puhui.calculations.events import Event
from puhui.calculations.periods import periods_of, unsettled
from puhui.calculations.position import Flow, Row
from puhui.calculations.replay import pay_up_to, rows_of, walk
from puhui.calculations.running import RunningLoan
from puhui.calculations.telling import note_beyond
from puhui.calculations.term_records import Terms

__all__ = ["schedule", "scheduled"]


def schedule(terms: Terms, events: Sequence[Event] = ()) -> tuple[Row, ...]:
    """The rows in order, paid when due; `events` may hold drawdowns, new rates, fees, and money between due dates.

    Raises FaultsError where a figure is not settled.
    """
    return scheduled(terms, events)[0]


def scheduled(terms: Terms, events: Sequence[Event] = ()) -> tuple[tuple[Row, ...], tuple[Flow, ...], RunningLoan]:
    """The rows, the flows of cash, and the loan at its end."""
    dues = {period.due for period in periods_of(terms)}
    for event in events:
        if event.type == "repayment" and event.date in dues:
            found = f"nothing, with a repayment on the due date {event.date}"
            raise unsettled("as_of", found, "a date: without it all is taken as paid when due, and this may be the same money")
    loan, _, payments = walk(terms, events, None, pay_when_due=True)
    pay_up_to(loan, loan.last_due, payments)
    rows = rows_of(loan)
    note_beyond(loan, rows)
    return rows, tuple(payments), loan
