"""What a piece of principal earns between two days of one period, exactly: the clerk's slip before any rounding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from tests.oracle.days import DAY, by_month_begun, day_of, european_days, months_after, odd_days, whole_months
from tests.oracle.terms import Period, Terms

NEVER = date(9999, 1, 1)  # the end of a period that has none: late money after the last due date


@dataclass
class Piece:
    """An amount that bears interest from the night of `begin` up to the night before `end` (None: still there)."""

    amount: int
    begin: date
    end: date | None = None


def whole_factor(terms: Terms, period: Period) -> Fraction:
    """The year fraction of a whole period under `interest_basis: period`."""
    if period.months:
        return Fraction(period.months, 12)
    if period.weeks:
        return Fraction(period.weeks, 52)
    if terms.every[1] in ("day", "week") and terms.method != "custom" and terms.day_count != "M/360":
        return odd_days(terms.day_count, terms.label, period.start, period.due)
    months, rest = whole_months(period.start, period.due)
    if terms.day_count == "30/360":
        return by_month_begun(period.start, period.start, period.due)
    if terms.day_count == "30E/360":
        return odd_days(terms.day_count, terms.label, period.start, period.due)
    return Fraction(months, 12) + odd_days(terms.day_count, terms.label, rest, period.due)


def part_factor(terms: Terms, period: Period, begin: date, end: date) -> Fraction:
    """The year fraction of the nights from begin to end, which lie in the period (or, for late money, after it)."""
    if begin >= end:
        return Fraction(0)
    whole = begin == period.start and end == period.due
    if terms.basis == "period" and whole:
        return whole_factor(terms, period)
    if terms.day_count == "M/360":
        months, rest = whole_months(begin, end)
        return Fraction(months, 12) + Fraction((end - rest).days, 360)
    if terms.day_count == "30/360":
        if period.months == 1:
            return Fraction((end - begin).days, 12 * (period.due - period.start).days)
        return by_month_begun(period.start, begin, end)
    inside = period.start <= begin and end <= period.due and period.due != NEVER
    if terms.basis == "period" and inside and (period.months or period.weeks):
        if terms.day_count == "30E/360":
            share = Fraction(european_days(begin, end), european_days(period.start, period.due))
        else:
            share = Fraction((end - begin).days, (period.due - period.start).days)
        return share * whole_factor(terms, period)
    return odd_days(terms.day_count, terms.label, begin, end)


class Rates:
    """The annual rate of each night: the start's, then each change from its first night; nothing on nights of a pause."""

    def __init__(self, terms: Terms, first: Fraction, changes: list[tuple[date, Fraction]]) -> None:
        self.terms = terms
        self.first = first
        self.changes = sorted(((day - terms.shift, rate) for day, rate in changes), key=lambda change: change[0])
        self.pauses: list[tuple[date, date]] = []

    def pause(self, first: date, last: date) -> None:
        self.pauses.append((first - self.terms.shift, last - self.terms.shift + DAY))

    def agreed(self, night: date) -> Fraction:
        """The rate agreed for a night, pauses apart."""
        rate = self.first
        for day, changed in self.changes:
            if day <= night:
                rate = changed
        return rate

    def stretches(self, begin: date, end: date) -> list[tuple[date, date, Fraction]]:
        """The nights from begin to end, cut where the rate changes or a pause begins or ends."""
        cuts = {day for day, _ in self.changes} | {day for pause in self.pauses for day in pause}
        cuts = {day for day in cuts if begin < day < end} | {begin, end}
        days = sorted(cuts)
        found: list[tuple[date, date, Fraction]] = []
        for a, b in pairwise(days):
            paused = any(first <= a < last for first, last in self.pauses)
            rate = Fraction(0) if paused else self.agreed(a)
            if found and found[-1][2] == rate:
                a = found.pop()[0]
            found.append((a, b, rate))
        return found

    def earned(self, piece: Piece, period: Period, until: date, begin: date | None = None) -> Fraction:
        """Contract interest of a piece's life within a period, up to a day."""
        first = max(piece.begin, begin or period.start)
        last = until if piece.end is None else min(piece.end, until)
        if first >= last:
            return Fraction(0)
        return sum(
            (piece.amount * rate * part_factor(self.terms, period, a, b) for a, b, rate in self.stretches(first, last)),
            Fraction(0),
        )

    def by_days(self, piece: Piece, begin: date, until: date, markup: Fraction) -> Fraction:
        """Penalty and compound: actual days over 360 (365 under ACT/365)."""
        year = 365 if self.terms.day_count == "ACT/365" else 360
        first = max(piece.begin, begin)
        last = until if piece.end is None else min(piece.end, until)
        if first >= last:
            return Fraction(0)
        return sum(
            (piece.amount * rate * (1 + markup) * (b - a).days / year for a, b, rate in self.stretches(first, last)),
            Fraction(0),
        )


def rates_of(terms: Terms) -> Rates:
    """From rate_annual, a dated list, or a link to an index (the latest value published on the day before)."""
    document = terms.document
    events = [
        (day_of(event["date"]), Fraction(str(event["rate_annual"])))
        for event in document.get("events", [])
        if event["type"] == "rate_change"
    ]
    if document.get("rate_changes"):
        listed = [(day_of(day), Fraction(str(rate))) for day, rate in document["rate_changes"]]
        if "rate_annual" in document:
            return Rates(terms, Fraction(str(document["rate_annual"])), listed + events)
        at_start = [rate for day, rate in listed if day <= terms.start]
        return Rates(terms, at_start[-1], [change for change in listed if change[0] > terms.start] + events)
    if document.get("rate_link"):
        return linked(terms, document["rate_link"], events)
    return Rates(terms, Fraction(str(document["rate_annual"])), events)


def linked(terms: Terms, link: dict[str, object], events: list[tuple[date, Fraction]]) -> Rates:
    values = sorted((day_of(day), Fraction(str(value))) for day, value in link["values"])  # type: ignore[attr-defined]
    listed: list[list[str]] = link.get("spreads") or [[terms.start.isoformat(), str(link["spread"])]]  # type: ignore[assignment]
    spreads = [(day_of(day), Fraction(spread)) for day, spread in listed]

    def value_on(day: date) -> Fraction:
        return [value for published, value in values if published < day][-1]

    months = int(str(link.get("every", "12 month")).split()[0])
    changes: list[tuple[date, Fraction]] = []
    moved = any(event["type"] == "reschedule" for event in terms.document.get("events", []))
    last = terms.periods[-1].due + DAY * (1000 if moved else 1)  # under `end` a rate of the last due date touches the night that ends on it
    last = max(last, day_of(terms.document.get("as_of") or terms.start) + DAY)  # the markup follows repricing
    anchor = terms.start
    if link.get("on", "anniversary") != "anniversary":
        month, day = (int(part) for part in str(link["on"]).split("-"))
        anchor = date(terms.start.year - 1, month, day)
    resets, step = [terms.start], 1
    while (changed := months_after(anchor, months * step)) < last:
        resets += [changed] if changed > terms.start else []
        step += 1

    def rate_on(day: date) -> Fraction:
        return value_on(max(each for each in resets if each <= day)) + [spread for since, spread in spreads if since <= day][-1]

    night, before = terms.start, rate_on(terms.start)
    while night < last:
        if (rate := rate_on(night)) != before:
            changes.append((night, rate))
            before = rate
        night += DAY
    return Rates(terms, rate_on(terms.start), changes + events)
