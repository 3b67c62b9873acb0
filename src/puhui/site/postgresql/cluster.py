"""Making, starting, watching and stopping one PostgreSQL server on one data folder.

Every function here is called with the home's lock held, so nobody else starts or stops at the same time. A start after a crash
replays the write-ahead log, which may take long on a large database: it is waited for as long as the server works, told by its
log, its processor time and its bytes moved, and never cut short by a clock.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import tuning
from .binaries import Binaries
from .errors import EmbeddedServerError, explain, from_os_error
from .layout import SOCKET_NAME, Layout, place_file
from .processes import postgres_processes, quit_orphans, serves, start_mark, wait_until_gone, work_done

__all__ = ["Postmaster", "check_version", "initialise", "postmaster", "start", "stop"]

STANDSTILL_SECONDS = 300.0
_STOP_SECONDS = 120.0
_LOG_BYTES = 10 << 20
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Postmaster:
    """The running server's first process. `state` is PostgreSQL's own word: starting, ready, stopping."""

    process_id: int
    mark: str
    state: str


def check_version(layout: Layout, binaries: Binaries) -> None:
    """Refuses a folder that another major version made, or that is no database folder at all."""
    version = layout.data / "PG_VERSION"
    try:
        if not layout.data.exists():
            return
        if not version.exists():
            if any(layout.data.iterdir()):
                raise EmbeddedServerError(
                    "The database folder holds files, but no database.",
                    f"{layout.data}: no file PG_VERSION",
                    "Move the folder away, or choose another PUHUI_HOME.",
                )
            return
        found = version.read_text().strip()
    except OSError as error:
        raise from_os_error(error, version, "read the database folder") from error
    if found != str(binaries.major):
        raise EmbeddedServerError(
            f"The database folder was made by PostgreSQL {found or '(unknown)'}, this Puhui carries PostgreSQL {binaries.major}."
            " Nothing in it was changed.",
            f"{version}: {found or '(empty)'}",
            f"Write the data out with the Puhui that made it (pg_dump) and read it into a fresh PUHUI_HOME, or set DATABASE_URL"
            f" to a server of version {found}.",
        )


def initialise(layout: Layout, binaries: Binaries, throwaway: bool) -> None:
    """Makes the data folder: beside its place first and then renamed, so a half-made one is never taken for a database."""
    partial = layout.base / "data.new"
    shutil.rmtree(partial, ignore_errors=True)
    command = [
        *(binaries.program("initdb"), "-D", str(partial), "-U", "postgres", "--encoding=UTF8", "--locale=C", "--no-instructions"),
        # Sorting by code point and letter case by Unicode, the same on every machine, whatever languages it has installed.
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth=scram-sha-256", "--auth-local=peer"),
        *(["--no-sync"] if throwaway else []),
    ]
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, errors="replace", cwd="/", env=_ENVIRONMENT, umask=0o077, **layout.user.switch()
        )
    except OSError as error:
        raise from_os_error(error, Path(command[0]), "run initdb") from error
    if run.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        raise explain(_with_disk_probe(run.stdout + "\n" + run.stderr, layout), layout.base, "The database could not be made.")
    place_file(layout.user, partial / "postgresql.conf", "include_if_exists = 'puhui.conf'\ninclude_if_exists = 'local.conf'\n")
    try:
        if layout.data.exists():
            layout.data.rmdir()  # empty, or check_version would have refused
        partial.rename(layout.data)
    except OSError as error:
        raise from_os_error(error, layout.data, "make the database folder") from error


def postmaster(layout: Layout) -> Postmaster | None:
    """The server that runs on the data folder, or None. A stale postmaster.pid, a zombie or a reused number count as none."""
    try:
        lines = (layout.data / "postmaster.pid").read_text().splitlines()
        process_id = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    mark = start_mark(process_id)
    if mark is None or not serves(process_id, layout.data):
        return None
    return Postmaster(process_id, mark, lines[7].strip() if len(lines) > 7 else "starting")


def start(layout: Layout, binaries: Binaries, throwaway: bool, say: Say) -> Postmaster:
    """Starts the server unless it runs, and waits until it takes connections, through any recovery.

    Args:
        layout: the places of the home, folders made, database initialised.
        binaries: programs that the server's user can run.
        throwaway: see `tuning.settings_text`.
        say: told what takes long.
    Raises:
        EmbeddedServerError: in plain words; the data is left as it was.
    """
    running = postmaster(layout)
    if running is not None and running.state == "stopping":
        wait_until_gone(layout.data, _STOP_SECONDS)
        running = postmaster(layout)
    if running is not None:
        return _wait_until_ready(layout, None, say)
    _clear_remains(layout)
    _write_configuration(layout, throwaway)
    log_start = _turn_log(layout)
    command = ["/bin/sh", "-c", 'umask 077; exec "$1" -D "$2" >> "$3" 2>&1', "sh"]
    try:
        child = subprocess.Popen(
            [*command, binaries.program("postgres"), str(layout.data), str(layout.log)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", env=_ENVIRONMENT,
            start_new_session=True,  # Ctrl-C in the terminal is meant for the command, not for the database
            **layout.user.switch(),
        )  # fmt: skip
    except OSError as error:
        raise from_os_error(error, layout.data, "start the database") from error
    return _wait_until_ready(layout, _Started(child, log_start), say)


@dataclass
class _Started:
    child: "subprocess.Popen[bytes]"
    log_start: int


def _wait_until_ready(layout: Layout, started: _Started | None, say: Say) -> Postmaster:
    began = time.monotonic()
    last_work: object = None
    last_moved = began
    told = False
    pause = 0.01
    while True:
        found = postmaster(layout)
        if found is not None and found.state == "ready":
            return found
        if _has_ended(layout, started, found, began):
            text = _log_since(layout, started.log_start if started else 0)
            raise explain(_with_disk_probe(text, layout), layout.log, "The database did not start.")
        now = time.monotonic()
        if now - began > 2 and now - last_moved > 1:
            work = (work_done(layout.data), _size(layout.log))
            if work != last_work:
                last_work, last_moved = work, now
            if not told:
                say("the database is still starting; after a crash it first recovers what was committed, which may take a while")
                told = True
            _check_standstill(layout, now - last_moved)
        time.sleep(pause)
        pause = min(pause * 1.3, 0.25)


def _has_ended(layout: Layout, started: _Started | None, found: Postmaster | None, began: float) -> bool:
    if started is not None:
        return started.child.poll() is not None
    # Somebody else's start, whose number may not be written yet for a moment.
    return found is None and time.monotonic() - began > 1 and not postgres_processes(layout.data)


def _check_standstill(layout: Layout, seconds: float) -> None:
    if seconds > STANDSTILL_SECONDS:
        raise EmbeddedServerError(
            f"The database's recovery has not moved for {int(seconds)} seconds. It was left running, and nothing was changed.",
            f"{layout.log}: {_log_since(layout, 0)[-300:].strip()}",
            "Look whether the disk answers; then call again: the command goes on waiting where this one stopped.",
            leaves_running=True,
        )


def stop(layout: Layout) -> None:
    """Stops the server in order: open transactions are undone, everything committed is on disk. Returns when it is gone."""
    found = postmaster(layout)
    if found is None:
        return
    for how, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 30.0)):
        try:
            os.kill(found.process_id, how)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise from_os_error(error, layout.data, "stop the database") from error
        if _gone(found, layout, seconds):
            return
    raise EmbeddedServerError(
        "The database does not stop.",
        f"process {found.process_id} on {layout.data}",
        "Look whether the disk answers. Do not kill it with -9 unless nothing else helps.",
    )


def _gone(found: Postmaster, layout: Layout, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while start_mark(found.process_id) == found.mark:
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    _collect_child(found.process_id)
    return wait_until_gone(layout.data, 10.0)


def _collect_child(process_id: int) -> None:
    """If the server was this very process's child, takes its exit status, so that no zombie keeps its number."""
    with contextlib.suppress(OSError):
        os.waitpid(process_id, os.WNOHANG)


