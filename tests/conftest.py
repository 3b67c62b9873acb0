"""What tests share: one embedded server for all of them, and a database of its own for each test that wants one.

Nothing starts until a test asks. The tables are made once, in a template that every process copies from; the copy takes a tenth
of a second. All lies in a temporary home, in memory where the machine has enough of it (a database is more than a thousand files), which is
gone at the end together with the server; PUHUI_TESTS_HOME names one that stays, so that a single file can be run again and again without
making the tables anew.
"""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest
import tests.examples  # noqa: F401  # what it says of all properties must be known before any is read

SOURCES = Path(__file__).parents[1] / "src" / "puhui"


def _template_name() -> str:
    """A name that changes with the migrations, the SQL that they run, and what is done after them."""
    defining = [*SOURCES.glob("*/migrations/*.py"), *SOURCES.glob("*/sql/*.sql"), SOURCES / "site" / "database.py"]
    return f"template_{hashlib.sha256(b''.join(path.read_bytes() for path in sorted(defining))).hexdigest()[:16]}"


TEMPLATE = _template_name()
_home: Path | None = None
MEMORY_DISK = Path("/dev/shm")
MEMORY_BYTES = 8 << 30  # free before the tests begin; they use less than half of it


def folder_for_servers() -> Path:
    """Where folders of the tests' servers are made quickest: a disk in memory, if there is room and programs may run from it."""
    if not MEMORY_DISK.is_dir() or not os.access(MEMORY_DISK, os.W_OK | os.X_OK) or os.statvfs(MEMORY_DISK).f_flag & os.ST_NOEXEC:
        return Path(tempfile.gettempdir())
    free = min(shutil.disk_usage(MEMORY_DISK).free, psutil.virtual_memory().available)
    return MEMORY_DISK if free >= MEMORY_BYTES else Path(tempfile.gettempdir())


def pytest_configure(config: pytest.Config) -> None:
    global _home
    if not hasattr(config, "workerinput"):
        # The first process makes the home; the others, started by it, inherit its environment.
        staying = os.environ.get("PUHUI_TESTS_HOME")
        _home = Path(staying) if staying else Path(tempfile.mkdtemp(prefix="puhui-tests-", dir=folder_for_servers()))
        _home.mkdir(parents=True, exist_ok=True)
        _home.chmod(0o711)  # run by root, the server is another user, who must be able to enter
        kept = ("PUHUI_REAL_DATA", "PUHUI_EXAMPLES", "PUHUI_FAULT_", "PUHUI_TESTS_HOME")
        for name in [name for name in os.environ if name.startswith("PUHUI_") and not name.startswith(kept)]:
            del os.environ[name]
        os.environ.pop("DATABASE_URL", None)
        os.environ["PUHUI_HOME"] = str(_home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "puhui.site.settings"
    # The browser's driver keeps an event loop in its process; the tests after it talk to the database from the same thread all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    from puhui.site import keys

    home = Path(os.environ["PUHUI_HOME"])
    keys.load_or_make(home, database_exists=any(home.glob("template_*")))
    if _home is not None:
        # Before any process reads words, which `django.setup` does: what is read once stays as it was.
        from puhui.site import translations

        translations.compile_stale()
    import django
    from django.conf import settings

    # A slow hash is right for passwords and wrong for tests of everything else.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}  # nothing stays from test to test
    django.setup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that were given more time than others begin first, so that no process is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


def pytest_collection_finish() -> None:
    """What thousands of collected tests hold is not looked through again by each collection of garbage."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _home is not None and "PUHUI_TESTS_HOME" not in os.environ:
        from puhui.site import embedded

        embedded.erase(_home)
        shutil.rmtree(_home)


@pytest.fixture(scope="session")
def server() -> Iterator[object]:
    """A lease on the tests' server, with the template made by whichever process came first."""
    from puhui.site import embedded
    from puhui.site.postgresql.holders import locked

    with embedded.server(Path(os.environ["PUHUI_HOME"]), throwaway=True) as running:
        made = running.home / TEMPLATE
        with locked(running.home / "template.lock"):
            if not made.exists():
                running.drop_database(TEMPLATE)
                running.create_database(TEMPLATE)
                _use(TEMPLATE)
                _migrate()
                made.touch()
        yield running
        _use(embedded.DATABASE)


def _migrate() -> None:
    from puhui.site import database

    database.migrate()
    _close()


def _close() -> None:
    from django.db import connections

    connections.close_all()


def _use(name: str) -> None:
    """Points all of Django's connections of this process at a database."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connections

    _close()
    for alias in connections:
        connections[alias].settings_dict["NAME"] = name
        connections.settings[alias]["NAME"] = name  # for connections that other threads will open
    ContentType.objects.clear_cache()


@pytest.fixture
def database(server) -> Iterator[str]:
    """A migrated, empty database of the test's own; commits, threads and other processes are welcome. Yields its name."""
    name = f"test_{uuid4().hex[:12]}"
    server.create_database(name, template=TEMPLATE)
    _use(name)
    try:
        yield name
    finally:
        _close()
        server.drop_database(name)


@pytest.fixture(scope="session")
def _lasting_database(server) -> Iterator[str]:
    name = f"lasting_{uuid4().hex[:12]}"
    server.create_database(name, template=TEMPLATE)
    yield name
    _close()
    server.drop_database(name)


@pytest.fixture
def rolled_back_database(_lasting_database: str) -> Iterator[str]:
    """One database per process; what the test does on the default connection is undone at its end. Quick."""
    from django.db import transaction

    _use(_lasting_database)
    with transaction.atomic():
        yield _lasting_database
        transaction.set_rollback(True)
    _close()


@pytest.fixture
def owner_connection(server, database: str) -> Iterator[psycopg.Connection]:
    """The test's database as its owner, past all of Puhui's own code: for tests that tamper. Commits each statement."""
    with psycopg.connect(server.dsn("puhui_owner", database), autocommit=True) as connection:
        connection.execute("SET puhui.rewrites = 'on'")
        yield connection


@pytest.fixture
def database_environment(server, database: str) -> dict[str, str]:
    """The environment for a `puhui` command in another process that works on the test's database."""
    return {**os.environ, "PUHUI_HOME": str(server.home), "PUHUI_DATABASE": database}
