"""Who uses the embedded server at the moment.

Each program that needs the server writes itself into a small file, under a lock that only one program has at a time. The lock
also covers starting and stopping: while one program starts the server the next one waits, and then finds it running. A program
that was killed cannot cross itself out: whoever comes next finds that its process is gone and does it. When the list becomes
empty the server is stopped by whoever made it so.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from .errors import EmbeddedServerError, from_os_error
from .layout import give_to_owner, replace_file
from .processes import start_mark

__all__ = ["Holder", "Holders", "locked"]


@dataclass(frozen=True)
class Holder:
    """One use of the server: process number, the process's start mark, and a token (a process may hold several)."""

    process_id: int
    start_mark: str
    token: str

    def is_alive(self) -> bool:
        """True while the very process that registered is running."""
        return start_mark(self.process_id) == self.start_mark


@contextlib.contextmanager
def locked(path: Path, say: Callable[[str], None] | None = None) -> Iterator[None]:
    """Holds the lock of a home folder; waits for whoever has it (who may be waiting for a long recovery).

    Args:
        path: the lock file; made when absent.
        say: told once, after two seconds of waiting.
    Raises:
        EmbeddedServerError: when the lock file cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise from_os_error(error, path, "write its lock file") from error
    try:
        give_to_owner(path)
        began = time.monotonic()
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if say and not told and time.monotonic() - began > 2:
                    say("waiting for another puhui command that is starting or stopping the database")
                    told = True
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


class Holders:
    """The list of holders in one file. Every method is called with the lock held, except `read`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Holder]:
        """Those registered, alive or not. A torn or missing file reads as empty: living holders are then unknown, but safe."""
        try:
            rows = json.loads(self.path.read_text())
            return [Holder(int(row["process_id"]), str(row["start_mark"]), str(row["token"])) for row in rows]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def living(self) -> list[Holder]:
        """Those whose process still runs."""
        return [holder for holder in self.read() if holder.is_alive()]

    def add(self) -> Holder:
        """Registers this process, and drops the dead."""
        mark = start_mark(os.getpid())
        if mark is None:
            raise EmbeddedServerError("Puhui cannot read the start time of its own process.", f"process {os.getpid()}", "Mount /proc.")
        holder = Holder(os.getpid(), mark, uuid4().hex)
        try:
            self._replace([*self.living(), holder])
        except OSError as error:
            raise from_os_error(error, self.path, "write its list of users of the database") from error
        return holder

    def remove(self, holder: Holder) -> list[Holder]:
        """Takes one use off, and the dead with it; returns who is left.

        Letting go must not need room on the disk: the last one removes the file instead of writing it, and where nothing can be
        written this use stays on the list until its process ends, and is then found dead like that of a killed one.
        """
        left = [other for other in self.living() if other != holder]
        with contextlib.suppress(OSError):
            if left:
                self._replace(left)
            else:
                self.path.unlink(missing_ok=True)
        return left

    def _replace(self, holders: list[Holder]) -> None:
        replace_file(self.path, json.dumps([asdict(holder) for holder in holders]))
