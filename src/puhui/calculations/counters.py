"""From a loan's position to the counters that the books are posted from.

A position (`calculations.replay`) says what the contract says: what is owed, paid, due. The books add what accounting standards and
tax law say about it: interest of a loan that no longer pays is not recognised as income but kept in the memo books; a loan that is
written off leaves the balance sheet and is still pursued; interest contains value added tax. Each of these is a level that follows
from the position alone, so that a payment entered late or undone moves the books to exactly where they had been.

Two profiles of non-accrual, by institution (domain/practice.md 12):

- `house_rule`: more than 90 days past due, called in or not, nothing unpaid is income; cash is income when it comes.
- `cas_22`: the counters recognise all that is earned. In stage 3 income is effective rate × (gross − allowance): each month end holds
  the rest back, over all loans at once (`loans.provisioning`, the same as `held_back` here).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from typing import Literal, NamedTuple

from puhui.calculations.allocation import NON_ACCRUAL_AFTER_DAYS
from puhui.calculations.money import round_quotient
from puhui.calculations.ordinary import AsAgreed
from puhui.calculations.position import Position, Row
from puhui.calculations.posting import Counters
from puhui.calculations.value_added_tax import TAX_WAITS_AFTER_DAYS, tax_inside

__all__ = ["CONTRACT", "Accounting", "SharePoint", "counters_of", "held_back"]

PPM = 1_000_000
SUSPENDED = ("non_accrual", "terminated")
"""The statuses under which a loan that is late for long brings no income; three texts of loans/sql name them too, which a test
holds against `Accounting.suspends` (tests/loans/test_standing.py)."""


@dataclass(frozen=True, slots=True)
class Accounting:
    """How an institution keeps a loan: its profile of non-accrual, and the tax inside interest and fees (0 where exempt)."""

    non_accrual: Literal["house_rule", "cas_22"] = "house_rule"
    interest_tax_ppm: int = 0
    fee_tax_ppm: int = 0
    waits_after_days: int = TAX_WAITS_AFTER_DAYS

    def suspends(self, status: str, days_past_due: int) -> bool:
        """Whether nothing that a loan owes becomes income before it is paid. Calling it in changes nothing of that."""
        late = status in SUSPENDED and days_past_due > NON_ACCRUAL_AFTER_DAYS
        return self.non_accrual == "house_rule" and late


CONTRACT = Accounting()
"""House rule, no tax."""


def counters_of(
    position: Position,
    day: date,
    lent: int,
    accounting: Accounting = CONTRACT,
    *,
    at_write_off: Counters | None = None,
    integral_fees: tuple[int, int] = (0, 0),
    undrawn: int = 0,
) -> Counters:
    """The counters that a position stands for on `day`, in smallest units.

    Interest counts as earned night by night, as due from the due date of its row, or from its payment where that came earlier; once
    a loan is written off or terminated, all that is earned is due.

    `at_write_off`: the counters just before the loan was written off; None where it is not. `integral_fees`: deferred and earned
    so far. `undrawn`: what may still be drawn on a line.
    """
    contract = _contract(position, day, lent, at_write_off is not None or position.status in ("written_off", "terminated"))
    owed = contract
    if undrawn or any(integral_fees):
        owed = replace(contract, fee_deferred=integral_fees[0], fee_amortised=integral_fees[1], undrawn=undrawn)
    kept = _written_off(_suspended(owed, position, accounting, at_write_off), at_write_off)
    return _taxed(kept, position.rows, day, accounting) if accounting.interest_tax_ppm or accounting.fee_tax_ppm else kept


def _contract(position: Position, day: date, lent: int, all_due: bool) -> Counters:
    """What is lent, earned, due, paid and waived by the contract."""
    if isinstance(position.allocations, AsAgreed):
        return _as_agreed(position, day, lent)
    interest_due = fee_due = 0
    for row in position.rows:
        if row.due <= day:
            interest_due += row.interest
            fee_due += row.fee
        else:
            interest_due += row.paid_interest + row.waived_interest
            fee_due += row.paid_fee + row.waived_fee
    earned = interest_due + position.accrued_interest
    total = _totals(position.rows)
    return Counters(
        lent=lent,
        principal_repaid=lent - position.principal - total.waived_principal,
        interest_earned=earned,
        interest_due=earned if all_due else interest_due,
        interest_paid=total.paid_interest,
        penalty_earned=total.penalty + total.compound,
        penalty_paid=total.paid_penalty + total.paid_compound,
        fee_due=fee_due,
        fee_paid=total.paid_fee,
        overpaid=position.overpaid,
        principal_waived=total.waived_principal,
        interest_waived=total.waived_interest,
        penalty_waived=total.waived_penalty + total.waived_compound,
        fee_waived=total.waived_fee,
    )


def _as_agreed(position: Position, day: date, lent: int) -> Counters:
    """The same of an ordinary loan: nothing but principal and interest has moved, and each paid row was paid when due."""
    due = paid = 0
    for row in position.rows:
        if row.due > day:
            break
        due += row.interest
        paid += row.paid_interest
    return Counters(lent, lent - position.principal, due + position.accrued_interest, due, paid)


def _totals(rows: Sequence[Row]) -> Row:
    """The figures of all rows added up, as one row; its number, days and dates mean nothing."""
    return Row(0, date.min, date.min, 0, *map(sum, islice(zip(*rows, strict=True), 4, None)))


def _suspended(owed: Counters, position: Position, accounting: Accounting, at_write_off: Counters | None) -> Counters:
    """What is earned and unpaid and no income yet. After a write-off, all that had not been recognised when it was made."""
    if at_write_off is None and not accounting.suspends(position.status, position.days_late):
        return owed
    unpaid = owed.interest_receivable + owed.accrued_interest
    if at_write_off is not None:
        interest, penalty = unpaid - _recognised_interest(at_write_off), owed.penalty_receivable - _recognised_penalty(at_write_off)
    else:
        interest, penalty = unpaid, owed.penalty_receivable
    interest = max(interest, 0)
    # The part that is not yet due is the youngest, and the first that is not recognised.
    accrued = min(interest, owed.accrued_interest)
    return replace(owed, interest_suspended=interest - accrued, accrued_interest_suspended=accrued, penalty_suspended=max(penalty, 0))


def _recognised_interest(counters: Counters) -> int:
    unpaid = counters.interest_receivable + counters.accrued_interest
    return unpaid - counters.interest_suspended - counters.accrued_interest_suspended


def _recognised_penalty(counters: Counters) -> int:
    return counters.penalty_receivable - counters.penalty_suspended


def _written_off(owed: Counters, at_write_off: Counters | None) -> Counters:
    """What left the balance sheet and is not recovered. Money goes first to what had not been recognised (it is income then); what is
    waived of the rest was lost before, and moves nothing but the memo book."""
    if at_write_off is None:
        return owed
    before = at_write_off
    interest = owed.interest_receivable - owed.interest_suspended
    penalty = owed.penalty_receivable - owed.penalty_suspended
    held_back = before.interest_suspended + before.accrued_interest_suspended
    interest_recovered = max(owed.interest_paid - before.interest_paid - held_back, 0)
    penalty_recovered = max(owed.penalty_paid - before.penalty_paid - before.penalty_suspended, 0)
    return replace(
        owed,
        principal_written_off=owed.principal,
        interest_written_off=interest,
        penalty_written_off=penalty,
        fee_written_off=owed.fee_receivable,  # with what was charged before and would have fallen due with its instalment
        interest_waived_written_off=max(_recognised_interest(before) - interest - interest_recovered, 0),
        penalty_waived_written_off=max(_recognised_penalty(before) - penalty - penalty_recovered, 0),
        fee_waived_written_off=max(owed.fee_waived - before.fee_waived, 0),
        fee_deferred_written_off=owed.fee_deferred - owed.fee_amortised,
    )


def _taxed(owed: Counters, rows: Iterable[Row], day: date, accounting: Accounting) -> Counters:
    """The tax inside what is due. Interest that arises when a settlement has been unpaid for `waits_after_days` waits for the cash."""
    rows = tuple(rows)
    unpaid_since = min((row.due for row in rows if row.due <= day and row.owed("interest") > 0), default=None)
    last_taxed = min(day, unpaid_since + timedelta(days=accounting.waits_after_days)) if unpaid_since else day
    taxed = sum(row.interest - row.waived_interest if row.due <= last_taxed else row.paid_interest for row in rows)
    waiting = max(owed.interest_due - owed.interest_waived - owed.interest_suspended - taxed, 0)
    return replace(
        owed,
        interest_tax=tax_inside(taxed, accounting.interest_tax_ppm),
        tax_waiting=tax_inside(waiting, accounting.interest_tax_ppm),
        penalty_tax=tax_inside(owed.penalty_paid, accounting.interest_tax_ppm),
        fee_tax=tax_inside(owed.fee_due - owed.fee_waived, accounting.fee_tax_ppm),
    )


class SharePoint(NamedTuple):
    """A month end of a loan's life: interest and penalty earned by contract until then, what of it is unpaid, and the share of what is
    earned from then on that is no income: allowance ÷ gross carrying amount, in ppm; None outside stage 3."""

    earned: int
    unpaid: int
    share_ppm: int | None


def held_back(points: Iterable[SharePoint]) -> int:
    """What stage 3 keeps out of income at the last of `points`, month ends in order of time; 0 outside stage 3.

    Effective rate × (gross − allowance) is the contract's interest × (1 − allowance ÷ gross): the rest is held back, for each month
    with the share of the month end before, rounded half up, and never more than is unpaid. Leaving stage 3 recognises all of it.
    """
    held = 0
    before: SharePoint | None = None
    for point in points:
        if point.share_ppm is None:
            held = 0
        else:
            share = before.share_ppm or 0 if before else 0
            grown = round_quotient((point.earned - before.earned) * share, PPM) if before else 0
            held = min(max(held + grown, 0), point.unpaid)
        before = point
    return held
