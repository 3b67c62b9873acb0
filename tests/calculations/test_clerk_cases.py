"""Cases that name the clerk as their `oracle` are reckoned again by him: night by night, importing nothing of Puhui."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.calculations.test_cases import plain
from tests.oracle.answers import answer

FILES = sorted((Path(__file__).parent.parent / "cases").glob("*.yaml"))
CASES = [
    pytest.param(case, id=case["title"])
    for file in FILES
    for case in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    if case.get("oracle") == "clerk"
]


@pytest.mark.parametrize("case", CASES)
def test_the_clerk_finds_the_same(case: dict[str, Any]) -> None:
    found = answer(plain(case["terms"] | {key: case[key] for key in ("events", "as_of") if key in case}))
    expected = plain(case["expect"])
    assert len(found["instalments"]) == expected.pop("count")
    rows = {row["number"]: row for row in found["instalments"]}
    for row in expected.pop("instalments"):
        assert {key: rows[row["number"]][key] for key in row} == row
    for part, values in expected.items():
        assert {key: found[part][key] for key in values} == values, part


def test_there_are_cases_of_the_clerk() -> None:
    assert len(CASES) >= 40
