"""A credit line whose draws share their dues: interest of the daily balances at each settlement, what is owed then at the end.

To the replay it is a loan of interest only that may be repaid to nothing and drawn again up to its limit. What differs from such a loan is
here: how much may be drawn, that an early repayment never ends it, and which of several draws a repayment ends. The last matters only
where money bears interest by whole months and odd days (逐笔): there the figure is given where first in, first out and last in, first out
agree, and refused where they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from puhui.calculations.faults import Fault
from puhui.calculations.interest import SCALE, Misuse, RateLine, Slice, slices_interest
from puhui.calculations.money import Exact, amount_text
from puhui.calculations.periods import unsettled
from puhui.calculations.position import RunningPeriod
from puhui.calculations.running import PRINCIPAL, RunningLoan, RunningRow
from puhui.calculations.term_records import Terms

__all__ = ["PooledLine", "new_loan"]

_ADDITIVE = ("days", "pro_rata")
"""Rules under which a period's parts add up, so that it does not matter which draw a repayment ends."""


class FirstInFirstOut:
    """The slices of a period if a repayment ends the oldest draw: `open` from a day on, `ended` from a day to a day."""

    __slots__ = ("ended", "open")

    def __init__(self, open_slices: list[tuple[int, date]], ended: list[Slice]) -> None:
        self.open = list(open_slices)
        self.ended = list(ended)

    def end(self, day: date, amount: int) -> None:
        """`amount` stops bearing interest on `day`."""
        while amount:
            oldest, first = self.open.pop(0)
            part = min(amount, oldest)
            self.ended.append((part, first, day))
            if oldest > part:
                self.open.insert(0, (oldest - part, first))
            amount -= part

    def slices(self, day: date) -> list[Slice]:
        """All slices, what is open up to the morning of `day`."""
        return [*self.ended, *((amount, first, max(first, day)) for amount, first in self.open)]


@dataclass(frozen=True, slots=True)
class PooledPeriod(RunningPeriod):
    """The period under way of a line of which it is not told which draw a repayment ended."""

    other: tuple[tuple[tuple[int, date], ...], tuple[Slice, ...]] = ((), ())

    def exact(self, day: date) -> Exact:
        """As for any loan. Raises FaultsError where the other order of draws gives another figure."""
        exact = RunningPeriod.exact(self, day)
        still_open, ended = self.other
        other = [*ended, *((amount, first, max(first, day)) for amount, first in still_open)]
        _same(exact - self.waiting * SCALE - self.late, slices_interest(self.period, self.line, other), self.period.day_count)
        return exact


