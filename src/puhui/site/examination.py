"""What `puhui doctor` looks at. Each check returns findings: fine, worth knowing, or wrong with how to mend it.

Nothing is changed. A database that exists is started to look into it, and let go again; one that does not is not made.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from . import configuration as configurations
from . import embedded, keys, translations
from .configuration import SETTINGS, Configuration, ConfigurationError
from .postgresql.binaries import bundled
from .postgresql.layout import layout_of

__all__ = ["Finding", "examine"]

State = Literal["fine", "note", "wrong"]
_GIGABYTE = 1 << 30
_LITTLE_DISK_BYTES = 1 * _GIGABYTE
_TIGHT_DISK_BYTES = 5 * _GIGABYTE


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what, its state, what was found, and how to mend it (empty when there is nothing to mend)."""

    what: str
    state: State
    found: str
    mend: str = ""


def examine(environ: Mapping[str, str] | None = None) -> list[Finding]:
    """Looks at everything. A check that breaks is itself a finding, and the others still run."""
    environ = os.environ if environ is None else environ
    findings = [*_guarded("Python", _python), *_guarded("settings", lambda: _settings(environ))]
    try:
        configuration = configurations.load(environ)
    except ConfigurationError:
        return [*findings, *_guarded("programs for tests", _programs)]
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("home", lambda: _home(configuration)),
        ("keys", lambda: _keys(configuration)),
    ]
    if configuration.is_embedded:
        checks += [("PostgreSQL", _binaries), ("database", lambda: _embedded_database(configuration))]
    else:
        checks += [("database", lambda: _own_database(configuration))]
    checks += [
        ("translations", _translations),
        ("catalogue", lambda: _catalogue(configuration)),
        ("anchor of the books", lambda: _anchor(configuration)),
        ("documents as PDF", _documents),
        ("programs for tests", _programs),
    ]
    for what, check in checks:
        findings += _guarded(what, check)
    return findings


