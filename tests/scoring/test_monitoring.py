"""What is said of a score at work, against figures worked out by hand."""

from __future__ import annotations

from datetime import date
from math import log, sqrt

import numpy as np
import polars as pl
import pytest
import scipy.stats

from puhui.reports.monitoring_outcomes import settled_until, truth_rows
from puhui.reports.monitoring_words import alarm_causes, bin_named
from puhui.scoring.models import ScoreAlarm
from puhui.scoring.monitoring import (
    Limits,
    Span,
    bands_of,
    calibration,
    chance_of_events,
    events_by_chance,
    groups,
    index_by_chance,
    shares_in,
    spans,
    stability_index,
    state_of,
    vintages,
)

LIMITS = Limits(stability_watch=0.1, stability_alarm=0.25, least_cases=4, approval_ratio_least=0.8)


def test_the_stability_index_by_hand() -> None:
    # A textbook pair of shares: (0.2 − 0.25) ln(0.2/0.25) + (0.5 − 0.5) ln 1 + (0.3 − 0.25) ln(0.3/0.25)
    by_hand = -0.05 * log(0.8) + 0.0 + 0.05 * log(1.2)
    assert stability_index([25, 50, 25], [20, 50, 30]) == pytest.approx(by_hand, abs=1e-12)
    assert by_hand == pytest.approx(0.020273, abs=1e-6)
    assert stability_index([0.25, 0.5, 0.25], [200, 500, 300]) == pytest.approx(by_hand, abs=1e-12), "shares and counts are one"
    assert stability_index([10, 20], [100, 200]) == pytest.approx(0.0, abs=1e-12)


def test_an_empty_band_is_half_a_case() -> None:
    then, now = [10 / 20, 10 / 20], [20 / 20.5, 0.5 / 20.5]
    by_hand = sum((b - a) * log(b / a) for a, b in zip(then, now, strict=True))
    assert stability_index([10, 10], [20, 0]) == pytest.approx(by_hand, abs=1e-12)
    with pytest.raises(ValueError, match="no case"):
        stability_index([0, 0], [1, 1])


def test_bands_hold_each_case_once() -> None:
    points = [400, 410, 420, 430, 440, 450, 460, 470, 480, 490]
    assert bands_of(points, 5) == [410, 430, 450, 470]
    assert shares_in([410, 430, 450, 470], points) == [2, 2, 2, 2, 2]
    assert shares_in([410, 430], [409, 410, 411, 430, 431, 900]) == [2, 2, 2], "a bound belongs to the band that it closes"
    assert bands_of([500, 500, 500]) == [] and shares_in([], [500, 700]) == [2]


def test_states() -> None:
    assert [state_of(index, 4, LIMITS) for index in (0.0999, 0.1, 0.2499, 0.25)] == ["steady", "watch", "watch", "alarm"]
    assert state_of(0.3, 40, LIMITS, by_chance=0.31) == "few", "so many cases differ as much by chance"
    assert state_of(0.3, 40, LIMITS, by_chance=0.29) == "alarm" and state_of(0.05, 40, LIMITS, by_chance=0.5) == "steady"
    assert state_of(9.0, 3, LIMITS) == state_of(None, 100, LIMITS) == "few"


def loans() -> pl.DataFrame:
    return pl.DataFrame(
        [("2026-01", 0.4, True), ("2026-01", 0.1, False), ("2026-01", 0.2, True), ("2026-01", 0.3, False), ("2026-02", 0.1, False)],
        schema=["month", "probability", "defaulted"],
        orient="row",
    )


def test_order_by_month_by_hand() -> None:
    # Pairs (defaulted, repaid) of January: 0.4 above 0.1 and 0.3; 0.2 above 0.1, below 0.3: 3 of 4. Above 0.4 and 0.2: bad 1/2 first.
    january, february = vintages(loans()).rows()
    assert january == ("2026-01", 4, 2, 0.75, 0.5)
    assert february == ("2026-02", 1, 0, None, None)


def test_truth_by_month_by_hand() -> None:
    # January: expected 1.0; spread 1.96 × √(0.24 + 0.09 + 0.16 + 0.21) = 1.96 × √0.70 = 1.639878
    january, february = calibration(loans()).rows(named=True)
    assert january["expected"] == pytest.approx(1.0) and january["events"] == 2 and january["holds"]
    assert january["high"] == pytest.approx(1 + 1.96 * sqrt(0.70) + 0.5) and january["low"] == 0.0
    assert february["high"] == pytest.approx(0.1 + 1.96 * 0.3 + 0.5)
    many = pl.DataFrame({"month": ["2026-03"] * 100, "probability": [0.03] * 100, "defaulted": [True] * 12 + [False] * 88})
    breach = calibration(many).row(0, named=True)
    assert breach["high"] == pytest.approx(3 + 1.96 * sqrt(2.91) + 0.5) and not breach["holds"], "12 where at most 6.8 are chance"


