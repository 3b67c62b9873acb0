"""What if sales fell, rates rose, an industry were hit? Dated scenarios of the table `lab-scenarios`, laid on cases and on costs.

The cases change as their variables do; the variables that a score reads move the probability of default with them. What money costs
changes in the tables that the policy reads. Nothing else moves: a scenario is a question of sensitivity, not a forecast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from puhui.calculations.faults import Fault, FaultsError
from puhui.decisions.lab.policies import Policy
from puhui.products.parameters import Row, Table

__all__ = ["Scenario", "scenarios_on"]

_LANGUAGES = ("en", "zh-hans", "zh-hant")


@dataclass(frozen=True)
class Scenario:
    """One scenario: its code, its names by language, and what it does."""

    code: str
    names: Mapping[str, str]
    rows: tuple[Row, ...]

    def of_cases(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The cases with the variables that they have and that it moves."""
        columns = [_moved(row, frame) for row in self.rows if row["part"] == "variable" and row["name"] in frame.columns]
        return frame.with_columns(columns)

    def of_policy(self, policy: Policy) -> Policy:
        """The policy with its tables of costs and of the prime rate moved."""
        tables = dict(policy.parameters)
        for row in self.rows:
            if row["part"] == "funding":
                tables["costs"] = _raised(tables["costs"], ("funding",), float(row["add"]))
            if row["part"] == "prime_rate":
                tables["prime_rate"] = _raised(tables["prime_rate"], ("LPR1Y", "LPR5Y"), float(row["add"]))
        return replace(policy, parameters=tables)


def scenarios_on(table: Table, day: date, wanted: Sequence[str] | None = None) -> list[Scenario]:
    """The scenarios in force on a day, in the order of the table; `wanted` by their codes. Raises FaultsError for a code that it lacks."""
    rows: dict[str, list[Row]] = {}
    for row in table.valid_on(day):
        rows.setdefault(str(row["code"]), []).append(row)
    unknown = [code for code in wanted or () if code not in rows]
    if unknown:
        raise FaultsError([Fault("scenario", repr(code), f"one of {', '.join(rows)}") for code in unknown])
    return [
        Scenario(code, {each: str(mine[0][each]) for each in _LANGUAGES}, tuple(mine))
        for code, mine in rows.items()
        if wanted is None or code in wanted
    ]


def _moved(row: Row, frame: pl.DataFrame) -> pl.Expr:
    name, factor = str(row["name"]), float(row["factor"])
    value = pl.col(name).cast(pl.Float64)
    moved = (1 + value) * factor - 1 if row.get("kind") == "growth" else value * factor
    starts = row.get("industries") or ()
    if not starts:
        return moved.alias(name)
    if "industry_code" not in frame.columns:
        return value.alias(name)
    code = pl.col("industry_code").cast(pl.String)
    hit = pl.any_horizontal(code.str.starts_with(start) for start in starts).fill_null(False)
    return pl.when(hit).then(moved).otherwise(value).alias(name)


def _raised(table: Table, columns: tuple[str, ...], add: float) -> Table:
    rows = tuple({name: value + add if name in columns else value for name, value in row.items()} for row in table.rows)
    return replace(table, rows=rows)
