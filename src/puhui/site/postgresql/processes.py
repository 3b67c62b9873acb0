"""Which processes are alive, told apart so that a reused process number fools nobody.

A process number alone is no identity: after a crash another program may get the number of a dead one, and after a reboot all
numbers begin anew. Number and start time together are one. A zombie (ended, not yet collected by its parent) counts as dead:
it holds nothing, although the operating system still answers for its number.
"""

import os
import signal
import time
from pathlib import Path

import psutil

__all__ = ["postgres_processes", "quit_orphans", "serves", "start_mark", "wait_until_gone", "work_done"]

_DEAD = {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}


def start_mark(process_id: int) -> str | None:
    """When the process began, as an opaque mark; None when it is dead or a zombie.

    On Linux: ticks since boot and the boot's own identity, which a change of the clock does not move. Elsewhere the start time.
    """
    status = Path(f"/proc/{process_id}/stat")
    boot = Path("/proc/sys/kernel/random/boot_id")
    if boot.exists():
        try:
            # The name in brackets may hold blanks and brackets: fields are counted after the last one.
            fields = status.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        state, ticks = fields[0], fields[19]
        return None if state in "ZX" else f"{boot.read_text().strip()}:{ticks}"
    try:
        process = psutil.Process(process_id)
        return None if process.status() in _DEAD else f"{process.create_time():.2f}"
    except psutil.Error:
        return None


def postgres_processes(data: Path) -> list[psutil.Process]:
    """All living processes of the server on this data folder, also those that outlived a killed postmaster.

    They are known by their working directory, which PostgreSQL sets to the data folder, and by their name.
    """
    return [process for process in psutil.process_iter() if _serves(process, data)]


def serves(process_id: int, data: Path) -> bool:
    """Whether the process of this number is alive and one of the server's on this data folder."""
    try:
        return _serves(psutil.Process(process_id), data)
    except psutil.Error:
        return False


def _serves(process: psutil.Process, data: Path) -> bool:
    try:
        return process.name().startswith("postgres") and process.status() not in _DEAD and Path(process.cwd()) == data
    except (psutil.Error, OSError):
        return False


def work_done(data: Path) -> tuple[float, int]:
    """Processor seconds and bytes moved by the server's processes: two readings that differ mean that it is working."""
    seconds = 0.0
    moved = 0
    for process in postgres_processes(data):
        try:
            times = process.cpu_times()
            seconds += times.user + times.system
            counters = process.io_counters()
            moved += counters.read_count + counters.write_count
        except (psutil.Error, OSError, AttributeError):
            continue
    return round(seconds, 1), moved


def wait_until_gone(data: Path, seconds: float) -> bool:
    """Waits for the last process on this data folder to end; False when some are left after the time."""
    until = time.monotonic() + seconds
    while postgres_processes(data):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def quit_orphans(data: Path) -> bool:
    """Ends what a killed postmaster left behind, so that a new one may start; False when something would not go.

    SIGQUIT makes a backend leave at once without touching data: its transaction is undone by recovery, as after any crash.
    """
    if wait_until_gone(data, 1.0):
        return True
    for process in postgres_processes(data):
        try:
            os.kill(process.pid, signal.SIGQUIT)
        except OSError:
            continue
    return wait_until_gone(data, 30.0)