class PooledLine(RunningLoan):
    """The state of a pooled line; `first_out`: the slices of the period under way in the other order, where that matters."""

    def __init__(self, terms: Terms, line: RateLine, misuses: Sequence[Misuse] = ()) -> None:
        super().__init__(terms, line, misuses)
        assert terms.line is not None
        self.limit = terms.line.limit
        self.first_out: FirstInFirstOut | None = None

    def draw(self, day: date, amount: int) -> None:
        """Pay out `amount` on `day`. Raises FaultsError where the balance would pass the limit."""
        if self.terms.fees:
            super().draw(day, amount)
        else:
            self._drawdown_settled(day, amount)
            period = self.periods[self.index]
            first = period.start if self.terms.part_periods == "whole" else day
            self.part_settled(period, first, period.due)
            self.draws.append((day, amount))
            self.drawn += amount
            self.undue += amount
            self.add_slice(amount, first)
        if self.first_out is not None:
            self.first_out.open.append((amount, day))

    def add_slice(self, amount: int, first: date) -> None:
        """Draws come in order of days, so only the last slice can have begun on the same."""
        if self.open and self.open[-1][1] == first:
            self.open[-1] = (self.open[-1][0] + amount, first)
        else:
            self.open.append((amount, first))

    def _drawdown_settled(self, day: date, amount: int) -> None:
        terms = self.terms
        if self.index >= len(self.rows) or self.closed_on is not None:
            raise unsettled("events.date", day, f"a drawdown before {self.last_due}, on a line that is not paid off")
        balance = self.undue + amount
        if balance > self.limit:
            found = f"a balance of {amount_text(balance, terms.exponent)} on {day}"
            raise unsettled("line.limit", found, f"a balance of at most the limit, {amount_text(self.limit, terms.exponent)}")
        if terms.amount < self.limit and self.drawn + amount > terms.amount:
            found = f"drawdowns of {amount_text(self.drawn + amount, terms.exponent)} by {day}"
            expected = f"at most the amount, {amount_text(terms.amount, terms.exponent)}, where it is below the limit (or no amount)"
            raise unsettled("events.amount", found, expected)
        whole = not self.drawn and amount == terms.amount and day == terms.start
        if not whole:
            self.drawdown_fees_settled(day, amount)

    def repay_early(self, day: date, amount: int) -> RunningRow:
        """Take `amount` off the balance on `day`; the row that it joins. Its interest stays until the next settlement."""
        on_due_day = self.index > 0 and self.rows[self.index - 1].period.due == day
        row = self.rows[self.index - 1 if on_due_day else self.index]
        if on_due_day:
            drawn_today = sum(each for _, each in takewhile(lambda draw: draw[0] == day, reversed(self.draws)))
            if drawn_today and amount > self.undue - drawn_today:
                raise unsettled("events", f"a drawdown of {day}, a due date, repaid on that day", "another day: its row is not settled")
        else:
            self.part_settled(row.period, row.period.start, day)
        row.due[PRINCIPAL] += amount
        self.undue -= amount
        self._end_slices(day, amount)
        return row

    def _end_slices(self, day: date, amount: int) -> None:
        period = self.periods[self.index]
        if self.first_out is None and period.rule not in _ADDITIVE and len({first for _, first in self.open}) > 1:
            self.first_out = FirstInFirstOut(self.open, self.ended)
        if self.first_out is not None:
            self.first_out.end(day, amount)
        while amount:
            newest, first = self.open.pop()
            part = min(amount, newest)
            if first != day:
                self.ended.append((part, first, day))
            if newest > part:
                self.open.append((newest - part, first))
            amount -= part

    def running_period(self) -> RunningPeriod:
        """The period under way, frozen."""
        running = super().running_period()
        if self.first_out is None:
            return running
        other = (tuple(self.first_out.open), tuple(self.first_out.ended))
        return PooledPeriod(
            running.period, running.line, running.open, running.ended, running.waiting, running.bears_interest, running.misuses,
            running.late, other=other,
        )  # fmt: skip

    def _own_interest(self) -> Exact:
        exact = super()._own_interest()
        if self.first_out is not None:
            period = self.periods[self.index]
            _same(exact, slices_interest(period, self.line, self.first_out.slices(period.due)), period.day_count)
        return exact

    def _open_period(self, day: date) -> None:
        self.first_out = None
        super()._open_period(day)

    def status(self, status: str, day: date) -> str:
        """A line that owes nothing before its end may be drawn again: whether it is then closed is not settled."""
        if status != "closed" or self.closed_on is not None or day >= self.last_due:
            return status
        found = f"{day}, with nothing owed on a line that runs until {self.last_due}"
        self.unsettled.append(Fault("as_of", found, "a day on which something is owed: the status is not settled"))
        return "performing"


def _same(exact: Exact, other: Exact, day_count: str) -> None:
    if exact != other:
        found = f"{day_count}, with several draws of which a part is repaid inside a period"
        raise unsettled("day_count", found, "a day count by days: which of the draws is repaid first is not settled, and decides here")


def new_loan(terms: Terms, line: RateLine, misuses: Sequence[Misuse] = ()) -> RunningLoan:
    """The loan of the terms before anything happened: a pooled line, or a loan."""
    if terms.line is None:
        return RunningLoan(terms, line, misuses)
    if not terms.line.pooled:
        raise unsettled("line.dues", "own", "pooled: draws with dues of their own are loans of their own (lines.own_dues)")
    return PooledLine(terms, line, misuses)
