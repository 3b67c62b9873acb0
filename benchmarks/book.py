"""A book of loans of any size, for benchmarks: a few loans are made by Puhui's own actions, and each is copied by the database.

A copy has a firm, application, decision, exposure, offer, contract, loan, instalments, payout and account of its own, and the ledger
gets the sum of all copies in one entry. So what is measured afterwards works on a book that adds up and whose loans are like any other.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks import made_up

DAYS = 30
LATE_OF_100 = 3
TEMPLATES_A_DAY = 20

# table → columns that must differ from copy to copy, as SQL over `source` and `copy` (1, 2, …)
TEXTS: dict[str, dict[str, str]] = {
    "parties_firm": {},
    "decisions_application": {"key": "source.key || '-' || copy"},
    "decisions_decision": {},
    "decisions_exposure": {},
    "decisions_offer": {},
    "loans_contract": {"number": "source.number || '-' || copy"},
    "loans_loan": {"number": "source.number || '-' || copy"},
    "loans_instalment": {},
    "loans_event": {"key": "source.key || '-' || copy"},
    "loans_debitaccount": {"balance_fen": "CASE WHEN (source.id * 7 + copy * 37) % 100 < {late} THEN 0 ELSE source.balance_fen END"},
}
# which columns refer to which of these tables, and so move along with the copy
REFERS = {
    "firm_id": "parties_firm",
    "application_id": "decisions_application",
    "decision_id": "decisions_decision",
    "offer_id": "decisions_offer",
    "contract_id": "loans_contract",
    "loan_id": "loans_loan",
}


def book(size: int, terms: dict[str, Any] | None = None, days: int = DAYS, late_of_100: int = LATE_OF_100) -> Any:
    """A lender with about `size` loans paid out over `days` days, whose next day end meets the first dues.

    `late_of_100`: so many of a hundred borrowers have no money on their accounts.
    """
    from puhui.loans.day_end import run_day
    from puhui.loans.models import DebitAccount, Instalment

    began = time.perf_counter()
    bank = made_up.lender()
    a_day = min(TEMPLATES_A_DAY, max(1, size // days))
    firms = made_up.firms(bank, a_day * days)
    DebitAccount.objects.bulk_create(DebitAccount(institution=bank, firm=firm, balance_fen=made_up.AMOUNT_FEN * 2) for firm in firms)
    for place in range(days):
        borrowers = firms[place * a_day : (place + 1) * a_day]
        made_up.paid_out(bank, made_up.cleared_contracts(bank, borrowers, terms))
        if days > 1:
            run_day(bank, "benchmark")
    first_due = Instalment.objects.order_by("due").values_list("due", flat=True)[0]
    while bank.business_date < first_due:
        run_day(bank, "benchmark")
    loans = enlarge(bank, size, late_of_100)
    print(f"a book of {loans:,} loans on {bank.business_date}: made in {time.perf_counter() - began:,.0f} s", flush=True)
    return bank


def enlarge(bank: Any, size: int, late_of_100: int = LATE_OF_100) -> int:
    """Copies every firm of a book without copies until it has about `size` loans; how many it has then."""
    from puhui.loans.models import Loan
    from puhui.loans.standing import retake

    loans = Loan.objects.filter(institution=bank).count()
    copies = max(0, round(size / loans) - 1)
    _copy(bank, copies, late_of_100)
    retake(bank)
    return loans * (copies + 1)


def _copy(bank: Any, copies: int, late_of_100: int) -> None:
    """Copies everything of every firm `copies` times, two tables at a time as superuser, and the ledger's sums with it."""
    import psycopg
    from django.db import connections

    if not copies:
        return
    settings = connections["owner"].settings_dict

    def connected() -> Any:
        server = psycopg.connect(host=settings["HOST"], user="postgres", dbname=settings["NAME"], autocommit=True)
        server.execute("SET session_replication_role = replica")
        server.execute("SET synchronous_commit = off")
        server.execute("SET maintenance_work_mem = '512MB'")
        return server

    with connected() as server:
        tables = [table for table in TEXTS if table != "loans_instalment"]
        strides = {table: server.execute(f"SELECT max(id) + 1 FROM {table}").fetchone()[0] for table in tables}

    def copied(table: str) -> None:
        with connected() as server:
            columns = [name for (name,) in server.execute(_COLUMNS, [table]).fetchall()]
            texts = TEXTS[table]
            values = [
                texts[name].replace("{late}", str(late_of_100)) if name in texts else _moved(name, table, strides) for name in columns
            ]
            key, of = ("loan_id", "loans_loan") if table == "loans_instalment" else ("id", table)
            server.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE SELECT {', '.join(values)}"
                f" FROM {table} AS source CROSS JOIN generate_series(1, {copies}) AS copy WHERE source.{key} < {strides[of]}"
            )
            if table in strides:
                server.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
            server.execute(f"VACUUM (FREEZE, ANALYZE) {table}")

    with ThreadPoolExecutor(2) as pool:  # the largest first; references hold by construction
        list(pool.map(copied, ["loans_instalment", "loans_loan", *(table for table in tables if table != "loans_loan")]))
    with connected() as server:
        server.execute(
            "INSERT INTO loans_loannumber (institution_id, number, loan_id)"
            " SELECT institution_id, number, id FROM loans_loan ON CONFLICT DO NOTHING"
        )
        server.execute("CHECKPOINT")
    _post_copies(bank, copies)


_COLUMNS = """
    SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public' AND is_generated = 'NEVER'
     ORDER BY ordinal_position
"""


def _moved(column: str, table: str, strides: dict[str, int]) -> str:
    """A column of a copy: keys move by the stride of the table they name, all else stays."""
    of = table if column == "id" else REFERS.get(column)
    return f"source.{column} + copy * {strides[of]}" if of else f"source.{column}"


def _post_copies(bank: Any, copies: int) -> None:
    """What all copies together have moved, as one entry a product."""
    from collections import defaultdict

    from django.db.models import Sum

    from puhui.books.actions import post
    from puhui.books.models import Transfer

    sums = defaultdict(list)
    rows = Transfer.objects.filter(institution=bank).values_list(
        "debit_account__product_code", "debit_account__code", "credit_account__code"
    )
    for product, debit, credit, fen in rows.annotate(fen=Sum("amount_fen")).order_by():
        sums[product].append((debit, credit, int(fen) * copies))
    for product, transfers in sums.items():
        post(bank, "moved_in", bank.business_date, transfers, product_code=product, recorded_by="benchmark")
