"""What commands share: starting Django with its database, saying what is wrong, printing results, showing progress.

Nothing heavy is imported at the top: commands that need no database use this module too.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import gc
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from puhui.calculations.faults import Fault

if TYPE_CHECKING:
    from puhui.parties.models import Institution
    from puhui.site import embedded
    from puhui.site.configuration import Configuration

__all__ = ["Progress", "fail", "found_wrong", "institution", "print_result", "progress", "settle_in", "start_django"]

_QUIET_SECONDS = 2.0
_MIGRATION_LOCK = 0x7075687569  # "puhui": one program migrates at a time
_OLDEST_SERVER = 150000


def start_django(migrate: bool = True) -> Configuration:
    """Makes the database ready and sets Django up. To be called before anything of Django is imported; harmless when repeated.

    Args:
        migrate: bring the schema up to date when it is not.
    Raises:
        ConfigurationError: settings that cannot be used.
        EmbeddedServerError: the embedded server cannot be used. `puhui` shows both in plain words and ends with 2.
    """
    from puhui.site import configuration as configurations

    configuration = configurations.load()
    if configuration.is_embedded:
        _hold_embedded_server(configuration)
    else:
        _check_own_keys(configuration)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
    import django

    django.setup()
    if migrate:
        migrate_if_needed()
    return configuration


def settle_in() -> None:
    """What a process that answers requests will need is loaded now, and the garbage collector need not look through it again.

    Else somebody's answer waits for a tenth of a second, each time that the collector walks through every module.
    """
    from django.conf import settings

    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()


@cache
def _hold_embedded_server(configuration: Configuration) -> embedded.Lease:
    """One lease for the process, let go when it ends."""
    from puhui.site import embedded

    lease = embedded.acquire(configuration.home)
    if configuration.database != embedded.DATABASE:
        lease.ensure_database(configuration.database)
    return lease


def _check_own_keys(configuration: Configuration) -> None:
    """With a server of one's own, keys are never made up: a second machine would make others, and read nothing."""
    from puhui.site import keys
    from puhui.site.configuration import ConfigurationError

    if keys.load(configuration.home) is not None:
        return
    wanted = {
        "PUHUI_SECRET_KEY": configuration.secret_key,
        "PUHUI_ENCRYPTION_KEY": configuration.encryption_key,
        "PUHUI_BLIND_INDEX_KEY": configuration.blind_index_key,
    }
    expected = f"a key, since DATABASE_URL is set and {keys.path_in(configuration.home)} does not exist"
    faults = [Fault(name, "nothing", expected, "docs/settings.md tells how to make it.") for name, key in wanted.items() if key is None]
    if faults:
        raise ConfigurationError(faults)


