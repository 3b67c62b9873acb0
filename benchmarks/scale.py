"""All variables of invoices beyond memory: partitioned Parquet, part by part on polars and DuckDB, as a whole on Spark.

The yardstick is the same as for `variables`: polars groups the same rows once by firm and side into one sum, streaming. Run:

    python -m benchmarks.scale [--rows 5000000] [--parts 16] [--engines polars,duckdb,spark] [--folder DIR]

The rows are made up; every row of a firm lies in the part of its hash. Prints seconds and the largest memory of the process.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

AS_OF = date(2019, 12, 31)
FIRST, DAYS = date(2016, 9, 1), 1216
ROWS_OF_FIRM = 2_500


def write_parts(folder: Path, rows: int, parts: int, seed: int = 7) -> None:
    """Parts of invoices of forty months; sizes of firms and amounts are log-normal, 3% void, 2% red, 40 partners a firm and side."""
    for part in range(parts):
        generator = np.random.default_rng((seed, part))
        count = rows // parts
        firms = max(count // ROWS_OF_FIRM, 1)
        weights = generator.lognormal(0, 1.2, firms)
        firm = generator.choice(firms, count, p=weights / weights.sum()) * parts + part
        day = generator.integers(0, DAYS, count)
        kind = generator.random(count)
        amount = (generator.lognormal(12, 1.5, count)).astype(np.int64) + 1
        frame = pl.DataFrame({"firm_id": firm, "day": day, "kind": kind, "amount_fen": amount, "partner": generator.integers(0, 40, count)})
        issued = pl.lit(FIRST) + pl.duration(days=pl.col("day"))
        red = pl.col("kind") > 0.98
        frame = frame.select(
            pl.col("firm_id").cast(pl.Int64),
            direction=pl.when(pl.col("partner") % 2 == 0).then(pl.lit("out")).otherwise(pl.lit("in")),
            issued_on=issued,
            counterparty=pl.format("P{}-{}", "firm_id", "partner"),
            amount_fen=pl.when(red).then(-pl.col("amount_fen")).otherwise(pl.col("amount_fen")),
            tax_fen=pl.col("amount_fen") * 13 // 100,
            status=pl.when(red).then(pl.lit("red")).when(pl.col("kind") < 0.03).then(pl.lit("void")).otherwise(pl.lit("normal")),
            known_at=issued,
            duplicate=pl.lit(False),
        )
        target = folder / "invoices" / f"part={part:03}"
        target.mkdir(parents=True)
        frame.write_parquet(target / "rows.parquet")


def run(folder: Path, engine: str) -> None:
    """One engine in this process: prints its line."""
    from puhui.features.partitions import compute_partitions

    begun = time.perf_counter()
    if engine == "yardstick":
        scan = pl.scan_parquet(str(folder / "invoices" / "*" / "*.parquet"))
        firms = scan.group_by("firm_id", "direction").agg(pl.col("amount_fen").sum()).collect(engine="streaming").height
    else:
        firms = compute_partitions(folder, AS_OF, engine).height
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"{engine:>10}: {seconds:8.1f} s, {firms:>7} rows out, at most {peak / 1e6:.1f} GB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--parts", type=int, default=16)
    parser.add_argument("--engines", default="yardstick,polars,duckdb,spark")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only")
    given = parser.parse_args()
    if given.only:
        run(given.folder, given.only)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "invoices").exists():
            write_parts(folder, given.rows, given.parts)
        print(f"{given.rows:,} invoices in {given.parts} parts")
        for engine in given.engines.split(","):
            # Each engine in a process of its own, so that its memory is its own.
            subprocess.run([sys.executable, "-m", "benchmarks.scale", "--folder", str(folder), "--only", engine], check=True)


if __name__ == "__main__":
    main()
