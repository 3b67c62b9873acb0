"""A loan under way: the state that a replay moves from day to day and from event to event.

Principal is either not yet due (`undue`) and bears contract interest in the period under way, or due and unpaid, and then it bears
penalty where one is agreed. At a due date the period closes: its interest is rounded once, its principal falls due, the next opens.
What overdue money costs stands in the row of the period in which the days fall; after the last due date in the last row (`overdue`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from puhui.calculations.faults import Fault
from puhui.calculations.interest import SCALE, Misuse, RateLine, Slice, carved, slices_interest
from puhui.calculations.levels import nearer_level
from puhui.calculations.loan_shapes import Shape
from puhui.calculations.money import Exact, amount_text, round_exact, round_quotient
from puhui.calculations.overdue import count_misuse, count_overdue
from puhui.calculations.periods import Period, periods_of, unsettled
from puhui.calculations.plan import Plan
from puhui.calculations.position import RunningPeriod
from puhui.calculations.scheduled import draw_anew, last_instalment
from puhui.calculations.term_records import (
    COMPONENTS,
    COMPOUND,
    COST,
    FEE,
    INTEREST,
    MARKUP_SCALE,
    PENALTY,
    PRINCIPAL,
    Fee,
    Terms,
)

__all__ = ["COMPOUND", "COST", "FEE", "INTEREST", "PENALTY", "PRINCIPAL", "RunningLoan", "RunningRow"]

_ONE_DAY = timedelta(days=1)


class RunningRow:
    """One instalment while it changes: `due`, `paid`, `waived` by component; exact costs of overdue money (`late_exact`: contract interest
    on overdue principal, where that goes on; `own_exact`: all other); `kept`: principal fixed by an early repayment in its period;
    `ahead`: principal of it that was paid in advance; `settled`: its interest, once it was paid in full before it was due;
    `charges`: (day, component, amount) of charges that fell due inside its period, `charged_penalty` their penalty, `fee_at_drawdown`:
    fees paid out of a drawdown;
    `grace_nights`: nights of its overdue principal that bore contract interest, and in which row, `grace_interest`: interest
    unpaid meanwhile that has borne no compound interest, `grace_compound`: that which it bears if it stays unpaid, and in which row;
    `late_slices`: overdue principal that bears contract interest in this row; `interest_since_due`: interest that came to it after its due
    date."""

    closed = False
    kept: int | None = None
    settled: int | None = None
    ahead = 0
    grace_interest = 0
    interest_since_due = 0
    fee_at_drawdown = 0
    grace_nights: tuple[tuple[RunningRow, date, date], ...] = ()
    grace_compound: tuple[tuple[RunningRow, int, date, date, int], ...] = ()
    late_slices: Sequence[Slice] = ()
    charged_penalty = 0
    charges: tuple[tuple[date, int, int], ...] = ()
    penalty_exact: Exact = 0
    compound_exact: Exact = 0
    late_exact: Exact = 0
    own_exact: Exact = 0

    def __init__(self, period: Period) -> None:
        self.period = period
        self.due = [0] * len(COMPONENTS)
        self.paid = [0] * len(COMPONENTS)
        self.waived = [0] * len(COMPONENTS)

    def copied(self) -> RunningRow:
        """The same row once more: what happens to the one leaves the other as it is."""
        other = RunningRow(self.period)
        vars(other).update(vars(self))
        other.due, other.paid, other.waived = self.due[:], self.paid[:], self.waived[:]
        return other

    @property
    def outstanding(self) -> int:
        """Due and unpaid."""
        return sum(self.due) - sum(self.paid) - sum(self.waived)

    def owed(self, place: int) -> int:
        """Of one component, due and unpaid."""
        return self.due[place] - self.paid[place] - self.waived[place]

    def charges_unpaid(self, day: date) -> list[tuple[date, int]]:
        """(day, unpaid amount) of charges that fell due before `day`: the oldest is paid first, all before penalty that runs."""
        settled = [paid + waived for paid, waived in zip(self.paid, self.waived, strict=True)]
        settled[FEE] -= self.fee_at_drawdown
        unpaid = []
        for fell_due, component, amount in sorted(self.charges):
            covered = min(settled[component], amount)
            settled[component] -= covered
            if fell_due < day and covered < amount:
                unpaid.append((fell_due, amount - covered))
        return unpaid


class RunningLoan:
    """The whole state. `index` is the period under way, `undue` the principal not yet due, `day` the morning that is reached.

    `shape`: where the terms and the course of rates have one, it may tell periods on which all goes as agreed (`as_agreed`);
    `last_new_rate`: the day of the last new rate that an event brings, which the levels before that day do not know; `cut_short`: an early
    repayment left no principal to the rows after the one under way; `carried_from`: in a copy carried to its end, the first row that
    it takes as paid when due.
    """

    carried_from: int | None = None

    def __init__(self, terms: Terms, line: RateLine, misuses: Sequence[Misuse] = ()) -> None:
        self.terms = terms
        self.line = line
        self.misuses = tuple(misuses)
        self.periods: list[Period] = list(periods_of(terms))
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
        self.renew_at: set[int] = set()
        self.switches: dict[int, Terms] = {}
        self.graces: dict[int, int] = {}
        self.only_draw = False
        self.anchor: tuple[date, int] = (terms.start, 0) if terms.first_due is None else (terms.first_due, 1)
        self.oldest = 0
        self.closed_on: date | None = None
        self.terminated_on: date | None = None
        self.written_off_on: date | None = None
        self.overpaid = 0
        self.waived_undue = 0
        self.unsettled: list[Fault] = []
        self.extra_row: RunningRow | None = None
        self.mixed_rates = len(line.rates) > 1
        self.shape: Shape | None = None
        self.last_new_rate: date | None = None
        self.cut_short = False

    @property
    def current(self) -> RunningRow:
        """The row that running costs stand in: of the period under way, after the last due date the last."""
        return self.rows[min(self.index, len(self.rows) - 1)]

    @property
    def term_shrinks(self) -> bool:
        """Whether money repaid early ends the loan sooner (缩期)."""
        return self.terms.prepayment == "reduce_term" and self.plan.has_level

    @property
    def bears_as_lent(self) -> bool:
        """Whether interest runs on all that was lent, whatever was repaid: flat, or never recalculated with principal due at the end."""
        terms = self.terms
        return terms.method == "flat" or (terms.recalculation is None and terms.method in ("interest_only", "bullet"))

    @property
    def last_due(self) -> date:
        """The last due date as it stands."""
        return self.rows[-1].period.due

    @property
    def ended_already(self) -> bool:
        """Whether nothing runs any more."""
        return self.closed_on is not None or self.written_off_on is not None

    def all_rows(self) -> list[RunningRow]:
        """The instalments, and the row of charges after the last due date where there is one."""
        return self.rows if self.extra_row is None else [*self.rows, self.extra_row]

    def advance(self, day: date, count: bool = True) -> None:
        """Go to the morning of `day`: close each period due by then and count what misused and, if asked, overdue money costs."""
        costs = count_overdue if count else count_misuse
        while self.index < len(self.rows) and self.rows[self.index].period.due <= day:
            due = self.rows[self.index].period.due
            costs(self, due)
            self._close()
            self.day = due
        if self.day < day:
            costs(self, day)
        self.day = max(self.day, day)

    def draw(self, day: date, amount: int) -> None:
        """Pay out `amount` on `day`; the level is new from the period that holds the day."""
        self._drawdown_settled(day, amount)
        row = self.rows[self.index]
        first = row.period.start if self.terms.part_periods == "whole" else day
        self.part_settled(row.period, first, row.period.due)
        self.draws.append((day, amount))
        self.drawn += amount
        if self.terms.recalculation is None and self.drawn > amount and self.terms.level_is_annuity:
            draw_anew(self)
            return
        self.undue += amount
        self.add_slice(amount, first)
        self.renew_next = False
        row.kept = None
        self.renew()
        for fee in self.terms.fees:
            if fee.when == "drawdown":
                charge = self.fee_amount(fee, drawn=amount)
                row.due[FEE] += charge
                row.paid[FEE] += charge
                row.fee_at_drawdown += charge

    def add_slice(self, amount: int, first: date) -> None:
        for place, (before, begun) in enumerate(self.open):
            if begun == first:
                self.open[place] = (before + amount, first)
                return
        self.open.append((amount, first))

    def _drawdown_settled(self, day: date, amount: int) -> None:
        terms = self.terms
        whole = not self.drawn and amount == terms.amount and day == terms.start
        if self.index >= len(self.rows) or self.ended_already or self.terminated_on is not None:
            raise unsettled("events.date", day, "a drawdown before the last due date of a loan that is not closed")
        if self.drawn + amount > terms.amount:
            found, most = amount_text(self.drawn + amount, terms.exponent), amount_text(terms.amount, terms.exponent)
            raise unsettled("events.amount", f"drawdowns of {found}", f"at most the amount, {most}")
        if whole:
            return
        flat_of_the_term = terms.method == "flat" and terms.flat_interest == "term"
        if terms.method in ("stepped", "custom") or flat_of_the_term or terms.principal_share is not None:
            found = f"a drawdown of a part under method {terms.method}"
            raise unsettled("events", found, "the whole amount on the start: not settled otherwise")
        self.drawdown_fees_settled(day, amount)
        if terms.recalculation is None and terms.level_is_annuity and self.index and not self.drawn:
            found = f"null, with a first drawdown on {day}, after the first due date"
            self.unsettled.append(Fault("interest_recalculation", found, "recalculation: over how many instalments is not settled"))
        if self.plan.shortened or self.cut_short:
            raise unsettled("events", f"a drawdown on {day} after an early repayment that shortened the term", "one or the other")
        if any(row.settled or row.ahead for row in self.rows[self.index :]):
            raise unsettled("events", f"a drawdown on {day} after an instalment paid in advance", "one or the other: not settled")

    def drawdown_fees_settled(self, day: date, amount: int) -> None:
        """Refuse a drawdown fee of which it is open what of several draws, or of a part, it is reckoned on, or in which row it stands."""
        terms = self.terms
        for index, fee in enumerate(terms.fees):
            if fee.when != "drawdown":
                continue
            of_the_draw = fee.of == "principal" or (self.only_draw and (fee.of != "amount" or amount == terms.amount))
            if not of_the_draw or (self.drawn and terms.recalculation is None):
                expected = "a rate of the principal of each draw, or one draw (of the whole amount, where the fee is a rate of it)"
                raise unsettled(f"fees[{index}]", "a drawdown fee with several draws or a part of the amount", expected)
            if self.index and self.rows[self.index - 1].period.due == day:
                raise unsettled(
                    f"fees[{index}]", f"a drawdown fee on the due date {day}", "another day: in which row it stands is not settled"
                )

    def interest_to(self, day: date) -> Exact:
        """Contract interest of the period under way from its start to the morning of `day`, over SCALE."""
        if self.index >= len(self.rows):
            return 0
        running = self.running_period()
        return running.exact(day) - running.waiting * SCALE - running.late

    def running_period(self) -> RunningPeriod:
        """The period under way, frozen."""
        period, row = self.periods[self.index], self.rows[self.index]
        bears = self.plan.bears_interest(self.index)
        waiting = self.plan.carried - row.paid[INTEREST] - row.waived[INTEREST]
        late = row.late_exact
        return RunningPeriod(period, self.line, tuple(self.open), tuple(self.ended), waiting, bears, self.misuses, late)

    def _own_interest(self) -> Exact:
        """Exact interest of the whole period under way."""
        if not self.plan.bears_interest(self.index):
            return 0
        period = self.rows[self.index].period
        if len(self.open) == 1 and not self.ended and not self.mixed_rates and not self.line.pauses and not self.misuses:
            amount, first = self.open[0]
            share = period.share if first == period.start else period.part(first, period.due)
            return amount * share * (self.line.rates[0] * MARKUP_SCALE)
        slices = [*self.ended, *((amount, first, period.due) for amount, first in self.open)]
        return slices_interest(period, self.line, carved(period, self.line, slices, self.misuses) if self.misuses else slices)

    def planned(self) -> tuple[int, int, int]:
        """(principal, interest, carried on) of the row under way as it stands."""
        index, terms, row = self.index, self.terms, self.rows[self.index]
        if terms.method == "flat" and self.drawn:
            interest = self.plan.flat_interests[index]
        else:
            row.own_exact = self._own_interest()
            interest = round_exact(row.own_exact + row.late_exact, SCALE, terms.rounding)
        last = index == len(self.periods) - 1
        if row.settled is not None and not last:
            return 0, row.settled, self.plan.carried + interest - row.settled
        if row.kept is not None:
            carried = self.plan.carried
            if index in self.plan.put_off and not last:
                return row.kept, 0, interest + carried
            return (self.undue if last else row.kept), interest + carried, 0
        if row.ahead:
            principal, owed, carried = self.plan.row(index, self.undue + row.ahead, interest)
            if principal < row.ahead:
                found = f"more principal of instalment {row.period.number} paid in advance than its interest leaves of it"
                self.unsettled.append(Fault("prepayment", found, "reduce_instalment or reduce_term: what then moves on is not settled"))
            return max(principal - row.ahead, 0), owed, carried
        return self.plan.row(index, self.undue, interest)

    def _close(self) -> None:
        """The row under way falls due and the next period opens."""
        row = self.rows[self.index]
        principal, interest, carried = self.planned()
        row.due[PRINCIPAL] += principal
        row.due[INTEREST] += interest
        for fee in self.terms.fees:
            if fee.when == "instalment":
                outstanding = self.undue
                told = self.index if self.carried_from is None else min(self.index, self.carried_from)
                if fee.of == "outstanding" and any(late.owed(PRINCIPAL) for late in self.rows[self.oldest : told]):
                    raise unsettled("fees", "a fee of what is outstanding, with principal overdue", "nothing overdue: not settled")
                row.due[FEE] += self.fee_amount(fee, row.due[PRINCIPAL], interest, outstanding)
        row.closed = True
        self.plan.carried = carried
        self.undue -= principal
        self.index += 1
        if self.index == len(self.rows):
            self.open, self.ended = [], []
            return
        if self.drawn and not self.undue and not carried and self.plan.shortened:
            del self.rows[self.index :]
            del self.periods[self.index :]
            self.open, self.ended = [], []
            return
        self._open_period(row.period.due)

    def _open_period(self, day: date) -> None:
        bearing = self.drawn if self.bears_as_lent else self.undue
        self.open, self.ended = ([(bearing, day)] if bearing else []), []
        period = self.periods[self.index]
        if self.mixed_rates and self.line.changes_within(period.start, period.due):
            self._new_rate_settled(period)
            self.renew_next = self.renew_next or self.terms.method in ("equal_instalment", "flat")
        if self.switches and self.index in self.switches:
            self.terms = self.plan.terms = self.switches.pop(self.index)
            self.plan.grace_principal, self.plan.put_off, self.plan.free = 0, frozenset(), frozenset()
            self.renew_next = True
        if self.index in self.graces:
            self.plan.grace_principal = self.graces.pop(self.index)
            self.renew_next = True
        if (self.renew_next or self.index in self.renew_at) and self.rows[self.index].settled is not None:
            self.renew_next = True  # an instalment already paid keeps what it was
        elif self.renew_next or self.index in self.renew_at:
            self.renew()
            self.renew_next = False

    def renew(self) -> None:
        """Set the level anew from the instalment under way on what is outstanding."""
        plan, terms = self.plan, self.terms
        plan.renew(self.index, self.undue, self.open)
        if terms.method == "equal_instalment" and terms.level == "solved" and self.undue:
            period = self.periods[self.index]
            known = self.line.known_on(period.due - _ONE_DAY)
            if self.misuses or self.rows[self.index].late_slices:
                found = "solved, set anew with money misused, or with overdue principal that bears interest"
                raise unsettled("level", found, "annuity: not settled")
            if self.rows[self.index].late_exact:
                found = "solved, set anew while overdue principal bears interest within the days of grace"
                self.unsettled.append(Fault("level", found, "annuity: not settled"))
            count = len(self.periods) - max(self.index, plan.grace_principal)
            plan.level = nearer_level(terms, plan.level, count, lambda level: last_instalment(self, level, known))

    def _new_rate_settled(self, period: Period) -> None:
        for first, last, _ in self.line.pieces(period.start, period.due):
            self.part_settled(period, first, last)
        method = self.terms.method
        if (self.plan.shortened and method == "equal_instalment") or (method == "flat" and self.terms.flat_interest == "term"):
            found = f"a new rate in the period from {period.start}"
            raise unsettled("events", found, "no new rate of a level after reduce_term, or under flat_interest term: not settled")
        if self.rows[self.index].ahead and self.rows[self.index].settled is None:
            raise unsettled("events", f"a new rate in the period from {period.start} of an instalment paid in advance", "one or the other")

    def part_settled(self, period: Period, first: date, last: date) -> None:
        """Refuse a part of a period that would be longer than the period."""
        if period.exceeds(first, last):
            found = f"{period.day_count} from {first} to {last}"
            raise unsettled("day_count", found, "another day count: a part longer than its period is not settled")

    def fee_amount(self, fee: Fee, principal: int = 0, interest: int = 0, outstanding: int = 0, drawn: int = 0) -> int:
        """What a fee comes to for a row of this principal and interest, with `outstanding` principal before it."""
        if fee.rate is None:
            return fee.amount
        base = {
            "amount": self.terms.amount,
            "principal": drawn or principal,
            "interest": interest,
            "instalment": principal + interest,
            "outstanding": drawn or outstanding,
        }[fee.of]
        exact = base * fee.rate
        return round_quotient(exact.numerator, exact.denominator, self.terms.rounding)

    def row_of(self, day: date) -> int:
        """The index of the row whose period holds `day` (a due date: the row that falls due; the first day: the first row)."""
        index = self.index
        if index and self.rows[index - 1].period.due == day:
            index -= 1
        return index

    def charge(self, day: date, component: int, amount: int) -> None:
        """A charge that falls due on `day`, in the row whose period holds it; after the last due date in a row of its own."""
        index = self.row_of(day)
        if index >= len(self.rows):
            self._charge_after(day, component, amount)
            return
        row = self.rows[index]
        row.due[component] += amount
        if component == PENALTY:
            row.charged_penalty += amount
        row.charges = (*row.charges, (day, component, amount))
        self.oldest = min(self.oldest, index)

    def _charge_after(self, day: date, component: int, amount: int) -> None:
        if self.extra_row is None:
            last = self.rows[-1].period
            self.extra_row = RunningRow(last._replace(number=last.number + 1, start=last.due, due=day, payable=day, share=0, months=None))
            self.extra_row.closed = True
        elif self.extra_row.period.due != day:
            found = f"charges on {self.extra_row.period.due} and {day}, both after the last due date"
            raise unsettled("events", found, "one day of charges after it: when their row falls due is not settled otherwise")
        self.extra_row.due[component] += amount
