"""Where the embedded server keeps its things, and as whom it runs.

Run by an ordinary user everything lies in PUHUI_HOME and the server is that user. PostgreSQL refuses to run as root, so for root
the server is an unprivileged user, who must be able to enter the folder of the data. Where PUHUI_HOME allows that (the default
for root, /var/lib/puhui, does) the data lies there; where it does not (a home under /root, a temporary folder closed to others)
the data lies under /var/lib/puhui/servers, under a name made from the home's path. Folders above are never opened up.

The socket's path must fit in 107 bytes (103 on some systems); a long home gets a short folder elsewhere, again named after its path.
"""

import contextlib
import errno
import hashlib
import os
import pwd
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import EmbeddedServerError, explain, from_os_error

__all__ = [
    "ROOT_FOLDER",
    "Layout",
    "ServerUser",
    "default_home",
    "give_to_owner",
    "layout_of",
    "make_folders",
    "place_file",
    "replace_file",
]

ROOT_FOLDER = Path("/var/lib/puhui")
SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 103  # the shortest limit among Linux (107) and the BSDs (103), without the closing zero
_PREFERRED_USERS = ("puhui", "postgres")


@dataclass(frozen=True)
class ServerUser:
    """The operating system's user that the server runs as."""

    name: str
    user_id: int
    group_id: int

    def switch(self) -> dict[str, Any]:
        """Arguments for subprocess that make a child this user; empty when it is ourselves."""
        if self.user_id == os.geteuid():
            return {}
        return {"user": self.user_id, "group": self.group_id, "extra_groups": []}


@dataclass(frozen=True)
class Layout:
    """All places of one home. `base` is the server's own folder, closed to others."""

    home: Path
    base: Path
    socket_directory: Path
    user: ServerUser

    @property
    def data(self) -> Path:
        """The data folder of PostgreSQL."""
        return self.base / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.base / "server.log"

    @property
    def lock(self) -> Path:
        """The lock under which the server is started, stopped, and its holders change."""
        return self.home / "server.lock"

    @property
    def holders(self) -> Path:
        """The list of who uses the server."""
        return self.home / "holders.json"

    @property
    def prepared(self) -> Path:
        """Names the start of the server for which roles and database were last made ready."""
        return self.home / "prepared"

    @property
    def is_initialised(self) -> bool:
        """True once there is a database."""
        return (self.data / "PG_VERSION").exists()


def default_home() -> Path:
    """~/.local/share/puhui (or below XDG_DATA_HOME); /var/lib/puhui for root."""
    if os.geteuid() == 0:
        return ROOT_FOLDER
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "puhui"


def layout_of(home: Path) -> Layout:
    """Works out the places of a home. Reads only; the answer stays the same once there is a database."""
    home = home.expanduser().resolve()
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    inside, outside = home / "postgresql", ROOT_FOLDER / "servers" / name
    try:
        if os.geteuid() != 0:
            user, base = _current_user(), inside
        else:
            user = _unprivileged_user(home, (inside, outside))
            base = _base_for(user, home, inside, outside)
    except OSError as error:
        raise from_os_error(error, home, "look into its home folder") from error
    return Layout(home, base, _socket_directory(home, base == inside, user, name), user)


def make_folders(layout: Layout) -> None:
    """Makes home, base and socket folder where they are missing, each with the narrowest rights that work.

    Raises:
        EmbeddedServerError: a place is not writable, full, or taken by somebody else.
    """
    as_root = os.geteuid() == 0
    for folder, mode in ((layout.home, 0o711 if as_root else 0o700), (ROOT_FOLDER, 0o755), (ROOT_FOLDER / "servers", 0o755)):
        # The folders of root are made only where this home needs them.
        if folder == layout.home or folder in layout.base.parents or folder in layout.socket_directory.parents:
            _make(folder, mode, None)
    if as_root and ROOT_FOLDER / "run" in layout.socket_directory.parents:
        _make(ROOT_FOLDER / "run", 0o755, None)
    _make(layout.base, 0o700, layout.user)
    _make(layout.socket_directory, 0o700, layout.user)
    _check_owner(layout.socket_directory, layout.user, "socket folder")
    _check_writable(layout.home)


def give_to_owner(path: Path) -> None:
    """Lets root's files in somebody else's home belong to that somebody, who could not use them otherwise."""
    if os.geteuid() == 0:
        home = path.parent.stat()
        os.chown(path, home.st_uid, home.st_gid, follow_symlinks=False)


