"""What money rested on is added to and never changed: the database refuses it to every role, whatever the program says."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from puhui.site import database as schema

# With a WHERE that finds nothing: it is the deed that is refused, not its effect.
DEEDS = ("UPDATE {} SET institution_id = institution_id WHERE false", "DELETE FROM {} WHERE false", "TRUNCATE {} CASCADE")
MONEY = {
    "books_account", "books_entry", "books_transfer", "books_closedday", "books_accountday", "loans_event", "parties_auditrecord",
}  # fmt: skip


def test_the_tables_of_money_are_among_those_that_only_grow(database: str) -> None:
    assert set(schema.append_only_tables()) >= MONEY
    assert schema.unprotected_tables() == []


@pytest.mark.parametrize("deed", DEEDS)
def test_the_application_may_add_and_not_change(server: Any, kept_books: Any, database: str, deed: str) -> None:
    with psycopg.connect(server.dsn("puhui_app", database), autocommit=True) as application:
        for table in sorted(MONEY):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(deed.format(table))
        assert application.execute("SELECT has_table_privilege('books_transfer', 'INSERT')").fetchone() == (True,)


@pytest.mark.parametrize("deed", DEEDS)
def test_a_single_role_that_owns_the_tables_is_refused_too(server: Any, kept_books: Any, database: str, deed: str) -> None:
    with psycopg.connect(server.dsn("puhui_owner", database), autocommit=True) as owner:
        for table in sorted(MONEY):
            with pytest.raises(psycopg.Error, match="added and never changed") as refused:
                owner.execute(deed.format(table))
            assert refused.value.sqlstate == "PH003"


def test_a_trigger_that_was_taken_away_or_put_to_sleep_is_missed_and_put_back(owner_connection: Any, database: str) -> None:
    owner_connection.execute("ALTER TABLE books_entry DISABLE TRIGGER append_only; DROP TRIGGER append_only ON books_transfer")
    assert schema.unprotected_tables() == ["books_entry", "books_transfer"]
    schema.protect_append_only_tables()
    assert schema.unprotected_tables() == []
