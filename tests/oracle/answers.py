"""A document in, the clerk's answer out: events in order of their days, then the rows and the state as texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracle.changes import reschedule
from tests.oracle.clerk import Card, Row
from tests.oracle.costs import annual_cost
from tests.oracle.days import DAY, day_of, rounded
from tests.oracle.doubts import Doubt
from tests.oracle.interest import rates_of
from tests.oracle.payments import open_rows, owed_of, pay, pay_off, waive
from tests.oracle.terms import Terms, read

ORDERED = ("principal", "interest", "fee", "penalty", "compound")


def events_of(document: dict[str, Any], as_of: date | None) -> list[dict[str, Any]]:
    """Those that stand (not reversed), in order of effect: date, then the day entered, then the order of the list."""
    events = [event for event in document.get("events", []) if as_of is None or day_of(event["date"]) <= as_of]
    if len(events) < len(document.get("events", [])):
        raise Doubt("something that is still to come")
    undone = {event["of"] for event in events if event["type"] == "reversal"}
    kept = [event for event in events if event["type"] != "reversal" and event.get("id") not in undone]
    return sorted(kept, key=lambda event: (day_of(event["date"]), event.get("known", event["date"])))


def answer(document: dict[str, Any], *, penalty_at_once: bool = True) -> dict[str, Any]:
    """Instalments, totals and state; raises Doubt where the text is open or the clerk has not learned it."""
    as_of = day_of(document["as_of"]) if document.get("as_of") else None
    events = events_of(document, as_of)
    if document.get("line"):
        raise Doubt("line")
    if (document.get("interest_recalculation") or {}).get("compounding") == "interest":
        raise Doubt("interest on interest where no penalty is agreed")
    terms = read({**document, "events": events})
    rates = rates_of(terms)
    card = Card(terms, rates, as_of, penalty_at_once)
    todo: list[tuple[date, int, dict[str, Any]]] = []
    drawn = [event for event in events if event["type"] == "drawdown"]
    if not drawn:
        todo.append((terms.start, 0, {"type": "drawdown", "amount": str(Fraction(terms.amount, 10**terms.digits)), "date": terms.start}))
    listed = {day for day, _ in rates.changes}
    todo += [(night, 1, {"type": "level", "date": night + terms.shift}) for night in sorted(listed)]
    todo += [(day_of(event["date"]), 2, event) for event in events if event["type"] != "rate_change"]
    for fee in document.get("fees", []):
        if fee["when"] not in ("instalment", "drawdown"):
            todo.append((day_of(fee["when"]), 1, {"type": "dated fee", "fee": fee, "date": day_of(fee["when"])}))
        elif fee["when"] == "drawdown":
            if drawn:
                todo += [fee_of_draw(terms, fee, event, len(drawn) == 1) for event in drawn]
                continue
            todo.append((terms.start, 1, {"type": "drawdown fee", "amount": fee_text(terms, fee), "date": terms.start}))
    for event in events:
        if event["type"] == "pause":
            rates.pause(day_of(event["date"]), day_of(event["until"]))
    todo.sort(key=lambda item: (item[0], item[1]))
    card.total_draws = sum(amount_of(terms, item[2]) for item in todo if item[2]["type"] == "drawdown")
    draws_left = sum(1 for item in todo if item[2]["type"] == "drawdown")
    for day, _, event in todo:
        if as_of is not None and day > as_of:
            continue
        draws_left -= event["type"] == "drawdown"
        card.more_draws = draws_left > 0
        card.now = day
        act(card, terms, event, day)
    drawn = [(day, amount_of(terms, event)) for day, _, event in todo if event["type"] == "drawdown"]
    coming = [event for day, _, event in todo if event["type"] in ("level", "dated fee") and as_of is not None and day > as_of]
    answered = closing(card, terms, as_of, coming)
    return answered | {"annual_cost": annual_cost(card, terms, drawn)}


def fee_text(terms: Terms, fee: dict[str, Any]) -> str:
    """A fee of the first day in money: an amount, or a share of what is lent."""
    if "amount" in fee:
        return str(fee["amount"])
    if fee["of"] not in ("amount", "principal", "outstanding"):
        raise Doubt("a fee of the first day that is a share of an instalment")
    return terms.text(int(rounded(Fraction(str(fee["rate"])) * terms.amount, terms.money)))


def fee_of_draw(terms: Terms, fee: dict[str, Any], draw: dict[str, Any], alone: bool) -> tuple[date, int, dict[str, Any]]:
    """The fee of one draw among the things to do, after the draw itself."""
    lent = amount_of(terms, draw)
    if fee.get("of") != "principal" and not (alone and (fee.get("of") != "amount" or lent == terms.amount)):
        raise Doubt("a drawdown fee of parts")
    if not alone and terms.recalculation is None:
        raise Doubt("a drawdown fee of parts that make the plan anew")
    amount = str(fee["amount"]) if "amount" in fee else terms.text(int(rounded(Fraction(str(fee["rate"])) * lent, terms.money)))
    return day_of(draw["date"]), 3, {"type": "drawdown fee", "amount": amount, "date": draw["date"]}


def amount_of(terms: Terms, event: dict[str, Any]) -> int:
    return terms.units(event["amount"])


def act(card: Card, terms: Terms, event: dict[str, Any], day: date) -> None:
    kind = event["type"]
    if card.closed_on is not None and kind not in ("level", "pause"):
        raise Doubt("after the end")
    if kind == "drawdown":
        card.draw(amount_of(terms, event), day)
    elif kind == "level":
        card.change_rate(day_of(event["date"]))
    elif kind == "repayment":
        card.run_to(day)
        pay(card, amount_of(terms, event), day)
    elif kind == "payoff":
        card.run_to(day)
        pay_off(card, amount_of(terms, event) if "amount" in event else None, day)
    elif kind == "drawdown fee":
        row = card.row_at(day)
        if row is None or any(other.closed and other.period.due == day for other in card.rows):
            raise Doubt("a drawdown fee on a due date")
        card.charge(day, "fee", amount_of(terms, event))
        row.charges[-1].paid = amount_of(terms, event)
    elif kind == "dated fee":
        dated_fee(card, terms, event["fee"], day)
    elif kind == "fee":
        card.charge(day, {"fee": "fee", "cost": "cost", "penalty": "penalty"}[event.get("kind", "fee")], amount_of(terms, event))
    elif kind == "waiver":
        card.run_to(day)
        waive(card, event["of"], amount_of(terms, event), day)
    elif kind == "termination":
        card.terminate(day)
    elif kind == "write_off":
        if card.at < len(card.rows):
            card.terminate(day)
        card.written_off = day
    elif kind == "reschedule":
        reschedule(card, event, day)
    elif kind == "misuse":
        misuse(card, terms, event)
    elif kind != "pause":
        raise Doubt(kind)


def dated_fee(card: Card, terms: Terms, fee: dict[str, Any], day: date) -> None:
    """A fee of a day: an amount, or a share of what is lent or outstanding."""
    card.run_to(day)
    if "amount" in fee:
        amount = amount_of(terms, fee)
    elif fee["of"] in ("amount", "outstanding"):
        eventful = {day_of(event["date"]) for event in terms.document["events"]} | {row.period.due for row in card.rows}
        if fee["of"] == "outstanding" and day in eventful:
            raise Doubt("what is outstanding on a day on which it changes")
        base = terms.amount if fee["of"] == "amount" else card.principal_owed + late_principal(card)
        amount = int(rounded(Fraction(str(fee["rate"])) * base, terms.money))
    else:
        raise Doubt("a fee of a day that is a share of an instalment")
    card.charge(day, "fee", amount)


def late_principal(card: Card) -> int:
    return sum(piece.amount for row in card.rows for piece in row.late if piece.end is None)


def misuse(card: Card, terms: Terms, event: dict[str, Any]) -> None:
    first, last = day_of(event["date"]) - terms.shift, day_of(event["until"]) - terms.shift + DAY
    card.misused.append((first, last, amount_of(terms, event)))


def closing(card: Card, terms: Terms, as_of: date | None, coming: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The state on the morning after a day, then the rest of the plan, with the new rates and fees that are known to come."""
    state = None
    if as_of is not None:
        card.now = as_of
        card.run_to(as_of)
        state = state_of(card, terms, as_of)
    for event in coming:
        if card.closed_on is not None or card.terminated is not None or (state and state["status"] in ("closed", "written_off")):
            continue
        if event["type"] == "level":
            card.change_rate(day_of(event["date"]))
        else:
            dated_fee(card, terms, event["fee"], event["date"])
    card.run_to(date(9998, 1, 1))
    rows = [shown(card, terms, row) for row in card.rows]
    names = (*ORDERED, "total", "paid", "outstanding")
    totals = {name: terms.text(sum(row["_" + name] for row in rows)) if all(row[name] for row in rows) else None for name in names}
    return {
        "instalments": [{key: value for key, value in row.items() if not key.startswith("_")} for row in rows],
        "totals": totals,
        "state": state,
    }


