"""A loan under way: the state that a replay moves from day to day and from event to event.

Principal is either not yet due (`undue`) and bears contract interest in the period under way, or due and unpaid, and then it bears
penalty where one is agreed. At a due date the period closes: its interest is rounded once, its principal falls due, the next opens.
What overdue money costs stands in the row of the period in which the days fall; after the last due date in the last row.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from puhui.calculations.faults import Fault
from puhui.calculations.interest import SCALE, RateLine, slices_interest
from puhui.calculations.interest import overdue_interest as cost_of_overdue
from puhui.calculations.money import Exact, amount_text, round_exact, round_quotient
from puhui.calculations.periods import Period, build_periods, unsettled
from puhui.calculations.plan import Plan
from puhui.calculations.position import RunningPeriod
from puhui.calculations.term_records import COMPONENTS, MARKUP_SCALE, Fee, Terms

__all__ = ["COMPOUND", "COST", "FEE", "INTEREST", "PENALTY", "PRINCIPAL", "RunningLoan", "RunningRow", "periods_of"]

COST, FEE, PENALTY, COMPOUND, INTEREST, PRINCIPAL = range(len(COMPONENTS))

periods_of = lru_cache(maxsize=4096)(build_periods)


class RunningRow:
    """One instalment while it changes: `due` and `paid` by component; exact running costs of overdue money; `kept`: principal fixed by
    an early repayment in its period; `late_exact`: contract interest on overdue principal, where that goes on, `own_exact` all other."""

    __slots__ = ("closed", "compound_exact", "due", "kept", "late_exact", "own_exact", "paid", "penalty_exact", "period")

    def __init__(self, period: Period) -> None:
        self.period = period
        self.due = [0] * len(COMPONENTS)
        self.paid = [0] * len(COMPONENTS)
        self.closed = False
        self.kept: int | None = None
        self.penalty_exact: Exact = 0
        self.compound_exact: Exact = 0
        self.late_exact: Exact = 0
        self.own_exact: Exact = 0

    @property
    def outstanding(self) -> int:
        """Due and unpaid."""
        return sum(self.due) - sum(self.paid)


class RunningLoan:
    """The whole state. `index` is the period under way, `undue` the principal not yet due, `day` the morning that is reached."""

    def __init__(self, terms: Terms, line: RateLine) -> None:
        self.terms = terms
        self.line = line
        self.periods = periods_of(terms)
        self.rows = [RunningRow(period) for period in self.periods]
        self.plan = Plan(terms, self.periods, line)
        self.index = 0
        self.undue = 0
        self.day = terms.start
        self.draws: list[tuple[date, int]] = []
        self.drawn = 0
        self.open: list[tuple[int, date]] = []
        self.ended: list[tuple[int, date, date]] = []
        self.renew_next = False
        self.paid_ahead = False
        self.oldest = 0
        self.closed_on: date | None = None
        self.unsettled: list[Fault] = []
        self._new_rates = len(line.rates) > 1

    @property
    def current(self) -> RunningRow:
        """The row that running costs stand in: of the period under way, after the last due date the last."""
        return self.rows[min(self.index, len(self.rows) - 1)]

    @property
    def term_shrinks(self) -> bool:
        """Whether money repaid early ends the loan sooner (缩期)."""
        return self.terms.prepayment == "reduce_term" and self.plan.has_level

    @property
    def last_due(self) -> date:
        """The last due date as it stands."""
        return self.rows[-1].period.due

    def advance(self, day: date, count_overdue: bool = True) -> None:
        """Go to the morning of `day`: close each period due by then and, if asked, count what overdue money costs."""
        while self.index < len(self.rows) and self.rows[self.index].period.due <= day:
            due = self.rows[self.index].period.due
            if count_overdue:
                self._count_overdue(due)
            self._close()
            self.day = due
        if count_overdue:
            self._count_overdue(day)
        self.day = max(self.day, day)

    def draw(self, day: date, amount: int) -> None:
        """Pay out `amount` on `day`; the level is new from the period that holds the day."""
        self._drawdown_settled(day, amount)
        row = self.rows[self.index]
        self.part_settled(row.period, day, row.period.due)
        first_money = not self.drawn
        self.draws.append((day, amount))
        self.drawn += amount
        self.undue += amount
        self.open.append((self.drawn if self.terms.method == "flat" else amount, day))
        self.renew_next = False
        self.plan.renew(self.index, self.undue)
        if first_money:
            for fee in self.terms.fees:
                if fee.when == "drawdown":
                    charge = self.fee_amount(fee)
                    row.due[FEE] += charge
                    row.paid[FEE] += charge

    def _drawdown_settled(self, day: date, amount: int) -> None:
        terms = self.terms
        whole = not self.drawn and amount == terms.amount and day == terms.start
        if self.index >= len(self.rows) or self.closed_on is not None:
            raise unsettled("events.date", day, "a drawdown before the last due date of a loan that is not closed")
        if self.drawn + amount > terms.amount:
            found, most = amount_text(self.drawn + amount, terms.exponent), amount_text(terms.amount, terms.exponent)
            raise unsettled("events.amount", f"drawdowns of {found}", f"at most the amount, {most}")
        if whole:
            return
        if terms.method in ("flat", "stepped", "custom") or terms.level == "solved" or terms.balloon or terms.principal_share is not None:
            found = f"a drawdown of a part under method {terms.method}"
            raise unsettled("events", found, "the whole amount on the start: not settled otherwise")
        if terms.grace != type(terms.grace)():
            raise unsettled("grace", "a drawdown of a part", "the whole amount on the start, with a grace: not settled otherwise")
        if self.drawn and terms.recalculation is None and terms.method in ("equal_instalment", "equal_principal"):
            raise unsettled("interest_recalculation", "null with a later drawdown", "recalculation: the other is not supported")
        if (self.rows[self.index].kept is not None and self.plan.has_level) or self.plan.shortened:
            raise unsettled("events", f"a drawdown on {day} after an early repayment", "one or the other in a period: not settled")
        if self.paid_ahead:
            raise unsettled("events", f"a drawdown on {day} after an instalment paid in advance", "one or the other: not settled")
        if self.plan.carried:
            raise unsettled("events", f"a drawdown on {day} while interest is put off", "a drawdown at another time: not settled")
        if any(fee.when == "drawdown" for fee in terms.fees):
            raise unsettled("fees", "a drawdown fee with partial drawdowns", "the whole amount on the start: not settled otherwise")

    def interest_to(self, day: date) -> Exact:
        """Contract interest of the period under way from its start to the morning of `day`, over SCALE."""
        if self.index >= len(self.rows):
            return 0
        running = self.running_period()
        return running.exact(day) - running.waiting * SCALE

    def running_period(self) -> RunningPeriod:
        """The period under way, frozen."""
        period = self.periods[self.index]
        bears = self.plan.bears_interest(self.index)
        waiting = self.plan.carried - self.rows[self.index].paid[INTEREST]
        return RunningPeriod(period, self.line, tuple(self.open), tuple(self.ended), waiting, bears)

    def _own_interest(self) -> Exact:
        """Exact interest of the whole period under way."""
        if not self.plan.bears_interest(self.index):
            return 0
        period = self.rows[self.index].period
        if len(self.open) == 1 and not self.ended and not self._new_rates and not self.line.pauses:
            amount, first = self.open[0]
            share = period.share if first == period.start else period.part(first, period.due)
            return amount * share * (self.line.rates[0] * MARKUP_SCALE)
        slices = [*self.ended, *((amount, first, period.due) for amount, first in self.open)]
        return slices_interest(period, self.line, slices)

    def planned(self) -> tuple[int, int, int]:
        """(principal, interest, carried on) of the row under way as it stands."""
        index, terms = self.index, self.terms
        late = self.rows[index].late_exact
        if terms.method == "flat" and self.drawn:
            interest = self.plan.flat_interests[index]
        else:
            self.rows[index].own_exact = self._own_interest()
            interest = round_exact(self.rows[index].own_exact + late, SCALE, terms.rounding)
        kept = self.rows[index].kept
        if kept is not None:
            return self.undue if index == len(self.periods) - 1 else kept, interest, 0
        return self.plan.row(index, self.undue, interest)

    def _close(self) -> None:
        """The row under way falls due and the next period opens."""
        row = self.rows[self.index]
        principal, interest, carried = self.planned()
        row.due[PRINCIPAL] += principal
        row.due[INTEREST] += interest
        for fee in self.terms.fees:
            if fee.when == "instalment":
                row.due[FEE] += self.fee_amount(fee, row.due[PRINCIPAL], interest)
        row.closed = True
        self.plan.carried = carried
        self.undue -= principal
        self.index += 1
        if self.index == len(self.rows):
            self.open, self.ended = [], []
            return
        if self.drawn and not self.undue and not carried and self.plan.shortened:
            del self.rows[self.index :]
            self.open, self.ended = [], []
            return
        self._open_period(row.period.due)

    def _open_period(self, day: date) -> None:
        bearing = self.drawn if self.terms.method == "flat" else self.undue
        self.open, self.ended = ([(bearing, day)] if bearing else []), []
        period = self.periods[self.index]
        if self._new_rates and self.line.changes_within(period.start, period.due):
            if self.paid_ahead:
                found = f"a new rate in the period from {period.start} after an instalment paid in advance"
                raise unsettled("events", found, "one or the other: not settled")
            self._new_rate_settled(period)
            if self.plan.shortened or self.terms.method == "flat":
                found = f"a new rate in the period from {period.start}"
                raise unsettled("events", found, "no new rate after reduce_term, or for a flat loan: not settled")
            if self.plan.carried:
                found = f"a new rate from {period.start} on while interest is put off"
                raise unsettled("events", found, "a new rate at another time: not settled")
            self.renew_next = self.renew_next or self.terms.method == "equal_instalment"
            if self.terms.method == "equal_principal" and not self.renew_next and self.plan.would_change(self.index, self.undue):
                found = f"a new rate in the period from {period.start} under method equal_principal"
                expected = "parts that stay the same when set anew: whether a new rate sets them anew is not settled"
                self.unsettled.append(Fault("events", found, expected))
        if self.renew_next:
            self.plan.renew(self.index, self.undue)
            self.renew_next = False

    def _new_rate_settled(self, period: Period) -> None:
        for first, last, _ in self.line.pieces(period.start, period.due):
            self.part_settled(period, first, last)

    def part_settled(self, period: Period, first: date, last: date) -> None:
        """Refuse a part of a period that would be longer than the period."""
        if self.terms.part_periods == "whole" and (first, last) != (period.start, period.due) and first != last:
            raise unsettled("part_periods", f"whole, with money or a rate moving from {first} to {last}", "days: whole is not supported")
        if period.exceeds(first, last):
            found = f"{period.day_count} from {first} to {last}"
            raise unsettled("day_count", found, "another day count: a part longer than its period is not settled")

    def fee_amount(self, fee: Fee, principal: int = 0, interest: int = 0) -> int:
        """What a fee comes to for a row of this principal and interest."""
        if fee.rate is None:
            return fee.amount
        base = {"amount": self.terms.amount, "principal": principal, "interest": interest, "instalment": principal + interest}[fee.of]
        exact = base * fee.rate
        return round_quotient(exact.numerator, exact.denominator, self.terms.rounding)

    def charge(self, day: date, component: int, amount: int) -> None:
        """A charge that falls due on `day`, in the row whose period holds it (a due date: the row that falls due)."""
        index = self.index
        if index and self.rows[index - 1].period.due == day:
            index -= 1
        if index >= len(self.rows):
            raise unsettled("events.date", day, f"a charge up to the last due date {self.last_due}: a row of its own is not supported")
        self.rows[index].due[component] += amount
        self.oldest = min(self.oldest, index)

    def _count_overdue(self, day: date) -> None:
        """Count what overdue money costs from `self.day` to `day`; periods due before `self.day` are closed."""
        first = self.day
        if first >= day:
            return
        self.day = day
        if self.oldest == self.index:
            return
        principal = interest = 0
        for row in self.rows[self.oldest : self.index]:
            principal += row.due[PRINCIPAL] - row.paid[PRINCIPAL]
            interest += row.due[INTEREST] - row.paid[INTEREST]
        if not principal and not interest:
            return
        if self.line.paused_within(first, day):
            raise unsettled("events", f"a pause between {first} and {day} with money overdue", "nothing overdue: not settled")
        penalty, row = self.terms.penalty, self.current
        if penalty is None:
            if principal and self.terms.recalculation is not None and self.terms.recalculation.overdue:
                self._count_late(principal, first, day)
            return
        if penalty.compound_on_penalty:
            raise unsettled("penalty.compound_on_penalty", "true, with money overdue", "false: it is not supported")
        if penalty.grace_days and interest and (penalty.compound_in_term or penalty.compound_overdue):
            found = "interest overdue with compound interest agreed"
            raise unsettled("penalty.grace_days", found, "no compound interest: grace for it is not settled")
        count = self.terms.day_count
        if principal:
            row.penalty_exact += cost_of_overdue(principal, self.line, first, day, penalty.markup_overdue, count)
            row.due[PENALTY] = round_exact(row.penalty_exact, SCALE, self.terms.rounding)
        if interest:
            in_term = self.index < len(self.rows)
            if penalty.compound_in_term if in_term else penalty.compound_overdue:
                row.compound_exact += cost_of_overdue(interest, self.line, first, day, 0 if in_term else penalty.markup_overdue, count)
                row.due[COMPOUND] = round_exact(row.compound_exact, SCALE, self.terms.rounding)

    def _count_late(self, principal: int, first: date, day: date) -> None:
        """Overdue principal that goes on bearing the contract rate."""
        terms, row = self.terms, self.current
        if not terms.day_count.startswith("ACT/3") or terms.interest_basis != "daily":
            raise unsettled("interest_recalculation.overdue", "overdue principal", "ACT/360 or ACT/365 by day: not settled otherwise")
        if not row.closed and terms.method in ("equal_instalment", "flat", "stepped"):
            found = f"overdue principal under method {terms.method}"
            raise unsettled("interest_recalculation.overdue", found, "false: not supported here")
        before = round_exact(row.own_exact + row.late_exact, SCALE, terms.rounding)
        row.late_exact += cost_of_overdue(principal, self.line, first, day, 0, terms.day_count)
        if row.closed:
            row.due[INTEREST] += round_exact(row.own_exact + row.late_exact, SCALE, terms.rounding) - before
