"""A plan changed under way, as the clerk does it on the card: more instalments, a moved due date, time without principal, a new plan."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.oracle.clerk import Card, Row
from tests.oracle.days import day_of, months_of, steps_after
from tests.oracle.doubts import Doubt
from tests.oracle.terms import Period

Event = dict[str, Any]


def reschedule(card: Card, event: Event, day: date) -> None:
    card.run_to(day)
    if card.closed_on or card.terminated or card.at >= len(card.rows) or not card.drawn:
        raise Doubt("a reschedule after the end")
    if card.terms.document.get("business_days"):
        raise Doubt("a reschedule with working days")
    if any(row.extra or row.early or row.ahead for row in card.rows):
        raise Doubt("a reschedule beside money in advance or a charge after the end")
    unequal = card.terms.method in ("custom", "stepped") and not ("due" in event or "every" in event)
    if card.terms.method == "flat" or unequal or (card.terms.method == "bullet" and "due" not in event):
        raise Doubt("a reschedule here")
    if card.rows[card.at].period.start <= day:
        card.open_row(card.rows[card.at])  # a level that waited for this row is set before the plan changes again
    if "due" in event:
        move_due(card, day_of(event["due"]), day_of(event["new_due"]), event.get("later", "keep") == "follow")
        return
    if card.terms.document.get("settlement_day") or card.terms.document.get("maturity"):
        raise Doubt("a reschedule of a loan without instalments")
    begin = day_of(event["from"])
    row = next((row for row in card.rows[card.at :] if row.period.start <= begin < row.period.due), None)
    if row is None:
        raise Doubt("from")
    if "extra_instalments" in event:
        more_instalments(card, event["extra_instalments"])
        new_level(card, row, day)
    elif "grace" in event:
        grace = event["grace"] if isinstance(event["grace"], dict) else {"principal": event["grace"]}
        time_of_interest(card, row, grace, begin)
        if grace.get("principal"):
            time_without_principal(card, row, grace["principal"], day)
    else:
        new_plan(card, row, begin, event, day)


def whole(card: Card) -> dict[str, int]:
    """How a regular period is marked."""
    count, unit = card.terms.every
    return {"months": months_of(card.terms.every)} if months_of(card.terms.every) else {"weeks": count} if unit == "week" else {}


def add_row(card: Card, due: date) -> None:
    last = card.rows[-1]
    card.rows.append(Row(last.number + 1, Period(last.period.due, due, **whole(card))))


def more_instalments(card: Card, count: int) -> None:
    for _ in range(count):
        origin, number = card.anchor
        add_row(card, steps_after(origin, card.terms.every, len(card.rows) + 1 - number, card.month_end))


def new_level(card: Card, row: Row, day: date) -> None:
    if row is card.rows[card.at]:
        card.open_row(row)
        card.set_anew(row, day)
    else:
        card.anew.add(row.number)


def time_without_principal(card: Card, row: Row, count: int, day: date) -> None:
    if row.number - 1 + count >= len(card.rows) or card.terms.method == "interest_only":
        raise Doubt("a grace here")
    card.principal_free |= set(range(row.number, row.number + count))
    new_level(card, row, day)


def time_of_interest(card: Card, row: Row, grace: dict[str, int], begin: date) -> None:
    """From the row on, interest waits for the first row after the grace, or there is none; what the level is, stays."""
    waits, free, bare = grace.get("interest_payment", 0), grace.get("interest_free", 0), grace.get("principal", 0)
    if not waits and not free:
        return
    equal = card.terms.method == "equal_instalment"
    solved = equal and card.terms.document.get("level") == "solved"
    if (waits and free) or (equal and 0 < waits < bare) or (solved and max(waits, free) > bare) or card.terms.method == "bullet":
        raise Doubt("interest put off or free here")
    if row.number - 1 + max(waits, free) >= len(card.rows) or (free and begin != row.period.start):
        raise Doubt("interest put off or free here")
    if any(number >= row.number - 1 for number in card.waiting | card.bare_of_interest) or row.brought:
        raise Doubt("a grace beside another")
    card.waiting |= set(range(row.number, row.number + waits))
    card.bare_of_interest |= set(range(row.number, row.number + free))


def new_plan(card: Card, row: Row, begin: date, event: Event, day: date) -> None:
    if (
        row.period.start != begin
        or row is not card.rows[card.at]
        or card.balloon
        or any(card.grace.values())
        or card.waiting
        or card.bare_of_interest
    ):
        raise Doubt("a new plan here")
    card.terms.method = event["method"]
    count, unit = event["every"].split()
    card.terms.every = (int(count), unit)
    card.terms.document = {key: value for key, value in card.terms.document.items() if key != "principal_share"}
    card.anchor = (begin, row.number - 1)
    kept = card.rows[: card.at]
    row.period = Period(begin, steps_after(begin, card.terms.every, 1, card.month_end), **whole(card))
    card.rows = [*kept, row]
    more_instalments(card, event["instalments"] - 1)
    card.set_anew(row, day)


def move_due(card: Card, due: date, new_due: date, follow: bool) -> None:
    """The row's period ends on the new day; the next begins there. The other dues stay, or follow at their usual distance."""
    place = next((index for index in range(card.at, len(card.rows)) if card.rows[index].period.due == due), None)
    if place is None or card.terms.document.get("settlement_day"):
        raise Doubt("due")
    rows = card.rows[place:]
    first = rows[0].period.start
    if new_due <= max(first, card.today) or new_due == due or (not follow and len(rows) > 1 and new_due >= rows[1].period.due):
        raise Doubt("new_due")
    rows[0].period = Period(first, new_due)
    if not follow:
        for row in rows[1:2]:
            row.period = Period(new_due, row.period.due)
        return
    if len(rows) > 1 and card.terms.method == "custom":
        raise Doubt("the usual distance of seasonal dues")
    card.anchor = (new_due, place + 1)
    start = new_due
    for step, row in enumerate(rows[1:], 1):
        row.period = Period(start, steps_after(new_due, card.terms.every, step, card.month_end), **whole(card))
        start = row.period.due
