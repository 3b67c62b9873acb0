"""The words of the reports in the three languages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def _titles() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("puhui.reports").joinpath("titles.toml").read_text(encoding="utf-8"))


def title(name: str, language: str) -> str:
    """A word of the reports in one of the three languages."""
    return _titles()[name][language]
