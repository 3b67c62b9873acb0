"""Why a figure is what it is: the slices of principal, rate and time that interest, penalty and compound interest were made of.

A replay tells sums; here the same nights are told one stretch after the other, each as principal × rate × share of a year, so that
somebody with a pocket calculator finds the sum again. Nothing is computed that the calculators do not compute: the stretches of
interest are those of the period under way, the stretches of overdue money are read off the loan as it stood at the beginning of each. What
a rule adds beside them (days of grace taken back, a charge) is told as `rest`, never spread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from puhui.calculations.calendar import whole_months_and_days
from puhui.calculations.day_count import MONTH, YEAR, actual_share
from puhui.calculations.events import Event, in_effect
from puhui.calculations.faults import FaultsError
from puhui.calculations.interest import SCALE, RateLine, Slice, carved
from puhui.calculations.money import Exact, round_exact
from puhui.calculations.periods import Period
from puhui.calculations.position import Position, Row, RunningPeriod
from puhui.calculations.replay import replay, walk
from puhui.calculations.term_records import MARKUP_SCALE, Terms

__all__ = ["Explained", "Piece", "Span", "explain_accrued", "explain_costs", "explain_row"]

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """How a stretch of nights counts as a share of a year, in numbers that multiply out to it exactly.

    `kind`: `days` (days ÷ base), `months` (months ÷ 12 + days ÷ base), `part` (days of `base` days, of `months` months), `fraction`
    (the share itself as `days` ÷ `base`, where no other form tells it).
    """

    kind: str
    days: int = 0
    base: int = 360
    months: int = 0

    @property
    def share(self) -> Fraction:
        """The share of a year."""
        if self.kind == "part":
            return Fraction(self.months, 12) * Fraction(self.days, self.base)
        return Fraction(self.months, 12) + Fraction(self.days, self.base)


@dataclass(frozen=True, slots=True)
class Piece:
    """`amount` bore `rate_e8` × (1 + markup) on the nights from `first` to `last`. `exact` is over SCALE; markup over MARKUP_SCALE."""

    amount: int
    first: date
    last: date
    rate_e8: int
    markup: int
    span: Span
    exact: Exact

    @property
    def whole(self) -> int:
        """The piece alone, rounded half up: for reading; sums are rounded once."""
        return round_exact(self.exact, SCALE, "half_up")


@dataclass(frozen=True, slots=True)
class Explained:
    """A figure in smallest units, the pieces it was made of, and what joined it beside them.

    `brought`: interest of earlier rows put off to this one, less what was paid of it in advance. `rest`: by other rules.
    """

    amount: int
    pieces: tuple[Piece, ...]
    brought: int = 0
    rest: int = 0


def explain_accrued(position: Position) -> Explained:
    """The interest of the period under way so far."""
    running = position.running
    if running is None:
        return Explained(position.accrued_interest, ())
    return _running(running, position.as_of, position.accrued_interest, position.rounding)


def explain_row(terms: Terms, events: Sequence[Event], row: Row) -> Explained:
    """The interest of one row, as it stood when its period ended; for a row to come, as it will be if all goes as agreed."""
    eve = max(row.due - _ONE_DAY, terms.start)
    try:
        position = replay(terms, _up_to(events, eve), eve)
    except FaultsError:
        return Explained(row.interest, (), 0, row.interest)
    running = position.running
    if running is None or running.period.number != row.number:
        return Explained(row.interest, (), 0, row.interest)
    return _running(running, running.period.due, row.interest, position.rounding)


def _up_to(events: Sequence[Event], day: date) -> list[Event]:
    """What happened up to a day and was not undone since."""
    return [event for _, event in in_effect(events) if event.date <= day]


def _running(running: RunningPeriod, day: date, amount: int, rounding: str) -> Explained:
    if not running.bears_interest:
        return Explained(amount, (), running.waiting, amount - running.waiting)
    slices: list[Slice] = [*running.ended, *((principal, first, max(first, day)) for principal, first in running.open)]
    if running.misuses:
        slices = carved(running.period, running.line, slices, running.misuses)
    pieces = tuple(_pieces(running.period, running.line, slices))
    told = round_exact(sum(piece.exact for piece in pieces) + running.waiting * SCALE, SCALE, rounding)
    return Explained(amount, pieces, running.waiting, amount - told)


def _pieces(period: Period, line: RateLine, slices: Sequence[Slice]) -> Iterator[Piece]:
    for amount, first, last in sorted(slices, key=lambda each: each[1:]):
        for begin, end in line.bearing(first, last):
            if not amount or begin >= end:
                continue
            for since, until, rate in line.pieces(begin, end):
                share = period.part(since, until)
                exact = amount * share * (rate * MARKUP_SCALE)
                yield Piece(amount, since, until, rate, 0, _span(period, since, until, share), exact)


def _span(period: Period, first: date, last: date, share: Exact) -> Span:
    """The first of several ways of telling a share of a year that multiplies out to it."""
    wanted, nights = Fraction(share) / YEAR, (last - first).days
    months, days = whole_months_and_days(first, last)
    steps = round(Fraction(period.share) / MONTH)
    ways = [
        Span("months", days, 360, months) if period.rule == "months" else Span("days", nights, 365 if "365" in period.day_count else 360),
        Span("months", 0, 360, steps) if nights == period.days else Span("part", nights, period.days, steps),
        Span("months", days, 360, months),
        Span("days", nights, 366),
        Span("days", nights, 365),
    ]
    found = next((way for way in ways if way.share == wanted), None)
    return found or Span("fraction", wanted.numerator, wanted.denominator)


def explain_costs(terms: Terms, events: Sequence[Event], position: Position) -> dict[str, Explained]:
    """What overdue money has cost since the start, paid or not: `penalty` and `compound`.

    A stretch ends where a row falls due, an event happens or the rate changes; what was overdue at its beginning bears the cost. Where
    the loan cannot be told at the beginning of one, all is `rest`.
    """
    totals = {name: sum(int(getattr(row, name)) for row in position.rows) for name in ("penalty", "compound")}
    found: dict[str, list[Piece]] = {"penalty": [], "compound": []}
    try:
        loan, _, _ = walk(terms, events, position.as_of)
        for first, last in pairwise(_breaks(events, position)) if any(totals.values()) else ():
            for name, piece in _cost_pieces(terms, loan.line, replay(terms, _up_to(events, first), first), last):
                found[name].append(piece)
    except FaultsError:
        return {name: Explained(total, (), 0, total) for name, total in totals.items()}
    told = {name: _told(pieces, position.rows, terms.rounding) for name, pieces in found.items()}
    return {name: Explained(total, tuple(_joined(found[name])), 0, total - told[name]) for name, total in totals.items()}


def _told(pieces: Sequence[Piece], rows: Sequence[Row], rounding: str) -> int:
    """What pieces come to, rounded once for each row that they stand in."""
    by_row: dict[date, Exact] = {}
    for piece in pieces:
        due = next((row.due for row in rows if row.due >= piece.last), rows[-1].due)
        by_row[due] = by_row.get(due, 0) + piece.exact
    return sum(round_exact(exact, SCALE, rounding) for exact in by_row.values())


def _breaks(events: Sequence[Event], position: Position) -> list[date]:
    days = {row.due for row in position.rows} | {event.date for _, event in in_effect(events)} | {position.as_of}
    first = position.rows[0].due
    return sorted(day for day in days if first <= day <= position.as_of)


def _cost_pieces(terms: Terms, line: RateLine, at: Position, last: date) -> Iterator[tuple[str, Piece]]:
    """(penalty or compound, piece) of the nights from the day of a position to `last`, on what was overdue at their beginning."""
    penalty, first = terms.penalty, at.as_of
    if penalty is None or at.status in ("closed", "written_off"):
        return
    late = [row for row in at.rows if row.due <= first]
    in_term = any(row.due > first for row in at.rows)
    compounds = penalty.compound_in_term if in_term else penalty.compound_overdue
    bases = [("penalty", sum(row.owed("principal") for row in late), penalty.markup_overdue)]
    if compounds:
        bases.append(("compound", sum(row.owed("interest") for row in late), 0 if in_term else penalty.markup_overdue))
    base = 365 if terms.day_count == "ACT/365" else 360
    for name, amount, markup in bases:
        for begin, end, rate in line.pieces(first, last) if amount else ():
            share = actual_share(f"ACT/{base}", begin, end)
            yield (
                name,
                Piece(
                    amount,
                    begin,
                    end,
                    rate,
                    markup,
                    Span("days", (end - begin).days, base),
                    amount * share * rate * (MARKUP_SCALE + markup),
                ),
            )


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Stretches that follow one another on the same amount at the same rate, told as one."""
    held: Piece | None = None
    for piece in pieces:
        same = held is not None and (held.amount, held.rate_e8, held.markup, held.last) == (
            piece.amount, piece.rate_e8, piece.markup, piece.first,
        )  # fmt: skip
        if held is not None and same:
            span = Span("days", held.span.days + piece.span.days, piece.span.base)
            held = Piece(held.amount, held.first, piece.last, held.rate_e8, held.markup, span, held.exact + piece.exact)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held
