"""Money that comes in: what is owed on a day, in which order it is paid, and what closes the loan."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.oracle.clerk import Card, Doubt, Row
from tests.oracle.days import rounded
from tests.oracle.interest import Piece

Owed = tuple[str, date, int]


def owed_of(card: Card, row: Row, day: date) -> list[Owed]:
    """What a row owes on the morning of a day: (component, due date, amount), nights before the day counted."""
    found: list[Owed] = [(c.kind, c.day, c.open) for c in row.charges if c.day <= day and c.open > 0]
    running = not row.closed and row.period.start < day < row.period.due
    if row.closed or (running and card.penalty_at_once):
        due = row.period.pay_by if row.closed else row.period.start
        for name, count in (("penalty", card.penalty), ("compound", card.compound)):
            left = count(row, day) - row.parts[name] - row.waived[name]
            if left > 0:
                found.append((name, due, left))
    if row.closed and card.as_of is not None:
        left = card.row_interest(row, day) - row.parts["interest"] - row.waived["interest"]
        if left > 0:
            found.append(("interest", row.period.pay_by, left))
        late = sum(piece.amount for piece in row.late if piece.end is None)
        if late > 0:
            found.append(("principal", row.period.pay_by, late))
    elif row.closed and row.period.due == day:
        for name, amount in (("interest", row.interest), ("principal", row.principal)):
            if (left := amount - row.parts[name]) > 0:
                found.append((name, day, left))
    if card.as_of is None:
        found = [entry for entry in found if entry[1] == day]
    return found


def settle(pieces: list[Piece], amount: int, day: date) -> None:
    for piece in list(pieces):
        if piece.end is not None or not amount:
            continue
        taken = min(piece.amount, amount)
        amount -= taken
        if taken < piece.amount:
            pieces.append(Piece(taken, piece.begin, day))
            piece.amount -= taken
        else:
            piece.end = day


def book(card: Card, row: Row, name: str, amount: int, day: date, waived: bool = False) -> int:
    """Put money (or a waiver) to one component of a row; returns how much it took."""
    taken = 0
    for charge in row.charges:
        if charge.kind == name and charge.day <= day:
            part = min(charge.open, amount - taken)
            charge.paid += 0 if waived else part
            charge.waived += part if waived else 0
            taken += part
    if name in ("cost", "fee"):
        return taken
    left = sum(value for component, _, value in owed_of(card, row, day) if component == name)
    left -= sum(c.open for c in row.charges if c.kind == name and c.day <= day)
    part = min(max(left, 0), amount - taken)
    if part > 0:
        (row.waived if waived else row.parts)[name] += part
        if name == "interest":
            settle(row.unpaid_interest, part, day)
        if name == "principal" and card.as_of is not None:
            settle(row.late, part, day)
        taken += part
    return taken


def order_of(card: Card, day: date) -> list[str]:
    order: Any = card.terms.order
    if isinstance(order, dict):
        dues = [due for row in card.rows if row.closed for _, due, _ in owed_of(card, row, day)]
        worst = (day - min(dues)).days if dues else 0
        order = order["non_accrual" if worst > 90 else "performing"]
    if any(item.startswith(("past_due_", "due_", "in_advance_")) for item in order):
        raise Doubt("orders by status of the due date")
    return list(order)


def pay(card: Card, amount: int, day: date) -> None:
    order = order_of(card, day)
    if card.terms.document.get("allocation_by", "horizontal") == "horizontal":
        turns = [(row, name) for row in card.rows for name in order]
    else:
        turns = [(row, name) for name in order for row in card.rows]
    for row, name in turns:
        if amount and any(component == name for component, _, _ in owed_of(card, row, day)):
            amount -= book(card, row, name, amount, day)
    if amount:
        closes = closing_amount(card, day)
        if amount >= closes and card.principal_undue:
            if amount > closes:
                raise Doubt("more than is owed")
            end(card, day)
            return
        amount = card.repay_early(amount, day)
    if amount:
        raise Doubt("more than is owed")


def running_interest(card: Card, day: date) -> int:
    row = card.row_at(day)
    if row is None or row.period.start == day:
        return row.brought if row is not None else 0
    until = row.period.due if (card.terms.recalculation or {}).get("payoff_interest") == "to_rest" else day
    return row.brought + int(rounded(card.exact(row, until), card.terms.money)) - row.parts["interest"]


def closing_amount(card: Card, day: date) -> int:
    """Undue principal and the interest of the period under way, beside what is due."""
    return card.principal_undue + running_interest(card, day)


def pay_off(card: Card, amount: int | None, day: date) -> None:
    due = sum(value for row in card.rows for _, _, value in owed_of(card, row, day))
    running = card.row_at(day)
    total = due + closing_amount(card, day)
    if card.terms.recalculation is None or card.terms.method == "flat":
        raise Doubt("a payoff without recalculation")
    if not card.penalty_at_once and running is not None and not running.closed:
        total += card.penalty(running, day) + card.compound(running, day)
    if amount is not None and amount != total:
        raise Doubt(f"payoff of {amount}, the clerk finds {total}")
    for row in card.rows:
        for name, _, value in owed_of(card, row, day):
            book(card, row, name, value, day)
    end(card, day)


def end(card: Card, day: date) -> None:
    """Close the card on a day: what is left of the principal, and the interest to the day, in the row that holds it."""
    interest, rest = running_interest(card, day), card.principal_undue
    falling = next((row for row in card.rows if row.closed and row.period.due == day and not row.extra), None)
    row = falling or card.row_at(day)
    card.closed_on = day
    if row is None:
        return
    card.cut(rest, day)
    if falling is not None:
        row.principal += rest
        row.interest += interest
        row.parts["interest"] += interest
        row.parts["principal"] += rest
    else:
        row.parts["interest"] += interest
        row.interest, row.principal = row.parts["interest"], row.early + rest
        row.parts["principal"] = row.principal
        for name, count in (("penalty", card.penalty), ("compound", card.compound)):
            row.parts[name] = count(row, day) - row.waived[name]
        row.closed = True
    row.balance, row.balance_fixed = 0, True
    card.rows = [other for other in card.rows if other.number <= row.number]
    card.at = len(card.rows)


def waive(card: Card, of: str, amount: int, day: date) -> None:
    for row in card.rows:
        if of == "principal":
            raise Doubt("a waiver of principal")
        amount -= book(card, row, of, amount, day, waived=True)
    if amount:
        raise Doubt("a waiver of more than is owed")
