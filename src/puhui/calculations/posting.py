"""How what happened to a loan becomes transfers in the books.

A loan is described by counters. Most tell sums since its start: lent, repaid, interest earned, fallen due, paid and so on; some tell
a level that may fall again: what is not recognised as income, what is written off and not recovered. What is outstanding is the
difference of two counters. Each counter has one pair of accounts: when it grows the amount moves from the one to the other, when it
shrinks (a reversal, a backdated event) it moves back. Some have a second pair in the memo books (表外). So every act, however odd,
posts the difference of the counters before and after it, and the sub-ledger equals the ledger by construction.

Accounts are named by role; dated tables map roles to the chart of the institution. The entries are those of the chart of financial
enterprises (CAS 22): interest that has been earned and is not yet due belongs to the carrying amount of the loan, interest due and
unpaid is a receivable, penalty interest has accounts of its own. Source: domain/practice.md 10 to 16, docs/algorithms/books.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

__all__ = ["FLOWS", "MEMO_FLOWS", "SUB_LEDGER", "Counters", "Transfer", "ledger_balances", "ledger_signs", "transfers"]

Pair = tuple[str, str]


class Transfer(NamedTuple):
    """`amount_fen` > 0 moves from `credit` to `debit` (role names)."""

    debit: str
    credit: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Counters:
    """Sums since the start of a loan, in the smallest unit of its currency; those from `overpaid` on are levels or rare."""

    lent: int = 0
    principal_repaid: int = 0
    interest_earned: int = 0  # by contract, recognised as income or not
    interest_due: int = 0
    interest_paid: int = 0
    penalty_earned: int = 0
    penalty_paid: int = 0
    fee_due: int = 0
    fee_paid: int = 0
    overpaid: int = 0  # paid in excess and not refunded
    principal_waived: int = 0
    interest_waived: int = 0
    penalty_waived: int = 0
    fee_waived: int = 0
    interest_suspended: int = 0  # due, unpaid and not recognised as income
    accrued_interest_suspended: int = 0  # not yet due and not recognised
    penalty_suspended: int = 0
    principal_written_off: int = 0  # less what was recovered since
    interest_written_off: int = 0  # of what had been recognised
    penalty_written_off: int = 0
    fee_written_off: int = 0
    interest_waived_written_off: int = 0  # of what is waived, what had been written off: it lowers no income any more
    penalty_waived_written_off: int = 0
    fee_waived_written_off: int = 0
    interest_tax: int = 0  # value added tax inside the price, payable
    penalty_tax: int = 0
    fee_tax: int = 0
    tax_waiting: int = 0  # on recognised interest that is taxed when the cash comes
    fee_deferred: int = 0  # integral fees: income over the life by effective interest, not on the day they fall due
    fee_amortised: int = 0
    fee_deferred_written_off: int = 0  # of those, what was not earned when the loan was written off: so much less was lost
    undrawn: int = 0  # of a line

    @property
    def principal(self) -> int:
        """What the borrower owes of the principal, written off or not."""
        return self.lent - self.principal_repaid - self.principal_waived

    @property
    def accrued_interest(self) -> int:
        """Earned by contract and not yet due."""
        return self.interest_earned - self.interest_due

    @property
    def interest_receivable(self) -> int:
        """Due and unpaid."""
        return self.interest_due - self.interest_paid - self.interest_waived

    @property
    def penalty_receivable(self) -> int:
        return self.penalty_earned - self.penalty_paid - self.penalty_waived

    @property
    def fee_receivable(self) -> int:
        return self.fee_due - self.fee_paid - self.fee_waived


# counter → (debited, credited) when it grows
FLOWS: dict[str, Pair] = {
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
    "interest_waived": ("interest_income", "interest_receivable"),
    "penalty_waived": ("penalty_income", "penalty_receivable"),
    "fee_waived": ("fee_income", "fee_receivable"),
    "principal_waived": ("loss_allowance", "principal"),
    "interest_suspended": ("interest_income", "interest_receivable"),
    "accrued_interest_suspended": ("interest_income", "accrued_interest"),
    "penalty_suspended": ("penalty_income", "penalty_receivable"),
    "principal_written_off": ("loss_allowance", "principal"),
    "interest_written_off": ("loss_allowance", "interest_receivable"),
    "penalty_written_off": ("loss_allowance", "penalty_receivable"),
    "fee_written_off": ("loss_allowance", "fee_receivable"),
    "interest_waived_written_off": ("loss_allowance", "interest_income"),
    "penalty_waived_written_off": ("loss_allowance", "penalty_income"),
    "fee_waived_written_off": ("loss_allowance", "fee_income"),
    "interest_tax": ("interest_income", "output_tax"),
    "penalty_tax": ("penalty_income", "output_tax"),
    "fee_tax": ("fee_income", "output_tax"),
    "tax_waiting": ("interest_income", "output_tax_waiting"),
    "fee_deferred": ("fee_income", "unamortised_fees"),
    "fee_amortised": ("unamortised_fees", "fee_interest_income"),
    "fee_deferred_written_off": ("unamortised_fees", "loss_allowance"),
    "undrawn": ("memo_undrawn", "memo_counterpart"),
}

# What the same counters move in the memo books, beside the balance sheet.
MEMO_FLOWS: dict[str, Pair] = {
    "interest_suspended": ("memo_interest", "memo_counterpart"),
    "accrued_interest_suspended": ("memo_interest", "memo_counterpart"),
    "penalty_suspended": ("memo_interest", "memo_counterpart"),
    "principal_written_off": ("memo_written_off", "memo_counterpart"),
    "interest_written_off": ("memo_written_off", "memo_counterpart"),
    "penalty_written_off": ("memo_written_off", "memo_counterpart"),
    "fee_written_off": ("memo_written_off", "memo_counterpart"),
}

# What a loan's share of each balance-sheet account must be, by its counters: the sub-ledger.
SUB_LEDGER = ("principal", "accrued_interest", "interest_receivable", "penalty_receivable", "fee_receivable")


def transfers(before: Counters, after: Counters) -> tuple[Transfer, ...]:
    """The transfers that bring the books from `before` to `after`, in the order of `FLOWS`; none where nothing moved.

    What moves forth and back between the same two accounts is netted, and so is what goes round between three: interest that falls
    due while it is not recognised moves nothing on the balance sheet.
    """
    moved: dict[Pair, int] = {}
    for flows in (FLOWS, MEMO_FLOWS):
        for counter, pair in flows.items():
            difference = getattr(after, counter) - getattr(before, counter)
            if difference:
                _move(moved, pair, difference)
    directed = {(pair if amount > 0 else pair[::-1]): abs(amount) for pair, amount in moved.items() if amount}
    if len(directed) > 2:
        _cancel_rounds(directed)
    return tuple(Transfer(debit, credit, amount) for (debit, credit), amount in directed.items() if amount)


def _move(moved: dict[Pair, int], pair: Pair, amount: int) -> None:
    opposite = pair[::-1]
    if opposite in moved:
        moved[opposite] -= amount
    else:
        moved[pair] = moved.get(pair, 0) + amount


def _cancel_rounds(directed: dict[Pair, int]) -> None:
    """Take away what goes round between three accounts."""
    for first, second in list(directed):
        for third in [credit for debit, credit in directed if debit == second]:
            round_trip = ((first, second), (second, third), (third, first))
            if round_trip[2] in directed:
                least = min(directed[pair] for pair in round_trip)
                for pair in round_trip:
                    directed[pair] -= least


def ledger_signs(role: str) -> dict[str, int]:
    """How a role's balance (debit positive) is made of counters: +1 where growth debits it, −1 where it credits it."""
    signs: dict[str, int] = {}
    for flows in (FLOWS, MEMO_FLOWS):
        for counter, (debit, credit) in flows.items():
            if role in (debit, credit):
                signs[counter] = 1 if role == debit else -1
    return signs


def ledger_balances(counters: Counters) -> Mapping[str, int]:
    """What a loan's transfers come to, by role, debit positive. They sum to zero, in the memo books and on the balance sheet each."""
    balances: dict[str, int] = {}
    for flows in (FLOWS, MEMO_FLOWS):
        for counter, (debit, credit) in flows.items():
            amount = getattr(counters, counter)
            balances[debit] = balances.get(debit, 0) + amount
            balances[credit] = balances.get(credit, 0) - amount
    return balances


assert {field.name for field in fields(Counters)} == set(FLOWS), "each counter has its accounts"
assert set(MEMO_FLOWS) <= set(FLOWS), "memo books move beside the balance sheet"
