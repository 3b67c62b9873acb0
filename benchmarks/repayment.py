"""One repayment of what falls due, against `pgbench -N`: in one database function, and through the application's action.

A repayment locks the loan, keeps key, event, entry, transfers, state, audit record, answer and outbox, and commits. `pgbench -N` is
PostgreSQL's own smallest business transaction: one update, one select, one insert, one commit, on the same server. Each with one client and
with eight. The function is called by pgbench itself, so that both are driven alike; the action by as many processes. Run:

    python -m benchmarks repayment [--size 12000]
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.book import book
from benchmarks.measure import Measure, start
from benchmarks.yardstick import server_owner

CLIENTS = (1, 8)
# Of the loans that fall due, how many are repaid by each way: through the function and through the action, by one and by eight clients.
SHARES = {("function", 1): 0.2, ("function", 8): 0.4, ("action", 1): 0.1, ("action", 8): 0.2}
AT_LEAST = {"function": 0.7, "action": 0.4}
CALL = """
SELECT loans_repay_due(institution, day, loan, number, event_number, amount, key, 'benchmark', NULL, codes, '5s')
  FROM benchmark_dues WHERE place = (SELECT nextval('benchmark_next'))
"""


def measured(size: int) -> list[Measure]:
    """Repays `size` loans on the day when they fall due."""
    bank = book(size, days=1, late_of_100=0)
    dues = dues_of(bank)
    least = {clients: pgbench(["-N"], clients, ["-T", str(max(2, min(8, size // 1_000)))], prepare=True) for clients in CLIENTS}
    measures, taken = [], 0
    for (way, clients), share in SHARES.items():
        count = int(len(dues) * share)
        part = dues[taken : taken + count]
        taken += count
        ours = (by_function if way == "function" else _by_action)(bank, part, clients)
        names = {"function": "one repayment in one database function", "action": "one repayment through the action"}
        name = f"{names[way]}, {clients} client{'s' * (clients > 1)}"
        measures.append(Measure(name, ours, least[clients], "a second", "pgbench -N", at_least=AT_LEAST[way]))
    _check(bank, taken)
    return measures


def dues_of(bank: Any) -> list[tuple[int, int]]:
    """Loans and what falls due of each today."""
    from puhui.loans.models import Instalment

    rows = Instalment.objects.filter(due=bank.business_date).order_by("loan_id")
    return [(row.loan_id, row.principal_fen + row.interest_fen + row.fee_fen) for row in rows]


def _check(bank: Any, count: int) -> None:
    """Every one is there, and the sub-ledger is the ledger."""
    from puhui.loans.day_end import run_day
    from puhui.loans.models import Event

    made = Event.objects.filter(institution=bank, type="repayment").count()
    figures = run_day(bank, "benchmark")
    if made != count or figures["accrue"]["differences"]:
        raise AssertionError(f"{made} repayments of {count}, or the books do not agree: {figures}")


def by_function(bank: Any, dues: Sequence[tuple[int, int]], clients: int) -> float:
    """Calls of the database function a second, the requests standing ready in a table."""
    from puhui.loans.repaying import codes_of

    day = bank.business_date
    keys = [f"function {loan}" for loan, _ in dues]
    with server_owner() as server:
        server.execute("DROP TABLE IF EXISTS benchmark_dues; DROP SEQUENCE IF EXISTS benchmark_next; CREATE SEQUENCE benchmark_next")
        server.execute(
            "CREATE TABLE benchmark_dues (place bigint PRIMARY KEY, institution bigint, day date, loan bigint, number text,"
            " event_number integer, amount bigint, key text, codes text[])"
        )
        server.execute(
            "INSERT INTO benchmark_dues"
            " SELECT ordinality, %s, %s, given.loan, loan.number, event_count + 1, amount, key, %s::text[] FROM"
            " unnest(%s::bigint[], %s::bigint[], %s::text[]) WITH ORDINALITY"
            " AS given(loan, amount, key) JOIN loans_loan AS loan ON loan.id = given.loan",
            [bank.pk, day, codes_of(bank, day), [loan for loan, _ in dues], [amount for _, amount in dues], keys],
        )
        server.execute("GRANT ALL ON benchmark_dues, benchmark_next TO PUBLIC; ANALYZE benchmark_dues; CHECKPOINT")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(" ".join(CALL.split()) + ";\n")
        script.flush()
        return pgbench(["-f", script.name, "-n"], clients, ["-t", str(len(dues) // clients)])


def _by_action(bank: Any, dues: Sequence[tuple[int, int]], clients: int) -> float:
    """Calls of the action a second, by so many processes that begin together."""
    from django.db import connections

    connections.close_all()  # what is forked must not share them
    fork = get_context("fork")
    ready = fork.Barrier(clients + 1)
    parts = [dues[place::clients] for place in range(clients)]
    processes = [fork.Process(target=_repay, args=(part, ready)) for part in parts]
    for process in processes:
        process.start()
    ready.wait()
    began = time.perf_counter()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    if any(process.exitcode for process in processes):
        raise AssertionError("a client ended with a fault")
    return len(dues) / seconds


def _repay(dues: Sequence[tuple[int, int]], ready: Any) -> None:
    from puhui.loans.actions import repay
    from puhui.loans.models import Loan

    loans = Loan.objects.select_related("institution").in_bulk([loan for loan, _ in dues])
    ready.wait()
    for loan_id, amount_fen in dues:
        repay(loans[loan_id], amount_fen, f"action {loan_id}", "benchmark")


def pgbench(what: Sequence[str], clients: int, how_long: Sequence[str], *, prepare: bool = False) -> float:
    """Transactions a second of a run of pgbench on the same server, as the tables' owner, with prepared statements."""
    from django.db import connections

    from puhui.site.postgresql.binaries import bundled

    settings: dict[str, Any] = connections["owner"].settings_dict
    environment = {
        **os.environ,
        "PGHOST": settings["HOST"], "PGPORT": str(settings["PORT"] or 5432), "PGUSER": settings["USER"],
        "PGPASSWORD": settings["PASSWORD"], "PGDATABASE": settings["NAME"],
    }  # fmt: skip
    program = bundled().program("pgbench")
    if not Path(program).exists():
        raise FileNotFoundError(f"{program}: the wheel of this machine carries no pgbench")
    calls = [["-i", "-q", "-s", "10"]] if prepare else []
    calls.append([*what, "-M", "prepared", "-c", str(clients), "-j", str(min(clients, os.cpu_count() or 1)), *how_long])
    for arguments in calls:
        done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
    if not found or (failed and failed[1] != "0"):
        raise RuntimeError(done.stdout + done.stderr)
    return float(found[1])


if __name__ == "__main__":
    raise SystemExit(start(measured, 12_000, 400, "how many repayments"))
