"""The internal rate of flows that turn more than once, against pyxirr; where it is not the only one it is not given."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import pyxirr

from puhui.calculations.annual_cost import effective_rate

START = date(2026, 1, 15)


def flows(*pairs: tuple[int, int]) -> list[tuple[date, int]]:
    return [(START + timedelta(days=days), amount) for days, amount in pairs]


@pytest.mark.parametrize(
    "moves",
    [
        [(0, -1_000_000), (31, 1_003_100), (62, -2_000_000), (90, 5_000), (120, 2_006_000)],
        [(0, -500_000), (10, 500_500), (11, -900_000), (30, 901_800), (200, -100), (230, 101)],
        [(0, -1_000_000), (365, 1_100_000), (400, -1_000_000), (800, 1_250_000)],
    ],
)
def test_a_line_repaid_and_drawn_again(moves: list[tuple[int, int]]) -> None:
    dated = flows(*moves)
    expected = pyxirr.xirr([day for day, _ in dated], [amount for _, amount in dated])
    assert effective_rate(dated) == pytest.approx(expected, abs=1e-9)


def test_two_internal_rates_are_none() -> None:
    """−100, 230, −132 is worth nothing at 10% and at 20%; −1000, 3600, −4310, 1716 at 10, 20 and 30%."""
    assert effective_rate(flows((0, -100), (365, 230), (730, -132))) is None
    assert effective_rate(flows((0, -1000), (365, 3600), (730, -4310), (1095, 1716))) is None


def test_nothing_earned_is_nothing() -> None:
    assert effective_rate(flows((0, -100), (30, 100))) == 0.0
    assert effective_rate(flows((0, -100), (30, 90))) is None
