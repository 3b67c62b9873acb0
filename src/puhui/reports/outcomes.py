"""What came of decisions on which money went out: a default is more than 90 days past due, or written off.

The database tells it of nearly all loans at once. Of a loan to which nothing happened since the day, its state tells it. Of one that
changed since, the day's state is not kept, but most were in order then beyond doubt: too young to be so long past due, or paid to the fen
on each due date, with nothing ever entered on them but money. Only the rest are folded from the events that were known then.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.db import connection

from puhui.loans.keeping import events_of, fold_loan
from puhui.loans.models import Loan
from puhui.parties.models import Institution

__all__ = ["DEFAULT_DAYS", "outcomes"]

DEFAULT_DAYS = 90
CHUNK = 5_000

# Null where the loan has to be folded. `last`: what fell due before it and is not paid is so long past due.
_TOLD = """
    SELECT loan.id, contract.decision_id, loan.start,
           CASE WHEN loan.state_date <= %(day)s THEN coalesce(loan.overdue_since < %(last)s, false) OR loan.status = 'written_off'
                WHEN loan.start >= %(last)s THEN
                     CASE WHEN NOT EXISTS (SELECT FROM loans_event AS event WHERE event.loan_id = loan.id AND event.type = 'write_off')
                          THEN false END
                WHEN NOT EXISTS (
                         SELECT FROM loans_event AS event
                          WHERE event.loan_id = loan.id
                            AND (event.type NOT IN ('drawdown', 'repayment', 'payoff') OR event.type = 'drawdown' AND event.number > 1
                                 OR event.date <= %(day)s AND (event.known_on > %(day)s OR event.type = 'payoff' OR event.detail <> '{}')))
                     AND NOT EXISTS (
                         SELECT FROM loans_instalment AS due
                          WHERE due.loan_id = loan.id AND due.due < %(last)s
                            AND NOT EXISTS (
                                SELECT FROM loans_event AS event
                                 WHERE event.loan_id = due.loan_id AND event.type = 'repayment' AND event.date = due.due
                                   AND event.amount_fen = due.principal_fen + due.interest_fen + due.fee_fen))
                THEN false
           END
      FROM loans_loan AS loan
      JOIN loans_contract AS contract ON contract.id = loan.contract_id
     WHERE loan.institution_id = %(institution)s AND loan.start <= %(day)s
     ORDER BY loan.id
"""


def outcomes(institution: Institution, as_of: date, more_than_days: int = DEFAULT_DAYS) -> list[tuple[int, date, bool]]:
    """Decision, first day, and whether it has defaulted by `as_of`, as was known then, of each loan in the order of their numbers.

    A decision comes once for each of its loans.
    """
    values: dict[str, Any] = {"institution": institution.pk, "day": as_of, "last": as_of - timedelta(days=more_than_days)}
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, values)
        rows = cursor.fetchall()
    folded = dict(_folded((loan for loan, _, _, told in rows if told is None), as_of, more_than_days))
    return [(decision, start, folded[loan] if told is None else told) for loan, decision, start, told in rows]


def _folded(loans: Iterator[int], as_of: date, more_than_days: int) -> Iterator[tuple[int, bool]]:
    """Loan → whether it had defaulted by the day, from the events that were entered by then."""
    while chunk := list(islice(loans, CHUNK)):
        history = events_of(chunk)
        for loan in Loan.objects.filter(pk__in=chunk):
            fold = fold_loan(loan, [event for event in history[loan.pk] if event.known_on <= as_of], as_of)
            since = fold.overdue_since
            yield loan.pk, fold.position.status == "written_off" or (since is not None and (as_of - since).days > more_than_days)
