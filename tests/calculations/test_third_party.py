"""Cases that name an `oracle` of others are computed again by those libraries: their figures are not ours."""

from __future__ import annotations

import pytest
from tests.calculations.case_files import LIBRARIES, Case, all_cases
from tests.calculations.third_party import recomputed

CASES = [pytest.param(case, id=name) for name, case in all_cases() if case.get("oracle") in LIBRARIES]


@pytest.mark.parametrize("case", CASES)
def test_the_libraries_find_the_same(case: Case) -> None:
    assert recomputed(case["terms"], case["expect"]) == case["expect"]


def test_a_hundred_cases_rest_on_libraries() -> None:
    assert len(CASES) >= 100
