"""A rate that follows what a firm does: jobs kept, carbon saved, targets met.

At each review date the fact is looked at as it was known then, with the evidence that shows it. The step that it reaches changes the
rate by so much against the base rate of the contract; steps do not add up from review to review, so a firm that falls back loses what it
had gained. All links together stay within the caps: they never carry the rate beyond them, nor further where it stands beyond them
without the links (an index may have gone there by itself). When a fact is corrected later and the link says so, what was saved by the
untrue fact is paid back: principal × difference of rates × days ÷ 360 over the days between the reviews that it governed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from puhui.calculations.calendar import add_months
from puhui.calculations.faults import Fault, check
from puhui.calculations.money import round_quotient
from puhui.calculations.pricing import PPM

__all__ = [
    "Link", "Look", "Observation", "Reviewed", "change_of", "changes_of", "clawback_fen", "linked_rate", "review", "review_dates",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """`steps`: (from, change in ppm), rising; the highest "from" that the fact reaches holds, below all of them nothing changes.

    None: the value observed is the change itself, as a share of one (a formula over several facts has made it).
    """

    code: str
    steps: tuple[tuple[float, int], ...] | None
    months: int
    evidence: tuple[str, ...] = ()
    clawback: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """The value of a link's fact: when it was true, when it was known, and the classes of evidence that show it. None: not known."""

    code: str
    value: float | None
    as_of: date
    known_on: date
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The rate after a review, and what each link changed in ppm; `unproved` are links whose fact was absent or without its evidence."""

    rate_ppm: int
    changes: tuple[tuple[str, int], ...]
    unproved: tuple[str, ...]
    held_by_cap: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What a link changes by one look (ppm), and the day from which: the review date, or the day on which a correction was entered."""

    code: str
    review_date: date
    since: date
    change_ppm: int


def changes_of(looks: Sequence[Look]) -> tuple[tuple[date, int], ...]:
    """(day, what all links change together from that day, in ppm), in rising order; empty without looks.

    `looks` in the order of their review dates, a correction after what it corrects. What a link changes is told by its latest review: a
    correction of an earlier one changes nothing from here on.
    """
    found: list[tuple[date, int]] = []
    for day in sorted({look.since for look in looks}):
        standing = {look.code: look.change_ppm for look in looks if look.since <= day}
        found.append((day, sum(standing.values())))
    return tuple(found)


def linked_rate(base: int, change: int, lowest: int, highest: int) -> int:
    """The rate with what the links change, all in one unit: within the caps, or where it stands without links if that is beyond them."""
    return min(base + change, max(base, highest)) if change > 0 else max(base + change, min(base, lowest))


def review_dates(start: date, maturity: date, months: int) -> tuple[date, ...]:
    """The days on which a link is measured: every so many months from the start, before maturity."""
    if months < 1:
        raise ValueError(f"{months} months between reviews, which must be 1 or more")
    dates, number = [], 1
    while (day := add_months(start, number * months)) < maturity:
        dates.append(day)
        number += 1
    return tuple(dates)


def change_of(link: Link, value: float | None) -> int:
    """What a value changes, in ppm: the step of the highest threshold it reaches, or the value of a formula to the nearest millionth.

    A fact that is not known (None, or minus infinity) changes nothing.
    """
    if value is None or value == float("-inf"):
        return 0
    if link.steps is None:
        return max(-PPM, min(round(value * PPM), PPM))
    reached = [step for step in link.steps if value >= step[0]]
    return max(reached)[1] if reached else 0


def review(
    base_ppm: int, links: Sequence[Link], observations: Iterable[Observation], day: date, *, lowest_ppm: int = 0, highest_ppm: int = PPM
) -> Reviewed:
    """The rate from a review on `day`. A fact that is not shown by its evidence brings no discount, though it may bring a surcharge.

    Raises FaultsError: a fact of a later day, an observation of no link, or caps that leave no rate.
    """
    known = {one.code: one for one in observations}
    check(_faults(links, known, day, lowest_ppm, highest_ppm))
    changes, unproved = [], []
    for link in links:
        seen = known.get(link.code)
        change = change_of(link, seen.value if seen else None)
        if seen is None or seen.value is None or not set(link.evidence) <= set(seen.evidence):
            unproved.append(link.code)
            change = max(change, 0)
        changes.append((link.code, change))
    wanted = base_ppm + sum(change for _, change in changes)
    rate = linked_rate(base_ppm, wanted - base_ppm, lowest_ppm, highest_ppm)
    return Reviewed(rate, tuple(changes), tuple(unproved), rate != wanted)


def _faults(links: Sequence[Link], known: dict[str, Observation], day: date, lowest_ppm: int, highest_ppm: int) -> Iterator[Fault]:
    codes = {link.code for link in links}
    for code, one in known.items():
        if code not in codes:
            yield Fault(f"observation {code}", "of no link", ", ".join(sorted(codes)))
        if max(one.as_of, one.known_on) > day:
            yield Fault(
                f"observation {code}", f"known on {one.known_on} of {one.as_of}", f"something known by {day}, the day of the review"
            )
    if lowest_ppm > highest_ppm:
        yield Fault("caps", f"{lowest_ppm} to {highest_ppm} ppm", "a lowest rate not above the highest")


def clawback_fen(link: Link, told: float, true: float, nights: Iterable[tuple[int, int]]) -> int:
    """What is paid back when a fact that gave a discount turns out to be another, in fen, rounded half up; nothing without the clause.

    `nights`: (principal in fen, number of nights) of every stretch that the untrue fact governed.
    """
    saved_ppm = change_of(link, true) - change_of(link, told)
    if not link.clawback or saved_ppm <= 0:
        return 0
    exact = sum((Fraction(principal_fen * saved_ppm * count, PPM * 360) for principal_fen, count in nights), Fraction(0))
    return round_quotient(exact.numerator, exact.denominator)
