"""Money before it is due: 减额 and 缩期 (to principal; the plan shorter or lighter), 提前还 (to coming instalments), and the closing.

Where interest is recalculated, principal paid early bears none from that day (or from the next rest). Where it is not, the plan's pieces
stay as they are and each row remembers what was paid ahead of it.
"""

from __future__ import annotations

import copy
from datetime import date
from typing import TYPE_CHECKING

from tests.oracle.days import rounded
from tests.oracle.doubts import Doubt
from tests.oracle.interest import NEVER

if TYPE_CHECKING:
    from tests.oracle.clerk import Card, Row


def repay_early(card: Card, amount: int, day: date, order: list[str]) -> int:
    """Put money to what is not yet due, by the agreed kind of prepayment; returns what is left over."""
    if not card.principal_owed:
        return amount
    if card.terms.document.get("prepayment", "reduce_instalment") == "next_instalments":
        return to_instalments(card, amount, day, order)
    if card.scheduled:
        return to_principal_as_scheduled(card, amount, day)
    if card.terms.method == "flat":
        raise Doubt("early money of a flat loan whose interest is recalculated")
    return to_principal(card, amount, day, order)


def falling_on(card: Card, day: date) -> Row | None:
    return next((row for row in card.rows if row.closed and row.period.due == day and not row.extra), None)


def to_principal(card: Card, amount: int, day: date, order: list[str]) -> int:
    """`reduce_*`: accrued interest stays until the due date (unless it is named first), the row under way keeps its principal."""
    mode = card.terms.document.get("prepayment", "reduce_instalment")
    under_way, falling = card.row_at(day), falling_on(card, day)
    left = sum(1 for row in card.rows[card.at :] if not row.extra) - (falling is None)
    if mode == "reduce_instalment" and card.terms.method in ("custom", "stepped") and left > 1:
        raise Doubt("which of unequal parts a reduction touches")
    if under_way is not None:
        card.open_row(under_way)
    if falling is None and under_way is not None:
        amount = interest_first(card, under_way, amount, day, order)
        if not amount:  # money that goes to interest alone leaves the plan as it is
            return 0
        card.pin(under_way)
    taken = min(amount, card.principal_undue)
    if falling is not None:
        falling.principal += taken
        falling.parts["principal"] += taken
    elif under_way is not None:
        under_way.early += taken
    cut_early(card, taken, day, under_way if falling is None else None)
    if falling is not None and not falling.balance_fixed:
        falling.balance = card.principal_undue
    if mode == "reduce_instalment":
        card.renew_after = (falling or under_way or card.rows[-1]).number
    return amount - taken


def interest_first(card: Card, row: Row, amount: int, day: date, order: list[str]) -> int:
    """Interest accrued to the day is paid before principal only where the order says so by name."""
    named = [item for item in order if item in ("in_advance_interest", "in_advance_principal")]
    if named[:1] != ["in_advance_interest"]:
        return amount
    paid = min(amount, max(0, row.brought + int(rounded(card.exact(row, day), card.terms.money)) - row.parts["interest"]))
    row.parts["interest"] += paid
    return amount - paid


def cut_early(card: Card, amount: int, day: date, under_way: Row | None) -> None:
    """Principal paid early stops bearing interest that day, at the next rest, or (`part_periods` whole) at the period's start."""
    whole = card.terms.basis == "period" and card.terms.document.get("part_periods", "days") == "whole"
    rest = (card.terms.recalculation or {}).get("rest", "daily")
    if under_way is None or (rest == "daily" and not whole):
        card.cut(amount, day)
    elif whole and rest == "daily":
        card.cut(amount, day, under_way.period)
    elif whole:
        raise Doubt("whole periods and rests by period")
    else:
        card.cut(amount, under_way.period.due)


def to_principal_as_scheduled(card: Card, amount: int, day: date) -> int:
    """Interest stays as scheduled, so only the principal at the end is less: no doubt where all of it is due at the end."""
    if card.terms.method not in ("bullet", "interest_only") or card.balloon:
        raise Doubt("new instalments while interest stays as scheduled")
    taken = min(amount, card.principal_owed)
    under_way, falling = card.row_at(day), falling_on(card, day)
    if falling is not None:
        falling.principal += taken
        falling.parts["principal"] += taken
    elif under_way is not None:
        under_way.early += taken
    card.paid_ahead += taken
    if falling is not None:
        falling.balance = card.principal_owed
    return amount - taken


# --- coming instalments take it --------------------------------------------------------------------------------------------------


def to_instalments(card: Card, amount: int, day: date, order: list[str]) -> int:
    """`next_instalments`: the next coming instalment takes it, or the last; then the one after, or before."""
    rows = [row for row in card.rows[card.at :] if not row.extra]
    if rows:
        card.open_row(rows[0])
    plan = projected(card)
    if card.terms.document.get("in_advance_to", "next") == "last":
        rows.reverse()
    names = [item.removeprefix("in_advance_") for item in order if item.removeprefix("in_advance_") in ("interest", "principal")]
    for row in rows:
        if not amount:
            break
        if row.full is None:
            amount = to_instalment(card, row, plan[row.number], amount, day, names)
    return amount


def projected(card: Card) -> dict[int, tuple[int, int]]:
    """(principal, interest) of every row to come, as the plan stands before the money."""
    trial = copy.deepcopy(card)
    trial.simulated = True
    known = [change for change in trial.rates.changes if change[0] <= card.now]
    if card.scheduled and known != trial.rates.changes:
        raise Doubt("scheduled interest taken before a new rate")
    trial.rates.changes = known
    trial.run_to(NEVER)
    found = {row.number: (row.principal - row.early, row.interest) for row in trial.rows}
    return {row.number: found.get(row.number, (0, 0)) for row in card.rows}


def to_instalment(card: Card, row: Row, plan: tuple[int, int], amount: int, day: date, names: list[str]) -> int:
    """One instalment takes what it owes before its due date: interest to the day if it has begun, and its principal."""
    interest, principal = owed_ahead(card, row, plan, day)
    owed = {"interest": max(0, interest - row.parts["interest"]), "principal": principal - row.ahead}
    if not card.scheduled and amount > 0 and not sum(owed.values()):
        raise Doubt("money past an instalment that owes nothing before its period")
    for name in names:
        part = min(amount, owed[name])
        amount -= part
        owed[name] -= part
        if name == "interest":
            row.parts["interest"] += part
        else:
            row.ahead += part
            if not card.scheduled:
                cut_early(card, part, day, card.row_at(day))
    if not sum(owed.values()):
        row.full, row.planned = day, principal
    return amount


def owed_ahead(card: Card, row: Row, plan: tuple[int, int], day: date) -> tuple[int, int]:
    """(interest, principal) of an instalment before its due date; an equal one stays the level: less interest is more principal."""
    if card.scheduled:
        row.planned = plan[0]
        return plan[1], plan[0]
    interest = row.brought + int(rounded(card.exact(row, day), card.terms.money)) if row.period.start <= day else 0
    whole = card.whole_instalment(row)
    if whole is not None:
        if card.terms.document.get("in_advance_to") == "last":
            raise Doubt("money in advance beyond the last instalment")
        if row.number in card.principal_free or (card.waiting and row.number <= max(card.waiting) + 1):
            return interest, plan[0]
        return interest, min(whole - interest, card.principal_undue + row.ahead)
    row.planned = plan[0]
    return interest, plan[0]
