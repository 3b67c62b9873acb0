"""The embedded PostgreSQL server: there when a command needs it, gone when nobody does.

A command takes a lease; the first one starts the server, later ones share it, the last one to let go stops it. A command that
was killed is found dead by the next and no longer counts. A server that was killed is started again by the next command and
recovers what was committed. No port is opened: the server listens on a socket in a folder of its own.

    with embedded.server(home) as server:
        psycopg.connect(server.dsn("puhui_app"))
"""

import atexit
import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import psycopg

from . import keys as keys_module
from .postgresql import cluster, roles
from .postgresql.binaries import bundled, readable_by
from .postgresql.errors import EmbeddedServerError, explain, from_os_error
from .postgresql.holders import Holder, Holders, locked
from .postgresql.layout import ROOT_FOLDER, Layout, default_home, layout_of, make_folders, replace_file

__all__ = [
    "DATABASE",
    "EmbeddedServerError",
    "Lease",
    "Server",
    "Status",
    "acquire",
    "address",
    "default_home",
    "erase",
    "server",
    "status",
]

DATABASE = "puhui"

Say = Callable[[str], None]


class _HasHome(Protocol):
    @property
    def home(self) -> Path: ...


class Server:
    """A running server as its users see it."""

    def __init__(self, layout: Layout, keys: keys_module.Keys) -> None:
        self.layout = layout
        self.keys = keys

    @property
    def home(self) -> Path:
        """PUHUI_HOME, with links resolved."""
        return self.layout.home

    def dsn(self, role: str, database: str = DATABASE) -> str:
        """A connection address for psycopg: postgresql://role:password@/database?host=folder.

        Args:
            role: puhui_owner, puhui_app or puhui_reader.
            database: its name.
        """
        return _address(self.layout, self.keys.passwords[role], role, database)

    def create_database(self, name: str, template: str | None = None) -> None:
        """Makes a database, empty or as a copy of a template that nobody is connected to."""
        roles.create_database(self.layout, name, template)

    def ensure_database(self, name: str) -> None:
        """Makes an empty database unless there is one of that name."""
        if not roles.has_database(self.layout, name):
            self.create_database(name)

    def drop_database(self, name: str) -> None:
        """Removes a database and ends whoever is connected to it."""
        roles.drop_database(self.layout, name)


class Lease(Server):
    """A server held by this process. Released by hand, or when the process ends in order; a killed process is found out."""

    def __init__(self, layout: Layout, keys: keys_module.Keys, holder: Holder, throwaway: bool, say: Say) -> None:
        super().__init__(layout, keys)
        self._holder = holder
        self._throwaway = throwaway
        self._say = say
        self._is_released = False

    def release(self) -> None:
        """Lets go; the last to do so stops the server. Harmless when repeated, and in a forked child, which holds nothing."""
        if self._is_released or os.getpid() != self._holder.process_id:
            return
        self._is_released = True
        atexit.unregister(self.release)
        with locked(self.layout.lock, self._say):
            if not Holders(self.layout.holders).remove(self._holder):
                cluster.stop(self.layout)

    def ensure_running(self) -> None:
        """Starts the server again if it was killed, and waits for its recovery. For programs that run for days."""
        with locked(self.layout.lock, self._say):
            _bring_up(self.layout, self.keys, self._throwaway, self._say)


@dataclass(frozen=True)
class Status:
    """What is known of a home's server without touching it."""

    initialised: bool
    running: bool
    process_id: int | None
    state: str
    data: Path
    socket_directory: Path
    log: Path
    version: str | None
    holders: tuple[int, ...]


def acquire(home: Path | None = None, *, throwaway: bool = False, say: Say | None = None) -> Lease:
    """Takes a lease on the home's server, making and starting it as needed.

    Args:
        home: PUHUI_HOME; the user's default when None.
        throwaway: a test's database, made and run without waiting for the disk.
        say: told what takes longer than two seconds; standard error by default.
    Raises:
        EmbeddedServerError: what is wrong, in plain words. Nothing is held then.
    """
    say = say or _say_on_standard_error
    layout = layout_of(home or default_home())
    make_folders(layout)
    with locked(layout.lock, say):
        # The keys come before the data: data without keys is a fault that must not be made by a kill in between.
        keys = keys_module.load_or_make(layout.home, layout.is_initialised)
        holders = Holders(layout.holders)
        holder = holders.add()
        try:
            _bring_up(layout, keys, throwaway, say)
        except BaseException as error:
            if not holders.remove(holder) and not getattr(error, "leaves_running", False):
                with contextlib.suppress(EmbeddedServerError):
                    cluster.stop(layout)
            raise
    lease = Lease(layout, keys, holder, throwaway, say)
    atexit.register(lease.release)
    return lease


