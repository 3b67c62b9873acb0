"""Money paid before it is due: principal early (提前还款: 减额, 缩期), or coming instalments in advance (提前还)."""

from __future__ import annotations

from datetime import date

from puhui.calculations.allocation import Receipt
from puhui.calculations.closing import amount_to_close, close_with
from puhui.calculations.faults import Fault
from puhui.calculations.interest import SCALE
from puhui.calculations.line_pooled import PooledLine
from puhui.calculations.money import amount_text, round_exact
from puhui.calculations.periods import unsettled
from puhui.calculations.running import RunningLoan, RunningRow
from puhui.calculations.scheduled import coming
from puhui.calculations.term_records import COMPONENTS, INTEREST, PRINCIPAL

__all__ = ["pay_ahead"]


def pay_ahead(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """Take what is left of a payment after the dues; what is more than closes the loan stays as a surplus."""
    if isinstance(loan, PooledLine) and loan.index < len(loan.rows):
        _repay_line(loan, day, receipt)
        return
    if not loan.undue and not _waiting(loan):
        loan.overpaid += receipt.left
        receipt.left = 0
        if loan.index >= len(loan.rows):
            loan.closed_on = day
        return
    if isinstance(loan, PooledLine):
        _repay_line(loan, day, receipt)
    elif loan.terms.prepayment == "next_instalments":
        _pay_instalments(loan, day, receipt)
    else:
        _repay_principal(loan, day, receipt)
    if receipt.left:
        _close_with_surplus(loan, day, receipt)


def _waiting(loan: RunningLoan) -> bool:
    """Whether interest is still to fall due though no principal is left."""
    return loan.index < len(loan.rows) and bool(loan.open or loan.ended or loan.plan.carried)


def _close_with_surplus(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    needed = amount_to_close(loan, day)
    if receipt.left >= needed:
        surplus = receipt.left - needed
        receipt.left = needed
        close_with(loan, day, receipt)
        loan.overpaid += surplus
        receipt.left = 0
        return
    # All principal is repaid, and some of the interest run to the day.
    row = loan.rows[loan.index]
    receipt.pay(row, INTEREST, receipt.left, early=True)


def _repay_line(loan: PooledLine, day: date, receipt: Receipt) -> None:
    if _interest_first(loan.terms.allocation.in_advance):
        _pay_accrued(loan, day, receipt)
    amount = receipt.left
    if not amount:
        return
    if amount > loan.undue:
        found = f"{amount_text(amount, loan.terms.exponent)} on {day} beyond what is due"
        expected = f"at most the balance, {amount_text(loan.undue, loan.terms.exponent)}: more is not settled for a line that goes on"
        raise unsettled("events.amount", found, expected)
    receipt.pay(loan.repay_early(day, amount), PRINCIPAL, amount, early=True)


def _repay_principal(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    terms = loan.terms
    if receipt.left >= loan.undue and receipt.left >= amount_to_close(loan, day):
        return  # the caller closes the loan with it
    if terms.recalculation is None and not _told_as_scheduled(loan, receipt):
        raise unsettled("interest_recalculation", f"null with principal repaid early on {day}", "recalculation: null is not settled here")
    shortens_to_balloon = terms.balloon and (terms.prepayment == "reduce_term" or receipt.left >= loan.undue - terms.balloon)
    if terms.method == "flat" or shortens_to_balloon or not _parts_told(loan, day):
        expected = f"a payoff: early repayment of method {terms.method} with these terms is not settled"
        raise unsettled("events", f"principal repaid early on {day}", expected)
    if (loan.plan.carried or loan.plan.puts_off(loan.index)) and not _put_off_told(loan, receipt):
        raise unsettled("events", f"principal repaid early on {day} while interest is put off", "another day: not settled")
    if any(fee.when == "instalment" and fee.of in ("principal", "instalment") for fee in terms.fees):
        raise unsettled("fees", "principal repaid early", "fees that do not depend on principal: not settled")
    if _interest_first(terms.allocation.in_advance):
        _pay_accrued(loan, day, receipt)
    early = min(receipt.left, loan.undue)
    if not early:
        return
    on_due_day = loan.index > 0 and loan.rows[loan.index - 1].period.due == day
    if on_due_day:
        _early_on_due_day(loan, receipt, early)
    else:
        _early_inside(loan, day, receipt, early)


def _told_as_scheduled(loan: RunningLoan, receipt: Receipt) -> bool:
    """Whether it is told what early money leaves where interest stays as scheduled: less principal at the end, and all interest."""
    terms = loan.terms
    if any(fee.of == "outstanding" for fee in terms.fees) or _interest_first(terms.allocation.in_advance):
        return False
    return loan.bears_as_lent and receipt.left < loan.undue


def _parts_told(loan: RunningLoan, day: date) -> bool:
    """Whether it is told what early money leaves of unequal parts: they stay (缩期), or one instalment alone is left to take the rest."""
    if loan.terms.method not in ("stepped", "custom") or loan.terms.prepayment == "reduce_term":
        return True
    on_due_day = loan.index > 0 and loan.rows[loan.index - 1].period.due == day
    return len(loan.rows) - loan.index <= (1 if on_due_day else 2)


def _put_off_told(loan: RunningLoan, receipt: Receipt) -> bool:
    """Whether it is told what early money does while interest is put off: that interest waits as agreed, the money goes to principal."""
    terms, plan = loan.terms, loan.plan
    waits = plan.puts_off(loan.index) or loan.index - 1 in plan.put_off  # what is carried then is put off, and not above a level
    told = terms.recalculation is not None and not _interest_first(terms.allocation.in_advance)
    return waits and told and receipt.left < loan.undue and (terms.method != "equal_instalment" or terms.level == "annuity")


def _interest_first(ahead: tuple[str, ...]) -> bool:
    """Whether in_advance_interest was agreed to stand before in_advance_principal."""
    return "interest" in ahead and "interest" in ahead[: ahead.index("principal") if "principal" in ahead else None]


def _accrued(loan: RunningLoan, day: date) -> int:
    """Interest of the period under way run to the day and not paid, put-off interest included."""
    period, row = loan.periods[loan.index], loan.rows[loan.index]
    loan.part_settled(period, period.start, day)
    run = round_exact(loan.interest_to(day) + row.late_exact, SCALE, loan.terms.rounding)
    return loan.plan.carried + run - row.paid[INTEREST] - row.waived[INTEREST]


def _pay_accrued(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    receipt.pay(loan.rows[loan.index], INTEREST, _accrued(loan, day), early=True)


def _early_on_due_day(loan: RunningLoan, receipt: Receipt, early: int) -> None:
    """Principal repaid early on a due date joins the row that falls due; the level is new from the next."""
    row = loan.rows[loan.index - 1]
    day = row.period.due
    row.due[PRINCIPAL] += early
    receipt.pay(row, PRINCIPAL, early, early=True)
    loan.undue -= early
    if not loan.bears_as_lent:
        loan.open = [(loan.undue, day)] if loan.undue else []
    if not loan.undue and not loan.plan.carried:
        del loan.rows[loan.index :]
        del loan.periods[loan.index :]
        if not receipt.left:
            loan.closed_on = day
        return
    _level_after(loan, loan.index)


def _early_inside(loan: RunningLoan, day: date, receipt: Receipt, early: int) -> None:
    """Principal repaid early inside a period joins its row, which keeps its planned principal; the level is new from the next."""
    terms, index, row = loan.terms, loan.index, loan.rows[loan.index]
    _one_thing_in_a_period(loan, day)
    if row.kept is None:
        principal, _, carried = loan.planned()
        if carried and index not in loan.plan.put_off:
            raise unsettled("events", f"principal repaid early on {day} while interest exceeds the instalment", "another day: not settled")
        row.kept = principal
    row.due[PRINCIPAL] += early
    receipt.pay(row, PRINCIPAL, early, early=True)
    loan.undue -= early
    if terms.recalculation is not None and terms.recalculation.rest == "daily":
        end_slices(loan, day, early)
    if loan.undue <= row.kept and index in loan.plan.put_off:
        raise unsettled("events", f"the rest repaid early on {day} while interest is put off", "a payoff, or another day: not settled")
    if loan.undue <= row.kept:
        # What is left falls due with this instalment, and no later one is needed.
        row.kept = loan.undue
        loan.cut_short = True
        del loan.rows[index + 1 :]
        del loan.periods[index + 1 :]
    elif index < len(loan.periods) - 1:
        _level_after(loan, index + 1)


def _one_thing_in_a_period(loan: RunningLoan, day: date) -> None:
    period = loan.periods[loan.index]
    loan.part_settled(period, period.start, day)
    if period.rule not in ("days", "pro_rata") and len({first for _, first in loan.open}) > 1:
        found = f"principal repaid early on {day} after a drawdown in the same period"
        raise unsettled("day_count", found, "another period, or a day count by days: which of the two is repaid is not settled")
    new_level = loan.terms.method != "equal_principal" or loan.terms.prepayment == "next_instalments"  # its parts are the same at any rate
    if loan.plan.has_level and new_level and loan.line.changes_within(day, period.due):
        raise unsettled("events", f"principal repaid early on {day}, in the same period before a new rate", "another period: not settled")


def end_slices(loan: RunningLoan, day: date, amount: int) -> None:
    """`amount` stops bearing interest on `day` (from the period's start on where parts of periods do not count)."""
    start = loan.periods[loan.index].start
    last = start if loan.terms.part_periods == "whole" else day
    while amount:
        open_amount, first = loan.open.pop()
        ended = min(amount, open_amount)
        if last > first:
            loan.ended.append((ended, first, last))
        if open_amount > ended:
            loan.open.append((open_amount - ended, first))
        amount -= ended


def _level_after(loan: RunningLoan, index: int) -> None:
    if loan.terms.prepayment == "reduce_term" or loan.terms.principal_share is not None:
        loan.plan.shortened = loan.plan.has_level or loan.terms.method in ("stepped", "custom")
    elif index == loan.index:
        loan.renew()
    else:
        loan.renew_next = True


def _pay_instalments(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """提前还: coming instalments take the money, the next ones first, or the last."""
    if any(fee.when == "instalment" for fee in loan.terms.fees):
        raise unsettled("fees", f"an instalment paid in advance on {day}", "no fee of the instalments: not settled")
    if loan.terms.method == "flat" and loan.terms.recalculation is not None:
        raise unsettled(
            "method", f"flat, with an instalment paid in advance on {day}", "interest_recalculation null: not settled otherwise"
        )
    if loan.plan.put_off and (loan.plan.carried or loan.plan.puts_off(loan.index)):
        raise unsettled("events", f"an instalment paid in advance on {day} while interest is put off", "another day: not settled")
    _note_whole(loan, day, receipt.left)
    _note_across(loan, day, receipt.left)
    first = len(receipt.allocations)
    if loan.terms.recalculation is None:
        _pay_as_scheduled(loan, receipt)
    elif loan.terms.in_advance_to == "last" and loan.index < len(loan.rows) - 1:
        _pay_last(loan, day, receipt)
    else:
        _pay_next(loan, day, receipt)
    _rates_after_settled(loan, day, {part.row for part in receipt.allocations[first:]})


def _note_whole(loan: RunningLoan, day: date, amount: int) -> None:
    """Note money that repays the whole loan before its last instalments: whether these stay, each paid, or vanish as after a payoff."""
    on_due_day = loan.index > 0 and loan.rows[loan.index - 1].period.due == day
    later = len(loan.rows) - loan.index - (0 if on_due_day else 1)
    if later and amount >= loan.undue and amount >= amount_to_close(loan, day):
        found = f"a repayment on {day} of all that is left, by next_instalments"
        loan.unsettled.append(Fault("events.amount", found, "a payoff, or less: in which rows its principal stands is not settled"))


def _note_across(loan: RunningLoan, day: date, amount: int) -> None:
    """Note money in advance under a vertical order that is more than the first component of the instalment it comes to first: one
    instalment takes it whole, or that component of the others comes before the rest of this one."""
    order = _order_ahead(loan)
    if not loan.terms.vertical or len(order) < 2:
        return
    rows = coming(loan)
    if loan.terms.recalculation is not None:  # only the instalment under way owes interest, and the last takes principal alone
        if order[0] == INTEREST or loan.terms.in_advance_to == "last":
            return
        rows = [item for item in rows if item[0].settled is None]
    elif loan.terms.in_advance_to == "last":
        rows.reverse()
    owed = [{PRINCIPAL: principal - row.paid[PRINCIPAL], INTEREST: interest - row.paid[INTEREST]} for row, principal, interest in rows]
    owed = [item for item in owed if item[PRINCIPAL] > 0 or item[INTEREST] > 0]
    if owed and amount > owed[0][order[0]] and owed[0][order[1]] > 0 and any(item[order[0]] > 0 for item in owed[1:]):
        name = COMPONENTS[order[0]]
        found = f"vertical, with more in advance on {day} than the {name} of one instalment"
        loan.unsettled.append(Fault("allocation_by", found, f"horizontal: whether the {name} of the others comes first is not settled"))


def _rates_after_settled(loan: RunningLoan, day: date, paid: set[int]) -> None:
    """Refuse an instalment paid whole under a level that already knows a new rate of a later day, in its period or before it."""
    if loan.last_new_rate is None or loan.last_new_rate < day:
        return
    for row, principal, interest in coming(loan):
        whole = row.settled is not None or row.paid[PRINCIPAL] + row.paid[INTEREST] >= principal + interest
        if row.period.number in paid and whole and loan.line.changes_within(day, row.period.due):
            found = f"instalment {row.period.number} paid in advance on {day}, before a new rate of a later day"
            raise unsettled("events", found, "one or the other: not settled")


def _order_ahead(loan: RunningLoan) -> tuple[int, ...]:
    order = loan.terms.allocation.in_advance or loan.terms.allocation.due
    return tuple(COMPONENTS.index(name) for name in order if name in ("interest", "principal"))


def _pay_as_scheduled(loan: RunningLoan, receipt: Receipt) -> None:
    """Interest is not recalculated: an instalment takes what it was scheduled to take."""
    rows = coming(loan)
    if loan.terms.in_advance_to == "last":
        rows.reverse()
    for row, principal, interest in rows:
        owed = {PRINCIPAL: principal - row.paid[PRINCIPAL], INTEREST: interest - row.paid[INTEREST]}
        for place in _order_ahead(loan):
            receipt.pay(row, place, owed[place], early=place == PRINCIPAL)


def _pay_next(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """The instalment under way owes interest to the day; one whose period has not begun owes principal only."""
    for place in range(loan.index, len(loan.rows)):
        if not receipt.left or not loan.undue:
            return
        row = loan.rows[place]
        if row.settled is None:
            _pay_one(loan, day, receipt, place, row)


def _pay_one(loan: RunningLoan, day: date, receipt: Receipt, place: int, row: RunningRow) -> None:
    under_way = place == loan.index
    if under_way and loan.periods[place].start < day:
        _one_thing_in_a_period(loan, day)
    interest = max(_accrued(loan, day), 0) if under_way else 0
    principal = _principal_ahead(loan, place, interest + row.paid[INTEREST])
    if not under_way and not principal:
        found = f"money on {day} that passes instalment {place + 1}, which has no principal"
        raise unsettled("events.amount", found, "no more than the instalments before it: whether it then bears interest is not settled")
    owed = {INTEREST: interest, PRINCIPAL: principal}
    for component in _order_ahead(loan):
        if component == INTEREST:
            owed[INTEREST] -= receipt.pay(row, INTEREST, owed[INTEREST], early=True)
        else:
            paid = receipt.pay(row, PRINCIPAL, owed[PRINCIPAL], early=True)
            owed[PRINCIPAL] -= paid
            row.due[PRINCIPAL] += paid
            row.ahead += paid
            loan.undue -= paid
            if paid and loan.terms.recalculation is not None and loan.terms.recalculation.rest == "daily":
                end_slices(loan, day, paid)
    if not any(owed.values()) and place < len(loan.rows) - 1:
        row.settled = row.paid[INTEREST]


def _principal_ahead(loan: RunningLoan, place: int, interest: int) -> int:
    """What principal an instalment still owes if it is paid now, with `interest` as its whole interest."""
    last = place == len(loan.rows) - 1
    if last:
        return loan.undue
    row = loan.rows[place]
    own = interest - (loan.plan.carried if place == loan.index else 0)
    principal, _, _ = loan.plan.row(place, loan.undue + row.ahead, own, carried=loan.plan.carried if place == loan.index else 0)
    return max(min(principal - row.ahead, loan.undue), 0)


def _pay_last(loan: RunningLoan, day: date, receipt: Receipt) -> None:
    """The last instalment takes the money as principal; instalments before it stay."""
    last = loan.rows[-1]
    if loan.periods[loan.index].start < day:
        _one_thing_in_a_period(loan, day)
    planned = coming(loan)[-1][1]
    amount = min(receipt.left, loan.undue)
    if amount > planned:
        raise unsettled("in_advance_to", f"last, with more on {day} than the last instalment takes", "no more: not settled beyond it")
    receipt.pay(last, PRINCIPAL, amount, early=True)
    last.due[PRINCIPAL] += amount
    last.ahead += amount
    loan.undue -= amount
    if loan.terms.recalculation is not None and loan.terms.recalculation.rest == "daily":
        end_slices(loan, day, amount)
