"""What the home folder knows of demonstrations: which were made, with what, and the accounts to try.

A demonstration that was cut off has begun and is not done; it is made anew, never patched.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FILE = "demonstration.json"


def read(home: Path) -> dict[str, dict[str, Any]]:
    """Name of a demonstration (`county`, `research`) → what was noted of it."""
    path = home / _FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def note(home: Path, name: str, **facts: Any) -> None:
    """Keep facts about a demonstration, beside those kept before."""
    known = read(home)
    known[name] = {**known.get(name, {}), **facts}
    part = home / f"{_FILE}.part"
    part.write_text(json.dumps(known, ensure_ascii=False, indent=2), encoding="utf-8")
    part.replace(home / _FILE)


def accounts(home: Path) -> list[tuple[str, str, str]]:
    """Role, user name and password of the accounts of a demonstration that is done; shown on the sign-in page."""
    try:
        return [(role, username, password) for role, username, password in read(home).get("county", {}).get("accounts", [])]
    except (OSError, ValueError):
        return []