@contextlib.contextmanager
def server(place: _HasHome | Path, *, throwaway: bool = False, say: Say | None = None) -> Iterator[Server]:
    """Holds the server for the length of a `with` block. `place` is a Configuration or a home folder."""
    lease = acquire(place if isinstance(place, Path) else place.home, throwaway=throwaway, say=say)
    try:
        yield lease
    finally:
        lease.release()


def status(home: Path | None = None) -> Status:
    """Looks at a home's server; starts, stops and writes nothing."""
    layout = layout_of(home or default_home())
    found = cluster.postmaster(layout)
    try:
        version = (layout.data / "PG_VERSION").read_text().strip()
    except OSError:
        version = None
    return Status(
        initialised=layout.is_initialised,
        running=found is not None,
        process_id=found.process_id if found else None,
        state=found.state if found else "stopped",
        data=layout.data,
        socket_directory=layout.socket_directory,
        log=layout.log,
        version=version,
        holders=tuple(holder.process_id for holder in Holders(layout.holders).living()),
    )


def erase(home: Path | None = None, *, say: Say | None = None) -> None:
    """Removes a home's database with all data, and its keys, which are of no use without it. Other files in the home stay.

    Raises:
        EmbeddedServerError: a command is using it; nothing was removed then.
    """
    layout = layout_of(home or default_home())
    if not layout.home.exists():
        return
    with locked(layout.lock, say or _say_on_standard_error):
        living = Holders(layout.holders).living()
        if living:
            processes = ", ".join(str(holder.process_id) for holder in living)
            raise EmbeddedServerError(
                "The database is in use and was not removed.", f"{layout.home}: held by processes {processes}", "End those commands first."
            )
        cluster.stop(layout)
        try:
            for folder in (layout.base, layout.socket_directory):
                if folder.exists():
                    shutil.rmtree(folder)
            for file in (layout.prepared, layout.holders, keys_module.path_in(layout.home)):
                file.unlink(missing_ok=True)
        except OSError as error:
            raise from_os_error(error, layout.base, "remove the database") from error


def address(home: Path, keys: keys_module.Keys | None, role: str, database: str = DATABASE) -> str:
    """The address of a role's connection, which is the same whether the server runs or not; without password while there is none."""
    return _address(layout_of(home), keys.passwords[role] if keys else "", role, database)


def _address(layout: Layout, password: str, role: str, database: str) -> str:
    host = quote(str(layout.socket_directory), safe="")
    return f"postgresql://{role}:{quote(password, safe='')}@/{quote(database, safe='')}?host={host}"


def _bring_up(layout: Layout, keys: keys_module.Keys, throwaway: bool, say: Say) -> None:
    """With the lock held: a server that takes connections, with roles and database."""
    binaries = bundled()
    cluster.check_version(layout, binaries)
    found = cluster.postmaster(layout)
    if found is None or found.state != "ready":
        user = layout.user.switch()
        runnable = readable_by(binaries, user, ROOT_FOLDER)
        if not layout.is_initialised:
            cluster.initialise(layout, runnable, throwaway)
        found = cluster.start(layout, runnable, throwaway, say)
    identity = f"{found.process_id} {found.mark}"
    try:
        if layout.prepared.exists() and layout.prepared.read_text() == identity:
            return
        roles.prepare(layout, keys.passwords, DATABASE)
        replace_file(layout.prepared, identity)
    except psycopg.Error as error:
        raise explain(str(error), layout.log, "The database's roles could not be made.") from error
    except OSError as error:
        raise from_os_error(error, layout.prepared, "note that the database is ready") from error


def _say_on_standard_error(text: str) -> None:
    print(f"puhui: {text}", file=sys.stderr, flush=True)