def figures(card: Card, row: Row) -> dict[str, int]:
    far = date(9998, 1, 1)

    def charged(*kinds: str) -> int:
        return sum(charge.amount for charge in row.charges if charge.kind in kinds)

    found = {
        "principal": row.principal,
        "interest": card.row_interest(row, far),
        "fee": charged("fee", "cost"),
        "penalty": card.penalty(row, far) + charged("penalty"),
        "compound": card.compound(row, far),
    }
    found["total"] = sum(found.values())
    found["paid"] = sum(row.parts.values()) + sum(c.paid for c in row.charges)
    if card.as_of is None:  # the schedule only: all is paid when due
        found["paid"] = found["total"]
    found["outstanding"] = found["total"] - found["paid"] - sum(row.waived.values()) - sum(c.waived for c in row.charges)
    return found


def shown(card: Card, terms: Terms, row: Row) -> dict[str, Any]:
    found = figures(card, row)
    period = row.period
    answer_row: dict[str, Any] = {
        "number": row.number,
        "start": period.start.isoformat(),
        "due": period.pay_by.isoformat(),
        "days": (period.due - period.start).days,
        **{name: terms.text(found[name]) for name in (*ORDERED, "total", "paid", "outstanding")},
        "balance": None if terms.document.get("prepayment") == "next_instalments" else terms.text(row.balance),
    }
    for name in forgiven(row):  # whether what was forgiven still shows in what was owed is open
        answer_row[name] = answer_row["total"] = None
    return answer_row | {"_" + name: value for name, value in found.items()}


