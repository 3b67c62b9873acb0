"""Whatever the database's owner does to the books past Puhui is found: each column, each row, a whole chain written anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from puhui.books import anchor
from puhui.books.actions import close_day, post, verify
from puhui.books.models import ClosedDay
from puhui.calculations.faults import FaultsError

from .conftest import FIRST_DAY, LAST_CLOSED_DAY, OPEN_DAY

# table → the column that says which day a row belongs to
DATED = {
    "books_account": "opened_on",
    "books_entry": "posting_date",
    "books_transfer": "posting_date",
    "books_accountday": "date",
    "books_closedday": "date",
    "parties_auditrecord": "business_date",
}

# data type → another value of it, never the same
OTHER_VALUES = {
    "bigint": "coalesce({column}, 0) + 1000",
    "integer": "coalesce({column}, 0) + 1000",
    "smallint": "3 - {column}",
    "character varying": "CASE WHEN {column} = 'zz' THEN 'yy' ELSE 'zz' END",
    "text": "coalesce({column}, '') || 'z'",
    "date": "{column} + 1",
    "timestamp with time zone": "{column} + interval '1 microsecond'",
    "bytea": "set_byte({column}, 5, (get_byte({column}, 5) + 1) %% 256)",
    "jsonb": "{column} || '{{\"changed\": 1}}'",
}


@pytest.fixture
def owner(kept_books: Any, owner_connection: psycopg.Connection) -> psycopg.Connection:
    """The owner, who has dropped the constraints that would be in the way."""
    owner_connection.execute("""
        DO $$ DECLARE found record; BEGIN
            FOR found IN SELECT conrelid::regclass AS relation, conname FROM pg_constraint
                          WHERE contype IN ('f', 'c', 'u') AND connamespace = 'public'::regnamespace AND conparentid = 0 AND coninhcount = 0
            LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.relation, found.conname); END LOOP;
        END $$""")
    return owner_connection


def columns_of(owner: psycopg.Connection, table: str) -> list[tuple[str, str]]:
    rows = owner.execute("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", [table])
    return rows.fetchall()


def ids_by_day(owner: psycopg.Connection, table: str) -> list[int]:
    """A row of a closed day and, where the table has one, a row of the open day."""
    statement = sql.SQL("SELECT max(id) FROM {} GROUP BY {} = %s ORDER BY 1").format(sql.Identifier(table), sql.Identifier(DATED[table]))
    return [row[0] for row in owner.execute(statement, [OPEN_DAY])]


def fingerprint(owner: psycopg.Connection) -> list[Any]:
    return [owner.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM {table} t").fetchone() for table in DATED]


@contextmanager
def restored(owner: psycopg.Connection, table: str) -> Iterator[None]:
    """The table as it was, after whatever is done to it within."""
    owner.execute(f"CREATE TABLE kept AS TABLE {table}")
    try:
        yield
    finally:
        owner.execute(f"DELETE FROM {table}")
        owner.execute(f"INSERT INTO {table} SELECT * FROM kept")
        owner.execute("DROP TABLE kept")


@pytest.mark.parametrize("table", DATED)
def test_a_change_of_any_column_of_any_table_is_found(kept_books: Any, owner: psycopg.Connection, table: str) -> None:
    assert verify(kept_books) == []
    before = fingerprint(owner)
    columns, ids = columns_of(owner, table), ids_by_day(owner, table)
    missed = []
    for column, data_type in columns:
        for row in ids:
            value = sql.SQL(OTHER_VALUES[data_type].format(column=f'"{column}"'))
            with restored(owner, table):
                changed = owner.execute(
                    sql.SQL("UPDATE {} SET {} = {} WHERE id = %s").format(sql.Identifier(table), sql.Identifier(column), value), [row]
                )
                assert changed.rowcount == 1
                assert fingerprint(owner) != before, column
                if not verify(kept_books):
                    missed.append(f"{table}.{column} of row {row}")
    assert len(columns) > 5
    assert missed == []
    assert fingerprint(owner) == before
    assert verify(kept_books) == []


@pytest.mark.parametrize("table", DATED)
def test_any_single_row_taken_away_is_found(kept_books: Any, owner: psycopg.Connection, table: str) -> None:
    missed = []
    for (row,) in owner.execute(f"SELECT id FROM {table} ORDER BY id").fetchall():
        with restored(owner, table):
            owner.execute(f"DELETE FROM {table} WHERE id = %s", [row])
            if not verify(kept_books):
                missed.append(row)
    assert missed == []


@pytest.mark.parametrize("table", DATED)
def test_a_row_added_is_found(kept_books: Any, owner: psycopg.Connection, table: str) -> None:
    """A copy of a row under another id, with a digest that fits where a row has one of its own."""
    names = [name for name, _ in columns_of(owner, table)]
    for row in ids_by_day(owner, table):
        with restored(owner, table):
            copied = ", ".join("id + 5000" if name == "id" else f'"{name}"' for name in names)
            owner.execute(f"INSERT INTO {table} SELECT {copied} FROM {table} WHERE id = %s", [row])
            make_digests_fit(owner)
            assert verify(kept_books), f"{table}: a copy of row {row}"


@pytest.mark.parametrize("table", ["books_entry", "books_transfer", "books_account", "books_closedday", "parties_auditrecord"])
def test_two_rows_that_change_places_are_found(kept_books: Any, owner: psycopg.Connection, table: str) -> None:
    first, second = owner.execute(f"SELECT min(id), max(id) FROM {table}").fetchone()
    with restored(owner, table):
        owner.execute(f"UPDATE {table} SET id = CASE id WHEN %s THEN -1 ELSE %s END WHERE id IN (%s, %s)", [first, first, first, second])
        owner.execute(f"UPDATE {table} SET id = %s WHERE id = -1", [second])
        assert verify(kept_books)


def make_digests_fit(owner: psycopg.Connection) -> None:
    """What an owner does who has read our functions: every row's own digest computed anew."""
    owner.execute("""
        UPDATE books_account SET digest = parties_digest(
            books_account_text(id, institution_id, code, name, name_english, kind, currency, opened_on, branch_id, product_code, version));
        UPDATE parties_auditrecord SET digest = parties_digest(
            parties_audit_text(id, institution_id, business_date, recorded_at, actor, act, subject_kind, subject_id, detail));
        UPDATE books_entry AS entry SET digest = parties_digest(
            books_entry_text(id, institution_id, act, posting_date, effective_date, loan_id, event_id, reference, recorded_at, recorded_by)
            || E'\\n' || (SELECT string_agg(books_transfer_text(t.id, t.entry_id, t.institution_id, t.posting_date, t.debit_account_id,
                                            t.credit_account_id, t.amount_fen, t.loan_id), E'\\n' ORDER BY t.id)
                            FROM books_transfer AS t WHERE t.entry_id = entry.id))
         WHERE id IN (SELECT entry_id FROM books_transfer);
    """)


