"""The fixtures that other tests stand on, and the rights of the roles in a migrated database."""

import subprocess
import sys

import psycopg
import pytest
from django.db import connection, connections

from puhui.parties.models import Institution


def _institution(code: str) -> Institution:
    return Institution.objects.create(code=code, name=code, kind="bank", business_date="2026-01-05")


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_an_empty_database_of_its_own(database, turn):
    assert not Institution.objects.exists()
    _institution("one")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user")
        assert cursor.fetchone() == (database, "puhui_app")


@pytest.mark.parametrize("turn", [1, 2])
def test_a_rolled_back_database_forgets(rolled_back_database, turn):
    assert not Institution.objects.exists()
    _institution("one")


def test_a_command_in_another_process_sees_the_same_database(database, database_environment):
    _institution("seen")
    program = (
        "from puhui.site.commands.support import start_django; start_django()\n"
        "from puhui.parties.models import Institution; print(Institution.objects.get().code)"
    )
    run = subprocess.run([sys.executable, "-c", program], env=database_environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "seen"


def test_the_owner_sees_what_the_application_committed(database, owner_connection):
    _institution("seen")
    assert owner_connection.execute("SELECT current_user, code FROM parties_institution").fetchall() == [("puhui_owner", "seen")]


@pytest.mark.parametrize(
    "deed", ["UPDATE parties_auditrecord SET act = 'x'", "DELETE FROM parties_auditrecord", "TRUNCATE parties_auditrecord"]
)
def test_the_application_cannot_change_what_only_grows(database, server, deed):
    with psycopg.connect(server.dsn("puhui_app", database)) as application, pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(deed.format("parties_auditrecord"))


def test_the_application_cannot_make_or_empty_tables(database, server):
    with psycopg.connect(server.dsn("puhui_app", database), autocommit=True) as application:
        for deed in ("CREATE TABLE mine (a int)", "TRUNCATE parties_firm CASCADE", "DROP TABLE parties_firm"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(deed)


def test_the_reader_reads_and_no_more(database, server):
    _institution("seen")
    with psycopg.connect(server.dsn("puhui_reader", database), autocommit=True) as reader:
        assert reader.execute("SELECT code FROM parties_institution").fetchall() == [("seen",)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader.execute("DELETE FROM parties_institution")
        # Also when it lifts its own restraint: it has no right to.
        reader.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("DELETE FROM parties_institution")


def test_days_in_sql_are_days_in_china(database):
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT timestamptz '2026-01-31 17:00:00+00' :: date")
            assert cursor.fetchone()[0].isoformat() == "2026-02-01"
