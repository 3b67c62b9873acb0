"""A second opinion: loans kept night by night, as a careful clerk would, importing nothing of Puhui.

Only counts by actual days are kept here (each night bears principal × rate ÷ the length of the year), for the default rules of
repayment: what is due first, the rest early to principal. Everything is a whole number of very small units until it is rounded.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

NIGHT = timedelta(days=1)
# One fen of interest in units that divide by every year length, by millionths of the rate and by tenths of the markup.
LENGTHS = 360 * 365 * 366
UNIT = LENGTHS * 10**6 * 10


def rounded(value: int) -> int:
    """Whole fen, half up."""
    quotient, rest = divmod(value, UNIT)
    return quotient + (1 if 2 * rest >= UNIT else 0)


def halves_up(value: Fraction) -> int:
    """Whole fen, half up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def shifted(day: date, months: int) -> date:
    """Months later, the last day where the month lacks it."""
    year, month = day.year, day.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def year_length(count: str, night: date) -> int:
    """The denominator of one night."""
    if count == "ACT/360":
        return 360
    if count == "ACT/365":
        return 365
    return (date(night.year + 1, 1, 1) - date(night.year, 1, 1)).days


def level_of(principal: int, rate_ppm: int, months: int, count: int) -> int:
    """The annuity of a clerk: by discounting one yuan of each instalment."""
    step = Fraction(rate_ppm * months, 12 * 10**6)
    worth = sum(Fraction(1) / (1 + step) ** number for number in range(1, count + 1))
    return halves_up(principal / worth)


@dataclass
class ClerkRow:
    """One line of the clerk's book; `accrued`, `penalty`, `compound` in very small units."""

    start: date
    due: date
    principal: int = 0
    interest: int = 0
    penalty: int = 0
    compound: int = 0
    accrued: int = 0
    paid: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("principal", "interest", "penalty", "compound"), 0))
    fallen_due: bool = False
    planned: int | None = None

    def owed(self, what: str) -> int:
        value = int(getattr(self, what))
        return (rounded(value) if what in ("penalty", "compound") else value) - self.paid[what]


class BeyondThePrincipal(Exception):
    """Money beyond all principal: this clerk does not close loans."""


class Clerk:
    """Keeps one loan: amount in fen, rates as (day, ppm), dues given, method, payments of (day, fen)."""

    def __init__(
        self, amount: int, start: date, rates: list[tuple[date, int]], dues: list[date], method: str, count: str, months: int = 1
    ) -> None:
        self.start, self.rates, self.method, self.count, self.months = start, rates, method, count, months
        self.rows = [ClerkRow(first, due) for first, due in zip([start, *dues[:-1]], dues, strict=True)]
        self.undue = amount
        self.level = 0
        self.markup_tenths: int | None = None
        self.term_shrinks = False
        self.renew = False
        self.morning = start
        self.draws: list[tuple[date, int]] = []

    def rate(self, night: date) -> int:
        return [rate for day, rate in self.rates if day <= night][-1]

    def _night_interest(self, night: date, principal: int) -> int:
        return principal * self.rate(night) * 10 * (LENGTHS // year_length(self.count, night))

    def _plan(self, index: int) -> int:
        """The principal of the row, seen from this morning."""
        row = self.rows[index]
        if index == len(self.rows) - 1:
            return self.undue
        if self.method == "interest_only":
            return 0
        if self.method == "equal_principal":
            return self.level
        expected, night = row.accrued, self.morning
        while night < row.due:
            expected += self._night_interest(night, self.undue)
            night += NIGHT
        return self.level - rounded(expected)

    def _renew(self, index: int) -> None:
        left = len(self.rows) - index
        if self.method == "equal_instalment":
            self.level = level_of(self.undue, self.rate(self.rows[index].due - NIGHT), self.months, left)
        elif self.method == "equal_principal":
            self.level = halves_up(Fraction(self.undue, left))

    def run(self, until: date, payments: list[tuple[date, int]], pay_when_due: bool = False) -> None:
        """Night after night: dues fall in the morning, then payments come, then the night passes."""
        index, day = 0, self.start
        self._renew(0)
        self.rows[0].planned = self._plan(0)
        while True:
            self.morning = day
            if index < len(self.rows) and self.rows[index].due == day:
                self._fall_due(index)
                index += 1
                self._open(index)
                if pay_when_due:
                    self._take(self.rows[index - 1].principal + self.rows[index - 1].interest, index)
            for drawn_on, amount in self.draws:
                if drawn_on == day:
                    self.undue += amount
                    self._renew(index)
                    self.rows[index].planned = None
            for paid_on, amount in payments:
                if paid_on == day:
                    self._pay(amount, index, day)
            if day == until:
                return
            self._night(day, index)
            day += NIGHT

    def _fall_due(self, index: int) -> None:
        row = self.rows[index]
        row.interest = rounded(row.accrued)
        planned = row.planned if row.planned is not None else self._plan(index)
        planned = min(planned, self.undue) if index < len(self.rows) - 1 else self.undue
        row.principal += planned
        self.undue -= planned
        row.fallen_due = True

    def _open(self, index: int) -> None:
        if index == len(self.rows):
            return
        row = self.rows[index]
        new_rate = any(row.start <= day < row.due for day, _ in self.rates[1:])
        if self.renew or (new_rate and self.method == "equal_instalment"):
            self._renew(index)
        self.renew = False
        row.planned = self._plan(index)

    def _night(self, night: date, index: int) -> None:
        current = self.rows[min(index, len(self.rows) - 1)]
        if index < len(self.rows):
            current.accrued += self._night_interest(night, self.undue)
        if self.markup_tenths is None:
            return
        year = LENGTHS // (365 if self.count == "ACT/365" else 360)
        for row in self.rows:
            if row.fallen_due:
                current.penalty += row.owed("principal") * self.rate(night) * (10 + self.markup_tenths) * year
                after = 10 + self.markup_tenths if index == len(self.rows) else 10
                current.compound += row.owed("interest") * self.rate(night) * after * year

    def _take(self, amount: int, index: int) -> int:
        for row in self.rows[: index + 1]:
            for what in ("penalty", "compound", "interest", "principal") if row.fallen_due else ("penalty", "compound"):
                part = min(amount, row.owed(what))
                row.paid[what] += part
                amount -= part
        return amount

    def _pay(self, amount: int, index: int, day: date) -> None:
        amount = self._take(amount, index)
        if not amount:
            return
        if amount > self.undue:
            raise BeyondThePrincipal
        due_today = index > 0 and self.rows[index - 1].due == day
        row = self.rows[index - 1] if due_today else self.rows[index]
        row.principal += amount
        row.paid["principal"] += amount
        self.undue -= amount
        if due_today and self.undue:
            self._renew(index)
            self.rows[index].planned = self._plan(index)
        else:
            self.renew = True
