"""What is said of a score at work, against figures worked out by hand."""

from __future__ import annotations

from math import log, sqrt

import polars as pl
import pytest

from puhui.scoring.monitoring import Limits, bands_of, calibration, groups, shares_in, stability_index, state_of, vintages

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