def _guarded(what: str, check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    found = []
    try:
        for finding in check():
            found.append(finding)  # one by one: what was found before a check breaks is kept
    except Exception as error:
        faults = getattr(error, "faults", None) or [f"{type(error).__name__}: {error}"]
        mend = getattr(error, "mend", "")
        wrong = getattr(error, "wrong", None)
        if wrong is not None:
            found.append(Finding(what, "wrong", f"{wrong} {getattr(error, 'found', '')}".strip(), mend))
        else:
            found += [Finding(what, "wrong", str(fault)) for fault in faults]
    return found


def _python() -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info >= (3, 14):
        yield Finding("Python", "note", f"{version}: newer than Puhui was tried with (3.11 to 3.13)")
    else:
        yield Finding("Python", "fine", version)


def _settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    faults: dict[str, Finding] = {}
    try:
        configurations.load(environ)
    except ConfigurationError as error:
        for fault in error.faults:
            found = f"found {fault.found}, expected {fault.expected}"
            faults[fault.where] = Finding(fault.where, "wrong", found, fault.remedy or "docs/settings.md tells more.")
    known = [setting.name for setting in SETTINGS]
    for setting in SETTINGS:
        if setting.name not in faults and environ.get(setting.name, "").strip():
            yield Finding(setting.name, "fine", "set (not shown)" if setting.is_secret else environ[setting.name])
    for name in configurations.unknown_names(environ):
        near = difflib.get_close_matches(name, known, n=1)
        mend = f"Did you mean {near[0]}?" if near else "docs/settings.md lists all settings."
        yield Finding(name, "note", "means nothing to Puhui", mend)
    yield from faults.values()
    if not faults:
        yield Finding("settings", "fine", "all others have their defaults (docs/settings.md)")


def _home(configuration: Configuration) -> Iterator[Finding]:
    place = configuration.home
    while not place.exists():
        place = place.parent
    exists = place == configuration.home
    if not os.access(place, os.W_OK | os.X_OK):
        yield Finding(
            "home", "wrong", f"{configuration.home}: {place} is not writable", "Set PUHUI_HOME to a folder that this user may write."
        )
        return
    yield Finding("home", "fine", f"{configuration.home}" if exists else f"{configuration.home} (made by the first command)")
    yield _disk("disk", place)
    if exists and configuration.is_embedded:
        data = layout_of(configuration.home).data
        if data.exists() and data.stat().st_dev != place.stat().st_dev:
            yield _disk("disk of the data", data)


def _disk(what: str, place: Path) -> Finding:
    free = shutil.disk_usage(place).free
    text = f"{free / _GIGABYTE:.1f} GB free at {place}"
    if free < _LITTLE_DISK_BYTES:
        return Finding(what, "wrong", text, "Free some space, or set PUHUI_HOME to a larger disk: the database stops when it is full.")
    return Finding(what, "note" if free < _TIGHT_DISK_BYTES else "fine", text)


def _keys(configuration: Configuration) -> Iterator[Finding]:
    path = keys.path_in(configuration.home)
    from_environment = [configuration.secret_key, configuration.encryption_key, configuration.blind_index_key]
    stored = keys.load(configuration.home)
    if stored is not None:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            yield Finding("keys", "wrong", f"{path} can be read by others (mode {mode:o})", f"chmod 600 {path}")
        else:
            yield Finding("keys", "fine", f"{path}; keep a copy of it apart from the data")
    elif all(key is not None for key in from_environment) and not configuration.is_embedded:
        yield Finding("keys", "fine", "all three from the environment")
    elif not configuration.is_embedded:
        yield Finding("keys", "wrong", f"not all three are set, and {path} does not exist", "docs/settings.md tells how to make them.")
    elif layout_of(configuration.home).is_initialised:
        yield Finding("keys", "wrong", f"{path} is missing, though there is a database", "Put the file back from your backup.")
    else:
        yield Finding("keys", "note", f"{path} is made with the database by the first command")


def _binaries() -> Iterator[Finding]:
    found = bundled()
    yield Finding("PostgreSQL", "fine", f"{found.version} at {found.folder}")


def _embedded_database(configuration: Configuration) -> Iterator[Finding]:
    before = embedded.status(configuration.home)
    if not before.initialised:
        yield Finding("database", "note", f"{before.data}: not there yet, made by the first command that needs it")
        return
    used_by = f", used by {len(before.holders)} other commands" if before.holders else ""
    was = f"running (process {before.process_id}{used_by})" if before.running else "not running (no command uses it)"
    with embedded.server(configuration):
        yield Finding("database", "fine", f"{before.data}: {was}; starts and answers")
        yield from _tables()


def _own_database(configuration: Configuration) -> Iterator[Finding]:
    import psycopg

    addresses = {
        "DATABASE_URL": configuration.database_url,
        "PUHUI_OWNER_DATABASE_URL": configuration.owner_database_url,
        "PUHUI_READER_DATABASE_URL": configuration.reader_database_url,
    }
    answers = True
    for name, url in addresses.items():
        if url is None:
            continue
        try:
            with psycopg.connect(url, connect_timeout=10) as connection:
                version = connection.info.server_version // 10000
                user = connection.info.user
        except psycopg.Error as error:
            answers = False
            yield Finding(name, "wrong", str(error).strip(), "Check address, password and whether the server runs.")
            continue
        if 15 <= version <= 18:
            yield Finding(name, "fine", f"PostgreSQL {version} answers role {user}")
        else:
            yield Finding(name, "wrong", f"PostgreSQL {version}", "Use PostgreSQL 15 to 18.")
    if configuration.owner_database_url is None:
        yield Finding(
            "roles", "note", "one role owns and uses the tables: the database cannot refuse it to change what must only grow",
            "Set PUHUI_OWNER_DATABASE_URL to a second role (docs/settings.md).",
        )  # fmt: skip
    if answers:
        yield from _tables()


def _tables() -> Iterator[Finding]:
    """Migrations and the protection of what only grows, by Django's own connection as the owner."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
    import django

    django.setup()
    from django.db import connections

    from . import database
    from .commands.support import pending_migrations

    try:
        pending = pending_migrations()
        if pending:
            yield Finding("tables", "note", f"{len(pending)} migrations to come, the first {pending[0]}: the next command brings them")
        else:
            yield Finding("tables", "fine", "up to date")
        unprotected = database.unprotected_tables()
        if unprotected:
            yield Finding("append-only tables", "wrong", ", ".join(unprotected) + " can be changed", "Call puhui serve: it protects them.")
        elif not pending:
            yield Finding("append-only tables", "fine", f"{len(database.append_only_tables())}, protected from the application's role")
    finally:
        connections.close_all()


def _translations() -> Iterator[Finding]:
    for locale in translations.LOCALES:
        source = translations.catalogue_path(locale)
        compiled = source.with_suffix(".mo")
        if not source.exists():
            yield Finding(f"translation {locale}", "wrong", f"{source} is missing", "Install Puhui again.")
        elif not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            yield Finding(f"translation {locale}", "note", "not compiled yet: puhui serve does it, or python -m puhui.site.translations")
        else:
            yield Finding(f"translation {locale}", "fine", "compiled")


def _catalogue(configuration: Configuration) -> Iterator[Finding]:
    if importlib.util.find_spec("puhui.products.reading") is None:
        return
    from puhui.calculations.faults import FaultsError
    from puhui.products import reading

    count, is_whole = 0, True
    for path in reading.product_paths(configuration.catalogue):
        try:
            reading.load(path, folder=configuration.catalogue)
            count += 1
        except FaultsError as error:
            is_whole = False
            for fault in error.faults:
                yield Finding("catalogue", "wrong", f"{path.name}: {fault}", "puhui products check tells it with every line.")
    if is_whole:
        yield Finding("catalogue", "fine", f"{count} product files in order")


def _anchor(configuration: Configuration) -> Iterator[Finding]:
    file = configuration.anchor_file
    if file.parent == configuration.home:
        yield Finding(
            "anchor of the books", "note", f"{file}: beside the database",
            "Whoever can rewrite the database can rewrite it too: set PUHUI_ANCHOR_FILE to another disk or machine.",
        )  # fmt: skip
    elif not os.access(file if file.exists() else file.parent, os.W_OK):
        yield Finding("anchor of the books", "wrong", f"{file} is not writable", "Make its folder, or set PUHUI_ANCHOR_FILE anew.")
    else:
        yield Finding("anchor of the books", "fine", str(file))


def _documents() -> Iterator[Finding]:
    """Whether this machine can draw a PDF, and has letters for Chinese."""
    from puhui.reports.documents import pango

    missing = pango.missing_library()
    if missing:
        yield Finding("documents as PDF", "note", f"cannot be drawn here: {missing}", pango.MEND)
        return
    lister = shutil.which("fc-list")
    fonts = subprocess.run([lister, ":lang=zh-cn", "family"], capture_output=True, text=True, check=False).stdout if lister else "not asked"
    if fonts.strip():
        yield Finding("documents as PDF", "fine", "Pango is here" if lister else "Pango is here; fc-list is not, so no font was looked for")
    else:
        mend = "Install one: on Debian and Ubuntu `apt-get install fonts-noto-cjk`."
        yield Finding("documents as PDF", "note", "Pango is here, a font with Chinese is not: Chinese letters would be empty boxes", mend)


def _programs() -> Iterator[Finding]:
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next((path for name in names if (path := shutil.which(name))), None)
    yield Finding("programs for tests", "note", f"Chromium: {browser or 'none; only tests of pages need it'}")
    java = shutil.which("java")
    version = ""
    if java:
        lines = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr.splitlines()
        version = f" ({lines[0]})" if lines else ""
    yield Finding("programs for tests", "note", f"Java: {java or 'none; only tests of Spark need it'}{version}")
