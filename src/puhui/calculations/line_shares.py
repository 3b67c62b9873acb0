"""Which draw of a line takes how much of a repayment, where draws keep dues of their own.

What is due comes first: the oldest due date before the next, whatever the draw. What is left goes early to principal. Where two draws could
take the same money and the agreement does not tell which, the payment is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from puhui.calculations.events import Event
from puhui.calculations.money import amount_text
from puhui.calculations.periods import unsettled
from puhui.calculations.term_records import Terms

__all__ = ["Owed", "shares_of_payment"]


class Owed(NamedTuple):
    """What one draw owes: `dues` by due date, `running` charges and penalty of the period under way, principal not yet due."""

    dues: tuple[tuple[date, int], ...]
    running: int
    undue: int
    status: str

    @property
    def due(self) -> int:
        """All that a payment takes before it goes early to principal."""
        return sum(amount for _, amount in self.dues) + self.running


def shares_of_payment(terms: Terms, owed: Sequence[Owed], event: Event) -> list[int]:
    """The part of a repayment that each draw takes, in the order of `owed`. Raises FaultsError where that is not settled."""
    owing = [index for index, each in enumerate(owed) if each.due or each.undue]
    if not owing:
        raise unsettled("events.date", event.date, "a payment of a line on which something is owed")
    if len(owing) == 1:
        return [event.amount if index == owing[0] else 0 for index in range(len(owed))]
    shares = [each.due for each in owed]
    left = event.amount - sum(shares)
    if left < 0:
        return _part_of_dues(terms, owed, event)
    if left:
        takers = [index for index, each in enumerate(owed) if each.undue]
        if len(takers) != 1:
            found = f"{amount_text(left, terms.exponent)} on {event.date} beyond what is due, with {len(takers)} draws that owe principal"
            raise unsettled("events.amount", found, "one draw that owes principal: which of them takes it is not settled")
        shares[takers[0]] += left
    return shares


def _part_of_dues(terms: Terms, owed: Sequence[Owed], event: Event) -> list[int]:
    """Money that is not enough for all that is due: the oldest due date first."""
    late = [each for each in owed if each.due]
    if len(late) > 1:
        if terms.vertical:
            raise _not_told(terms, event, "component by component")
        if terms.allocation != terms.allocation_non_accrual and len({each.status for each in late}) > 1:
            raise _not_told(terms, event, "some draws non-accrual and some not")
    shares = [0] * len(owed)
    left = event.amount
    for due in sorted({due for each in owed for due, _ in each.dues}):
        parts = {index: amount for index, each in enumerate(owed) for on, amount in each.dues if on == due}
        if left < sum(parts.values()) and len(parts) > 1:
            raise _not_told(terms, event, f"{len(parts)} draws with dues of {due}")
        for index, amount in parts.items():
            shares[index] += min(left, amount)
            left -= min(left, amount)
        if not left:
            return shares
    running = {index: each.running for index, each in enumerate(owed) if each.running}
    if len(running) > 1:
        raise _not_told(terms, event, f"{len(running)} draws with penalty under way")
    for index in running:
        shares[index] += left
    return shares


def _not_told(terms: Terms, event: Event, why: str) -> Exception:
    found = f"{amount_text(event.amount, terms.exponent)} on {event.date}, not enough for the dues of several draws, {why}"
    return unsettled("events.amount", found, "enough for all that is due: which draw takes it is not settled")
