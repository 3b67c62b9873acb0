"""Every setting of Puhui in one place: its name, type, default and meaning, read from the environment.

Nothing else in Puhui reads the environment. A program asks `load()` once and is handed a frozen `Configuration`; whatever is wrong
with the environment is told all at once, setting by setting. `docs/settings.md` is the same table for readers, and a test holds
the two together.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from puhui.calculations.faults import Fault, FaultsError

from .postgresql.layout import default_home

__all__ = ["SETTINGS", "Configuration", "ConfigurationError", "Setting", "load", "unknown_names"]

LANGUAGES = ("zh-hans", "zh-hant", "en")
KEY_BYTES = 32
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


class ConfigurationError(FaultsError):
    """The environment cannot be used; `faults` names every setting that is wrong."""


@dataclass(frozen=True)
class Configuration:
    """All settings, checked. Keys and addresses of databases are not shown when it is printed (see `as_text`)."""

    home: Path
    database: str
    database_url: str | None
    owner_database_url: str | None
    reader_database_url: str | None
    secret_key: str | None
    encryption_key: bytes | None
    blind_index_key: bytes | None
    host: str
    port: int
    allowed_hosts: tuple[str, ...]
    https: bool
    debug: bool
    language: str
    catalogue: Path | None
    anchor_file: Path
    upload_limit_mb: int
    banks: tuple[tuple[str, str], ...]  # account, address

    @property
    def is_embedded(self) -> bool:
        """True when Puhui's own PostgreSQL is used, False with a DATABASE_URL."""
        return self.database_url is None

    def __repr__(self) -> str:
        return f"Configuration(home={str(self.home)!r}, {'embedded' if self.is_embedded else 'own server'})"


class _Wrong(Exception):
    """A value that cannot be used: what was expected instead, and how to mend it."""

    def __init__(self, expected: str, remedy: str = "") -> None:
        self.expected = expected
        self.remedy = remedy
        super().__init__(expected)


def _text(text: str) -> str:
    return text


def _path(text: str) -> Path:
    if "\0" in text:
        raise _Wrong("a path")
    return Path(text).expanduser().absolute()


def _existing_folder(text: str) -> Path:
    path = _path(text)
    if not path.is_dir():
        raise _Wrong("a folder that exists", f"Make the folder {path}, or leave the setting out.")
    return path


def _database_name(text: str) -> str:
    if not text.replace("_", "").isalnum() or not text.isascii() or len(text) > 63 or text[0].isdigit():
        raise _Wrong("a name of up to 63 letters, digits and underscores")
    return text


def _database_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise _Wrong("an address such as postgresql://user:password@host:5432/database")
    try:
        _ = parts.port
    except ValueError:
        raise _Wrong("a port from 1 to 65535 in the address") from None
    return text


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _Wrong(f"{KEY_BYTES} bytes in base64", "Make one with: openssl rand -base64 32") from None
    if len(key) != KEY_BYTES:
        raise _Wrong(f"{KEY_BYTES} bytes in base64, not {len(key)}", "Make one with: openssl rand -base64 32")
    return key


def _secret(text: str) -> str:
    if len(text) < 50:
        raise _Wrong("at least 50 characters", "Make one with: openssl rand -base64 48")
    return text


