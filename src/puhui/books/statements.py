"""The SQL files of the books, by name."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def statement(name: str) -> str:
    """The text of `books/sql/NAME.sql`."""
    return resources.files("puhui.books").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
