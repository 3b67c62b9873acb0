"""Bounds of cross-checks: those of the table, and those of like firms where a check asks for them."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from puhui.features import registry
from puhui.features.cross_checks import checks_on, outcomes

DAY = date(2025, 6, 30)
PEERS = {"firm_id": pl.Int64, "variable": pl.String, "p01": pl.Float64, "p99": pl.Float64}


def outcome(variable: str, value: float, code: str, peers: pl.DataFrame | None = None) -> dict[str, Any]:
    found = outcomes(pl.DataFrame({"firm_id": [1], variable: [value]}), DAY, {1: "1711"}, None, peers)
    return found.filter(pl.col("code") == code).row(0, named=True)


def test_every_check_names_a_declared_variable() -> None:
    declared = {variable.name for variable in registry.catalogue()}
    named = {row[name] for row in checks_on(DAY) for name in ("variable", "explained_by") if row.get(name)}
    assert named <= declared, named - declared


@pytest.mark.parametrize(
    ("variable", "code", "inside", "outside"),
    [
        ("si_revenue_per_head", "sales_and_heads", (20_000, 5_000_000), (19_999, 5_000_001)),
        ("interest_balance_gap", "interest_and_balance", (-0.15, 0.15), (-0.151, 0.151)),
        ("debts_found_not_told", "debts_told_and_found", (-1, 0), (0.01, 1e9)),
    ],
)
def test_bounds_of_the_table(variable: str, code: str, inside: tuple[float, ...], outside: tuple[float, ...]) -> None:
    assert [outcome(variable, value, code)["outcome"] for value in inside] == ["pass", "pass"]
    assert [outcome(variable, value, code)["outcome"] for value in outside] == ["explain", "explain"]


def test_like_firms_go_before_the_table() -> None:
    """Like firms sell 100,000 to 900,000 by head: 50,000 is odd among them, although the table's 20,000 would let it pass."""
    peers = pl.DataFrame([(1, "si_revenue_per_head", 100_000.0, 900_000.0)], schema=PEERS, orient="row")
    found = outcome("si_revenue_per_head", 50_000, "sales_and_heads", peers)
    assert (found["outcome"], found["least"], found["most"]) == ("explain", 100_000, 900_000)
    assert outcome("si_revenue_per_head", 100_000, "sales_and_heads", peers)["outcome"] == "pass"


def test_where_like_firms_are_not_told_the_table_holds() -> None:
    """Another firm's like are not this one's, and one bound may be told without the other."""
    other = pl.DataFrame([(2, "si_revenue_per_head", 100_000.0, 900_000.0)], schema=PEERS, orient="row")
    assert outcome("si_revenue_per_head", 50_000, "sales_and_heads", other)["outcome"] == "pass"
    half = pl.DataFrame([(1, "si_revenue_per_head", None, 900_000.0)], schema=PEERS, orient="row")
    found = outcome("si_revenue_per_head", 50_000, "sales_and_heads", half)
    assert (found["outcome"], found["least"], found["most"]) == ("pass", 20_000, 900_000)


def test_like_firms_bound_no_check_that_does_not_ask_for_them() -> None:
    peers = pl.DataFrame([(1, "interest_balance_gap", 0.2, 0.3)], schema=PEERS, orient="row")
    assert outcome("interest_balance_gap", 0.1, "interest_and_balance", peers)["outcome"] == "pass"
