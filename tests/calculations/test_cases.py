"""The cases that a credit officer reads and writes: `tests/cases/*.yaml`, told in `tests/cases/README.md`."""

from __future__ import annotations

import pytest
from tests.calculations.case_files import LIBRARIES, Case, all_cases, compare

CASES = all_cases()


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
def test_case(case: Case) -> None:
    assert case["source"], "a case names the source of its figures"
    compare(case)


def test_there_are_250_cases_of_outside_figures_and_100_of_others() -> None:
    figures = [case for _, case in CASES if "expect" in case]
    of_others = [case for case in figures if "published" in case or case.get("oracle") in LIBRARIES]
    assert len(figures) >= 250
    assert len(of_others) >= 100


def test_each_case_stands_there_once() -> None:
    names = [name for name, _ in CASES]
    assert len(set(names)) == len(names)
