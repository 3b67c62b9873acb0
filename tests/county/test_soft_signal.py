"""The planted signal is found where papers are thin, nothing is found where nothing was planted, and the page tells what was measured."""

from __future__ import annotations

import re
from pathlib import Path

from puhui.county.soft_signal import added_value

PAGE = Path(__file__).parents[2] / "docs" / "algorithms" / "soft-information.md"
FIRMS = 1_500


def test_a_planted_signal_adds_and_none_does_not() -> None:
    planted, control = added_value(FIRMS), added_value(FIRMS, planted=False)
    assert planted.low > 0, planted
    assert control.low <= 0 and control.gain < planted.gain / 3, control
    assert planted.without == control.without, "the papers are the same"


def test_the_page_says_where_it_adds_nothing() -> None:
    """With two years of sales the interval holds nought; the sentence below the table says so, too."""
    rows = re.findall(r"^\| (a quarter|two years) of sales \| of the firm .*\(([+−]\d\.\d{3}) … ", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [(papers, low.replace("−", "-")) for papers, low in rows] == [("a quarter", "+0.046"), ("two years", "-0.000")]
