"""Interest as whole numbers: principal × rate × share of a year, over one common denominator, rounded only where it is posted.

`SCALE` is that denominator: the rate's 10⁸, the markup's 10⁴ and the shares of a year (`day_count.YEAR`). A principal of 1,000,000 fen
at 3.6% for a twelfth of a year is 1_000_000 × 3_600_000 × 10⁴ × YEAR/12, and round(that / SCALE) is 3,000 fen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from puhui.calculations.day_count import YEAR, actual_share
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.money import Exact
from puhui.calculations.periods import Period
from puhui.calculations.term_records import MARKUP_SCALE, RATE_SCALE

__all__ = ["SCALE", "Misuse", "RateLine", "Slice", "carved", "overdue_interest", "slices_interest"]

_ONE_DAY = timedelta(days=1)
SCALE: int = RATE_SCALE * MARKUP_SCALE * YEAR

Slice = tuple[int, date, date]
"""A principal that bore interest from one date to another: (amount, first, last)."""


class Misuse(NamedTuple):
    """A part of the principal that was used for something else on the nights from `first` to `last`."""

    amount: int
    first: date
    last: date


def carved(period: Period, line: RateLine, slices: Sequence[Slice], misuses: Iterable[Misuse]) -> list[Slice]:
    """The slices of a period without the nights on which a part of them was misused."""
    if not slices:
        return []
    result, misuses = list(slices), tuple(misuses)
    for misuse in misuses:
        result = _without(result, misuse) if result else result
    _check_nights_out(period, line, slices, result, misuses)
    return result


def _without(slices: Sequence[Slice], misuse: Misuse) -> list[Slice]:
    """Slices without the misused part of the principal on its nights: out of one slice that holds it throughout, else night by night."""
    begun, ended = min(first for _, first, _ in slices), max(last for _, _, last in slices)
    first_night, after = max(misuse.first, begun), min(misuse.last, ended)
    if first_night >= after:
        return list(slices)
    for place, (amount, first, last) in enumerate(slices):
        if amount >= misuse.amount and first <= first_night and after <= last:
            left = [(amount - misuse.amount, first, last), (misuse.amount, first, first_night), (misuse.amount, after, last)]
            return [*slices[:place], *(piece for piece in left if piece[0] and piece[1] < piece[2]), *slices[place + 1 :]]
    kept = []
    days = sorted({first_night, after, *(first for _, first, _ in slices), *(last for _, _, last in slices)})
    for begin, end in pairwise(days):
        misused = misuse.amount if first_night <= begin < after else 0
        for amount, first, last in slices:
            if first <= begin and end <= last:
                part = min(misused, amount)
                misused -= part
                if amount > part:
                    kept.append((amount - part, begin, end))
    return kept


class RateLine:
    """The contract rate night by night. `changes` are (day, rate_e8), the first in force from the beginning.

    Under `day_label` `start` a rate of a day first touches the night that begins on it, under `end` the night that ends on it.
    `pauses` are (first, until), both days included: no interest runs on their nights, and the rate itself stays.
    """

    __slots__ = ("nights", "pauses", "rates")

    def __init__(self, changes: Iterable[tuple[date, int]], day_label: str = "start", pauses: Iterable[tuple[date, date]] = ()) -> None:
        shift = timedelta(days=1 if day_label == "end" else 0)
        pairs = [(day - shift, rate) for day, rate in changes]
        self.nights: list[date] = [night for night, _ in pairs]
        self.rates: list[int] = [rate for _, rate in pairs]
        self.pauses = sorted((first - shift, until - shift + _ONE_DAY) for first, until in pauses)

    def known_on(self, night: date) -> RateLine:
        """The same line without pauses and without the changes that begin after a night."""
        known = RateLine(())
        known.nights = [each for place, each in enumerate(self.nights) if place == 0 or each <= night]
        known.rates = self.rates[: len(known.nights)]
        return known

    def rate_on(self, night: date) -> int:
        """The rate of the night that begins on `night`."""
        return self.rates[max(bisect_right(self.nights, night) - 1, 0)]

    def rate_on_last_night(self, period: Period) -> int:
        """The rate in force when the period ends."""
        return self.rates[0] if len(self.rates) == 1 else self.rate_on(period.due - _ONE_DAY)

    def changes_within(self, first: date, last: date) -> bool:
        """Whether a new rate begins after the first change on a night from `first` up to but not on `last`."""
        return len(self.nights) > 1 and any(first <= night < last for night in self.nights[1:])

    def paused_within(self, first: date, last: date) -> bool:
        """Whether any night from `first` up to but not on `last` bears no interest."""
        return any(begin < last and first < end for begin, end in self.pauses)

    def bearing(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """The stretches of nights from `first` to `last` that no pause touches."""
        for begin, end in self.pauses:
            if begin < last and first < end:
                if first < begin:
                    yield first, begin
                first = max(first, end)
        if first < last:
            yield first, last

    def pieces(self, first: date, last: date) -> Iterator[tuple[date, date, int]]:
        """(from, to, rate) that together cover the nights from `first` to `last`."""
        index = max(bisect_right(self.nights, first) - 1, 0)
        while first < last:
            stop = last
            if index + 1 < len(self.nights):
                stop = min(last, self.nights[index + 1])
            yield first, stop, self.rates[index]
            first, index = stop, index + 1


def _check_nights_out(period: Period, line: RateLine, whole: Sequence[Slice], kept: Sequence[Slice], misuses: Sequence[Misuse]) -> None:
    """Refuse misused nights taken out of a period of months and odd days, unless all ways of it agree, under each rate for itself.

    What is left may be counted by stretches, each by months and odd days, or as the whole less a 360th for each night, or less the months
    and odd days of these nights.
    """
    if period.rule != "months" or not kept:
        return
    for begin, end, _ in line.pieces(period.start, period.due):
        shares, nights = [], []
        for slices in (whole, kept):
            parts = [(amount, max(first, begin), min(last, end)) for amount, first, last in slices if first < end and begin < last]
            shares.append(sum(amount * period.part(first, last) for amount, first, last in parts))
            nights.append(sum(amount * (last - first).days for amount, first, last in parts))
        out = [(max(misuse.first, begin), min(misuse.last, end)) for misuse in misuses if misuse.first < end and begin < misuse.last]
        by_months = any(period.part(first, last) * 360 != (last - first).days * YEAR for first, last in out)
        if by_months or (shares[0] - shares[1]) * 360 != (nights[0] - nights[1]) * YEAR:
            found = f"{period.day_count} from {period.start} to {period.due} with nights misused"
            raise FaultsError([Fault("day_count", found, "another day count: stretches and nights do not agree, not settled")])


def _check_stretches(period: Period, whole: Iterable[Slice], stretches: Iterable[Slice]) -> None:
    """Refuse a stretch beside a pause that is longer by months and odd days than its whole period."""
    if period.rule != "months":
        return
    for _, first, last in set(stretches).difference(whole):
        if period.exceeds(first, last):
            found = f"{period.day_count} from {first} to {last}, beside a pause"
            raise FaultsError([Fault("day_count", found, "another day count: a part longer than its period is not settled")])


def slices_interest(period: Period, line: RateLine, slices: Iterable[Slice]) -> Exact:
    """Contract interest of slices of principal inside one period, over SCALE. A change of rate counts each side for itself, and so does a
    pause: what lies before and after it are stretches with months and odd days of their own."""
    total: Exact = 0
    if line.pauses and line.paused_within(period.start, period.due):
        whole = list(slices)
        slices = [(amount, begin, end) for amount, first, last in whole for begin, end in line.bearing(first, last)]
        _check_stretches(period, whole, slices)
    if len(line.rates) == 1:
        for amount, first, last in slices:
            if amount:
                total += amount * period.part(first, last)
        return total * (line.rates[0] * MARKUP_SCALE)
    for amount, first, last in slices:
        if amount:
            for begin, end, rate in line.pieces(first, last):
                total += amount * rate * period.part(begin, end)
    return total * MARKUP_SCALE


def overdue_interest(amount: int, line: RateLine, first: date, last: date, markup: int, day_count: str) -> int:
    """What `amount` overdue costs from `first` to `last` at rate × (1 + markup), over SCALE.

    By actual days ÷ 360 (÷ 365 under `ACT/365`); `markup` is over MARKUP_SCALE, 0 for the contract rate itself.
    """
    count = "ACT/365" if day_count == "ACT/365" else "ACT/360"
    if len(line.rates) == 1:
        return amount * line.rates[0] * actual_share(count, first, last) * (MARKUP_SCALE + markup)
    total = sum(rate * actual_share(count, begin, end) for begin, end, rate in line.pieces(first, last))
    return amount * total * (MARKUP_SCALE + markup)
