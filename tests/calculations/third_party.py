"""Schedules by libraries of others, importing nothing of Puhui: the figures of the cases that name an `oracle`.

QuantLib finds due dates, working days and year fractions, numpy-financial the level of an annuity and the monthly internal rate,
pyxirr the annual internal rate. What is left for this file is to carry the balance from row to row in `decimal`, rounded once per row.
Only terms without events are recomputed; a term that is not known here is an error, so a case cannot pass by being ignored.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from itertools import pairwise
from typing import Any

import numpy_financial
import pyxirr
import QuantLib

KNOWN = {
    "currency", "amount", "start", "rate_annual", "day_count", "instalments", "every", "method", "maturity", "first_due", "month_end",
    "interest_basis", "balloon", "rounding", "business_days", "fees", "upfront", "grace", "principal_share", "rate_changes",
    "settlement_day", "steps", "dues",
}  # fmt: skip
UNITS = {"day": QuantLib.Days, "week": QuantLib.Weeks, "month": QuantLib.Months, "year": QuantLib.Years}
PER_YEAR = {"week": 52, "month": 12, "year": 1}
DECIMALS = {"CNY": 2, "JPY": 0, "KWD": 3, "USD": 2}
MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN, "up": ROUND_UP}
MOVES = {
    "none": QuantLib.Unadjusted,
    "following": QuantLib.Following,
    "modified_following": QuantLib.ModifiedFollowing,
    "preceding": QuantLib.Preceding,
}
COUNTS = {
    "ACT/360": QuantLib.Actual360(),
    "ACT/365": QuantLib.Actual365Fixed(),
    "ACT/ACT": QuantLib.ActualActual(QuantLib.ActualActual.ISDA),
    "30E/360": QuantLib.Thirty360(QuantLib.Thirty360.European),
}


def to_library(day: date) -> QuantLib.Date:
    return QuantLib.Date(day.day, day.month, day.year)


def from_library(day: QuantLib.Date) -> date:
    return date(day.year(), day.month(), day.dayOfMonth())


class Schedule:
    """The rows of one contract, `rows`, and the flows behind its annual cost."""

    def __init__(self, terms: dict[str, Any]) -> None:
        unknown = set(terms) - KNOWN
        if unknown:
            raise ValueError(f"not recomputed here: {sorted(unknown)}")
        self.terms = terms
        self.amount = Decimal(terms["amount"])
        self.unit = Decimal(1).scaleb(-DECIMALS[terms.get("currency", "CNY")])
        self.mode = MODES[terms.get("rounding", {}).get("money", "half_up")]
        self.method = terms.get("method", "equal_instalment")
        number, unit = str(terms.get("every", "1 month")).split()
        self.step, self.step_unit = int(number), unit.rstrip("s")
        self.count_name = terms.get("day_count", "M/360")
        default_basis = "daily" if self.count_name.startswith("ACT") else "period"
        self.daily = terms.get("interest_basis", default_basis) == "daily"
        self.plain_dues, self.dues = self.due_dates()
        self.rows = self.carried()

    def money(self, value: Decimal | float) -> Decimal:
        """Rounded to the smallest unit; what floating point leaves behind the ninth decimal is cut off before."""
        return Decimal(value).quantize(Decimal("1e-8"), ROUND_HALF_EVEN).quantize(self.unit, self.mode)

    def due_dates(self) -> tuple[list[date], list[date]]:
        terms, start = self.terms, self.terms["start"]
        if self.method == "custom":
            plain = [row["due"] for row in terms["dues"]]
        elif "instalments" not in terms and self.method != "stepped":
            plain = self.settlements() if "settlement_day" in terms else [terms["maturity"]]
        else:
            count = terms.get("instalments") or sum(step["count"] for step in terms["steps"])
            first = terms.get("first_due")
            plain = [self.stepped(first, n - 1) if first else self.stepped(start, n) for n in range(1, count + 1)]
        moves = terms.get("business_days") or {}
        if not moves.get("calendar"):
            return plain, plain
        china = QuantLib.China(QuantLib.China.IB)
        return plain, [from_library(china.adjust(to_library(day), MOVES[moves["move"]])) for day in plain]

    def stepped(self, origin: date, steps: int) -> date:
        moved = QuantLib.NullCalendar().advance(to_library(origin), steps * self.step, UNITS[self.step_unit], QuantLib.Unadjusted, False)
        short = self.step_unit in ("month", "year") and moved.dayOfMonth() != origin.day
        return from_library(moved + 1 if short and self.terms.get("month_end") == "roll" else moved)

    def settlements(self) -> list[date]:
        """The day after each settlement day inside the term, then the maturity."""
        start, maturity, wanted = self.terms["start"], self.terms["maturity"], self.terms["settlement_day"]
        found, month = [], QuantLib.Date(1, start.month, start.year)
        while from_library(month) <= maturity:
            last = QuantLib.Date.endOfMonth(month).dayOfMonth()
            day = month + (min(wanted, last) - 1)
            if (self.step == 1 or day.month() % 3 == 0) and start < from_library(day) and from_library(day + 1) < maturity:
                found.append(from_library(day + 1))
            month = month + QuantLib.Period(1, QuantLib.Months)
        return [*found, maturity]

    def share(self, begin: date, end: date) -> float:
        """The part of a year from `begin` to `end`."""
        if self.daily or (self.count_name.startswith("ACT") and self.step_unit == "day"):
            return float(COUNTS[self.count_name].yearFraction(to_library(begin), to_library(end)))
        return self.step / PER_YEAR[self.step_unit]

    def rate_parts(self, begin: date, end: date) -> list[tuple[date, date, float]]:
        """The period cut at the days of new rates (a day's interest belongs to the day on which it starts)."""
        if "rate_changes" not in self.terms:
            return [(begin, end, float(self.terms["rate_annual"]))]
        changes = [(day, float(rate)) for day, rate in self.terms["rate_changes"]]
        days = sorted({begin, end} | {day for day, _ in changes if begin < day < end})
        return [(a, b, [rate for day, rate in changes if day <= a][-1]) for a, b in pairwise(days)]

    def interest(self, principal: Decimal, number: int) -> Decimal:
        ends = self.dues if (self.terms.get("business_days") or {}).get("interest_moves", True) else self.plain_dues
        begin, end = ([self.terms["start"], *ends])[number - 1 : number + 1]
        return self.money(sum(Decimal(float(principal) * rate * self.share(a, b)) for a, b, rate in self.rate_parts(begin, end)))

    def level(self) -> Decimal:
        """By numpy-financial's pmt."""
        rate = float(self.terms["rate_annual"]) * self.step / PER_YEAR[self.step_unit]
        count = len(self.dues) - self.terms.get("grace", {}).get("principal", 0)
        found = Decimal(-numpy_financial.pmt(rate, count, float(self.amount), -float(self.terms.get("balloon", 0))))
        multiple = self.terms.get("rounding", {}).get("instalment_multiple")
        if multiple is None:
            return self.money(found)
        return (found.quantize(Decimal("1e-8")) / Decimal(multiple)).quantize(Decimal(1), self.mode) * Decimal(multiple)

    def principal(self, number: int, balance: Decimal, interest: Decimal) -> Decimal:
        last, grace = len(self.dues), self.terms.get("grace", {}).get("principal", 0)
        if number == last:
            return balance
        if number <= grace or self.method in ("interest_only", "bullet"):
            return Decimal(0)
        if self.method == "equal_principal":
            if "principal_share" in self.terms:
                return self.money(self.amount * Decimal(self.terms["principal_share"]))
            return self.money((self.amount - Decimal(self.terms.get("balloon", 0))) / (last - grace))
        if self.method == "custom":
            return Decimal(self.terms["dues"][number - 1]["principal"])
        if self.method == "stepped":
            steps = [step for step in self.terms["steps"] for _ in range(step["count"])][number - 1]
            return Decimal(steps["principal"]) if "principal" in steps else Decimal(steps["instalment"]) - interest
        return self.level() - interest

    def carried(self) -> list[dict[str, Any]]:
        rows, balance, begin = [], self.amount, self.terms["start"]
        for number, due in enumerate(self.dues, 1):
            interest = self.interest(balance, number)
            principal = self.principal(number, balance, interest)
            balance -= principal
            fee = self.fees("instalment") + (self.fees("drawdown") if number == 1 else Decimal(0))
            rows.append(
                {"number": number, "start": begin, "due": due, "days": (due - begin).days, "principal": principal, "interest": interest,
                 "fee": fee, "total": principal + interest + fee, "balance": balance}
            )  # fmt: skip
            begin = due
        return rows

    def fees(self, when: str) -> Decimal:
        """The fees of one kind of moment, each in money or a share of the amount."""
        found = [fee for fee in self.terms.get("fees", []) if fee["when"] == when]
        if any("amount" not in fee and fee["of"] != "amount" for fee in found):
            raise ValueError("not recomputed here: a fee of something else than the amount")
        return sum((Decimal(fee.get("amount", 0)) or self.money(self.amount * Decimal(fee["rate"])) for fee in found), Decimal(0))

    def flows(self) -> list[tuple[date, float]]:
        upfront = self.terms.get("upfront", {})
        margin = Decimal(upfront.get("margin", 0))
        paid = sum((Decimal(each["amount"]) for each in upfront.get("fees_to_third_parties", [])), Decimal(0))
        at_once = self.fees("drawdown")
        flows = [(self.terms["start"], float(paid + at_once + margin - self.amount))]
        flows += [(row["due"], float(row["total"] - (at_once if row["number"] == 1 else 0))) for row in self.rows]
        return [*flows[:-1], (flows[-1][0], flows[-1][1] - float(margin))]

    def shown(self, value: Any) -> Any:
        """Money in the currency's decimals; a date or a number as it is."""
        return f"{value.quantize(self.unit)}" if isinstance(value, Decimal) else value

    def effective(self) -> str:
        """By pyxirr, actual days ÷ 365."""
        days, amounts = zip(*self.flows(), strict=True)
        return f"{pyxirr.xirr(list(days), list(amounts)):.6f}"

    def nominal(self) -> str:
        """Twelve times the monthly internal rate, by numpy-financial."""
        if self.step_unit != "month" or self.terms.get("first_due") or self.terms.get("business_days") or "instalments" not in self.terms:
            raise ValueError("no monthly flows")
        monthly = [self.flows()[0][1]]
        for _, amount in self.flows()[1:]:
            monthly += [0.0] * (self.step - 1) + [amount]
        return f"{12 * numpy_financial.irr(monthly):.6f}"


def recomputed(terms: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The figures that `expected` names, in its shape, from the libraries alone."""
    schedule = Schedule(terms)
    by_number = {row["number"]: row for row in schedule.rows}
    found: dict[str, Any] = {}
    for part, values in expected.items():
        if part == "count":
            found[part] = len(schedule.rows)
        elif part == "instalments":
            found[part] = [{key: schedule.shown(by_number[row["number"]][key]) for key in row} for row in values]
        elif part == "totals":
            found[part] = {key: schedule.shown(sum((row[key] for row in schedule.rows), Decimal(0))) for key in values}
        elif part == "annual_cost":
            found[part] = {key: getattr(schedule, key)() for key in values}
        else:
            raise ValueError(f"not recomputed here: {part}")
    return found
