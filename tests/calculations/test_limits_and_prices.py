"""Limits, prices, buckets and expected loss: small tables of input and expected value, and laws."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.classification import CLASSES, bucket_label, bucket_of, class_by_days, worst_class
from puhui.calculations.expected_loss import YearOfLife, expected_loss, lifetime_expected_loss
from puhui.calculations.limits import least_bound, limit_under
from puhui.calculations.money import amount_text, decimal_fraction, round_quotient
from puhui.calculations.pricing import churn_at, churn_aware_rate, profit_per_unit, required_rate

BOUNDS = (0, 30, 60, 90, 180)
CURVE = [(40_000, 0), (60_000, 100_000), (80_000, 300_000), (100_000, 700_000)]


@pytest.mark.parametrize(
    ("days", "bucket", "label"),
    [
        (0, 0, "0"),
        (1, 1, "1-30"),
        (30, 1, "1-30"),
        (31, 2, "31-60"),
        (90, 3, "61-90"),
        (91, 4, "91-180"),
        (180, 4, "91-180"),
        (181, 5, "181+"),
    ],
)
def test_buckets(days: int, bucket: int, label: str) -> None:
    assert bucket_of(days, BOUNDS) == bucket
    assert bucket_label(bucket, BOUNDS) == label


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (0, "normal"),
        (1, "special_mention"),
        (90, "special_mention"),
        (91, "substandard"),
        (270, "substandard"),
        (271, "doubtful"),
        (361, "loss"),
    ],
)
def test_class_by_days(days: int, found: str) -> None:
    assert class_by_days(days, (0, 90, 270, 360)) == found


def test_the_worst_class_counts() -> None:
    assert worst_class("normal", "substandard", "special_mention") == "substandard"
    assert CLASSES[0] == "normal"
    with pytest.raises(ValueError, match="below 0"):
        bucket_of(-1, BOUNDS)
    with pytest.raises(ValueError, match="rise"):
        bucket_of(1, (30, 0))


def test_expected_loss() -> None:
    assert expected_loss(100_000_000, 20_000, 450_000) == 900_000
    assert expected_loss(1, 500_000, 1_000_000) == 1, "half a fen is rounded up"
    years = [YearOfLife(100_000_000, 20_000, 450_000), YearOfLife(50_000_000, 20_000, 450_000)]
    by_hand = Fraction(900_000) / Fraction(104, 100) + Fraction(450_000) / Fraction(104, 100) ** 2
    assert lifetime_expected_loss(years, 40_000) == round(by_hand)
    with pytest.raises(ValueError, match="PD"):
        expected_loss(1, 1_000_001, 0)


def test_least_bound_names_the_first_of_equals() -> None:
    assert least_bound([("invoices", 5), ("cap", 3), ("tax", 3)]) == ("cap", 3)
    with pytest.raises(ValueError, match="at least one"):
        limit_under({"taxes": None})


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 10**12), min_size=1, max_size=5),
    st.integers(0, 10**12),
    st.integers(1, 10**6),
)
def test_a_limit_never_passes_a_bound(bounds: dict[str, int], exposure: int, multiple: int) -> None:
    limit = limit_under(bounds, exposure=exposure, multiple=multiple)
    assert limit.amount + exposure <= min(bounds.values()) or limit.amount == 0
    assert limit.amount % multiple == 0
    assert bounds[limit.binding] == min(bounds.values())


def test_required_rate_is_never_short() -> None:
    rate = required_rate(funding_ppm=21_000, operations_ppm=6_000, pd_ppm=20_001, lgd_ppm=450_000, hurdle_ppm=110_000, capital_ppm=75_000)
    assert rate == 44_251, "0.45 ppm more are rounded up"
    assert required_rate(funding_ppm=0, operations_ppm=0, pd_ppm=0, lgd_ppm=0, hurdle_ppm=0, capital_ppm=0, fees_ppm=5) == 0


@given(st.integers(0, 300_000), st.integers(0, 1_000_000), st.integers(0, 60_000), st.integers(40_000, 99_000))
def test_no_rate_in_reach_earns_more(pd: int, lgd: int, cost: int, lowest: int) -> None:
    best = churn_aware_rate(CURVE, pd_ppm=pd, lgd_ppm=lgd, cost_ppm=cost, minimum_ppm=lowest, multiple_ppm=500)
    top = profit_per_unit(best.rate_ppm, churn_at(CURVE, best.rate_ppm), pd, lgd, cost)
    for rate in range(-(-lowest // 500) * 500, 100_001, 500):
        assert profit_per_unit(rate, churn_at(CURVE, rate), pd, lgd, cost) <= top


def test_churn_between_and_beyond_the_points() -> None:
    assert churn_at(CURVE, 50_000) == 50_000
    assert churn_at(CURVE, 10_000) == 0
    assert churn_at(CURVE, 200_000) == 700_000
    beyond = churn_aware_rate(CURVE, pd_ppm=0, lgd_ppm=0, cost_ppm=0, minimum_ppm=120_000)
    assert (beyond.rate_ppm, beyond.outside_table) == (120_000, True)
    with pytest.raises(ValueError, match="rise"):
        churn_aware_rate([(2, 0), (1, 0)], pd_ppm=0, lgd_ppm=0, cost_ppm=0)


@pytest.mark.parametrize(
    ("numerator", "half_up", "half_even", "down", "up"),
    [(5, 1, 0, 0, 1), (15, 2, 2, 1, 2), (25, 3, 2, 2, 3), (14, 1, 1, 1, 2), (-15, -2, -2, -1, -2), (-25, -3, -2, -2, -3), (20, 2, 2, 2, 2)],
)
def test_rounding(numerator: int, half_up: int, half_even: int, down: int, up: int) -> None:
    found = tuple(round_quotient(numerator, 10, mode) for mode in ("half_up", "half_even", "down", "up"))
    assert found == (half_up, half_even, down, up)


def test_amounts_as_text() -> None:
    assert [amount_text(-5, 2), amount_text(5, 0), amount_text(1234, 3)] == ["-0.05", "5", "1.234"]
    assert [decimal_fraction(text) for text in ("1e3", "+1", "1.", ".5", " 1", "1,000", "１", None, 1)] == [None] * 9
