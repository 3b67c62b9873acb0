"""The everyday repayment: exactly what falls due today on an ordinary loan, in one round trip to the database.

Nothing has to be computed for it (see `settling`), so one database function does all that the act does otherwise: key, event, entry,
state, audit record, answer, outbox. It refuses whatever is not ordinary, without a trace, and the act goes its usual way. Both end in
the same rows.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import psycopg
from django.db import DatabaseError, connection

from puhui.books.chart import chart
from puhui.loans.command_log import PATIENCE
from puhui.loans.models import Event, Loan
from puhui.loans.settling import ROLES
from puhui.parties.models import Institution

__all__ = ["codes_of", "repay_due", "repay_due_answer"]

NOT_ORDINARY = "PH010"
_CALL = "SELECT loans_repay_due(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def repay_due(loan: Loan, amount_fen: int, key: str, actor: str, *, on: date | None = None) -> Event | None:
    """The event of a repayment of exactly what falls due today; None where the ordinary way has to be gone.

    `loan` is as it was read, perhaps a while ago; the database function looks again under the loan's lock, and a loan to which something
    has happened since goes the ordinary way.
    """
    answer = repay_due_answer(loan, amount_fen, key, actor, on=on)
    if answer is None:
        return None
    return Event(
        pk=answer["event"],
        institution_id=loan.institution_id,
        loan=loan,
        number=answer["event_number"],
        type="repayment",
        date=date.fromisoformat(answer["date"]),
        known_on=date.fromisoformat(answer["date"]),
        amount_fen=amount_fen,
        key=key,
        recorded_by=actor,
    )


def repay_due_answer(loan: Loan, amount_fen: int, key: str, actor: str, *, on: date | None = None) -> dict[str, Any] | None:
    """As `repay_due`, told as the command's answer."""
    day = loan.next_action_date
    if day is None or loan.next_number is None or (on or day) != day or not 0 < len(key.strip()) <= 110 or connection.in_atomic_block:
        return None
    if loan.institution.business_date != day:
        return None
    values: list[Any] = [loan.institution_id, day, loan.pk, loan.number, loan.event_count + 1, amount_fen, key, actor, on]
    try:
        with connection.cursor() as cursor:
            cursor.execute(_CALL, [*values, codes_of(loan.institution, day), PATIENCE])
            answer: dict[str, Any] = json.loads(cursor.fetchone()[0])
            return answer
    except DatabaseError as error:
        if isinstance(error.__cause__, psycopg.Error) and error.__cause__.sqlstate == NOT_ORDINARY:
            return None
        raise


def codes_of(institution: Institution, day: date) -> str:
    """The accounts' codes in the order in which the database function takes them, as an array in the database's writing."""
    roles = chart(institution.kind, day).roles
    return "{" + ",".join(roles[role] for role in ROLES) + "}"
