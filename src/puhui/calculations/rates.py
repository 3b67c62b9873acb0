"""The contract rate over time: fixed, a dated list, or an index with a spread that reprices at agreed dates.

The value that counts on a repricing day is the latest one published on the day before (practice: LPR of the 20th serves
repricings from the 21st on). A repricing that finds the same rate changes nothing.

The spread may be a dated list: a rate that follows an index and also what the firm does. An entry counts from its own day, on top of the
value that the index was last set to; the index itself waits for its next repricing day. An entry that leaves the rate as it is changes
nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import partial
from itertools import pairwise

from puhui.calculations.calendar import add_months, parse_date, parse_step
from puhui.calculations.money import decimal_fraction
from puhui.calculations.reading import Fields
from puhui.calculations.term_records import RATE_SCALE

__all__ = ["Rates", "in_force", "read_rates", "read_spreads"]

Rates = tuple[tuple[date, int], ...]
_LAST_YEAR = 100


def read_rates(fields: Fields, start: date | None, month_end: str) -> Rates | None:
    """(day, rate_e8) in order, the first in force on `start`, from `rate_annual`, `rate_changes` or `rate_link`; None after a fault."""
    given = [key for key in ("rate_annual", "rate_changes", "rate_link") if fields.has(key)]
    if len(given) != 1:
        fields.fault("rate_annual", "exactly one of rate_annual, rate_changes, rate_link", " and ".join(given) or None)
    readers: dict[str, Callable[[Fields, date | None], Rates | None]]
    readers = {"rate_annual": _plain, "rate_changes": _changes, "rate_link": partial(_link, month_end=month_end)}
    read = [readers[key](fields, start) for key in given]  # each names its own faults, also where one is too many
    return read[0] if len(given) == 1 else None


def _plain(fields: Fields, start: date | None) -> Rates | None:
    rate = fields.share("rate_annual", 8)
    return None if rate is None or start is None else ((start, int(rate * RATE_SCALE)),)


def in_force(dated: Sequence[tuple[date, int]], day: date) -> int:
    """The value of a list in rising order of dates that counts on `day`: the latest from that day or before it."""
    return dated[bisect_right(dated, day, key=lambda each: each[0]) - 1][1]


def _pairs(fields: Fields, key: str, least: int = 0) -> list[tuple[date, Fraction]] | None:
    """A list of [date, rate] in rising order of dates, none below `least`."""
    raw = fields.raw(key)
    pairs: list[tuple[date, Fraction]] = []
    if isinstance(raw, list) and raw:
        for item in raw:
            day = parse_date(item[0]) if isinstance(item, list) and len(item) == 2 else None
            rate = decimal_fraction(item[1]) if day is not None else None
            if day is None or rate is None or not least <= rate <= 1 or (rate * RATE_SCALE).denominator != 1:
                break
            pairs.append((day, rate))
        else:
            if all(first[0] < second[0] for first, second in pairwise(pairs)):
                return pairs
    fields.fault(key, f'a list of ["2026-01-20", "0.0300"] in rising order of dates, rates from {least} to 1 with at most 8 decimals')
    return None


def _changes(fields: Fields, start: date | None) -> Rates | None:
    pairs = _pairs(fields, "rate_changes")
    if pairs is None or start is None:
        return None
    if pairs[0][0] > start:
        fields.fault("rate_changes", f"a first rate in force on the start {start}", pairs[0][0].isoformat())
        return None
    if any(first[1] == second[1] for first, second in pairwise(pairs)):
        fields.fault("rate_changes", "rates that differ from the one before (whether the same rate sets the level anew is not settled)")
        return None
    before = [pair for pair in pairs if pair[0] <= start]
    kept = [(start, before[-1][1]), *(pair for pair in pairs if pair[0] > start)]
    return tuple((day, int(rate * RATE_SCALE)) for day, rate in kept)


def _link(fields: Fields, start: date | None, month_end: str) -> Rates | None:
    child = fields.child("rate_link")
    if child is None:
        return None
    known = len(child.faults)
    if not isinstance(child.raw("index"), str):
        child.fault("index", 'the name of the index, such as "LPR1Y"')
    spreads = read_spreads(child, start)
    step = parse_step(child.raw("every"))
    if step is None or step.months not in (1, 3, 6, 12):
        child.fault("every", "1 month, 3 month, 6 month or 12 month")
    on = child.choice("on", ("anniversary", "01-01"), "anniversary")
    if not child.has("on"):
        child.fault("on", "anniversary or 01-01")
    values = _pairs(child, "values")
    child.finish()
    if step is None or step.months is None or values is None or spreads is None or start is None or len(child.faults) > known:
        return None
    if on == "anniversary" and start.day > 28 and month_end == "roll" and step.months != 12:
        child.fault("on", "a start up to the 28th: repricing days under month_end roll are not settled")
        return None
    indexed = _indexed(child, values, start, start if on == "anniversary" else date(start.year, 1, 1), step.months)
    return None if indexed is None else _with_spreads(child, indexed, spreads)


def read_spreads(child: Fields, start: date | None) -> Rates | None:
    """(day, spread_e8) in rising order, the first in force on `start`, from `spread` or `spreads`; None after a fault."""
    if child.has("spreads"):
        if child.has("spread"):
            child.fault("spread", "nothing beside spreads")
            return None
        pairs = _pairs(child, "spreads", -1)
        if pairs is None or start is None:
            return None
        if pairs[0][0] > start:
            child.fault("spreads", f"a first spread in force on the start {start}", pairs[0][0].isoformat())
            return None
        return tuple((max(day, start), int(spread * RATE_SCALE)) for day, spread in _from(pairs, start))
    spread = decimal_fraction(child.raw("spread"))
    if spread is None or abs(spread) > 1 or (spread * RATE_SCALE).denominator != 1:
        child.fault("spread", 'a decimal string such as "0.005", at most 8 decimals')
        return None
    return ((start or date.min, int(spread * RATE_SCALE)),)


def _from(pairs: list[tuple[date, Fraction]], start: date) -> list[tuple[date, Fraction]]:
    """The entries of a list that count on `start` and after it."""
    return pairs[sum(day <= start for day, _ in pairs) - 1 :]


def _indexed(child: Fields, values: list[tuple[date, Fraction]], start: date, origin: date, months: int) -> Rates | None:
    """What the index is set to and from which day, by the values published: (day, value_e8); None after a fault."""
    indexed: list[tuple[date, int]] = []
    for count in range(_LAST_YEAR * 12 // months):
        day = max(add_months(origin, count * months), start)
        published = [rate for published_on, rate in values if published_on < day]
        if not published:
            child.fault("values", f"a value published before {day}")
            return None
        value = int(published[-1] * RATE_SCALE)
        if not indexed or indexed[-1][1] != value:
            indexed.append((day, value))
        if day - timedelta(days=1) >= values[-1][0] and day > start:
            break
    return tuple(indexed)


def _with_spreads(child: Fields, indexed: Rates, spreads: Rates) -> Rates | None:
    """Index and spread together, at each change of either; None after a fault."""
    rates: list[tuple[date, int]] = []
    for day in sorted({day for day, _ in (*indexed, *spreads)}):
        rate = in_force(indexed, day) + in_force(spreads, day)
        if not 0 <= rate <= RATE_SCALE:
            child.fault("spreads" if child.has("spreads") else "spread", "a rate from 0 to 1 after the spread")
            return None
        if not rates or rates[-1][1] != rate:
            rates.append((day, rate))
    return tuple(rates)
