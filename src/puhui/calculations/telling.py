"""What a loan under way tells on a morning: its position, the coming rows as they will be if all is paid when due.

The loan itself stays where it is, so whoever asked may move it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import repeat

from puhui.calculations.allocation import NON_ACCRUAL_AFTER_DAYS, oldest_unpaid
from puhui.calculations.as_agreed import dues_as_agreed
from puhui.calculations.faults import Fault
from puhui.calculations.interest import SCALE
from puhui.calculations.line_pooled import PooledLine
from puhui.calculations.money import round_exact
from puhui.calculations.periods import unsettled
from puhui.calculations.position import Allocation, Charge, Flow, Position, Row
from puhui.calculations.running import RunningLoan, RunningRow
from puhui.calculations.scheduled import carried_to_the_end, copied
from puhui.calculations.term_records import COMPOUND, COST, FEE, INTEREST, PENALTY, PRINCIPAL, Fee

__all__ = ["note_beyond", "note_fee_of_outstanding", "position_of", "rows_of"]


def position_of(loan: RunningLoan, as_of: date, allocations: Sequence[Allocation], payments: Sequence[Flow]) -> Position:
    """The position of a loan that has reached the morning of `as_of`. Notes in the loan what is not settled.

    Raises FaultsError where a figure cannot be told at all.
    """
    terms = loan.terms
    since, running_cost = oldest_unpaid(loan, as_of), _running_cost(loan, as_of)
    overdue = _overdue(loan, as_of) + running_cost
    principal = loan.drawn - sum(row.paid[PRINCIPAL] + row.waived[PRINCIPAL] for row in loan.rows)
    running = loan.running_period() if loan.index < len(loan.rows) else None
    if running is not None and terms.method == "flat" and terms.flat_interest == "term" and as_of > running.period.start and loan.drawn:
        raise unsettled("as_of", as_of, "a due date: how interest of the whole term accrues inside a period is not settled")
    exact = running.exact(as_of) if running is not None else 0
    accrued = round_exact(exact, SCALE, terms.rounding)
    if terms.recalculation is None:
        accrued = max(accrued, 0)  # interest as scheduled may be paid before it has run
    if accrued < 0:
        loan.unsettled.append(Fault("as_of", f"{as_of}, with interest paid before it has run", "a due date: not settled"))
    _note_under_way(loan, as_of)
    _note_grace(loan)
    _note_grace_of_flat(loan)
    _note_grace_of_a_loss(loan)
    _note_compounding(loan)
    days_past_due = 0 if since is None else (as_of - since).days
    status = _status(loan, principal, accrued, days_past_due)
    if isinstance(loan, PooledLine):
        status = loan.status(status, as_of)
    fees = _fees_to_come(loan, as_of)
    rows, coming_charges = _rows_with_fees(loan, fees) if fees else (_rows_to_the_end(loan), ())
    note_beyond(loan, rows)
    if status == "performing" and terms.line is None and loan.drawn and not any(row.outstanding for row in rows):
        found = f"{as_of}, with all instalments paid in advance"
        loan.unsettled.append(Fault("as_of", found, "the last due date: whether the loan is closed before it is not settled"))
    return Position(
        as_of=as_of,
        rows=rows,
        principal=principal,
        accrued_exact=exact,
        accrued_interest=accrued,
        overdue=overdue,
        running_cost=running_cost,
        days_past_due=days_past_due,
        status=status,
        next_due=next((row.due for row in rows if row.due > as_of and row.outstanding), None),
        allocations=tuple(allocations),
        payments=tuple(payments),
        unsettled=tuple(loan.unsettled),
        running=running,
        rounding=terms.rounding,
        overdue_since=since,
        overpaid=loan.overpaid,
        coming_charges=coming_charges,
    )


def _overdue(loan: RunningLoan, day: date) -> int:
    """All that fell due before `day` and is unpaid: rows, and charges in the period under way whose day has passed."""
    overdue = 0
    for place in range(loan.oldest, min(loan.index + 1, len(loan.rows))):
        row = loan.rows[place]
        if row.closed and row.period.payable < day:
            overdue += row.outstanding
        elif row.charges:
            overdue += sum(amount for _, amount in row.charges_unpaid(day))
    if loan.extra_row is not None and loan.extra_row.period.due < day:
        overdue += loan.extra_row.outstanding
    return overdue


def _running_cost(loan: RunningLoan, day: date) -> int:
    """Unpaid penalty and compound interest that stand in a row not due before `day`."""
    cost = 0
    for row in loan.rows[max(loan.index - 1, 0) : loan.index + 1]:
        if not (row.closed and row.period.payable < day):
            cost += max(row.owed(PENALTY) - row.charged_penalty, 0) + row.owed(COMPOUND)
    return cost


def _note_grace(loan: RunningLoan) -> None:
    """Note interest paid within the days of grace: that it bears no compound interest is how the loan goes on, the contract is open."""
    late = [row.period.due for row in loan.rows if row.grace_interest]
    if late:
        found = f"compound interest agreed, with interest of {late[0]} unpaid within the days of grace"
        loan.unsettled.append(Fault("penalty.grace_days", found, "no compound interest, or interest paid on its day: not settled"))


def _note_grace_of_a_loss(loan: RunningLoan) -> None:
    """Note a write-off within the days of grace: whether penalty from the due date is owed then, the contract leaves open."""
    if loan.written_off_on is not None and any(row.grace_nights and row.owed(PRINCIPAL) for row in loan.rows):
        found = f"a write_off on {loan.written_off_on} within the days of grace"
        loan.unsettled.append(Fault("penalty.grace_days", found, "a write_off after them: not settled"))


def _note_grace_of_flat(loan: RunningLoan) -> None:
    """Note principal of a flat loan unpaid within the days of grace: its interest goes on as it is, the contract is open."""
    late = [row.period.due for row in loan.rows if row.grace_nights] if loan.terms.method == "flat" else []
    if late:
        found = f"method flat, with principal of {late[0]} unpaid within the days of grace"
        loan.unsettled.append(
            Fault("penalty.grace_days", found, "principal paid on its day: contract interest beside that of the first amount")
        )


def _note_compounding(loan: RunningLoan) -> None:
    """Note interest on interest after the last due date: whether what comes to the last row then bears interest itself the contract leaves
    open; the loan goes on without."""
    recalculation = loan.terms.recalculation
    if recalculation is not None and recalculation.compounds and any(row.interest_since_due for row in loan.rows):
        found = f"interest, with money overdue after the last due date {loan.last_due}"
        loan.unsettled.append(Fault("interest_recalculation.compounding", found, "none, or nothing overdue then: not settled"))


def note_beyond(loan: RunningLoan, rows: Sequence[Row]) -> None:
    """Note a row of which more was paid or forgiven than is left to it since its plan changed: where the rest goes the contract leaves
    open; it stays in its row."""
    beyond = [row.number for row in rows if row.is_beyond]
    if beyond:
        found = f"instalment {beyond[0]}, of which more was paid or forgiven than falls due of it now"
        loan.unsettled.append(
            Fault("events", found, "a change before that money, or of other instalments: where the rest goes is not settled")
        )


def _note_under_way(loan: RunningLoan, day: date) -> None:
    """Note a state inside a period whose accrual the contract does not place."""
    if loan.index < len(loan.rows) and loan.rows[loan.index].period.exceeds(loan.rows[loan.index].period.start, day):
        loan.unsettled.append(Fault("as_of", f"{day}, a month and odd days into a period of a month", "a due date: not settled"))


def _status(loan: RunningLoan, principal: int, accrued: int, late: int) -> str:
    if not loan.drawn:
        return "undrawn"
    unpaid = any(row.outstanding > 0 for row in loan.all_rows()[loan.oldest :] if row.closed or row.charged_penalty or row.due[FEE])
    if loan.written_off_on is not None:
        if principal == 0 and not unpaid:
            found = f"a loan written off on {loan.written_off_on} and paid since"
            loan.unsettled.append(Fault("events.type", found, "something owed still: whether it is then closed is not settled"))
        return "written_off"
    if principal == 0 and not unpaid and not loan.open and accrued == 0:
        return "closed"
    if loan.terminated_on is not None:
        return "terminated"
    if late > NON_ACCRUAL_AFTER_DAYS:
        return "non_accrual"
    return "overdue" if late else "performing"


def _rows_to_the_end(loan: RunningLoan) -> tuple[Row, ...]:
    """The rows, those to come as they will be if all is paid when due."""
    if loan.index >= len(loan.rows) and not loan.misuses:
        return rows_of(loan)
    dues = dues_as_agreed(loan)
    return rows_of(carried_to_the_end(loan)) if dues is None else rows_of(loan, dues)


def _fees_to_come(loan: RunningLoan, as_of: date) -> list[tuple[date, Fee]]:
    """The fees agreed for a day after `as_of`, in order, of a loan that goes on."""
    if not loan.terms.fees or not loan.drawn or loan.ended_already or loan.terminated_on is not None:
        return []
    if loan.index >= len(loan.rows) and not any(row.outstanding for row in loan.all_rows()):
        return []
    dated = [(fee.when, fee) for fee in loan.terms.fees if isinstance(fee.when, date) and fee.when > as_of]
    return sorted(dated, key=lambda pair: pair[0])


def _rows_with_fees(loan: RunningLoan, fees: Sequence[tuple[date, Fee]]) -> tuple[tuple[Row, ...], tuple[Charge, ...]]:
    """The rows to the end with fees still to come, and these: (number of the row, day, amount)."""
    ahead, charges = copied(loan, loan.index), []
    ahead.carried_from = loan.index
    for day, fee in fees:
        ahead.advance(day, count=False)
        if fee.of == "outstanding":
            if any(row.owed(PRINCIPAL) for row in loan.rows[loan.oldest : loan.index]):
                found = f"a fee of what is outstanding on {day}, with principal overdue before"
                loan.unsettled.append(Fault("fees", found, "nothing overdue: not settled"))
            note_fee_of_outstanding(ahead, day)
        amount = ahead.fee_amount(fee, outstanding=ahead.undue)
        place = ahead.row_of(day)
        ahead.charge(day, FEE, amount)
        charges.append(((ahead.rows[place] if place < len(ahead.rows) else ahead.all_rows()[-1]).period.number, day, amount))
    ahead.advance(ahead.last_due, count=False)
    return rows_of(ahead), tuple(charges)


def note_fee_of_outstanding(loan: RunningLoan, day: date) -> None:
    """Note a fee of what is outstanding on a day on which principal falls due: before or after it, the contract leaves open."""
    before = loan.rows[loan.index - 1] if loan.index else None
    if before is not None and before.period.due == day and before.due[PRINCIPAL]:
        found = f"a fee of what is outstanding on {day}, on which principal falls due"
        loan.unsettled.append(Fault("fees", found, "another day: before or after it is not settled"))


def rows_of(loan: RunningLoan, coming: Sequence[tuple[int, int]] = ()) -> tuple[Row, ...]:
    """The rows as frozen data, with the principal outstanding after each; `coming`: principal and interest of those not yet due."""
    rows = []
    repaid = drawn = told = 0
    asked = [*repeat((0, 0), loan.index), *coming] if coming else repeat((0, 0))
    for row, (principal, interest) in zip(loan.all_rows(), asked, strict=False):
        while told < len(loan.draws) and loan.draws[told][0] < row.period.due:
            drawn += loan.draws[told][1]
            told += 1
        repaid += row.due[PRINCIPAL] + principal
        if repaid > drawn:
            raise unsettled("events", f"money drawn on {row.period.due} and repaid on that day", "another day: its row is not settled")
        rows.append(_row(row, principal, interest, drawn - repaid))
    return tuple(rows)


def _row(row: RunningRow, principal: int, interest: int, balance: int) -> Row:
    period, due, paid, waived = row.period, row.due, row.paid, row.waived
    figures = (
        period.number, period.start, period.payable, (period.due - period.start).days,
        due[PRINCIPAL] + principal, due[INTEREST] + interest, due[FEE] + due[COST], due[PENALTY], due[COMPOUND],
        paid[PRINCIPAL], paid[INTEREST], paid[FEE] + paid[COST], paid[PENALTY], paid[COMPOUND], balance,
        waived[PRINCIPAL], waived[INTEREST], waived[FEE] + waived[COST], waived[PENALTY], waived[COMPOUND],
    )  # fmt: skip
    return tuple.__new__(Row, figures)
