"""The course of a rate by index and links, day by day: held against a reading of its own with decimals, and against the quote's list."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples
from tests.oracle.days import months_after

PARAMETERS = Path(__file__).parents[2] / "src" / "puhui" / "catalogue" / "parameters"
PUBLISHED = sorted(
    (row["valid_from"], Decimal(str(row["LPR1Y"])))
    for row in tomllib.loads((PARAMETERS / "loan-prime-rate.toml").read_text(encoding="utf-8"))["rows"]
)
LOW, HIGH = Decimal("0.029"), Decimal("0.04")


@st.composite
def lives(draw: Any) -> dict[str, Any]:
    """A payout, an index with its days, and looks at two links at intervals of theirs, some corrected later."""
    start = date(2020, 6, 1) + timedelta(days=draw(st.integers(0, 900)))
    looks = []
    for code in ("jobs", "carbon"):
        every = draw(st.sampled_from([1, 3, 4]))
        for count in range(1, draw(st.integers(1, 5))):
            seen = months_after(start, every * count)
            looks.append((seen, code, seen, draw(st.integers(-6, 6)) * 1_000))
            if draw(st.booleans()):
                looks.append((seen, code, seen + timedelta(days=draw(st.integers(0, 200))), draw(st.integers(-6, 6)) * 1_000))
    on = draw(st.sampled_from(["anniversary", "01-01"]))
    link = {
        "index": "LPR1Y",
        "spread_e8": draw(st.integers(-120, 60)) * 10_000,
        "every_months": draw(st.sampled_from([1, 3, 6, 12])),
        "on": on,
    }
    return {"start": start, "looks": sorted(looks, key=lambda look: look[0]), "link": link, "days": draw(st.integers(30, 500))}


def by_hand(life: dict[str, Any], night: date) -> Decimal:
    """The rate of a night: index as last set, spread, and of each link the latest look, a correction after what it corrects."""
    start, link = life["start"], life["link"]
    resets, anchor = [start], start if link["on"] == "anniversary" else date(start.year, 1, 1)
    for count in range(1, 40):
        if start < (day := months_after(anchor, link["every_months"] * count)) <= night:
            resets.append(day)
    base = [value for day, value in PUBLISHED if day < max(resets)][-1] + Decimal(link["spread_e8"]) / 10**8
    change = Decimal(0)
    for code in ("jobs", "carbon"):
        told = [step for _, name, since, step in life["looks"] if name == code and since <= night]
        change += Decimal(told[-1]) / 10**6 if told else 0
    return max(min(base + change, max(HIGH, base)), min(LOW, base))


@examples(60)
@given(lives())
def test_every_night_has_the_rate_that_a_hand_finds(life: dict[str, Any]) -> None:
    from puhui.calculations.linkage import Look, changes_of
    from puhui.calculations.quote import answer
    from puhui.loans.linked_rates import Course, Link

    start, until = life["start"], life["start"] + timedelta(days=life["days"])
    first = [value for day, value in PUBLISHED if day < start][-1] * 10**8 + life["link"]["spread_e8"]
    changes = changes_of([Look(code, seen, since, step) for seen, code, since, step in life["looks"]])
    course = Course(Link(**life["link"]), start, int(first), tuple((day, step * 100) for day, step in changes), 2_900_000, 4_000_000)
    nights = [start + timedelta(days=night) for night in range(life["days"])]
    rates = [by_hand(life, night) for night in nights]
    assert [Decimal(course.rate_e8(night)) / 10**8 for night in nights] == rates
    terms = {"amount": "3600000.00", "start": start.isoformat(), "maturity": until.isoformat(), "method": "bullet", "day_count": "ACT/360"}
    quoted = answer({**terms, "rate_link": course.quoted(until)})
    interest = (sum(rates) * 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert Decimal(quoted["totals"]["interest"]) == interest