def pending_migrations() -> list[str]:
    """Names of migrations that the database lacks, such as "loans.0002_lines"."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def migrate_if_needed() -> None:
    """Migrates as the owner when something is pending, or when an earlier run was killed before it protected the tables."""
    from django.db import connections

    from puhui.site import database

    connection = connections["owner"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0])
    if version < _OLDEST_SERVER:
        fail(Fault("DATABASE_URL", f"PostgreSQL {version // 10000}", "PostgreSQL 15 to 18", "Use a newer server."))
    if not pending_migrations() and not database.unprotected_tables():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        try:
            with progress("bringing the database's tables up to date"):
                database.migrate()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])


def institution(code: str | None, option: str = "--institution") -> Institution:
    """The institution of that code, or the only one there is; ends the command with 2 where there is none, naming those there are."""
    from puhui.parties import queries
    from puhui.parties.models import Institution

    try:
        return queries.institution(code or None)
    except (Institution.DoesNotExist, Institution.MultipleObjectsReturned):
        codes = list(Institution.objects.order_by("code").values_list("code", flat=True)[:20])
        expected = (
            f"the code of one: {', '.join(codes)}" if codes else "the code of an institution; none is registered yet: puhui lender open"
        )
        fail(Fault(option, repr(code) if code else "nothing", expected))


def fail(faults: str | BaseException | Fault | Iterable[object]) -> NoReturn:
    """Prints each fault on a line of standard error and ends the command with 2.

    Args:
        faults: one or many; texts, `Fault`s, or an exception that carries `faults`.
    """
    if isinstance(faults, (str, Fault)):
        faults = [faults]
    elif isinstance(faults, BaseException):
        faults = getattr(faults, "faults", None) or [faults]
    for fault in faults:
        print(str(fault), file=sys.stderr)
    sys.exit(2)


def found_wrong() -> NoReturn:
    """Ends the command with 1: it ran well, and what it checked is not in order."""
    sys.exit(1)


def print_result(data: Any, as_json: bool) -> None:
    """Prints a result: JSON for programs, aligned columns for people; "none" where a list is empty.

    Args:
        data: a dict, a list of dicts (one row each), a dataclass, or a list of those.
        as_json: one JSON document; decimals, dates and paths become strings.
    """
    if as_json:
        print(json.dumps(data, default=_plain, ensure_ascii=False, indent=2))
        return
    data = _plain(data) if dataclasses.is_dataclass(data) else data
    if isinstance(data, Mapping):
        print(_columns([[str(key), _cell(value)] for key, value in data.items()]))
    elif isinstance(data, Sequence) and not isinstance(data, str):
        rows = [_plain(row) if dataclasses.is_dataclass(row) else row for row in data]
        if rows and isinstance(rows[0], Mapping):
            print(_columns([[str(key) for key in rows[0]], *([_cell(value) for value in row.values()] for row in rows)], header=True))
        else:
            print("\n".join(_cell(row) for row in rows) or "none")
    else:
        print(_cell(data))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, (decimal.Decimal, Path)):
        return str(value)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    plain = value if isinstance(value, (str, int, float)) else _plain(value)
    return str(plain)


def _columns(rows: list[list[str]], header: bool = False) -> str:
    """Rows with their columns under each other, also where Chinese characters take two places each."""
    from rich.cells import cell_len

    count = max((len(row) for row in rows), default=0)
    widths = [max((cell_len(row[index]) for row in rows if index < len(row)), default=0) for index in range(count)]
    lines = ["  ".join(cell + " " * (widths[index] - cell_len(cell)) for index, cell in enumerate(row)).rstrip() for row in rows]
    if header:
        lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


class Progress:
    """Progress of one piece of work: a bar on a terminal once it has taken two seconds, one line at the end elsewhere."""

    def __init__(self, label: str, total: float | None) -> None:
        self.label = label
        self.total = total
        self.done = 0.0
        self._began = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def advance(self, count: float = 1) -> None:
        """So much more is done."""
        self.done += count
        self._show()

    def describe(self, label: str) -> None:
        """Says what is being done now."""
        self.label = label
        self._show()

    def close(self) -> None:
        """Takes the bar away; tells long work on a log that is no terminal."""
        seconds = time.monotonic() - self._began
        if self._bar is not None:
            self._bar.stop()
        elif seconds > _QUIET_SECONDS and not sys.stderr.isatty():
            count = f", {self.done:,.0f}" if self.done else ""
            print(f"{self.label}{count} ({seconds:.1f} s)", file=sys.stderr, flush=True)

    def _show(self) -> None:
        if self._bar is None:
            if time.monotonic() - self._began < _QUIET_SECONDS or not sys.stderr.isatty():
                return
            self._bar = _bar()
            self._task = self._bar.add_task(self.label, total=self.total)
            self._bar.start()
        self._bar.update(self._task, description=self.label, completed=self.done)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return RichProgress(*columns, console=Console(stderr=True), transient=True)


@contextmanager
def progress(label: str, total: float | None = None) -> Iterator[Progress]:
    """Shows how far the work inside the `with` block is.

    Args:
        label: what is being done, "importing invoices".
        total: how much there is to do, when known.
    """
    shown = Progress(label, total)
    try:
        yield shown
    finally:
        shown.close()
