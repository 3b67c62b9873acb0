"""Instalments that follow the harvest: on which days the principal falls due, and how much of it on each.

A farm has money when the crop is sold, so its loan is repaid then and not month by month. A product file says so in one of two ways under
[repayment.season]:

* by the calendar, `months = { 6 = 0.4, 11 = 0.6 }` with a `day`: in each June two fifths of a year's principal, in each November three.
  The loan ends with the last such day within its term. A day sooner than `earliest_months` after the decision is left out.
* by the borrower's own harvest, `harvest = "months_to_harvest"` (a fact of the form, in months) and `months_after = { 0 = 0.5, 3 = 0.5 }`:
  half when the crop is sold, half three months later. What would lie beyond the term falls due with its end.

Either way interest of the whole period is paid on each due day (method `custom` of `quote.md`). Shares are of the principal of the loan or,
by the calendar, of one year: each due day takes its share of all shares that lie within the term. Amounts are whole yuan, rounded down; the
last due day takes the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from puhui.calculations.calendar import add_months, days_in_month
from puhui.products.fields import Fields
from puhui.products.terms import ApplicationFact, Season

__all__ = ["due_days", "read_season", "seasonal_dues"]

_FEN_OF_YUAN = 100


def read_season(repayment: Fields, method: object, application: Mapping[str, ApplicationFact], minimum_months: int) -> Season | None:
    """[repayment.season], where the method of the terms is `custom`; None for every other method. Faults are noted in `repayment`."""
    if method != "custom":
        if "season" in repayment.body:
            repayment.take("season")
            repayment.fault("season", "dues by season", 'method = "custom" in [repayment.terms]', "Name the method, or remove the season.")
        return None
    if "season" not in repayment.body:
        repayment.fault("season", None, "[repayment.season]: when a loan of method custom falls due", "Add it.")
        return None
    fields = repayment.table("season")
    season = _by_harvest(fields, application) if "harvest" in fields.body else _by_calendar(fields, minimum_months)
    fields.take("source", "")
    fields.finish()
    return season


def _by_calendar(fields: Fields, minimum_months: int) -> Season:
    season = Season(
        _shares(fields, "months", 1, 12), day=fields.whole("day", 1, 31), earliest_months=fields.whole("earliest_months", 1, 12)
    )
    months = [month for month, _ in season.shares]
    longest = max((later - month for month, later in zip(months, [*months[1:], months[0] + 12], strict=True)), default=0) if months else 0
    needed = longest + season.earliest_months
    if months and minimum_months < needed:
        told = f"a loan of {minimum_months} months may end before any of these months"
        fields.fault("months", told, f"months of which one lies in every term, or a term of {needed} months or more")
    return season


def _by_harvest(fields: Fields, application: Mapping[str, ApplicationFact]) -> Season:
    harvest = fields.text("harvest")
    if harvest and (harvest not in application or application[harvest].unit != "months"):
        fields.fault("harvest", harvest, "a fact of [application] in months")
    return Season(_shares(fields, "months_after", 0, 24), harvest=harvest)


def _shares(fields: Fields, key: str, low: int, high: int) -> tuple[tuple[int, int], ...]:
    """(month, share in ppm), rising; the shares add up to one."""
    table = fields.table(key)
    found = []
    for name in table.body:
        share_ppm = table.rate_ppm(name)
        if not name.isdecimal() or not low <= int(name) <= high:
            table.fault(name, name, f"a whole number from {low} to {high}")
        elif not share_ppm:
            table.fault(name, share_ppm, "a share above 0")
        else:
            found.append((int(name), share_ppm))
    if sum(share for _, share in found) != 1_000_000:
        fields.fault(key, sum(share for _, share in found) / 1e6, "shares that add up to 1")
    return tuple(sorted(found))


def seasonal_dues(season: Season, amount_fen: int, day: date, term_months: int, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """`dues` of `quote.md` for a loan decided on a day. `facts`: those of the form, of which the months to the harvest may be one.

    Where the form does not tell the harvest, all falls due at the end of the term: rules of the product send such a case to a person.
    """
    days = due_days(season, day, term_months, facts)
    whole = sum(share for _, share in days)
    principals = [amount_fen * share // whole // _FEN_OF_YUAN * _FEN_OF_YUAN for _, share in days]
    principals[-1] += amount_fen - sum(principals)
    return [
        {"due": due.isoformat(), "principal": f"{Decimal(principal) / 100:.2f}"}
        for (due, _), principal in zip(days, principals, strict=True)
    ]


def due_days(season: Season, day: date, term_months: int, facts: Mapping[str, Any]) -> list[tuple[date, int]]:
    """(due day, share in ppm) in their order, one day once; never empty."""
    end = add_months(day, term_months)
    if not season.harvest:
        return _calendar_days(season, day, end) or [(end, 1_000_000)]
    harvest = facts.get(season.harvest)
    if harvest is None:
        return [(end, 1_000_000)]
    found: dict[date, int] = {}
    for after, share in season.shares:
        due = add_months(day, min(max(1, math.ceil(harvest) + after), term_months))
        found[due] = found.get(due, 0) + share
    return sorted(found.items())


def _calendar_days(season: Season, day: date, end: date) -> list[tuple[date, int]]:
    earliest = add_months(day, season.earliest_months)
    found = []
    for year in range(day.year, end.year + 1):
        for month, share in season.shares:
            due = date(year, month, min(season.day, days_in_month(year, month)))
            if earliest <= due <= end:
                found.append((due, share))
    return found