def rewrite_chain(owner: psycopg.Connection) -> None:
    """Every total, seal and link computed anew from the rows as they are now."""
    make_digests_fit(owner)
    owner.execute("""
        CREATE TEMPORARY TABLE moved AS
        SELECT *, sum(debit - credit) OVER (PARTITION BY account_id ORDER BY date) AS balance
          FROM (SELECT account.id AS account_id, posting_date AS date,
                       coalesce(sum(amount_fen) FILTER (WHERE debit_account_id = account.id), 0) AS debit,
                       coalesce(sum(amount_fen) FILTER (WHERE credit_account_id = account.id), 0) AS credit
                  FROM books_transfer JOIN books_account AS account ON account.id IN (debit_account_id, credit_account_id)
                 GROUP BY 1, 2) AS sums;
        UPDATE books_accountday AS day SET debit_fen = moved.debit, credit_fen = moved.credit, balance_fen = moved.balance
          FROM moved WHERE moved.account_id = day.account_id AND moved.date = day.date;
        DELETE FROM books_accountday AS day WHERE (account_id, date) NOT IN (SELECT account_id, date FROM moved);
    """)
    previous, after = bytes(32), None
    for row, institution, day in owner.execute("SELECT id, institution_id, date FROM books_closedday ORDER BY date").fetchall():
        owner.execute(
            """UPDATE books_closedday AS day
                  SET entry_count = seal.entry_count, transfer_count = seal.transfer_count, audit_count = seal.audit_count,
                      total_fen = seal.total_fen, entries_digest = seal.entries_digest, audit_digest = seal.audit_digest,
                      accounts_digest = seal.accounts_digest, totals_digest = seal.totals_digest, previous_digest = %s
                 FROM books_day_seal(%s, %s, %s) AS seal WHERE day.id = %s""",
            [previous, institution, after, day, row],
        )
        (previous,) = owner.execute(
            """UPDATE books_closedday SET chain_digest = parties_digest(books_closed_day_text(id, institution_id, date, entry_count,
                      transfer_count, audit_count, total_fen, entries_digest, audit_digest, accounts_digest, totals_digest,
                      previous_digest, closed_at, closed_by)) WHERE id = %s RETURNING chain_digest""",
            [row],
        ).fetchone()
        after = day


