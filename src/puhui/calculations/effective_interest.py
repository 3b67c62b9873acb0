"""Fees that are part of what a loan yields become income over its life, by its effective rate (CAS 22 art. 16, 17).

A fee received at drawdown lowers the loan's carrying amount. The effective rate is the one that makes the coming flows worth what was
laid out; the carrying amount on any day is what the flows still to come are worth at that rate, and the fee not yet earned is what it
lacks of principal and accrued interest. Where the flows change (money comes early), they are valued at the same first rate, and the
difference is income of that day: a loan repaid has no fee left to earn.

Rates are annual, by actual days ÷ 365, as `annual_cost.effective_rate`. Amounts are whole smallest units; the values between are
floats, rounded once at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from puhui.calculations.annual_cost import effective_rate
from puhui.calculations.position import Flow

__all__ = ["CarriedDay", "amortisation", "amortised_fee", "carrying_amount", "first_rate"]


def first_rate(drawn: Flow, fee: int, dues: Iterable[Flow]) -> float:
    """The effective rate of a loan: drawn on a day, less the fee kept, against what falls due.

    Raises ValueError where the flows have no single rate (a fee as large as the loan).
    """
    rate = effective_rate([(drawn[0], -drawn[1]), (drawn[0], fee), *dues])
    if rate is None:
        raise ValueError(f"no single effective rate of {drawn[1]} drawn, {fee} kept and the dues")
    return rate


def carrying_amount(day: date, dues: Iterable[Flow], rate: float) -> float:
    """What the flows after `day` are worth on its morning, after that day's events."""
    return float(sum(amount / (1 + rate) ** ((due - day).days / 365) for due, amount in dues if due > day))


def amortised_fee(fee: int, rate: float, day: date, owed: int, dues: Iterable[Flow]) -> int:
    """What of a fee is income by `day`: all of it less what the carrying amount lacks of `owed`, the principal and the interest accrued
    and unpaid by contract. Between 0 and the fee; all of it when nothing is to come."""
    coming = [flow for flow in dues if flow[0] > day]
    if not coming or owed <= 0:
        return fee
    lacking = owed - carrying_amount(day, coming, rate)
    return min(max(fee - round(lacking), 0), fee)


@dataclass(frozen=True, slots=True)
class CarriedDay:
    """One due day of a loan: what was carried before, interest at the effective rate, what was paid, what is carried after."""

    day: date
    opening: int
    effective_interest: int
    paid: int
    closing: int


def amortisation(drawn: Flow, fee: int, dues: Sequence[Flow]) -> tuple[CarriedDay, ...]:
    """The carrying amount from due to due, when all is paid on its day; ends at 0. The last interest takes the rounding.

    Raises ValueError as `first_rate`.
    """
    rate = first_rate(drawn, fee, dues)
    rows, carried = [], drawn[1] - fee
    ordered = sorted(dues)
    for position, (due, amount) in enumerate(ordered):
        is_last = position == len(ordered) - 1
        closing = 0 if is_last else round(carrying_amount(due, ordered, rate))
        rows.append(CarriedDay(due, carried, closing + amount - carried, amount, closing))
        carried = closing
    return tuple(rows)