def forgiven(row: Row) -> set[str]:
    charges = {"fee" if charge.kind == "cost" else charge.kind for charge in row.charges if charge.waived}
    return charges | {name for name, amount in row.waived.items() if amount}


def accrued_exact(card: Card, row: Row, as_of: date) -> Fraction:
    """Interest of the period under way; a flat loan's runs on what was lent at first."""
    if card.terms.method != "flat":
        return card.exact(row, as_of)
    if card.terms.document.get("flat_interest") == "term" and as_of > row.period.start:
        raise Doubt("how the interest of a whole term accrues inside a period")
    return card.lent_interest(row, card.rates, as_of)


def advanced(card: Card) -> bool:
    """Scheduled interest was paid before it was due: what is accrued of it is open."""
    return any(row.parts["interest"] for row in open_rows(card))


def state_of(card: Card, terms: Terms, as_of: date) -> dict[str, Any]:
    principal = card.principal_owed + late_principal(card)
    row = card.row_at(as_of)
    accrued = 0
    if row is not None and card.closed_on is None:
        carried = sum(other.brought - other.parts["interest"] for other in open_rows(card))
        accrued = carried + int(rounded(accrued_exact(card, row, as_of), terms.money))
    overdue = 0
    oldest: date | None = None
    for other in card.rows:
        for _, due, amount in owed_of(card, other, as_of):
            if due < as_of and amount > 0:
                overdue += amount
                if other.closed and other.period.pay_by < as_of:
                    due = min(due, other.period.pay_by)
                oldest = min(oldest or due, due)
    days = (as_of - oldest).days if oldest else 0
    status = "performing"
    if not card.drawn:
        status = "undrawn"
    elif card.closed_on is not None or (principal == 0 and accrued == 0 and not any(owed_of(card, r, as_of) for r in card.rows)):
        status, accrued = "closed", 0
    elif card.written_off is not None:
        status = "written_off"
    elif card.terminated is not None:
        status = "terminated"
    elif days > 90:
        status = "non_accrual"
    elif days > 0:
        status = "overdue"
    return {
        "as_of": as_of.isoformat(),
        "principal": terms.text(principal),
        "accrued_interest": None if card.scheduled and advanced(card) else terms.text(accrued),
        "overdue": terms.text(overdue),
        "days_past_due": days,
        "status": status,
    }


__all__ = ["Doubt", "answer"]
