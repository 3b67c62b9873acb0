"""Stretches of a loan's life on which all goes as agreed, gone along its shape instead of being walked through.

A loan that is late today was mostly paid on its day before, and its coming rows are told as if all were paid when due. On such stretches a
period asks for two whole numbers by the shape (`loan_shapes`); at the first thing that the shape does not tell, the walk goes on from where
the loan then is. The loan is in the same state either way, and a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence

from puhui.calculations.events import Event
from puhui.calculations.loan_shapes import Shape
from puhui.calculations.position import Allocation, Flow
from puhui.calculations.running import RunningLoan
from puhui.calculations.term_records import COMPONENTS, INTEREST, PRINCIPAL

__all__ = ["dues_as_agreed", "pay_as_agreed"]

_AGREED = (COMPONENTS[INTEREST], COMPONENTS[PRINCIPAL])


def pay_as_agreed(loan: RunningLoan, ordered: Sequence[tuple[int, Event]], allocations: list[Allocation], payments: list[Flow]) -> int:
    """Take the first events as long as each pays a period's due on its day, to the fen; how many were taken.

    `ordered`: (index, event) in the order in which they take effect, after the drawdown of the whole. New rates are in the shape already.
    """
    if not _on_its_shape(loan):
        return 0
    shape, equal = loan.shape, loan.terms.method == "equal_instalment"
    assert shape is not None
    names, new, taken = [name for name in loan.terms.allocation.due if name in _AGREED], tuple.__new__, 0
    for number, (index, event) in enumerate(ordered, 1):
        if event.type == "rate_change":
            continue
        asked = _asked(shape, loan.index, loan.undue, loan.plan.level, equal) if loan.undue else None
        if asked is None or event.type != "repayment" or event.amount != asked[0] + asked[1]:
            break
        row = loan.rows[loan.index]
        if event.date != row.period.due:
            break
        _close(loan, shape, *asked, equal)
        row.paid[PRINCIPAL], row.paid[INTEREST] = asked
        for name in names:
            if amount := asked[0] if name == "principal" else asked[1]:
                allocations.append(new(Allocation, (index, event.id, row.period.number, name, amount, False)))
        payments.append((event.date, event.amount))
        taken = number
    loan.oldest = loan.index
    return taken


def dues_as_agreed(loan: RunningLoan) -> list[tuple[int, int]] | None:
    """(principal, interest) of each row to come, all paid when due; None where the shape does not tell them all. The loan stays."""
    if not _on_its_shape(loan):
        return None
    shape, equal = loan.shape, loan.terms.method == "equal_instalment"
    assert shape is not None
    undue, level, dues = loan.undue, loan.plan.level, []
    for index in range(loan.index, len(shape.rows)):
        asked = _asked(shape, index, undue, level, equal)
        if asked is None:
            return None
        dues.append(asked)
        undue -= asked[0]
        if equal:
            level = _next_level(shape, index, undue, level)
    return dues


def _on_its_shape(loan: RunningLoan) -> bool:
    """Whether nothing is known of the loan that its shape does not know: all that is not due bears interest since the period's start."""
    index, plan, shape = loan.index, loan.plan, loan.shape
    if shape is None or index >= len(loan.rows) or not loan.undue or loan.ended or loan.open != [(loan.undue, loan.periods[index].start)]:
        return False
    if plan.carried or plan.shortened or plan.grace_principal > index or loan.renew_next or loan.renew_at or loan.switches or loan.graces:
        return False
    if plan.put_off or plan.free or tuple(loan.periods[index:]) != shape.periods[index:]:
        return False
    return not any(row.settled is not None or row.ahead or row.kept is not None or row.late_exact for row in loan.rows[index:])


def _asked(shape: Shape, index: int, undue: int, level: int, equal: bool) -> tuple[int, int] | None:
    """(principal, interest) of a row with `undue` before it; None where the plan has more to say. `equal`: the level is all of it."""
    _, _, _, _, times, half, over, _ = shape.rows[index]
    interest = (undue * times + half) // over
    if index == len(shape.rows) - 1:
        return undue, interest
    principal = level - interest if equal else level
    return (principal, interest) if 0 <= principal < undue else None


def _next_level(shape: Shape, index: int, undue: int, level: int) -> int:
    """The equal instalment after the row at `index`: new where a new rate comes, with `undue` outstanding."""
    anew = shape.rows[index + 1][-1] if index + 1 < len(shape.rows) else None
    return level if anew is None else (undue * anew[0] + anew[1]) // anew[2]


def _close(loan: RunningLoan, shape: Shape, principal: int, interest: int, equal: bool) -> None:
    """The row under way falls due with these, and the next period opens."""
    index, row = loan.index, loan.rows[loan.index]
    row.due[PRINCIPAL] += principal
    row.due[INTEREST] += interest
    row.own_exact = loan.undue * shape.exact[index]
    row.closed = True
    loan.undue -= principal
    loan.index, loan.day = index + 1, row.period.due
    loan.open = [(loan.undue, loan.day)] if loan.undue else []
    if equal:
        loan.plan.level = _next_level(shape, index, loan.undue, loan.plan.level)