REWRITES: dict[str, str] = {
    "an amount": "UPDATE books_transfer SET amount_fen = amount_fen + 1 WHERE posting_date = '{day}' AND id % 2 = 0",
    "a clerk": "UPDATE books_entry SET recorded_by = 'nobody' WHERE posting_date = '{day}'",
    "the trail": "UPDATE parties_auditrecord SET actor = 'nobody' WHERE business_date = '{day}'",
    "a name of an account": "UPDATE books_account SET name = '备用' WHERE code = '1003'",
    "an entry taken away": "DELETE FROM books_transfer WHERE loan_id = 7 AND posting_date = '{day}';"
    "DELETE FROM books_entry WHERE loan_id = 7 AND posting_date = '{day}'",
}


@pytest.mark.parametrize("change", REWRITES.values(), ids=REWRITES.keys())
@pytest.mark.parametrize("day", [FIRST_DAY, LAST_CLOSED_DAY])
def test_a_rewritten_chain_is_found_by_its_anchor_alone(kept_books: Any, owner: psycopg.Connection, change: str, day: Any) -> None:
    owner.execute(change.format(day=day))
    assert not all("anchor" in finding.where for finding in verify(kept_books))
    rewrite_chain(owner)
    found = verify(kept_books)
    assert found and all("anchor file" in finding.where for finding in found), found


def test_an_unchanged_chain_written_anew_is_the_same_chain(kept_books: Any, owner: psycopg.Connection) -> None:
    """Otherwise the test above would prove nothing."""
    rewrite_chain(owner)
    assert verify(kept_books) == []


def test_newest_days_cut_off_together_are_found(kept_books: Any, owner: psycopg.Connection) -> None:
    for table, column in DATED.items():
        owner.execute(f"DELETE FROM {table} WHERE {column} >= %s", [LAST_CLOSED_DAY])
    owner.execute("DELETE FROM parties_tally WHERE date >= %s", [LAST_CLOSED_DAY])
    owner.execute("UPDATE parties_seal SET date = %s", [LAST_CLOSED_DAY - timedelta(days=1)])
    owner.execute("UPDATE parties_institution SET business_date = %s", [LAST_CLOSED_DAY])
    (finding,) = verify(kept_books)
    assert finding.what == f"{LAST_CLOSED_DAY} was anchored and is no closed day"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE parties_seal SET date = date - 1", "days were closed through"),
        ("DELETE FROM parties_seal", "days were closed through none"),
        ("UPDATE parties_institution SET business_date = business_date - 2", "is before the last closed day"),
        ("UPDATE parties_tally SET row_count = row_count + 1", "were written"),
        ("UPDATE parties_tally SET digest_sum = digest_sum - 1", "their digests are not those that were written"),
        ("DELETE FROM parties_tally WHERE kind = 'entry'", "0 were written, 3 are there"),
    ],
)
def test_what_stands_beside_the_books_is_held_against_them(kept_books: Any, owner: psycopg.Connection, statement: str, what: str) -> None:
    owner.execute(statement)
    assert any(what in finding.what for finding in verify(kept_books))


