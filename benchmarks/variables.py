"""All variables of many firms and of one, against grouping the same rows once.

The yardstick is the least that any computation of variables must do: polars reads the same rows and groups them by firm and side into one
sum, for all firms from the same file (once Parquet, once CSV with the same types), for one firm from memory. Run:

    python -m benchmarks.variables [--data FOLDER] [--firms 425] [--rows 1100000]

Without a folder of real invoices the rows are made up: the same numbers of firms, partners and months.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.measure import in_turn
from puhui.features import registry, sources
from puhui.features.compute import compute

AS_OF = date(2019, 12, 31)
ONE_FIRM_ROWS = 10_000

Scan = Callable[[], pl.LazyFrame]


def made_up_invoices(firms: int, rows: int) -> pl.DataFrame:
    """Forty months of invoices, log-normal in size, with voids and reds; the sizes of firms are as uneven as real ones."""
    dice = pl.DataFrame({"n": pl.int_range(rows, eager=True)}).with_columns(
        a=pl.col("n").hash(1), b=pl.col("n").hash(2), c=pl.col("n").hash(3)
    )
    firm = ((pl.col("a") % 10_000) / 10_000).pow(3) * firms
    red, void = pl.col("b") % 31 == 0, pl.col("b") % 19 == 0
    amount = (pl.lit(10.0).pow(3 + (pl.col("c") % 4_000) / 1_000.0)).cast(pl.Int64) * pl.when(red).then(-1).otherwise(1)
    issued = pl.lit(AS_OF - timedelta(days=1_180)) + pl.duration(days=pl.col("b") % 1_230)
    return dice.select(
        firm_id=pl.format("E{}", firm.cast(pl.Int64)),
        direction=pl.when(pl.col("a") % 9 < 5).then(pl.lit("in")).otherwise(pl.lit("out")),
        issued_on=issued,
        counterparty=pl.format("P{}", pl.col("c") % 97_000 // (1 + pl.col("a") % 40)),
        amount_fen=amount,
        tax_fen=amount * 13 // 100,
        total_fen=amount + amount * 13 // 100,
        status=pl.when(void).then(pl.lit("void")).when(red).then(pl.lit("red")).otherwise(pl.lit("normal")),
        known_at=issued,
        duplicate=pl.lit(False),
    )


def grouped(rows: pl.LazyFrame) -> pl.DataFrame:
    return rows.group_by("firm_id", "direction").agg(pl.col("amount_fen").sum()).collect()


def computed(scan: Scan) -> pl.DataFrame:
    return compute(scan(), AS_OF)


def scanned(scan: Scan) -> pl.DataFrame:
    return grouped(scan())


def report(what: str, ours: tuple[float, float], yardstick: tuple[float, float], target: str) -> None:
    print(f"{what} ({target})")
    for name, mine, least in zip(("clock", "processor"), ours, yardstick, strict=True):
        print(f"  {name:9} ours {mine * 1000:9,.1f} ms   yardstick {least * 1000:7,.1f} ms   ratio {mine / max(least, 1e-4):6.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of invoice files instead of made-up rows")
    parser.add_argument("--firms", type=int, default=425)
    parser.add_argument("--rows", type=int, default=1_100_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    invoices = sources.read_folder(options.data).invoices if options.data else made_up_invoices(options.firms, options.rows)
    largest = invoices.group_by("firm_id").len().sort("len")["firm_id"][-1]
    one = invoices.filter(pl.col("firm_id") == largest).head(ONE_FIRM_ROWS)
    with tempfile.TemporaryDirectory() as folder:
        print(f"{invoices['firm_id'].n_unique()} firms, {invoices.height:,} rows, {len(registry.catalogue())} variables, as of {AS_OF}")
        path = Path(folder) / "invoices"
        invoices.write_parquet(path.with_suffix(".parquet"))
        invoices.write_csv(path.with_suffix(".csv"))
        scans = {
            "Parquet": partial(pl.scan_parquet, path.with_suffix(".parquet")),
            "CSV": partial(pl.scan_csv, path.with_suffix(".csv"), schema=invoices.schema),
        }
        for kind, scan in scans.items():
            ours, yardstick = in_turn(options.runs, partial(computed, scan), partial(scanned, scan))
            report(f"all firms, {kind} file to values", ours, yardstick, "wanted: about 3 s, at most 5 x")
    first, _ = in_turn(1, lambda: compute(one, date(2019, 11, 30)))[0]
    ours, yardstick = in_turn(5 * options.runs, lambda: compute(one, AS_OF), lambda: grouped(one.lazy()))
    report(f"one firm of {one.height:,} rows", ours, yardstick, "wanted: about 100 ms, at most 20 x")
    print(f"the first firm of a new date, plan included: {first * 1000:,.0f} ms")


if __name__ == "__main__":
    main()
