"""How what happened to a loan becomes transfers in the books.

A loan is described by counters that tell sums since its start: lent, repaid, interest earned, fallen due, paid and so on. What is
outstanding is the difference of two counters. Each counter has one pair of accounts: when it grows the amount moves from the one
to the other, when it shrinks (a reversal, a backdated event) it moves back. So every act, however odd, posts the difference of the
counters before and after it, and the sub-ledger equals the ledger by construction.

Accounts are named by role; dated tables map roles to the chart of the institution. The entries are those of the chart of financial
enterprises (CAS 22): interest that has been earned and is not yet due belongs to the carrying amount of the loan, interest due and
unpaid is a receivable, penalty interest has accounts of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple


class Transfer(NamedTuple):
    """`amount_fen` > 0 moves from `credit` to `debit` (role names)."""

    debit: str
    credit: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Counters:
    """Sums since the start of a loan, in the smallest unit of its currency."""

    lent: int = 0
    principal_repaid: int = 0
    interest_earned: int = 0
    interest_due: int = 0
    interest_paid: int = 0
    penalty_earned: int = 0
    penalty_paid: int = 0
    fee_due: int = 0
    fee_paid: int = 0
    overpaid: int = 0

    @property
    def principal(self) -> int:
        return self.lent - self.principal_repaid

    @property
    def accrued_interest(self) -> int:
        """Earned and not yet due."""
        return self.interest_earned - self.interest_due

    @property
    def interest_receivable(self) -> int:
        """Due and unpaid."""
        return self.interest_due - self.interest_paid

    @property
    def penalty_receivable(self) -> int:
        return self.penalty_earned - self.penalty_paid

    @property
    def fee_receivable(self) -> int:
        return self.fee_due - self.fee_paid


# counter → (debited, credited) when it grows
FLOWS: dict[str, tuple[str, str]] = {
    "lent": ("principal", "settlement"),
    "interest_earned": ("accrued_interest", "interest_income"),
    "penalty_earned": ("penalty_receivable", "penalty_income"),
    "fee_due": ("fee_receivable", "fee_income"),
    "interest_due": ("interest_receivable", "accrued_interest"),
    "fee_paid": ("settlement", "fee_receivable"),
    "penalty_paid": ("settlement", "penalty_receivable"),
    "interest_paid": ("settlement", "interest_receivable"),
    "principal_repaid": ("settlement", "principal"),
    "overpaid": ("settlement", "overpayment"),
}

# What a loan's share of each balance-sheet account must be, by its counters: the sub-ledger.
SUB_LEDGER = ("principal", "accrued_interest", "interest_receivable", "penalty_receivable", "fee_receivable")


def transfers(before: Counters, after: Counters) -> tuple[Transfer, ...]:
    """The transfers that bring the books from `before` to `after`, in the order of `FLOWS`; none where nothing moved."""
    moved = []
    for counter, (debit, credit) in FLOWS.items():
        difference = getattr(after, counter) - getattr(before, counter)
        if difference > 0:
            moved.append(Transfer(debit, credit, difference))
        elif difference < 0:
            moved.append(Transfer(credit, debit, -difference))
    return tuple(moved)


assert {field.name for field in fields(Counters)} == set(FLOWS), "each counter has its accounts"
