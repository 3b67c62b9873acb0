"""Cases that show their `working` are reckoned by it: each sum is done again, and each figure expected stands in one."""

from __future__ import annotations

import pytest
from tests.calculations.case_files import Case, all_cases
from tests.calculations.workings import unexplained, wrong_sums

CASES = [pytest.param(case, id=name) for name, case in all_cases() if "working" in case]


@pytest.mark.parametrize("case", CASES)
def test_the_working_comes_out(case: Case) -> None:
    assert wrong_sums(case) == []


@pytest.mark.parametrize("case", CASES)
def test_every_figure_expected_stands_in_the_working(case: Case) -> None:
    assert unexplained(case) == []


def test_a_wrong_sum_and_a_figure_from_nowhere_are_found() -> None:
    case = {"terms": {"amount": "100.00"}, "working": ["100 × 3% = 3.01"], "expect": {"totals": {"interest": "3.00", "fee": "100.00"}}}
    assert wrong_sums(case) == ["100 × 3% = 3.01"]
    assert unexplained({**case, "working": ["100 × 4% = 4.00"]}) == ["3.00"]


def test_there_are_workings() -> None:
    assert len(CASES) >= 100