def _flag(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise _Wrong("one of 1, 0, true, false, yes, no, on, off")


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise _Wrong(f"a whole number from {low} to {high}")
        return int(text)

    return read


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _banks(text: str) -> tuple[tuple[str, str], ...]:
    banks: dict[str, str] = {}
    for part in _list(text):
        account, _, address = part.partition("=")
        names = account.strip().split("/")
        if len(names) != 2 or not all(names) or not address.strip().startswith(("https://", "http://")):
            raise _Wrong("LENDER/ACCOUNT=https://…, several by comma")
        banks[account.strip()] = address.strip().rstrip("/")
    return tuple(banks.items())


def _language(text: str) -> str:
    if text.lower() not in LANGUAGES:
        raise _Wrong("one of " + ", ".join(LANGUAGES))
    return text.lower()


@dataclass(frozen=True)
class Setting:
    """One setting: its name in the environment, field of `Configuration`, type in words, default in words, and meaning."""

    name: str
    field: str
    kind: str
    read: Callable[[str], Any]
    default: Any
    default_text: str
    meaning: str
    is_secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting("PUHUI_HOME", "home", "folder", _path, None, "~/.local/share/puhui; /var/lib/puhui for root",
            "where the embedded database, its keys and the anchor of the books lie"),
    Setting("PUHUI_DATABASE", "database", "name", _database_name, "puhui", "puhui", "the database's name in the embedded server"),
    Setting("DATABASE_URL", "database_url", "address", _database_url, None, "none: the embedded server",
            "a PostgreSQL (15 to 18) of your own, as the application's role", is_secret=True),
    Setting("PUHUI_OWNER_DATABASE_URL", "owner_database_url", "address", _database_url, None, "DATABASE_URL",
            "the same database as the role that owns the tables and migrates", is_secret=True),
    Setting("PUHUI_READER_DATABASE_URL", "reader_database_url", "address", _database_url, None, "DATABASE_URL",
            "the same database (or a replica) as a role that only reads", is_secret=True),
    Setting("PUHUI_SECRET_KEY", "secret_key", "text", _secret, None, "made once, kept in PUHUI_HOME/secrets.json",
            "signs sessions and forms", is_secret=True),
    Setting("PUHUI_ENCRYPTION_KEY", "encryption_key", "32 bytes in base64", _key, None, "made once, kept in PUHUI_HOME/secrets.json",
            "encrypts identity numbers, phones and bank accounts; what it wrote cannot be read without it", is_secret=True),
    Setting("PUHUI_BLIND_INDEX_KEY", "blind_index_key", "32 bytes in base64", _key, None, "made once, kept in PUHUI_HOME/secrets.json",
            "finds an encrypted number again without reading any; a new one finds nothing old", is_secret=True),
    Setting("PUHUI_HOST", "host", "address", _text, "127.0.0.1", "127.0.0.1", "where the console listens"),
    Setting("PUHUI_PORT", "port", "number", _number(1, 65535), 8000, "8000", "the console's port"),
    Setting("PUHUI_ALLOWED_HOSTS", "allowed_hosts", "names, by comma", _list, ("localhost", "127.0.0.1", "[::1]"),
            "localhost, 127.0.0.1, [::1]", "the names under which browsers may call the console"),
    Setting("PUHUI_HTTPS", "https", "yes or no", _flag, False, "no", "browsers reach the console by HTTPS only: cookies are marked secure"),
    Setting("PUHUI_DEBUG", "debug", "yes or no", _flag, False, "no", "show details of errors in the browser; for development only"),
    Setting("PUHUI_LANGUAGE", "language", "zh-hans, zh-hant or en", _language, "zh-hans", "zh-hans",
            "the language of pages for whom none is known"),
    Setting("PUHUI_CATALOGUE", "catalogue", "folder", _existing_folder, None, "none: only Puhui's own",
            "the institution's own products and parameters, which go before Puhui's"),
    Setting("PUHUI_ANCHOR_FILE", "anchor_file", "file", _path, None, "PUHUI_HOME/anchors.jsonl",
            "where the digest of each closed day is kept outside the database, best on another disk"),
    Setting("PUHUI_UPLOAD_LIMIT_MB", "upload_limit_mb", "number", _number(1, 10_000), 200, "200",
            "the largest file that may be uploaded, in megabytes"),
    Setting("PUHUI_BANKS", "banks", "accounts with addresses, by comma", _banks, (), "none: nothing is sent by itself",
            "LENDER/ACCOUNT=https://…: where the bank of an account is asked; its open orders are sent while the console is served"),
)  # fmt: skip


def load(environ: Mapping[str, str] | None = None) -> Configuration:
    """Reads and checks all settings.

    Args:
        environ: the environment; the process's own when None. An empty value counts as not set.
    Raises:
        ConfigurationError: with every fault, so that they are mended in one go.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for setting in SETTINGS:
        text = environ.get(setting.name, "").strip()
        values[setting.field] = setting.default
        if not text:
            continue
        try:
            values[setting.field] = setting.read(text)
        except _Wrong as wrong:
            faults.append(Fault(setting.name, "(not shown)" if setting.is_secret else repr(text), wrong.expected, wrong.remedy))
    values["home"] = values["home"] or default_home()
    values["anchor_file"] = values["anchor_file"] or values["home"] / "anchors.jsonl"
    faults += _faults_between(values, environ)
    if faults:
        raise ConfigurationError(faults)
    return Configuration(**values)


def unknown_names(environ: Mapping[str, str] | None = None) -> list[str]:
    """Variables that begin with PUHUI_ and mean nothing: mostly typing errors. Those for tests alone are left out."""
    environ = os.environ if environ is None else environ
    known = {setting.name for setting in SETTINGS}
    return sorted(name for name in environ if name.startswith("PUHUI_") and name not in known and name != "PUHUI_REAL_DATA")


def _faults_between(values: Mapping[str, Any], environ: Mapping[str, str]) -> list[Fault]:
    """What no setting has wrong by itself, but some have together."""
    faults = []
    has_server = bool(environ.get("DATABASE_URL", "").strip())
    for name in ("PUHUI_OWNER_DATABASE_URL", "PUHUI_READER_DATABASE_URL"):
        if environ.get(name, "").strip() and not has_server:
            faults.append(Fault(name, "set", "DATABASE_URL set with it", f"Set DATABASE_URL too, or leave {name} out."))
    encryption, index = values["encryption_key"], values["blind_index_key"]
    if encryption is not None and encryption == index:
        faults.append(
            Fault("PUHUI_BLIND_INDEX_KEY", "the same key as PUHUI_ENCRYPTION_KEY", "a key of its own", "Make one: openssl rand -base64 32")
        )
    if values["debug"] and values["https"]:
        faults.append(Fault("PUHUI_DEBUG", "yes", "no where PUHUI_HTTPS is yes", "Details of errors are not for the public."))
    return faults
