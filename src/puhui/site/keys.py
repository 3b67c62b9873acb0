"""The secrets of one home: passwords of the database's roles and the keys that protect personal data and sessions.

They lie in PUHUI_HOME/secrets.json, readable by the owner alone. A key from the environment goes before the file's. Encrypted
identity numbers can be read only with the key that wrote them, so the file is made once, with the database, and a database whose
file is gone is refused rather than given new keys.
"""

import base64
import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from .postgresql.errors import EmbeddedServerError, from_os_error
from .postgresql.layout import give_to_owner
from .postgresql.roles import ROLES

__all__ = ["Keys", "load", "load_or_make", "path_in"]

KEY_BYTES = 32


@dataclass(frozen=True, repr=False)
class Keys:
    """All secrets of a home. `encryption_key` and `blind_index_key` are 32 bytes each."""

    django_secret_key: str
    encryption_key: bytes
    blind_index_key: bytes
    passwords: dict[str, str]


def path_in(home: Path) -> Path:
    """Where the secrets of a home lie."""
    return home / "secrets.json"


def load(home: Path) -> Keys | None:
    """The secrets of a home, or None when there are none yet.

    Raises:
        EmbeddedServerError: the file cannot be read or is damaged.
    """
    path = path_in(home)
    try:
        document = json.loads(path.read_text())
        keys = Keys(
            str(document["django_secret_key"]),
            base64.b64decode(document["encryption_key"], validate=True),
            base64.b64decode(document["blind_index_key"], validate=True),
            {role: str(document["passwords"][role]) for role in ROLES},
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        raise from_os_error(error, path, "read its secrets") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error
    if len(keys.encryption_key) != KEY_BYTES or len(keys.blind_index_key) != KEY_BYTES:
        raise _damaged(path, f"a key that is not {KEY_BYTES} bytes long")
    return keys


def load_or_make(home: Path, database_exists: bool) -> Keys:
    """The secrets of a home, made when there are none.

    Args:
        home: PUHUI_HOME, which exists.
        database_exists: there is data already, whose keys cannot be made up anew.
    Raises:
        EmbeddedServerError: there is a database but no secrets, or the file cannot be read or written.
    """
    found = load(home)
    if found is not None:
        return found
    if database_exists:
        raise EmbeddedServerError(
            "The file with the keys is missing: without it, encrypted identity numbers and phones cannot be read.",
            f"{path_in(home)}: no such file, though there is a database",
            "Put the file back from your backup; or, to begin anew without the old data, choose a fresh PUHUI_HOME.",
        )
    _make(path_in(home))
    made = load(home)
    assert made is not None
    return made


def _make(path: Path) -> None:
    """Writes beside and links into place: of two commands at once one wins, and both read the winner's file."""
    document = {
        "django_secret_key": secrets.token_urlsafe(64),
        "encryption_key": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
        "blind_index_key": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
        "passwords": {role: secrets.token_urlsafe(24) for role in ROLES},
    }
    partial = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        give_to_owner(partial)
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(partial)
    except OSError as error:
        raise from_os_error(error, path, "write its secrets") from error
    finally:
        partial.unlink(missing_ok=True)


def _damaged(path: Path, found: str) -> EmbeddedServerError:
    return EmbeddedServerError("The file with the keys is damaged.", f"{path}: {found}", "Put the file back from your backup.")
