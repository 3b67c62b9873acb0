"""Cases as they stand in YAML, in `tests/cases/` and in the pages of `docs/algorithms/`: read, answered, compared."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from puhui.calculations.faults import FaultsError
from puhui.calculations.quote import answer

FOLDER = Path(__file__).parent.parent / "cases"
LIBRARIES = ("numpy-financial", "pyxirr", "quantlib")
Case = dict[str, Any]
# The same reader in C where PyYAML has it: ten times as quick.
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def all_cases() -> tuple[tuple[str, Case], ...]:
    """(file and title, case) of every case, in order of the files. Read once in a process: nobody changes a case."""
    files = sorted(FOLDER.glob("*.yaml"))
    return tuple((f"{file.stem}: {case['title']}", case) for file in files for case in yaml.load_all(file.read_bytes(), Loader))


def plain(value: Any) -> Any:
    """YAML reads dates as dates; the quote document has them as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def document_of(case: Case) -> dict[str, Any]:
    """The quote document of a case."""
    return dict(plain(case["terms"] | {key: case[key] for key in ("events", "as_of") if key in case}))


def compare(case: Case) -> None:
    """Assert that Puhui answers a case as it expects, or refuses the fields that it names."""
    if "refused" in case:
        with pytest.raises(FaultsError) as refused:
            answer(document_of(case))
        assert sorted(fault.where for fault in refused.value.faults) == sorted(case["refused"])
        return
    answered, expected = answer(document_of(case)), plain(case["expect"])
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
