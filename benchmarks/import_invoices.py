"""Import of a million invoices, against a bare COPY of the same rows and against executemany.

The import reads a file, checks every cell, finds repeats, tells new rows from those that are there, stores them with batch and audit. The
yardstick is the fastest way PostgreSQL has to take the same finished rows into a table with the same columns, keys and indexes. Run:

    python benchmarks/import_invoices.py [--rows 700000] [--format csv|parquet]
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

BUSINESS_DATE = dt.date(2026, 1, 5)
FIRMS = 400
AT_LEAST_RATIO = 0.5
LOOKED_FOR_RATE = 50_000  # on two idle cores; told, and not judged: it is the machine's as much as ours
MOST_MEGABYTES = 1_500
EXECUTEMANY_ROWS = 20_000


def made_up_invoices(rows: int, seed: int = 7) -> pl.DataFrame:
    """Sales of `FIRMS` firms over three years: log-normal amounts, a few voids and reds, one row in 200 written twice."""
    index = pl.DataFrame({"number": pl.int_range(rows, eager=True)}).with_columns(pl.col("number").hash(seed).alias("chance"))
    amount = (pl.lit(10.0).pow((pl.col("chance") % 5_000) / 1_000.0) * 100).round() / 100
    sign = pl.when(pl.col("chance") % 41 == 0).then(-1.0).otherwise(1.0)
    frame = index.select(
        (pl.col("chance") % FIRMS).cast(pl.String).str.zfill(4).alias("企业代号"),
        (pl.col("number") + 10_000_000).cast(pl.String).alias("发票号码"),
        (pl.lit(dt.date(2022, 12, 1)) + pl.duration(days=pl.col("number") * 1_095 // rows)).alias("开票日期"),
        pl.format("购方{}", pl.col("chance") // 7 % 5_000).alias("购方名称"),
        (amount * sign).alias("金额"),
        (amount * sign * 0.13).round(2).alias("税额"),
        pl.when(pl.col("chance") % 29 == 0).then(pl.lit("作废发票")).otherwise(pl.lit("有效发票")).alias("发票状态"),
    )
    return pl.concat([frame, frame.gather_every(200)])


def prepare(folder: Path, rows: int, form: str) -> tuple[Any, Path, Path]:
    """An institution with consenting firms, the file, and its mapping."""
    from puhui.parties import actions

    bank = actions.create_institution("bank", "Benchmark Bank", "bank", BUSINESS_DATE)
    firms = actions.register_firms(bank, [{"name": f"Firm {n}", "identifiers": {"platform": f"{n:04}"}} for n in range(FIRMS)], "benchmark")
    actions.grant_consents(
        bank, firms, purpose="credit_decision", classes=["C07"], expires_on=dt.date(2027, 1, 1), text_version="1", text="Yes.",
        channel="demonstration", granted_by="benchmark",
    )  # fmt: skip
    path, mapping = folder / f"invoices.{form}", folder / "mapping.toml"
    frame = made_up_invoices(rows)
    frame.write_csv(path) if form == "csv" else frame.write_parquet(path)
    mapping.write_text('[firm]\nscheme = "platform"\n', "utf-8")
    return bank, path, mapping


def imported(bank: Any, path: Path, mapping: Path) -> tuple[float, dict[str, int]]:
    """Seconds and counts of one import."""
    from puhui.evidence.actions import import_invoices

    began = time.perf_counter()
    result = import_invoices(bank, path, mapping, actor="benchmark")
    return time.perf_counter() - began, result.counts


def bare_copy(connection: Any) -> tuple[float, float]:
    """Seconds to COPY the stored rows into an empty table of the same shape, with its keys and indexes, and into one without any."""
    columns = ", ".join(_columns(connection))
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY evidence_invoice ({columns}) TO STDOUT (FORMAT csv)") as copy:
            text = b"".join(copy)
        seconds = []
        for shape in ("INCLUDING ALL", "INCLUDING DEFAULTS INCLUDING IDENTITY"):
            cursor.execute(f"CREATE TABLE yardstick (LIKE evidence_invoice {shape})")
            began = time.perf_counter()
            with cursor.copy(f"COPY yardstick ({columns}) FROM STDIN (FORMAT csv)") as copy:
                for start in range(0, len(text), 1 << 20):
                    copy.write(text[start : start + (1 << 20)])
            seconds.append(time.perf_counter() - began)
            cursor.execute("DROP TABLE yardstick")
    return seconds[0], seconds[1]


def executemany(connection: Any) -> float:
    """Seconds for `EXECUTEMANY_ROWS` rows by executemany into the same shape, in one transaction."""
    columns = _columns(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM evidence_invoice LIMIT {EXECUTEMANY_ROWS}")
        rows = cursor.fetchall()
        cursor.execute("CREATE TABLE yardstick (LIKE evidence_invoice INCLUDING ALL)")
        began = time.perf_counter()
        cursor.executemany(f"INSERT INTO yardstick ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})", rows)
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE yardstick")
    return seconds


def _columns(connection: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'evidence_invoice' AND column_name <> 'id'")
        return [f'"{name}"' for (name,) in cursor.fetchall()]


def read_back(bank: Any) -> float:
    """Seconds to read everything as of today."""
    from puhui.evidence.queries import invoices_as_of

    began = time.perf_counter()
    invoices_as_of(bank, BUSINESS_DATE, reader="benchmark")
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=700_000)
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.home:
        return _measure(options.home, options.rows, options.format)
    from puhui.site import embedded

    with tempfile.TemporaryDirectory(prefix="puhui-benchmark-") as folder:
        Path(folder).chmod(0o711)
        # In a process of its own: its peak memory is the import's, and its end lets the server go.
        command = [sys.executable, __file__, "--rows", str(options.rows), "--format", options.format, "--home", folder]
        try:
            return subprocess.run(command, env={**os.environ, "PUHUI_HOME": f"{folder}/home"}, check=False).returncode
        finally:
            embedded.erase(Path(folder) / "home")


def _measure(folder: Path, rows: int, form: str) -> int:
    from puhui.site.commands import support

    support.start_django()
    from django.db import connections

    bank, path, mapping = prepare(folder, rows, form)
    seconds, counts = imported(bank, path, mapping)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    again, second = imported(bank, path, mapping)
    stored, owner = counts["accepted"], connections["owner"]
    reading = read_back(bank)
    copying, plain = bare_copy(owner)
    one_by_one = executemany(owner) / EXECUTEMANY_ROWS
    rate, yardstick = stored / seconds, stored / copying
    faster = rate * one_by_one
    print(f"import of {stored:,} invoices ({form}): {seconds:.1f} s, {rate:,.0f} rows/s (looked for: {LOOKED_FOR_RATE:,})")
    print(f"peak memory {megabytes:,.0f} MB (at most {MOST_MEGABYTES:,})")
    print(
        f"bare COPY into the same table: {copying:.1f} s, {yardstick:,.0f} rows/s (without keys and indexes {stored / plain:,.0f} rows/s)"
    )
    print(f"ratio to the bare COPY: {rate / yardstick:.2f} (at least {AT_LEAST_RATIO}); to executemany: {faster:.1f} (at least 1.5)")
    print(f"second import: {again:.1f} s, {second['accepted']} rows added, {second['unchanged']:,} unchanged")
    print(f"read back as of a day: {reading:.1f} s, {stored / reading:,.0f} rows/s")
    good = rate >= AT_LEAST_RATIO * yardstick and megabytes < MOST_MEGABYTES and second["accepted"] == 0
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
