"""A loan folded: from its terms and events to counters, and to what the coming nights will add.

`calculations.replay` tells the whole position of a loan on a day. The day end needs little of it, and needs it for a million loans
at once: the counters that the books are posted from, how interest runs night by night until the next day on which something else
happens, and which day that is. This module makes the one from the other. It knows no database and no clock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import rfc8785

from puhui.calculations.events import Event
from puhui.calculations.posting import Counters
from puhui.calculations.replay import Position, replay
from puhui.calculations.terms import Terms, read_terms

# A loan that owes penalty is looked at again at least this often; its path is as long.
NIGHTS_AHEAD_WHEN_OVERDUE = 31
# From this many days past due on a loan no longer accrues to income by itself (status of quote.md), so its state changes that day.
NON_ACCRUAL_AFTER_DAYS = 90


@dataclass(frozen=True, slots=True)
class Fold:
    """A loan as of the morning after `day`'s events: all in the smallest unit of the currency."""

    day: date
    position: Position
    counters: Counters
    overdue_since: date | None  # due date of the oldest row that is due and not paid
    interest_path: tuple[int, ...]  # element k: what k nights add to `interest_earned`; element 0 is 0
    penalty_path: tuple[int, ...]  # the same of `penalty_earned`; empty where none runs
    next_action_date: date | None

    @property
    def owed(self) -> int:
        """See `owed_on`."""
        return owed_on(self.position, self.day)

    @property
    def next_due(self) -> tuple[date | None, int]:
        """The next day on which something falls due, and how much. Penalty and compound interest run up so far are `owed` already."""
        for row in self.position.rows:
            amount = row.owed("principal") + row.owed("interest") + row.owed("fee")
            if row.due > self.day and amount > 0:
                return row.due, amount
        return None, 0


def owed_on(position: Position, day: date) -> int:
    """What a debit may take: all that is due and unpaid, and penalty and compound interest run up so far."""
    return sum(row.outstanding if row.due <= day else row.owed("penalty") + row.owed("compound") for row in position.rows)


def terms_of(document: dict[str, Any]) -> Terms:
    """The frozen terms of a quote document; loans of one product share most of them, so the last thousands are kept."""
    return _terms(rfc8785.dumps(document))


@lru_cache(maxsize=20_000)
def _terms(canonical: bytes) -> Terms:
    return read_terms(json.loads(canonical))


def counters_of(position: Position, day: date, lent: int) -> Counters:
    """The counters that a position stands for on `day`.

    Interest counts as earned night by night, as due from the due date of its row, or from its payment where that came earlier.
    """
    interest_due = interest_paid = penalty = penalty_paid = fee_due = fee_paid = 0
    for row in position.rows:
        interest_paid += row.paid_interest
        penalty_paid += row.paid_penalty + row.paid_compound
        fee_paid += row.paid_fee
        penalty += row.penalty + row.compound
        if row.due <= day:
            interest_due += row.interest
            fee_due += row.fee
        else:
            interest_due += row.paid_interest
            fee_due += row.paid_fee
    return Counters(
        lent=lent,
        principal_repaid=lent - position.principal,
        interest_earned=interest_due + position.accrued_interest,
        interest_due=interest_due,
        interest_paid=interest_paid,
        penalty_earned=penalty,
        penalty_paid=penalty_paid,
        fee_due=fee_due,
        fee_paid=fee_paid,
    )


def fold(terms: Terms, events: Sequence[Event], day: date, lent: int) -> Fold:
    """Replay up to and including `day` and compile the nights until the next action."""
    position = replay(terms, tuple(events), day)
    counters = counters_of(position, day, lent)
    overdue_since = min((row.due for row in position.rows if row.due <= day and row.outstanding > 0), default=None)
    # Not by its principal: where all of that came early, the interest of the period under way is still to fall due.
    next_action = None if position.status == "closed" else _next_action(position, day, overdue_since)
    interest_path, penalty_path = _paths(terms, events, position, counters, day, next_action, overdue_since)
    return Fold(day, position, counters, overdue_since, interest_path, penalty_path, next_action)


def _next_action(position: Position, day: date, overdue_since: date | None) -> date | None:
    days = [row.due for row in position.rows if row.due > day][:1]
    if overdue_since is not None:
        days += [overdue_since + timedelta(days=1), overdue_since + timedelta(days=NON_ACCRUAL_AFTER_DAYS + 1)]
        days.append(day + timedelta(days=NIGHTS_AHEAD_WHEN_OVERDUE))
    return min((candidate for candidate in days if candidate > day), default=None)


def _paths(
    terms: Terms, events: Sequence[Event], position: Position, counters: Counters, day: date, until: date | None, overdue_since: date | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if until is None:
        return (), ()
    nights = range((until - day).days + 1)
    if overdue_since is None:
        start = position.accrued_interest
        return tuple(position.accrued_on(day + timedelta(days=night)) - start for night in nights), ()
    # With something unpaid, penalty and compound run as well: each morning ahead is replayed once, now, and not again.
    mornings = [day + timedelta(days=night) for night in nights[1:]]
    ahead = [counters, *(counters_of(replay(terms, tuple(events), morning), morning, counters.lent) for morning in mornings)]
    interest = tuple(each.interest_earned - counters.interest_earned for each in ahead)
    penalty = tuple(each.penalty_earned - counters.penalty_earned for each in ahead)
    return interest, penalty if any(penalty) else ()
