"""The bounds that cross-checks take from like firms: one reckoning for the page of a firm, the questions of a referral and the interface.

Only the variables of checks that are marked `peers` are read, and the groups of a month are kept until another snapshot is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from puhui.features import cross_checks, queries
from puhui.features.models import Snapshot
from puhui.features.peers import group_figures, peers_of
from puhui.parties.models import Firm, Institution

__all__ = ["BOUNDS_SCHEMA", "check_bounds"]

BOUNDS_SCHEMA = {"firm_id": pl.Int64, "variable": pl.String, "p01": pl.Float64, "p99": pl.Float64}


def check_bounds(
    firms: Iterable[Firm], snapshots: Mapping[int, Snapshot], newest: int | None = None, folder: Path | None = None
) -> pl.DataFrame:
    """What `cross_checks.outcomes` takes as peers: firm_id, variable, p01, p99 of the narrowest group of each firm that tells them.

    snapshots  firm → the snapshot that is looked at; firms without one, or without a figure to be compared, are left out: for them the
               database is not asked
    newest     number of the institution's snapshot taken last, where it is known (`queries.snapshot_among_others`)
    """
    rows: list[tuple[Any, ...]] = []
    told: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for firm in firms:
        snapshot = snapshots.get(firm.pk)
        if snapshot is None or all(snapshot.values.get(name) is None for name in _compared(snapshot.as_of, folder)):
            continue
        if newest is None:
            newest = queries.newest_number(firm.institution)
        own = (snapshot.as_of, firm.industry_code, firm.division_code, firm.staff_count)
        if own not in told:
            figures = _figures(firm.institution_id, snapshot.as_of, newest, folder)
            alike = {"industry": firm.industry_code, "region": firm.division_code, "staff": firm.staff_count}
            told[own] = peers_of(figures, alike, snapshot.as_of, "p01", folder)
        rows += [(firm.pk, name, row["p01"], row["p99"]) for name, row in told[own].items()]
    return pl.DataFrame(rows, schema=BOUNDS_SCHEMA, orient="row")


def _compared(day: date, folder: Path | None) -> list[str]:
    """The variables whose checks ask for like firms."""
    return sorted({row["variable"] for row in cross_checks.checks_on(day, folder) if row.get("peers")})


@lru_cache(maxsize=8)
def _figures(institution_id: int, as_of: date, newest: int, folder: Path | None) -> pl.DataFrame:
    """The groups of a month of the variables whose checks ask for like firms."""
    values, firms = queries.peer_frames(Institution(pk=institution_id), as_of, _compared(as_of, folder))
    return group_figures(values, firms, as_of, folder)
