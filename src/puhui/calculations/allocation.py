"""How a payment is taken: what is due first, in the agreed order, then principal early or coming instalments.

`horizontal` finishes one instalment before the next; `vertical` finishes one component across instalments. Penalty and compound
interest that run in the period under way are owed day by day and come after the older rows' own dues.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from puhui.calculations.faults import Fault
from puhui.calculations.interest import SCALE
from puhui.calculations.line_pooled import PooledLine
from puhui.calculations.money import amount_text, round_exact
from puhui.calculations.periods import unsettled
from puhui.calculations.position import Allocation
from puhui.calculations.running import COMPOUND, INTEREST, PENALTY, PRINCIPAL, RunningLoan, RunningRow
from puhui.calculations.term_records import COMPONENTS, Order

__all__ = ["Receipt", "amount_to_close", "days_past_due", "pay_off", "repay", "take_dues", "within_grace_days"]

NON_ACCRUAL_AFTER_DAYS = 90  # quote.md: non-accrual is over 90 days past due
_PLACE = {name: index for index, name in enumerate(COMPONENTS)}


class Receipt:
    """One payment being taken: where its money goes is noted in `allocations`."""

    def __init__(self, event: int, identity: str | None, amount: int) -> None:
        self.event = event
        self.identity = identity
        self.left = amount
        self.allocations: list[Allocation] = []

    def pay(self, row: RunningRow, place: int, most: int, early: bool = False) -> None:
        """Put up to `most` of what is left into a component of a row."""
        amount = min(self.left, most)
        if amount > 0:
            self.left -= amount
            row.paid[place] += amount
            self.allocations.append(Allocation(self.event, self.identity, row.period.number, COMPONENTS[place], amount, early))


def days_past_due(loan: RunningLoan, day: date) -> int:
    """Days from the oldest due date before `day` of which anything is unpaid."""
    for row in loan.rows[loan.oldest : loan.index]:
        if row.period.due < day and row.outstanding > 0:
            return (day - row.period.due).days
    return 0


@lru_cache(maxsize=256)
def _places(names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(_PLACE[name] for name in names)


def _dues(loan: RunningLoan, day: date, order: Order) -> Iterator[tuple[RunningRow, int]]:
    """The components to be paid in order: past due, due on the day, and what runs or was charged in the period under way."""
    rows = loan.rows[loan.oldest : loan.index + 1]
    past_due, due = _places(order.past_due), _places(order.due)
    if not loan.terms.vertical:
        for row in rows:
            for place in past_due if row.closed and row.period.due < day else due:
                yield row, place
        return
    late = [row for row in rows if row.closed and row.period.due < day] if past_due != due else []
    for members, places in ((late, past_due), (rows[len(late) :], due)):
        yield from ((row, place) for place in places for row in members)


def take_dues(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """Pay what is due by `day`, as far as the money goes."""
    if not receipt.left:
        return
    terms = loan.terms
    late = days_past_due(loan, day)
    order = terms.allocation_non_accrual if late > NON_ACCRUAL_AFTER_DAYS else terms.allocation
    if within_grace_days(loan, day):
        raise unsettled("penalty.grace_days", f"a payment on {day}, within them", "0, or payments outside them: not supported yet")
    for row, place in _dues(loan, day, order):
        owed = row.due[place] - row.paid[place]
        if owed:
            receipt.pay(row, place, owed)
            if not receipt.left:
                break
    while loan.oldest < loan.index and loan.rows[loan.oldest].outstanding == 0:
        loan.oldest += 1


def within_grace_days(loan: RunningLoan, day: date) -> bool:
    """Whether principal is overdue on `day` that may still be paid without penalty."""
    penalty = loan.terms.penalty
    if penalty is None or not penalty.grace_days:
        return False
    late = (row for row in loan.rows[loan.oldest : loan.index] if row.due[PRINCIPAL] > row.paid[PRINCIPAL])
    return any(0 < (day - row.period.due).days <= penalty.grace_days for row in late)


def repay(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """Take a repayment on `day`. Raises FaultsError where the money is more than is owed, or where it goes is not settled."""
    whole, runs = receipt.left, _cost_runs(loan)
    take_dues(loan, day, receipt)
    under_way = loan.index + 1
    touched = any(part.row == under_way and part.component in ("penalty", "compound") for part in receipt.allocations)
    if runs and (receipt.left or touched):
        found = f"{amount_text(whole, loan.terms.exponent)} on {day} while penalty runs in a period under way"
        expected = "a payment up to the dues of the rows: whether running penalty is due inside a period is not settled"
        loan.unsettled.append(Fault("events.amount", found, expected))
    if receipt.left:
        _repay_early(loan, day, receipt)


def _cost_runs(loan: RunningLoan) -> bool:
    """Whether unpaid penalty or compound interest stands in a row not yet due."""
    if loan.index >= len(loan.rows):
        return False
    row = loan.rows[loan.index]
    return row.due[PENALTY] + row.due[COMPOUND] > row.paid[PENALTY] + row.paid[COMPOUND]


def _repay_early(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    terms = loan.terms
    if not loan.undue:
        raise _too_much(loan, day, receipt)
    if terms.prepayment == "next_instalments":
        _pay_instalment_in_advance(loan, day, receipt)
        return
    if terms.recalculation is None:
        raise unsettled("interest_recalculation", f"null with principal repaid early on {day}", "recalculation: null is not settled here")
    if terms.method in ("flat", "stepped", "custom") or terms.principal_share is not None or terms.balloon:
        expected = f"a payoff: early repayment of method {terms.method} with these terms is not settled"
        raise unsettled("events", f"principal repaid early on {day}", expected)
    if loan.plan.carried or loan.index < max(terms.grace.interest_payment, terms.grace.interest_free):
        raise unsettled("events", f"principal repaid early on {day} while interest is put off or free", "another day: not settled")
    if any(fee.when == "instalment" and fee.of in ("principal", "instalment") for fee in terms.fees):
        raise unsettled("fees", "principal repaid early", "fees that do not depend on principal: not settled")
    if _interest_first(terms.allocation.in_advance):
        _pay_accrued(loan, day, receipt)
    if receipt.left > loan.undue:
        raise _too_much(loan, day, receipt)
    if not receipt.left:
        return
    if isinstance(loan, PooledLine):
        receipt.pay(loan.repay_early(day, receipt.left), PRINCIPAL, receipt.left, early=True)
        return
    on_due_day = loan.index > 0 and loan.rows[loan.index - 1].period.due == day
    if on_due_day:
        _early_on_due_day(loan, receipt)
    else:
        _early_inside(loan, day, receipt)


def _interest_first(ahead: tuple[str, ...]) -> bool:
    """Whether in_advance_interest was agreed to stand before in_advance_principal."""
    return "interest" in ahead and "interest" in ahead[: ahead.index("principal") if "principal" in ahead else None]


def _pay_accrued(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """Pay the interest that the period under way has accrued by `day`, before any principal."""
    period, row = loan.periods[loan.index], loan.rows[loan.index]
    loan.part_settled(period, period.start, day)
    accrued = round_exact(loan.interest_to(day), SCALE, loan.terms.rounding)
    receipt.pay(row, INTEREST, accrued - row.paid[INTEREST], early=True)


def _pay_instalment_in_advance(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """提前还: the instalment under way takes money before it is due; its interest stays as scheduled."""
    row = loan.rows[loan.index]
    if loan.terms.recalculation is not None:
        found = f"next_instalments with money in advance on {day}, interest recalculated"
        raise unsettled("prepayment", found, "interest_recalculation null: the other is not supported")
    if loan.terms.in_advance_to == "last" and loan.index < len(loan.rows) - 1:
        raise unsettled("in_advance_to", f"last, with money in advance on {day}", "next: not supported")
    if any(fee.when == "instalment" for fee in loan.terms.fees):
        raise unsettled("fees", f"an instalment paid in advance on {day}", "no fee of the instalments: not settled")
    principal, interest, _ = loan.planned()
    expected = {INTEREST: interest, PRINCIPAL: principal}
    order = loan.terms.allocation.in_advance or loan.terms.allocation.due
    for name in order:
        place = _PLACE[name]
        if place in expected:
            receipt.pay(row, place, expected[place] - row.paid[place], early=place == PRINCIPAL)
    loan.paid_ahead = True
    if receipt.left:
        found = f"{amount_text(receipt.left, loan.terms.exponent)} on {day} beyond the instalment under way"
        raise unsettled("events.amount", found, "no more than that instalment: what later ones owe without recalculation is not settled")


def _too_much(loan: RunningLoan, day: date, receipt: Receipt) -> Exception:
    excess = amount_text(receipt.left - loan.undue, loan.terms.exponent)
    expected = "no more than is owed (a payoff takes exactly what closes the loan)"
    return unsettled("events.amount", f"{excess} on {day} beyond all principal", expected)


def _early_on_due_day(loan: RunningLoan, receipt: Receipt) -> None:
    """Principal repaid early on a due date joins the row that falls due; the level is new from the next."""
    row = loan.rows[loan.index - 1]
    early = receipt.left
    if [first for _, first in loan.open] != [row.period.due]:
        raise unsettled("events", "an early repayment on the day of a drawdown", "another day: not settled")
    row.due[PRINCIPAL] += early
    receipt.pay(row, PRINCIPAL, early, early=True)
    loan.undue -= early
    loan.open = [(loan.undue, row.period.due)] if loan.undue else []
    if not loan.undue:
        del loan.rows[loan.index :]
        loan.closed_on = row.period.due
        return
    _level_after(loan, loan.index)


def _early_inside(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """Principal repaid early inside a period joins its row, which keeps its planned principal; the level is new from the next."""
    terms, index, row = loan.terms, loan.index, loan.rows[loan.index]
    early, last = receipt.left, loan.index == len(loan.periods) - 1
    _one_thing_in_a_period(loan, day)
    if row.kept is None:
        principal, _, carried = loan.planned()
        if carried:
            raise unsettled("events", f"principal repaid early on {day} while interest exceeds the instalment", "another day: not settled")
        row.kept = principal
    ends_loan = early == loan.undue or (early == loan.undue - row.kept and not loan.term_shrinks)
    if not last and (early > loan.undue - row.kept or ends_loan):
        found = f"a repayment on {day} of principal that the instalment under way needs"
        raise unsettled("events.amount", found, "a payoff, or less: what later rows then are is not settled")
    row.due[PRINCIPAL] += early
    receipt.pay(row, PRINCIPAL, early, early=True)
    loan.undue -= early
    if terms.recalculation is not None and terms.recalculation.rest == "daily":
        _end_slice(loan, day, early)
    if not last:
        _level_after(loan, index + 1)


def _one_thing_in_a_period(loan: RunningLoan, day: date) -> None:
    period = loan.periods[loan.index]
    loan.part_settled(period, period.start, day)
    if period.rule not in ("days", "pro_rata") and len({first for _, first in loan.open}) > 1:
        found = f"principal repaid early on {day} after a drawdown in the same period"
        raise unsettled("day_count", found, "another period, or a day count by days: which of the two is repaid is not settled")
    if loan.plan.has_level and loan.line.changes_within(period.start, period.due):
        raise unsettled("events", f"principal repaid early on {day} in a period with a new rate", "another period: not settled")


def _end_slice(loan: RunningLoan, day: date, amount: int) -> None:
    """`amount` stops bearing interest on `day`; of several slices (whose parts add up) the latest end first."""
    while amount:
        open_amount, first = loan.open.pop()
        ended = min(amount, open_amount)
        loan.ended.append((ended, first, day))
        if open_amount > ended:
            loan.open.append((open_amount - ended, first))
        amount -= ended


def _level_after(loan: RunningLoan, index: int) -> None:
    if loan.terms.prepayment == "reduce_term":
        loan.plan.shortened = loan.plan.has_level
    elif index == loan.index:
        loan.plan.renew(index, loan.undue)
    else:
        loan.renew_next = True


def amount_to_close(loan: RunningLoan, day: date) -> int:
    """Exactly what closes the loan on `day`: dues, what runs, interest to the day and all principal."""
    dues = sum(row.outstanding for row in loan.rows[loan.oldest : loan.index + 1])
    if loan.index >= len(loan.rows):
        return dues
    return dues + loan.undue + _interest_to_close(loan, day)


def _interest_to_close(loan: RunningLoan, day: date) -> int:
    terms = loan.terms
    if not loan.undue and not loan.open and not loan.ended:
        return loan.plan.carried
    if terms.recalculation is None or terms.method == "flat":
        found = f"a payoff on {day} of a loan whose interest is not recalculated"
        raise unsettled("events", found, "a payoff from the last due date on: not settled before")
    on_due_day = loan.index > 0 and loan.rows[loan.index - 1].period.due == day
    if any(fee.when == "instalment" for fee in terms.fees) and not on_due_day:
        raise unsettled("fees", f"a payoff on {day} inside a period", "no fee of the instalments: not settled")
    if on_due_day:
        return loan.plan.carried
    to_rest = terms.recalculation.payoff_interest == "to_rest"
    if not to_rest and terms.recalculation.rest == "period":
        found = f"rest period with a payoff on {day} to date"
        raise unsettled("interest_recalculation", found, "payoff_interest to_rest, or rest daily: not settled")
    end = loan.periods[loan.index].due if to_rest else day
    loan.part_settled(loan.periods[loan.index], loan.periods[loan.index].start, end)
    return loan.plan.carried + round_exact(loan.interest_to(end) + loan.rows[loan.index].late_exact, SCALE, terms.rounding)


def pay_off(loan: RunningLoan, day: date, receipt: Receipt, agreed: int) -> None:
    """Close the loan on `day`; later rows vanish. `agreed` is the amount that the event names, 0 for none."""
    needed = amount_to_close(loan, day)
    if needed == 0:
        raise unsettled("events", f"a payoff on {day}", "a loan that owes something")
    if agreed and agreed != needed:
        exponent = loan.terms.exponent
        expected = f"{amount_text(needed, exponent)}, exactly what closes the loan on {day}"
        raise unsettled("events.amount", amount_text(agreed, exponent), expected)
    receipt.left = needed
    take_dues(loan, day, receipt)
    if loan.index < len(loan.rows):
        on_due_day = loan.index > 0 and loan.rows[loan.index - 1].period.due == day
        interest = _interest_to_close(loan, day)
        row = loan.rows[loan.index - 1] if on_due_day else loan.rows[loan.index]
        row.due[INTEREST] += interest
        row.due[PRINCIPAL] += loan.undue
        receipt.pay(row, INTEREST, row.due[INTEREST] - row.paid[INTEREST])
        receipt.pay(row, PRINCIPAL, loan.undue, early=True)
        row.closed = True
        kept = loan.index if on_due_day else loan.index + 1
        del loan.rows[kept:]
        loan.index, loan.undue = kept, 0
        loan.open, loan.ended = [], []
        loan.plan.carried = 0
    loan.oldest = loan.index
    loan.closed_on = day
