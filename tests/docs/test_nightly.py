"""The night tries every property on 2,000 new examples (`tests/examples.py`): none sets a number of its own beside it."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
COUNTS = re.compile(r"\bmax_examples\s*=[^=]")


def test_no_property_sets_a_number_that_the_night_cannot_raise() -> None:
    own = [path.relative_to(TESTS).as_posix() for path in TESTS.rglob("*.py") if COUNTS.search(path.read_text("utf-8"))]
    assert own == ["examples.py"]


def test_the_night_is_one_command_and_asks_for_all_properties() -> None:
    makefile = (TESTS.parent / "Makefile").read_text("utf-8")
    line = next(line for line in makefile.splitlines() if "PUHUI_EXAMPLES=" in line)
    assert "PUHUI_EXAMPLES=2000 " in line and " -m hypothesis " in line
