"""What a loan costs its borrower in a year: the internal rate of all that is paid, fees and margins included.

`effective` discounts by actual days ÷ 365 (the XIRR of spreadsheets). `nominal` is twelve times the monthly internal rate (APR, 单利): by
whole months where all money moves on whole months from the start, else the twelfth root of the effective rate's growth. A rate that is
not unique is not given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from math import exp

from puhui.calculations.calendar import whole_months_and_days
from puhui.calculations.periods import Period
from puhui.calculations.position import Flow

__all__ = ["effective_rate", "nominal_rate", "rate_text"]

_DECIMALS = 6


def effective_rate(flows: Iterable[Flow]) -> float | None:
    """The annual internal rate of dated flows by actual days ÷ 365; None where there is no single one."""
    net = _by_date(flows)
    if not net:
        return None
    first = net[0][0]
    return _internal_rate([((day - first).days / 365, amount) for day, amount in net])


def nominal_rate(flows: Iterable[Flow], start: date, periods: Sequence[Period]) -> float | None:
    """Twelve times the monthly internal rate: by whole months from the start, or, where money moves on other days, from the effective
    annual rate. None where there is no single one. `periods` tell months that the calendar alone does not, such as those that roll."""
    flows = list(flows)
    months: dict[date, int] = {start: 0}
    reached = 0
    for period in periods:
        if period.months is None:
            break
        reached += period.months
        months[period.due] = reached
    net = _by_date(flows)
    for day, _ in net:
        whole, odd_days = whole_months_and_days(start, day)
        if not odd_days:
            months.setdefault(day, whole)
    if not net:
        return None
    if any(day not in months for day, _ in net):
        effective = effective_rate(flows)
        return None if effective is None else 12 * ((1 + effective) ** (1 / 12) - 1)
    rate = _internal_rate([(months[day], amount) for day, amount in net])
    return None if rate is None else 12 * rate


def rate_text(rate: float | None) -> str | None:
    """Six decimals, or None."""
    if rate is None:
        return None
    text = f"{rate:.{_DECIMALS}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _by_date(flows: Iterable[Flow]) -> list[Flow]:
    net: dict[date, int] = {}
    for day, amount in flows:
        net[day] = net.get(day, 0) + amount
    return [(day, amount) for day, amount in sorted(net.items()) if amount]


def _turns_once(flows: Sequence[tuple[float, int]]) -> bool:
    """Whether the running sum of flows turns positive once and stays so: then there is one internal rate above 0 (Norstrøm)."""
    total, turned = 0, False
    for _, amount in flows:
        total += amount
        if total > 0:
            turned = True
        elif turned:
            return False
    return True


def _internal_rate(flows: Sequence[tuple[float, int]]) -> float | None:
    """The rate at which the flows (time in periods, amount) are worth nothing today, where money goes out first and there is one such."""
    total = sum(amount for _, amount in flows)
    if not flows or flows[0][1] > 0 or total < 0:
        return None
    if not _turns_once(flows):
        bracket = _only_bracket(flows)
        return None if bracket is None else _solved(flows, *bracket)
    if total == 0:
        return 0.0
    low, high = 0.0, 1.0
    while _value(flows, high) > 0:
        low, high = high, high * 2
        if high > 1e9:
            return None
    return _solved(flows, low, high)


def _only_bracket(flows: Sequence[tuple[float, int]]) -> tuple[float, float] | None:
    """Two rates between which the worth of the flows turns from above to below nothing, if on the whole scale it turns only there.

    A line that is repaid to nothing and drawn again has flows of which no theorem says beforehand that their rate is the only one.
    """
    marks = [exp(step / 16) - 1 for step in range(-32, 320)]
    worths = [_value(flows, mark) for mark in marks]
    turns = [index for index, (first, second) in enumerate(pairwise(worths)) if (first > 0) != (second > 0)]
    if len(turns) != 1 or worths[turns[0]] <= 0:
        return None
    return marks[turns[0]], marks[turns[0] + 1]


def _solved(flows: Sequence[tuple[float, int]], low: float, high: float) -> float:
    """The rate between `low`, where the flows are worth more than nothing, and `high`, by bisection and Newton steps."""
    rate = low
    for _ in range(200):
        middle = rate - _value(flows, rate) / _slope(flows, rate)
        if not low < middle < high:
            middle = (low + high) / 2
        if _value(flows, middle) > 0:
            low = middle
        else:
            high = middle
        if abs(middle - rate) < 1e-13 or high - low < 1e-13:
            return middle
        rate = middle
    return rate


def _value(flows: Sequence[tuple[float, int]], rate: float) -> float:
    return float(sum(amount * (1 + rate) ** -time for time, amount in flows))


def _slope(flows: Sequence[tuple[float, int]], rate: float) -> float:
    return float(sum(-time * amount * (1 + rate) ** (-time - 1) for time, amount in flows)) or -1e-300
