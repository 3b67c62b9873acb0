"""What a source is: where it answers, how it counts its pages, how patiently it is asked, and what its rows hold.

A description is a file `catalogue/evidence-sources/NAME.toml`; one of that name in the institution's own catalogue folder goes first. The
address and the key of access may come from the environment, so that a description can be shown to anybody. How it is written:
docs/evidence.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from puhui.calculations.faults import Fault, FaultsError, check

FOLDER = "evidence-sources"
OWN_FOLDER = Path(__file__).parents[2] / "catalogue" / FOLDER
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Asking:
    """`[firm]` and `[since]`: how a question names the firm, by an identifier of `scheme`, and the moment since when it wants to know.

    `column` names the firm in the rows, if they do: a row of another firm is then refused. `since_form` is moment or date. Without
    `since_parameter` everything is asked for each time."""

    firm_parameter: str = "firm"
    scheme: str = ""
    column: str = ""
    since_parameter: str = ""
    since_form: str = "moment"
    overlap_hours: int = 24


@dataclass(frozen=True)
class Paging:
    """`kind`: none, page (counted from `first`), offset (rows already had) or cursor (a word that each page gives for the next).

    `rows`, `next` and `total` say where these stand in an answer (`data.items`); empty `rows`: the answer is the list itself."""

    kind: str = "none"
    size: int = 200
    size_parameter: str = "size"
    parameter: str = "page"
    first: int = 1
    rows: str = ""
    next: str = "next"
    total: str = ""
    most_pages: int = 1000


@dataclass(frozen=True)
class Patience:
    """Seconds for one answer, how often it is asked again, how the waits grow (doubling from first to longest, less a random part of up
    to `jitter`), how many requests go out in a second."""

    timeout_seconds: float = 20.0
    retries: int = 4
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0
    jitter: float = 0.5
    requests_per_second: float = 5.0


@dataclass(frozen=True)
class BreakerRule:
    """After so many failed requests one after the other nothing is asked for so long."""

    failures: int = 5
    open_seconds: float = 300.0


@dataclass(frozen=True)
class Expected:
    """One field of a source's rows: what it `means` (a field of the layout, known_at, ignore), its JSON type, and if rows may lack it."""

    means: str
    type: str = ""
    may_lack: bool = False


@dataclass(frozen=True)
class RecordPull:
    """How one kind of record is asked for. Without `fields` the headings are recognised as those of a file are."""

    path: str = ""
    fields: Mapping[str, Expected] = field(default_factory=dict)
    mapping: Mapping[str, Any] = field(default_factory=dict)  # words, values, format, known_at: as in a mapping file


@dataclass(frozen=True)
class Source:
    name: str
    file: str
    base_url: str = ""
    base_url_from: str = ""
    token_from: str = ""
    plain_http: bool = False
    path: str = ""
    consent_header: str = "X-Consent-Id"
    asking: Asking = Asking()
    paging: Paging = Paging()
    patience: Patience = Patience()
    breaker: BreakerRule = BreakerRule()
    records: Mapping[str, RecordPull] = field(default_factory=dict)

    def address(self, environment: Mapping[str, str] = os.environ) -> str:
        """Where it answers, without a slash at the end. Raises `FaultsError` where that is not set, or is no safe address."""
        named = bool(self.base_url_from)
        where = self.base_url_from if named else f"{self.file}, base_url"
        address = (environment.get(self.base_url_from, "") if named else self.base_url).strip().rstrip("/")
        try:
            parts = urlsplit(address)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port is not False and not parts.query
        except ValueError:
            usable = False
        if not usable:
            raise FaultsError(
                [Fault(where, repr(address) if address else "nothing", "an address such as https://tax.example/api", "Set it.")]
            )
        if parts.scheme == "http" and parts.hostname not in LOOPBACK and not self.plain_http:
            remedy = f"Use https, or write plain_http = true in {self.file} where the line itself is closed to others."
            raise FaultsError([Fault(where, "an address without encryption", "https", remedy)])
        return address

    def token(self, environment: Mapping[str, str] = os.environ) -> str:
        """The key of access, empty where none is needed. Raises `FaultsError` where it is not set, or could not stand in a header."""
        token = environment.get(self.token_from, "").strip() if self.token_from else ""
        if self.token_from and not (token and token.isascii() and token.isprintable()):
            found = "a value with other than printable characters" if token else "nothing"
            raise FaultsError([Fault(self.token_from, found, f"the key with which {self.name} is asked", "Set it.")])
        return token

    def record_pull(self, record: str) -> RecordPull:
        """How a kind of record is asked for. Raises `FaultsError` for one that the source does not have."""
        found = self.records.get(record, None if self.records else RecordPull())
        if found is None:
            names = ", ".join(self.records)
            raise FaultsError([Fault(f"source {self.name}", repr(record), f"one of its kinds of record: {names}")])
        return found


def source_paths(folder: Path | None = None) -> dict[str, Path]:
    """Name → description; those of the institution's own catalogue `folder` go before Puhui's."""
    folders = [OWN_FOLDER, *([folder / FOLDER] if folder else [])]
    return {path.stem: path for each in folders if each.is_dir() for path in sorted(each.glob("*.toml"))}


def source(name: str, folder: Path | None = None) -> Source:
    """A source by name, or by the path of its description. Raises `FaultsError` where there is none, or with every fault in it."""
    from puhui.evidence.pulling.source_files import load_source

    known = source_paths(folder)
    path = known.get(name) or (Path(name) if name.endswith(".toml") else None)
    if path is None:
        remedy = f"Write {FOLDER}/{name}.toml in the institution's own catalogue folder; docs/evidence.md says how."
        check([Fault("source", repr(name), f"one of {', '.join(known)}, or the path of a description", remedy)])
    assert path is not None
    return load_source(path)
