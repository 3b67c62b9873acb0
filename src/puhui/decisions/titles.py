"""Titles of the variables in every language, for the reasons that a decision gives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from puhui.features import registry


@cache
def titles() -> Mapping[str, Mapping[str, str]]:
    """Variable → title by language."""
    texts = getattr(registry, "texts", dict)()
    return {name: dict(one.title) for name, one in texts.items()}
