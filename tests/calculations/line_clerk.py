"""A second opinion on credit lines: a line with pooled dues kept night by night, importing nothing of Puhui.

Each night the balance bears balance × rate ÷ the length of the year, the sum is rounded on the settlement; what is due and unpaid bears
penalty and compound interest night by night. Counts by actual days only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

NIGHT = timedelta(days=1)
PARTS = ("penalty", "compound", "interest", "principal")


def whole_fen(value: Fraction) -> int:
    """Half up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def settlements(start: date, until: date, day: int, months: int) -> list[date]:
    """The due days of a line: the day after each settlement day, and its end."""
    found, at = [], start + NIGHT
    while at < until:
        settled = at - NIGHT
        next_day = settled + NIGHT
        last_of_month = next_day.month != settled.month
        if settled > start and settled.month % months == 0 and (settled.day == day or (settled.day < day and last_of_month)):
            found.append(at)
        at += NIGHT
    return [*found, until]


@dataclass
class LineRow:
    """One settlement; `accrued`, `penalty`, `compound` exact."""

    start: date
    due: date
    principal: int = 0
    interest: int = 0
    accrued: Fraction = Fraction(0)
    penalty: Fraction = Fraction(0)
    compound: Fraction = Fraction(0)
    balance: int = 0
    fallen_due: bool = False
    paid: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))

    def amount(self, part: str) -> int:
        value = getattr(self, part)
        return whole_fen(value) if isinstance(value, Fraction) else int(value)

    def owed(self, part: str) -> int:
        return self.amount(part) - self.paid[part]


class LineClerk:
    """`rates`: (day, annual rate), the first on the start; `markup` None: no penalty agreed."""

    def __init__(
        self, start: date, dues: list[date], rates: list[tuple[date, Fraction]], count: str, label: str, markup: Fraction | None
    ) -> None:
        self.rows = [LineRow(first, due) for first, due in zip([start, *dues[:-1]], dues, strict=True)]
        self.start, self.rates, self.count, self.label, self.markup = start, rates, count, label, markup
        self.balance = 0
        self.index = 0
        self.compounds = True

    def _length(self, night: date) -> int:
        """The length of the year that a night belongs to."""
        day = night + NIGHT if self.label == "end" else night
        if self.count == "ACT/ACT":
            return (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days
        return 365 if self.count == "ACT/365" else 360

    def _rate(self, night: date) -> Fraction:
        day = night + NIGHT if self.label == "end" else night
        return [rate for since, rate in self.rates if since <= day or since == self.start][-1]

    def keep(self, until: date, events: list[tuple[date, str, int]], paid_when_due: bool = False) -> None:
        """From the start to the morning of `until`, its events included."""
        day = self.start
        while True:
            if self.index < len(self.rows) and self.rows[self.index].due == day:
                self._settle(paid_when_due)
            for on, what, amount in events:
                if on == day and what == "drawdown":
                    self.balance += amount
                elif on == day:
                    self._receive(day, amount)
            if day == until:
                return
            self._night(day, overdue=True)
            day += NIGHT

    @property
    def principal(self) -> int:
        """All principal outstanding, due or not."""
        return self.balance + sum(row.owed("principal") for row in self.rows if row.fallen_due)

    def _settle(self, paid: bool) -> None:
        row = self.rows[self.index]
        row.interest = whole_fen(row.accrued)
        if self.index == len(self.rows) - 1:
            row.principal += self.balance
            self.balance = 0
        row.fallen_due, row.balance = True, self.balance
        self.index += 1
        if paid:
            row.paid["interest"], row.paid["principal"] = row.interest, row.principal

    def _night(self, night: date, overdue: bool) -> None:
        current = self.rows[min(self.index, len(self.rows) - 1)]
        if self.index < len(self.rows):
            current.accrued += self.balance * self._rate(night) / self._length(night)
        if self.markup is None or not overdue:
            return
        year = 365 if self.count == "ACT/365" else 360
        after = 1 + self.markup if self.index == len(self.rows) else Fraction(1)
        for row in self.rows:
            if row.fallen_due:
                current.penalty += row.owed("principal") * self._rate(night) * (1 + self.markup) / year
                current.compound += self.compounds * row.owed("interest") * self._rate(night) * after / year

    def _receive(self, day: date, amount: int) -> None:
        for row in self.rows[: self.index + 1]:
            for part in PARTS if row.fallen_due else PARTS[:2]:
                taken = min(amount, row.owed(part))
                row.paid[part] += taken
                amount -= taken
        if not amount:
            return
        today = self.index > 0 and self.rows[self.index - 1].due == day
        row = self.rows[self.index - 1 if today else self.index]
        row.principal += amount
        row.paid["principal"] += amount
        self.balance -= amount
        row.balance -= amount if today else 0

    def accrued(self) -> int:
        """Interest of the period under way, rounded."""
        return whole_fen(self.rows[self.index].accrued) if self.index < len(self.rows) else 0

    def days_past_due(self, day: date) -> int:
        late = [row.due for row in self.rows if row.due < day and sum(row.owed(part) for part in PARTS) > 0]
        return (day - min(late)).days if late else 0

    def look_ahead(self, day: date) -> None:
        """The rows to come as they stand: nothing happens, all is paid when due."""
        while self.index < len(self.rows):
            if self.rows[self.index].due == day:
                self._settle(paid=False)
            else:
                self._night(day, overdue=False)
                day += NIGHT
