"""Migrations, and what the application may do to each table.

Tables whose comment says `append-only` hold what money or a decision rested on: the application's role may read them and add to
them, and the database itself refuses it an UPDATE, a DELETE or a TRUNCATE. Only the owner, who migrates, could; the books' proof
is there to find that.
"""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.db import connections

_APPEND_ONLY_TABLES = """
    SELECT table_class.relname
      FROM pg_class AS table_class
      JOIN pg_namespace AS namespace ON namespace.oid = table_class.relnamespace
     WHERE table_class.relkind IN ('r', 'p')
       AND namespace.nspname = current_schema()
       AND obj_description(table_class.oid, 'pg_class') = 'append-only'
     ORDER BY 1
"""

_ANALYSE_CAN_BE_GRANTED = 170000


def migrate(alias: str = "owner", verbosity: int = 0) -> None:
    """Bring the schema up to date as its owner, then take from the application what it must not do."""
    call_command("migrate", database=alias, verbosity=verbosity, interactive=False)
    protect_append_only_tables(alias)


def append_only_tables(alias: str = "owner") -> list[str]:
    """Names of the tables that only grow."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_APPEND_ONLY_TABLES)
        return [name for (name,) in cursor.fetchall()]


def protect_append_only_tables(alias: str = "owner") -> None:
    """Revoke UPDATE, DELETE and TRUNCATE on append-only tables from the application's role, where that role exists.

    On a server of somebody else's with a single role there is nobody to revoke from: `puhui doctor` tells so.
    """
    tables = append_only_tables(alias)
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'puhui_app'")
        if tables and cursor.fetchone():
            names = ", ".join(connections[alias].ops.quote_name(name) for name in tables)
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {names} FROM puhui_app")
            if _server_version(cursor) >= _ANALYSE_CAN_BE_GRANTED:
                # So that an import can bring the planner's statistics up to date with what it added.
                cursor.execute("GRANT MAINTAIN ON evidence_invoice TO puhui_app")


def unprotected_tables(alias: str = "owner") -> list[str]:
    """Append-only tables on which the application's role may still do what it must not: a migration was cut short."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"""
            SELECT relname FROM ({_APPEND_ONLY_TABLES}) AS append_only
              JOIN pg_roles AS role ON role.rolname = 'puhui_app'
             WHERE has_table_privilege(role.oid, quote_ident(current_schema()) || '.' || quote_ident(relname), 'UPDATE, DELETE, TRUNCATE')
            """
        )
        return [name for (name,) in cursor.fetchall()]


def _server_version(cursor: Any) -> int:
    cursor.execute("SHOW server_version_num")
    return int(cursor.fetchone()[0])
