"""Anchored scores and cash-flow sheets: the page's examples, the domain's equity cases, and laws."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puhui.calculations.cash_flow_sheet import sheet
from puhui.calculations.soft_information import ANCHORS, agreed, differences, section_score

PAGE = Path(__file__).parents[2] / "docs" / "algorithms" / "soft-information.md"
SCORES, CASH_FLOW = (json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))


def test_the_scores_of_the_page() -> None:
    scores = [section_score(SCORES["weights"], answers, 0.5) for answers in SCORES["sheets"]]
    assert scores == SCORES["scores"]
    assert agreed(scores, 25).score == SCORES["agreed"]
    assert differences(SCORES["sheets"], SCORES["weights"]) == set(SCORES["differ"])


def test_the_sheet_of_the_page() -> None:
    found = asdict(sheet(CASH_FLOW["answers"]))
    for name, value in CASH_FLOW["figures"].items():
        assert found[name] == pytest.approx(value, abs=5e-5), name
    assert dict(found["estimates"]) == {"calendar": 114_000_000, "flow": 109_440_000, "purchase": 114_240_000}


@pytest.mark.parametrize(("actual_yuan", "gap"), [(425_000, 0.035), (330_000, 0.333), (560_000, 0.214)])
def test_the_equity_cases_of_the_technique(actual_yuan: int, gap: float) -> None:
    """Start 300,000, profit 240,000, a flat of 100,000: 440,000 should be there."""
    answers = {"cash": actual_yuan * 100, "equity_initial": 30_000_000, "equity_profits": 24_000_000, "equity_drawn": 10_000_000}
    assert sheet(answers).equity_gap == pytest.approx(gap, abs=5e-4)


def test_what_is_not_answered_is_null_and_not_nothing() -> None:
    empty = sheet({})
    assert all(value is None or value == () for value in asdict(empty).values())
    assert sheet({"months_good": 6, "sales_good": 100}).sales_year_fen is None, "six months are no year"
    assert sheet({"months_good": 12}).sales_year_fen is None
    assert sheet({"cash": 100, "payables": 200, "equity_initial": 1}).equity_gap is None, "nothing to divide by"


def test_two_who_lie_far_apart_need_a_third() -> None:
    assert (agreed([80, 50], 25).score, agreed([80, 50], 25).needs_third) == (None, True)
    assert (agreed([80, 50, 55], 25).score, agreed([80, 50, 55], 25).needs_third) == (55, False)
    assert (agreed([80, None], 25).score, agreed([80, None], 25).raters) == (80, 1)
    assert agreed([None], 25).score is None
    assert agreed([75, 50], 25).needs_third and not agreed([75, 51], 25).needs_third


answers = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(ANCHORS))


@given(answers, st.floats(0.1, 1))
def test_a_score_lies_between_its_items(given_: dict[str, float], fewest: float) -> None:
    weights = {"a": 3, "b": 2, "c": 3, "d": 2}
    found = section_score(weights, given_, fewest)
    told = sum(weights[name] for name in given_)
    assert (found is None) == (told < fewest * 10 - 1e-9 or not told)
    if found is not None:
        assert min(given_.values()) <= found <= max(given_.values())
        raised = {name: min(value + 25, 100) for name, value in given_.items()}
        assert section_score(weights, raised, fewest) >= found
