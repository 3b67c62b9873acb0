"""The least that a day's rows can cost: COPY of the new ones, UPDATE of the changed ones, in one transaction of the server itself.

The rows are those that a day end has just written. The new ones go into tables of the same shape, keys and indexes included, from files on
the server; the changed ones are written once more where they are, the due date with its index too, and put back afterwards, unmeasured.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from benchmarks.measure import processor_seconds

__all__ = ["copy_and_update", "server_owner"]

GROWING = {"loans_event": "known_on", "books_entry": "posting_date", "books_transfer": "posting_date"}
CHANGING = (
    "UPDATE loans_loan AS loan SET next_action_date = loan.next_action_date + {by} FROM changed WHERE loan.id = changed.loan_id",
    "UPDATE loans_instalment AS row SET paid_fen = row.paid_fen + {by} FROM changed"
    " WHERE row.loan_id = changed.loan_id AND row.due = '{day}'",
    "UPDATE loans_debitaccount AS account SET balance_fen = account.balance_fen + {by} FROM changed"
    " WHERE account.firm_id = changed.firm_id",
    "UPDATE decisions_exposure AS exposure SET outstanding_fen = exposure.outstanding_fen + {by} FROM changed"
    " WHERE exposure.decision_id = changed.decision_id",
)


@contextmanager
def server_owner() -> Iterator[Any]:
    """A connection of the server's superuser to the benchmark's database."""
    import psycopg
    from django.db import connections

    settings = connections["owner"].settings_dict
    with psycopg.connect(host=settings["HOST"], user="postgres", dbname=settings["NAME"], autocommit=True) as server:
        yield server


def copy_and_update(day: date) -> float:
    """Seconds to write the rows of a day again; told with how many there are."""
    with server_owner() as server:
        server.execute("SET session_replication_role = replica")  # no triggers: bare rows and their indexes
        folder = server.execute("SHOW data_directory").fetchone()[0]
        for table, column in GROWING.items():
            server.execute(f"DROP TABLE IF EXISTS yardstick_{table}")
            server.execute(f"CREATE TABLE yardstick_{table} (LIKE {table} INCLUDING ALL)")
            server.execute(f"COPY (SELECT {_columns(server, table)} FROM {table} WHERE {column} = '{day}') TO '{folder}/yardstick_{table}'")
        server.execute("DROP TABLE IF EXISTS changed")
        server.execute(
            "CREATE TEMPORARY TABLE changed AS SELECT loan.id AS loan_id, loan.firm_id, contract.decision_id"
            f" FROM loans_loan AS loan JOIN loans_contract AS contract ON contract.id = loan.contract_id WHERE loan.state_date = '{day}'"
        )
        server.execute("ANALYZE changed")
        server.execute("CHECKPOINT")
        began, used = time.perf_counter(), processor_seconds()
        with server.transaction():
            rows = _copied(server, folder)
            rows += sum(server.execute(statement.format(by=1, day=day)).rowcount for statement in CHANGING)
        seconds, used = time.perf_counter() - began, processor_seconds() - used
        for statement in CHANGING:
            server.execute(statement.format(by=-1, day=day))
    print(f"the same {rows:,} rows: {seconds:.2f} s, processor time {used:.2f} s", flush=True)
    return seconds


def _copied(server: Any, folder: str) -> int:
    return sum(
        server.execute(f"COPY yardstick_{table} ({_columns(server, table)}) FROM '{folder}/yardstick_{table}'").rowcount
        for table in GROWING
    )


def _columns(server: Any, table: str) -> str:
    found = server.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public' AND is_generated = 'NEVER'"
        " ORDER BY ordinal_position",
        [table],
    )
    return ", ".join(f'"{name}"' for (name,) in found.fetchall())
