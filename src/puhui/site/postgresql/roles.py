"""The database's roles and databases.

Three roles with a password each: the owner makes and changes tables (migrations), the application works with rows, the reader
reads. The application can never empty a table (TRUNCATE), and on append-only tables migrations take UPDATE and DELETE from it
as well, so that even a mistake in the program cannot rewrite the books. The superuser is reached only over the socket by the
operating system's user who runs the server.
"""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from .errors import EmbeddedServerError
from .layout import Layout

__all__ = ["APPLICATION", "OWNER", "READER", "ROLES", "create_database", "drop_database", "has_database", "prepare", "superuser"]

OWNER = "puhui_owner"
APPLICATION = "puhui_app"
READER = "puhui_reader"
ROLES = (OWNER, APPLICATION, READER)

# Each is harmless when repeated: a start that was killed half-way is simply done again.
_GRANTS = """
    ALTER SCHEMA public OWNER TO puhui_owner;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    GRANT USAGE ON SCHEMA public TO puhui_app, puhui_reader;
    ALTER DEFAULT PRIVILEGES FOR ROLE puhui_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO puhui_app;
    ALTER DEFAULT PRIVILEGES FOR ROLE puhui_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO puhui_app;
    ALTER DEFAULT PRIVILEGES FOR ROLE puhui_owner IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO puhui_app;
    ALTER DEFAULT PRIVILEGES FOR ROLE puhui_owner IN SCHEMA public GRANT SELECT ON TABLES TO puhui_reader;
    ALTER DEFAULT PRIVILEGES FOR ROLE puhui_owner IN SCHEMA public GRANT SELECT ON SEQUENCES TO puhui_reader;
"""


def superuser(layout: Layout, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
    """A connection of the database's superuser, committing each statement by itself.

    Raises:
        EmbeddedServerError: the server does not let us in.
    """
    try:
        return psycopg.connect(host=str(layout.socket_directory), user="postgres", dbname=database, autocommit=True)
    except psycopg.OperationalError as error:
        raise EmbeddedServerError(
            "The database does not let Puhui in.", f"{layout.socket_directory}: {str(error).strip()}", "Run puhui doctor."
        ) from error


def prepare(layout: Layout, passwords: Mapping[str, str], database: str) -> None:
    """Makes roles and the main database, and sets the passwords, whatever of it is there already."""
    with superuser(layout) as connection:
        present = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role in ROLES:
            verb = "ALTER" if role in present else "CREATE"
            statement = sql.SQL(verb + " ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(role), sql.Literal(passwords[role])))
        connection.execute("ALTER ROLE puhui_reader SET default_transaction_read_only = on")
        if not _exists(connection, database):
            _create(connection, database, "template1")
    with superuser(layout, database) as connection:
        connection.execute(_GRANTS)


def create_database(layout: Layout, name: str, template: str | None = None) -> None:
    """Makes a database of the owner: empty with the usual grants, or a copy of a template (to which nobody may be connected)."""
    with superuser(layout) as connection:
        _create(connection, name, template or "template1")
    if template is None:
        with superuser(layout, name) as connection:
            connection.execute(_GRANTS)


def has_database(layout: Layout, name: str) -> bool:
    """Whether there is a database of that name."""
    with superuser(layout) as connection:
        return _exists(connection, name)


def drop_database(layout: Layout, name: str) -> None:
    """Removes a database, ending connections to it; nothing happens when there is none."""
    with superuser(layout) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _exists(connection: "psycopg.Connection[tuple[object, ...]]", name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _create(connection: "psycopg.Connection[tuple[object, ...]]", name: str, template: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} OWNER puhui_owner TEMPLATE {} STRATEGY file_copy")
    if template == "template1":
        statement = sql.SQL("CREATE DATABASE {} OWNER puhui_owner TEMPLATE {}")
    connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
