"""Money that comes in: what is owed on a day, in which order it is paid, and what closes the loan."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.oracle.clerk import Card, Row
from tests.oracle.days import rounded
from tests.oracle.doubts import Doubt
from tests.oracle.early import falling_on, projected, repay_early
from tests.oracle.interest import Piece

Owed = tuple[str, date, int]


def owed_of(card: Card, row: Row, day: date) -> list[Owed]:
    """What a row owes on the morning of a day: (component, due date, amount), nights before the day counted."""
    fees_pay_by = {True: row.period.pay_by}  # a fee that falls due with its instalment moves with it
    found: list[Owed] = [(c.kind, fees_pay_by.get(bool(c.name), c.day), c.open) for c in row.charges if c.day <= day and c.open > 0]
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


def book(card: Card, row: Row, name: str, amount: int, day: date, waived: bool = False, when: str = "") -> int:
    """Put money (or a waiver) to one component of a row (of one status: past due, or due that day); returns how much it took."""
    taken = 0
    for charge in row.charges:
        if charge.kind == name and charge.day <= day and when in ("", standing(charge.day, day)):
            part = min(charge.open, amount - taken)
            charge.paid += 0 if waived else part
            charge.waived += part if waived else 0
            taken += part
    if name in ("cost", "fee"):
        return taken
    entries = [value for component, due, value in owed_of(card, row, day) if component == name and when in ("", standing(due, day))]
    left = sum(entries) - sum(c.open for c in row.charges if c.kind == name and c.day <= day and when in ("", standing(c.day, day)))
    part = min(max(left, 0), amount - taken)
    if part > 0:
        (row.waived if waived else row.parts)[name] += part
        if name == "interest":
            settle(row.unpaid_interest, part, day)
        if name == "principal" and card.as_of is not None:
            settle(row.late, part, day)
        taken += part
    return taken


def standing(due: date, day: date) -> str:
    return "past_due" if due < day else "due"


def order_of(card: Card, day: date) -> list[str]:
    order: Any = card.terms.order
    if isinstance(order, dict):
        dues = [due for row in card.rows if row.closed for _, due, _ in owed_of(card, row, day)]
        worst = (day - min(dues)).days if dues else 0
        order = order["non_accrual" if worst > 90 else "performing"]
    return list(order)


def item_of(item: str) -> tuple[str, str]:
    """(component, status it is said of; nothing: of all)."""
    for when in ("past_due", "due", "in_advance"):
        if item.startswith(when + "_"):
            return item.removeprefix(when + "_"), when
    return item, ""


def pay(card: Card, amount: int, day: date) -> None:
    order = order_of(card, day)
    if card.terms.document.get("allocation_by", "horizontal") == "horizontal":
        turns = [(row, item) for row in card.rows for item in order]
    else:
        turns = [(row, item) for item in order for row in card.rows]
    for row, item in turns:
        name, when = item_of(item)
        if amount and when != "in_advance" and any(component == name for component, _, _ in owed_of(card, row, day)):
            amount -= book(card, row, name, amount, day, when=when)
    if amount and any(owed_of(card, row, day) for row in card.rows):
        raise Doubt("an order that leaves out what is owed")
    if amount:
        closes = closing_amount(card, day)
        if amount >= closes and card.principal_owed:
            if amount > closes:
                raise Doubt("more than is owed")
            end(card, day)
            return
        amount = repay_early(card, amount, day, order)
    if amount:
        raise Doubt("more than is owed")


def open_rows(card: Card) -> list[Row]:
    return [row for row in card.rows if not row.closed and not row.extra]


def running_interest(card: Card, day: date) -> int:
    """Interest that a closing takes beside what is due: of the nights up to the day (or the next rest), or all that was scheduled."""
    paid = sum(row.parts["interest"] for row in open_rows(card))
    if card.scheduled:
        plan = projected(card)
        return sum(plan[row.number][1] for row in open_rows(card)) - paid
    brought = sum(row.brought for row in open_rows(card)) - paid
    row = card.row_at(day)
    if row is None or row.period.start == day:
        return brought
    recalculation = card.terms.recalculation or {}
    if recalculation.get("payoff_interest") == "to_rest" and recalculation.get("rest") == "daily":
        raise Doubt("a payoff to the rest where rests are daily")
    until = row.period.due if recalculation.get("payoff_interest") == "to_rest" else day
    return brought + int(rounded(card.exact(row, until), card.terms.money))


def closing_amount(card: Card, day: date) -> int:
    """Undue principal and the interest of the period under way, beside what is due."""
    return card.principal_owed + running_interest(card, day)


def pay_off(card: Card, amount: int | None, day: date) -> None:
    due = sum(value for row in card.rows for _, _, value in owed_of(card, row, day))
    running = card.row_at(day)
    total = due + closing_amount(card, day)
    if card.terms.method == "flat" and not card.scheduled:
        raise Doubt("a payoff of a flat loan whose interest is recalculated")
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
    interest, rest = running_interest(card, day), card.principal_owed
    falling = falling_on(card, day)
    row = falling or card.row_at(day)
    card.closed_on = day
    if row is None:
        return
    if any((other.ahead or other.parts["interest"]) and other is not row for other in open_rows(card)):
        raise Doubt("an end after later instalments were paid in advance")
    card.cut(card.principal_undue, day)
    card.paid_ahead = 0
    if falling is not None:
        row.principal += rest
        row.interest += interest
        row.parts["interest"] += interest
        row.parts["principal"] += rest
    else:
        row.parts["interest"] += interest
        row.interest, row.principal = row.parts["interest"], row.early + row.ahead + rest
        row.parts["principal"] = row.principal
        for name, count in (("penalty", card.penalty), ("compound", card.compound)):
            row.parts[name] = count(row, day) - row.waived[name]
        row.closed = True
    row.balance, row.balance_fixed = 0, True
    card.rows = [other for other in card.rows if other.number <= row.number]
    card.at = len(card.rows)


def waive(card: Card, of: str, amount: int, day: date) -> None:
    for row in card.rows:
        amount -= book(card, row, of, amount, day, waived=True)
    if amount:
        raise Doubt("a waiver of more than is owed")
