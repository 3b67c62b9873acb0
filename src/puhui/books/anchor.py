"""The newest day's digest is also kept outside the database, so that whoever rewrites the whole chain inside it is found.

A file of JSON lines (setting PUHUI_ANCHOR_FILE) that only grows: institution, the books it is about, date and chain digest. Books
are named by the chain digest of their first closed day, so that one file may serve several databases. Where the file lies decides
what it proves: on the same disk it guards against mistakes, on another machine, or printed, against the database's owner.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Anchor:
    """A closed day as it was told to the file; digests in hex."""

    institution: str
    books: str
    date: date
    digest: str


def path() -> Path:
    """Where the anchors are."""
    return Path(settings.PUHUI_ANCHOR_FILE)


def read(institution_code: str) -> list[Anchor]:
    """The anchors of an institution in the order they were written; none where there is no file.

    A line that was cut off by a crash is skipped: the day it told is then missing, which the proof reports.
    """
    try:
        lines = path().read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    anchors = []
    for line in lines:
        try:
            row = json.loads(line)
            anchor = Anchor(row["institution"], row["books"], date.fromisoformat(row["date"]), row["digest"])
        except (ValueError, KeyError, TypeError):
            continue
        if anchor.institution == institution_code:
            anchors.append(anchor)
    return anchors


def write(anchor: Anchor) -> None:
    """Add an anchor unless it is there already; on disk when this returns."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    # Kept open over reading and writing: the lock keeps two day ends from mixing their lines.
    with file.open("a+", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        line = json.dumps({**asdict(anchor), "date": anchor.date.isoformat()}, ensure_ascii=False)
        if line in file.read_text(encoding="utf-8").splitlines():
            return
        stream.write(f"{'' if _ends_a_line(file) else chr(10)}{line}\n")
        stream.flush()
        os.fsync(stream.fileno())


def _ends_a_line(file: Path) -> bool:
    size = file.stat().st_size
    if size == 0:
        return True
    with file.open("rb") as stream:
        stream.seek(size - 1)
        return stream.read(1) == b"\n"
