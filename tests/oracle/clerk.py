"""The clerk's card of one loan: what falls due on each day, what was paid of it, and what interest runs meanwhile.

The clerk walks from one day on which something happens to the next. A row's interest is a sum of pieces (amount, first night, last
night), counted exactly and rounded once, when the row falls due. What is not yet due is one list of pieces; what is overdue, another.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from tests.oracle.days import day_of, months_of, rounded
from tests.oracle.doubts import Doubt
from tests.oracle.interest import NEVER, Piece, Rates, part_factor
from tests.oracle.terms import Period, Terms

FAR = NEVER


@dataclass
class Charge:
    day: date
    kind: str
    amount: int
    paid: int = 0
    waived: int = 0
    name: str = ""

    @property
    def open(self) -> int:
        return self.amount - self.paid - self.waived


@dataclass
class Row:
    number: int
    period: Period
    closed: bool = False
    planned: int | None = None
    early: int = 0
    ahead: int = 0
    full: date | None = None
    principal: int = 0
    interest: int = 0
    brought: int = 0
    exact: Fraction | None = None
    parts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("penalty", "compound", "interest", "principal"), 0))
    waived: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("penalty", "compound", "interest", "principal"), 0))
    charges: list[Charge] = field(default_factory=list)
    late: list[Piece] = field(default_factory=list)
    unpaid_interest: list[Piece] = field(default_factory=list)
    balance: int = 0
    balance_fixed: bool = False
    extra: bool = False
    instalment_fees: bool = False


class Card:
    def __init__(self, terms: Terms, rates: Rates, as_of: date | None, penalty_at_once: bool = True) -> None:
        self.terms, self.rates, self.as_of = terms, rates, as_of
        self.penalty_at_once = penalty_at_once
        self.rows = [Row(index + 1, period) for index, period in enumerate(terms.periods)]
        self.at = 0
        self.undue: list[Piece] = []
        self.lent: list[Piece] = []
        self.level: int | Fraction | None = None
        self.part: int | Fraction | None = None
        self.renew_after: int | None = None
        self.drawn = 0
        self.paid_ahead = 0
        self.stopped: date | None = None
        self.terminated: date | None = None
        self.written_off: date | None = None
        self.closed_on: date | None = None
        self.simulated = False
        self.misused: list[tuple[date, date, int]] = []
        self.grace = {key: int(terms.document.get("grace", {}).get(key, 0)) for key in ("principal", "interest_payment", "interest_free")}
        first_due = terms.document.get("first_due")
        self.anchor: tuple[date, int] = (day_of(first_due), 1) if first_due else (terms.start, 0)
        self.month_end: str = terms.document.get("month_end", "clamp")
        self.anew: set[int] = set()
        self.principal_free: set[int] = set(range(1, self.grace["principal"] + 1))
        self.waiting: set[int] = set(range(1, self.grace["interest_payment"] + 1))
        self.bare_of_interest: set[int] = set(range(1, self.grace["interest_free"] + 1))
        self.balloon = terms.units(terms.document["balloon"]) if terms.document.get("balloon") else 0

    # --- what is there -------------------------------------------------------------------------------------------------
    @property
    def principal_undue(self) -> int:
        return sum(piece.amount for piece in self.undue if piece.end is None)

    @property
    def scheduled(self) -> bool:
        """Interest stays as scheduled whatever is paid when."""
        return self.terms.recalculation is None

    @property
    def principal_owed(self) -> int:
        """What is not due and not paid: the pieces, less what was paid ahead of rows to come where interest stays as scheduled."""
        return self.principal_undue - (self.paid_ahead + sum(row.ahead for row in self.rows[self.at :]) if self.scheduled else 0)

    def row_at(self, day: date) -> Row | None:
        return next((row for row in self.rows[self.at :] if row.period.start <= day < row.period.due), None)

    @property
    def last_due(self) -> date:
        return max(row.period.pay_by for row in self.rows if not row.extra)

    @property
    def last_row(self) -> Row:
        return [row for row in self.rows if not row.extra][-1]

    def cut(self, amount: int, day: date, begin_whole: Period | None = None) -> None:
        """Take principal off the pieces that are not due, the oldest first, from the night of the day."""
        for piece in list(self.undue):
            if piece.end is not None or not amount:
                continue
            taken = min(piece.amount, amount)
            amount -= taken
            end = day
            if begin_whole is not None:
                end = max(begin_whole.start, piece.begin)
            if taken < piece.amount:
                self.undue.append(Piece(taken, piece.begin, end))
                piece.amount -= taken
            else:
                piece.end = end
        assert amount == 0

    # --- interest of a row ---------------------------------------------------------------------------------------------
    def free(self, row: Row) -> bool:
        return row.number in self.bare_of_interest

    def exact(self, row: Row, until: date) -> Fraction:
        """Exact contract interest of a row's nights up to a day: on what is not due, on what is late where agreed, less misuse."""
        if self.free(row) or (self.stopped and row.period.start >= self.stopped):
            return Fraction(0)
        until = min(until, row.period.due)
        total = sum((self.rates.earned(piece, row.period, until) for piece in self.undue), Fraction(0))
        for first, last, amount in self.misused:
            total -= self.rates.earned(Piece(amount, first, last), row.period, until)
        return total + self.late_interest(row, until)

    def late_window(self, row: Row, until: date) -> tuple[date, date]:
        end = until if row is self.last_row else min(until, row.period.due)
        if self.as_of is not None:
            end = min(end, self.as_of)
        if self.written_off is not None:
            end = min(end, self.written_off)
        return row.period.start, end

    def late_interest(self, row: Row, until: date) -> Fraction:
        """Contract interest on overdue principal: where recalculation asks for it, and on what is paid within the grace days."""
        terms, total = self.terms, Fraction(0)
        if self.as_of is None or self.simulated:
            return total
        begin, end = self.late_window(row, until)
        for other in self.rows:
            for piece in other.late:
                if terms.penalty is None:
                    if terms.recalculation is not None and terms.recalculation["overdue"]:
                        total += self._late_contract(piece, row, begin, end)
                elif self.in_grace(piece):
                    total += self._late_contract(piece, row, begin, end)
        return total

    def _late_contract(self, piece: Piece, row: Row, begin: date, end: date) -> Fraction:
        if begin >= end:
            return Fraction(0)
        if row is self.last_row and end > row.period.due:
            after = Period(row.period.due, FAR)
            return self.rates.earned(piece, row.period, row.period.due) + self.rates.earned(piece, after, end, row.period.due)
        return self.rates.earned(piece, row.period, end)

    def in_grace(self, piece: Piece) -> bool:
        assert self.terms.penalty is not None and self.as_of is not None
        end = piece.end or self.now
        return (end - piece.begin).days <= int(self.terms.penalty["grace_days"])

    now: date = date(1, 1, 1)

    def penalty(self, row: Row, until: date) -> int:
        terms = self.terms
        if terms.penalty is None or self.simulated or row.extra:
            return 0
        begin, end = self.late_window(row, until)
        total = Fraction(0)
        if self.as_of is not None:
            for other in self.rows:
                for piece in other.late:
                    if not self.in_grace(piece):
                        total += self.rates.by_days(piece, begin, end, Fraction(str(terms.penalty["markup_overdue"])))
        for first, last, amount in self.misused:
            total += self.rates.by_days(
                Piece(amount, first, last), begin, min(until, row.period.due), Fraction(str(terms.penalty["markup_misuse"]))
            )
        return int(rounded(total, terms.money))

    def compound(self, row: Row, until: date) -> int:
        terms = self.terms
        if terms.penalty is None or self.as_of is None or self.simulated or row.extra:
            return 0
        begin, end = self.late_window(row, until)
        last, total = self.last_due, Fraction(0)
        plain = self.last_row.period.due
        if plain < last and end > plain and any(piece.begin < plain for other in self.rows for piece in other.unpaid_interest):
            raise Doubt("compound interest between the plain and the moved last due date")
        for other in self.rows:
            for piece in other.unpaid_interest:
                if terms.penalty["compound_in_term"]:
                    total += self.rates.by_days(piece, begin, min(end, last), Fraction(0))
                if terms.penalty["compound_overdue"]:
                    total += self.rates.by_days(piece, max(begin, last), end, Fraction(str(terms.penalty["markup_overdue"])))
        return int(rounded(total, terms.money))

    def row_interest(self, row: Row, until: date) -> int:
        """Rounded interest owed by a row (carried in included), seen on a day."""
        if row.closed:
            if row is not self.last_row or self.as_of is None or row.exact is None:
                return row.interest
            whole = rounded(row.exact + self.exact_after(row, until), self.terms.money)
            return row.interest + int(whole) - int(rounded(row.exact, self.terms.money))
        return row.brought + int(rounded(self.exact(row, until), self.terms.money))

    def exact_after(self, row: Row, until: date) -> Fraction:
        """Contract interest on late money after the last due date, which stays in the last row."""
        begin, end = row.period.due, min(until, self.as_of or until, self.written_off or until)
        total = Fraction(0)
        if begin >= end:
            return total
        after = Period(begin, FAR)
        for other in self.rows:
            for piece in other.late:
                overdue = self.terms.penalty is None and self.terms.recalculation is not None and self.terms.recalculation["overdue"]
                if overdue or (self.terms.penalty is not None and self.in_grace(piece)):
                    total += self.rates.earned(piece, after, end, begin)
        return total

    # --- the plan of a row ---------------------------------------------------------------------------------------------
    def rest_rows(self, row: Row) -> int:
        return sum(1 for other in self.rows if other.number >= row.number and not other.extra)

    def paying_rows(self, row: Row) -> int:
        return sum(1 for other in self.rows if other.number >= row.number and other.number not in self.principal_free and not other.extra)

    def set_anew(self, row: Row, day: date) -> None:
        """The level or the equal part from a row on, on what is outstanding."""
        if any(r.ahead or r.full for r in self.rows[self.at :]):
            if self.scheduled or any(r.ahead and r.full is None for r in self.rows[self.at :]) or self.last_row.full:
                raise Doubt("a new level after an instalment was paid in part before its day")
            row = next(r for r in self.rows if r.number >= row.number and r.full is None)  # those paid already are skipped
        terms, owed, count = self.terms, self.principal_undue, self.paying_rows(row)
        self.renew_after = None
        row.planned = None
        if owed == 0 or count == 0:
            return
        if terms.method == "flat":
            self.level = self.flat_level(row, owed)
        if terms.method == "equal_principal":
            if "principal_share" in terms.document:
                self.part = rounded(Fraction(str(terms.document["principal_share"])) * terms.amount, terms.money)
            else:
                self.part = rounded(Fraction(owed - self.balloon, count), terms.money, terms.multiple)
        if terms.method != "equal_instalment":
            return
        rate = self.rates.agreed(max(day, row.period.start))
        if terms.document.get("level", "annuity") == "annuity":
            self.level = self.annuity(owed, rate, count)
        else:
            self.level = self.solved(row, owed, rate)

    def annuity(self, owed: int, rate: Fraction, count: int) -> int | Fraction:
        terms = self.terms
        step, unit = terms.every
        if unit == "day":
            r = rate * step / (365 if terms.day_count in ("ACT/365", "ACT/ACT") else 360)
        elif unit == "week":
            r = rate * step / 52
        else:
            r = rate * months_of(terms.every) / 12
        rest = owed - self.balloon
        level = Fraction(rest, count) if r == 0 else rest * r / (1 - (1 + r) ** -count)
        return rounded(level + self.balloon * r, terms.money, terms.multiple)

    def solved(self, row: Row, owed: int, rate: Fraction) -> int | Fraction:
        """From the factors of the periods to come; then once nearer to the last instalment, if that helps."""
        first = [other for other in self.rows if other.number >= row.number and not other.extra]
        frozen = copy.deepcopy(self.rates)
        if any(begin <= max(self.today, row.period.start) < end for begin, end in frozen.pauses):
            raise Doubt("a level solved while interest pauses")
        frozen.pauses = []
        frozen.changes = [change for change in frozen.changes if change[0] <= max(self.today, row.period.start)]
        factors = []
        for other in first:
            whole = Piece(1, other.period.start)
            factors.append(Fraction(0) if self.free(other) else frozen.earned(whole, other.period, other.period.due))
        product, still = Fraction(owed), Fraction(0)
        grown = Fraction(1)
        for other, factor in zip(reversed(first), reversed(factors), strict=True):
            if other.number not in self.principal_free:
                still += grown
            grown *= 1 + factor
        paying = [f for other, f in zip(first, factors, strict=True) if other.number not in self.principal_free]
        for factor in paying:
            product *= 1 + factor
        level = rounded((product - self.balloon) / still, self.terms.money, self.terms.multiple)
        last = self.tried(level, frozen)
        nearer = rounded(Fraction(level) + Fraction(last - Fraction(level)) / len(paying), self.terms.money, self.terms.multiple)
        again = self.tried(nearer, frozen)
        return nearer if abs(again - nearer) < abs(last - level) else level

    today: date = date(1, 1, 1)

    def tried(self, level: int | Fraction, rates: Rates) -> Fraction:
        """The last instalment (balloon apart) if this level stood and all were paid when due."""
        trial = copy.deepcopy(self)
        trial.level, trial.rates, trial.simulated, trial.renew_after = level, rates, True, None
        trial.run_to(FAR)
        return Fraction(trial.rows[-1].principal + trial.rows[-1].interest - self.balloon)

    def plan(self, row: Row, interest: int, owed: int) -> tuple[int, int]:
        """(principal, interest) that a row asks for when its interest is known."""
        terms, last = self.terms, row is self.last_row
        if row.number in self.waiting and not last:
            due_interest = 0
        else:
            due_interest = interest
        if last:
            return owed, interest
        if row.planned is not None:
            return min(row.planned - (0 if self.scheduled else row.ahead), owed), due_interest
        if row.number in self.principal_free or terms.method in ("interest_only", "bullet"):
            return 0, due_interest
        if terms.method == "equal_instalment":
            level = self.level or 0
            on_top = 0
            if terms.document.get("level", "annuity") == "annuity" and due_interest:
                on_top = min(self.put_off(row), due_interest)
            own = interest - row.brought if due_interest == 0 else due_interest - on_top
            principal = max(Fraction(0), level - own)
            due_interest = due_interest if own <= level else int(level) + on_top
            if not self.scheduled and row.ahead > principal:
                raise Doubt("more principal paid in advance than the level leaves beside the interest")
            return int(min(principal - (0 if self.scheduled else row.ahead), owed)), due_interest
        if terms.method == "equal_principal":
            return int(min(self.part or 0, owed)), due_interest
        if terms.method == "custom":
            return min(terms.units(terms.document["dues"][row.number - 1]["principal"]), owed), due_interest
        if terms.method == "stepped":
            return self.step(row, due_interest, owed), due_interest
        raise Doubt(terms.method)

    def put_off(self, row: Row) -> int:
        """Interest put off by grace that this row has to bring: all of it in the first row that pays interest again."""
        return row.brought if row.number - 1 in self.waiting and row.number not in self.waiting else 0

    def step(self, row: Row, interest: int, owed: int) -> int:
        entry, ahead = self.step_of(row), 0 if self.scheduled else row.ahead
        if "principal" in entry:
            return min(self.terms.units(entry["principal"]) - ahead, owed)
        part = max(0, self.terms.units(entry["instalment"]) - interest)
        if ahead > part:
            raise Doubt("more principal paid in advance than the instalment leaves beside the interest")
        return min(part - ahead, owed)

    def step_of(self, row: Row) -> dict[str, str]:
        number = row.number
        for entry in self.terms.document["steps"]:
            if number <= int(entry["count"]):
                return dict(entry)
            number -= int(entry["count"])
        raise Doubt("steps")

    def whole_instalment(self, row: Row) -> int | None:
        """What a row asks for in all, where that is agreed and its principal is what the interest leaves."""
        if row is self.last_row:
            return None
        if self.terms.method == "stepped":
            entry = self.step_of(row)
            return self.terms.units(entry["instalment"]) if "instalment" in entry else None
        return int(self.level or 0) if self.terms.method == "equal_instalment" else None

    # --- time goes by --------------------------------------------------------------------------------------------------
    def run_to(self, day: date) -> None:
        """Let every row due up to the day fall due."""
        while self.at < len(self.rows) and self.rows[self.at].period.due <= day:
            row = self.rows[self.at]
            if row.extra:
                break
            self.open_row(row)
            self.fall_due(row)
        self.today = day

    def open_row(self, row: Row) -> None:
        if row.number in self.anew:
            self.anew.discard(row.number)
            self.today = max(self.today, row.period.start)
            self.set_anew(row, row.period.start)
        if self.renew_after is not None and row.number > self.renew_after:
            self.today = max(self.today, row.period.start)
            self.set_anew(row, row.period.start)

    def fall_due(self, row: Row) -> None:
        due, owed = row.period.due, self.principal_undue
        own = self.exact(row, due)
        whole = row.brought + int(rounded(own, self.terms.money))
        if self.terms.method == "flat":
            principal, interest = self.flat_row(row, owed)
        elif row.full is not None:
            if row is self.last_row and owed > (row.planned or 0) - (0 if self.scheduled else row.ahead):
                raise Doubt("the last instalment was paid in advance and principal is left")
            principal, interest = (row.planned or 0) - (0 if self.scheduled else row.ahead), row.parts["interest"]
        else:
            principal, interest = self.plan(row, whole, owed)
        row.exact = own
        row.closed, row.interest = True, interest
        following = next((other for other in self.rows[self.at + 1 :] if other.full is None and not other.extra), None)
        if following is not None and not self.scheduled:
            following.brought += whole - interest if self.terms.method != "flat" else 0
        elif following is not None and self.terms.method != "flat" and row.full is None:
            following.brought += whole - interest
        self.cut(principal, due)
        paid = row.ahead
        if self.scheduled and row is self.last_row:
            paid += self.paid_ahead
        row.principal = principal + row.early - (self.paid_ahead if self.scheduled and row is self.last_row else 0)
        row.principal += 0 if self.scheduled else row.ahead
        if not row.balance_fixed:
            row.balance = self.principal_owed if row is not self.last_row else 0
        if self.scheduled and row is self.last_row:
            self.paid_ahead = 0  # it is in the row now
        fresh = principal - paid if self.scheduled else principal
        if fresh > 0:
            row.late.append(Piece(fresh, row.period.pay_by))
        row.parts["principal"] += row.early + row.ahead
        open_interest = interest - row.parts["interest"]
        if open_interest > 0:
            row.unpaid_interest.append(Piece(open_interest, row.period.pay_by))
        self.instalment_fees(row, principal, interest, owed)
        self.at += 1
        if self.as_of is None or self.simulated:
            for piece in (*row.late, *row.unpaid_interest):
                piece.end = due
        if self.principal_undue == 0 and self.drawn and not self.more_draws:
            self.rows = [r for r in self.rows if r.closed or r.extra or r.charges or r.brought or r.ahead]

    more_draws: bool = False
    total_draws: int = 0

    def lent_interest(self, row: Row, rates: Rates, until: date) -> Fraction:
        """Interest of a flat loan's row up to a day: on all that was lent, whatever was repaid."""
        return sum((rates.earned(piece, row.period, until) for piece in self.lent), Fraction(0))

    def flat_level(self, row: Row, owed: int) -> int | Fraction:
        """What is outstanding and the interest of the rows still to come, in equal parts; rates that are to come are not known yet."""
        frozen = copy.deepcopy(self.rates)
        frozen.changes = [change for change in frozen.changes if change[0] <= max(self.today, row.period.start)]
        rest = [other for other in self.rows if other.number >= row.number and not other.extra]
        interests = [rounded(self.lent_interest(other, frozen, other.period.due), self.terms.money) for other in rest]
        return rounded(Fraction(owed + sum(interests), len(rest)), self.terms.money, self.terms.multiple)

    def flat_row(self, row: Row, owed: int) -> tuple[int, int]:
        terms = self.terms
        if not self.lent:
            return 0, 0
        if terms.document.get("flat_interest", "period") == "period":
            level, interest = self.level, int(rounded(self.lent_interest(row, self.rates, row.period.due), terms.money))
        else:
            if self.rates.changes or len(self.lent) > 1:
                raise Doubt("interest of the whole term that changes on the way")
            count = len(self.rows)
            total_factor = sum((part_factor(terms, r.period, r.period.start, r.period.due) for r in self.rows), Fraction(0))
            total = int(rounded(self.drawn * self.rates.first * total_factor, terms.money))
            share = int(rounded(Fraction(total, count), terms.money))
            level = rounded(Fraction(self.drawn + total, count), terms.money, terms.multiple)
            interest = total - share * (count - 1) if row is self.last_row else share
        return (owed if row is self.last_row else int(min(level - interest, owed))), interest

    def instalment_fees(self, row: Row, principal: int, interest: int, owed: int) -> None:
        if row.instalment_fees or self.simulated:
            return
        row.instalment_fees = True
        for fee in self.terms.document.get("fees", []):
            if fee["when"] == "instalment":
                base = {
                    "amount": self.terms.amount,
                    "principal": principal,
                    "interest": interest,
                    "instalment": principal + interest,
                    "outstanding": owed,
                }
                amount = (
                    self.terms.units(fee["amount"])
                    if "amount" in fee
                    else int(rounded(Fraction(str(fee["rate"])) * base[fee["of"]], self.terms.money))
                )
                row.charges.append(Charge(row.period.due, "fee", amount, name=fee["name"]))

    # --- money -----------------------------------------------------------------------------------------------------------
    def draw(self, amount: int, day: date) -> None:
        self.run_to(day)
        row = self.row_at(day)
        if row is None:
            raise Doubt("a drawdown after the last due date")
        self.open_row(row)
        whole = self.terms.basis == "period" and self.terms.document.get("part_periods", "days") == "whole"
        self.undue.append(Piece(amount, row.period.start if whole else day))
        self.lent.append(Piece(amount, row.period.start if whole else day))
        first_draw = not self.drawn
        self.drawn += amount
        if self.scheduled and self.terms.method == "equal_instalment" and self.terms.document.get("level", "annuity") == "annuity":
            if first_draw:
                self.level = self.annuity(self.total_draws, self.rates.agreed(day), self.paying_rows(self.rows[0]))
            return
        self.set_anew(row, day)

    def change_rate(self, day: date) -> None:
        """The level anew from the row whose period holds the first night of the new rate."""
        if self.anew:
            raise Doubt("a new rate before a new level that waits")
        if self.scheduled and self.total_draws > self.drawn:
            raise Doubt("a new rate before the last drawdown, with interest as scheduled")
        night = day - self.terms.shift
        self.run_to(night)
        row = self.row_at(night)
        if row is not None and self.principal_undue:
            self.open_row(row)
            if self.terms.method in ("equal_instalment", "flat"):
                self.set_anew(row, night)

    def pin(self, row: Row) -> None:
        """The instalment under way keeps its principal, as it stood before the money came early."""
        if row.planned is None:
            interest = row.brought + int(rounded(self.exact(row, row.period.due), self.terms.money))
            principal, _ = self.plan(row, interest, self.principal_undue)
            if row is not self.last_row and self.terms.method != "flat":
                row.planned = principal

    def terminate(self, day: date) -> None:
        self.run_to(day)
        self.terminated = day
        row = next((r for r in self.rows if r.closed and r.period.due == day), None)
        if row is not None:
            rest = self.called_in(day)
            row.principal += rest
            row.late.append(Piece(rest, day))
            row.balance = 0
            self.rows = [r for r in self.rows if r.closed]
            return
        row = self.row_at(day)
        if row is None:
            return
        self.open_row(row)
        row.exact = self.exact(row, day)
        interest = row.brought + int(rounded(row.exact, self.terms.money))
        self.rows = [r for r in self.rows if r.number <= row.number]
        row.period = Period(row.period.start, day)
        rest = self.called_in(day)
        before = row.early + (0 if self.scheduled else row.ahead)
        row.closed, row.interest, row.principal, row.balance = True, interest, rest + before, 0
        row.parts["principal"] += before
        row.late.append(Piece(rest, day))
        if interest:
            row.unpaid_interest.append(Piece(interest - row.parts["interest"], day))
        self.at = len(self.rows)

    def called_in(self, day: date) -> int:
        """What is not due and not paid, which falls due on the day; no piece goes on."""
        rest = self.principal_owed
        self.cut(self.principal_undue, day)
        self.paid_ahead = 0
        return rest

    def charge(self, day: date, kind: str, amount: int) -> None:
        self.run_to(day)
        row = next((r for r in self.rows if r.closed and r.period.due == day), None) or self.row_at(day)
        if row is None:
            last = self.rows[-1]
            row = Row(last.number + 1, Period(last.period.due, day), closed=True, extra=True, balance=self.principal_undue)
            self.rows.append(row)
        row.charges.append(Charge(day, kind, amount))


__all__ = ["Card", "Charge", "Doubt", "Row"]
