"""The cases that a credit officer reads and writes: `tests/cases/*.yaml`.

Each document of a file has a `title`, the `source` of its figures, `terms` (and `events`, `as_of`), and either `expect`, of which only the
keys that stand there are compared (rows are found by their number, under `rows` by drawdown and number, `count` is the number of rows),
or `refused`: the fields named. `rounded` holds what a source prints with fewer decimals. Where the figures come from is told by `oracle`
(a library, or the clerk of `tests/oracle`), `published` (a document), `working` (sums done again by a test) or the `source` alone.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer

FOLDER = Path(__file__).parent.parent / "cases"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['title']}")
    for file in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load_all(file.read_text(encoding="utf-8"))
]


def plain(value: Any) -> Any:
    """YAML reads dates as dates; the quote document has them as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any]) -> None:
    assert case["source"], "a case names the source of its figures"
    document = plain(case["terms"] | {key: case[key] for key in ("events", "as_of") if key in case})
    if "refused" in case:
        with pytest.raises(FaultsError) as refused:
            answer(document)
        assert sorted(fault.where for fault in refused.value.faults) == sorted(case["refused"])
        return
    answered, expected = answer(document), plain(case["expect"])
    assert expected, "a case expects something"
    if "count" in expected:
        assert len(answered["instalments"]) == expected.pop("count")
    rows = {row["number"]: row for row in answered["instalments"]}
    for row in expected.pop("instalments", []):
        assert {key: rows[row["number"]][key] for key in row} == row
    by_draw = {(row.get("drawdown"), row["number"]): row for row in answered["instalments"]}
    for row in expected.pop("rows", []):
        assert {key: by_draw[row["drawdown"], row["number"]][key] for key in row} == row
    for part, values in expected.items():
        assert {key: answered[part][key] for key in values} == values, part
    for part, values in case.get("rounded", {}).items():
        for key, value in values.items():
            assert Decimal(answered[part][key]).quantize(Decimal(value), ROUND_HALF_UP) == Decimal(value), key


def test_there_are_250_cases_of_outside_figures_and_100_of_others() -> None:
    documents = [each.values[0] for each in CASES]
    figures = [case for case in documents if "expect" in case]
    of_others = [case for case in figures if "published" in case or case.get("oracle") in ("quantlib", "numpy-financial", "pyxirr")]
    assert len(figures) >= 250
    assert len(of_others) >= 100
