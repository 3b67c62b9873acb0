"""The periods of a loan: from one due date to the next, and the share of a year that each of them bears interest for.

Under `interest_basis` `period` a whole step of months or weeks is that many twelfths (52nds) of the annual rate whatever its
days; everything else, and every period under `daily`, is counted by `day_count`. Money that moves inside a period asks for
a part of it: `Period.part`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from puhui.calculations.business_days import BusinessDays, moved
from puhui.calculations.calendar import Step, add_months, add_step, days_in_month, whole_months_and_days
from puhui.calculations.day_count import MONTH, WEEK, year_share
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.money import Exact
from puhui.calculations.term_records import Terms

__all__ = ["Period", "build_periods", "periods_from", "periods_of", "unsettled"]

_ONE_DAY = timedelta(days=1)


def unsettled(field: str, found: object, expected: str) -> FaultsError:
    """The refusal of a figure that the agreement does not settle."""
    return FaultsError([Fault(field, str(found), expected)])


class Period(NamedTuple):
    """One period: `share` of a year over `day_count.YEAR` as a whole; `rule` tells how parts of it are counted.

    `rule`: `days` (by day count, parts add up), `months` (对年对月对日, each part for itself), `pro_rata` (days of the period's days),
    `month_begun` (months from the period's start, days over the days of the month begun), `none` (parts are not settled).
    `months`: whole months of the period, None where there are odd days. `payable`: the day on which the row may be paid without being
    late, where business days move that and not the interest.
    """

    number: int
    start: date
    due: date
    share: Exact
    rule: str
    day_count: str
    day_label: str
    months: int | None = None
    payable: date = date.min

    @property
    def days(self) -> int:
        """Actual days from start to due."""
        return (self.due - self.start).days

    def part(self, first: date, last: date) -> Exact:
        """The share of a year of the nights from `first` to `last` inside the period. Raises FaultsError where it is not settled."""
        if first == self.start and last == self.due:
            return self.share
        if first == last:
            return 0
        if self.rule == "pro_rata":
            portion = self.share * Fraction((last - first).days, (self.due - self.start).days)
            return portion.numerator if portion.denominator == 1 else portion
        if self.rule == "month_begun":
            return year_share("30/360", self.start, last) - year_share("30/360", self.start, first)
        if self.rule == "none":
            raise unsettled(
                "day_count", f"{self.day_count} from {first} to {last}", "another day_count: a part of this period is not settled"
            )
        share = year_share(self.day_count, first, last, self.day_label)
        return min(share, self.share) if self.rule == "months" else share

    def exceeds(self, first: date, last: date) -> bool:
        """Whether a part by months and odd days would be longer than its period, a whole month by the calendar.

        From 28 February to 30 March are a month and two days; from there to 31 March, the due date of a loan of the 31st, is one month.
        `part` then stops at the whole; whether that is right for money that moves is not settled.
        """
        if self.rule != "months" or (first == self.start and last == self.due):
            return False
        return year_share(self.day_count, first, last, self.day_label) > self.share


def build_periods(terms: Terms) -> tuple[Period, ...]:
    """All periods of the terms in order. Raises FaultsError where a period's length is not settled."""
    return periods_from(terms, 1, terms.start, _dues(terms))


periods_of = lru_cache(maxsize=4096)(build_periods)
"""`build_periods`, with those of the last thousands of terms kept."""


def periods_from(terms: Terms, number: int, start: date, dues: Iterable[tuple[date, Step | None]]) -> tuple[Period, ...]:
    """The periods from `start` to each due date in turn, kept to business days as agreed; a whole step is named with its due date."""
    rule = terms.business_days
    periods, nominal_start = [], start
    for due, step in dues:
        kept = due if rule is None else _moved(terms, rule, due)
        interest_due = kept if rule is None or rule.interest_moves else due
        if interest_due <= start:
            raise unsettled("business_days", f"a period of no days before {kept}", "due dates that stay apart after moving")
        whole_step = step if (start, interest_due) == (nominal_start, due) else None
        period = _period(terms, number, start, interest_due, whole_step)
        periods.append(period._replace(payable=kept))
        start, nominal_start = interest_due, due
        number += 1
    return tuple(periods)


def _moved(terms: Terms, rule: BusinessDays, due: date) -> date:
    kept = moved(rule, due)
    settled = kept > due and not rule.interest_moves
    if kept != due and terms.settlement_day is not None and due != terms.maturity and not settled:
        expected = "settlements that fall on working days, or interest_moves false and move following: else not settled"
        raise unsettled("business_days", f"{due}, the day after a settlement day, is a day off", expected)
    return kept


def _dues(terms: Terms) -> Iterator[tuple[date, Step | None]]:
    """Each due date with the whole step that leads to it, or None for an irregular period."""
    if terms.method == "custom":
        yield from ((due.due, None) for due in terms.dues)
    elif terms.settlement_day is not None:
        yield from _settlement_dues(terms)
    elif terms.method == "bullet" and terms.maturity is not None:
        yield terms.maturity, None
    else:
        yield from _step_dues(terms)


def _step_dues(terms: Terms) -> Iterator[tuple[date, Step | None]]:
    step = terms.step
    assert step is not None
    count = sum(part.count for part in terms.steps) if terms.method == "stepped" else terms.instalments
    regular_first = add_step(terms.start, step, 1, terms.month_end)
    origin, offset = (terms.start, 1) if terms.first_due is None else (terms.first_due, 0)
    number = 0
    while count is None or number < count:
        due = add_step(origin, step, number + offset, terms.month_end)
        whole = number > 0 or due == regular_first
        if terms.maturity is not None and due >= terms.maturity:
            if due != terms.maturity and terms.method != "interest_only":
                raise unsettled("maturity", terms.maturity, "a date that a whole number of steps reaches")
            yield terms.maturity, step if whole and due == terms.maturity else None
            return
        yield due, step if whole else None
        number += 1
        if number > 4000:
            raise unsettled("maturity", terms.maturity, "at most 4000 instalments")


def _settlement_dues(terms: Terms) -> Iterator[tuple[date, Step | None]]:
    """Interest settles at the end of the settlement day and is due the next day; the last row is the maturity's."""
    assert terms.settlement_day is not None and terms.maturity is not None
    months = 3 if terms.step is not None and terms.step.months == 3 else 1
    last, first = terms.start, True
    month = date(terms.start.year, terms.start.month, 1)
    while True:
        if month.month % months == 0:
            settled = month.replace(day=min(terms.settlement_day, days_in_month(month.year, month.month)))
            due = settled + _ONE_DAY
            if due >= terms.maturity:
                break
            if settled > terms.start:
                yield due, None if first and not _settles_before(terms, last, months) else Step(months=months)
                last, first = due, False
        month = add_months(month, 1)
    regular = due == terms.maturity and (not first or _settles_before(terms, last, months))
    yield terms.maturity, Step(months=months) if regular else None


def _settles_before(terms: Terms, day: date, months: int) -> bool:
    """Whether the day before `day` is a settlement day."""
    assert terms.settlement_day is not None
    before = day - _ONE_DAY
    return before.month % months == 0 and before.day == min(terms.settlement_day, days_in_month(before.year, before.month))


def _period(terms: Terms, number: int, start: date, due: date, step: Step | None) -> Period:
    count, label = terms.day_count, terms.day_label
    if step is not None:  # a step of days is no month, though it may end where one does
        months = step.months or None
    else:
        whole, odd_days = whole_months_and_days(start, due)
        months = None if odd_days else whole
    if terms.interest_basis == "period" and step is not None and (step.months or step.weeks):
        share: Exact = step.months * MONTH + step.weeks * WEEK
        if terms.settlement_day and _otherwise_counted(count, start, due, step, share):
            raise unsettled("settlement_day", f"{terms.settlement_day}, {count} from {start} to {due}", "a day up to 27: not settled")
        return Period(number, start, due, share, _part_rule(terms, start, due, step, share), count, label, months)
    if count.startswith("ACT/"):
        _by_days_settled(terms, start, due, step)
        return Period(number, start, due, year_share(count, start, due, label), "days", count, label, months)
    if count == "30/360":
        return _thirty(terms, number, start, due, step)
    if count == "M/360" and step is not None and step.days and year_share(count, start, due) != year_share("ACT/360", start, due):
        found = f"M/360 from {start} to {due}, a step of {step.days} days"
        raise unsettled("day_count", found, "a step of months, or another day count: whether a whole month counts is not settled")
    return Period(number, start, due, year_share(count, start, due), "months" if count == "M/360" else "days", count, label, months)


def _otherwise_counted(count: str, start: date, due: date, step: Step, share: Exact) -> bool:
    """Whether the dates from one settlement to the next are no whole step, though the settlement days are: 29 January to 1 March."""
    return whole_months_and_days(start, due) != (step.months, 0) or (
        not count.startswith("ACT/") and year_share(count, start, due) != share
    )


def _by_days_settled(terms: Terms, start: date, due: date, step: Step | None) -> None:
    """Under `period` a whole month is a twelfth; whether that holds of one inside a longer period is not settled."""
    longest = add_months(start, 1) if terms.step is None or not terms.step.weeks else start + timedelta(weeks=1)
    if terms.interest_basis == "period" and step is None and due >= longest:
        found = f"period, with {terms.day_count} from {start} to {due}"
        raise unsettled("interest_basis", found, "daily, or due dates a whole step apart: whole months inside it are not settled")


def _part_rule(terms: Terms, start: date, due: date, step: Step, share: Exact) -> str:
    """How a part of a whole step is counted under `period`."""
    if step.weeks:
        return "pro_rata" if terms.day_count.startswith("ACT/") else "none"  # else by the day count, or by days of the 52nd: both are said
    if terms.day_count == "M/360":
        return "months"
    if terms.day_count == "30E/360":
        return "days" if year_share("30E/360", start, due) == share else "none"
    if terms.day_count == "30/360" and step.months > 1:
        return "month_begun" if start.day <= 28 else "none"
    return "pro_rata"


def _thirty(terms: Terms, number: int, start: date, due: date, step: Step | None) -> Period:
    """30/360 outside whole steps: settled only where counting the month from its first and from its last day agree."""
    share = year_share("30/360", start, due)
    months, odd = whole_months_and_days(start, due)
    length = (add_months(start, months + 1) - add_months(start, months)).days
    backwards = (due - add_months(due, -1)).days
    if odd and ((months == 0 and backwards != length) or start.day > 28 or step is not None):
        raise unsettled("day_count", f"30/360 from {start} to {due}", "another day count: the month of the odd days is not settled")
    return Period(
        number, start, due, share, "month_begun" if start.day <= 28 else "none", "30/360", terms.day_label, None if odd else months
    )
