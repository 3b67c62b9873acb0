"""What a loan costs a year: the flows as the borrower sees them, the rate at which they are worth nothing, found by halving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any

from tests.oracle.days import day_of, whole_months

if TYPE_CHECKING:
    from tests.oracle.clerk import Card
    from tests.oracle.terms import Terms

Flows = dict[date, int]
FAR_EVENTS = {"repayment", "payoff", "waiver", "refund", "termination", "write_off", "misuse"}


def annual_cost(card: Card, terms: Terms, drawn: list[tuple[date, int]]) -> dict[str, str | None] | None:
    """Nominal and effective of the schedule, all paid when due; None where the flows depend on more than the schedule.

    The monthly rate is of flows a whole number of months apart; how odd days count in it the text does not say.
    """
    if card.as_of is not None or not drawn or any(event["type"] in FAR_EVENTS for event in terms.document.get("events", [])):
        return None
    flows = flows_of(card, terms, drawn)
    first = min(flows)
    effective = found(lambda rate, day: (1 + rate) ** (Decimal((day - first).days) / 365), flows)
    months = {day: whole_months(first, day) for day in flows}
    nominal = None
    if all(end == day for day, (_, end) in months.items()):
        nominal = found(lambda rate, day: (1 + rate) ** months[day][0], flows, 12)
    return {"nominal": nominal, "effective": effective}


def flows_of(card: Card, terms: Terms, drawn: list[tuple[date, int]]) -> Flows:
    flows: Flows = {}

    def flow(day: date, amount: int) -> None:
        flows[day] = flows.get(day, 0) + amount

    for day, amount in drawn:
        flow(day, amount)
    first, last = min(day for day, _ in drawn), card.last_due
    for row in card.rows:
        charged = sum(charge.amount for charge in row.charges)
        for charge in row.charges:
            flow(row.period.pay_by if charge.name else charge.day, -charge.amount)  # a fee of the instalment is paid with it
        total = row.principal + row.interest + charged
        flow(row.period.pay_by, charged - total)
    upfront: dict[str, Any] = terms.document.get("upfront") or {}
    if upfront.get("margin"):
        flow(first, -terms.units(upfront["margin"]))
        flow(last, terms.units(upfront["margin"]))
    for fee in upfront.get("fees_to_third_parties", []):
        flow(first, -terms.units(fee["amount"]))
    return {day_of(day): amount for day, amount in flows.items() if amount}


def found(growth: Callable[[Decimal, date], Decimal], flows: Flows, times: int = 1) -> str | None:
    """The rate (times so many) at which the flows are worth nothing, to six decimals; None where they have no such rate or several."""
    with localcontext() as context:
        context.prec = 40

        def worth(rate: Decimal) -> Decimal:
            return sum((Decimal(amount) / growth(rate, day) for day, amount in flows.items()), Decimal(0))

        low, high = Decimal("-0.5"), Decimal(10)
        if worth(low) > 0 or worth(high) < 0:
            return None
        for _ in range(90):
            middle = (low + high) / 2
            low, high = (middle, high) if worth(middle) < 0 else (low, middle)
        return str(abs((high * times).quantize(Decimal("0.000001"), ROUND_HALF_UP)))
