"""Cases that name the clerk as their `oracle` are reckoned again by him: night by night, importing nothing of Puhui."""

from __future__ import annotations

import pytest
from tests.calculations.case_files import Case, all_cases, document_of, plain
from tests.oracle.answers import answer

CASES = [pytest.param(case, id=name) for name, case in all_cases() if case.get("oracle") == "clerk"]


@pytest.mark.parametrize("case", CASES)
def test_the_clerk_finds_the_same(case: Case) -> None:
    found, expected = answer(document_of(case)), plain(case["expect"])
    assert len(found["instalments"]) == expected.pop("count")
    rows = {row["number"]: row for row in found["instalments"]}
    for row in expected.pop("instalments"):
        assert {key: rows[row["number"]][key] for key in row} == row
    for part, values in expected.items():
        assert {key: found[part][key] for key in values} == values, part


def test_there_are_cases_of_the_clerk() -> None:
    assert len(CASES) >= 40
