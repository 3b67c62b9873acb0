"""Migrations, and what the application may do to each table.

Tables whose comment says `append-only`, and their partitions, hold what money or a decision rested on: the application's role may
read them and add to them, and the database itself refuses it an UPDATE, a DELETE or a TRUNCATE. A trigger refuses them to every other
role as well, also where a server has a single one, unless the session says that it rewrites (migrations do). Whoever owns the tables
could do that, or take the trigger away; the books' proof is there to find what comes of it.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.core.management import call_command
from django.db import connections

from puhui.site.first_migrations import drawing_one_model_a_step, is_first

_APPEND_ONLY_TABLES = """
    WITH RECURSIVE marked AS (
        SELECT table_class.oid, table_class.relname
          FROM pg_class AS table_class
          JOIN pg_namespace AS namespace ON namespace.oid = table_class.relnamespace
         WHERE table_class.relkind IN ('r', 'p')
           AND namespace.nspname = current_schema()
           AND obj_description(table_class.oid, 'pg_class') = 'append-only'
         UNION
        SELECT partition.oid, partition.relname
          FROM marked
          JOIN pg_inherits AS link ON link.inhparent = marked.oid
          JOIN pg_class AS partition ON partition.oid = link.inhrelid
    )
    SELECT relname FROM marked ORDER BY 1
"""

_WITHOUT_TRIGGER = f"""
    SELECT relname FROM ({_APPEND_ONLY_TABLES}) AS append_only
     WHERE NOT EXISTS (SELECT FROM pg_trigger AS trigger
                        WHERE trigger.tgrelid = (quote_ident(current_schema()) || '.' || quote_ident(append_only.relname))::regclass
                          AND trigger.tgname = 'append_only' AND trigger.tgenabled <> 'D')
"""

_ANALYSE_CAN_BE_GRANTED = 170000


def migrate(alias: str = "owner", verbosity: int = 0) -> None:
    """Bring the schema up to date as its owner, then take from the application what it must not do."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SET puhui.rewrites = 'on'")
    try:
        with drawing_one_model_a_step() if is_first(alias) else nullcontext():
            call_command("migrate", database=alias, verbosity=verbosity, interactive=False)
    finally:
        with connections[alias].cursor() as cursor:
            cursor.execute("RESET puhui.rewrites")
    protect_append_only_tables(alias)


def append_only_tables(alias: str = "owner") -> list[str]:
    """Names of the tables that only grow."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_APPEND_ONLY_TABLES)
        return [name for (name,) in cursor.fetchall()]


def protect_append_only_tables(alias: str = "owner") -> None:
    """Refuse UPDATE, DELETE and TRUNCATE on append-only tables: to the application's role, where there is one, and by a trigger to all."""
    tables = append_only_tables(alias)
    with connections[alias].cursor() as cursor:
        cursor.execute(_WITHOUT_TRIGGER)
        for (name,) in cursor.fetchall():
            table = connections[alias].ops.quote_name(name)
            cursor.execute(
                f"""CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                       FOR EACH STATEMENT EXECUTE FUNCTION parties_refuse_change();
                     ALTER TABLE {table} ENABLE TRIGGER append_only"""
            )
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'puhui_app'")
        if tables and cursor.fetchone():
            names = ", ".join(connections[alias].ops.quote_name(name) for name in tables)
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {names} FROM puhui_app")
            if _server_version(cursor) >= _ANALYSE_CAN_BE_GRANTED:
                # So that an import can bring the planner's statistics up to date with what it added.
                cursor.execute("GRANT MAINTAIN ON evidence_invoice, evidence_record TO puhui_app")


def unprotected_tables(alias: str = "owner") -> list[str]:
    """Append-only tables that the application's role may still change, or that lack their trigger: a migration was cut short."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"""
            SELECT relname FROM ({_APPEND_ONLY_TABLES}) AS append_only
              JOIN pg_roles AS role ON role.rolname = 'puhui_app'
             WHERE has_table_privilege(role.oid, quote_ident(current_schema()) || '.' || quote_ident(relname), 'UPDATE, DELETE, TRUNCATE')
             UNION {_WITHOUT_TRIGGER}
            """
        )
        return [name for (name,) in cursor.fetchall()]


def _server_version(cursor: Any) -> int:
    cursor.execute("SHOW server_version_num")
    return int(cursor.fetchone()[0])
