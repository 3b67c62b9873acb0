"""The table to train on, made of a folder of evidence files: variables of each firm beside its outcome."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from puhui.calculations.faults import Fault, FaultsError
from puhui.scoring.configuration import Evidence
from puhui.scoring.tables import read_table

__all__ = ["evidence_table"]


def evidence_table(folder: Path, wanted: Evidence, target: str) -> pl.DataFrame:
    """One row per firm of the outcomes that is kept and has evidence: its variables and the target. FaultsError."""
    from puhui.features.compute import compute
    from puhui.features.sources import complete_as_of, read_folder

    outcomes = _outcomes(folder / wanted.outcomes, wanted, target)
    everybody = read_folder(folder).invoices
    kept = everybody.join(outcomes.select("firm_id"), on="firm_id", how="semi")
    if kept.is_empty():
        raise FaultsError([Fault(str(folder), "no invoice of any firm of the outcomes", f"invoices of the firms in {wanted.outcomes}")])
    return compute(kept, wanted.as_of or complete_as_of(everybody)).join(outcomes, on="firm_id")


def _outcomes(path: Path, wanted: Evidence, target: str) -> pl.DataFrame:
    table = read_table(path)
    missing = [name for name in (wanted.key, target) if name not in table.columns]
    if missing:
        raise FaultsError([Fault(f"{path}: column {name}", "no such column", f"one of {', '.join(table.columns)}") for name in missing])
    try:
        kept = table.filter(pl.sql_expr(wanted.keep)) if wanted.keep else table
    except pl.exceptions.PolarsError as error:
        raise FaultsError([Fault("evidence.keep", f"{wanted.keep!r} ({error})", "an SQL condition over the outcomes")]) from error
    return kept.select(pl.col(wanted.key).cast(pl.String).alias("firm_id"), target)
