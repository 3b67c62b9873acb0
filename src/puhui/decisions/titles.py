"""Titles of the variables in every language, for the reasons that a decision gives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from puhui.features import registry


@cache
def titles() -> Mapping[str, Mapping[str, str]]:
    """Variable → title by language, of every variable in the catalogue."""
    return {variable.name: dict(variable.titles) for variable in registry.catalogue()}
