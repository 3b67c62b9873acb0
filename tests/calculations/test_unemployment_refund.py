"""Refund of unemployment insurance: the page's examples, bounds, and laws."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.faults import FaultsError
from puhui.calculations.unemployment_refund import refund
from puhui.products.parameters import table

PAGE = Path(__file__).parents[2] / "docs" / "algorithms" / "unemployment-refund.md"
EXAMPLES = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)]
RULE = table("unemployment-refund").row(date(2025, 6, 30))


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_page(example) -> None:
    day = date.fromisoformat(example["day"])
    target = table("unemployment-target").row(date(day.year - 1, 12, 31))["rate"]
    found = asdict(refund(**example["refund"], rule=table("unemployment-refund").row(day), target=target))
    assert {**found, "because": list(found["because"])} == example["expect"]


def test_at_the_bounds() -> None:
    assert refund(100, 30, 6, 12, RULE, 0.055).is_entitled  # a fifth of thirty
    assert refund(100, 30, 6.01, 12, RULE, 0.055).because == ("laid_off",)
    assert refund(100, 31, 2, 12, RULE, 0.055).because == ("laid_off",)  # 6.5%, above the target that counts from 31 on
    assert refund(100, 18, 0, 11, RULE, 0.055).because == ("months",)
    assert refund(10_000, 299.9, 0, 12, RULE, 0.055).refund_fen == 60
    assert refund(10_000, 300, 0, 12, RULE, 0.055).refund_fen == 30


def test_no_scheme_after_its_end_and_no_figures_below_nought() -> None:
    with pytest.raises(FaultsError, match="no row"):
        table("unemployment-refund").row(date(2026, 1, 1))
    with pytest.raises(FaultsError) as raised:
        refund(-1, 0, -1, -1, RULE, 0.055)
    assert [fault.where for fault in raised.value.faults] == ["base", "left", "months paid", "heads"]


@given(st.integers(0, 10**12), st.floats(1, 5000), st.floats(0, 5000), st.integers(0, 24))
def test_never_more_than_the_premium_and_never_more_for_more_leavers(base: int, heads: float, left: float, months: int) -> None:
    found = refund(base, heads, left, months, RULE, 0.055)
    assert 0 <= found.refund_fen <= found.premium_fen and (found.jobs == heads) == found.is_entitled
    assert refund(base, heads, left + 1, months, RULE, 0.055).refund_fen <= found.refund_fen