def replace_file(path: Path, text: str) -> None:
    """Writes a file of the home beside its place and renames it: never half a file, and never through a link laid by another.

    Raises:
        OSError: full, or not writable; the old file is as it was.
    """
    partial = path.with_name(path.name + ".new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
        file.write(text)
    give_to_owner(partial)
    partial.replace(path)


def place_file(user: ServerUser, path: Path, text: str) -> None:
    """Writes a small file in a folder of the server's user, as that user: root never writes where another could lay a link.

    Raises:
        EmbeddedServerError: full, or not writable.
    """
    script = 'umask 077 && cat > "$1.new" && mv -f "$1.new" "$1"'
    run = subprocess.run(["/bin/sh", "-c", script, "sh", str(path)], input=text, capture_output=True, text=True, cwd="/", **user.switch())
    if run.returncode != 0:
        raise explain(run.stderr, path, "The database's configuration could not be written.")


def _make(folder: Path, mode: int, user: ServerUser | None) -> None:
    """Makes a folder that has its mode and owner from the moment it is there: another command may be making the same one."""
    try:
        if folder.is_dir():
            return
        if folder.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        part.chmod(mode)
        if user is not None and user.user_id != os.geteuid():
            os.chown(part, user.user_id, user.group_id, follow_symlinks=False)
        try:
            part.rename(folder)
        except OSError:
            part.rmdir()
            if not folder.is_dir():
                raise
    except OSError as error:
        raise from_os_error(error, folder, "make a folder of its own") from error


def _check_owner(folder: Path, user: ServerUser, what: str) -> None:
    """In a folder like /tmp somebody may have been there first: a link or a folder of others is not used."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != user.user_id or found.st_mode & 0o022:
        raise EmbeddedServerError(
            f"The {what} of the database is not safe: it is a link, belongs to another user, or others may write in it.",
            f"{folder}: owner {found.st_uid}, mode {stat.S_IMODE(found.st_mode):o}; expected a folder of user {user.user_id}, mode 700",
            "Remove that folder, or choose another PUHUI_HOME.",
        )


def _check_writable(home: Path) -> None:
    if not os.access(home, os.W_OK | os.X_OK):
        raise from_os_error(PermissionError(13, "Permission denied"), home, "write in its home folder")


def _socket_directory(home: Path, is_inside: bool, user: ServerUser, name: str) -> Path:
    usual = home / "socket"
    if is_inside and len(os.fsencode(usual / SOCKET_NAME)) <= _SOCKET_PATH_BYTES:
        return usual
    if os.geteuid() == 0:
        return ROOT_FOLDER / "run" / name
    # Not the session's runtime folder: it differs between a login, a timer and sudo, and the path must be the same for all.
    return Path("/tmp") / f"puhui-{user.user_id}-{name}"


def _current_user() -> ServerUser:
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise EmbeddedServerError(
            "The user that runs Puhui has no name on this machine, and PostgreSQL asks for one.",
            f"user number {os.geteuid()} is not in /etc/passwd",
            "Run as a user listed there, or set DATABASE_URL to a server of your own.",
        ) from None
    return ServerUser(name, os.geteuid(), os.getegid())


def _unprivileged_user(home: Path, bases: tuple[Path, Path]) -> ServerUser:
    """Whoever owns the data already, or the home; else a user for it that exists, or is made; else nobody."""
    for place in (*(base / "data" for base in bases), home):
        if place.exists() and place.stat().st_uid != 0:
            entry = _user(place.stat().st_uid)
            if entry is not None:
                return entry
    for name in _PREFERRED_USERS:
        if (entry := _user(name)) is not None:
            return entry
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        subprocess.run(["useradd", *options, "puhui"], capture_output=True, check=True)
    entry = _user("puhui") or _user("nobody")
    if entry is None:
        raise EmbeddedServerError(
            "PostgreSQL does not run as root, and there is no other user to run it as.",
            "none of the users puhui, postgres, nobody exists, and useradd did not make one",
            "Make one (useradd --system puhui), run Puhui as an ordinary user, or set DATABASE_URL.",
        )
    return entry


def _user(key: str | int) -> ServerUser | None:
    try:
        entry = pwd.getpwnam(key) if isinstance(key, str) else pwd.getpwuid(key)
    except KeyError:
        return None
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _base_for(user: ServerUser, home: Path, inside: Path, outside: Path) -> Path:
    for base in (inside, outside):
        if (base / "data" / "PG_VERSION").exists():
            return base
    return inside if _can_enter(user, home) else outside


def _can_enter(user: ServerUser, folder: Path) -> bool:
    """Whether the user may pass through the folder and all above it. A folder not yet made is made enterable."""
    for place in (folder, *folder.parents):
        if not place.exists():
            continue
        found = place.stat()
        if found.st_uid == user.user_id:
            bit = stat.S_IXUSR
        elif found.st_gid == user.group_id:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not found.st_mode & bit:
            return False
    return True
