"""What a technology firm without collateral may be worth, from several sides at once, and how far that can be trusted.

Four sides, each with a middle value and a factor by which it may well be wrong (the value lies within middle ÷ factor … middle × factor in
four cases of five, in the judgement of the table):

    research   spending on research year by year, of each year what is still worth something: spending × kept share × (1 − decline)^age
    orders     orders signed and not paid, and technology contracts: amount × margin × share that is performed × years for which such orders
               are expected to follow
    sales      sales of twelve months × the multiple at which comparable firms were bought; the points of the firm say where between the
               lower and the upper quartile of those deals it stands
    deal       the firm's own last investment: money put in ÷ share sold for it

A side that has nothing to go by is missing, which is not nothing. The sides are put together on the scale of ratios: the middle is their
weighted geometric mean; its uncertainty is what each side admits (taken as fully dependent: all sides speak of one firm) and how far they
lie apart. One side alone is not surer than two that disagree a little: a least spread stands in for the others. A lender looks at the lower
end. Weights, factors and multiples are rows of dated tables (`technology-valuation`, `technology-deals`). Pure; amounts are whole fen,
rounded down.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from puhui.calculations.faults import Fault, check

__all__ = ["SIDES", "Side", "Valuation", "value_sides", "valued"]

SIDES = ("research", "orders", "sales", "deal")
TENTH = 1.2815515655446004
"""Standard deviations from the middle of a normal distribution to its ninth tenth: between the two lie four cases of five."""


@dataclass(frozen=True, slots=True)
class Side:
    """One way to a value: `middle_fen`, `factor` (above 1), `weight`; `why` says what it is missing where there is no value."""

    name: str
    middle_fen: int | None
    factor: float
    weight: float
    why: str = ""

    @property
    def low_fen(self) -> int | None:
        return None if self.middle_fen is None else int(self.middle_fen / self.factor)

    @property
    def high_fen(self) -> int | None:
        return None if self.middle_fen is None else int(self.middle_fen * self.factor)


@dataclass(frozen=True, slots=True)
class Valuation:
    """`low_fen` … `high_fen` holds the value in four cases of five; all None where no side tells anything. `apart` is the factor by which
    the sides differ from their middle (1: they agree), `factor` that of the whole interval."""

    sides: tuple[Side, ...]
    low_fen: int | None
    middle_fen: int | None
    high_fen: int | None
    factor: float | None
    apart: float | None

    @property
    def told(self) -> tuple[Side, ...]:
        return tuple(side for side in self.sides if side.middle_fen is not None)


def value_sides(
    rules: Sequence[Mapping[str, Any]],
    deals: Mapping[str, Any],
    *,
    research_fen: Sequence[int] = (),
    orders_fen: int | None = None,
    sales_fen: int | None = None,
    points: float | None = None,
    invested_fen: int | None = None,
) -> tuple[Side, ...]:
    """The sides of a firm.

    rules         rows of `technology-valuation`, one for each side
    deals         the row of `technology-deals` for the firm's trade: `multiple_low`, `multiple_middle`, `multiple_high`
    research_fen  spending of the years, the newest first
    points        0 to 100 by the product's card; None: the middle deal

    Raises FaultsError where a side has no rule, or a figure is out of its bounds.
    """
    by_side = {rule["side"]: rule for rule in rules}
    faults = [Fault(f"side {name}", "no rule", "a row of the table technology-valuation") for name in SIDES if name not in by_side]
    amounts = [*research_fen, *(amount for amount in (orders_fen, sales_fen, invested_fen) if amount is not None)]
    faults += [Fault("amount", str(amount), "no less than 0 fen") for amount in amounts if amount < 0]
    if points is not None and not 0 <= points <= 100:
        faults.append(Fault("points", str(points), "0 to 100"))
    check(faults)
    return (
        _side(by_side["research"], _research(by_side["research"], research_fen), "no spending on research is known"),
        _side(by_side["orders"], _orders(by_side["orders"], orders_fen), "no open order is known"),
        _side(by_side["sales"], _sales(deals, sales_fen, points), "sales of twelve months are not known"),
        _side(by_side["deal"], _deal(by_side["deal"], invested_fen), "nobody has invested from outside, as far as is known"),
    )


def _side(rule: Mapping[str, Any], middle: Fraction | None, why: str) -> Side:
    found = None if middle is None or int(middle) <= 0 else int(middle)
    return Side(rule["side"], found, float(rule["factor"]), float(rule["weight"]), "" if found else why)


def _exact(value: Any) -> Fraction:
    """A decimal of a table as it is written there."""
    return Fraction(str(value))


def _research(rule: Mapping[str, Any], spending_fen: Sequence[int]) -> Fraction | None:
    kept, decline = _exact(rule["kept_share"]), _exact(rule["yearly_decline"])
    return sum((amount * kept * (1 - decline) ** age for age, amount in enumerate(spending_fen)), Fraction()) if spending_fen else None


def _orders(rule: Mapping[str, Any], orders_fen: int | None) -> Fraction | None:
    if orders_fen is None:
        return None
    return orders_fen * _exact(rule["margin"]) * _exact(rule["performed_share"]) * _exact(rule["years_followed"])


def _sales(deals: Mapping[str, Any], sales_fen: int | None, points: float | None) -> Fraction | None:
    """The multiple runs from the lower quartile (0 points) over the middle (50) to the upper one (100)."""
    if sales_fen is None:
        return None
    low, middle, high = (_exact(deals[f"multiple_{name}"]) for name in ("low", "middle", "high"))
    place = Fraction(1, 2) if points is None else _exact(points) / 100
    multiple = low + (middle - low) * place * 2 if place <= Fraction(1, 2) else middle + (high - middle) * (place * 2 - 1)
    return sales_fen * multiple


def _deal(rule: Mapping[str, Any], invested_fen: int | None) -> Fraction | None:
    return None if invested_fen is None else invested_fen / _exact(rule["share_sold"])


def valued(sides: Sequence[Side], least_factor_alone: float) -> Valuation:
    """The sides put together. `least_factor_alone`: how far apart other sides are taken to lie where there is only one."""
    told = [side for side in sides if side.middle_fen is not None and side.weight > 0]
    if not told:
        return Valuation(tuple(sides), None, None, None, None, None)
    whole = sum(side.weight for side in told)
    parts = [(side.weight / whole, math.log(side.middle_fen or 1), math.log(side.factor) / TENTH) for side in told]
    middle = sum(weight * log for weight, log, _ in parts)
    admitted = sum(weight * deviation for weight, _, deviation in parts)
    apart = math.sqrt(sum(weight * (log - middle) ** 2 for weight, log, _ in parts))
    if len(told) == 1:
        apart = math.log(least_factor_alone) / TENTH
    deviation = math.hypot(admitted, apart)
    factor = math.exp(TENTH * deviation)
    amount = math.exp(middle)
    return Valuation(tuple(sides), int(amount / factor), round(amount), int(amount * factor), factor, math.exp(apart))
