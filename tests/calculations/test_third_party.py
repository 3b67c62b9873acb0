"""Cases that name an `oracle` of others are computed again by those libraries: their figures are not ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.calculations.third_party import recomputed

FOLDER = Path(__file__).parent.parent / "cases"
LIBRARIES = {"numpy-financial", "pyxirr", "quantlib"}
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['title']}")
    for file in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    if case.get("oracle") in LIBRARIES
]


@pytest.mark.parametrize("case", CASES)
def test_the_libraries_find_the_same(case: dict[str, Any]) -> None:
    assert recomputed(case["terms"], case["expect"]) == case["expect"]


def test_a_hundred_cases_rest_on_libraries() -> None:
    assert len(CASES) >= 100