def test_the_index_of_draws_of_the_same_cases_passes_its_chance_as_often_as_told() -> None:
    """4,000 pairs of samples from one population: 5% and 1% of the indices are beyond what is told for them."""
    generator = np.random.default_rng(11)
    then, now = (generator.multinomial(cases, [0.2] * 5, size=4000) for cases in (400, 150))
    found = [stability_index(*pair) for pair in zip(then, now, strict=True)]
    for chance in (0.05, 0.01):
        beyond = np.mean(np.array(found) > index_by_chance(5, 400, 150, chance))
        assert beyond == pytest.approx(chance, abs=4 * sqrt(chance / 4000)), chance
    assert index_by_chance(1, 400, 150, 0.01) == 0.0


def test_chance_of_defaults_by_hand_and_by_scipy() -> None:
    # 10 loans of 10%: P(X ≥ 3) = 1 − 0.9^10 − 10·0.1·0.9^9 − 45·0.01·0.9^8
    tail = 1 - 0.9**10 - 0.9**9 - 0.45 * 0.9**8
    assert chance_of_events(10, 1.0, 3) == pytest.approx(2 * tail)
    assert chance_of_events(10, 1.0, 1) == 1.0
    for cases, share in ((50, 0.22), (400, 0.03), (30, 0.2)):
        low, high = events_by_chance(cases, cases * share, 0.01)
        tails = [
            scipy.stats.binomtest(count, cases, share, "less" if count < cases * share else "greater").pvalue for count in range(cases + 1)
        ]
        inside = [count for count, tail in enumerate(tails) if tail >= 0.005]
        assert (low, high) == (min(inside), max(inside))


def test_loans_are_held_against_what_was_expected_by_age() -> None:
    rows = [("2025-07", 0.1, False)] * 6 + [("2025-08", 0.1, True)] * 2 + [("2025-09", 0.2, False)] * 3 + [("2026-01", 0.2, True)] * 5
    loans = pl.DataFrame(rows, schema=["month", "probability", "defaulted"], orient="row")
    settled, newest, young = spans(loans, "2025-09", 4)
    assert settled == Span("", 11, pytest.approx(0.6 + 0.2 + 0.6), 2, True)
    assert newest == Span("newest", 5, pytest.approx(0.8), 2, True), "September alone has three, with August five"
    assert young == Span("young", 5, pytest.approx(1.0), 5, False)
    early = spans(loans, "2025-06", 4)
    assert [(one.name, one.cases) for one in early] == [("", 0), ("young", 16)], "the newest are not told beside all where they are all"


def test_a_month_is_settled_when_its_youngest_loan_is_old_enough() -> None:
    assert settled_until(date(2026, 3, 31), 6) == "2025-09"
    assert settled_until(date(2026, 3, 30), 6) == "2025-08"
    assert settled_until(date(2026, 1, 5), 6) == "2025-06"


def test_young_months_with_fewer_defaults_are_too_young_to_tell() -> None:
    rows = [("2025-09", 0.2, False)] * 60 + [("2026-01", 0.2, False)] * 60 + [("2026-02", 0.02, True)] * 9 + [("2026-02", 0.02, False)] * 51
    told = truth_rows("m", pl.DataFrame(rows, schema=["month", "probability", "defaulted"], orient="row"), "2025-09")
    assert [(row[1], row[-1]) for row in told] == [("2025-09", "no"), ("2026-01", "young"), ("2026-02", "no")]
    assert told[0][-2] == pytest.approx(2 * 0.8**60)


def test_groups_are_held_against_the_highest_and_small_ones_are_not_told() -> None:
    rows = [("north", True, 0.1, False)] * 8 + [("north", False, 0.2, None)] * 2  # 80% approved
    rows += [("south", True, 0.1, True)] * 6 + [("south", False, 0.2, None)] * 4  # 60%: 0.75 of the highest
    rows += [("west", True, 0.1, None)] * 3  # three firms, all approved: would be the highest
    frame = pl.DataFrame(rows, schema=["region", "approved", "probability", "defaulted"], orient="row")
    found = {row["group"]: row for row in groups(frame, "region", LIMITS).rows(named=True)}
    assert (found["north"]["approved_share"], found["north"]["ratio"], found["north"]["state"]) == (0.8, 1.0, "steady")
    assert found["south"]["ratio"] == pytest.approx(0.75) and found["south"]["state"] == "watch"
    assert found["south"]["default_share"] == 1.0 and found["north"]["default_share"] == 0.0
    assert (found["west"]["cases"], found["west"]["approved_share"], found["west"]["state"]) == (3, None, "few")


def test_bins_and_causes_are_told_in_the_readers_language() -> None:
    labels = ("below 2.5", "-0.41 to below -0.16", "1,000 or more", "any value", "missing", "(other)", "north, south")
    assert [bin_named(label, "zh-hans") for label in labels] == [
        "低于 2.5", "-0.41 至低于 -0.16", "1,000 及以上", "任意值", "缺失", "（其他）", "north, south",
    ]  # fmt: skip
    assert [bin_named(label, "en") for label in labels] == list(labels)
    alarm = ScoreAlarm(measure="order", causes=[{"variable": "unknown_name", "points": -6.07, "share": 0.148}])
    assert alarm_causes(alarm, "zh-hans") == ["unknown_name −6.1分（15%）"]
    assert alarm_causes(alarm, "en") == ["unknown_name −6.1 points (15%)"]