def _clear_remains(layout: Layout) -> None:
    """After a crash: ends orphans, and removes the files by which the dead server still seems alive.

    PostgreSQL itself removes a stale postmaster.pid only when no process has the number in it. A reused number, or a zombie in a
    container whose first process collects none, would stop it for good. That no server runs here was made sure before.
    """
    pid_file = layout.data / "postmaster.pid"
    try:
        dead = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        dead = 0
    if dead:
        _collect_child(dead)
    if not quit_orphans(layout.data):
        left = ", ".join(str(process.pid) for process in postgres_processes(layout.data))
        raise EmbeddedServerError(
            "Processes of a crashed database are still running and do not end.",
            f"processes {left} on {layout.data}",
            "End them, then call again.",
        )
    try:
        for remains in (pid_file, layout.socket_directory / SOCKET_NAME, layout.socket_directory / f"{SOCKET_NAME}.lock"):
            remains.unlink(missing_ok=True)
    except OSError as error:
        raise from_os_error(error, layout.data, "clear the remains of a crashed server") from error


def _write_configuration(layout: Layout, throwaway: bool) -> None:
    starter = pwd.getpwuid(os.geteuid()).pw_name
    texts = {
        "puhui.conf": tuning.settings_text(layout, throwaway),
        "pg_hba.conf": tuning.access_rules(),
        "pg_ident.conf": tuning.name_map([layout.user.name, starter]),
    }
    for name, text in texts.items():
        path = layout.data / name
        try:
            written = path.read_text()
        except OSError:
            written = None
        if written != text:
            place_file(layout.user, path, text)


def _turn_log(layout: Layout) -> int:
    """Puts a large log aside (one old one is kept), and returns where the new start's lines begin."""
    try:
        if _size(layout.log) > _LOG_BYTES:
            layout.log.replace(layout.log.with_name("server.log.old"))
        return _size(layout.log)
    except OSError as error:
        raise from_os_error(error, layout.log, "turn the database's log") from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _log_since(layout: Layout, position: int) -> str:
    try:
        with layout.log.open("rb") as file:
            file.seek(max(position, _size(layout.log) - 20_000))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def _with_disk_probe(text: str, layout: Layout) -> str:
    """On a full disk the server cannot even write why it failed: try, and add what it would have said."""
    probe = layout.base / "probe.new"
    try:
        with os.fdopen(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(bytes(1 << 20))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        text += f"\n{layout.base}: {error.strerror}"
    finally:
        probe.unlink(missing_ok=True)
    return text