def test_a_missing_anchor_is_told_and_written_again_by_the_next_close(kept_books: Any, anchor_file: Path) -> None:
    anchor_file.unlink()
    (finding,) = verify(kept_books)
    assert finding.what == "no anchor of these books"
    close_day(kept_books, OPEN_DAY, "day end")
    assert verify(kept_books) == []


def test_a_close_whose_anchor_was_lost_is_anchored_when_it_is_asked_for_again(kept_books: Any, anchor_file: Path) -> None:
    lines = anchor_file.read_text().splitlines(keepends=True)
    anchor_file.write_text("".join(lines[:-1]) + lines[-1][:40])  # a crash in the middle of the line
    (finding,) = verify(kept_books)
    assert "is not anchored" in finding.what
    close_day(kept_books, LAST_CLOSED_DAY, "day end")
    assert verify(kept_books) == []
    assert len(anchor.read("RIVER")) == 3


def test_an_anchor_with_another_digest_is_told(kept_books: Any, anchor_file: Path) -> None:
    text = anchor_file.read_text()
    digest = bytes(ClosedDay.objects.get(date=LAST_CLOSED_DAY).chain_digest).hex()
    anchor_file.write_text(text.replace(digest, "0" * 64))
    (finding,) = verify(kept_books)
    assert "is not the one that was anchored" in finding.what


def test_a_day_whose_rows_were_tampered_with_is_not_closed(kept_books: Any, owner: psycopg.Connection) -> None:
    owner.execute("DELETE FROM books_transfer WHERE posting_date = %s", [OPEN_DAY])
    owner.execute("DELETE FROM books_entry WHERE posting_date = %s", [OPEN_DAY])
    with pytest.raises(FaultsError, match="entry rows of"):
        close_day(kept_books, OPEN_DAY, "day end")


def test_the_application_itself_cannot_change_the_books(kept_books: Any) -> None:
    from django.db import DatabaseError, connection, transaction

    for table in DATED:
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_other_books_are_none_of_these(kept_books: Any, owner_connection: psycopg.Connection) -> None:
    """What is wrong at one institution is told of that one."""
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution

    other = create_institution("HILL", "山口小贷", "micro_lender", OPEN_DAY)
    open_books(other, "system")
    post(other, "drawdown", OPEN_DAY, [("principal", "settlement", 5)], recorded_by="clerk")
    owner_connection.execute("UPDATE books_transfer SET amount_fen = 6 WHERE institution_id = %s", [other.pk])
    assert verify(kept_books) == []
    assert [finding.where.split(",")[0] for finding in verify()] == ["HILL"]


@pytest.mark.parametrize("connections", [1, 3])
def test_spans_on_several_connections_find_the_same_and_the_first_day_first(
    kept_books: Any, owner: psycopg.Connection, connections: int
) -> None:
    assert verify(kept_books, connections=connections, entries_a_check=1) == []
    second = FIRST_DAY + timedelta(days=1)
    owner.execute("UPDATE books_entry SET reference = 'other' WHERE posting_date = %s AND act = 'accrual'", [OPEN_DAY])
    owner.execute("UPDATE books_accountday SET debit_fen = debit_fen + 1 WHERE date = %s", [second])
    owner.execute("UPDATE books_transfer SET amount_fen = 1 WHERE posting_date = %s AND id %% 2 = 0", [LAST_CLOSED_DAY])
    found = verify(kept_books, connections=connections, entries_a_check=1)
    days = [finding.day or date.max for finding in found]  # what belongs to no day comes last
    assert days == sorted(days)
    assert found[0].day == second and {finding.day for finding in found} >= {second, LAST_CLOSED_DAY, OPEN_DAY}
    assert {str(finding) for finding in found} == {str(finding) for finding in verify(kept_books, connections=1)}
