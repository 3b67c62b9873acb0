"""Stages, probation and expected loss against figures reckoned by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.loss_stages import (
    Bucket,
    LossRules,
    Scenario,
    StageFacts,
    allowance_moves,
    commitment_loss,
    default_probability,
    exposure_loss,
    floor_shares,
    stage_of,
)

DAY = date(2026, 6, 30)
ONE = (Scenario("base", 1_000_000, 1_000_000, 1_000_000),)
RULES = LossRules(30, 90, ("special_mention",), ("substandard", "doubtful", "loss"), {2: 90, 3: 180}, 30, 750_000, ONE)


@pytest.mark.parametrize(
    ("facts", "stage", "reason"),
    [
        ((0, "normal", False), 1, "none"),
        ((30, "normal", False), 1, "none"),
        ((31, "normal", False), 2, "days_past_due"),
        ((90, "special_mention", False), 2, "days_past_due"),
        ((91, "special_mention", False), 3, "days_past_due"),
        ((0, "special_mention", False), 2, "class"),
        ((0, "doubtful", True), 3, "class"),
        ((0, "normal", True), 2, "restructured"),
    ],
)
def test_the_stage_and_why(facts: tuple[int, str, bool], stage: int, reason: str) -> None:
    found = stage_of(StageFacts(DAY, *facts), RULES)
    assert (found.stage, found.reason, found.clean_since) == (stage, reason, None)


def test_a_loan_leaves_stage_three_in_two_steps_after_two_probations() -> None:
    """Cured on 30 June: stage 3 for 180 days from then, stage 2 for 90 more."""
    stage, clean, history = 3, None, []
    for number in range(11):
        day = DAY + timedelta(days=30 * number)
        stage, reason, clean = stage_of(StageFacts(day, 0, "normal", False, stage, clean), RULES)
        history.append((stage, reason))
    assert history == [(3, "probation")] * 6 + [(2, "probation")] * 3 + [(1, "none")] * 2
    assert stage_of(StageFacts(DAY, 95, "normal", False, 2, DAY), RULES).stage == 3, "worse at once, whatever the probation"


def test_twelve_months_of_a_flat_exposure() -> None:
    """1,000,000 × 2% × 45% ÷ 1.05 = 8,571.43."""
    year = [Bucket(0.0, 1.0, 1_000_000_00)]
    assert exposure_loss(1, 1_000_000_00, year, 20_000, 450_000, 50_000, RULES) == 8_571_43
    assert exposure_loss(3, 1_000_000_00, year, 20_000, 450_000, 50_000, RULES) == 450_000_00


def test_stage_two_looks_over_the_whole_life_by_a_constant_hazard() -> None:
    """Two years at 2%: 2% of the first, 2% × 98% of the second, each discounted at 5%."""
    years = [Bucket(0.0, 1.0, 1_000_000_00), Bucket(1.0, 2.0, 500_000_00)]
    first = Decimal("1000000") * Decimal("0.02") / Decimal("1.05")
    second = Decimal("500000") * Decimal("0.98") * Decimal("0.02") / Decimal("1.05") ** 2
    expected = ((first + second) * Decimal("0.45")).quantize(Decimal("0.01"))
    assert exposure_loss(2, 1_000_000_00, years, 20_000, 450_000, 50_000, RULES) == int(expected * 100)
    assert exposure_loss(1, 1_000_000_00, years, 20_000, 450_000, 50_000, RULES) == 8_571_43
    assert default_probability(20_000, 2) == pytest.approx(0.0396)


def test_scenarios_are_weighted_and_capped() -> None:
    """60% × 2% × 45% + 40% × 4% × 54% = 1.404% of 1,000,000, undiscounted."""
    scenarios = (Scenario("base", 600_000, 1_000_000, 1_000_000), Scenario("worse", 400_000, 2_000_000, 1_200_000))
    rules = LossRules(30, 90, (), (), {2: 90, 3: 180}, 30, 750_000, scenarios)
    year = [Bucket(0.0, 1.0, 1_000_000_00)]
    assert exposure_loss(1, 1_000_000_00, year, 20_000, 450_000, 0, rules) == 14_040_00
    assert exposure_loss(3, 1_000_000_00, year, 20_000, 950_000, 0, rules) == round(1_000_000_00 * (0.6 * 0.95 + 0.4 * 1.0))


def test_what_may_still_be_drawn_counts_with_its_conversion() -> None:
    """75% of 400,000 for a year at 2% × 45%, undiscounted: 2,700.00."""
    assert commitment_loss(1, 400_000_00, 1.0, 20_000, 450_000, 0, RULES) == 2_700_00
    assert commitment_loss(3, 400_000_00, 1.0, 20_000, 450_000, 0, RULES) == 135_000_00


def test_the_five_class_floor() -> None:
    """domain/practice.md 11: 1.5/3/30/60/100%."""
    shares = {"normal": 15_000, "special_mention": 30_000, "substandard": 300_000, "doubtful": 600_000, "loss": 1_000_000}
    assert floor_shares(dict.fromkeys(shares, 100_00), shares) == 1_50 + 3_00 + 30_00 + 60_00 + 100_00


def test_allowances_move_between_stages_before_they_cost_anything() -> None:
    moves = allowance_moves({"one": 100, "two": 300, "three": 0}, {"one": 250, "two": 50, "three": 20}, "expense")
    assert {tuple(move) for move in moves} == {("one", "two", 150), ("three", "two", 20), ("expense", "two", 80)}


roles = st.dictionaries(st.sampled_from(["one", "two", "three"]), st.integers(-1000, 1000))


@given(roles, roles)
def test_moves_end_at_the_targets(targets: dict[str, int], held: dict[str, int]) -> None:
    end = {role: held.get(role, 0) for role in {*targets, *held}}
    for debit, credit, amount in allowance_moves(targets, held, "expense"):
        assert amount > 0 and debit != credit
        end[debit] = end.get(debit, 0) - amount
        end[credit] = end.get(credit, 0) + amount
    end.pop("expense", None)
    assert end == {role: targets.get(role, 0) for role in end}


@given(st.integers(1, 900_000), st.integers(0, 1_000_000), st.integers(0, 240_000), st.integers(1, 10**9))
def test_a_worse_stage_never_costs_less(pd_ppm: int, lgd_ppm: int, rate_ppm: int, exposure: int) -> None:
    years = [Bucket(float(year), year + 1.0, exposure) for year in range(3)]
    losses = [exposure_loss(stage, exposure, years, pd_ppm, lgd_ppm, rate_ppm, RULES) for stage in (1, 2, 3)]
    assert 0 <= losses[0] <= losses[1] <= losses[2] <= exposure
