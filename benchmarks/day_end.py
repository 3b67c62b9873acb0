"""The day end of a book of loans, against COPY and UPDATE of the same rows.

Loans are paid out over thirty days, so that about one in thirty falls due on any day; 3 in 100 borrowers have no money on their account.
Measured is a day on which the first dues of a thirtieth of the book come: what falls due is folded and collected, the night's interest of
all others is accrued, and the books of the day are sealed. The yardstick writes the same rows, finished, in the cheapest way: COPY of the
new events, entries and transfers into tables of the same shape with their keys and indexes, UPDATE of the same loans, instalments and
accounts, in one transaction. Run:

    python -m benchmarks.day_end [--size 20000]
"""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from benchmarks import made_up
from benchmarks.measure import Measure, start

SPREAD_DAYS = 30
LATE_OF_100 = 3
GROWING = ("loans_event", "books_entry", "books_transfer")  # rows are added
CHANGING = ("loans_loan", "loans_instalment", "loans_debitaccount")  # rows are changed


def measured(size: int) -> list[Measure]:
    """Makes a book of `size` loans and ends a day on which a thirtieth of them falls due."""
    from django.db import connections

    from puhui.loans.day_end import run_day
    from puhui.loans.models import SetAside

    bank, day = book(size)
    owner = connections["owner"]
    before = {table: _largest(owner, table) for table in GROWING}
    states = {table: _states(owner, table) for table in CHANGING}
    began = time.perf_counter()
    figures = run_day(bank, "benchmark")
    ours = time.perf_counter() - began
    if not figures["collect"]["loans"] or SetAside.objects.exists():
        raise AssertionError(f"the day end of {day} collected nothing or set loans aside: {figures}")
    changed = {table: [key for key, state in _states(owner, table).items() if states[table].get(key) != state] for table in CHANGING}
    least, rows = yardstick(owner, before, changed)
    print(f"{size:,} loans, of which {figures['falls_due']['loans']:,} fell due and {figures['collect']['loans']:,} paid on {day}")
    quiet = _quiet_night(bank)
    print(f"the same rows: {rows:,}; a night on which nothing falls due: {quiet:.2f} s, {size / quiet:,.0f} loans a second")
    return [Measure(f"day end of {size:,} loans", ours, least, "s", "COPY and UPDATE of the same rows", at_most=1.6)]


def book(size: int) -> tuple[Any, date]:
    """A lender whose loans were paid out over thirty days and whose next day end meets the first dues."""
    from puhui.loans.day_end import run_day
    from puhui.loans.models import DebitAccount, Instalment

    bank = made_up.lender()
    firms = made_up.firms(bank, size)
    DebitAccount.objects.bulk_create(
        DebitAccount(institution=bank, firm=firm, balance_fen=0 if number * 37 % 100 < LATE_OF_100 else made_up.AMOUNT_FEN * 2)
        for number, firm in enumerate(firms)
    )
    portion = -(-size // SPREAD_DAYS)
    for start_at in range(0, size, portion):
        made_up.paid_out(bank, made_up.cleared_contracts(bank, firms[start_at : start_at + portion]))
        run_day(bank, "benchmark")
    first_due = Instalment.objects.order_by("due").values_list("due", flat=True)[0]
    while bank.business_date < first_due:
        run_day(bank, "benchmark")
    return bank, first_due


def _quiet_night(bank: Any) -> float:
    """Seconds of a day end long after the last due date of the month and before the next."""
    from puhui.loans.day_end import run_day
    from puhui.loans.models import Loan

    for _ in range(2 * SPREAD_DAYS):
        due = Loan.objects.filter(institution=bank, next_action_date__lte=bank.business_date).exists()
        began = time.perf_counter()
        run_day(bank, "benchmark")
        if not due:
            return time.perf_counter() - began
    return float("nan")


def yardstick(owner: Any, before: dict[str, int], changed: dict[str, list[int]]) -> tuple[float, int]:
    """Seconds to write the day's rows in the cheapest way, and how many there are."""
    with owner.cursor() as cursor:
        copies = {table: _copied_out(cursor, table, before[table]) for table in GROWING}
        for table in (*GROWING, *CHANGING):
            cursor.execute(f"CREATE TABLE yardstick_{table} (LIKE {table} INCLUDING ALL)")
        for table in CHANGING:
            names = _columns(cursor, table)
            cursor.execute(f"INSERT INTO yardstick_{table} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {table}")
            cursor.execute(f"ANALYZE yardstick_{table}")
        began = time.perf_counter()
        cursor.execute("BEGIN")
        for table, text in copies.items():
            with cursor.copy(f"COPY yardstick_{table} ({_columns(cursor, table)}) FROM STDIN") as copy:
                copy.write(text)
        for table, column in zip(CHANGING, ("interest_earned_fen", "paid_fen", "balance_fen"), strict=True):
            cursor.execute(f"UPDATE yardstick_{table} SET {column} = {column} + 1 WHERE id = ANY(%s)", [changed[table]])
        cursor.execute("COMMIT")
        seconds = time.perf_counter() - began
    return seconds, sum(text.count(b"\n") for text in copies.values()) + sum(map(len, changed.values()))


def _copied_out(cursor: Any, table: str, after: int) -> bytes:
    with cursor.copy(f"COPY (SELECT {_columns(cursor, table)} FROM {table} WHERE id > {after}) TO STDOUT") as copy:
        return b"".join(copy)


def _columns(cursor: Any, table: str) -> str:
    cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'", [table])
    return ", ".join(f'"{name}"' for (name,) in cursor.fetchall())


def _largest(owner: Any, table: str) -> int:
    with owner.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return int(cursor.fetchone()[0])


def _states(owner: Any, table: str) -> dict[int, int]:
    """id → digest of the row: tells which rows a day changed."""
    with owner.cursor() as cursor:
        cursor.execute(f"SELECT id, hashtextextended(t::text, 0) FROM {table} t")
        return dict(cursor.fetchall())


if __name__ == "__main__":
    raise SystemExit(start(measured, 20_000, 300, "how many loans"))
