"""The document as the clerk writes it on the loan's card: money in smallest units, rates as exact fractions, dates as dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import QuantLib
from tests.oracle.days import DAY, DIGITS, day_of, month_length, months_of, steps_after

MOVES = {
    "none": QuantLib.Unadjusted,
    "following": QuantLib.Following,
    "modified_following": QuantLib.ModifiedFollowing,
    "preceding": QuantLib.Preceding,
}
ORDER = ["cost", "fee", "penalty", "compound", "interest", "principal"]
Document = dict[str, Any]


@dataclass
class Period:
    """One instalment's stretch of time. `months`/`weeks`: it is that many whole steps by the plan, whatever its days.

    `payable`: where a due date alone moves to a working day and interest does not, that day.
    """

    start: date
    due: date
    months: int | None = None
    weeks: int | None = None
    payable: date | None = None

    @property
    def pay_by(self) -> date:
        """The day from which it is late: the due date, or the working day to which that alone moved."""
        return self.payable or self.due


@dataclass
class Terms:
    document: Document
    digits: int
    amount: int
    start: date
    method: str
    day_count: str
    basis: str
    label: str
    every: tuple[int, str]
    money: str
    multiple: Fraction
    recalculation: dict[str, Any] | None
    penalty: dict[str, Any] | None
    order: Any
    periods: list[Period] = field(default_factory=list)

    @property
    def shift(self) -> timedelta:
        """A rate dated D first touches the night of D, or (day_label end) the night before it, which ends on D."""
        return DAY if self.label == "end" else timedelta(0)

    def units(self, text: str | int) -> int:
        value = Fraction(str(text)) * 10**self.digits
        assert value.denominator == 1, text
        return int(value)

    def text(self, units: int) -> str:
        sign, units = ("-" if units < 0 else ""), abs(units)
        whole, part = divmod(units, 10**self.digits)
        return f"{sign}{whole}.{part:0{self.digits}d}" if self.digits else f"{sign}{whole}"


def read(document: Document) -> Terms:
    digits = DIGITS.get(document.get("currency", "CNY"), 2)
    day_count = document.get("day_count", "M/360")
    penalty = document.get("penalty")
    if penalty is not None:
        shown = {
            "markup_overdue": "0.5",
            "markup_misuse": "1.0",
            "grace_days": 0,
            "compound_in_term": True,
            "compound_overdue": True,
            "compound_on_penalty": False,
        }
        penalty = {**shown, **penalty}
    recalculation = {"rest": "daily", "overdue": False, "payoff_interest": "to_date", "compounding": "none"}
    given = document.get("interest_recalculation", {})
    rounding = document.get("rounding", {})
    count, unit = document.get("every", "1 month").split()
    terms = Terms(
        document=document,
        digits=digits,
        amount=int(Fraction(str(document.get("amount", document.get("line", {}).get("limit")))) * 10**digits),
        start=day_of(document["start"]),
        method=document.get("method", "equal_instalment"),
        day_count=day_count,
        basis=document.get("interest_basis", "daily" if day_count.startswith("ACT") else "period"),
        label=document.get("day_label", "start"),
        every=(int(count), unit),
        money=rounding.get("money", "half_up"),
        multiple=Fraction(str(rounding["instalment_multiple"])) * 10**digits if "instalment_multiple" in rounding else Fraction(1),
        recalculation=None if given is None else {**recalculation, **given},
        penalty=penalty,
        order=document.get("allocation", ORDER),
    )
    terms.periods = periods_of(terms)
    return terms


def settlement_dues(terms: Terms, maturity: date) -> list[date]:
    """The day after each settlement day that closes after the start and before the maturity."""
    day, months, dues = int(terms.document["settlement_day"]), months_of(terms.every), []
    assert months in (1, 3), "every month, or the last months of quarters"
    year, month = terms.start.year, terms.start.month
    while True:
        settlement = date(year, month, min(day, month_length(year, month)))
        if settlement + DAY >= maturity:
            return [*dues, maturity]
        if settlement > terms.start and (months == 1 or month % 3 == 0):
            dues.append(settlement + DAY)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def stepped_dues(terms: Terms) -> list[date]:
    document = terms.document
    first, month_end = document.get("first_due"), document.get("month_end", "clamp")
    maturity = day_of(document["maturity"]) if document.get("maturity") else None
    count = int(document["instalments"]) if "instalments" in document else sum(int(step["count"]) for step in document.get("steps", []))
    dues: list[date] = []
    while True:
        number = len(dues) + 1
        due = (
            steps_after(day_of(first), terms.every, number - 1, month_end)
            if first
            else steps_after(terms.start, terms.every, number, month_end)
        )
        if maturity and due >= maturity:
            return [*dues, maturity]
        dues.append(due)
        if not maturity and number == count:
            return dues


def periods_of(terms: Terms) -> list[Period]:
    """The rows' stretches: from the start to each due date in turn, marked where they are whole steps of the plan."""
    document = terms.document
    if terms.method == "custom":
        dues = [day_of(entry["due"]) for entry in document["dues"]]
        regular = False
    elif document.get("settlement_day"):
        dues, regular = settlement_dues(terms, day_of(document["maturity"])), False
    elif terms.method == "bullet" and document.get("maturity"):
        dues, regular = [day_of(document["maturity"])], False
    else:
        dues, regular = stepped_dues(terms), True
    periods, start, plain_start = [], terms.start, terms.start
    for index, due in enumerate(dues):
        first_irregular = index == 0 and bool(document.get("first_due")) and steps_after(terms.start, terms.every, 1) != due
        last_irregular = bool(document.get("maturity")) and index == len(dues) - 1 and not _is_step(terms, index, due)
        settled = bool(document.get("settlement_day")) and steps_after(plain_start, terms.every, 1) == due
        whole = (regular and not first_irregular and not last_irregular) or settled
        kept = working_day(document, due)
        moves = (document.get("business_days") or {}).get("interest_moves", True)
        whole = whole and not (moves and (kept != due or start != plain_start))
        months, unit = months_of(terms.every), terms.every[1]
        end = kept if moves else due
        period = Period(start, end, months if whole and months else None, terms.every[0] if whole and unit == "week" else None, kept)
        periods.append(period)
        start, plain_start = end, due
    if terms.method == "bullet" and len(periods) > 1:
        months_each = [period.months for period in periods]
        months_all = sum(m or 0 for m in months_each) if all(months_each) else None
        weeks_all = sum(p.weeks or 0 for p in periods) if all(p.weeks for p in periods) else None
        periods = [Period(periods[0].start, periods[-1].due, months_all, weeks_all, periods[-1].payable)]
    return periods


def working_day(document: Document, day: date) -> date:
    """The day to which a due date moves, by QuantLib's calendar of the Chinese interbank market."""
    rule = document.get("business_days") or {}
    if not rule.get("calendar"):
        return day
    moved = QuantLib.China(QuantLib.China.IB).adjust(QuantLib.Date(day.day, day.month, day.year), MOVES[rule["move"]])
    return date(moved.year(), moved.month(), moved.dayOfMonth())


def _is_step(terms: Terms, index: int, due: date) -> bool:
    first, month_end = terms.document.get("first_due"), terms.document.get("month_end", "clamp")
    if first:
        return steps_after(day_of(first), terms.every, index, month_end) == due
    return steps_after(terms.start, terms.every, index + 1, month_end) == due
