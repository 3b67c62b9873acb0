"""Worth of a technology firm: the page's examples, a slow recomputation of the interval, and laws."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.faults import FaultsError
from puhui.calculations.valuation import SIDES, Side, value_sides, valued
from puhui.products.parameters import table

DAY = date(2026, 1, 5)
PAGE = Path(__file__).parents[2] / "docs" / "algorithms" / "valuation.md"
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)]
RULES = table("technology-valuation").valid_on(DAY)
ALONE = next(row["least_factor_alone"] for row in RULES if row["side"] == "research")


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_page(example: dict[str, Any]) -> None:
    given_ = dict(example["valuation"])
    deals = table("technology-deals").row(DAY, code=given_.pop("deals"))
    found = valued(value_sides(RULES, deals, **given_), ALONE)
    expected = dict(example["expect"])
    assert {side.name: side.middle_fen for side in found.sides} == expected.pop("sides")
    for name, value in expected.items():
        assert getattr(found, name) == (pytest.approx(value, abs=5e-4) if isinstance(value, float) else value), name


sides = st.lists(
    st.builds(Side, st.just("one"), st.integers(1, 10**13), st.floats(1.01, 5), st.floats(0.05, 1)), min_size=1, max_size=4
)  # fmt: skip


@given(sides)
def test_the_interval_recomputed_by_moments(found: list[Side]) -> None:
    """The same by the standard library's normal distribution: mean and variance of the logarithms, its ninth tenth."""
    from math import exp, log

    whole = sum(side.weight for side in found)
    mean = sum(side.weight * log(side.middle_fen) for side in found) / whole
    tenth = NormalDist().inv_cdf(0.9)
    own = sum(side.weight * log(side.factor) for side in found) / whole / tenth
    between = (
        log(2.0) / tenth if len(found) == 1 else (sum(side.weight * (log(side.middle_fen) - mean) ** 2 for side in found) / whole) ** 0.5
    )
    high = exp(NormalDist(mean, (own**2 + between**2) ** 0.5).inv_cdf(0.9))
    answer = valued(found, 2.0)
    assert answer.high_fen == pytest.approx(high, rel=1e-6, abs=2)
    assert answer.low_fen <= answer.middle_fen <= answer.high_fen
    assert min(side.middle_fen for side in found) - 1 <= answer.middle_fen <= max(side.middle_fen for side in found) + 1


@given(sides, st.integers(2, 9))
def test_a_firm_n_times_as_large_is_worth_n_times_as_much(found: list[Side], times: int) -> None:
    larger = [Side(side.name, side.middle_fen * times, side.factor, side.weight) for side in found]
    assert valued(larger, 2.0).middle_fen == pytest.approx(valued(found, 2.0).middle_fen * times, rel=1e-9, abs=times)
    assert valued(larger, 2.0).factor == pytest.approx(valued(found, 2.0).factor)


def test_sides_that_contradict_each_other_widen_the_interval() -> None:
    agreed = valued([Side("a", 100, 1.5, 0.5), Side("b", 100, 1.5, 0.5)], 1.8)
    apart = valued([Side("a", 25, 1.5, 0.5), Side("b", 400, 1.5, 0.5)], 1.8)
    assert agreed.middle_fen == apart.middle_fen == 100
    assert agreed.factor == pytest.approx(1.5) and apart.factor > 5


def test_points_place_the_firm_between_the_quartiles_of_deals() -> None:
    deals = {"multiple_low": 0.5, "multiple_middle": 1.0, "multiple_high": 3.0}
    found = [value_sides(RULES, deals, sales_fen=100, points=points)[2].middle_fen for points in (0, 25, 50, None, 75, 100)]
    assert found == [50, 75, 100, 100, 200, 300]


def test_figures_out_of_bounds_are_all_named() -> None:
    with pytest.raises(FaultsError) as raised:
        value_sides(RULES[1:], {}, research_fen=[-1], sales_fen=-2, points=101)
    assert [fault.where for fault in raised.value.faults] == ["side research", "amount", "amount", "points"]


def test_the_tables_have_every_side_and_order_their_quartiles() -> None:
    assert {row["side"] for row in RULES} == set(SIDES) and all(row["factor"] > 1 for row in RULES)
    rows = table("technology-deals").valid_on(DAY)
    assert all(row["multiple_low"] < row["multiple_middle"] < row["multiple_high"] for row in rows)
    assert [row["code"] for row in rows if not row["industries"]] == ["other"]
