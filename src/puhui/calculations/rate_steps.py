"""A rate that steps up by the days a loan has run: 0.02% a day for five days, 0.04% for each day after (应急转贷).

The price is then a matter of days used, not of the day on which the money goes out. So an offer and a contract name the steps by days
(`rate_steps`), and a loan, whose start is known, has them as dated `rate_changes` of `quote.md`. Money paid back on the eighth day has
borne five nights at the first rate and three at the second, whatever day was planned.

That comes out to the fen only where each night bears its own interest: terms that count days, repaid once at the end or with interest
by period.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from puhui.calculations.faults import Fault

__all__ = ["mean_rate_ppm", "nights_by_rate", "rate_on", "rates_of", "started", "step_faults"]

_METHODS = ("bullet", "interest_only")
_DAY_COUNTS = ("ACT/360", "ACT/365", "ACT/ACT")


def started(terms: Mapping[str, Any], start: date) -> dict[str, Any]:
    """The document of `quote.md` of an offer's or a contract's terms that start on a day.

    `rate_steps`, where there are any: `[[days, rate], …]`, rising; the rate counts from the night that many days after the start.
    """
    document = {**terms, "start": start.isoformat()}
    steps = document.pop("rate_steps", None)
    if steps:
        first = document.pop("rate_annual")
        document["rate_changes"] = [
            [start.isoformat(), first],
            *([(start + timedelta(days=days)).isoformat(), rate] for days, rate in steps),
        ]
    return document


def rates_of(document: Mapping[str, Any]) -> tuple[tuple[int, Decimal], ...]:
    """(days from the start, rate a year) of terms with or without a start, the first at 0 days."""
    if "rate_changes" in document:
        start = date.fromisoformat(str(document["start"]))
        return tuple(((date.fromisoformat(day) - start).days, Decimal(str(rate))) for day, rate in document["rate_changes"])
    steps = document.get("rate_steps") or ()
    return (0, Decimal(str(document["rate_annual"]))), *((int(days), Decimal(str(rate))) for days, rate in steps)


def rate_on(document: Mapping[str, Any], days: int) -> Decimal:
    """The rate a year of the terms, of the night so many days after the start; before it, the first."""
    rates = rates_of(document)
    return next((rate for since, rate in reversed(rates) if since <= days), rates[0][1])


def nights_by_rate(document: Mapping[str, Any], days: int) -> tuple[tuple[int, Decimal], ...]:
    """(nights, rate a year) of a loan that runs for so many days, in order; those that it does not reach are left out."""
    rates = rates_of(document)
    ends = (*(since for since, _ in rates[1:]), days)
    parts = ((min(end, days) - since, rate) for (since, rate), end in zip(rates, ends, strict=True))
    return tuple((nights, rate) for nights, rate in parts if nights > 0)


def mean_rate_ppm(nights: Sequence[tuple[int, Decimal]]) -> int:
    """The rate a year, in ppm, at which as many days cost the same: repaid at once, so that every night bears as much principal."""
    whole = sum((count * rate for count, rate in nights), Decimal(0)) / sum(count for count, _ in nights)
    return int((whole * 1_000_000).to_integral_value(ROUND_HALF_UP))


def step_faults(terms: Mapping[str, Any]) -> Iterator[Fault]:
    """What keeps a rate that steps by days from being charged by the days used."""
    expected = {"method": _METHODS, "day_count": _DAY_COUNTS, "interest_basis": ("daily", None)}
    for key, choices in expected.items():
        if terms.get(key) not in choices:
            told = " or ".join(str(choice) for choice in choices if choice)
            yield Fault(key, str(terms.get(key) or "not given"), f"{told}: a rate that steps by days is charged by the days used")
    for key in ("line", "rate_link"):
        if terms.get(key) is not None:
            yield Fault(key, "given", f"no {key} beside a rate that steps by days")
