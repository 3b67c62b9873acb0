"""Invoices too many for memory: a folder partitioned by a hash of the firm, computed partition by partition, or by Spark as a whole.

    FOLDER/invoices/part=000/*.parquet, …   the canonical invoice frame (`puhui.features.sources`), every row of a firm in one part

Because a firm lies whole in one part, the values of a part need no other part: memory is bounded by the largest part, parts may run on as
many machines as there are parts, and a day that brings rows for some firms recomputes their parts only. What a cluster needs:
docs/scale.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from puhui.calculations.faults import Fault, check
from puhui.features import engines
from puhui.features.compute import compute

__all__ = ["compute_partitions", "partitions"]

DUCKDB_MEMORY = "4GB"
Progress = Callable[[int, int], None]


def partitions(folder: Path) -> list[Path]:
    """The parts of a folder in order; none where it is not partitioned."""
    return sorted(path for path in folder.glob("invoices/part=*") if path.is_dir())


def compute_partitions(
    folder: Path, as_of: date, engine: str, variables: Sequence[str] | None = None, progress: Progress = lambda done, of: None
) -> pl.DataFrame:
    """The variables of invoices of all firms, sorted by firm, as `compute` gives them.

    polars and DuckDB go part by part; Spark reads all parts and keeps each firm's rows where they lie. Raises FaultsError naming every part
    without a Parquet file or without a column that is needed, ValueError as `compute` does.
    """
    parts = partitions(folder)
    check(_faults(parts, folder))
    if engine == "spark":
        return compute(_spark_frame(folder), as_of, engine, variables)
    found = []
    for done, part in enumerate(parts, start=1):
        found.append(compute(_part_frame(part, engine), as_of, engine, variables))
        progress(done, len(parts))
    return pl.concat(found).sort("firm_id")


def _faults(parts: list[Path], folder: Path) -> list[Fault]:
    if not parts:
        return [Fault(str(folder), "no folder invoices/part=…", "parts of invoices, each firm whole in one", "See docs/scale.md")]
    faults = []
    for part in parts:
        files = sorted(part.glob("*.parquet"))
        if not files:
            faults.append(Fault(str(part), "no Parquet file", "at least one"))
        for file in files:
            missing = [name for name in engines.REQUIRED_COLUMNS if name not in pl.read_parquet_schema(file)]
            faults += [Fault(str(file), "no such column", f"column {name}") for name in missing]
    return faults


def _part_frame(part: Path, engine: str) -> Any:
    files = [str(path) for path in sorted(part.glob("*.parquet"))]
    if engine == "polars":
        return pl.read_parquet(files, hive_partitioning=False)
    connection = engines.duckdb_connection()
    connection.execute(f"SET memory_limit = '{DUCKDB_MEMORY}'")
    return connection.read_parquet(files, hive_partitioning=False)


def _spark_frame(folder: Path) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ValueError("engine spark: the package pyspark is missing; install the extra: pip install 'puhui[spark]'") from error
    session = SparkSession.getActiveSession() or (
        SparkSession.builder.appName("puhui")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "6g")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    return session.read.parquet(str(folder / "invoices")).drop("part")
