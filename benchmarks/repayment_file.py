"""Repayments from a file of a million lines, against single ones by eight clients, and against COPY of the rows that they leave.

Every line pays what falls due of a loan today. What is measured is `puhui loans repay-file`, from the file on disk to the last commit, its
chunks shared by two connections where there are two cores. The first yardstick is the rate of the database function of one repayment,
called by eight clients of pgbench on loans of the same book. The second is a bare COPY, in one transaction, of the same new rows (commands,
events, entries, transfers, audit records, outbox) into tables with the same keys and indexes; it leaves out the loans, instalments and
exposures that a repayment changes. Run:

    python -m benchmarks repayment-file [--size 1000000]
"""

from __future__ import annotations

import csv
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.book import book
from benchmarks.measure import Measure, start
from benchmarks.repayment import by_function, dues_of
from benchmarks.yardstick import server_owner

CLIENTS = 8
WORKERS = min(2, os.cpu_count() or 1)
TABLES = ("loans_command", "loans_event", "books_entry", "books_transfer", "parties_auditrecord", "loans_outbox")


def measured(size: int) -> list[Measure]:
    """Repays `size` loans from a file on the day when they fall due, and a few thousand more one by one."""
    singles = min(8_000, max(80, size // 10))
    bank = book(size + singles, days=1, late_of_100=0)
    dues = dues_of(bank)
    single = by_function(bank, dues[:singles], CLIENTS)
    before = _newest()
    seconds = _from_file(bank, dues[singles:])
    lines = len(dues) - singles
    copying, rows = _copy(before)
    _check(bank, len(dues))
    print(f"{lines:,} lines in {seconds:,.1f} s; COPY of their {rows:,} rows {copying:,.1f} s", flush=True)
    return [
        Measure("repayments from a file", lines / seconds, single, "a second", f"one by one, {CLIENTS} clients", at_least=4),
        Measure("the same", seconds, copying, "s", f"COPY of the same {rows:,} rows", at_most=5),
    ]


def _from_file(bank: Any, dues: Sequence[tuple[int, int]]) -> float:
    """Seconds from the file on disk to the last commit."""
    from puhui.loans.models import Loan
    from puhui.loans.repayment_file import COLUMNS, repay_file

    numbers = dict(Loan.objects.values_list("pk", "number"))
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows((f"line {loan}", numbers[loan], f"{fen // 100}.{fen % 100:02}") for loan, fen in dues)
        file.flush()
        with server_owner() as server:
            server.execute("CHECKPOINT")
        began = time.perf_counter()
        taken = repay_file(bank, Path(file.name), "benchmark", workers=WORKERS)
        seconds = time.perf_counter() - began
    if taken.at_once != len(dues):
        raise AssertionError(f"of {len(dues)} lines: {taken.figures}")
    return seconds


def _newest() -> dict[str, int]:
    with server_owner() as server:
        return {table: server.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0] for table in TABLES}


def _copy(before: dict[str, int]) -> tuple[float, int]:
    """Seconds to write the rows that came after `before` again, and how many there are."""
    with server_owner() as server:
        folder = server.execute("SHOW data_directory").fetchone()[0]
        for table, newest in before.items():
            server.execute(f"CREATE TABLE yardstick_{table} (LIKE {table} INCLUDING ALL)")
            server.execute(f"COPY (SELECT * FROM {table} WHERE id > {newest}) TO '{folder}/yardstick_{table}'")
        server.execute("CHECKPOINT")
        began = time.perf_counter()
        with server.transaction():
            rows = sum(server.execute(f"COPY yardstick_{table} FROM '{folder}/yardstick_{table}'").rowcount for table in TABLES)
        return time.perf_counter() - began, rows


def _check(bank: Any, count: int) -> None:
    """Every one is there, and the sub-ledger is the ledger."""
    from puhui.loans.day_end import run_day
    from puhui.loans.models import Event

    made = Event.objects.filter(institution=bank, type="repayment").count()
    figures = run_day(bank, "benchmark")
    if made != count or figures["accrue"]["differences"]:
        raise AssertionError(f"{made} repayments of {count}, or the books do not agree: {figures}")


if __name__ == "__main__":
    raise SystemExit(start(measured, 1_000_000, 400, "how many lines"))
