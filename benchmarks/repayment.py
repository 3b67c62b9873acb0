"""One repayment through the action, against `pgbench -N`.

A repayment locks the loan, checks key and amount, folds the loan, keeps event, entry, transfers and state, and commits. `pgbench -N` is
PostgreSQL's own smallest business transaction: one update, one select, one insert, one commit, on the same server. One client each. Run:

    python -m benchmarks.repayment [--size 2000]
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import made_up
from benchmarks.measure import Measure, percentile, start


def measured(size: int) -> list[Measure]:
    """Posts `size` repayments one after the other on the day when they fall due."""
    from puhui.loans import day_end
    from puhui.loans.actions import repay
    from puhui.loans.models import Instalment

    bank = made_up.lender()
    loans = made_up.paid_out(bank, made_up.cleared_contracts(bank, made_up.firms(bank, size)))
    first = {row.loan_id: row for row in Instalment.objects.filter(number=1)}
    due = first[loans[0].pk].due
    day_end.run(bank, due - timedelta(days=1), "benchmark")
    seconds = []
    for loan in loans:
        row = first[loan.pk]
        amount_fen = row.principal_fen + row.interest_fen
        began = time.perf_counter()
        repay(loan, amount_fen, f"repayment {loan.pk}", "benchmark")
        seconds.append(time.perf_counter() - began)
    yardstick = pgbench(max(2, size // 200))
    print(
        f"one repayment: half within {percentile(seconds, 0.5) * 1000:.1f} ms, 99 of 100 within {percentile(seconds, 0.99) * 1000:.1f} ms"
    )
    return [Measure("one repayment through the action", size / sum(seconds), yardstick, "a second", "pgbench -N", at_least=0.4)]


def pgbench(seconds: int) -> float:
    """Transactions a second of one client of `pgbench -N` on the same server, scale 10, as the tables' owner."""
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
    for arguments in (["-i", "-q", "-s", "10"], ["-N", "-c", "1", "-T", str(seconds)]):
        done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


if __name__ == "__main__":
    raise SystemExit(start(measured, 2_000, 60, "how many repayments"))
