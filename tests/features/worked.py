"""Set a firm worked out by hand beside what is computed: every variable of a module must have its figure, or be named as null."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from puhui.features import registry
from puhui.features.profiles import compute_profile

from .record_frames import record_frame

AS_OF = date(2025, 1, 20)
"""December 2024 is the last closed month: events of "12m" happened from 1 January 2024 on, of "24m" from 2023, of "36m" from 2022."""

Rows = Mapping[str, list[dict[str, Any]]]


def frames_of(rows: Rows, firm_id: int = 1) -> dict[str, pl.DataFrame]:
    """Records by name → their frames."""
    return {record: record_frame(record, told, firm_id) for record, told in rows.items()}


def names_of(module: str) -> list[str]:
    return [variable.name for each in registry.modules() if each.name == module for variable in each.variables]


def values_of(module: str, frames: Mapping[str, pl.DataFrame], as_of: date | datetime = AS_OF) -> dict[str, float | None]:
    """The variables of a module for the only firm of the frames."""
    found = compute_profile(frames, as_of, names_of(module))
    assert found.height == 1
    return {name: value for name, value in found.row(0, named=True).items() if name != "firm_id"}


def assert_worked(module: str, frames: Mapping[str, pl.DataFrame], expected: Mapping[str, float | None]) -> None:
    """Every variable of the module as worked out, and none forgotten."""
    found = values_of(module, frames)
    assert found.keys() == expected.keys()
    wrong = {name: (found[name], value) for name, value in expected.items() if not _same(found[name], value)}
    assert wrong == {}, "found, worked out"


def _same(found: float | None, value: float | None) -> bool:
    if found is None or value is None:
        return found is value
    return bool(found == pytest.approx(value, rel=1e-9))
